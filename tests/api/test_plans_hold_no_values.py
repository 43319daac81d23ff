"""A plan that is kept holds the shape of variables, and never a value of whoever asked first."""

from __future__ import annotations

import gc
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

import pytest
from graphql import GraphQLSchema

from casegraph.app import executor_of
from resolvers.execution import Answer, Asked
from resolvers.limits import DocumentLimits
from resolvers.trusted import Trusted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.api.conftest import Api

CANARY = "金丝雀430104199001011234"
ID = "Q2FzZTowMTlhYTBjNC0wMDAwLTcwMDAtODAwMC0wMDAwMDAwMDAwMDA"
ASKED: tuple[tuple[str, dict[str, Any]], ...] = (
    ("query($v: String) { submissions(filter: {externalId: $v}) { totalCount nodes { id revisions { text } } } }",
     {"v": CANARY}),
    ("query($f: SubmissionFilter) { submissions(filter: $f, first: 3) { nodes { title } } }",
     {"f": {"externalId": CANARY, "source": CANARY, "topic": {"equals": CANARY}}}),
    ("query($q: String!) { search(query: $q, first: 2) { edges { node { title parties: mentions { name } } } } }",
     {"q": CANARY}),
    (("query($id: ID!, $v: String) { node(id: $id) { id ... on Case { submissions { nodes { title } } } }"
     " submissions(filter: {source: $v}) { nodes { id } } }"), {"id": ID, "v": CANARY}),
    ("mutation($i: SubmitLetterInput!) { submitLetter(input: $i) { submission { title } errors { message } } }",
     {"i": {"title": CANARY, "text": CANARY, "receivedAt": "2026-11-20T09:30:00+08:00",
            "mentions": [{"name": CANARY, "identityNumber": CANARY}]}}),
)  # fmt: skip


def held(start: object) -> Iterator[str]:
    """Yield every text that an object leads to, but not through code, modules, types and the schema."""
    seen: set[int] = set()
    stack = [start]
    while stack:
        one = stack.pop()
        if id(one) in seen or isinstance(one, (ModuleType, type, GraphQLSchema)):
            continue
        seen.add(id(one))
        if isinstance(one, str):
            yield one
        elif isinstance(one, FunctionType):
            stack += [cell.cell_contents for cell in one.__closure__ or ()]
        else:
            stack += gc.get_referents(one)


@pytest.mark.parametrize(("query", "variables"), ASKED)
async def test_a_plan_holds_no_value(api: Api, query: str, variables: dict[str, Any]) -> None:
    """Whatever kind of variable it was made for: an argument, a filter, an input object, beside an id."""
    executor = executor_of(api.services, DocumentLimits(), Trusted())
    prepared = executor.prepare(Asked(query, variables))
    assert not isinstance(prepared, Answer), prepared.errors
    plan = executor.plan(prepared)
    assert plan.cachable
    assert prepared.document.plans
    texts = list(held([plan, prepared.document]))
    assert len(texts) > 10
    assert [text for text in texts if CANARY in text] == []
