"""Everything that is read for viewers goes through the guard, and calls but what is allowed; nothing is so in vain."""

from __future__ import annotations

import json
from contextlib import suppress
from itertools import chain, cycle
from typing import TYPE_CHECKING, Any, Final

import graphql
import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    get_named_type,
    is_leaf_type,
    is_required_argument,
    visit,
)

from casegraph.app import executor_of
from graph.database import statements
from graph.guard import COLUMNS, FUNCTIONS, Guard, fixed, sql
from graph.ids import new_id
from graph.parsed_sql import parse
from graph.policy import EVERYWHERE, Clearance, Role, Viewer
from graph.scope import Shape, scope
from resolvers.asked import Answer, Asked
from resolvers.limits import DocumentLimits
from resolvers.plan import Read
from resolvers.shared_reads import MATCHING
from resolvers.trusted import Trusted
from schema.errors import RequestError
from schema.ids import global_id
from tests.api.conftest import api
from tests.api.test_every_field import NODES, SCHEMA, inside, selection, whole
from tests.viewers import EVERYTHING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from graphql import FieldNode, GraphQLField, GraphQLInputType, ObjectFieldNode

    from graph.parsed_sql import Sql
    from resolvers.execution import Executor
    from resolvers.plan import Column, Plan
    from tests.api.conftest import Api

__all__ = ["api", "whole"]

READ: Final = {
    "follow": ("head", "changes_told", "cases_told", "submissions_told"),
    "search": ("documents", "texts", "attached", "standing", "organs_named"),
    "alerts": ("told", "own_search"),
    "seeing": ("cases", "submissions", "mentions", "revisions", "events", "documents"),
}
"""The statements of `graph/sql` that are read for viewers."""
ORGAN: Final = frozenset({new_id()})
VIEWERS: Final = (
    Viewer(name="nobody", roles=frozenset()),
    Viewer(name="desk", roles=frozenset({Role.REGISTRAR}), divisions=(EVERYWHERE,)),
    Viewer(name="county", roles=frozenset(Role), divisions=("430104",), clearances=frozenset(Clearance)),
    Viewer(name="staff", roles=frozenset(Role), divisions=("4301", "44"), clearances=frozenset(Clearance), organs=ORGAN,
           seats=("430104",), persons=frozenset({b"hash"})),
    Viewer(name="handler", roles=frozenset({Role.HANDLER}), organs=ORGAN),
)  # fmt: skip
OF_THE_GUARD: Final = {"seen", "named", "part"}
"""What the guard calls the tables that it names: those around which it stands, and those that it asks."""
OURS: Final = {
    "abs", "accused_once", "case_of", "current_setting", "handled", "seen_as_kept", "seen_organ", "seen_place",
    "seen_revision", "viewer_accused_in", "viewer_organs", "viewer_ranges",
}  # fmt: skip
"""Functions that the guard calls, and no statement."""
WORDS: Final = {"query": "油烟", "text": "油烟", "matching": "油烟", "from": "2026-11-01T00:00:00Z"}
HISTORY: Final = {"history": {"division": '"4301"'}}
"""What is named beside the other arguments: a history is of one thing."""
SUBJECTS: Final = {"party", "case", "place", "division"}
DIVISIONS: Final = {"division", "within", "code", "equals"}


def guarded(statement: Sql, shape: Shape, *, parameters: bool = True) -> None:
    """Assert that a statement names no table but inside what the guard puts there."""
    text = Guard(shape, parameters=parameters).around(statement)
    again = parse(text, COLUMNS, FUNCTIONS | OURS)
    bare = [one.name for one in again.tables if one.alias not in OF_THE_GUARD]
    # A vocabulary's rows may all be seen, and a table whose rows are, which the viewer's shape decides.
    open_to_all = {name for name in COLUMNS if Guard(shape, parameters=parameters).condition(name, "seen") == "true"}
    assert not set(bare) - open_to_all, text
    assert len(again.tables) >= len(statement.tables)


# Documents -----------------------------------------------------------------------------------------------------------


