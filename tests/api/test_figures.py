"""Figures count what can be; facets say what they leave out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import pytest

from graph.records import CallBackDraft, ReplyDraft, Satisfaction
from search.facets import MOST
from tests.graph.factory import draft, petitioner

if TYPE_CHECKING:
    from tests.api.conftest import Api

RECEIVED: Final = datetime(2026, 3, 5, 1, 0, tzinfo=UTC)
"""Nine in the morning in China."""
FIGURES: Final = "{ caseFigures { cases answered onTime late irregular rated medianDays } }"
EVENTS: Final = "{ submissions { nodes { events { kind irregular } } } }"


def answered(at: datetime | None, external_id: str = "1", **changes: Any) -> Any:
    """Return a ticket with an answer of some time."""
    given = {"received_at": RECEIVED, "replies": (ReplyDraft(text="已办结。", at=at),), "division": "430104"}
    return draft(external_id, **given | changes)


@pytest.mark.parametrize(
    ("at", "told", "irregular"),
    [
        # Nineteen days before receipt, the day before, and in the far future.
        (RECEIVED - timedelta(days=19), (0, 0, 1, None), True),
        (datetime(2026, 3, 4, 15, 59, tzinfo=UTC), (0, 0, 1, None), True),
        (datetime(2400, 1, 1, tzinfo=UTC), (0, 0, 1, None), True),
        # The source gave none.
        (None, (0, 0, 1, None), False),
        # The day of receipt, which alone is midnight; the day after; on the last day, and behind it.
        (datetime(2026, 3, 4, 16, 0, tzinfo=UTC), (1, 0, 0, 0.0), False),
        (RECEIVED + timedelta(days=1), (1, 0, 0, 1.0), False),
        (RECEIVED + timedelta(days=60), (1, 0, 0, 60.0), False),
        (RECEIVED + timedelta(days=61), (0, 1, 0, 61.0), False),
    ],
)
async def test_an_answer_that_cannot_be_is_counted_neither_way(
    api: Api, at: datetime | None, told: tuple[Any, ...], irregular: bool
) -> None:
    """The case is answered, and nobody can tell when; the step is marked."""
    now = max(at or RECEIVED, RECEIVED) + timedelta(days=1)
    await api.services.intake.take_in([answered(at)], actor="test", now=now)
    [found] = (await api.ask(FIGURES))["caseFigures"]
    assert (found["cases"], found["answered"]) == (1, 1)
    assert tuple(found[name] for name in ("onTime", "late", "irregular", "medianDays")) == told
    [node] = (await api.ask(EVENTS))["submissions"]["nodes"]
    assert node["events"] == [{"kind": "REPLIED", "irregular": irregular}]


async def test_of_several_answers_the_first_that_can_be_counts(api: Api) -> None:
    """A case with one slip beside a right date is not lost to the figures."""
    replies = tuple(ReplyDraft(text=f"第{days}天", at=RECEIVED + timedelta(days=days)) for days in (-300, 20, 40))
    await api.take_in(answered(None, replies=(*replies, ReplyDraft(text="已办。"))))
    [found] = (await api.ask(FIGURES))["caseFigures"]
    assert (found["answered"], found["onTime"], found["irregular"], found["medianDays"]) == (1, 1, 0, 20.0)


async def test_days_run_from_the_first_receipt_of_what_was_joined(api: Api) -> None:
    """An answer to an earlier submission lies before the receipt of the case that leads it, and is no slip."""
    early, late = RECEIVED, RECEIVED + timedelta(days=30)
    await api.take_in(
        answered(early + timedelta(days=4), "early"),
        draft("late", received_at=late, text="路灯坏了。", mentions=(petitioner("李四", "13900001111"),)),
    )
    nodes = (await api.ask("{ submissions { nodes { externalId case { id } } } }"))["submissions"]["nodes"]
    cases = {node["externalId"]: node["case"]["id"] for node in nodes}
    join = "mutation($i: JoinCasesInput!) { joinCases(input: $i) { errors { message } } }"
    await api.ask(join, i={"leading": cases["late"], "other": cases["early"], "reason": "同一事项"})
    [found] = (await api.ask(FIGURES))["caseFigures"]
    assert (found["cases"], found["onTime"], found["irregular"], found["medianDays"]) == (1, 1, 0, 4.0)


async def test_ratings_count_whatever_the_date(api: Api) -> None:
    """How somebody was satisfied does not hang on when that was asked."""
    rated = CallBackDraft(at=RECEIVED - timedelta(days=3), satisfaction=Satisfaction.SATISFIED)
    await api.take_in(answered(None, replies=(), call_backs=(rated,)))
    [found] = (await api.ask(FIGURES))["caseFigures"]
    assert (found["answered"], found["rated"], found["irregular"]) == (0, 1, 0)


@pytest.mark.parametrize("more", [0, 3])
async def test_a_facet_says_how_many_values_it_leaves_out(api: Api, more: int) -> None:
    """203 organs are not taken for 200."""
    await api.take_in(*(draft(str(number), organ=f"第{number}办公室") for number in range(MOST + more)))
    data = await api.ask(
        '{ search(query: "油烟", facets: [ORGAN, CHANNEL]) { facets { name counts { count } more } } }'
    )
    organs, channels = data["search"]["facets"]
    assert (len(organs["counts"]), organs["more"]) == (MOST, more)
    assert (len(channels["counts"]), channels["more"]) == (1, 0)


async def test_what_people_set_is_what_is_counted_and_found(api: Api) -> None:
    """Cases, facets, figures and filters follow the topic, the division and the organ that somebody set."""
    await api.take_in(answered(RECEIVED + timedelta(days=1), topic="城乡建设", organ="岳麓区城市管理局"))
    [node] = (await api.ask("{ submissions { nodes { id } } }"))["submissions"]["nodes"]
    correct = "mutation($i: CorrectSubmissionInput!) { correctSubmission(input: $i) { errors { code field message } } }"
    given = {"submission": node["id"], "topic": "民政", "division": "430105", "organ": "开福区民政局", "reason": "核实"}
    assert (await api.ask(correct, i=given))["correctSubmission"]["errors"] == []
    await api.take_in()
    data = await api.ask("""{
        search(query: "油烟", facets: [TOPIC, DIVISION, ORGAN]) { facets { counts { value organ { name } } } }
        caseFigures(groupBy: [TOPIC, DIVISION, ORGAN]) { topic division organ { name } onTime }
        cases(filter: {division: {within: "430105"}, topic: {within: "民政"}}) {
            totalCount nodes { organs { organ { name } } } }
        gone: cases(filter: {division: {within: "430104"}}) { totalCount } }""")
    topics, divisions, organs = [facet["counts"] for facet in data["search"]["facets"]]
    assert [one["value"] for one in topics] == ["民政"]
    assert {one["value"] for one in divisions} == {"43", "4301", "430105"}
    assert [one["organ"]["name"] for one in organs] == ["开福区民政局"]
    assert data["caseFigures"] == [
        {"topic": "民政", "division": "430105", "organ": {"name": "开福区民政局"}, "onTime": 1}
    ]
    assert data["cases"] == {"totalCount": 1, "nodes": [{"organs": [{"organ": {"name": "开福区民政局"}}]}]}
    assert data["gone"]["totalCount"] == 0
