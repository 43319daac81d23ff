"""What a request costs is thought before anything is read; what is done then is bounded by it."""

from __future__ import annotations

import json
import random
import re
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from graphql import GraphQLField, GraphQLObjectType

from casegraph.app import executor_of
from resolvers.asked import Answer, Asked
from resolvers.bindings import Bindings, binding_of, cost_of
from resolvers.execution import Executor
from resolvers.limits import DocumentLimits
from resolvers.trusted import Trusted
from schema import schema
from schema.bindings import Figures, Many
from schema.errors import RequestError
from search.service import Search
from tests.api.conftest import Api, client_of
from tests.api.test_guide import section
from tests.api.test_planned import values, world
from tests.reference.queries import question
from tests.viewers import EVERYTHING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from search.engine import Engine
    from tests.reference.values import Values

__all__ = ["values", "world"]

ALLOWED = 10
"""Rows of tables that one row of an answer may take: those that its own joins, counts and masks look at."""
QUESTION = 150
"""Rows that one question to the search engine counts as: it takes a few milliseconds on 26,000 submissions."""
BATTERY = 40
"""Questions by chance."""


def plan_cost(executor: Executor, query: str, variables: dict[str, Any] | None = None) -> int:
    """Return what an operation is thought to cost."""
    prepared = executor.preparation.prepare(Asked(query, variables))
    assert not isinstance(prepared, Answer), prepared.errors
    return executor.preparation.plan(prepared).cost


def scanned(node: dict[str, Any]) -> Iterator[float]:
    """Yield how many rows each scan of a table gave."""
    if "Relation Name" in node:
        yield node["Actual Rows"] * node["Actual Loops"]
    for one in node.get("Plans", ()):
        yield from scanned(one)


async def rows_read(api: Api, executor: Executor, query: str, variables: dict[str, Any] | None = None) -> float:
    """Return how many rows of tables PostgreSQL reads to answer a query."""
    text, given = executor.preparation.statement(Asked(query, variables), EVERYTHING)
    async with api.services.reader.pool.acquire() as connection:
        told = await connection.fetchval(f"explain (analyze, timing off, format json) {text}", *given)
    return sum(scanned(json.loads(told)[0]["Plan"]))


@pytest.fixture
def executor(api: Api) -> Executor:
    """Give what plans, without a limit."""
    return executor_of(api.services, DocumentLimits(cost=10**12), Trusted())


READ = (
    "{ cases { totalCount } }",
    "{ submissions { totalCount nodes { id text } } }",
    "{ parties { totalCount } }",
    "{ places { totalCount } }",
    "{ organs(first: 200) { nodes { cases { totalCount } } } }",
    "{ places(first: 200) { nodes { cases(first: 1) { nodes { id } } } } }",
    "{ cases { nodes { timeline(first: 1) { nodes { at } } relations { origin { id } } } } }",
    "{ parties { nodes { names phones mentionCount links { link { state } } } } }",
    "{ parties(first: 3) { nodes { links { one { party { links { one { name } } } } } } } }",
    "{parties(first: 1) {nodes {links {one {party {links {one {party {links {link {state}}}}}}}}}}}",
    "{ caseFigures(groupBy: [ORGAN, MONTH]) { cases answered medianDays organ { name } } }",
    '{ history(division: "43") { totalCount edges { node { at } } } }',
)


@pytest.mark.usefixtures("world")
async def test_no_more_rows_are_read_than_were_thought(api: Api, executor: Executor) -> None:
    """Totals, what is gathered before a page is cut, and lists without pages that lead back to where they came from."""
    for query in READ:
        assert await rows_read(api, executor, query) <= ALLOWED * plan_cost(executor, query), query


@pytest.mark.long
async def test_so_it_is_whatever_is_asked(api: Api, values: Values, executor: Executor) -> None:
    """Questions by chance over every field."""
    looked = 0
    for _ in range(BATTERY):
        asked = question(Random(random.getrandbits(64)), values)  # noqa: S311 - nothing secret
        try:
            read = await rows_read(api, executor, asked.query, asked.variables)
        except (RequestError, LookupError):
            continue  # not answered, or not by PostgreSQL alone
        looked += 1
        assert read <= ALLOWED * max(plan_cost(executor, asked.query, asked.variables), 10), asked
    assert looked


