"""A PostgreSQL that hangs keeps no writer waiting, holds nothing for ever, and nothing is written half or twice."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import psutil
import pytest

from graph import api_keys
from graph.api_keys import Scope
from graph.attachments import Attachments
from graph.commands import Commands
from graph.database import open_pool
from graph.policy import Role
from graph.uploads import Uploads
from tests.api.conftest import client_of, signin_of
from tests.api.test_lost_connections import codes_of, some_turns
from tests.cable import cable_to
from tests.graph.factory import GAZETTEER, make_intake

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    import httpx

    from graph.database import Connection
    from graph.identity import Vault
    from tests.api.conftest import Api
    from tests.cable import Cable

PATIENCE: Final = 0.3
"""Seconds that a statement may take here."""
ROUNDS: Final = 3
LONG: Final = 60.0
"""Seconds after which an answer is given up: it would never come."""
VISIT: Final = """mutation($id: String!) { submitVisit(input: {
    title: "楼道堆物", text: "堆满了杂物。", receivedAt: "2026-11-20T09:30:00+08:00", externalId: $id
}) { change errors { message } } }"""
SCOPE: Final = Scope(
    name="呼叫中心", roles=frozenset({Role.PARTNER}), divisions=("",), organs=frozenset(), sources=frozenset({"centre"})
)
DOORS: Final[dict[str, Any]] = {
    "mutation": lambda http, _, name: http.post("/graphql", json={"query": VISIT, "variables": {"id": name}}),
    "push": lambda http, _, name: http.post(
        "/intake/centre?channel=HOTLINE",
        json=[{"ticket_number": name, "received_at": "2026-11-20 10:00:00", "text": "路灯坏了。"}],
    ),
    "upload": lambda http, _, name: http.post(f"/uploads?name={name}.txt", content=b"1"),
    "receipt": lambda http, *_: http.get("/receipts/AAAAAAAAAAAAA"),
    "key": lambda http, key, _: http.get("/sync/changes", headers={"authorization": f"Bearer {key}"}),
}
"""What reaches the database by the pool that writes."""
WAITS: Final = "select pid from pg_stat_activity where application_name = 'writing'"


@asynccontextmanager
async def writing_by(api: Api, url: str, folder: Path) -> AsyncIterator[httpx.AsyncClient]:
    """Give what asks the application whose writers are impatient and reach the database by a URL."""
    vault = api.services.vault
    pool = await open_pool(url, largest=2, patience=PATIENCE, server={"application_name": "writing"})
    services = replace(
        api.services, pool=pool, intake=make_intake(pool, vault, folder), signin=signin_of(pool, vault),
        commands=Commands(pool=pool, gazetteer=GAZETTEER), uploads=Uploads(pool, vault, Attachments(folder)),
    )  # fmt: skip
    async with client_of(services) as http:
        yield http
    pool.terminate()


async def answered(ask: Callable[[], Awaitable[httpx.Response]]) -> httpx.Response:
    """Ask until it is not unavailable."""
    while "UNAVAILABLE" in codes_of(answer := await ask()):
        pass
    return answer


@pytest.mark.long
@pytest.mark.parametrize("door", DOORS)
async def test_a_cable_that_is_pulled_keeps_no_writer_waiting(
    api: Api, vault: Vault, connection: Connection, database_url: str, tmp_path: Path, door: str
) -> None:
    """At whatever moment: it is answered or unavailable, and asked again it is written once."""
    now = datetime.now(UTC)
    key = await api_keys.create(connection, vault, SCOPE, now, now + timedelta(days=1))
    async with cable_to(database_url) as cable, writing_by(api, cable.url, tmp_path / "files") as http:
        seen: list[set[str]] = []
        for number in range(ROUNDS):
            codes = await _pulled(cable, partial(DOORS[door], http, key, f"T{number}"), at_once=not number)
            seen.append(codes - {"NOT_FOUND", "TOO_MANY_REQUESTS"})
    assert set().union(*seen) <= {"UNAVAILABLE"}
    assert "UNAVAILABLE" in seen[0]
    written = {"mutation": ROUNDS, "push": ROUNDS}.get(door, 0)
    assert await connection.fetchval("select count(*) from submission") == written
    assert await connection.fetchval("select count(*) from journal where kind = 'SUBMISSION_RECEIVED'") == written


async def _pulled(cable: Cable, ask: Callable[[], Awaitable[httpx.Response]], *, at_once: bool) -> set[str]:
    """Pull the cable while something is asked, and return the codes of its answer; ask again until it is done."""
    if at_once:
        cable.pull()
    asking = asyncio.ensure_future(ask())
    if not at_once:
        await some_turns()
        cable.pull()
    async with asyncio.timeout(LONG):
        codes = codes_of(await asking)
        await answered(ask)
    return codes


@pytest.mark.parametrize("door", DOORS)
async def test_a_server_process_that_is_stopped_keeps_nobody_waiting(
    api: Api, vault: Vault, connection: Connection, database_url: str, tmp_path: Path, door: str
) -> None:
    """It takes what is sent and says nothing: that is unavailable, and goes by another connection then."""
    now = datetime.now(UTC)
    key = await api_keys.create(connection, vault, SCOPE, now, now + timedelta(days=1))
    async with writing_by(api, database_url, tmp_path / "files") as http:
        stopped = [psutil.Process(row["pid"]) for row in await connection.fetch(WAITS)]
        assert stopped
        for one in stopped:
            one.suspend()
        try:
            asking = asyncio.ensure_future(DOORS[door](http, key, "T1"))
            # Not by cancelling it, which would wait for what is stopped, too.
            await asyncio.wait({asking}, timeout=LONG)
            assert asking.done()
            assert codes_of(await asking) == {"UNAVAILABLE"}
            after = await answered(lambda: DOORS[door](http, key, "T1"))
        finally:
            for one in stopped:
                one.resume()
    assert codes_of(after) <= {"NOT_FOUND"}


async def test_what_only_waits_for_others_is_stopped_and_its_connection_kept(database_url: str) -> None:
    """A server that lives hears that a statement is given up: nothing goes on behind our back."""
    pool = await open_pool(database_url, largest=1, patience=PATIENCE)
    before = await pool.fetchval("select pg_backend_pid()")
    with pytest.raises(TimeoutError):
        await pool.execute("select pg_sleep(3600)")
    assert await pool.fetchval("select pg_backend_pid()") == before
    await pool.close()
