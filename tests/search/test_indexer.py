"""The index follows the journal, on the real PostgreSQL: what is taken in is found, whatever becomes of it after."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

import pytest

from graph import journal
from graph.commands import Commands
from graph.database import connect, open_pool
from graph.followers import SQL as FOLLOWERS
from graph.followers import keep_following
from graph.records import Position
from graph.scope import scope
from resolvers.reader import Reader
from search.documents import SQL
from search.engine import Batch
from search.indexer import READER, Indexer
from search.records import SearchRequest
from search.service import Search
from tests.graph.factory import GAZETTEER, NOW, draft, make_intake, petitioner, reply, step_alone
from tests.search.library import ask
from tests.viewers import EVERYTHING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from graph.database import Connection, Pool
    from graph.identity import Vault
    from graph.intake import Intake
    from search.engine import Engine
    from tests.cluster import Cluster


@pytest.fixture
def indexer(pool: Pool, engine: Engine) -> Indexer:
    """Give an indexer on an index that is not there yet."""
    return Indexer(pool=pool, engine=engine)


@pytest.fixture
def search(reading_pool: Pool, engine: Engine) -> Search:
    """Give the search on the same index."""
    return Search(reader=Reader(reading_pool, 10_000), engine=engine)


@pytest.fixture
def intake(pool: Pool, vault: Vault, tmp_path: Path) -> Intake:
    """Give an intake on the same database."""
    return make_intake(pool, vault, tmp_path / "attachments")


@contextlib.asynccontextmanager
async def running(url: str, engine: Engine) -> AsyncIterator[None]:
    """Have an indexer run while inside."""
    task = asyncio.create_task(keep_following(url, READER, lambda pool: Indexer(pool=pool, engine=engine).follow))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def titles(search: Search, query: str = "") -> list[str]:
    """Return the titles found, in the order of time, the last first."""
    page = await search.search(SearchRequest(text=query, first=100), scope(EVERYTHING))
    async with search._reader.lent(scope(EVERYTHING)) as connection:
        rows = await connection.fetch(SQL.documents, [hit.submission for hit in page.hits])
    assert page.total == len(rows)
    return sorted(row["title"] for row in rows)


async def reached(engine: Engine, position: Position) -> None:
    """Wait until an index holds a position."""
    async with asyncio.timeout(20):
        # The index of another process would tell nobody, either.
        while (await engine.position() or 0) < position:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_without_entries_an_empty_index_is_begun(indexer: Indexer, search: Search, engine: Engine) -> None:
    """No index is a fault; an index of nothing answers."""
    assert await indexer.catch_up() == 0
    assert await engine.position() == 0
    assert await titles(search) == []


async def test_the_index_follows_what_becomes_of_a_submission(
    indexer: Indexer, search: Search, intake: Intake, connection: Connection
) -> None:
    """Taken in, revised, answered: each is found by what the graph says now."""
    await intake.take_in(
        [draft("1", title="烧烤店油烟"), draft("2", title="夜间施工", text="工地吵。")], actor="test", now=NOW
    )
    assert await indexer.catch_up() == await journal.position(connection)
    assert await titles(search, "烧烤") == ["烧烤店油烟"]
    await intake.take_in(
        [draft("1", title="洗车店噪声", text="洗车。", replies=(reply("已责令停业整顿"),))], actor="test", now=NOW
    )
    await indexer.catch_up()
    assert await titles(search, "烧烤") == []
    assert await titles(search, "停业整顿") == ["洗车店噪声"]
    assert await titles(search, "status:answered") == ["洗车店噪声"]


async def test_a_step_of_a_case_alone_is_found_by_what_opened_it(
    indexer: Indexer, search: Search, intake: Intake, pool: Pool
) -> None:
    """However many submissions the case has; once that one has left, by the next."""
    for title in ("第一件", "第二件", "第三件"):
        one = draft(title, title=title, mentions=(petitioner(),), division="430104")
        await intake.take_in([one], actor="test", now=NOW)
    cases = [row["case_id"] for row in await pool.fetch("select case_id from submission order by id")]
    assert len(set(cases)) == 1
    async with pool.acquire() as connection, connection.transaction():
        await step_alone(connection, cases[0], "现场核查记录")
    await indexer.catch_up()
    assert await titles(search, "现场核查") == ["第一件"]
    (hit,) = (await search.search(SearchRequest(text="现场核查"), scope(EVERYTHING))).hits
    assert [one.field for one in hit.passages] == ["reply"]
    await Commands(pool=pool, gazetteer=GAZETTEER).part_submission(submission=hit.submission, by=EVERYTHING, now=NOW)
    await indexer.catch_up()
    assert await titles(search, "现场核查") == ["第二件"]


async def test_batches_may_wait_but_one_entry_is_taken_at_once(
    engine: Engine, intake: Intake, connection: Connection, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long batches are let gather, what one person enters ends the waiting for all."""
    monkeypatch.setattr("graph.followers.GATHER_MANY", 3600.0)
    async with running(database_url, engine):
        for first in range(0, 180, 60):
            batch = [draft(str(number), title=f"第{number}件") for number in range(first, first + 60)]
            await intake.take_in(batch, actor="test", now=NOW)
            if first == 0:
                await reached(engine, await journal.position(connection))
        await intake.take_in([draft("single")], actor="test", now=NOW)
        await reached(engine, await journal.position(connection))


