"""A plan that is kept holds the shape of variables, and never a value of whoever asked first."""

from __future__ import annotations

import base64
import gc
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

import pytest
from graphql import GraphQLSchema

from casegraph.app import executor_of
from resolvers import documents
from resolvers.asked import Answer, Asked
from resolvers.documents import BYTES_OF_TEXT
from resolvers.limits import DocumentLimits
from resolvers.trusted import Trusted
from schema.errors import LimitError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.api.conftest import Api

NUMBER = 88_123_456
"""A telephone's number that stands where something is counted."""
CANARY = "金丝雀430104199001011234"
KEY = "01234567-89ab-7def-8123-456789abcdef"
CURSOR = base64.urlsafe_b64encode(f'["received_at,id","2026-11-20T09:30:00+00:00","{KEY}"]'.encode()).decode()
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
            "mentions": [{"name": CANARY, "identityNumber": CANARY}], "signatories": NUMBER}}),
    (("mutation($n: Int, $s: String!, $at: DateTime!) { submitLetter("
      "input: {title: $s, text: $s, receivedAt: $at, signatories: $n}) { errors { code } } }"),
     {"n": NUMBER, "s": CANARY, "at": "2026-11-20T09:30:00+08:00"}),
    ("query($ids: [ID!]!) { nodes(ids: $ids) { id ... on Case { cases: submissions(first: 2) { totalCount } } } }",
     {"ids": [CANARY, CANARY]}),
    ("query($c: String) { submissions(after: $c, filter: {receiptCode: $c}) { nodes { id } } }", {"c": CURSOR}),
)  # fmt: skip


def held(start: object) -> Iterator[str | int]:
    """Yield every text and number that an object leads to, but not through code, modules, types and the schema."""
    seen: set[int] = set()
    stack = [start]
    while stack:
        one = stack.pop()
        if id(one) in seen or isinstance(one, (ModuleType, type, GraphQLSchema)):
            continue
        seen.add(id(one))
        if isinstance(one, str | int):
            yield one
        elif isinstance(one, FunctionType):
            stack += [cell.cell_contents for cell in one.__closure__ or ()]
        else:
            stack += gc.get_referents(one)


@pytest.mark.parametrize(("query", "variables"), ASKED)
async def test_a_plan_holds_no_value(api: Api, query: str, variables: dict[str, Any]) -> None:
    """Whatever kind of variable it was made for: an argument, a filter, an input object, beside an id."""
    executor = executor_of(api.services, DocumentLimits(), Trusted())
    prepared = executor.preparation.prepare(Asked(query, variables))
    assert not isinstance(prepared, Answer), prepared.errors
    plan = executor.preparation.plan(prepared)
    assert plan.cachable
    assert prepared.document.plans
    found = list(held([plan, prepared.document]))
    assert len(found) > 10
    assert [one for one in found if one in (NUMBER, CURSOR) or CANARY in str(one) or KEY in str(one)] == []


async def test_a_mutation_that_is_written_with_its_texts_is_not_kept(api: Api) -> None:
    """What somebody reports stays in no memory, be it a variable or part of the document, or of a fragment's."""
    executor = executor_of(api.services, DocumentLimits(), Trusted())
    letter = f'{{title: "{CANARY}", text: "x", receivedAt: "2026-11-20T09:30:00+08:00"}}'
    told = f"mutation {{ ...of }} fragment of on Mutation {{ submitLetter(input: {letter}) {{ errors {{ code }} }} }}"
    prepared = executor.preparation.prepare(Asked(told))
    assert not isinstance(prepared, Answer), prepared.errors
    executor.preparation.plan(prepared)
    assert [one for one in held(executor.preparation.documents) if CANARY in str(one)] == []


async def test_documents_and_plans_have_a_room_of_their_own(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """Large ones and their plans make others go: what is kept takes no more than there is room for."""
    monkeypatch.setattr(documents, "ROOM", 2_000_000)
    executor = executor_of(api.services, DocumentLimits(), Trusted())
    for number in range(40):
        names = " ".join(f"a{one}: cases(first: $n) {{ nodes {{ id title }} }}" for one in range(20))
        for size in range(5):
            prepared = executor.preparation.prepare(Asked(f"query q{number}($n: Int) {{ {names} }}", {"n": size}))
            assert not isinstance(prepared, Answer), prepared.errors
            executor.preparation.plan(prepared)
            assert executor.preparation.documents.weight <= documents.ROOM
    kept = list(executor.preparation.documents._kept.items())
    assert 1 < len(kept) < 40
    assert executor.preparation.documents.weight == sum(one.weight for _, one in kept)
    assert all(one.weight > len(text) * BYTES_OF_TEXT for text, one in kept)


async def test_as_many_ids_as_are_asked_for_are_paid_for(api: Api) -> None:
    """A plan that was made for one id is none for many: each costs as much."""
    executor = executor_of(api.services, DocumentLimits(), Trusted())
    cases = "... on Case { submissions(first: 200) { nodes { mentions { name } } } }"
    asked = f"query($ids: [ID!]!) {{ nodes(ids: $ids) {{ {cases} }} }}"
    one, many = (executor.preparation.prepare(Asked(asked, {"ids": [ID] * count})) for count in (1, 199))
    assert not isinstance(one, Answer)
    assert not isinstance(many, Answer)
    assert executor.preparation.plan(one).cost < 2_000
    with pytest.raises(LimitError):
        executor.preparation.plan(many)
