"""Each viewer in turn: whoever asks seldom is answered next, whatever others ask, and nobody is forgotten."""

from __future__ import annotations

import asyncio
import threading
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.policy import Role
from resolvers.aside import Aside
from resolvers.documents import Document, Documents
from resolvers.plan import Plan
from resolvers.planner import Planner
from resolvers.turns import LATELY, WAITING, BusyError, Lanes, Turns
from tests.graph.factory import draft
from tests.viewers import EVERYTHING, headers_of, told_apart

if TYPE_CHECKING:
    import httpx

    from tests.api.conftest import Api

LONG = 20
STEPS = ["ask", "ask", "ask", "end", "leave", "both", "pass"]
"""Of which many ask, so that some have to wait."""


class Work:
    """Requests that take turns and end when they are told to."""

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self.began: list[str] = []
        self._ends: dict[int, asyncio.Event] = {}
        self.tasks: list[asyncio.Task[None]] = []

    def ask(self, viewer: str) -> int:
        """Ask for a turn as a viewer; return the number of the request."""
        number = len(self.tasks)
        self._ends[number] = asyncio.Event()
        self.tasks.append(asyncio.create_task(self._one(viewer, number)))
        return number

    async def _one(self, viewer: str, number: int) -> None:
        async with self._turns.of(viewer):
            self.began.append(f"{viewer}{number}")
            await self._ends[number].wait()

    def step(self, what: str, which: int) -> None:
        """Ask, or have one of the requests end, go away, or have one end and the next go away."""
        if what == "ask":
            self.ask("abc"[which % 3])
        elif self.tasks:
            number = which % len(self.tasks)
            if what in {"end", "both"}:
                self._ends[number].set()
            if what in {"leave", "both"}:
                self.tasks[(number + (what == "both")) % len(self.tasks)].cancel()

    async def end(self, number: int) -> None:
        """End a request, and let others begin."""
        self._ends[number].set()
        await settled()


async def settled() -> None:
    """Let all that can go on go on."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_the_next_turn_goes_to_whoever_waited_longest_since_their_last() -> None:
    """One asks five times, another once behind them: the second turn is the other's."""
    work = Work(Turns(1, 1, rest=0))
    for viewer in "aaaab":
        work.ask(viewer)
    await settled()
    for number in (0, 1, 4, 2, 3):
        await work.end(number)
    assert work.began == ["a0", "a1", "b4", "a2", "a3"]


async def test_nobody_takes_all_turns() -> None:
    """One is left for others, who are answered at once."""
    work = Work(Turns(3, 2, rest=0))
    for viewer in "aaaab":
        work.ask(viewer)
    await settled()
    assert work.began == ["a0", "a1", "b4"]
    await work.end(0)
    assert work.began == ["a0", "a1", "b4", "a2"]
    for number in (1, 2, 3, 4):
        await work.end(number)
    await asyncio.gather(*work.tasks)


async def test_whoever_asks_too_much_is_told_when_to_ask_again() -> None:
    """Others are not; one who must not be refused waits."""
    turns = Turns(1, 1, rest=0, waiting=2)
    work = Work(turns)
    for viewer in "aaaab":
        work.ask(viewer)
    await settled()
    with pytest.raises(BusyError, match=r"2 of your requests wait to be answered.* Try again in 1 s\.") as caught:
        await work.tasks[3]
    assert caught.value.extensions == {"code": "TOO_MANY_REQUESTS", "retryAfter": 1}
    waiting = asyncio.create_task(AsyncExitStack().enter_async_context(turns.of("a", patient=True)))
    await settled()
    assert not waiting.done()
    for number in (0, 1, 4, 2):
        await work.end(number)
    await waiting


async def test_it_tells_how_long_the_line_takes() -> None:
    """By what turns took until now."""
    now = 0.0
    turns = Turns(1, 1, waiting=3, monotonic=lambda: now)
    for _ in range(100):
        async with turns.of("a"):
            now += 10
    work = Work(turns)
    for _ in range(5):
        work.ask("a")
    await settled()
    with pytest.raises(BusyError) as caught:
        await work.tasks[4]
    assert caught.value.seconds == 30
    for task in work.tasks:
        task.cancel()
    await asyncio.gather(*work.tasks, return_exceptions=True)


