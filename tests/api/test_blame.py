"""What cannot be answered leaves the rest, and says which argument is to blame, and where it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from graphql import GraphQLNonNull, build_schema

from graph.ids import new_id
from graph.policy import Role
from schema.ids import global_id
from schema.schema import print_sdl
from tests.api.conftest import Api, client_of
from tests.graph.factory import draft
from tests.viewers import only, told_apart

if TYPE_CHECKING:
    from collections.abc import Mapping

SCHEMA = build_schema(print_sdl())
NOBODY = global_id("Case", new_id())
GOOD = "topics { path }"
WRONG = [
    ("cases(first: 201) { nodes { id } }", "LIMIT_PAGE_SIZE", "first", "201"),
    ("cases(last: -1) { nodes { id } }", "INVALID_PAGE", "last", "-1"),
    ("cases(first: 1, last: 2) { nodes { id } }", "INVALID_PAGE", "last", "2"),
    ('cases(before: "x") { nodes { id } }', "INVALID_CURSOR", "before", '"x"'),
    ('cases(filter: {division: {within: "x"}}) { nodes { id } }', "INVALID_VALUE", "filter.division.within", '"x"'),
    ('cases(filter: {openedAt: {month: "x"}}) { nodes { id } }', "INVALID_VALUE", "filter.openedAt.month", '"x"'),
    ('cases(filter: {organ: "x"}) { nodes { id } }', "INVALID_ID", "filter.organ", '"x"'),
    ('cases(filter: {organName: "x", organ: "y"}) { nodes { id } }', "INVALID_VALUE", "filter.organName", '"x"'),
    ("cases(filter: {organRole: ASSISTING}) { nodes { id } }", "INVALID_VALUE", "filter.organRole", "ASSISTING"),
    ('caseFigures(filter: {division: {equals: "x"}}) { cases }', "INVALID_VALUE", "filter.division.equals", '"x"'),
    ('case(id: "x") { id }', "INVALID_ID", "id", '"x"'),
    ('node(id: "x") { id }', "INVALID_ID", "id", '"x"'),
    ('history(case: "x") { totalCount }', "INVALID_ID", "case", '"x"'),
    ('history(division: "x") { totalCount }', "INVALID_VALUE", "division", '"x"'),
    ('history(division: "43", matching: "(未完") { totalCount }', "QUERY_SYNTAX", "matching", '"(未完"'),
    ('search(query: "(未完") { totalCount }', "QUERY_SYNTAX", "query", '"(未完"'),
    ('search(query: "x", after: "x") { totalCount }', "INVALID_CURSOR", "after", '"x"'),
    ('search(filter: {organs: ["x"]}) { totalCount }', "INVALID_ID", "filter.organs.0", '"x"'),
    ('search(filter: {division: "x"}) { totalCount }', "INVALID_VALUE", "filter.division", '"x"'),
    ('search(filter: {receivedAt: {month: "x"}}) { totalCount }', "INVALID_VALUE", "filter.receivedAt.month", '"x"'),
    ("searchCases(first: 51) { submissionCount }", "LIMIT_PAGE_SIZE", "first", "51"),
    ('similar(to: "x") { score }', "INVALID_ID", "to", '"x"'),
    ('suggest(text: "x", first: 51) { label }', "LIMIT_PAGE_SIZE", "first", "51"),
    ('changes(after: "x") { cursor }', "INVALID_CURSOR", "after", '"x"'),
    ('reveals(filter: {subject: "x"}) { totalCount }', "INVALID_ID", "filter.subject", '"x"'),
    ('places(filter: {parent: "x"}) { totalCount }', "INVALID_ID", "filter.parent", '"x"'),
]


@pytest.mark.parametrize(("call", "code", "argument", "value"), WRONG)
async def test_an_argument_that_is_wrong_is_named_and_shown(
    api: Api, call: str, code: str, argument: str, value: str
) -> None:
    """By the field's path, the argument's name with what of it, and where it stands; the other field is answered."""
    query = f"{{ wrong: {call}\n {GOOD} }}"
    answer = await api.post(query)
    [error] = answer["errors"]
    assert error["path"] == ["wrong"]
    assert (error["extensions"]["code"], error["extensions"]["argument"]) == (code, argument)
    [place] = error["locations"]
    assert query.splitlines()[place["line"] - 1][place["column"] - 1 :].startswith(value), place
    assert answer["data"]["wrong"] is None
    assert answer["data"]["topics"]


async def test_inside_a_field_the_place_is_told_as_well(api: Api) -> None:
    """Where the argument is a variable's, by the variable in the document."""
    await api.take_in(draft("1"))
    query = "query($after: String) { cases { nodes { submissions(after: $after) { totalCount } } } }"
    answer = await api.post(query, after="x")
    [error] = answer["errors"]
    assert error["path"] == ["cases", "nodes", 0, "submissions"]
    assert told_apart(error) == {"code": "INVALID_CURSOR", "argument": "after"}
    assert query[error["locations"][0]["column"] - 1 :].startswith("$after")
    assert answer["data"] == {"cases": None}


