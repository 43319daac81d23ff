"""Whatever is under way when PostgreSQL ends its connections is answered as unavailable, and all goes on behind it."""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest

from graph import api_keys
from graph.api_keys import Scope
from graph.database import is_away
from graph.policy import Role
from graph.scope import scope
from sync import tail
from sync.tail import Tail, Told
from tests.conftest import DEEP, LONG
from tests.graph.factory import draft
from tests.viewers import EVERYTHING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    import httpx

    from graph.database import Connection
    from graph.identity import Vault
    from tests.api.conftest import Api

ROUNDS = 400 if DEEP else 25
STEPS = 60
"""Turns of the event loop within which the connections are ended: about as many as the answers take."""
CONNECTIONS = 10 + 3 + 1
"""Those of both pools, and one."""
CUT = """select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'"""
TICKET = {"received_at": "2026-11-20 10:00:00", "text": "路灯坏了。"}
VISIT = """mutation { submitVisit(
    input: {title: "楼道堆物", text: "堆满了杂物。", receivedAt: "2026-11-20T09:30:00+08:00"}
) { change errors { message } } }"""
ORDINARY = frozenset({"NOT_FOUND", "TOO_MANY_REQUESTS"})
"""What whoever asks for a receipt that is not there is told, now and many times."""
READS = (
    "{ cases { totalCount nodes { number submissions(first: 2) { nodes { title } } } } }",
    '{ search(query: "路灯") { totalCount edges { node { title } } } organs { totalCount } }',
    "{ changes(first: 5) { cursor } }",
    VISIT,
)


def codes_of(answer: httpx.Response) -> set[str]:
    """Return the codes of an answer's errors."""
    if not answer.headers["content-type"].startswith(("application/json", "application/graphql-response+json")):
        return set()
    told: dict[str, Any] = answer.json()
    return {error["extensions"]["code"] for error in told.get("errors", [])}


def asking(http: httpx.AsyncClient, key: str, numbers: Iterator[int]) -> list[Callable[[], Awaitable[httpx.Response]]]:
    """Return every kind of request that reaches the database."""
    keyed = {"authorization": f"Bearer {key}"}

    def pushed() -> Awaitable[httpx.Response]:
        ticket = TICKET | {"ticket_number": f"T{next(numbers)}"}
        return http.post("/intake/centre?channel=HOTLINE", json=[ticket], headers=keyed)

    return [
        *(lambda query=query: http.post("/graphql", json={"query": query}) for query in READS),
        lambda: http.get("/sync/changes"),
        lambda: http.get("/receipts/AAAAAAAAAAAAA"),
        lambda: http.post("/graphql", json={"query": READS[0]}, headers=keyed),
        pushed,
    ]


async def some_turns() -> int:
    """Let the event loop turn for a while that chance draws, and return how often it did."""
    turns = random.randrange(STEPS)  # noqa: S311  # nothing secret
    for _ in range(turns):
        await asyncio.sleep(0)
    return turns


async def answered(ask: Callable[[], Awaitable[httpx.Response]]) -> None:
    """Ask until it is answered: each connection that was ended is met once at most."""
    for _ in range(CONNECTIONS):
        if (codes := codes_of(await ask())) != {"UNAVAILABLE"}:
            assert codes <= ORDINARY
            return
    pytest.fail("The connections that were ended are given out again and again.")


async def test_what_is_under_way_is_unavailable_and_never_a_fault_of_ours(
    api: Api, connection: Connection, vault: Vault, caplog: pytest.LogCaptureFixture
) -> None:
    """At whatever moment the connections end; soon after all is answered again."""
    await api.take_in(*(draft(str(number)) for number in range(5)))
    now = datetime.now(UTC)
    scope = Scope(
        name="呼叫中心",
        roles=frozenset({Role.PARTNER}),
        divisions=("",),
        organs=frozenset(),
        sources=frozenset({"centre"}),
    )
    key = await api_keys.create(connection, vault, scope, now, now + timedelta(days=1))
    seen: set[str] = set()
    kinds = asking(api.http, key, iter(range(10**6)))
    for _ in range(ROUNDS):
        answers = asyncio.gather(*(ask() for ask in kinds))
        turns = await some_turns()
        await connection.execute(CUT)
        found = {code for answer in await answers for code in codes_of(answer)}
        seen |= found
        assert found <= ORDINARY | {"UNAVAILABLE"}, (turns, found, caplog.text)
        for ask in kinds:
            await answered(ask)
    assert "UNAVAILABLE" in seen
    assert "Traceback" not in caplog.text
    assert "incident" not in caplog.text


async def take_in_at_last(api: Api, name: str) -> None:
    """Take a submission in, though connections that were ended lie in the pool."""
    while True:
        try:
            await api.services.intake.take_in([draft(name)], actor="test", now=datetime.now(UTC))
        except Exception as error:
            if not is_away(error):
                raise
        else:
            return


async def test_followers_are_called_again_and_leave_nothing_behind(
    api: Api, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those who wait hear of what comes in after their connection was ended; who leaves just then ends, too."""
    monkeypatch.setattr(tail, "AGAIN", 0.01)
    heard = Tail(api.services.pool)
    for number in range(ROUNDS):
        async with asyncio.timeout(LONG), heard.follower(Told.CASES, scope(EVERYTHING)) as grown:
            await grown.called()
            listening = heard._listening
            await connection.execute(CUT)
            await take_in_at_last(api, str(number))
            await grown.called()
            ending = asyncio.create_task(connection.execute(CUT))
            turns = await some_turns()
        assert listening is not None
        done, _ = await asyncio.wait({listening}, timeout=LONG)
        assert done, turns
        assert listening.cancelled(), turns
        await ending


@pytest.mark.parametrize(
    ("error", "away"),
    [
        (asyncpg.AdminShutdownError("x"), True),
        (asyncpg.CrashShutdownError("x"), True),
        (asyncpg.CannotConnectNowError("x"), True),
        (asyncpg.TooManyConnectionsError("x"), True),
        (asyncpg.ConnectionDoesNotExistError("x"), True),
        (asyncpg.InterfaceError("connection is closed"), True),
        (asyncpg.TargetServerAttributeNotMatched("x"), True),
        (asyncpg.InvalidPasswordError("x"), True),
        (ConnectionResetError(), True),
        (TimeoutError(), True),
        (PermissionError(13, "the socket's folder"), True),
        (PermissionError(13, "a file", "/data/attachments/ab"), False),
        (OSError(28, "No space left on device"), False),
        (asyncpg.exceptions._base.DataError("invalid input for query argument $1"), False),
        (asyncpg.UniqueViolationError("x"), False),
        (asyncpg.QueryCanceledError("x"), False),
        (KeyError("x"), False),
    ],
    ids=lambda value: type(value).__qualname__,
)
def test_what_means_that_the_database_is_away(error: Exception, away: bool) -> None:
    """A value that cannot be sent is a mistake of ours, though the driver counts it among misuses of a connection."""
    assert is_away(error) is away
