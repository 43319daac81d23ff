"""Documents that are made to be costly: they end at a limit, soon and in the one shape."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from tests.attacks.line import codes_in

if TYPE_CHECKING:
    from tests.api.conftest import Api

SOON = 10
"""Seconds within which even a busy machine has refused."""
NAME = "__typename"


def chain(length: int, each: str, last: str, on: str = "Query") -> str:
    """Return fragments of which each spreads the next."""
    links = [f"fragment f{n} on {on} {{ {each.format(next=f'...f{n + 1}')} }}" for n in range(length)]
    return " ".join([*links, f"fragment f{length} on {on} {{ {last} }}"])


COSTLY = {
    "wide": ("{" + "cases { nodes { id } } " * 600 + "}", set()),
    "wide beyond": ("{" + "cases { nodes { id } } " * 4_000 + "}", {"LIMIT_TOKENS"}),
    "deep": ("{ a" * 1_600 + "}" * 1_600, {"GRAPHQL_PARSE_FAILED"}),
    "deep within": ("{ a" * 100 + "}" * 100, {"LIMIT_DEPTH"}),
    "aliases": ("{" + " ".join(f"a{n}: {NAME}" for n in range(51)) + "}", {"LIMIT_ALIASES"}),
    "5,000 aliases": ("{" + " ".join(f"a{n}: {NAME}" for n in range(5_000)) + "}", {"LIMIT_TOKENS"}),
    "@skip": (f"{{ {NAME} " + "@skip(if: false) " * 5_000 + "}", {"LIMIT_TOKENS"}),
    "@skip within": (f"{{ {NAME} " + "@skip(if: false) " * 700 + "}", {"GRAPHQL_VALIDATION_FAILED"}),
    "@skip on each": ("{" + f"{NAME} @skip(if: false) " * 600 + "}", set()),
    "unknown directives": (f"{{ {NAME} " + "@a " * 2_400 + "}", {"GRAPHQL_VALIDATION_FAILED"}),
    "cycle": ("{ ...a } fragment a on Query { ...a }", {"GRAPHQL_VALIDATION_FAILED"}),
    "long cycle": ("{ ...f0 } " + chain(400, "{next}", "...f0"), {"LIMIT_DEPTH"}),
    "cycle that nothing spreads": ("{ __typename } " + chain(400, "{next}", "...f0"), {"LIMIT_DEPTH"}),
    "chain from its end": (
        "{" + " ".join(f"...f{n}" for n in (400, 330, 260, 190, 120, 50, 0)) + "} " + chain(400, "{next}", NAME),
        {"LIMIT_DEPTH"},
    ),
    "cycle through fields": (
        "{ cases { nodes { ...a } } } fragment a on Case { submissions { nodes { case { ...a } } } }",
        {"GRAPHQL_VALIDATION_FAILED"},
    ),
    "chain": ("{ ...f0 } " + chain(550, "{next}", NAME), {"LIMIT_DEPTH"}),
    "chain within": ("{ ...f0 } " + chain(98, "{next}", NAME), set()),
    "bomb": ("{ ...f0 } " + chain(60, "{next} {next}", NAME), {"LIMIT_TOKENS"}),
    "bomb within": ("{ ...f0 } " + chain(10, "{next} {next}", NAME), set()),
    "long bomb": ("{ ...f0 } " + chain(400, "{next} {next}", NAME), {"LIMIT_DEPTH"}),
    "bomb of aliases": ("{ ...f0 } " + chain(60, "{next} {next}", f"a: {NAME}"), {"LIMIT_ALIASES", "LIMIT_TOKENS"}),
    "bomb of inline fragments": (
        "{ ...f0 } " + chain(40, "... {{ {next} }} ... on Query {{ {next} }}", NAME),
        {"LIMIT_TOKENS"},
    ),
    "bomb of lists": (
        "{ cases { nodes { ...f0 } } } "
        + chain(3, "submissions {{ nodes {{ case {{ {next} {next} }} }} }}", "id", "Case"),
        {"LIMIT_COST"},
    ),
    "product": (
        "{ cases(first: 200) { nodes { "
        + "submissions(first: 200) { nodes { case { " * 2
        + NAME
        + " } } }" * 2
        + " } } }",
        {"LIMIT_COST"},
    ),
    "inline fragments": ("{" + "... { " * 1_600 + NAME + " }" * 1_600 + "}", {"GRAPHQL_PARSE_FAILED"}),
    "inline fragments within": ("{" + "... { " * 99 + NAME + " }" * 99 + "}", set()),
    "pairs": (
        "{"
        + " ".join(f"...f{n}" for n in range(480))
        + "} "
        + " ".join(f"fragment f{n} on Query {{ {NAME} }}" for n in range(480)),
        set(),
    ),
    "repeated": ("{ cases { nodes { " + "id " * 4_900 + "} } }", set()),
    "lists of lists": ("{ node(id: " + "[" * 2_000 + "]" * 2_000 + ") { id } }", {"GRAPHQL_PARSE_FAILED"}),
    "lists within": ("{ nodes(ids: " + "[" * 100 + "]" * 100 + ") { id } }", {"GRAPHQL_VALIDATION_FAILED"}),
    "objects": (
        "{ cases(filter: " + "{a: " * 100 + "1" + "}" * 100 + ") { " + NAME + "} }",
        {"GRAPHQL_VALIDATION_FAILED"},
    ),
    "types": ("query($a: " + "[" * 200 + "Int" + "]" * 200 + ") {" + NAME + "}", {"GRAPHQL_VALIDATION_FAILED"}),
    "variables": (
        "query(" + " ".join(f"$a{n}: Int" for n in range(1_200)) + ") {" + NAME + "}",
        {"GRAPHQL_VALIDATION_FAILED"},
    ),
    "operations": (" ".join(f"query a{n} {{ {NAME} }}" for n in range(800)), {"BAD_USER_INPUT"}),
    "arguments": ("{ cases(" + "first: 1 " * 1_600 + ") { nodes { id } } }", {"GRAPHQL_VALIDATION_FAILED"}),
    "a long name": ("{" + "a" * 90_000 + "}", {"GRAPHQL_VALIDATION_FAILED"}),
    "a long text": ('{ node(id: "' + "x" * 90_000 + '") { id } }', {"INVALID_ID"}),
    "many lines": ('{ node(id: """' + "\n" * 90_000 + '""") { id } }', {"INVALID_ID"}),
    "comments": ("#\n" * 45_000 + "{" + NAME + "}", set()),
    "a number": ("{ cases(first: " + "9" * 90_000 + ") { nodes { id } } }", {"GRAPHQL_VALIDATION_FAILED"}),
    "errors behind comments": ("#\n" * 45_000 + "{" + "a " * 4_000 + "}", {"GRAPHQL_VALIDATION_FAILED"}),
    "too long": ("#\n" * 300_000 + "{" + NAME + "}", {"LIMIT_DOCUMENT"}),
    "a fraction": ("{ cases(first: 1e" + "9" * 5_000 + ") { nodes { id } } }", {"GRAPHQL_VALIDATION_FAILED"}),
}
"""What is sent, and with which codes it is refused; with none where it is harmless."""


@pytest.mark.long
@pytest.mark.no_cover
async def test_what_is_made_to_be_costly_ends_soon(api: Api) -> None:
    """Refused or answered, never broken."""
    for name, (document, codes) in COSTLY.items():
        async with asyncio.timeout(SOON):
            found = codes_in(await api.post(document))
        assert found == codes, name


@pytest.mark.parametrize("name", ["bomb", "repeated"])
@pytest.mark.no_cover
async def test_what_is_refused_or_answered_once_costs_no_more_again(api: Api, name: str) -> None:
    """Nor does it take the place of what others ask."""
    document, _ = COSTLY[name]
    first = await api.post(document)
    async with asyncio.timeout(SOON):
        for _ in range(3):
            assert await api.post(document) == first
    assert await api.ask("{ __typename }") == {"__typename": "Query"}
