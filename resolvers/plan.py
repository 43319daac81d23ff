"""A plan: what answers one operation, as data. It prints, and is made and tested without a database."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from graph.guard import Guard, sql
from graph.scope import DIVISION, HIGH, LOW, PARAMETERS, SET

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import TypeAlias

    from graphql import FieldNode, GraphQLField

    from graph.parsed_sql import Sql
    from graph.policy import Action
    from graph.scope import Shape as Seen
    from schema.errors import RequestError

# What an answer looks like --------------------------------------------------------------------------------------
# Only where something has to be done to what PostgreSQL wrote: an error to be placed, a value that Python makes.


@dataclass(frozen=True, slots=True)
class Leaf:
    """A value, passed on as it is or made by `fill`."""

    fill: Callable[[Any], Any] | None = None


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    of: Shape
    nullable: bool


@dataclass(frozen=True, slots=True)
class Member:
    """A field of an object. `error` is what it is answered with wherever its object is."""

    key: str
    shape: Shape
    nullable: bool
    error: RequestError | None = None
    nodes: tuple[FieldNode, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Structure:
    """An object."""

    members: tuple[Member, ...]


Shape: TypeAlias = "Leaf | Items | Structure"


def plain(shape: Shape) -> bool:
    """Tell whether an answer of this shape can be sent as PostgreSQL wrote it."""
    match shape:
        case Leaf():
            return shape.fill is None
        case Items():
            return plain(shape.of)
        case Structure():
            return all(member.error is None and plain(member.shape) for member in shape.members)


def failing(shape: Shape) -> bool:
    """Tell whether an answer of this shape has errors: it depends on the arguments' very values."""
    match shape:
        case Leaf():
            return False
        case Items():
            return failing(shape.of)
        case Structure():
            return any(member.error is not None or failing(member.shape) for member in shape.members)


