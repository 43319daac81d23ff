"""Valid documents over the schema, by chance: nested pages, fragments, aliases, variables and directives.

A response name always stands for one field with one type and the same arguments, so that whatever is selected merges.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from graphql import (
    GraphQLBoolean,
    GraphQLInterfaceType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLUnionType,
    get_named_type,
    is_leaf_type,
    is_required_argument,
)

from tests.reference.executor import SCHEMA
from tests.reference.given import Giver, Word, literal

if TYPE_CHECKING:
    from random import Random

    from graphql import GraphQLField, GraphQLNamedType

    from tests.reference.values import Values

DEEPEST = 9
MOST_FIELDS = 40
MOST_ALIASES = 12
WIDEST = 300
"""Elements that one part of an answer may have, roughly: lists of lists multiply."""
USUAL = {"Query": 20}
ONE_OF = {"Query.history": ("party", "case", "place", "division"), "Query.case": ("id", "number")}
"""Arguments of which one names what a field is of."""


@dataclass(frozen=True)
class Question:
    """A document and its variables."""

    query: str
    variables: dict[str, Any]

    def __repr__(self) -> str:
        return f"\n{self.query}\nvariables: {json.dumps(self.variables, ensure_ascii=False)}\n"


@dataclass(frozen=True)
class Around:
    """Where a selection stands: how many fields may still nest, how many times it is answered, of which types."""

    depth: int
    width: int
    kinds: tuple[str, ...] = ()

    def within(self, times: int, kinds: tuple[str, ...] = ()) -> Around:
        """Return where a field's own selection stands."""
        return Around(self.depth - 1, self.width * times, kinds)


@dataclass
class Fragment:
    """A fragment that can be spread again."""

    name: str
    kind: str
    around: Around
    text: str


