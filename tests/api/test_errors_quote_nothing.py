"""No error repeats what was typed: a canary in every place of an input and of a document comes back in none."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from tests.api.conftest import Api

CANARY = "430104199001011234"
GOOD: dict[str, Any] = {
    "title": "t", "text": "x", "receivedAt": "2026-11-20T09:30:00+08:00", "kind": "APPEAL",
    "mentions": [{"name": "n", "phone": "p", "role": "PETITIONER"}], "replies": [{"text": "x", "at": None}],
    "signatories": 1, "attachments": [],
}  # fmt: skip
WRONG: tuple[Any, ...] = (
    CANARY,
    {"x": CANARY},
    [CANARY],
    [[{"y": CANARY}]],
    float(CANARY),
    int(CANARY),
    f"张三{CANARY}",
)
SUBMIT = "mutation($input: SubmitLetterInput!) { submitLetter(input: $input) { errors { message } } }"


def places(value: Any) -> list[tuple[Any, ...]]:
    """Return the way to each place of an input."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [(), *((key, *way) for key, one in inside for way in places(one))]


def put(value: Any, way: tuple[Any, ...], other: Any) -> Any:
    """Return an input with something else in one place."""
    if not way:
        return other
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[way[0]] = put(copy[way[0]], way[1:], other)
    return copy


def spoiled() -> list[Any]:
    """Return inputs with the canary in every place: as a value, as a field nobody knows, beside a field left out."""
    found = [put(GOOD, way, wrong) for way in places(GOOD) for wrong in WRONG]
    for unknown in ("zzz", CANARY, f"张三{CANARY}", "titel"):
        found += [GOOD | {unknown: CANARY}, GOOD | {"mentions": [{"name": CANARY, unknown: {"a": CANARY}}]}]
    return [*found, {"title": CANARY}, {"title": CANARY, "text": CANARY, "receivedAt": CANARY}]


def literal(value: Any) -> str:
    """Return a value as a document has it."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {literal(one)}" for name, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(literal, value)) + "]"
    return value if value in {"APPEAL", "PETITIONER"} else json.dumps(value, ensure_ascii=False)


def quoted(answer: dict[str, Any]) -> list[str]:
    """Return the errors of an answer that repeat the canary."""
    return [text for error in answer.get("errors", ()) if CANARY in (text := json.dumps(error, ensure_ascii=False))]


async def test_no_variable_is_quoted(api: Api) -> None:
    """Of the wrong type, unknown, missing, at any depth."""
    for given in spoiled():
        assert quoted(await api.post(SUBMIT, input=given)) == [], given


async def test_no_literal_is_quoted(api: Api) -> None:
    """The same written into the document."""
    for given in spoiled():
        document = f"mutation {{ submitLetter(input: {literal(given)}) {{ errors {{ message }} }} }}"
        assert quoted(await api.post(document)) == [], document


@pytest.mark.parametrize(
    "document",
    [
        '{ node(id: "%s") { id } }', '{ node(id: {a: "%s"}) { id } }', '{ cases(after: "%s") { totalCount } }',
        '{ cases(first: "%s") { totalCount } }', '{ cases(filter: {kind: {equals: "%s"}}) { totalCount } }',
        '{ cases(filter: {openedAt: {from: "%s"}}) { totalCount } }', '{ search(query: "(%s") { totalCount } }',
        '{ cases(filter: {division: {within: "%s1"}}) { totalCount } }', '{ nodes(ids: ["%s"]) { id } }',
        '{ search(query: "x", after: "%s") { totalCount } }', '{ cases(x: "%s") { totalCount } }', '{ cases "%s" }',
        'query($v: Int = "%s") { cases(first: $v) { totalCount } }', '{ a @skip(if: "%s") }', '"%s"',
        '{ caseFigures(filter: {topic: "%s"}) { cases } }', '{ similar(to: "%s") { score } }',
    ],
)  # fmt: skip
async def test_no_document_is_quoted(api: Api, document: str) -> None:
    """Ids, cursors, enums, instants, codes, queries, arguments, defaults and what is no GraphQL."""
    assert quoted(await api.post(document % CANARY)) == []


NAMED: Final = f"T{CANARY}"
"""It as a name, which GraphQL's own messages are full of."""


@pytest.mark.parametrize(
    "document",
    [
        "{ % }", "{ cases(%: 1) { totalCount } }", "{ cases { totalCount(%: 1) } }", "{ cases { nodes { % } } }",
        "query % { a } query % { b }", "query($%: Int) { cases { totalCount } }", "{ cases(first: $%) { totalCount } }",
        "{ ...% }", "{ cases { ... on % { id } } }", "fragment % on Case { id } { cases { totalCount } }",
        "query($v: %) { cases(first: $v) { totalCount } }", "{ cases @% { totalCount } }", "subscription { % }",
        "{ cases(filter: {%: 1}) { totalCount } }", "{ %: cases { totalCount } %: organs { name } }", "%", "# %",
        "{ cases @skip(%: true) { totalCount } }", "{ cases(filter: {kind: {equals: %}}) { totalCount } }",
        "fragment % on Case { ...% } { cases { nodes { ...% } } }", "{ cases(filter: {kind: %}) { totalCount } }",
        "{ cases { nodes { id %: title } nodes { %: number } } }", "{ cases(first: %) { totalCount } }",
        "query($v: String = %) { cases(after: $v) { totalCount } }", "query($%: Int, $%: Int) { cases { totalCount } }",
        "{ cases(filter: {openedAt: {from: %}}) { totalCount } }", "{ cases(%: 1, %: 2) { totalCount } }",
        "mutation { submitLetter(input: {%: {%: 1}}) { % } }", "{ cases(filter: {kind: {%: 1, %: 2}}) { totalCount } }",
    ],
)  # fmt: skip
async def test_no_number_is_quoted_that_stands_as_a_name(api: Api, document: str) -> None:
    """Fields, arguments, aliases, variables, fragments, types, directives, operations, enums, whole or in parts."""
    for name in (NAMED, "t1_3_8_1_2_3_4_5_6_7_8", f"_{CANARY}x"):
        answer = await api.post(document.replace("%", name))
        assert answer["errors"]
        assert name not in json.dumps(answer)


@pytest.mark.parametrize(
    "body",
    [
        {"query": "{ __typename }", "operationName": CANARY}, {"query": "{ __typename }", "variables": CANARY},
        {"query": CANARY}, {"query": [CANARY]}, {"query": {CANARY: CANARY}}, {"documentId": CANARY}, {CANARY: CANARY},
        {"query": "{ __typename }", "extensions": CANARY}, {"documentId": [CANARY]}, [CANARY], CANARY,
        {"query": "query($a: Int!) { cases(first: $a) { totalCount } }", "variables": {"a": CANARY}},
    ],
)  # fmt: skip
async def test_no_request_is_quoted(api: Api, body: Any) -> None:
    """What surrounds a document, whole, cut off, and as another type."""
    text = json.dumps(body)
    for sent, kind in ((text, "application/json"), (text[:-1], "application/json"), (text, f"text/{CANARY}")):
        answer = await api.http.post("/graphql", content=sent, headers={"content-type": kind})
        assert answer.json()["errors"]
        assert CANARY not in answer.text