def literals(kind: GraphQLInputType, name: str) -> Iterator[str]:
    """Yield values of an argument, as GraphQL writes them: each value of an enum, each field of an input by itself."""
    if isinstance(kind, GraphQLNonNull):
        yield from literals(kind.of_type, name)
    elif isinstance(kind, GraphQLList):
        yield from (f"[{one}]" for one in literals(kind.of_type, name))
    elif isinstance(kind, GraphQLEnumType):
        yield from kind.values
    elif isinstance(kind, GraphQLInputObjectType):
        required = {
            field: next(literals(one.type, field)) for field, one in kind.fields.items() if is_required_field(one)
        }
        for field, one in kind.fields.items():
            for value in literals(one.type, field):
                members = ", ".join(f"{key}: {said}" for key, said in (required | {field: value}).items())
                yield f"{{{members}}}"
    elif kind.name == "ID":
        yield from (f'"{global_id(node, new_id())}"' for node in NODES)
    else:
        yield from SCALARS[kind.name](name)


def is_required_field(field: Any) -> bool:
    """Tell whether an input's field must be given."""
    return isinstance(field.type, GraphQLNonNull)


def _strings(name: str) -> list[str]:
    told = '"430104"' if name in DIVISIONS else f'"{WORDS.get(name, "城乡建设")}"'
    return [told, '"4301"'] if name in DIVISIONS else [told]


SCALARS: Final[dict[str, Callable[[str], list[str]]]] = {
    "String": _strings,
    "Int": lambda _: ["3"],
    "Boolean": lambda _: ["true", "false"],
    "DateTime": lambda _: ['"2026-11-01T10:00:00+08:00"'],
    "Date": lambda _: ['"2026-11-01"'],
    "Float": lambda _: ["0.5"],
    "JSON": lambda _: ["{}"],
    "BigInt": lambda _: ["3"],
}


def calls(name: str, field: GraphQLField) -> Iterator[str]:
    """Yield a field with each value of each of its arguments, beside what it must be given."""
    required = {key: list(literals(one.type, key)) for key, one in field.args.items() if is_required_argument(one)}
    usual = {key: values[0] for key, values in required.items()}
    yield _call(name, usual | HISTORY.get(name, {}))
    for key, one in field.args.items():
        if key not in {"after", "before"}:
            beside = {} if key in SUBJECTS else HISTORY.get(name, {})
            for value in literals(one.type, key):
                yield _call(name, usual | beside | {key: value})


def _call(name: str, given: dict[str, str]) -> str:
    return name + (f"({', '.join(f'{key}: {value}' for key, value in given.items())})" if given else "")


def selected(field: GraphQLField, depth: int) -> str:
    """Return what is selected of a field's type."""
    kind = get_named_type(field.type)
    if is_leaf_type(kind):
        return ""
    return f" {{ {'__typename id' if isinstance(kind, GraphQLInterfaceType) else inside(kind, depth)} }}"


def documents() -> Iterator[str]:
    """Yield documents that hold every field of the schema, and each argument with each of its values."""
    query = SCHEMA.query_type
    assert query is not None
    for name, field in query.fields.items():
        usual, *others = calls(name, field)
        yield f"{{ {usual}{selected(field, 4 if name.startswith('search') else 2)} }}"
        yield from (f"{{ {call}{selected(field, 1)} }}" for call in others)
    for node in NODES:
        kind = SCHEMA.type_map[node]
        assert isinstance(kind, GraphQLObjectType)
        ids = f'nodes(ids: ["{global_id(node, new_id())}"])'
        yield f"{{ {ids} {{ ... on {node} {{ {selection(kind, 2)} }} }} }}"
        for name, field in kind.fields.items():
            if field.args:
                yield from (
                    f"{{ {ids} {{ ... on {node} {{ {call}{selected(field, 1)} }} }} }}" for call in calls(name, field)
                )
    for root in (SCHEMA.mutation_type, SCHEMA.subscription_type):
        assert root is not None
        operation = "mutation" if root is SCHEMA.mutation_type else "subscription"
        for name, field in root.fields.items():
            given = next(calls(name, field))
            yield f"{operation} {{ {given}{selected(field, 2)} }}"
            if root is SCHEMA.mutation_type:
                yield f"{operation} {{ {given} {{ errors {{ arguments {{ name value }} }} }} }}"


