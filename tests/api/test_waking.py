"""A subscription costs nothing until something may concern it, and never costs others their turn."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import pytest

from casegraph.app import executor_of
from graph.scope import scope
from resolvers.asked import Asked
from resolvers.limits import DocumentLimits
from resolvers.trusted import Trusted
from resolvers.turns import Recent, Turns
from sync import tail
from tests.conftest import PATIENCE
from tests.graph.factory import draft
from tests.viewers import EVERYTHING

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable

    from graph.database import Pool
    from graph.policy import Viewer
    from resolvers.asked import Answer
    from resolvers.execution import Executor
    from tests.api.conftest import Api

RECEIPTS: Final = "subscription { submissionReceived { submission { externalId } } }"
CASES: Final = "subscription { caseChanged { case { title } } }"
READS: Final = "with entry as materialized"
"""Of the statement that reads what entries tell of cases."""
NEAR: Final = replace(EVERYTHING, name="test:near", divisions=("4301",))
FAR: Final = replace(EVERYTHING, name="test:far", divisions=("4401",))


@pytest.fixture
def executor(api: Api) -> Executor:
    """Give what answers subscriptions."""
    return executor_of(api.services, DocumentLimits(), Trusted())


class Subscriber:
    """One who follows."""

    def __init__(self, answers: AsyncGenerator[Answer, None]) -> None:
        self._answers = answers
        self.heard = asyncio.ensure_future(self._next())

    async def _next(self) -> Any:
        return json.loads((await anext(self._answers)).body())["data"]

    async def hear(self) -> Any:
        """Return the next event."""
        async with asyncio.timeout(PATIENCE):
            (event,) = (await self.heard).values()
        self.heard = asyncio.ensure_future(self._next())
        return event

    async def leave(self) -> None:
        """Follow no longer."""
        self.heard.cancel()
        await asyncio.gather(self.heard, return_exceptions=True)


@asynccontextmanager
async def following(executor: Executor, query: str, *viewers: Viewer) -> AsyncIterator[list[Subscriber]]:
    """Have viewers follow while inside; all wait for the next event when it begins."""
    listening = executor.surroundings.context(EVERYTHING).follows.shared.tail  # type: ignore[attr-defined]
    async with AsyncExitStack() as stack:
        # One before them, so that each knows from where on it follows as soon as it does.
        await stack.enter_async_context(listening.follower(tail.Told.ALERTS, scope(EVERYTHING)))
        await until(lambda: listening._position is not None)
        subscribers = []
        for viewer in viewers:
            answers = await stack.enter_async_context(aclosing(executor.subscribe(Asked(query), viewer)))
            subscribers.append(Subscriber(answers))
            stack.push_async_callback(subscribers[-1].leave)
        await until(lambda: sum(map(len, listening._followers.values())) > len(viewers))
        yield subscribers


async def until(holds: Callable[[], bool]) -> None:
    """Let others go on until something holds."""
    async with asyncio.timeout(PATIENCE):
        while not holds():  # noqa: ASYNC110 - what is looked at tells nobody
            await asyncio.sleep(0)


@pytest.fixture
async def statements(reading_pool: Pool) -> list[str]:
    """Give the list of what is read for viewers from now on."""
    log: list[str] = []
    connections = [await reading_pool.acquire() for _ in range(reading_pool.get_max_size())]
    for one in connections:
        one.add_query_logger(lambda record: log.append(record.query))
    for one in connections:
        await reading_pool.release(one)
    return log


async def test_what_concerns_others_costs_a_follower_nothing(
    api: Api, executor: Executor, statements: list[str]
) -> None:
    """Fifty who see another province have nothing read for them, nor has whoever begins to follow."""
    async with following(executor, CASES, NEAR, *[FAR] * 50) as (near, *far):
        assert statements == []
        await api.take_in(draft("1", division="430104", title="路灯坏了"))
        assert (await near.hear())["case"] == {"title": "路灯坏了"}
        assert sum(READS in one for one in statements) == 1
        statements.clear()
        await api.take_in(draft("2", division="440104", title="噪音扰民"))
        assert [(await one.hear())["case"] for one in far] == [{"title": "噪音扰民"}] * 50
        assert sum(READS in one for one in statements) == 1


async def test_many_who_come_at_once_ask_once_where_the_journal_ends(api: Api) -> None:
    """However long the first look takes: each by itself would keep it from the connections."""
    asked = 0

    def note(record: Any) -> None:
        nonlocal asked
        asked += "journal_head" in record.query

    pool = api.services.pool
    connections = [await pool.acquire() for _ in range(pool.get_max_size())]
    for one in connections:
        one.add_query_logger(note)
    listening = tail.Tail(pool)
    async with listening.follower(tail.Told.CASES, scope(EVERYTHING)):
        waiting = [asyncio.create_task(listening.position()) for _ in range(500)]
        await asyncio.sleep(0)
        for one in connections:
            await pool.release(one)
        async with asyncio.timeout(PATIENCE):
            assert set(await asyncio.gather(*waiting)) == {0}
        await until(lambda: listening._position is not None)
    assert 0 < asked <= 3


async def test_those_who_see_the_same_share_what_is_read(api: Api, executor: Executor, statements: list[str]) -> None:
    """Under whatever names; each is told by cursors of their own."""
    viewers = [replace(NEAR, name=f"test:{number}") for number in range(30)]
    async with following(executor, CASES, *viewers) as subscribers:
        await api.take_in(draft("1", division="430104", title="路灯坏了"))
        told = [(await one.hear())["case"] for one in subscribers]
    assert told == [{"title": "路灯坏了"}] * 30
    assert sum(READS in one for one in statements) == 1


async def test_a_commit_without_a_submission_wakes_nobody_who_waits_for_one(
    api: Api, executor: Executor, statements: list[str]
) -> None:
    """Only those who follow cases."""
    await api.take_in(draft("1"), draft("2", text="噪音扰民，夜里不停。"))
    cases = [row["id"] for row in await api.services.pool.fetch('select id from "case" order by number')]
    statements.clear()
    async with following(executor, RECEIPTS, EVERYTHING), following(executor, CASES, EVERYTHING) as (by_case,):
        await api.services.commands.join_cases(
            leading=cases[0], other=cases[1], reason="同一事项", by=EVERYTHING, now=api.services.clock()
        )
        await by_case.hear()
    assert not any("SUBMISSION_RECEIVED' then array" in one for one in statements)


async def test_a_call_that_was_missed_is_made_up_for(
    api: Api, executor: Executor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who listens is cut off, again and again; what happens meanwhile is told all the same, each once."""
    monkeypatch.setattr(tail, "LOOK_EVERY", 0.05)
    listening = (
        "select count(pg_terminate_backend(pid)) from pg_stat_activity"
        " where pid <> pg_backend_pid() and datname = current_database() and query ilike any(array[$1, $2, $3])"
    )
    async with following(executor, RECEIPTS, EVERYTHING) as (subscriber,):
        for number in range(5):
            await api.services.pool.fetchval(listening, "%listen%", "%journal_head%", "%saved_search own%")
            await api.take_in(draft(str(number), text=f"第{number}件事。" * 9))
            assert (await subscriber.hear())["submission"] == {"externalId": str(number)}


