"""What graphql-cop, batchql, crackql, clairvoyance and graphw00f look for, and what they find here.

| tool | what it tries | what a safe server answers |
|---|---|---|
| graphql-cop | alias overloading, field duplication, directive overloading, circular introspection | the limit (400) |
| graphql-cop, batchql | a list of operations as the body | 400: batches are not taken |
| graphql-cop | GraphiQL, introspection | the page without data; the schema to whoever signs in, where it is on |
| graphql-cop, clairvoyance | names that errors suggest | none where introspection is off |
| graphql-cop | queries by GET, mutations by GET, forms (CSRF) | queries to whoever shows a token; 405; 415 |
| graphql-cop | `extensions.tracing`, stack traces in errors | neither |
| crackql | many guesses in one request, by aliases or batches | the limit, and 400 |
| graphw00f | which server it is, by the texts of errors and headers | not looked for to be hidden; no version is told |
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest
from graphql import get_introspection_query

from resolvers.limits import DocumentLimits
from tests.api.conftest import Api, client_of
from tests.attacks.line import INTERNALS, codes_in, refused

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

MODERN: Final = "application/graphql-response+json"
MUTATION: Final = 'mutation { partCases(input: {case: "x"}) { errors { code } } }'
FORMS: Final = ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain", "application/xml")


@pytest.fixture
async def silent(api: Api) -> AsyncIterator[Api]:
    """Give the application of an instance that tells nobody its schema."""
    async with client_of(api.services, DocumentLimits(introspection=False)) as http:
        yield Api(api.services, http)


# graphql-cop ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("document", "codes"),
    [
        ("query cop { " + " ".join(f"alias{n}: __typename" for n in range(101)) + " }", {"LIMIT_ALIASES"}),
        ("query cop { __typename " + "@aa" * 10 + " }", {"GRAPHQL_VALIDATION_FAILED"}),
        ("query cop { " + "__typename \n" * 5_000 + "}", {"LIMIT_TOKENS"}),
        (
            "query cop { __schema { types " + "{ fields { type " * 4 + "{ name }" + " } }" * 4 + " } }",
            {"GRAPHQL_VALIDATION_FAILED"},
        ),
        ("query cop { __typename @include(if: true) @include(if: true) }", {"GRAPHQL_VALIDATION_FAILED"}),
        ("qwerty cop { abc }", {"GRAPHQL_PARSE_FAILED"}),
        ("query cop { __typename @aa }", {"GRAPHQL_VALIDATION_FAILED"}),
    ],
)
async def test_what_graphql_cop_sends_is_refused(api: Api, document: str, codes: set[str]) -> None:
    """Each with its limit or fault; none is answered, and no error holds what is inside."""
    answer = await api.http.post("/graphql", json={"query": document}, headers={"accept": MODERN})
    assert answer.status_code == 400
    assert codes_in(answer.json()) == codes


async def test_fields_may_be_repeated_within_the_limits(api: Api) -> None:
    """GraphQL merges them, so a thousand are answered as one is."""
    answer = await api.ask("query cop { " + "__typename " * 500 + "}")
    assert answer == {"__typename": "Query"}


@pytest.mark.parametrize("size", [1, 10, 1_000])
async def test_batches_are_not_taken(api: Api, size: int) -> None:
    """Neither ten as graphql-cop sends them nor the guesses of crackql and batchql."""
    answer = await api.http.post("/graphql", json=[{"query": "query cop { __typename }"}] * size)
    assert refused(answer) == (400, "BAD_REQUEST")
    inner = await api.http.post("/graphql", json={"query": ["{ __typename }"] * size})
    assert refused(inner) == (400, "BAD_REQUEST")
    numbered = await api.http.post("/graphql", json={"0": {"query": "{ __typename }"}})
    assert refused(numbered) == (400, "BAD_REQUEST")


@pytest.mark.parametrize("media", FORMS)
async def test_forms_are_not_taken(api: Api, media: str) -> None:
    """What a page of another site can have a browser send is no request (CSRF), whoever is signed in."""
    for document in ("query cop { __typename }", MUTATION):
        for content in (f"query={document}", f'{{"query": "{document}"}}', f'{{"query": "{document}", "x": "=x"}}'):
            answer = await api.http.post("/graphql", content=content, headers={"content-type": media})
            assert refused(answer) == (415, "UNSUPPORTED_MEDIA_TYPE")
    no_type = await api.http.post("/graphql", content=b'{"query": "{ __typename }"}')
    assert refused(no_type) == (415, "UNSUPPORTED_MEDIA_TYPE")
    uploads = '{"operations": "{}", "map": "{}"}'
    assert (await api.http.post("/graphql", content=uploads, headers={"content-type": media})).status_code == 415


async def test_an_address_changes_nothing(api: Api, nobody: Api) -> None:
    """A mutation by GET is refused, and a query by GET needs the token that no foreign page has."""
    assert refused(await api.http.get("/graphql", params={"query": MUTATION})) == (405, "METHOD_NOT_ALLOWED")
    both = {"query": f"query a {{ __typename }} {MUTATION.replace('mutation', 'mutation b')}", "operationName": "b"}
    assert refused(await api.http.get("/graphql", params=both)) == (405, "METHOD_NOT_ALLOWED")
    assert refused(await nobody.http.get("/graphql", params={"query": "{ __typename }"})) == (401, "UNAUTHENTICATED")
    # The parameters of a POST's address are not read.
    posted = await api.http.post("/graphql", params={"query": MUTATION}, json={"query": "{ __typename }"})
    assert posted.json() == {"data": {"__typename": "Query"}}
    assert refused(await api.http.post("/graphql", params={"query": "{ __typename }"}, json={})) == (400, "BAD_REQUEST")


@pytest.mark.parametrize(
    "extensions", [{"tracing": True}, {"trace": True}, {"debug": True}, {"explain": True}, {"cacheControl": {}}]
)
async def test_nothing_is_traced(api: Api, extensions: dict[str, Any]) -> None:
    """Nor are plans told, unless the instance is set to."""
    asked = {"query": "{ organs { totalCount } }", "extensions": extensions}
    answer = await api.http.post(
        "/graphql", json=asked, headers={"x-apollo-tracing": "1", "apollo-federation-include-trace": "ftv1"}
    )
    assert set(answer.json()) == {"data"}


async def test_no_page_of_tools_is_about(api: Api, nobody: Api) -> None:
    """GraphiQL stands at one address, without data; nothing stands at those that scanners try."""
    for path in ("/graphiql", "/playground", "/console", "/altair", "/voyager", "/api/graphql", "/v1/graphql", "/sdl"):
        for who in (api, nobody):
            answer = await who.http.get(path, headers={"accept": "text/html"})
            assert answer.status_code in {401, 404}
    page = await nobody.http.get("/graphql", headers={"accept": "text/html"})
    assert "__schema" not in page.text


# clairvoyance ---------------------------------------------------------------------------------------------------------

NEARLY = (
    "{ casess { nodes { id } } }",
    "{ cases { nodes { titel } } }",
    "{ cases(frist: 1) { nodes { id } } }",
    "{ cases(filter: {chanel: null}) { nodes { id } } }",
    "{ cases(filter: {channel: {equals: HOTLIN}}) { nodes { id } } }",
    "{ ... on Caze { id } }",
    "fragment f on Caze { id } { ...f }",
    "query($a: CaseFiltr) { __typename }",
    "{ __typename @skp(if: true) }",
    "{ cases { nodes { id { x } } } }",
    "mutation { submitLeter { errors { code } } }",
    "subscription { caseChangd { cursor } }",
    "{ __schema { types { name } } }",
    '{ __type(name: "Case") { name } }',
)
NONE: Final[dict[str, Any]] = {}
WITH_VARIABLES: Final[tuple[tuple[str, dict[str, Any]], ...]] = (
    ("query($f: CaseFilter) { cases(filter: $f) { nodes { id } } }", {"f": {"chanel": None}}),
    ("query($f: ChannelFilter) { cases(filter: {channel: $f}) { nodes { id } } }", {"f": {"equals": "HOTLIN"}}),
    ("query($f: ChannelFilter) { cases(filter: {channel: $f}) { nodes { id } } }", {"f": {"equls": "HOTLINE"}}),
)


async def test_errors_suggest_no_names_where_the_schema_is_not_told(silent: Api) -> None:
    """Or word lists would find it, name by name."""
    for document, variables in [*((one, NONE) for one in NEARLY), *WITH_VARIABLES]:
        answer = await silent.post(document, **variables)
        assert codes_in(answer) <= {"GRAPHQL_VALIDATION_FAILED", "BAD_USER_INPUT"}, document
        for error in answer["errors"]:
            assert "Did you mean" not in error["message"], document
            assert "HOTLINE" not in error["message"]
    assert codes_in(await silent.post(get_introspection_query())) == {"GRAPHQL_VALIDATION_FAILED"}
    assert await silent.ask("{ __typename }") == {"__typename": "Query"}


async def test_errors_suggest_names_where_anybody_can_read_them(api: Api) -> None:
    """There it only helps."""
    [error] = (await api.post("{ casess { nodes { id } } }"))["errors"]
    assert "Did you mean 'cases'" in error["message"]


# graphw00f ------------------------------------------------------------------------------------------------------------


FINGERPRINTS: Final = [
    "query @deprecated { __typename }",
    "query { __typename @skip }",
    "query { __typename {}",
    "aaa",
    "",
    "{}",
    "query {}",
    "subscription { __typename }",
    "query($a: a!) { __typename }",
    "{ __typename(a: 1) }",
    "query { alias^_: __typename }",
    "type A { a: Int }",
    "extend type Query { a: Int }",
    "schema { query: Query }",
    "{ __typename } # " + "x" * 1_000,
    "query { b: a }",
    "query a { __typename } query a { __typename }",
    "\ufeff{ __typename }",
    '{ node(id: """',
    '"' * 5_000,
]


async def test_fingerprints_tell_no_inside(api: Api) -> None:
    """Each is answered or refused in the one shape, without a trace or a version."""
    for document in FINGERPRINTS:
        answer = await api.http.post("/graphql", json={"query": document})
        assert answer.status_code in {200, 400}
        assert answer.json() == {"data": {"__typename": "Query"}} or codes_in(answer.json()) <= {
            "GRAPHQL_PARSE_FAILED",
            "GRAPHQL_VALIDATION_FAILED",
            "BAD_USER_INPUT",
            "BAD_REQUEST",
        }
        assert not INTERNALS.search(answer.text)
        assert not {"server", "x-powered-by", "via"} & set(answer.headers)