# What is asked of the database ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ask:
    """The values that one field's arguments give the statement."""

    definition: GraphQLField = field(repr=False)
    node: FieldNode = field(repr=False)
    values: Callable[[Mapping[str, Any]], tuple[object, ...]] = field(repr=False)
    count: int
    """How many there are."""
    path: str
    constant: tuple[object, ...] | None = None
    """The values themselves, where no variable can change them."""


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of the nodes that references of one field lead to: one value, an array."""

    path: str
    count: int = 1
    constant: None = None


@dataclass(frozen=True)
class Column:
    """One value that the statement selects: the JSON of a root field, or of what references of one field lead to."""

    sql: str
    asks: tuple[Ask | Keys, ...]
    """In the order in which `sql` numbers their values, from 0."""
    shape: Shape | None
    """How it has to be finished; None where it is sent as PostgreSQL wrote it."""
    rows: int = 0
    """How many rows it is thought to read at most."""
    failing: bool = False
    """Whether errors stand in it, which depend on the arguments' very values."""
    matching: bool = False
    """Whether a search comes before it, whose hits are one of its values."""
    needs: frozenset[Action] = frozenset()
    """What the viewer must be allowed to do to ask with such arguments."""

    @cached_property
    def statement(self) -> Sql:
        """The same as a value, made once, however many viewers it is guarded for."""
        return sql(f"select {self.sql} as json")


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement for all columns, in one snapshot, for one viewer."""

    text: str
    asks: tuple[Ask | Keys, ...]

    def __str__(self) -> str:
        """Print the statement with what its parameters are."""
        names = [f"$1 to ${PARAMETERS}  who asks, and what they see"]
        number = PARAMETERS + 1
        for ask in self.asks:
            for place in range(ask.count):
                told = repr(ask.constant[place]) if ask.constant is not None else "by its arguments"
                names.append(f"${number}  {ask.path}: {told}")
                number += 1
        return self.text + "\n" + textwrap.indent("\n".join(names), "-- ")


# What an operation is answered by -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Root:
    """A field of the operation itself."""

    key: str
    nodes: tuple[FieldNode, ...] = field(repr=False)
    definition: GraphQLField | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Constant(Root):
    """`__typename`."""

    value: str = ""


@dataclass(frozen=True, slots=True)
class Introspected(Root):
    """`__schema` or `__type`, which graphql-core answers."""


@dataclass(frozen=True, slots=True)
class Read(Root):
    """A field that one column answers."""

    column: Column | None = None
    nullable: bool = True
    error: Exception | None = None
    needs: frozenset[Action] = frozenset()
    """What the viewer must be allowed to do."""


@dataclass(frozen=True, slots=True)
class Staged(Root):
    """A field that Python answers first: search, changes, mutations. References in its answer are read afterwards."""

    written: Written | None = None


# How Python's answers are written ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Scalar:
    """A value, by its type's serialiser."""

    serialize: Callable[[Any], Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Typename:
    """The name of the object's type."""

    name: str


@dataclass(frozen=True, slots=True)
class Several:
    """A list."""

    of: Written
    nullable: bool


@dataclass(frozen=True, slots=True)
class Part:
    """A field of an object that Python answers with: the attribute it stands in."""

    key: str
    attribute: str
    written: Written
    nullable: bool
    nodes: tuple[FieldNode, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Whole:
    """An object."""

    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Reference:
    """A node, read by the statement: what it is asked for depends on its type, so there is a column for each."""

    number: int
    nodes: tuple[FieldNode, ...] = field(repr=False)
    columns: Mapping[str, Column] = field(repr=False)

    def column(self, kind: str) -> Column:
        """Return the column that reads nodes of a type."""
        return self.columns[kind]


Written: TypeAlias = "Scalar | Typename | Several | Whole | Reference"


MOST_STATEMENTS: Final = 20
"""Statements that are kept of one plan: most are asked by viewers who see alike."""


@dataclass(frozen=True)
class Plan:
    """What answers one operation."""

    roots: tuple[Root, ...]
    cost: int
    cachable: bool
    direct: bool = False
    """Whether one statement answers everything, with nothing to be done before or after."""
    statements: dict[tuple[Seen, tuple[tuple[int, str], ...]], Statement] = field(default_factory=dict, repr=False)
    """By what their viewers see, and by the references that were met: (their number, their type)."""

    @property
    def length(self) -> int:
        """How many characters of SQL it holds."""
        roots = sum(len(root.column.sql) for root in self.roots if isinstance(root, Read) and root.column is not None)
        return roots + sum(len(one.sql) for reference in self.references() for one in reference.columns.values())

    @property
    def matching(self) -> bool:
        """Whether a search comes before the statement."""
        return any(isinstance(root, Read) and root.column and root.column.matching for root in self.roots)

    def statement(self, seen: Seen, met: tuple[tuple[int, str], ...] = ()) -> Statement | None:
        """Return the statement that reads the roots and the references met; None where nothing is to be read."""
        kept = self.statements.get((seen, met))
        if kept is None:
            kept = self.written(seen, met)
            self.keep(seen, met, kept)
        return kept

    def written(self, seen: Seen, met: tuple[tuple[int, str], ...]) -> Statement | None:
        """Write that statement anew; of a large plan it takes a while."""
        columns = [root.column for root in self.roots if isinstance(root, Read) and root.column is not None]
        columns += [self._reference(number).column(kind) for number, kind in met]
        return statement_of(columns, seen) if columns else None

    def keep(self, seen: Seen, met: tuple[tuple[int, str], ...], statement: Statement | None) -> None:
        """Keep a statement; the one made longest ago goes when there are too many."""
        if statement is None:
            return
        if len(self.statements) >= MOST_STATEMENTS:
            del self.statements[next(iter(self.statements))]
        self.statements[seen, met] = statement

    def _reference(self, number: int) -> Reference:
        return next(one for one in self.references() if one.number == number)

    def references(self) -> Iterator[Reference]:
        """Yield the references that Python's answers may hold."""
        for root in self.roots:
            if isinstance(root, Staged) and root.written is not None:
                yield from _references(root.written)

    def printed(self, seen: Seen) -> str:
        """Print the plan: its roots, its cost, its statement for those who see so much."""
        lines = [f"cost {self.cost}"]
        for root in self.roots:
            kind = type(root).__name__.lower()
            name = root.nodes[0].name.value if root.nodes else ""
            lines.append(f"{kind} {root.key}" + (f" = {name}" if name != root.key else ""))
        statement = self.statement(seen)
        return "\n".join([*lines, *([] if statement is None else [str(statement)])])


def _references(written: Written) -> Iterator[Reference]:
    match written:
        case Reference():
            yield written
        case Several():
            yield from _references(written.of)
        case Whole():
            for part in written.parts:
                yield from _references(part.written)
        case _:
            return


def statement_of(columns: list[Column], seen: Seen) -> Statement:
    """Join columns in one statement that sets the viewer first, and put the policy around every table it names.

    What is read depends on the row that sets the viewer (`lateral`, and a condition on it), so PostgreSQL cannot begin
    to read before; the settings end with the statement. Where they were not set, row-level security would show nothing.
    """
    guard = Guard(seen)
    names: list[str] = []
    parts: list[str] = []
    asks: list[Ask | Keys] = []
    number = PARAMETERS + 1
    for place, column in enumerate(columns):
        asks += column.asks
        text = renumbered(guard.around(column.statement), number)
        number += sum(ask.count for ask in column.asks)
        names.append(f"c{place}.json as c{place}")
        parts.append(f"left join lateral ({text} where viewer.s1 <> '' offset 0) c{place} on true")
    compared = f"${LOW}::bigint as low, ${HIGH}::bigint as high, ${DIVISION}::text as division"
    viewer = f"(select {SET}, {compared} offset 0) viewer"
    return Statement(f"select {', '.join(names)}\nfrom {viewer}\n" + "\n".join(parts), tuple(asks))


FAR: Final = 1_000_000
"""From here on a column's own parameters are numbered until the statement is put together: no statement has so many."""
_PLACEHOLDER: Final = re.compile(r"\$(1\d{6})(?!\d)")


def placeholder(number: int) -> str:
    """Return what stands for a column's value until the statement is put together: a parameter far from all others."""
    return f"${FAR + number}"


def renumbered(text: str, first: int) -> str:
    """Return a column's SQL with its placeholders as parameters from `first` on."""
    return _PLACEHOLDER.sub(lambda found: f"${int(found[1]) - FAR + first}", text)