async def test_whoever_asks_much_rests_while_others_are_there() -> None:
    """As long as the turn took; the turn is another's meanwhile, and alone nobody rests."""
    now = 0.0
    turns = Turns(1, 1, monotonic=lambda: now)
    work = Work(turns)
    for viewer in "abaa":
        work.ask(viewer)
    await settled()
    now = 0.01
    await work.end(0)  # nobody else was answered before: no rest
    await work.end(1)
    assert work.began == ["a0", "b1", "a2"]
    now = 0.06
    await work.end(2)
    assert work.began == ["a0", "b1", "a2"]  # it rests, and the turn is free
    async with asyncio.timeout(LONG), turns.of("c"):
        pass
    work._ends[3].set()
    async with asyncio.timeout(LONG):
        await work.tasks[3]
    assert work.began == ["a0", "b1", "a2", "a3"]


async def test_a_lone_viewer_has_more_turns_until_another_comes() -> None:
    """Who gets one at once; then the lone one's fall to what each has, until nobody else was there for a while."""
    now = 0.0
    work = Work(Turns(3, 2, lone=5, rest=0, monotonic=lambda: now))
    for _ in range(8):
        work.ask("a")
    await settled()
    assert work.began == ["a0", "a1", "a2", "a3", "a4"]
    work.ask("b")
    await settled()
    assert work.began.pop() == "b8"
    for number in (0, 1, 2, 8):
        await work.end(number)
    assert work.began == ["a0", "a1", "a2", "a3", "a4"]  # b was answered just now
    now = LATELY
    await work.end(3)
    assert work.began == ["a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7"]
    for number in (4, 5, 6, 7):
        await work.end(number)
    await asyncio.gather(*work.tasks)


async def test_whoever_is_answered_in_another_lane_is_there() -> None:
    """So a turn is free when they come to this one."""
    lanes = Lanes.of(5, 10)
    async with lanes.documents.of("b"):
        pass
    work = Work(lanes.light)
    for _ in range(3):
        work.ask("a")
    await settled()
    assert work.began == ["a0", "a1"]
    for number in range(3):
        await work.end(number)
    async with asyncio.timeout(LONG):
        await asyncio.gather(*work.tasks)


class Watched(Turns):
    """Turns of which a lone viewer has five; notes whoever gets more than each while others are there."""

    def __init__(self, most: int, each: int) -> None:
        super().__init__(most, each, lone=5, rest=0, monotonic=lambda: self.now)
        self.now = 0.0
        self.greedy: list[str] = []
        self._answered: dict[str, float] = {}

    def _begin(self, viewer: str) -> None:
        lately = {one for one, when in self._answered.items() if self.now - when < LATELY}
        if self._taken[viewer] >= self._each and {*self._taken, *self._waiting, *lately} - {viewer}:
            self.greedy.append(viewer)
        super()._begin(viewer)

    def _end(self, viewer: str, took: float) -> None:
        self._answered[viewer] = self.now
        super()._end(viewer, took)


@given(
    sizes=st.sampled_from([(3, 2), (2, 2), (1, 1)]),
    steps=st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 5)), min_size=20, max_size=60),
)
async def test_turns_are_neither_lost_nor_given_twice(sizes: tuple[int, int], steps: list[tuple[str, int]]) -> None:
    """Whoever ends, goes away while waiting, or just when given a turn; and nobody has all while others are there."""
    turns, (most, each) = Watched(*sizes), sizes
    work = Work(turns)
    for what, which in steps:
        if what == "pass":
            turns.now += LATELY / 2
        else:
            work.step(what, which)
        if which % 2:
            await settled()
            assert turns._given == turns._taken.total() - turns._extra.total() <= most
            assert all(taken <= 5 for taken in turns._taken.values())
            assert all(turns._taken[one] >= each or turns._given == most for one in turns._waiting)
    for event in work._ends.values():
        event.set()
    async with asyncio.timeout(LONG):
        await asyncio.gather(*work.tasks, return_exceptions=True)
    assert turns.greedy == []
    assert not turns._taken
    assert not turns._extra
    assert turns._given == 0
    assert not turns._waiting


@pytest.mark.parametrize(("reading", "writing"), [(1, 1), (2, 2), (3, 10), (5, 10), (33, 40)])
def test_turns_need_no_more_connections_than_there_are(reading: int, writing: int) -> None:
    """So nobody with a turn waits behind somebody else for a connection, but where there is a single one."""
    lanes = Lanes.of(reading, writing)
    assert lanes.light._most + lanes.heavy._most == max(2, reading)
    assert lanes.writing._most <= writing
    for turns in (lanes.light, lanes.heavy, lanes.writing):
        assert 1 <= turns._each <= turns._most
        assert turns._each < turns._most or turns._most <= 2
    assert lanes.light._lone == max(lanes.light._each, reading)
    assert all(turns._lone == turns._each for turns in (lanes.heavy, lanes.writing, lanes.documents))


