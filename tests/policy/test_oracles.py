"""An accusation that somebody may not see changes nothing of what they are told, however they ask."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from graph.errors import InvalidError
from graph.ids import organ_id
from graph.records import DocumentDraft
from resolvers.asked import Asked
from tests.graph.factory import petitioner, reply
from tests.policy.asking import QUERY
from tests.policy.test_leaks import ALERTS, CASES, RECEIPTS, end_with_the_journal, replayed
from tests.policy.test_traces import BROAD
from tests.policy.viewers import NAME
from tests.policy.village import (
    CHIEF,
    LATER,
    SCHOOL,
    Matter,
    accusing,
    asking,
    respondent,
    take_in,
)
from tests.reference.queries import Question, question
from tests.reference.saved import follow
from tests.viewers import EVERYTHING

if TYPE_CHECKING:
    from graph.policy import Viewer
    from graph.records import Draft
    from resolvers.execution import Executor
    from tests.api.conftest import Api
    from tests.policy.asking import Parts
    from tests.reference.values import Values

ASKED = 60
"""Questions by chance, the same each time."""
HIDDEN = Matter("癸亥", "基建工程行贿受贿")
PAPER = DocumentDraft(name="收据.txt", media_type="text/plain", content=b"receipt", text="癸亥收据")
STAFF = replace(EVERYTHING, name=NAME, organs=frozenset({organ_id(SCHOOL)}))
"""Everywhere, with every role and clearance, and of the organ accused."""
GROUPS = ("CHANNEL", "KIND", "STATUS", "TOPIC", "DIVISION", "ORGAN", "MONTH")
ORDERS = ("OPENED_AT", "LAST_ACTIVITY_AT", "NUMBER", "FIRST_RECEIVED_AT", "TOPIC", "DIVISION")
SEARCHED = (
    "癸亥", "基建工程", "行贿 OR 学位", "行贿 AND 受贿", "学位 基建工程 A5", "请求查处", '"基建工程"', "教育局", "收据",
    "新来的办公室", "organ:新来的办公室", "D市D5区", "ext-癸亥", "编号:ext-癸亥", "number:ext-*", "",
)  # fmt: skip


def battery() -> list[Question]:
    """Return questions over every path, those that the hidden accusation would answer among them."""
    found = [Question(text, {}) for text in BROAD]
    found += [Question("query($g: [CaseGroup!]) { caseFigures(groupBy: $g) { cases answered onTime rated satisfied"
                       " medianDays channel kind status topic division month organ { name } } }", {"g": [one]})
              for one in GROUPS]  # fmt: skip
    for order in ORDERS:
        for end in ("first", "last"):
            page = f"{end}: 2, orderBy: {{field: {order}}}"
            found.append(Question(f"{{ cases({page}) {{ totalCount pageInfo {{ hasNextPage hasPreviousPage endCursor }}"
                                  " nodes { id number lastActivityAt submissionCount } } }", {}))  # fmt: skip
    for words in SEARCHED:
        for order in ("RELEVANCE", "NEWEST"):
            found.append(
                Question(
                    """query($q: String!) { search(query: $q, orderBy: ORDER, first: 5,
                facets: [KIND, TOPIC, DIVISION, MONTH, STATUS, CHANNEL]) { totalCount looseCount countsWithheld
                facets { name counts { value count } } pageInfo { hasNextPage endCursor }
                edges { cursor score loose passages { field text } node { id } } } }""".replace("ORDER", order),
                    {"q": words},
                )
            )
    found += [
        Question("{ organs(first: 200) { totalCount nodes { id name division } } }", {}),
        Question("""{ places(filter: {source: "web"}) { totalCount nodes { id fullName } } }""", {}),
        Question("""{ parties(first: 200) { totalCount nodes { id kind names phones mentionCount submissionCount
            mentions { totalCount nodes { id } } cases { totalCount } links { one { id } other { id } } } } }""", {}),
        Question("""{ submissions(filter: {externalId: "ext-癸亥"}) { totalCount } }""", {}),
        Question("{ changes(first: 1000) { more changes { kind id at state fields } } }", {}),
        Question("{ rejections { totalCount } }", {}),
    ]  # fmt: skip
    return found


@pytest.mark.parametrize(
    ("accusation", "accused"),
    [
        (accusing(HIDDEN, respondent(SCHOOL)), "organ"),
        (
            accusing(
                HIDDEN, respondent(SCHOOL), respondent("另一家影子公司"), organ="新来的办公室", documents=(PAPER,),
                replies=(reply("癸亥查无实据。", organ=SCHOOL),), division=None, title="癸亥D市D5区基建",
            ),
            "organ",
        ),
        (accusing(HIDDEN, CHIEF, text="请求查处赵德汉。" * 9), "person"),
    ],
    ids=["of an organ", "with all that it can bring", "of a person"],
)  # fmt: skip
@pytest.mark.long
@pytest.mark.no_cover
async def test_a_hidden_accusation_changes_no_answer(
    executor: Executor, filled: Api, parts: Parts, values: Values, monkeypatch: pytest.MonkeyPatch,
    accusation: Draft, accused: str,
) -> None:  # fmt: skip
    """Before it comes, when it has come, and when it is indexed: to the accused every answer is the same."""
    end_with_the_journal(monkeypatch)
    random = Random(7)  # noqa: S311 - the same each time
    asked = [*battery(), *(question(random, values) for _ in range(ASKED))]
    somebody = STAFF if accused == "organ" else the_chief(parts)
    before = await answers(executor, parts, somebody, asked)
    await take_in(filled.services, accusation, now=LATER)
    assert await answers(executor, parts, somebody, asked) == before
    await follow(filled.services)
    assert await answers(executor, parts, somebody, asked) == before
    # It is there, for those who may know.
    found = await executor.execute(Asked("""{ search(query: "癸亥") { totalCount } }"""), EVERYTHING, QUERY)
    assert json.loads(found.body()) == {"data": {"search": {"totalCount": 1}}}


def the_chief(parts: Parts) -> Viewer:
    """Return the person accused, everywhere and with every role."""
    hashes = {row["phone_hash"] for row in parts.graph["mention"] if row["role"] == "RESPONDENT" and row["phone_hash"]}
    return replace(EVERYTHING, name=NAME, persons=frozenset(hashes))


async def answers(executor: Executor, parts: Parts, somebody: Viewer, asked: list[Question]) -> list[Any]:
    """Return all that a viewer is told: by each question, and by each subscription from the beginning."""
    told: list[Any] = await answers_of(executor, parts, somebody, asked)
    start = parts.vault.seal_cursor(f"changes/{NAME}", bytes(12))
    told += [await replayed(executor, somebody, query, start) for query in (CASES, RECEIPTS)]
    told.append(await replayed(executor, somebody, ALERTS))
    return told


async def answers_of(executor: Executor, parts: Parts, somebody: Viewer, asked: list[Question]) -> list[Any]:
    """Return what a viewer is told by each question."""
    told = []
    for one in asked:
        body = (await executor.execute(Asked(one.query, one.variables), somebody, QUERY)).body()
        told.append((repr(one), without_places(parts, json.loads(body))))
    return told


def without_places(parts: Parts, told: Any) -> Any:
    """Return an answer with its sealed cursors opened: those of `changes` stand where the journal ends."""
    if isinstance(told, dict):
        return {name: without_places(parts, value) for name, value in told.items()}
    if isinstance(told, list):
        return [without_places(parts, value) for value in told]
    if not isinstance(told, str):
        return told
    for scope in ("timeline", "history", "alerts", f"changes/{NAME}"):
        try:
            said = parts.vault.open_cursor(scope, told)
        except InvalidError:
            continue
        return ["place", len(told), "" if scope.startswith("changes") else said.hex()]
    return told


async def test_cases_have_no_numbers_one_after_the_other(parts: Parts) -> None:
    """So no hole between two tells that something is there."""
    numbers = [row["number"] for row in sorted(parts.graph["case"], key=lambda row: row["id"])]
    assert len(set(numbers)) == len(numbers)
    assert all(abs(one - other) > 1 for one, other in pairwise(numbers))


async def test_a_hidden_accusation_joins_no_two_parties(executor: Executor, filled: Api, parts: Parts) -> None:
    """Two who petition, one by a telephone and one by an identity number, stay two though an accusation names both."""
    phone, number = "13922223333", "110105198002024567"
    await take_in(
        filled.services, asking(Matter("癸子", "楼道灯坏"), petitioner("林一", phone)),
        asking(Matter("癸卯", "井盖缺失"), petitioner("林一", None, identity_number=number)),
    )  # fmt: skip
    asked = [Question("{ parties(first: 200) { totalCount nodes { id mentionCount } } }", {})]
    before = await answers_of(executor, parts, STAFF, asked)
    both = petitioner("林一", phone, identity_number=number)
    await take_in(filled.services, accusing(HIDDEN, respondent(SCHOOL), mentions=(both, respondent(SCHOOL))), now=LATER)
    assert await answers_of(executor, parts, STAFF, asked) == before
