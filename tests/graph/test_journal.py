"""The journal: gapless, in the order of commit, chained, and no writer waits for ever."""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from graph import journal
from graph.database import transaction
from graph.ids import new_id
from graph.journal import CHANNEL, Entry, EntryKind
from graph.records import Position

if TYPE_CHECKING:
    from graph.database import Connection, Pool

NOW = datetime(2026, 11, 24, tzinfo=UTC)


def entry(**changes: object) -> Entry:
    """Return an entry about something new."""
    return Entry(**{"kind": EntryKind.CASE_OPENED, "subject": new_id(), "actor": "test", "at": NOW} | changes)  # type: ignore[arg-type]  # the test's own values


class RolledBackError(Exception):
    """A writer changed its mind."""


@pytest.mark.both_ways
async def test_a_reader_sees_every_position_once_and_in_order_while_many_write(pool: Pool) -> None:
    """Eight writers, single and batches, a fifth rolling back: positions have no hole and come in order."""
    chance = random.Random(5)  # noqa: S311  # reproducible, not secret
    plans = [[(chance.choice([1, 1, 1, 40]), chance.random() < 0.2) for _ in range(25)] for _ in range(8)]
    written = sum(size for plan in plans for size, back in plan if not back)

    async def write(plan: list[tuple[int, bool]]) -> None:
        for size, back in plan:
            try:
                async with transaction(pool) as connection:
                    await journal.append(connection, [entry() for _ in range(size)])
                    if back:
                        raise RolledBackError
            except RolledBackError:
                continue

    async def follow() -> list[Position]:
        seen: list[Position] = []
        async with pool.acquire() as connection:
            while len(seen) < written:
                seen += [one.position for one in await journal.read(connection, Position(len(seen)), 100)]
        return seen

    seen, *_ = await asyncio.gather(follow(), *(write(plan) for plan in plans))
    assert seen == list(range(1, written + 1))
    async with pool.acquire() as connection:
        assert (await journal.verify(connection)).broken_at is None


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("actor", "somebody else"),
        ("at", datetime(2020, 1, 1, tzinfo=UTC)),
        ("subject", new_id()),
        ("state", "ANSWERED"),
        ("fields", ["title"]),
        ("revisions", [new_id()]),
        ("digest", b"x"),
        ("kind", "CASE_MOVED"),
    ],
)
async def test_a_changed_entry_breaks_the_chain_where_it_was_changed(
    connection: Connection, column: str, value: object
) -> None:
    """Whoever changes history by hand is found out, with the position."""
    await _write(connection, 5)
    await connection.execute(f"update journal set {column} = $1 where position = 3", value)  # noqa: S608  # the test's own names
    assert (await journal.verify(connection)).broken_at == 4


@pytest.mark.parametrize("position", [1, 3, 5])
async def test_a_missing_entry_breaks_the_chain(connection: Connection, position: int) -> None:
    """An entry taken out is missed, the last one too."""
    await _write(connection, 5)
    await connection.execute("delete from journal where position = $1", position)
    assert (await journal.verify(connection)).broken_at is not None


async def _write(connection: Connection, count: int) -> None:
    async with connection.transaction():
        await journal.append(connection, [entry(fields=("text",), revisions=(new_id(),)) for _ in range(count)])


async def test_a_commit_notifies_after_its_entries_can_be_read(pool: Pool) -> None:
    """Whoever hears the notification finds the entries."""
    heard: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    async with pool.acquire() as listener, pool.acquire() as connection:

        def hear(_connection: object, _process: int, _channel: str, payload: object) -> None:
            heard.set_result(str(payload))

        await listener.add_listener(CHANNEL, hear)
        async with connection.transaction():
            await journal.append(connection, [entry(), entry()])
        assert await asyncio.wait_for(heard, 10) == "2"
        assert len(await journal.read(listener, Position(0), 10)) == 2
        await listener.remove_listener(CHANNEL, hear)


async def test_partitions_are_made_ahead_and_once(connection: Connection) -> None:
    """The next partitions are there before an entry needs them; asking again makes none."""
    assert await journal.ensure_partitions(connection) == ["journal_p2"]
    assert await journal.ensure_partitions(connection) == []
    await connection.execute("update journal_head set position = 9999998")
    async with connection.transaction():
        await journal.append(connection, [entry(), entry(), entry()])
    assert await connection.fetchval("select count(*) from journal_p1") == 2


async def test_a_reader_remembers_how_far_it_came(connection: Connection) -> None:
    """A reader that never began is at 0."""
    assert await journal.reader_reached(connection, "search") == journal.NOTHING
    async with connection.transaction():
        await journal.append(connection, [entry(), entry(), entry()])
    await journal.move_reader(connection, "search", Position(1))
    await journal.move_reader(connection, "search", Position(2))
    third = (await journal.read(connection, Position(2), 1))[0]
    assert await journal.reader_reached(connection, "search") == journal.Reached(Position(2), third.previous)
    await journal.move_reader(connection, "search", Position(3))
    assert await journal.reader_reached(connection, "search") == await journal.end(connection)


async def test_a_reader_of_another_journal_begins_anew(connection: Connection) -> None:
    """One that is shorter now, or says something else at the same position."""
    async with connection.transaction():
        await journal.append(connection, [entry(), entry()])
    read = await journal.end(connection)
    await journal.move_reader(connection, "search", read.position)
    assert await journal.holds(connection, read)
    assert not await journal.holds(connection, journal.Reached(Position(1), read.link))
    assert not await journal.holds(connection, journal.Reached(Position(3), read.link))
    await connection.execute("update journal_head set hash = sha256('another')")
    assert not await journal.holds(connection, read)
    assert await journal.reader_reached(connection, "search") == journal.NOTHING
