"""Nothing that a follower of the journal reads stops it: what fails is set aside, told, and tried again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from graph import journal, set_aside
from graph.records import Position, SavedSearchId, SubmissionId
from search import documents, indexer
from search.alerting import Alerter
from search.engine import SearchAwayError, SearchUnavailableError
from search.indexer import Indexer
from search.records import SearchFilter
from search.saving import Saving
from tests.graph.factory import NOW, draft, make_intake
from tests.search.library import ask
from tests.viewers import EVERYTHING
from wording import Wording

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from uuid import UUID
    from zoneinfo import ZoneInfo

    from graph.database import Pool
    from graph.identity import Vault
    from graph.intake import Intake
    from search.engine import Batch, Engine, Found, IndexDocument, Lookup

POISON = "毒"
FAR = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)


class PoisonError(Exception):
    """What was read cannot be digested; `13812345678` stands in the message as it does in those of others."""


@dataclass
class Choosy:
    """An engine that takes no document that holds a word, and finds nothing by it."""

    engine: Engine
    poisoned: Callable[[IndexDocument], bool] = lambda _: False
    error: Exception | None = None

    async def apply(self, batch: Batch) -> None:
        """Write a batch, unless one of it is poisoned."""
        if any(map(self.poisoned, batch.documents)):
            raise PoisonError("13812345678")
        await self.engine.apply(batch)

    async def find(self, lookup: Lookup) -> Found:
        """Find, unless it is asked for the word."""
        if POISON in repr(lookup.match) and self.error:
            raise self.error
        return await self.engine.find(lookup)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.engine, name)


@pytest.fixture
def intake(pool: Pool, vault: Vault, tmp_path: Path) -> Intake:
    """Give an intake on the same database."""
    return make_intake(pool, vault, tmp_path / "attachments")


async def take_in(intake: Intake, *bodies: str) -> list[SubmissionId]:
    """Take submissions in, one for each text, and return them."""
    drafts = [draft(body, title="来信", text=body) for body in bodies]
    outcomes = await intake.take_in(drafts, actor="test", now=NOW)
    return [one.submission for one in outcomes if one.submission]


async def listed(pool: Pool) -> list[set_aside.Listed]:
    """Return what is set aside."""
    async with pool.acquire() as connection:
        return await set_aside.listed(connection, 100)


async def end_of(pool: Pool) -> Position:
    """Return the end of the journal."""
    async with pool.acquire() as connection:
        return await journal.position(connection)


Poisoning = Any
"""Makes one step of the indexer fail on one submission; returns the engine to index by."""


def fails_to_read(patch: pytest.MonkeyPatch, engine: Engine, poisoned: SubmissionId) -> Engine:
    """Reading what the graph says of it."""
    load_all = documents.load_all

    async def load(connection: Any, submissions: Any) -> Any:
        if poisoned in submissions:
            raise PoisonError("13812345678")
        return await load_all(connection, submissions)

    patch.setattr(indexer, "load_all", load)
    return engine


def fails_to_make(patch: pytest.MonkeyPatch, engine: Engine, poisoned: SubmissionId) -> Engine:
    """Making a document of it."""
    index_document = documents.index_document

    def make(source: Any, zone: ZoneInfo) -> IndexDocument:
        if source.id == poisoned:
            raise PoisonError("13812345678")
        return index_document(source, zone)

    patch.setattr(indexer, "index_document", make)
    return engine


def fails_to_write(_: pytest.MonkeyPatch, engine: Engine, poisoned: SubmissionId) -> Engine:
    """Writing it."""
    return Choosy(engine, poisoned=lambda document: document.submission == poisoned)


@pytest.mark.parametrize("poison", [fails_to_read, fails_to_make, fails_to_write])
@pytest.mark.parametrize("count", [1, 2, 9])
async def test_one_submission_stops_no_index(
    pool: Pool, engine: Engine, intake: Intake, poison: Poisoning, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever step fails on it: all else is found, it is told with its reason, and found once it can be."""
    monkeypatch.setattr(indexer, "TOGETHER", 4)
    submissions = await take_in(intake, *(f"第{number}处油烟" for number in range(count)))
    bad = submissions[count // 2]
    with monkeypatch.context() as patch:
        following = Indexer(pool=pool, engine=poison(patch, engine, bad))
        assert await following.catch_up() == await end_of(pool)
        assert (await ask(engine, "油烟")).total == count - 1
        [told] = await listed(pool)
        assert (told.reader, told.subject, told.tries) == ("search", bad, 1)
        assert "PoisonError" in told.reason
        assert "138" not in told.reason
        await take_in(intake, "又一处油烟")
        assert await following.catch_up() == await end_of(pool)
        assert (await ask(engine, "油烟")).total == count
    await following.catch_up()
    assert [one.subject for one in await listed(pool)] == [bad]
    async with pool.acquire() as connection:
        assert await set_aside.ask_again(connection, [bad]) == 1
    await Indexer(pool=pool, engine=engine).catch_up()
    assert (await ask(engine, "油烟")).total == count + 1
    assert await listed(pool) == []


async def test_what_failed_is_tried_again_when_told_of_or_asked_for(
    pool: Pool, engine: Engine, intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the process that leads: its revision, or somebody's word, and not before."""
    first, second = await take_in(intake, "第一处油烟", "第二处油烟")
    following = Indexer(pool=pool, engine=engine)
    with monkeypatch.context() as patch:
        fails_to_make(patch, engine, first)
        fails_to_read(patch, engine, second)
        await following.catch_up()
    await following.catch_up()
    assert (await ask(engine, "油烟")).total == 0
    again = draft("第一处油烟", title="来信", text="改过的油烟")
    await intake.take_in([again], actor="test", now=NOW)
    await following.catch_up()
    assert ((await ask(engine, "油烟")).total, [one.subject for one in await listed(pool)]) == (1, [second])
    async with pool.acquire() as connection:
        assert await set_aside.ask_again(connection, None) == 1
    await following.catch_up()
    assert ((await ask(engine, "油烟")).total, await listed(pool)) == (2, [])


async def test_a_time_that_no_calendar_goes_on_from_stops_nothing(pool: Pool, engine: Engine, intake: Intake) -> None:
    """The real thing: no door takes such a time, and a row that has one nevertheless is set aside."""
    bad, good = await take_in(intake, "第一处油烟", "第二处油烟")
    await pool.execute("update submission set received_at = $2 where id = $1", bad, FAR)
    await Indexer(pool=pool, engine=engine).catch_up()
    assert {one.submission for one in (await ask(engine, "油烟")).candidates} == {good}
    assert [(one.subject, "OverflowError" in one.reason) for one in await listed(pool)] == [(bad, True)]


async def test_an_old_document_goes_when_its_submission_fails(
    pool: Pool, engine: Engine, intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it says is not true any more, nor is who may see it."""
    [bad] = await take_in(intake, "油烟")
    following = Indexer(pool=pool, engine=engine)
    await following.catch_up()
    await intake.take_in([draft("油烟", title="来信", text="改过的油烟")], actor="test", now=NOW)
    with monkeypatch.context() as patch:
        fails_to_make(patch, engine, bad)
        await following.catch_up()
    assert (await ask(engine, "油烟")).total == 0


async def test_an_engine_that_takes_nothing_sets_nothing_aside(pool: Pool, engine: Engine, intake: Intake) -> None:
    """Its own failure is none of the submissions'; the position stays, and all is tried again."""
    await take_in(intake, "第一处油烟", "第二处油烟")

    class Full(Choosy):
        async def apply(self, batch: Batch) -> None:
            if batch.documents or batch.gone:
                raise SearchUnavailableError(Wording("The search index cannot be written. Look at its disk."))
            await self.engine.apply(batch)

    with pytest.raises(SearchUnavailableError, match="disk"):
        await Indexer(pool=pool, engine=Full(engine)).catch_up()
    assert await listed(pool) == []
    await Indexer(pool=pool, engine=engine).catch_up()
    assert (await ask(engine, "油烟")).total == 2


# Alerts --------------------------------------------------------------------------------------------------------------


async def save(pool: Pool, engine: Engine, text: str) -> SavedSearchId:
    """Save a search."""
    saving, now = Saving(pool=pool, engine=engine), NOW + timedelta(hours=1)
    return await saving.save(name="一事", text=text, chosen=SearchFilter(), by=EVERYTHING, now=now)


async def told(pool: Pool, search: SavedSearchId) -> list[str]:
    """Return what a search was told, in order."""
    rows = await pool.fetch(
        "select external_id from alert join submission on submission.id = alert.submission"
        " where search = $1 order by alert.number",
        search,
    )
    return [row["external_id"] for row in rows]


async def keeps_what_none_understands(pool: Pool, search: UUID) -> None:
    """A query of a language of then."""
    await pool.execute("update saved_search set query = '\"' || repeat('油', 9) where id = $1", search)


async def keeps_a_filter_of_then(pool: Pool, search: UUID) -> None:
    """A value that is none any more."""
    await pool.execute("update saved_search set filter = $2 where id = $1", search, {"channel": {"anyOf": ["TELEX"]}})


@pytest.mark.parametrize("spoil", [keeps_what_none_understands, keeps_a_filter_of_then])
async def test_a_saved_search_that_cannot_be_read_stops_no_other(
    pool: Pool, engine: Engine, intake: Intake, spoil: Any
) -> None:
    """It is told by nothing, said so, and told what it missed once it can be read."""
    following = Indexer(pool=pool, engine=engine)
    await following.catch_up()
    bad, good = await save(pool, engine, "油烟"), await save(pool, engine, "油烟")
    kept = await pool.fetchrow("select query, filter from saved_search where id = $1", bad)
    assert kept
    await spoil(pool, bad)
    alerter = Alerter(pool=pool, engine=engine, clock=lambda: NOW)
    await take_in(intake, "第一处油烟")
    await following.catch_up()
    assert await alerter.catch_up() == await end_of(pool)
    assert (await told(pool, good), await told(pool, bad)) == (["第一处油烟"], [])
    assert [(one.reader, one.subject) for one in await listed(pool)] == [("alerts", bad)]
    await pool.execute("update saved_search set query = $2, filter = $3 where id = $1", bad, *kept.values())
    await take_in(intake, "第二处油烟")
    await following.catch_up()
    await alerter.catch_up()
    assert await told(pool, bad) == []
    async with pool.acquire() as connection:
        await set_aside.ask_again(connection, None)
    await alerter.catch_up()
    assert sorted(await told(pool, bad)) == sorted(await told(pool, good)) == sorted(["第一处油烟", "第二处油烟"])
    assert await listed(pool) == []


@pytest.mark.parametrize("error", [PoisonError("13812345678"), SearchUnavailableError(Wording("Too many clauses."))])
async def test_a_saved_search_that_the_engine_refuses_stops_no_other(
    pool: Pool, engine: Engine, intake: Intake, error: Exception
) -> None:
    """Others are told; a process that begins to lead tries it again by itself."""
    following = Indexer(pool=pool, engine=engine)
    await following.catch_up()
    bad, good = await save(pool, engine, POISON), await save(pool, engine, "油烟")
    await take_in(intake, f"油烟有{POISON}")
    await following.catch_up()
    choosy: Any = Choosy(engine, error=error)
    await Alerter(pool=pool, engine=choosy, clock=lambda: NOW).catch_up()
    assert (await told(pool, good), await told(pool, bad)) == ([f"油烟有{POISON}"], [])
    [aside] = await listed(pool)
    assert (aside.subject, "138" in aside.reason) == (bad, False)
    await Alerter(pool=pool, engine=engine, clock=lambda: NOW).catch_up()
    assert (await told(pool, bad), await listed(pool)) == ([f"油烟有{POISON}"], [])


async def test_an_engine_that_is_away_sets_no_search_aside(pool: Pool, engine: Engine, intake: Intake) -> None:
    """It comes back, and all are told."""
    following = Indexer(pool=pool, engine=engine)
    await following.catch_up()
    search = await save(pool, engine, POISON)
    await take_in(intake, POISON)
    await following.catch_up()
    choosy: Any = Choosy(engine, error=SearchAwayError(Wording("away")))
    with pytest.raises(SearchAwayError):
        await Alerter(pool=pool, engine=choosy, clock=lambda: NOW).catch_up()
    await Alerter(pool=pool, engine=engine, clock=lambda: NOW).catch_up()
    assert (await told(pool, search), await listed(pool)) == ([POISON], [])


async def test_a_deleted_search_is_not_set_aside_any_more(pool: Pool, engine: Engine, intake: Intake) -> None:
    """Nobody could ever try it again."""
    following = Indexer(pool=pool, engine=engine)
    await following.catch_up()
    search = await save(pool, engine, "油烟")
    await keeps_a_filter_of_then(pool, search)
    await take_in(intake, "油烟")
    await following.catch_up()
    alerter = Alerter(pool=pool, engine=engine, clock=lambda: NOW)
    await alerter.catch_up()
    assert len(await listed(pool)) == 1
    await Saving(pool=pool, engine=engine).delete(search=search, by=EVERYTHING, now=NOW)
    await alerter.catch_up()
    assert await listed(pool) == []
