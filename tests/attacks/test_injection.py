"""Every place of the schema that takes a text is given what other servers take for code.

It travels as a parameter and is never part of a statement; what is no value of its kind is refused by name.
"""

from __future__ import annotations

import time
from itertools import cycle
from typing import TYPE_CHECKING, Any, Final

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    get_named_type,
    is_leaf_type,
)
from hypothesis import given
from hypothesis import strategies as st

from casegraph.app import executor_of
from casegraph.signin.claims import viewer_of
from casegraph.signin.errors import TokenError
from graph.policy import Role
from graph.scope import scope
from graph.seeing import SET_VIEWER
from resolvers.asked import Asked
from resolvers.limits import LONGEST, DocumentLimits
from resolvers.trusted import Trusted
from tests.api.conftest import Api, client_of
from tests.api.test_every_field import SCHEMA, readings
from tests.attacks.line import codes_in
from tests.graph.factory import GAZETTEER
from tests.viewers import DAY, DEVELOPMENT_KEY, EVERYTHING, claims_of, only

if TYPE_CHECKING:
    from collections.abc import Iterator

    from graph.database import Connection, Pool
    from graph.identity import Vault

PAYLOADS: Final = (
    "' or 1=1 --",
    '"; drop table "case"; --',
    "'; delete from submission; --",
    "$1",
    "$$;select pg_sleep(9);$$",
    "%",
    "_",
    "\\",
    "\\'",
    "{0}",
    "{row}",
    "{{}}",
    "%s",
    "%(x)s",
    "\x01count\x01",
    "\x00",
    "a\x00b",
    "x" * 20_000,
    "ｃａｓｅ",
    "＇ or 1=1",
    "\u202ecase",
    "\ud7ff\ue000",
    "\U0010ffff",
    '"',
    '""',
    "(",
    ")",
    "field:*",
    "*:*",
    "*",
    "title:*",
    "[a TO b]",
    "{a TO b}",
    "a AND (b OR",
    "-",
    "- -a",
    "~",
    "^2",
    "a~99",
    "/(a+)+$/",
    "(a+)+$" + "a" * 60,
    "/.*/",
    "NOT",
    "OR OR",
    "channel:' or 1=1",
    "place:%",
    "after:9999-99-99",
    "number:" + "9" * 400,
    "(" * 900,
    '"' * 999,
    "-" * 999,
    "* " * 499,
    "{'$gt': ''}",
    "<x/>",
    "../../etc/passwd",
    "${jndi:ldap://x}",
    "{{7*7}}",
    "`id`",
    "\r\nset-cookie: x=y",
    "1e400",
    "-1",
    "9" * 30,
    "null",
    "true",
)
"""SQL, templates, placeholders of our own statements, the search's language, patterns, names that lead elsewhere."""
CODES: Final = frozenset(
    {
        "GRAPHQL_VALIDATION_FAILED",
        "BAD_USER_INPUT",
        "INVALID_ID",
        "INVALID_CURSOR",
        "INVALID_VALUE",
        "QUERY_SYNTAX",
        "INVALID_PAGE",
        "LIMIT_COST",
        "NOT_POSSIBLE",
    }
)
TABLES: Final = ("case", "submission", "mention", "event", "document", "journal", "reveal", "organ", "place")
STRINGS: Final = frozenset({"String", "ID"})


def literal(text: str) -> str:
    """Return a text as GraphQL writes it."""
    return '"' + "".join(f"\\u{{{ord(sign):x}}}" for sign in text) + '"'


def selected(kind: object) -> str:
    """Return a small selection of what a field leads to."""
    named = get_named_type(kind)  # type: ignore[call-overload]
    return "" if is_leaf_type(named) else " { __typename }"


def carried(kind: Any, payload: str, depth: int = 0) -> Iterator[Any]:
    """Yield values of an input's type that have the payload at each place where a text or scalar stands."""
    if isinstance(kind, GraphQLNonNull):
        yield from carried(kind.of_type, payload, depth)
    elif isinstance(kind, GraphQLList):
        yield from ([one] for one in carried(kind.of_type, payload, depth))
    elif isinstance(kind, GraphQLInputObjectType):
        needed = {name: plain(one.type) for name, one in kind.fields.items() if isinstance(one.type, GraphQLNonNull)}
        for name, one in kind.fields.items():
            if depth < 3:
                yield from (needed | {name: value} for value in carried(one.type, payload, depth + 1))
    else:
        yield payload


def plain(kind: Any) -> Any:
    """Return a value that fits."""
    if isinstance(kind, GraphQLNonNull):
        return plain(kind.of_type)
    if isinstance(kind, GraphQLList):
        return []
    if isinstance(kind, GraphQLInputObjectType):
        return {name: plain(one.type) for name, one in kind.fields.items() if isinstance(one.type, GraphQLNonNull)}
    if isinstance(kind, GraphQLEnumType):
        return next(iter(kind.values))
    return {"Int": 1, "Boolean": True, "Float": 1.0, "DateTime": "2026-11-24T00:00:00Z", "Date": "2026-11-24"}.get(
        kind.name, "x"
    )