async def test_joined_cases_answer_as_the_leading_one(
    indexer: Indexer, search: Search, intake: Intake, pool: Pool
) -> None:
    """Joining moves nothing, but hits name the leading case while it holds, and their own again after."""
    await intake.take_in(
        [draft("1", title="路灯不亮", text="路灯。"), draft("2", title="下水道堵", text="积水。")],
        actor="test",
        now=NOW,
    )
    await indexer.catch_up()
    before = {hit.submission: hit.case for hit in (await search.search(SearchRequest(), scope(EVERYTHING))).hits}
    leading, following = before.values()
    commands = Commands(pool=pool, gazetteer=GAZETTEER)
    await commands.join_cases(leading=leading, other=following, reason="同一事项", by=EVERYTHING, now=NOW)
    await indexer.catch_up()
    assert {hit.case for hit in (await search.search(SearchRequest(), scope(EVERYTHING))).hits} == {leading}
    await commands.part_cases(case=following, by=EVERYTHING, now=NOW)
    await indexer.catch_up()
    assert {
        hit.submission: hit.case for hit in (await search.search(SearchRequest(), scope(EVERYTHING))).hits
    } == before


async def test_an_index_of_another_database_is_begun_anew(
    indexer: Indexer, search: Search, intake: Intake, engine: Engine
) -> None:
    """An index that is ahead of the journal tells of what is not there."""
    ahead = Batch(documents=(), gone=(), after=Position(0), position=Position(10_000))
    await engine.apply(ahead)
    await intake.take_in([draft("1", title="烧烤店油烟")], actor="test", now=NOW)
    await indexer.catch_up()
    assert await titles(search) == ["烧烤店油烟"]


