"""The second lock: what reads for the API owns nothing, sees nothing without a viewer, and never what is sealed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import asyncpg
import pytest

from graph.policy import Role
from graph.revealing import Request, Revealable
from graph.scope import scope
from graph.seeing import SET_VIEWER
from tests.graph.factory import NOW, draft, petitioner, reply
from tests.viewers import EVERYTHING

if TYPE_CHECKING:
    from graph.database import Pool
    from tests.api.conftest import Api

TABLES = (
    "submission", "submission_revision", "document", "mention", "case", "event", "filing", "same_party",
    "case_relation", "case_place", "case_organ", "place", "organ", "rejection", "journal",
)  # fmt: skip
SEALED = {
    "mention": ("sealed", "key", "name_hash", "identity_hash", "phone_hash", "account_hash"),
    "submission_revision": ("payload", "key", "sealed_text", "number_hashes"),
    "document": ("key", "file", "digest", "sealed", "number_hashes"),
    "event": ("sealed", "key", "number_hashes"),
    "rejection": ("payload", "key", "digest"),
    "saved_search": ("since", "known"),
}
HIDDEN = (
    "case_accused",
    "journal_head",
    "master_key",
    "migration",
    "source_cursor",
    "journal_reader",
    "link_key",
    "follower",
    "set_aside",
)


@pytest.fixture
async def full(api: Api) -> Api:
    """Give the application on a graph with something in it."""
    await api.take_in(draft("1", mentions=(petitioner("王芳", "13800000001"),), organ="区教育局", replies=(reply(),)))
    return api


async def test_without_a_viewer_nothing_is_seen(full: Api, reading_pool: Pool) -> None:
    """A statement that forgets to say for whom it reads gets no row of any table."""
    async with reading_pool.acquire() as connection:
        for table in TABLES:
            assert await connection.fetchval(f'select count(*) from "{table}"') == 0  # noqa: S608 - our own names
            async with connection.transaction(readonly=True):
                await connection.execute(SET_VIEWER, *scope(EVERYTHING).settings)
                seen = await connection.fetchval(f'select count(*) from "{table}"')  # noqa: S608
            assert seen == await full.services.pool.fetchval(f'select count(*) from "{table}"')  # noqa: S608
        assert await connection.fetchval("select current_setting('casegraph.viewer', true)") == ""


async def test_reveals_are_seen_by_statements_for_auditors_alone(full: Api, reading_pool: Pool) -> None:
    """A viewer is not enough."""
    mention = await full.services.pool.fetchval("select id from mention")
    request = Request(kind=Revealable.MENTION, subject=mention, by=EVERYTHING, reason="y", now=NOW)
    await full.services.revealing.reveal(request)
    handler = replace(EVERYTHING, roles=EVERYTHING.roles - {Role.AUDITOR})
    for viewer in (EVERYTHING, handler):
        async with reading_pool.acquire() as connection, connection.transaction(readonly=True):
            await connection.execute(SET_VIEWER, *scope(viewer).settings)
            assert await connection.fetchval("select count(*) from reveal") == (viewer is EVERYTHING)


async def test_the_viewer_is_gone_with_the_statement(full: Api, reading_pool: Pool) -> None:
    """The connection serves others afterwards."""
    await full.ask("{ cases { nodes { id } } }")
    async with reading_pool.acquire() as connection:
        assert await connection.fetchval('select count(*) from "case"') == 0


async def test_what_is_sealed_cannot_be_selected(reading_pool: Pool) -> None:
    """Not even by a plan gone wrong."""
    for table, columns in SEALED.items():
        for column in columns:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await reading_pool.fetch(f'select "{column}" from "{table}"')  # noqa: S608 - our own names
    for table in HIDDEN:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await reading_pool.fetch(f'select * from "{table}"')  # noqa: S608


async def test_what_reads_cannot_write(reading_pool: Pool) -> None:
    """It owns nothing, has no right to write, and its transactions are read-only besides."""
    owned = "select count(*) from pg_class where relowner = (select oid from pg_roles where rolname = current_user)"
    assert await reading_pool.fetchval("select current_user") == "casegraph_reader"
    assert await reading_pool.fetchval(owned) == 0
    for statement in ("delete from organ", "insert into organ (id, name) values (gen_random_uuid(), 'x')"):
        with pytest.raises(asyncpg.PostgresError):
            await reading_pool.execute(statement)
        async with reading_pool.acquire() as connection:
            await connection.execute("set default_transaction_read_only = off")
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)
            await connection.execute("set default_transaction_read_only = on")


async def test_every_table_is_locked_or_out_of_reach(full: Api) -> None:
    """A table that a migration adds is not readable by accident."""
    readable = await full.services.pool.fetch(
        """select relname, relrowsecurity from pg_class
        where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace
        and has_any_column_privilege('casegraph_reader', oid, 'select')"""
    )
    assert {row["relname"] for row in readable} == {*TABLES, "reveal", "saved_search", "alert", "correction"}
    assert all(row["relrowsecurity"] for row in readable)