async def test_a_viewer_with_too_many_requests_is_refused_and_another_is_answered(api: Api) -> None:
    """429 with when to try again, in the one shape; all that were taken are answered, and others among the first."""
    await api.take_in(draft("1"))
    asked = {"query": "{ caseFigures { cases answered } }"}
    ended: list[str] = []

    async def ask(name: str, headers: dict[str, str] | None = None) -> httpx.Response:
        answer = await api.http.post("/graphql", json=asked, headers=headers)
        ended.append(name)
        return answer

    async with asyncio.timeout(LONG):
        burst = [asyncio.create_task(ask("burst")) for _ in range(WAITING + 40)]
        other = asyncio.create_task(ask("other", headers_of(replace(EVERYTHING, name="another"))))
        answers = [await one for one in burst]
    refused = [one for one in answers if one.status_code == 429]
    assert len(answers) - len(refused) >= WAITING
    assert refused
    for one in refused:
        [error] = one.json()["errors"]
        assert told_apart(error) == {"code": "TOO_MANY_REQUESTS", "retryAfter": int(one.headers["retry-after"])}
    assert all("errors" not in one.json() for one in (await other, *answers) if one not in refused)
    assert ended.index("other") < len(refused) + WAITING // 2


async def test_others_are_answered_while_a_document_is_read(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """What takes a processor long is done beside the loop, one document after the other."""
    known, long = "{ organs { totalCount } }", "{ places { totalCount } }"
    expected = await api.ask(known)
    parsed, reading, told = Documents.parsed, asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def slowly(documents: Documents, text: str) -> Document:
        loop.call_soon_threadsafe(reading.set)
        assert told.wait(LONG)
        return parsed(documents, text)

    monkeypatch.setattr(Documents, "parsed", slowly)
    async with asyncio.timeout(LONG):
        waiting = asyncio.create_task(api.ask(long))
        await reading.wait()
        assert await api.ask(known) == expected
        assert (await api.http.get("/healthz")).status_code == 200
        assert not waiting.done()
        told.set()
        await waiting


async def test_whoever_goes_away_leaves_the_thread_to_others() -> None:
    """The next document is read when the one before has ended, not beside it."""
    aside, began, told = Aside("test"), asyncio.Event(), threading.Event()
    loop, ran = asyncio.get_running_loop(), []

    def first() -> None:
        loop.call_soon_threadsafe(began.set)
        assert told.wait(LONG)
        ran.append("first")

    gone = asyncio.create_task(aside.run(first))
    async with asyncio.timeout(LONG):
        await began.wait()
        gone.cancel()
        following = asyncio.create_task(aside.run(lambda: ran.append("second")))
        told.set()
        with pytest.raises(asyncio.CancelledError):
            await gone
        await following
    assert ran == ["first", "second"]


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        ("{ organs { totalCount } }", {}),
        ("query($after: String) { cases(after: $after) { nodes { id } } }", {"after": "no cursor"}),
        ("query($after: String) { cases(after: $after) { nodes { id } } }", {}),
        ('{ history(division: "43", matching: "(") { totalCount } cases { totalCount } }', {}),
        ("{ rejections { totalCount } cases { totalCount } }", {}),
        ("{ search { edges { node { id } } } }", {}),
        ('{ nothing, cases(first: "x") { nodes { id } } }', {}),
        ("{ cases(first: 201) { nodes { id } } }", {}),
    ],
)
async def test_whatever_is_read_or_planned_is_so_beside_the_loop(
    api: Api, monkeypatch: pytest.MonkeyPatch, query: str, variables: dict[str, str]
) -> None:
    """Right or wrong, allowed or not, for the first time or again: nobody waits for another's document."""
    await api.take_in(draft("1"))
    loop = threading.current_thread()
    at_work: list[threading.Thread] = []

    def watched(kind: type, name: str) -> None:
        real = getattr(kind, name)

        def watch(*given: Any, **named: Any) -> Any:
            at_work.append(threading.current_thread())
            return real(*given, **named)

        monkeypatch.setattr(kind, name, watch)

    watched(Documents, "parsed")
    watched(Planner, "plan")
    watched(Plan, "written")
    for viewer in (EVERYTHING, replace(EVERYTHING, roles=frozenset({Role.LEADER}), name="leader")):
        for _ in range(2):
            asked = {"query": query, "variables": variables}
            await api.http.post("/graphql", json=asked, headers=headers_of(viewer))
    assert at_work
    assert loop not in at_work
