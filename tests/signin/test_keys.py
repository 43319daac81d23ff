"""Partners ask by keys that are shown once, kept as digests, scoped, and ended at any time."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import httpx
import orjson
import pytest

from casegraph.signin.service import REVOCABLE_FOR
from casegraph.signin.signed import PROVEN_FOR
from graph import api_keys
from graph.api_keys import FORM, Scope
from graph.database import open_pool
from graph.policy import Role
from tests.api.conftest import Api, client_of, signin_of
from tests.cable import cable_to
from tests.run.processes import Home

if TYPE_CHECKING:
    from pathlib import Path

    from graph.database import Connection
    from graph.identity import Vault
    from tests.signin.conftest import Clock

SCOPE = Scope(
    name="呼叫中心",
    roles=frozenset({Role.PARTNER}),
    divisions=("4301",),
    organs=frozenset(),
    sources=frozenset({"centre"}),
)
TICKET = {"ticket_number": "T1", "received_at": "2026-11-20 10:00:00", "text": "路灯坏了。"}


async def test_a_key_works_until_it_is_revoked(
    api: Api, connection: Connection, vault: Vault, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """For its sources alone; a server that remembers it takes it for some seconds more at most."""
    key = await api_keys.create(connection, vault, SCOPE, clock(), clock() + timedelta(days=1))
    services = replace(api.services, signin=signin_of(api.services.pool, vault, clock))
    headers = {"authorization": f"Bearer {key}"}
    async with client_of(services, viewer=None) as http:
        pushed = await http.post("/intake/centre?channel=HOTLINE", json=[TICKET], headers=headers)
        assert pushed.status_code == 200
        assert (await http.post("/intake/a?channel=HOTLINE", json=[TICKET], headers=headers)).status_code == 403
        assert (await http.get("/metrics", headers=headers)).status_code == 403
        assert (await http.post("/session", headers=headers)).status_code == 401
        await api_keys.revoke(connection, key.split("_")[1], clock())
        clock.forward(REVOCABLE_FOR)
        again = await http.post("/intake/centre?channel=HOTLINE", json=[TICKET], headers=headers)
        assert (again.status_code, "revoked" in again.text) == (401, True)
    actor = await connection.fetchval("select distinct actor from journal")
    assert actor == f"key:{key.split('_')[1]}"
    assert key not in caplog.text


async def test_a_renewed_key_goes_on_from_its_old_cursor(
    api: Api, connection: Connection, vault: Vault, clock: Clock
) -> None:
    """Of the same system, whatever became of the old key; another system's key opens nothing of it."""
    until = clock() + timedelta(days=1)
    keys = [await api_keys.create(connection, vault, SCOPE, clock(), until)]
    services = replace(api.services, signin=signin_of(api.services.pool, vault, clock))

    async def ask(key: str, path: str) -> httpx.Response:
        return await http.get(path, headers={"authorization": f"Bearer {key}"})

    async with client_of(services, viewer=None) as http:
        headers = {"authorization": f"Bearer {keys[0]}"}
        record = TICKET | {"division": "430104"}
        assert (await http.post("/intake/centre?channel=HOTLINE", json=[record], headers=headers)).status_code == 200
        page = (await ask(keys[0], "/sync/changes?first=1")).text.splitlines()
        cursor = orjson.loads(page[-1])["cursor"]
        rest = (await ask(keys[0], f"/sync/changes?after={cursor}")).text.splitlines()[:-1]
        assert rest
        await api_keys.revoke(connection, keys[0].split("_")[1], clock())
        keys.append(await api_keys.create(connection, vault, SCOPE, clock(), until))
        keys.append(await api_keys.create(connection, vault, replace(SCOPE, name="另一个系统"), clock(), until))
        renewed, other = [await ask(key, f"/sync/changes?after={cursor}") for key in keys[1:]]
        assert renewed.text.splitlines()[:-1] == rest
        assert other.status_code == 400
        again = await http.post(
            "/intake/centre?channel=HOTLINE", json=[record], headers={"authorization": f"Bearer {keys[1]}"}
        )
        assert again.json()["outcomes"][0]["change"] == "UNCHANGED"


