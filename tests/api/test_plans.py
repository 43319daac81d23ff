"""A plan is data: it is made without a database, prints, is remembered, and its text never holds what was asked for."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import pytest
import strawberry

from graph.identity import Vault
from graph.scope import scope
from resolvers.asked import Answer, Asked
from resolvers.bindings import BindingError, Bindings
from resolvers.documents import MOST, MOST_PLANS
from resolvers.execution import Executor
from resolvers.limits import DocumentLimits
from resolvers.reader import Reader
from resolvers.trusted import Trusted
from schema.bindings import Rows, column
from schema.fields import told
from schema.schema import build
from tests.viewers import EVERYTHING

if TYPE_CHECKING:
    from graph.database import Pool
    from resolvers.plan import Plan
    from schema.ports import Context


@strawberry.type(description="x")
class Bare:
    """A type of which one field was forgotten."""

    name: str = column("x")
    unbound: str = told("x")


@strawberry.type(description="x")
class Asking:
    """What leads to it."""

    bare: Bare | None = told("x")


LIST = """query($s: CaseStatus, $d: String, $n: Int, $a: String, $o: CaseOrderField = OPENED_AT,
        $more: Boolean = true) {
    cases(filter: {status: {equals: $s}, division: {within: $d}}, first: $n, after: $a,
        orderBy: {field: $o}) {
        nodes { number title parties(first: 2) @include(if: $more) { nodes { names } } } } }"""


@pytest.fixture
def executor() -> Executor:
    """Give what plans, with nothing to read from."""
    return Executor(
        build(), reader=Reader(cast("Pool", None), 0), vault=Vault(os.urandom(32)), limits=DocumentLimits(),
        context=lambda _: cast("Context", None), trusted=Trusted(), zone="Asia/Shanghai",
    )  # fmt: skip


def plan_of(executor: Executor, query: str, **variables: Any) -> Plan:
    """Return the plan of a query that can be answered."""
    prepared = executor.preparation.prepare(Asked(query, variables))
    assert not isinstance(prepared, Answer), prepared.errors
    return executor.preparation.plan(prepared)


def text_of(executor: Executor, query: str, **variables: Any) -> str:
    """Return the text of a query's one statement."""
    return executor.preparation.statement(Asked(query, variables), EVERYTHING)[0]


def test_a_plan_prints_what_it_reads_and_what_its_parameters_are(executor: Executor) -> None:
    """Roots, cost, the statement, each parameter with where it comes from."""
    printed = plan_of(executor, LIST, d="4301", n=3).printed(scope(EVERYTHING).shape)
    assert printed.startswith(
        "cost 1009\nread cases\nselect c0.json as c0\nfrom (select set_config('casegraph.viewer', $1"
    )
    assert "division_4 = $10" in printed
    assert printed.endswith("-- $1 to $9  who asks, and what they see\n-- $10  cases: by its arguments")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"d": "4301"}, {"d": "4401"}, True),
        ({"d": "4301"}, {"d": "430104"}, False),  # each level has an index of its own
        ({"d": "4301", "n": 5}, {"d": "4301", "n": 6}, False),  # PostgreSQL plans by how many rows are wanted
        ({"s": "ANSWERED"}, {}, False),
        ({"o": "TOPIC"}, {"o": "DIVISION"}, False),
        ({"more": True}, {"more": False}, False),
    ],
)  # fmt: skip
def test_a_plan_depends_on_the_shape_of_variables_alone(
    executor: Executor, one: dict[str, Any], other: dict[str, Any], same: bool
) -> None:
    """Values travel as parameters; what changes the statement makes another plan."""
    assert (plan_of(executor, LIST, **one) is plan_of(executor, LIST, **other)) is same
    assert (text_of(executor, LIST, **one) == text_of(executor, LIST, **other)) is same


def test_literals_and_variables_are_planned_alike(executor: Executor) -> None:
    """The same question gives PostgreSQL the same statement, which it has prepared already."""
    literal = '{ cases(filter: {division: {within: "4401"}}, first: 5) { nodes { number } } }'
    variable = "query($d: String) { cases(filter: {division: {within: $d}}, first: 5) { nodes { number } } }"
    assert text_of(executor, literal) == text_of(executor, variable, d="4301")


def test_no_text_of_a_request_gets_into_a_statement(executor: Executor) -> None:
    """Whatever is asked for, the statement's text holds names of the schema alone."""
    evil = 'x\'; drop table "case"; --\\'
    query = """query($e: String) { submissions(filter: {source: $e, externalId: $e, topic: {within: $e, equals: $e}}) {
        totalCount nodes { id } } }"""
    text, values = executor.preparation.statement(Asked(query, {"e": evil}), replace(EVERYTHING, name=evil))
    assert "drop table" not in text
    assert values.count(evil) >= 4


def test_pages_are_found_by_keys_alone(executor: Executor) -> None:
    """An offset would read all that it leaves out, and lose or double what is written meanwhile."""
    document = """{ cases(last: 3) { totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
        edges { cursor node { submissions(first: 2) { nodes { title } } events(last: 1) { nodes { kind } } } } } }"""
    text = text_of(executor, document).replace("offset 0", "")  # keeps what sets the viewer apart from what reads
    assert " offset " not in text


def test_all_roots_are_read_by_one_statement(executor: Executor) -> None:
    """Several fields of a query see one moment, since one statement does."""
    query = "{ a: cases(first: 1) { nodes { id } } organs { nodes { name } } places(first: 2) { totalCount } }"
    plan = plan_of(executor, query)
    assert plan.direct
    assert str(plan.statement(scope(EVERYTHING).shape)).count("set_config('casegraph.viewer'") == 1


def test_what_is_not_asked_for_is_not_read(executor: Executor) -> None:
    """No count, no row more, no join."""
    text = text_of(executor, "{ submissions(first: 7) { nodes { externalId } } }")
    assert "count(" not in text
    assert "limit 7" in text
    assert "submission_revision" not in text
    assert "limit 8" in text_of(executor, "{ submissions(first: 7) { pageInfo { hasNextPage } } }")
    assert "limit" not in text_of(executor, "{ submissions(first: 7) { totalCount } }")


def test_what_a_plan_costs_is_refused_before_anything_is_read(executor: Executor) -> None:
    """Pages within pages multiply."""
    deep = "{ cases(first: 200) { nodes { submissions(first: 200) { nodes { mentions { name } } } } } }"
    prepared = executor.preparation.prepare(Asked(deep))
    assert not isinstance(prepared, Answer)
    with pytest.raises(Exception, match="may read 160200 rows, at most 50000") as caught:
        executor.preparation.plan(prepared)
    assert cast("Any", caught.value).extensions == {"code": "LIMIT_COST", "limit": 50_000, "asked": 160_200}


def test_documents_and_plans_are_kept_within_bounds(executor: Executor) -> None:
    """Those unused longest go."""
    for number in range(MOST + 5):
        executor.preparation.prepare(Asked(f"{{ a{number}: __typename }}"))
    assert len(executor.preparation.documents) == MOST
    for size in range(MOST_PLANS + 5):
        plan_of(executor, LIST, n=size)
    assert len(executor.preparation.documents.read(LIST).plans) == MOST_PLANS


def test_a_type_without_bindings_stops_the_start_and_is_named() -> None:
    """Whoever adds a field learns at once what is missing."""
    with pytest.raises(BindingError, match=r"The type Bare cannot be planned: its field `unbound` has no binding\."):
        Bindings.of(strawberry.Schema(query=Asking), {Bare: Rows("organ {row}")})
