"""Bodies and variables that other servers stumble over: JSON with two meanings, without end, or of no size at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.attacks.line import codes_in, refused

if TYPE_CHECKING:
    from tests.api.conftest import Api

JSON: Final = {"content-type": "application/json"}
NO_JSON: Final = {
    "deep lists": b"[" * 100_000,
    "deep objects": b'{"query":' * 100_000,
    "deep and closed": b'{"query": "{ __typename }", "variables": {"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}}",
    "not a number": b'{"query": "{ __typename }", "variables": {"a": NaN}}',
    "half a character": b'{"query": "{ __typename }", "variables": {"a": "\\ud800"}}',
    "no UTF-8": b'{"query": "{ __typename \xff }"}',
    "UTF-16": '{"query": "{ __typename }"}'.encode("utf-16"),
    "a byte order mark": b'\xef\xbb\xbf{"query": "{ __typename }"}',
    "NUL": b'{"query": "{ __typename }"}\0',
    "two": b'{"query": "{ __typename }"}{"query": "{ __typename }"}',
    "nothing": b"",
    "form": b"--x\r\ncontent-disposition: form-data; name=operations\r\n\r\n{}\r\n--x--",
}
ASKED: Final = "query($a: %s) { cases(%s: $a) { nodes { id } } }"


async def test_what_is_no_json_is_refused(api: Api) -> None:
    """At every route that reads some."""
    for name in NO_JSON:
        for address in ("/graphql", "/intake/a?channel=WEB"):
            answer = await api.http.post(address, content=NO_JSON[name], headers=JSON)
            assert answer.status_code in {400, 207}
            if address == "/graphql":
                assert refused(answer) == (400, "BAD_REQUEST")


UNFIT: Final = [
    ("Int", "first", "1e400"),
    ("Int", "first", "-1e400"),
    ("Int", "first", "1" + "0" * 5_000),
    ("Int", "first", "1.5"),
    ("Int", "first", "1e2147483647"),
    ("Int", "first", "[" * 900 + "]" * 900),
    ("String", "after", "5"),
    ("CaseFilter", "filter", '{"__proto__": {}}'),
    ("CaseFilter", "filter", '{"division": {"within": {}}}'),
    ("CaseFilter", "filter", "[" * 900 + "]" * 900),
    ("CaseFilter", "filter", '{"a":' * 900 + "1" + "}" * 900),
    ("CaseFilter", "filter", '{"channel": {"anyOf": [' + '"HOTLINE",' * 50_000 + '"x"]}}'),
    ("CaseFilter", "filter", "{" + ",".join(f'"a{n}": 1' for n in range(50_000)) + "}"),
]


REFUSED = {"BAD_USER_INPUT", "BAD_REQUEST", "INVALID_CURSOR", "LIMIT_PAGE_SIZE", "LIMIT_VARIABLES"}


async def test_variables_that_do_not_fit_are_refused(api: Api) -> None:
    """Numbers without bound, lists within lists, keys in their thousands; errors are few and quote no value."""
    for kind, argument, value in UNFIT:
        body = f'{{"query": "{ASKED % (kind, argument)}", "variables": {{"a": {value}}}}}'
        answer = await api.http.post("/graphql", content=body, headers=JSON)
        assert codes_in(answer.json()) <= REFUSED
        assert len(answer.content) < 50_000


async def test_many_of_one_choice_are_one_filter(api: Api) -> None:
    """A list of a hundred thousand equal choices is answered or refused, not multiplied."""
    body = {"query": ASKED % ("CaseFilter", "filter"), "variables": {"a": {"channel": {"anyOf": ["HOTLINE"] * 80_000}}}}
    assert "INTERNAL" not in codes_in((await api.http.post("/graphql", json=body)).json())


async def test_the_last_of_equal_keys_holds(api: Api) -> None:
    """As everywhere in JSON; it was checked as a whole."""
    twice = b'{"query": "{ nothing }", "query": "{ __typename }"}'
    assert (await api.http.post("/graphql", content=twice, headers=JSON)).json() == {"data": {"__typename": "Query"}}


async def test_an_operation_s_name_is_not_repeated(api: Api) -> None:
    """Nor anything else that was sent where it does not fit, which may be somebody's name."""
    answer = await api.http.post("/graphql", json={"query": "query a { __typename }", "operationName": "欧阳震华"})
    assert codes_in(answer.json()) == {"BAD_USER_INPUT"}
    assert "欧阳震华" not in answer.text
