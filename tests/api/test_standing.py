"""An answer of the index says where it does not cover the whole: behind, made anew, of another journal, or lacking."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph import journal, set_aside
from graph.policy import Role
from graph.records import PetitionKind, Position
from search.engine import Batch
from search.indexer import READER, Indexer
from search.standing import COVERED, FRESH, Standing, standing_of, worst
from tests.api.conftest import client_of
from tests.graph.factory import NOW, draft
from tests.viewers import only

if TYPE_CHECKING:
    from graph.records import SubmissionId
    from tests.api.conftest import Api

INDEX = "index { complete share missing }"
SEARCHES = {
    "search": f'{{ found: search(query: "油烟") {{ {INDEX} }} }}',
    "searchCases": f'{{ found: searchCases(query: "油烟") {{ {INDEX} }} }}',
    "history": '{ history(division: "43", matching: "油烟") { matchesCut } }',
    "similar": '{ similar(to: "%s") { score } }',
}
"""By every field that asks the index."""


async def told(api: Api, name: str, to: str = "") -> dict[str, Any] | None:
    """Return what an answer says of the index as a whole; its own field must say the same."""
    query = SEARCHES[name]
    answer = await api.post(query % to if "%s" in query else query)
    assert "errors" not in answer, answer
    said: dict[str, Any] | None = answer.get("extensions", {}).get("search")
    if found := answer["data"].get("found"):
        assert found["index"] == (said or {"complete": True, "share": 1.0, "missing": 0})
    return said


async def submission_id(api: Api) -> str:
    """Return the id of one submission, as the API has it."""
    found: str = (await api.ask("{ submissions(first: 1) { nodes { id } } }"))["submissions"]["nodes"][0]["id"]
    return found


async def take_in_unindexed(api: Api, *names: str) -> list[SubmissionId]:
    """Take submissions in, long ago, without the index."""
    drafts = [draft(name, title="来信", text=f"{name}处烧烤店油烟扰民，请求查处。") for name in names]
    outcomes = await api.services.intake.take_in(drafts, actor="test", now=NOW - timedelta(days=1))
    return [one.submission for one in outcomes if one.submission]


async def index(api: Api) -> None:
    """Bring the index to the end of the journal."""
    await Indexer(pool=api.services.pool, engine=api.services.engine).catch_up()


@pytest.mark.parametrize("name", SEARCHES)
async def test_an_index_that_is_behind_is_told_until_it_has_caught_up(api: Api, name: str) -> None:
    """How far it is: half of the history here."""
    await take_in_unindexed(api, "甲")
    await index(api)
    one = await submission_id(api)
    assert await told(api, name, one) is None
    async with api.services.pool.acquire() as connection:
        before = await journal.position(connection)
    await take_in_unindexed(api, "乙")
    async with api.services.pool.acquire() as connection:
        share = int(before / await journal.position(connection) * 100) / 100
    assert await told(api, name, one) == {"complete": False, "share": share, "missing": 0}
    await index(api)
    assert await told(api, name, one) is None


@pytest.mark.parametrize("name", SEARCHES)
async def test_an_index_that_was_lost_is_told_while_it_is_filled(api: Api, name: str) -> None:
    """It answers, with what it has."""
    await take_in_unindexed(api, "甲", "乙")
    await index(api)
    one = await submission_id(api)
    await api.services.engine.clear()
    assert await told(api, name, one) == {"complete": False, "share": 0.0, "missing": 0}
    await index(api)
    assert await told(api, name, one) is None


async def test_an_index_of_another_journal_covers_nothing_of_this(api: Api) -> None:
    """Though it is at the same position."""
    await take_in_unindexed(api, "甲")
    async with api.services.pool.acquire() as connection:
        end = await journal.position(connection)
    await api.services.engine.clear()
    await api.services.engine.apply(Batch(documents=(), gone=(), after=Position(0), position=end, link=b"another"))
    assert await told(api, "search") == {"complete": False, "share": 0.0, "missing": 0}


async def test_what_could_not_be_indexed_is_told_to_whoever_sees_it(api: Api) -> None:
    """Others are told nothing by it: not even that there is something."""
    [bad] = await take_in_unindexed(api, "甲")
    await index(api)
    async with api.services.pool.acquire() as connection:
        await set_aside.put(connection, READER, {bad: "why"}, Position(1))
    assert await told(api, "search") == {"complete": False, "share": 1.0, "missing": 1}
    stranger = only(Role.HANDLER, divisions=("11",))
    async with client_of(api.services, viewer=stranger) as http:
        answer = (await http.post("/graphql", json={"query": SEARCHES["search"]})).json()
    assert answer["data"]["found"]["index"] == {"complete": True, "share": 1.0, "missing": 0}
    assert "extensions" not in answer


async def test_what_a_viewer_may_not_see_makes_no_answer_incomplete(api: Api) -> None:
    """However long the index lacks it: else it would be told that something is there."""
    await take_in_unindexed(api, "甲")
    await index(api)
    hidden = draft("1", title="举报", text="举报某局长油烟", kind=PetitionKind.ACCUSATION)
    await api.services.intake.take_in([hidden], actor="test", now=NOW - timedelta(days=1))
    assert await told(api, "search") is not None
    uncleared = only(*Role)
    async with client_of(api.services, viewer=uncleared) as http:
        answer = (await http.post("/graphql", json={"query": SEARCHES["search"]})).json()
    assert answer["data"]["found"]["index"] == {"complete": True, "share": 1.0, "missing": 0}


async def test_an_index_that_is_behind_for_long_is_told_to_balancers_too(api: Api) -> None:
    """The server stays in use: it answers, and says what it lacks. What is set aside is a figure."""
    await take_in_unindexed(api, "甲")
    await index(api)
    assert (await api.probe()).json()["checks"] == {"database": "ok", "index": "ok"}
    [bad] = await take_in_unindexed(api, "乙")
    async with api.services.pool.acquire() as connection:
        await set_aside.put(connection, READER, {bad: "why"}, Position(1))
    ready = await api.probe()
    assert (ready.status_code, ready.json()["checks"]) == (200, {"database": "ok", "index": "behind"})
    figures = (await api.http.get("/metrics")).text
    assert 'casegraph_set_aside{reader="search"} 1.0' in figures
    assert 'casegraph_set_aside{reader="alerts"} 0.0' in figures
    await index(api)
    assert (await api.probe()).json()["checks"] == {"database": "ok", "index": "ok"}


LATE = st.none() | st.floats(0, 1e9)


@given(late=LATE, share=st.floats(0, 1), missing=st.integers(0, 5), known=st.booleans())
def test_nothing_is_called_whole_that_is_not(*, late: float | None, share: float, missing: int, known: bool) -> None:
    """And what is, is."""
    found = standing_of(known=known, late=late, share=share, missing=missing)
    whole = known and not missing and (late is None or late <= FRESH)
    assert found.complete is whole
    assert (found == COVERED) is whole
    assert worst(found, COVERED) == worst(COVERED, found) == worst(None, found) == found
    assert worst(found, Standing(complete=False, share=0.5, missing=9)).complete is False