def placed() -> Iterator[tuple[str, str, GraphQLObjectType, str, str]]:
    """Yield each argument of each field of the schema: its operation, type, field and own name."""
    for kind in SCHEMA.type_map.values():
        if isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__"):
            for name, field in kind.fields.items():
                for argument in field.args:
                    yield kind.name, f"{kind.name}.{name}.{argument}", kind, name, argument


def document_of(kind: GraphQLObjectType, name: str, argument: str) -> str:
    """Return an operation that gives one argument by a variable and the rest as they need to be."""
    field = kind.fields[name]
    declared = {
        one: value.type
        for one, value in field.args.items()
        if one == argument or isinstance(value.type, GraphQLNonNull)
    }
    variables = ", ".join(f"${one}: {value}" for one, value in declared.items())
    given = ", ".join(f"{one}: ${one}" for one in declared)
    call = f"{name}({given}){selected(field.type)}"
    roots = {"Query": "query", "Mutation": "mutation", "Subscription": "subscription"}
    if kind.name in roots:
        return f"{roots[kind.name]}({variables}) {{ {call} }}"
    return f"query({variables}) {{ {wrapped(kind, call)} }}"


def wrapped(kind: GraphQLObjectType, call: str) -> str:
    """Return a selection from the root that comes to a type."""
    lists = {
        "Case": "cases",
        "Submission": "submissions",
        "Party": "parties",
        "Place": "places",
        "Organ": "organs",
        "Rejection": "rejections",
    }
    if kind.name in lists:
        return f"{lists[kind.name]}(first: 1) {{ nodes {{ {call} }} }}"
    return f"nodes(ids: []) {{ ... on {kind.name} {{ {call} }} }}"


PLACES: Final = [one[1:] for one in placed() if one[0] != "Subscription"]