@pytest.mark.parametrize(
    ("query", "variables", "named"),
    [
        ("query($n: Int) { cases(first: $n) { totalCount } }", {"n": "two"}, "n"),
        ("query($f: CaseFilter) { cases(filter: $f) { totalCount } }", {"f": {"organRole": "NONE"}}, "f"),
        ("query($id: ID!) { case(id: $id) { id } }", {}, "id"),
    ],
)
async def test_a_variable_that_is_wrong_is_named(
    api: Api, query: str, variables: Mapping[str, Any], named: str
) -> None:
    """It is wrong for the whole request, which is not run."""
    answer = await api.post(query, **variables)
    [error] = answer["errors"]
    assert told_apart(error) == {"code": "BAD_USER_INPUT", "variable": named}
    assert query[error["locations"][0]["column"] - 1 :].startswith(f"${named}")
    assert "data" not in answer


async def test_one_id_that_is_wrong_leaves_the_others(api: Api) -> None:
    """It is null, with an error at its place; one that nothing has is null without."""
    await api.take_in(draft("1"))
    case = (await api.ask("{ cases { nodes { id } } }"))["cases"]["nodes"][0]["id"]
    answer = await api.post("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=[case, "x", NOBODY, "", case])
    assert answer["data"]["nodes"] == [{"id": case}, None, None, None, {"id": case}]
    assert [(error["path"], error["extensions"]["argument"]) for error in answer["errors"]] == [
        (["nodes", 1], "ids.1"), (["nodes", 3], "ids.3"),
    ]  # fmt: skip


async def test_what_one_may_not_ask_leaves_what_one_may(api: Api) -> None:
    """A field that is refused is null, and says why."""
    async with client_of(api.services, viewer=only(Role.REGISTRAR)) as http:
        answer = await Api(api.services, http).post(f"{{ reveals {{ totalCount }} {GOOD} }}")
    assert answer["data"]["reveals"] is None
    assert answer["data"]["topics"]
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["FORBIDDEN"]


async def test_a_mutation_that_is_refused_leaves_the_next(api: Api) -> None:
    """They are done one after the other, whatever became of those before."""
    await api.take_in()
    message = 'submitWebMessage(input: {title: "x", text: "路灯坏了。", receivedAt: "2026-11-01T00:00:00Z"})'
    search = 'saveSearch(input: {name: "x", query: "油烟"})'
    viewer = only(Role.REGISTRAR)
    async with client_of(api.services, viewer=viewer) as http:
        answer = await Api(api.services, http).post(
            f'mutation {{ a: partCases(input: {{case: "{NOBODY}"}}) {{ case {{ id }} }} b: {message} {{ change }}'
            f" c: {search} {{ errors {{ code }} }} }}"
        )
    assert answer["data"] == {"a": None, "b": {"change": "NEW"}, "c": {"errors": []}}
    assert [error["path"] for error in answer["errors"]] == [["a"]]


@pytest.mark.parametrize("root", [SCHEMA.query_type, SCHEMA.mutation_type])
def test_every_root_may_be_null(root: Any) -> None:
    """Or its error would take all others along."""
    assert [name for name, field in root.fields.items() if isinstance(field.type, GraphQLNonNull)] == []