async def paged(whole: Api) -> list[str]:
    """Return documents that go on behind a page, by each order of each list, forwards and backwards."""
    found = []
    query = SCHEMA.query_type
    assert query is not None
    for name, field in query.fields.items():
        if not {"after", "before"} & field.args.keys() or name in {"changes", "search", "searchCases"}:
            continue
        orders = list(literals(field.args["orderBy"].type, "orderBy")) if "orderBy" in field.args else [""]
        for order in orders:
            given = HISTORY.get(name, {}) | ({"orderBy": order} if order else {})
            first = _call(name, given | {"first": "1"})
            answer = await whole.ask(f"{{ {first} {{ pageInfo {{ endCursor }} }} }}")
            cursor = answer[name]["pageInfo"]["endCursor"]
            ways = [way for way in ("after", "before") if cursor and way in field.args]
            behind = [_call(name, given | {way: json.dumps(cursor)}) for way in ways]
            found += [f"{{ {call}{selected(field, 1)} }}" for call in behind]
    return found


def columns_of(plan: Plan) -> Iterator[Column]:
    """Yield all columns that a plan may select."""
    yield from (root.column for root in plan.roots if isinstance(root, Read) and root.column is not None)
    yield from chain.from_iterable(one.columns.values() for one in plan.references())


def planned(executor: Executor, document: str) -> Iterator[Column]:
    """Yield what a document reads, where rows are thought to be there and where they may be gone."""
    prepared = executor.preparation.prepare(Asked(document))
    assert not isinstance(prepared, Answer), (document, prepared.errors)
    for careful in (False, True):
        with suppress(RequestError):  # an id of another type than is meant, for one
            yield from columns_of(executor.preparation._made(prepared, careful=careful))


# What is promised ----------------------------------------------------------------------------------------------------


class Met(Visitor):
    """Takes down the fields of types, and of inputs, that documents hold."""

    def __init__(self, info: TypeInfo) -> None:
        super().__init__()
        self._info = info
        self.fields: set[tuple[str, str]] = set()
        self.inputs: set[tuple[str, str]] = set()

    def enter_field(self, node: FieldNode, *_: object) -> None:
        """Take a field down."""
        parent = self._info.get_parent_type()
        assert parent is not None
        self.fields.add((parent.name, node.name.value))

    def enter_object_field(self, node: ObjectFieldNode, *_: object) -> None:
        """Take an input's field down."""
        parent = get_named_type(self._info.get_parent_input_type())
        assert parent is not None
        self.inputs.add((parent.name, node.name.value))


def test_the_documents_hold_every_field() -> None:
    """Of every type, and of every input that a query takes."""
    info = TypeInfo(SCHEMA)
    met = Met(info)
    for text in documents():
        visit(graphql.parse(text), TypeInfoVisitor(info, met))
    types = [one for name, one in SCHEMA.type_map.items() if not name.startswith("__")]
    fields = {(one.name, name) for one in types if isinstance(one, GraphQLObjectType) for name in one.fields}
    assert fields <= met.fields
    asked = {one.name for one in types if one.name.endswith(("Filter", "Order"))}
    inputs = {(one.name, name) for one in types if isinstance(one, GraphQLInputObjectType) for name in one.fields}
    assert {one for one in inputs if one[0] in asked} <= met.inputs


@pytest.mark.parametrize(("file", "name"), [(file, name) for file, names in READ.items() for name in names])
def test_each_written_statement_is_guarded(file: str, name: str) -> None:
    """For viewers of every sort."""
    for viewer in VIEWERS:
        guarded(fixed(getattr(statements(file), name)), scope(viewer).shape, parameters=False)


@pytest.mark.long
async def test_each_plan_is_guarded_and_calls_what_is_allowed(whole: Api) -> None:
    """Of every field and argument of the schema; and nothing is allowed that none of them calls."""
    executor = executor_of(whole.services, DocumentLimits(depth=20, cost=10**9), Trusted())
    shapes = cycle(scope(viewer).shape for viewer in (*VIEWERS, EVERYTHING))
    columns = {column.sql: column for text in (*documents(), *await paged(whole)) for column in planned(executor, text)}
    for column, shape in zip(columns.values(), shapes, strict=False):
        guarded(column.statement, shape)
    written = [fixed(getattr(statements(file), name)) for file, names in READ.items() for name in names]
    written += [sql(text.format(row="found")) for text in MATCHING.values()]
    called = {name for one in (*written, *(one.statement for one in columns.values())) for name in one.functions}
    assert {one.name for column in columns.values() for one in column.statement.tables} == COLUMNS.keys()
    assert sorted(called) == sorted(FUNCTIONS)