async def test_an_index_of_a_database_that_went_back_is_begun_anew(
    engine: Engine, cluster: Cluster, vault: Vault, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A standby that was behind takes over, and by the time that we look its journal is as long again."""
    primary = await cluster.create()
    await _index(cluster.url(primary), engine, vault, tmp_path, "烧烤店油烟")
    standby = await cluster.create(primary)
    await _index(cluster.url(primary), engine, vault, tmp_path, "再也没有的")
    assert (await ask(engine, "再也没有的")).total == 1
    await _index(cluster.url(standby), engine, vault, tmp_path, "夜间施工")
    assert ((await ask(engine, "")).total, (await ask(engine, "再也没有的")).total) == (2, 0)
    assert "another journal" in caplog.text
    for name in (primary, standby):
        await cluster.drop(name)


async def _index(url: str, engine: Engine, vault: Vault, folder: Path, title: str) -> None:
    """Take one submission in and index it, and leave the database."""
    pool = await open_pool(url, largest=3)
    try:
        await make_intake(pool, vault, folder / "attachments").take_in(
            [draft(title, title=title)], actor="test", now=NOW
        )
        await Indexer(pool=pool, engine=engine).catch_up()
    finally:
        await pool.close()


async def test_an_index_that_is_lost_is_told_of(
    indexer: Indexer, search: Search, intake: Intake, engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    """It is made anew by itself, and a line says that it was lost; a new one says nothing."""
    await intake.take_in([draft("1", title="烧烤店油烟")], actor="test", now=NOW)
    await indexer.catch_up()
    assert "lost" not in caplog.text
    await engine.clear()
    await indexer.catch_up()
    assert "lost" in caplog.text
    assert await titles(search) == ["烧烤店油烟"]


async def test_small_batches_give_the_same_index(
    indexer: Indexer, search: Search, intake: Intake, monkeypatch: pytest.MonkeyPatch, connection: Connection
) -> None:
    """Wherever a commit ends, nothing is lost and the position is the journal's."""
    monkeypatch.setattr("search.indexer.ENTRIES", 7)
    monkeypatch.setattr("search.indexer.TOGETHER", 2)
    await intake.take_in([draft(str(number), title=f"第{number}件") for number in range(25)], actor="test", now=NOW)
    assert await indexer.catch_up() == await journal.position(connection)
    assert await titles(search) == sorted(f"第{number}件" for number in range(25))


async def test_a_running_indexer_hears_of_each_commit(
    database_url: str, engine: Engine, search: Search, intake: Intake, pool: Pool
) -> None:
    """A submission is found within a second of being acknowledged; with room for a busy machine here."""
    async with running(database_url, engine):
        for number in range(3):
            await intake.take_in([draft(str(number), title=f"第{number}件")], actor="test", now=NOW)
            async with pool.acquire() as connection:
                position = await journal.position(connection)
            async with asyncio.timeout(3):
                await reached(engine, position)
            assert len(await titles(search)) == number + 1


async def test_only_the_holder_of_the_lock_writes_until_it_ends(
    intake: Intake, pool: Pool, engine: Engine, database_url: str
) -> None:
    """Another stands by, and takes over when the first is gone."""
    other = await connect(database_url)
    assert await other.fetchval(FOLLOWERS.try_lead, READER)
    async with running(database_url, engine):
        await intake.take_in([draft("1")], actor="test", now=NOW)
        async with pool.acquire() as connection:
            position = await journal.position(connection)
        await asyncio.sleep(0)
        assert await engine.position() is None
        await other.close()
        await reached(engine, position)


async def test_an_indexer_that_loses_the_lock_begins_anew(
    intake: Intake, engine: Engine, pool: Pool, database_url: str
) -> None:
    """Whoever has it meanwhile writes alone; once it is free again this one goes on by itself."""
    async with running(database_url, engine):
        await intake.take_in([draft("1")], actor="test", now=NOW)
        await reached(engine, Position(1))
        await pool.execute(
            "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and granted"
            " and database = (select oid from pg_database where datname = current_database())"
        )
        await intake.take_in([draft("2")], actor="test", now=NOW)
        async with pool.acquire() as connection:
            position = await journal.position(connection)
        await reached(engine, position)


async def test_an_indexer_goes_on_with_a_rebuilt_index(
    pool: Pool, intake: Intake, engine: Engine, indexer: Indexer, search: Search
) -> None:
    """It takes up from where the rebuilt one is, not from where it was itself."""
    await intake.take_in([draft("1", title="第一件")], actor="test", now=NOW)
    await indexer.catch_up()
    async with engine.rebuilding() as rebuilt:
        await Indexer(pool=pool, engine=rebuilt).fill()
        await intake.take_in([draft("2", title="第二件")], actor="test", now=NOW)
        await indexer.catch_up()
        await intake.take_in([draft("3", title="第三件")], actor="test", now=NOW)
    await indexer.catch_up()
    assert await titles(search) == ["第一件", "第三件", "第二件"]


async def test_what_is_written_while_an_index_is_filled_is_in_it(
    pool: Pool, intake: Intake, engine: Engine, search: Search
) -> None:
    """New, revised or gone: whatever comes after the filling began is taken from the journal at its end."""
    await intake.take_in([draft("1", title="第一件"), draft("2", title="第二件")], actor="test", now=NOW)
    async with engine.rebuilding() as rebuilt:
        written = rebuilt.apply

        async def apply(batch: Batch) -> None:
            await written(batch)
            if batch.position == 0:
                changed = [draft("1", title="改过的"), draft("3", title="第三件")]
                await intake.take_in(changed, actor="test", now=NOW)

        rebuilt.apply = apply  # type: ignore[method-assign]
        filled = await Indexer(pool=pool, engine=rebuilt).fill()
    async with pool.acquire() as connection:
        assert filled == await journal.position(connection)
    assert await titles(search) == sorted(["改过的", "第三件", "第二件"])