async def test_followers_are_told_one_after_the_other() -> None:
    """However many wait, one has the turn; where others are answered it rests before the next, and all have theirs."""
    for others in (False, True):
        recent = Recent()
        turns, held, most, had = Turns(1, 1, together=True, recent=recent), 0, 0, 0

        async def follow(viewer: str, turns: Turns = turns) -> None:
            nonlocal held, most, had
            async with turns.of(viewer, patient=True):
                held += 1
                most = max(most, held)
                await asyncio.sleep(0)
                held -= 1
                had += 1

        if others:
            recent.note("other", time.monotonic())
        followers = [asyncio.create_task(follow(f"test:{number % 3}")) for number in range(50)]
        followers[7].cancel()
        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(*followers, return_exceptions=True)
        assert (most, had) == (1, 49)


async def test_a_client_that_takes_nothing_has_no_turn(api: Api, executor: Executor) -> None:
    """Others are told meanwhile."""
    async with following(executor, CASES, EVERYTHING) as (other,):
        await other.leave()
        async with aclosing(executor.subscribe(Asked(CASES), EVERYTHING)) as answers:
            slow = asyncio.ensure_future(anext(answers))
            async with following(executor, CASES, FAR) as (quick,):
                for number in range(3):
                    await api.take_in(draft(str(number), division="440104", text=f"第{number}件事。" * 9))
                    await quick.hear()
            await slow  # and takes no other