def asked(kind: GraphQLObjectType, name: str, argument: str, payload: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the operations by which one argument carries a payload, at each place of its type."""
    field = kind.fields[name]
    rest = {
        one: plain(value.type)
        for one, value in field.args.items()
        if one != argument and isinstance(value.type, GraphQLNonNull)
    }
    document = document_of(kind, name, argument)
    for value in carried(field.args[argument].type, payload):
        yield document, rest | {argument: value}


async def answered(api: Api, document: str, variables: dict[str, Any]) -> Any:
    """Return the whole answer."""
    return (await api.http.post("/graphql", json={"query": document, "variables": variables})).json()


async def counts(connection: Connection) -> dict[str, int]:
    """Return how many rows each table has."""
    return {table: await connection.fetchval(f'select count(*) from "{table}"') for table in TABLES}  # noqa: S608


async def test_no_argument_is_part_of_a_statement(api: Api, connection: Connection) -> None:
    """Each argument, each place within it, as a variable: refused by a code, or answered with nothing changed."""
    await api.take_in(*readings())
    before = await counts(connection)
    payloads, met = cycle(PAYLOADS), 0
    for place, kind, name, argument in PLACES:
        if kind.name == "Mutation":
            continue
        for document, variables in (one for _ in range(8) for one in asked(kind, name, argument, next(payloads))):
            answer = await answered(api, document, variables)
            assert codes_in(answer) <= CODES, (place, variables, answer)
            met += 1
    assert met > 500
    assert await counts(connection) == before


async def test_no_mutation_is_part_of_a_statement(api: Api, connection: Connection) -> None:
    """What is stored is stored as it was given, and no table is lost."""
    await api.take_in(*readings())
    before = await counts(connection)
    for place, kind, name, argument in PLACES:
        if kind.name == "Mutation":
            for payload in PAYLOADS[:: 1 + len(PAYLOADS) // 6]:
                for document, variables in asked(kind, name, argument, payload):
                    answer = await answered(api, document, variables)
                    assert codes_in(answer) <= CODES, (place, variables, answer)
    after = await counts(connection)
    assert all(after[table] >= before[table] for table in TABLES)


async def test_search_understands_or_points_at_the_character(api: Api) -> None:
    """Its language has no operator that is run, and no pattern that takes for ever."""
    await api.take_in(*readings())
    for payload in PAYLOADS:
        document = "query($q: String!, $d: String) { search(query: $q, filter: {division: $d}) { totalCount } }"
        for variables in ({"q": payload}, {"q": "油烟", "d": payload}, {"q": f"油烟 {payload} -x"}):
            assert codes_in(await api.post(document, **variables)) <= {"QUERY_SYNTAX", "INVALID_VALUE"}


def test_statements_hold_no_payload(api: Api) -> None:
    """Whatever the values are, the statement of an operation is the same text; as literals, too."""
    executor = executor_of(api.services, DocumentLimits(), Trusted())
    plain_text: dict[str, str] = {}
    for document in (
        "query($v: String) { submissions(filter: {source: $v}) { nodes { id } } }",
        "query($v: String) { submissions(filter: {externalId: $v}) { nodes { id } } }",
        "query($v: String) { cases(filter: {topic: {equals: $v}}) { nodes { id } } }",
    ):
        for payload in ("x", *(one for one in PAYLOADS if "/" not in one and "\0" not in one and not one.isdecimal())):
            for text, variables in (
                (document, {"v": payload}),
                ("query " + document.partition(") ")[2].replace("$v", literal(payload)), {}),
            ):
                if len(text) > LONGEST:
                    continue
                found, values = executor.preparation.statement(Asked(text, variables), EVERYTHING)
                expected = plain_text.setdefault(document + str(bool(variables)), found)
                assert found == expected
                assert any(payload == value for value in values)


async def test_names_of_fields_are_names(api: Api) -> None:
    """An alias becomes a key of the answer: GraphQL lets no sign through, whatever it looks like."""
    await api.take_in(*readings())
    for alias in ("_", "__x", "select", "null", "row", "count", "a" * 300, "x0_", "constructor", "__proto__"):
        answer = await api.ask(f"{{ {alias}: cases(first: 1) {{ nodes {{ {alias}: id }} }} }}")
        assert list(answer[alias]["nodes"][0]) == [alias]
    for alias in ("a'", 'a"', "a-b", "é", "a\0", "１", "a;b", "a\\u0027"):
        assert codes_in(await api.post(f"{{ {alias}: __typename }}")) <= {
            "GRAPHQL_PARSE_FAILED",
            "GRAPHQL_VALIDATION_FAILED",
        }


# Viewers --------------------------------------------------------------------------------------------------------------

HOSTILE: Final = st.one_of(
    st.text(alphabet="{}[](),'\"\\;$%_ \x01\x7fa0-", max_size=40), st.sampled_from(PAYLOADS), st.text(max_size=40)
).filter(lambda name: "\0" not in name and name.strip() != "")


@given(name=HOSTILE)
def test_a_name_is_one_setting(name: str) -> None:
    """What it looks like is in none of the others, and what is seen does not hang on it."""
    viewer = only(Role.HANDLER, divisions=("4301",))
    renamed = scope(type(viewer)(**{one: getattr(viewer, one) for one in viewer.__slots__} | {"name": name}))
    assert renamed.settings[0] == name
    assert renamed.settings[1:] == scope(viewer).settings[1:]
    assert renamed.shape == scope(viewer).shape


async def test_postgresql_takes_a_name_as_a_name(reading_pool: Pool) -> None:
    """However it is written, the ranges that row-level security reads stay the viewer's."""
    viewer = only(Role.HANDLER, divisions=("4301",))
    for payload in (one for one in PAYLOADS if "\0" not in one):
        named = scope(type(viewer)(**{one: getattr(viewer, one) for one in viewer.__slots__} | {"name": payload}))
        async with reading_pool.acquire() as connection, connection.transaction():
            await connection.execute(SET_VIEWER, *named.settings)
            assert await connection.fetchval("select current_setting('casegraph.viewer')") == payload
            assert await connection.fetchval("select viewer_ranges()::text") == named.settings[1]


def claimed(payload: str) -> Iterator[dict[str, Any]]:
    """Yield claims that hold a payload at each place in turn."""
    own = claims_of(only(Role.HANDLER, divisions=("4301",)))
    given = own["casegraph"]
    yield from (own | {name: payload} for name in ("sub", "name", "phone_number"))
    for name in ("roles", "divisions", "organs", "clearances", "sources"):
        yield own | {"casegraph": given | {name: [payload]}}
    yield own | {"casegraph": given | {"identity_number": payload}}


async def test_a_token_says_who_and_no_more(api: Api) -> None:
    """A subject that looks like SQL is a name or refused; divisions, organs and the rest have to be what they are."""
    await api.take_in(*readings())
    seen = await api.ask("{ cases { totalCount } }")
    for payload in PAYLOADS:
        async with client_of(api.services, viewer=None) as http:
            for claims in claimed(payload):
                token = DEVELOPMENT_KEY.token(claims, time.time(), DAY)
                answer = await http.post(
                    "/graphql", json={"query": "{ cases { totalCount } }"}, headers={"authorization": f"Bearer {token}"}
                )
                assert answer.status_code in {200, 401}
                if answer.status_code == 200:
                    assert answer.json()["data"]["cases"]["totalCount"] < seen["cases"]["totalCount"]
                else:
                    assert codes_in(answer.json()) == {"UNAUTHENTICATED"}


def test_half_a_character_is_no_text(vault: Vault) -> None:
    """JSON can write one, and nothing that is told to PostgreSQL or hashed can hold it."""
    for claims in claimed("a\ud800"):
        with pytest.raises(TokenError, match="claim"):
            viewer_of(claims, "casegraph", "development", vault, GAZETTEER)
