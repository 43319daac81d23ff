"""What was hidden from somebody is counted to them no more, though the index has not heard of it yet."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from graph.ids import organ_id
from graph.policy import Clearance, Role, Viewer
from search.indexer import Indexer
from tests.policy.asking import post
from tests.policy.village import (
    CITY,
    LATER,
    NEIGHBOUR,
    SCHOOL,
    STRANGER,
    Matter,
    accusing,
    asking,
    case,
    respondent,
    submission,
    take_in,
)
from tests.viewers import EVERYTHING

if TYPE_CHECKING:
    from resolvers.execution import Executor
    from tests.api.conftest import Api

WORD = "癸丑"
TURNED = Matter(WORD, "营养午餐变质")
SEARCH = """{ search(query: "癸丑", facets: [KIND, CHANNEL]) {
    totalCount looseCount countsWithheld facets { counts { value count } } edges { node { externalId } } } }"""
STAFF = replace(EVERYTHING, organs=frozenset({organ_id(SCHOOL)}))
CLEARED = EVERYTHING
OTHER_STAFF = replace(EVERYTHING, organs=frozenset({organ_id(CITY)}))
UNCLEARED = Viewer(name="desk", roles=frozenset({Role.REGISTRAR}), divisions=("",))
HERE = Viewer(
    name="here", roles=frozenset({Role.SUPERVISOR}), divisions=("430104",), clearances=frozenset({Clearance.ACCUSATION})
)


async def search(executor: Executor, somebody: Viewer) -> Told:
    """Return what a search tells: its total, whether it is withheld, its facets, its hits."""
    answered = await post(executor, somebody, SEARCH)
    found = answered["data"]["search"]
    counts = [one["counts"] for one in found["facets"]]
    assert (found["looseCount"] is None) is found["countsWithheld"]
    hits = sorted(edge["node"]["externalId"] for edge in found["edges"])
    return found["totalCount"], found["countsWithheld"], counts, hits


async def index(api: Api) -> None:
    """Let the indexer pass."""
    await Indexer(pool=api.services.pool, engine=api.services.engine).catch_up()


def facets(kind: str, count: int = 1) -> list[Any]:
    """Return the counts of hits that all are of a kind."""
    return [[{"value": kind, "count": count}], [{"value": "HOTLINE", "count": count}]]


Told = tuple[int | None, bool, list[Any], list[str]]
WITHHELD: Told = (None, True, [], [])
NOTHING: Told = (0, False, [[], []], [])
HIT = [f"ext-{WORD}"]


@pytest.fixture
async def asked(filled: Api) -> Api:
    """Give the village with one appeal more, indexed, that the school handles."""
    await take_in(filled.services, asking(TURNED, STRANGER, organ=SCHOOL))
    await index(filled)
    return filled


async def test_a_submission_that_becomes_an_accusation_is_counted_no_more(executor: Executor, asked: Api) -> None:
    """The indexer is held: the accused get no counts; who is not concerned gets them; when it has passed, all do."""
    for somebody in (STAFF, CLEARED, OTHER_STAFF, UNCLEARED, HERE):
        assert await search(executor, somebody) == (1, False, facets("APPEAL"), HIT)
    await take_in(asked.services, accusing(TURNED, respondent(SCHOOL)), now=LATER)

    assert await search(executor, STAFF) == WITHHELD
    assert await search(executor, UNCLEARED) == WITHHELD
    for somebody in (CLEARED, OTHER_STAFF):
        assert await search(executor, somebody) == (1, False, facets("APPEAL"), HIT)
    # Who does not see everywhere could have lost it to another division: counts wait, hits do not.
    assert await search(executor, HERE) == (None, True, [], HIT)

    await index(asked)
    for somebody in (STAFF, UNCLEARED):
        assert await search(executor, somebody) == NOTHING
    for somebody in (CLEARED, OTHER_STAFF, HERE):
        assert await search(executor, somebody) == (1, False, facets("ACCUSATION"), HIT)


async def test_so_it_is_where_an_accusation_is_filed_with_it(executor: Executor, asked: Api) -> None:
    """One accusation makes the whole case one: what stood there before is hidden with it, and shown again without."""
    await take_in(asked.services, *(
        accusing(Matter(word, "食堂回扣"), respondent(CITY), text="食堂承包收受回扣，请求调查处理。" * 4)
        for word in ("寅卯", "寅辰")
    ))  # fmt: skip
    await index(asked)
    appeal = await case(asked.services, WORD)
    commands, moved = asked.services.commands, await submission(asked.services, "寅辰")
    await commands.file_submission(submission=moved, case=appeal, reason="同一事项", by=EVERYTHING, now=LATER)
    assert await search(executor, OTHER_STAFF) == WITHHELD
    assert await search(executor, CLEARED) == (1, False, facets("APPEAL"), HIT)
    await index(asked)
    assert await search(executor, OTHER_STAFF) == NOTHING

    await commands.part_submission(submission=moved, by=EVERYTHING, now=LATER)
    # It is shown again; until the index tells of it, nothing is counted that should not be.
    assert await search(executor, CLEARED) == (1, False, facets("APPEAL"), HIT)
    await index(asked)
    assert await search(executor, OTHER_STAFF) == (1, False, facets("APPEAL"), HIT)


async def test_who_is_accused_by_joining_two_parties_is_counted_it_no_more(executor: Executor, asked: Api) -> None:
    """Who turns out to be the person accused does not see the accusation, nor its count."""
    accused = replace(NEIGHBOUR, name="吴某某", phone="13600000009")
    draft = accusing(TURNED, replace(accused, role=respondent("x").role))
    await take_in(asked.services, draft, now=LATER)
    await index(asked)
    rows = await asked.services.pool.fetch(
        """select mention.id, role, phone_hash from mention join submission on submission.id = mention.submission
        where external_id in ($1, 'ext-丁申') and until is null""",
        f"ext-{WORD}",
    )
    (charged,) = [row for row in rows if row["role"] == "RESPONDENT"]
    named = asked.services.vault.equality("phone", "13800000001")
    (neighbour,) = [row for row in rows if row["phone_hash"] == named]
    herself = replace(EVERYTHING, persons=frozenset({named}))
    assert await search(executor, herself) == (1, False, facets("ACCUSATION"), HIT)
    await asked.services.commands.join_parties(
        one=charged["id"], other=neighbour["id"], reason="同一人", by=EVERYTHING, now=LATER
    )
    assert await search(executor, herself) == WITHHELD
    await index(asked)
    assert await search(executor, herself) == NOTHING


async def test_joining_cases_withholds_nothing_and_tells_nothing(executor: Executor, asked: Api) -> None:
    """An accusation that comes to lead an appeal does not lend it its status, its facets, or its existence."""
    before = await search(executor, STAFF)
    lead, other = await case(asked.services, "丙申"), await case(asked.services, WORD)
    await asked.services.commands.join_cases(leading=lead, other=other, reason="同一事项", by=EVERYTHING, now=LATER)
    assert await search(executor, STAFF) == before
    await index(asked)
    assert await search(executor, STAFF) == before