@dataclass
class Writer(Giver):
    """Writes one document."""

    names: dict[str, str] = field(default_factory=dict)
    fragments: list[Fragment] = field(default_factory=list)
    fields: int = 0
    aliases: int = 0

    def condition(self) -> str:
        """Return a directive, or none."""
        if not self.rarely(10):
            return ""
        name = self.one_of(["include", "skip"])
        value = self.one_of([name == "include", name == "skip", "variable"])
        if value == "variable":
            value = self.variable(GraphQLNonNull(GraphQLBoolean), "Directive.if", {}, has_default=False)
        return f" @{name}(if: {literal(value)})"

    # Selections ------------------------------------------------------------------------------------------------

    def selection(self, kind: GraphQLNamedType, around: Around, most: int = 4) -> str:
        """Return what is selected of a type."""
        count = self.random.randint(1, most)
        parts: list[str] = []
        for _ in range(count):
            if parts and self.rarely(12):
                parts.append(self.one_of(parts))
            elif part := self.part(kind, around):
                parts.append(part)
        return "{ " + " ".join(parts or ["__typename"]) + " }"

    def part(self, kind: GraphQLNamedType, around: Around) -> str:
        """Return a field or a fragment."""
        if isinstance(kind, GraphQLUnionType | GraphQLInterfaceType):
            return self.abstract(kind, around)
        assert isinstance(kind, GraphQLObjectType)
        if self.rarely(15):
            return "__typename" + self.condition()
        if self.rarely(10):
            return self.inline(kind, around, [kind.name, "", *(one.name for one in kind.interfaces)])
        if kind.name != "Query" and self.rarely(8):
            return self.spread(kind, around)
        return self.field(kind, around)

    def abstract(self, kind: GraphQLUnionType | GraphQLInterfaceType, around: Around) -> str:
        """Return what is selected of an interface or a union: mostly of the types that will be there."""
        possible = [one.name for one in SCHEMA.get_possible_types(kind)]
        likely = [name for name in around.kinds if name in possible]
        if self.rarely(6):
            return self.field(kind, around) if isinstance(kind, GraphQLInterfaceType) else "__typename"
        chosen = self.one_of(likely if likely and not self.rarely(5) else possible)
        concrete = SCHEMA.type_map[chosen]
        return self.spread(concrete, around) if self.rarely(4) else self.inline(concrete, around, [chosen])

    def inline(self, kind: GraphQLNamedType, around: Around, conditions: list[str]) -> str:
        """Return an inline fragment."""
        condition = self.one_of(conditions)
        selected = SCHEMA.type_map[condition] if condition else kind
        kinds = (kind.name,)
        text = self.selection(selected, Around(around.depth, around.width, kinds), 3)
        return f"...{f' on {condition}' if condition else ''}{self.condition()} {text}"

    def spread(self, kind: GraphQLNamedType, around: Around) -> str:
        """Return the spread of a fragment, new or met before."""
        known = [
            one.name
            for one in self.fragments
            if one.kind == kind.name and one.around.depth <= around.depth and one.around.width >= around.width
        ]
        if known and not self.rarely(3):
            return f"...{self.one_of(known)}{self.condition()}"
        text = self.selection(kind, around, 3)
        name = f"F{len(self.fragments)}"
        self.fragments.append(Fragment(name, kind.name, around, f"fragment {name} on {kind.name} {text}"))
        return f"...{name}{self.condition()}"

    def field(self, kind: GraphQLObjectType | GraphQLInterfaceType, around: Around) -> str:
        """Return a field with its arguments and its own selection."""
        leaves = [name for name, one in kind.fields.items() if is_leaf_type(get_named_type(one.type))]
        inner = [name for name in kind.fields if name not in leaves] if self.fields < MOST_FIELDS else []
        if around.depth <= 1:
            inner = []
        elif around.width > WIDEST:
            inner = [name for name in inner if times(kind.name, kind.fields[name]) == 1]
        # Filters have the most to go wrong.
        inner += [name for name in inner if "filter" in kind.fields[name].args]
        if not leaves and not inner:
            return ""
        name = self.one_of(inner if inner and (not leaves or self.rarely(2)) else leaves)
        self.fields += 1
        chosen = kind.fields[name]
        kinds = tuple(self.some(list(self.values.ids), 2, 1))
        arguments, size = self.arguments(f"{kind.name}.{name}", chosen, around, kinds)
        called = self.called(name, chosen, arguments)
        if called is None:
            return "__typename"
        text = called + arguments + self.condition()
        returned = get_named_type(chosen.type)
        if is_leaf_type(returned):
            return text
        return f"{text} {self.selection(returned, around.within(size, kinds))}"

    def called(self, name: str, chosen: GraphQLField, arguments: str) -> str | None:
        """Return what a field is called in the answer: its name or an alias; None where aliases are spent."""
        signature = f"{name}: {chosen.type} {arguments}"
        if not self.rarely(12) and self.names.setdefault(name, signature) == signature:
            return name
        if self.aliases == MOST_ALIASES:
            return None
        self.aliases += 1
        return f"a{self.aliases}: {name}"

    def arguments(self, place: str, chosen: GraphQLField, around: Around, kinds: tuple[str, ...]) -> tuple[str, int]:
        """Return a field's arguments, and how many elements it has about."""
        args = chosen.args
        wanted = [name for name, one in args.items() if is_required_argument(one)]
        optional = [name for name in args if name not in {*wanted, "first", "last"}]
        if place in ONE_OF and not self.rarely(12):
            # One of them must be named, and no more.
            optional = [name for name in optional if name not in ONE_OF[place]]
            wanted.append(self.one_of(ONE_OF[place]))
        wanted += [name for name in optional if self.rarely(4 if name in {"after", "before"} else 2)]
        paged = "first" in args
        if paged and (around.width > 1 or self.rarely(2)):
            wanted.append(self.one_of(["first", "last"] if "last" in args else ["first"]))
            if "last" in args and self.rarely(40):
                wanted += ["first", "last"]
        hint: dict[str, Any] = {}
        if place in {"Query.node", "Query.nodes"}:
            hint["ids"] = [one for kind in kinds for one in self.values.ids[kind]]
        values: dict[str, Any] = {}
        for name in sorted(set(wanted), key=lambda name: name != "orderBy"):
            given = args[name].ast_node
            has_default = given is not None and given.default_value is not None
            values[name] = self.value(args[name].type, f"{place}.{name}", hint, has_default=has_default)
            if name == "orderBy" and isinstance(values[name], dict) and isinstance(values[name]["field"], Word):
                hint["order"] = values[name]["field"].text
        text = ", ".join(f"{name}: {literal(value)}" for name, value in values.items())
        small = paged and ("first" in values or "last" in values)
        return (f"({text})" if text else ""), 3 if small else times(place.partition(".")[0], chosen)


def times(owner: str, chosen: GraphQLField) -> int:
    """Return about how many elements a field has."""
    if "Connection" in str(chosen.type):
        return USUAL.get(owner, 4)
    return 3 if "[" in str(chosen.type) and not owner.endswith("Connection") else 1


def question(random: Random, values: Values) -> Question:
    """Return a document."""
    writer = Writer(random, values)
    assert SCHEMA.query_type is not None
    text = writer.selection(SCHEMA.query_type, Around(random.randint(2, DEEPEST), 1), 3)
    declared = f"({', '.join(writer.declared)})" if writer.declared else ""
    parts = [f"query {declared} {text}" if declared else text, *(one.text for one in writer.fragments)]
    return Question("\n".join(parts), writer.given)


def history_question(random: Random, values: Values) -> Question:
    """Return a document that asks for a history, and for no search: that one's cursors tell when it was asked."""
    while True:
        asked = question(random, values)
        if "history" in asked.query and "search" not in asked.query:
            return asked
