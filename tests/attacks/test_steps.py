"""What reading, validating and planning a document takes is linear in it: counted, twice as much asked each time."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, cast

import pytest
from graphql import parse

from graph.identity import Vault
from graph.scope import scope
from resolvers.asked import Answer, Asked
from resolvers.execution import Executor
from resolvers.limits import LONGEST, MOST_VALUES, DocumentLimits, exceeded
from resolvers.reader import Reader
from resolvers.trusted import Trusted
from schema.schema import build
from tests.attacks.line import codes_in
from tests.attacks.steps import steps
from tests.viewers import EVERYTHING

if TYPE_CHECKING:
    from collections.abc import Callable

    from graph.database import Pool
    from schema.ports import Context
    from tests.api.conftest import Api

NAME = "__typename"
BOUNDLESS = DocumentLimits(depth=10**9, aliases=10**9, tokens=10**9, cost=10**99)
"""What must be linear by itself is counted without the limits that bound it as well."""
TWICE = 2.15
"""What twice as much may take: a little more than twice, for each step costs one more now and then."""

HISTORY = 'a#: history(division: "43", matching: "x") { edges { cursor } }'


def executor_of(limits: DocumentLimits) -> Executor:
    """Return what plans, with nothing to read from."""
    return Executor(
        build(), reader=Reader(cast("Pool", None), 0), vault=Vault(os.urandom(32)), limits=limits,
        context=lambda _: cast("Context", None), trusted=Trusted(), zone="Asia/Shanghai",
    )  # fmt: skip


def planned(text: str, limits: DocumentLimits = BOUNDLESS, **variables: object) -> int:
    """Return how many steps a document takes until it is planned or refused."""
    executor = executor_of(limits)
    executor.preparation.prepare(Asked("{ __typename }"))

    def work() -> None:
        prepared = executor.preparation.prepare(Asked(text, dict(variables)))
        if not isinstance(prepared, Answer):
            executor.preparation.plan(prepared).statement(scope(EVERYTHING).shape)

    return steps(work)


def numbered(count: int, each: str) -> str:
    """Return a text so many times, with its number for each `#`."""
    return " ".join(each.replace("#", str(number)) for number in range(count))


LINEAR: dict[str, Callable[[int], str]] = {
    "one field": lambda n: f"{{ {f'{NAME} ' * n} }}",
    "four fields": lambda n: f"{{ cases {{ nodes {{ {'id title number status ' * n} }} }} }}",
    "selections": lambda n: f"{{ {'cases { nodes { id } } ' * n} }}",
    "with arguments": lambda n: f"{{ {'cases(first: 3, filter: {status: {anyOf: [ANSWERED]}}) { totalCount } ' * n} }}",
    "nested": lambda n: f"{{ cases {{ {'nodes { submissions { nodes { case { id } } } } ' * n} }} }}",
    "aliases": lambda n: f"{{ {numbered(n, 'a#: cases { nodes { id } }')} }}",
    "what conflicts": lambda n: f"{{ {numbered(n, 'cases(first: #) { totalCount }')} }}",
    "inline fragments": lambda n: f"{{ {'... { cases { nodes { id } } } ' * n} }}",
    "types": lambda n: f'{{ node(id: "x") {{ {"... on Case { id title } ... on Submission { title id } " * n} }} }}',
    "fragments": lambda n: (
        f"{{ {numbered(n, '...f#')} }} {numbered(n, 'fragment f# on Query { cases { nodes { id title } } }')}"
    ),
    "one fragment": lambda n: f"{{ {'...f ' * n} }} fragment f on Query {{ cases {{ nodes {{ id }} }} }}",
    "a fragment in aliases": lambda n: (
        f"{{ {numbered(n, 'a#: cases { nodes { ...f } }')} }} fragment f on Case {{ id title number }}"
    ),
    "variables": lambda n: (
        f"query({numbered(n, '$a#: Int')}) {{ {numbered(n, 'a#: cases(first: $a#) { totalCount }')} }}"
    ),
    "unused variables": lambda n: f"query({numbered(n, '$a#: Int')}) {{ {NAME} }}",
    "unknown variables": lambda n: f"{{ {numbered(n, 'a#: cases(first: $a#) { totalCount }')} }}",
    "unknown fields": lambda n: f"{{ {numbered(n, 'a#')} }}",
    "unknown arguments": lambda n: f"{{ cases({numbered(n, 'a#: 1')}) {{ totalCount }} }}",
    "ids": lambda n: f"{{ nodes(ids: [{numbered(n, '#')}]) {{ id }} }}",
    "choices": lambda n: f"{{ cases(filter: {{status: {{anyOf: [{'ANSWERED ' * n}]}}}}) {{ totalCount }} }}",
    "facets": lambda n: f"{{ search(facets: [{'CHANNEL MONTH ' * n}]) {{ totalCount }} }}",
    "groups": lambda n: f"{{ caseFigures(groupBy: [{'CHANNEL KIND ' * n}]) {{ cases }} }}",
    "directives": lambda n: f"{{ {f'{NAME} @skip(if: false) @include(if: true) ' * n} }}",
    "directives on one": lambda n: f"{{ {NAME} {'@skip(if: false) ' * n} }}",
    "operations": lambda n: numbered(n, f"query a# {{ {NAME} }}"),
    "inputs": lambda n: f"{{ cases(filter: {{{'status: {} ' * n}}}) {{ totalCount }} }}",
    "figures": lambda n: f"{{ {numbered(n, 'a#: caseFigures(groupBy: [CHANNEL]) { cases channel }')} }}",
    "searches": lambda n: f"{{ {numbered(n, 'a#: search { edges { node { id case { id } } } }')} }}",
    "histories": lambda n: f"{{ {numbered(n, HISTORY)} }}",
    "the schema": lambda n: f"{{ __schema {{ types {{ {'name kind ' * n} }} }} }}",
    "lines": lambda n: f"{'#' + chr(10)}" * n + f"{{ {numbered(100, 'a#')} }}",
}


@pytest.mark.no_cover
@pytest.mark.parametrize("name", LINEAR)
def test_twice_as_long_a_document_takes_twice_as_many_steps(name: str) -> None:
    """Whatever is written again and again; compared with the fields that are left, it was the square."""
    once, twice, four = (planned(LINEAR[name](count)) for count in (40, 80, 160))
    assert twice <= TWICE * once
    assert four <= TWICE * twice


@pytest.mark.parametrize("number", [10, 1_000])
def test_an_error_finds_its_line_without_reading_from_the_start(number: int) -> None:
    """A hundred errors behind some thousand lines."""
    executor = executor_of(DocumentLimits())
    answer = executor.preparation.prepare(Asked("#\n" * number + "{\n a\r\n b\r c }"))
    assert isinstance(answer, Answer)
    assert [[(at.line, at.column) for at in error.locations or ()] for error in answer.errors] == [
        [(number + 2, 2)],
        [(number + 3, 2)],
        [(number + 4, 2)],
    ]


def doubling(levels: int) -> str:
    """Return fragments of which each spreads the next in two places, that merge in none."""
    links = numbered(
        levels,
        "fragment f# on Case { a: submissions { nodes { case { ...g# } } } submissions { nodes { case { ...g# } } } }",
    )
    ends = " ".join(f"fragment g{number} on Case {{ ...f{number + 1} }}" for number in range(levels))
    return f"{{ cases {{ nodes {{ ...f0 }} }} }} {links} {ends} fragment f{levels} on Case {{ id }}"


def test_fragments_take_as_many_steps_as_they_are_when_spread_out() -> None:
    """Each level doubles what is asked, and so the steps; no more than that."""
    assert not isinstance(executor_of(BOUNDLESS).preparation.prepare(Asked(doubling(4))), Answer)
    once, twice = (planned(doubling(levels)) for levels in (4, 5))
    assert twice <= TWICE * once


@pytest.mark.parametrize("levels", [10, 14, 18])
def test_fragments_that_would_be_too_much_spread_out_are_refused_unread(levels: int) -> None:
    """They are counted without being spread, and neither validated nor planned."""
    deep = replace(BOUNDLESS, tokens=DocumentLimits().tokens)
    text = doubling(levels)
    assert {one.code for one in exceeded(parse(text), deep)} == {"LIMIT_TOKENS"}
    assert planned(text, deep) < 1_500 * levels


async def test_what_is_too_long_is_refused_unread(api: Api) -> None:
    """Characters are counted before tokens, values of variables before they are looked at by their types."""
    assert codes_in(await api.post("#" * LONGEST + "\n{ __typename }")) == {"LIMIT_DOCUMENT"}
    asked = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    assert codes_in(await api.post(asked, ids=["x"] * MOST_VALUES)) == {"LIMIT_VARIABLES"}
    assert codes_in(await api.post(asked, ids=["x"] * 201)) == {"LIMIT_NODES"}
    assert codes_in(await api.post("{ __typename }", unused={"a": [{"b": 1}] * MOST_VALUES})) == {"LIMIT_VARIABLES"}
    few, many = (planned(asked, DocumentLimits(), ids=["x"] * count) for count in (MOST_VALUES, 10 * MOST_VALUES))
    assert many <= few + 10


async def test_one_field_twelve_hundred_times_is_answered(api: Api) -> None:
    """What merges is no error, however often it is written: 12 kB of one field held the process for a second."""
    found = await api.ask("{ cases { nodes { id } } " + f"{NAME} " * 1_230 + "}")
    assert found == {"cases": {"nodes": []}, NAME: "Query"}