class Counting:
    """An engine that counts what it is asked."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.questions = 0

    def __getattr__(self, name: str) -> Any:
        """Pass a question on."""
        if name in {"find", "frequencies", "position"}:
            self.questions += 1
        return getattr(self._engine, name)


SEARCHED = (
    '{ search(query: "投诉 OR 请求 OR 问题", facets: [CHANNEL, MONTH, TOPIC]) { totalCount edges { score } } }',
    "{ search(orderBy: NEWEST) { totalCount } }",
    '{ search(query: "小区楼下的烧烤店每晚营业到凌晨两点请查处") { totalCount } }',
    *(f'{{ searchCases(query: "请", first: {first}) {{ submissionCount }} }}' for first in (1, 5, 20, 50)),
    "{ searchCases(first: 50) { submissionCount } }",
    '{ history(division: "43", matching: "请") { edges { node { at } } } }',
    "query($to: ID!) { similar(to: $to) { score } }",
)


@pytest.mark.usefixtures("world")
async def test_the_engine_is_asked_no_more_than_was_thought(api: Api, executor: Executor) -> None:
    """A search by case asks for each of its cases, and costs as much."""
    counted: Any = Counting(api.services.engine)
    search = Search(reader=api.services.reader, engine=counted)
    async with client_of(replace(api.services, search=search), DocumentLimits(cost=10**12)) as http:
        found = await Api(api.services, http).ask("{ submissions(first: 1) { nodes { id } } }")
        to = found["submissions"]["nodes"][0]["id"]
        for query in SEARCHED:
            counted.questions = 0
            given = {"to": to} if "$to" in query else {}
            await Api(api.services, http).ask(query, **given)
            assert 0 < counted.questions * QUESTION <= plan_cost(executor, query, given), query


@pytest.mark.parametrize(
    "each",
    [
        'history(division: "43", matching: "x") { edges { cursor } }',
        "caseFigures(groupBy: [CHANNEL]) { cases answered }",
        "search(facets: [CHANNEL, KIND, STATUS, TOPIC, DIVISION, ORGAN, MONTH]) { totalCount }",
        "searchCases { submissionCount }",
        'similar(to: "x") { score }',
        'suggest(text: "a") { label }',
        "parties { totalCount }",
    ],
)
def test_fifty_of_what_is_costly_are_too_many_and_two_are_not(executor: Executor, each: str) -> None:
    """One request holds a server no longer than a costly field does a few times."""
    costs = [plan_cost(executor, f"{{ {' '.join(f'a{n}: {each}' for n in range(count))} }}") for count in (2, 50)]
    assert costs[0] <= DocumentLimits().cost < costs[1]


def test_the_page_lists_what_fields_cost() -> None:
    """With the figures that are declared beside them, and leaves out none."""
    rows = re.findall(r"^\| ((?:`[\w.]+`(?:, )?)+) \| (\d.*) \|$", section("Limits"), re.MULTILINE)
    shown = {
        name: [int(number.replace(",", "")) for number in re.findall(r"\d[\d,]*", row)]
        for names, row in rows
        for name in re.findall(r"`([\w.]+)`", names)
    }
    assert shown == declared()


def declared() -> dict[str, list[int]]:
    """Return the figures of every field that costs more than its rows, as the page has them."""
    built = Bindings.of(schema.build()).schema
    found: dict[str, list[int]] = {}
    for kind in built.type_map.values():
        if isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__") and kind is not built.mutation_type:
            for name, field in kind.fields.items():
                if figures := figures_of(field, root=kind is built.query_type):
                    found[name if kind is built.query_type else f"{kind.name}.{name}"] = figures
    return found


def figures_of(field: GraphQLField, *, root: bool) -> list[int]:
    """Return what is declared beside a field, in the page's order."""
    match binding_of(field):
        case Many() as binding:
            several = binding.expected if binding.expected != Many("").expected else 0
            return [one for one in (binding.gathered, binding.whole, several) if one]
        case Figures() as binding:
            return [binding.rows, binding.told, *(one.rows for one in binding.groups.values() if one.rows)]
        case None if root:
            cost = cost_of(field)
            return [one for one in (cost.once, cost.each, cost.facet) if one] if cost.once > 1 else []
        case _:
            return []