async def test_a_key_ends_with_its_time(api: Api, connection: Connection, vault: Vault, clock: Clock) -> None:
    """To the second, though it was used just before."""
    key = await api_keys.create(connection, vault, SCOPE, clock(), clock() + timedelta(days=1))
    services = replace(api.services, signin=signin_of(api.services.pool, vault, clock))
    async with client_of(services, viewer=None) as http:
        for seconds, status in ((86_399, 200), (1, 401)):
            clock.forward(seconds)
            answer = await http.get("/sync/changes", headers={"authorization": f"Bearer {key}"})
            assert answer.status_code == status


async def test_figures_are_had_while_the_database_is_away(
    api: Api, connection: Connection, vault: Vault, clock: Clock, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a key that was proven lately and that nothing is known against; nothing else goes by memory."""
    monkeypatch.setattr("casegraph.signin.service.LOOKING", 0.2)
    watching = replace(SCOPE, roles=frozenset({Role.ADMINISTRATOR}), sources=frozenset())
    keys = [await api_keys.create(connection, vault, watching, clock(), clock() + timedelta(days=9)) for _ in range(3)]
    good, revoked, unseen = [{"authorization": f"Bearer {key}"} for key in keys]
    async with cable_to(database_url) as cable:
        pool = await open_pool(cable.url, largest=1, patience=0.2)
        services = replace(api.services, signin=signin_of(pool, vault, clock))
        http = client_of(services, viewer=None)

        async def statuses(path: str) -> list[int]:
            return [(await http.get(path, headers=key)).status_code for key in (good, revoked, unseen)]

        for key in (good, revoked):
            assert (await http.get("/metrics", headers=key)).status_code == 200
        await api_keys.revoke(connection, keys[1].split("_")[1], clock())
        clock.forward(REVOCABLE_FOR)
        assert (await http.get("/metrics", headers=revoked)).status_code == 401
        cable.pull()
        assert (await http.get("/metrics", headers=good)).status_code == 200
    assert await statuses("/metrics") == [200, 503, 503]
    assert await statuses("/sync/changes") == [503, 503, 503]
    clock.forward(PROVEN_FOR)
    assert await statuses("/metrics") == [503, 503, 503]
    await http.aclose()
    pool.terminate()


async def test_nobody_who_reads_the_table_learns_a_key(connection: Connection, vault: Vault, clock: Clock) -> None:
    """A digest stands there that only the master key makes; the role that reads for the API sees no row of it."""
    key = await api_keys.create(connection, vault, SCOPE, clock(), clock() + timedelta(days=1))
    assert FORM.match(key)
    row = await connection.fetchrow("select id, digest, api_key::text as whole from api_key")
    assert row is not None
    assert key.rpartition("_")[2] not in row["whole"]
    assert len(row["digest"]) == 32
    other = await api_keys.create(connection, vault, SCOPE, clock(), clock() + timedelta(days=1))
    mixed = f"cgk_{key.split('_')[1]}_{other.split('_')[2]}"
    assert await api_keys.find(connection, vault, mixed) is None
    assert await api_keys.find(connection, type(vault)(bytes(32)), key) is None
    found = await api_keys.find(connection, vault, key)
    assert found is not None
    assert found.scope == SCOPE
    granted = await connection.fetch(
        "select table_name from information_schema.role_table_grants where grantee = 'casegraph_reader'"
    )
    assert granted
    assert not {"api_key", "ended_session", "upload"} & {one["table_name"] for one in granted}


@pytest.mark.long
def test_keys_by_command(database_url: str, tmp_path: Path) -> None:
    """Made and shown once, listed without their secrets, revoked; mistakes are said."""
    home = Home(tmp_path / "data", database_url=database_url)
    made = home.run("keys", "create", "--name", "呼叫中心", "--source", "centre", "--division", "430100")
    key = made.stdout.strip()
    assert FORM.match(key), made.stderr
    assert "only time" in made.stderr
    name = key.split("_")[1]
    listed = home.run("keys", "list").stdout
    assert re.match(rf"{name}  until \d{{4}}-.*  呼叫中心\n    partner; divisions 4301; sources centre\n", listed)
    assert key.split("_")[2] not in listed
    assert "revoked" in home.run("keys", "revoke", name).stdout
    assert f"{name}  revoked" in home.run("keys", "list").stdout
    assert home.run("keys", "revoke", "nothing").returncode == 65
    assert home.run("keys", "create", "--name", "x", "--role", "leader").returncode == 2
    assert home.run("keys", "create", "--name", "x", "--division", "000000").returncode == 2
