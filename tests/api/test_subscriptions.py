"""Who follows misses nothing and gets nothing twice, wherever it was cut off; who is too slow is told and dropped."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from casegraph.app import build_app, executor_of
from casegraph.client_limits import ClientLimits
from graph.records import CaseId
from resolvers.asked import Asked
from resolvers.limits import DocumentLimits
from resolvers.trusted import Trusted
from tests.graph.factory import NOW, draft
from tests.viewers import EVERYTHING, raw_headers_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, MutableMapping

    from resolvers.execution import Executor
    from tests.api.conftest import Api

LONG = 20
CASES = """subscription($after: String, $filter: CaseFilter) {
    caseChanged(after: $after, filter: $filter) { cursor kind case { id title } } }"""
RECEIPTS = """subscription($after: String, $filter: SubmissionFilter) {
    submissionReceived(after: $after, filter: $filter) { cursor kind submission { externalId } } }"""


@pytest.fixture
def executor(api: Api) -> Executor:
    """Give what answers subscriptions."""
    return executor_of(api.services, DocumentLimits(), Trusted())


async def follow(executor: Executor, query: str, count: int, **variables: Any) -> list[Any]:
    """Return the next events of a subscription."""
    found = []
    async with asyncio.timeout(LONG), aclosing(executor.subscribe(Asked(query, variables), EVERYTHING)) as answers:
        async for answer in answers:
            body = json.loads(answer.body())
            assert "errors" not in body, body["errors"]
            found += body["data"].values()
            if len(found) == count:
                break
    return found


async def beginning(api: Api) -> str:
    """Return the cursor before everything."""
    cursor: str = (await api.ask("{ changes(first: 0) { cursor } }"))["changes"]["cursor"]
    return cursor


async def test_each_event_comes_once_wherever_it_goes_on(api: Api, executor: Executor) -> None:
    """Cut after every event in turn, what follows is what an uncut follower sees."""
    start = await beginning(api)
    await api.take_in(*(draft(str(number), title=f"第{number}件", text=f"第{number}件事。" * 9) for number in range(3)))
    cases = [CaseId(row["id"]) for row in await api.services.pool.fetch('select id from "case" order by number')]
    await api.services.commands.join_cases(leading=cases[0], other=cases[1], reason="同一事项", by=EVERYTHING, now=NOW)
    await api.services.commands.part_cases(case=cases[1], by=EVERYTHING, now=NOW)
    whole = await all_behind(executor, start)
    # Parting tells of both cases: two events of one entry, each with a cursor of its own.
    assert [event["kind"] for event in whole].count("CASES_PARTED") == 2
    told = [(event["kind"], event["case"]["id"]) for event in whole]
    for place, event in enumerate(whole):
        rest = await all_behind(executor, event["cursor"])
        assert [(one["kind"], one["case"]["id"]) for one in rest] == told[place + 1 :]


async def all_behind(executor: Executor, cursor: str) -> list[Any]:
    """Return what is told behind a cursor, up to what has happened."""
    found: list[Any] = []
    async with aclosing(executor.subscribe(Asked(CASES, {"after": cursor}), EVERYTHING)) as answers:
        while True:
            try:
                async with asyncio.timeout(0.5 if found else 1.0):
                    answer = await anext(answers)
            except TimeoutError:
                return found
            found.append(json.loads(answer.body())["data"]["caseChanged"])


async def test_what_happens_while_somebody_listens_is_told(api: Api, executor: Executor) -> None:
    """Without a cursor from now on, which is after what was there before."""
    await api.take_in(draft("old"))
    listening = asyncio.create_task(follow(executor, RECEIPTS, 2))
    number = 0
    while not listening.done():  # it may not have read where it begins yet: what it then sees begins later
        await api.take_in(draft(f"new{number}", title=f"第{number}件", text=f"第{number}件事。" * 9))
        number += 1
        await asyncio.wait([listening], timeout=0.2)
    events = await listening
    told = [event["submission"]["externalId"] for event in events]
    first = int(told[0].removeprefix("new"))
    assert told == [f"new{first}", f"new{first + 1}"]


async def test_a_filter_holds_for_events(api: Api, executor: Executor) -> None:
    """Only what passes is told; the cursor behind it does not tell what was left out."""
    start = await beginning(api)
    await api.take_in(
        draft("a", division="430104", text="路灯坏了。"), draft("b", division="430105", text="噪音扰民。")
    )
    wanted = {"division": {"within": "430105"}, "channel": {"equals": "HOTLINE"}, "kind": {"anyOf": ["APPEAL"]}}
    [event] = await follow(executor, RECEIPTS, 1, after=start, filter=wanted)
    assert event["submission"]["externalId"] == "b"


@pytest.mark.parametrize(
    ("variables", "code"),
    [({"after": "x"}, "INVALID_CURSOR"), ({"filter": {"division": {"within": "x"}}}, "INVALID_VALUE")],
)
async def test_what_cannot_be_followed_is_told(executor: Executor, variables: dict[str, Any], code: str) -> None:
    """One answer with the error, and the end."""
    answers = [answer async for answer in executor.subscribe(Asked(CASES, variables), EVERYTHING)]
    assert [error["extensions"]["code"] for error in json.loads(answers[0].body())["errors"]] == [code]
    assert len(answers) == 1


async def test_who_is_too_slow_is_told_and_goes_on_later(api: Api) -> None:
    """The error holds the cursor behind what was sent; nobody else waits meanwhile."""
    start = await beginning(api)
    await api.take_in(draft("1", text="路灯坏了。"), draft("2", text="噪音扰民。"))
    services = replace(api.services, client_limits=ClientLimits(take_seconds=0.0))
    executor = executor_of(services, DocumentLimits(), Trusted())
    answers = [answer async for answer in executor.subscribe(Asked(RECEIPTS, {"after": start}), EVERYTHING)]
    assert [answer.executed for answer in answers] == [True, False]
    [error] = answers[1].errors
    told = dict(error.extensions or {})
    assert told["code"] == "SLOW_CLIENT"
    executor = executor_of(api.services, DocumentLimits(), Trusted())
    [event] = await follow(executor, RECEIPTS, 1, after=told["cursor"])
    assert event["submission"]["externalId"] == "2"


class Socket:
    """A client of the protocol, which takes messages only when it is told to."""

    def __init__(self, api: Api) -> None:
        self.sent: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.taken: asyncio.Queue[MutableMapping[str, Any]] = asyncio.Queue()
        self.open = asyncio.Event()
        self.open.set()
        self._app = build_app(api.services)
        self.running: asyncio.Task[None] | None = None

    async def begin(self) -> None:
        """Connect and say hello."""
        headers = [(b"host", b"127.0.0.1:8000"), *raw_headers_of()]
        scope = {"type": "websocket", "path": "/graphql", "headers": headers, "subprotocols": ["graphql-transport-ws"]}
        self.running = asyncio.create_task(self._app(scope, self.sent.get, self._take))  # type: ignore[arg-type]
        await self.sent.put({"type": "websocket.connect"})
        await self.say(type="connection_init")
        assert (await self.taken.get())["type"] == "websocket.accept"
        assert await self.hear() == {"type": "connection_ack"}

    async def _take(self, message: MutableMapping[str, Any]) -> None:
        await self.open.wait()
        await self.taken.put(message)

    async def say(self, **message: Any) -> None:
        """Send a message."""
        await self.sent.put({"type": "websocket.receive", "text": json.dumps(message)})

    async def hear(self) -> Any:
        """Return the next message."""
        async with asyncio.timeout(LONG):
            return json.loads((await self.taken.get())["text"])

    async def end(self) -> None:
        """Hang up."""
        await self.sent.put({"type": "websocket.disconnect", "code": 1000})
        assert self.running is not None
        await asyncio.wait_for(self.running, LONG)


@pytest.fixture
async def socket(api: Api) -> AsyncIterator[Socket]:
    """Give a connection."""
    opened = Socket(api)
    await opened.begin()
    yield opened
    await opened.end()


async def test_queries_mutations_and_subscriptions_share_a_connection(api: Api, socket: Socket) -> None:
    """Each operation under its own id; completing one leaves the others."""
    start = await beginning(api)
    await socket.say(id="1", type="subscribe", payload={"query": RECEIPTS, "variables": {"after": start}})
    await socket.say(id="2", type="subscribe", payload={"query": "{ organs { totalCount } }"})
    assert await socket.hear() == {"id": "2", "type": "next", "payload": {"data": {"organs": {"totalCount": 0}}}}
    assert await socket.hear() == {"id": "2", "type": "complete"}
    await api.take_in(draft("1"))
    event = await socket.hear()
    assert (event["id"], event["type"]) == ("1", "next")
    assert event["payload"]["data"]["submissionReceived"]["submission"] == {"externalId": "1"}
    await socket.say(id="1", type="complete")
    await socket.say(id="3", type="subscribe", payload={"query": "{ nothing }"})
    refused = await socket.hear()
    assert (refused["id"], refused["type"]) == ("3", "error")
    assert refused["payload"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"


async def test_one_connection_listens_for_all_and_none_when_nobody_does(api: Api, executor: Executor) -> None:
    """A hundred followers cost one connection of the pool, which they give back."""
    start = await beginning(api)
    async with asyncio.timeout(LONG):
        following = [asyncio.create_task(follow(executor, RECEIPTS, 1, after=start)) for _ in range(100)]
        await api.take_in(draft("1"))
        for events in await asyncio.gather(*following):
            assert [event["submission"]["externalId"] for event in events] == ["1"]
        listening = (
            "select count(*) from pg_stat_activity where query ilike '%listen%' and pid <> pg_backend_pid()"
            " and datname = current_database()"
        )
        while api.services.pool.get_idle_size() < api.services.pool.get_size():  # noqa: ASYNC110 - the pool tells none
            await asyncio.sleep(0)
        assert await api.services.pool.fetchval(listening) <= 1
    assert replace(api.services).pool.get_size() <= 10
