"""A new master key: what former ones wrapped still opens, is wrapped anew, and hashes stay what they were."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph import keycheck, keyring, rotation
from graph.attachments import Attachments
from graph.database import connect
from graph.errors import ConflictError, MasterKeyError
from graph.identity import DataKey, Vault
from graph.keyring import FIRST, Keyring, number_of
from graph.records import DocumentDraft, Refusal, RejectionReason
from graph.rotation import TABLES, alone, rewrap, wrappers
from graph.uploads import Uploads
from tests.graph.factory import NOW, draft, make_intake, petitioner, reply

if TYPE_CHECKING:
    from graph.database import Connection, Pool

KEYS = st.binary(min_size=32, max_size=32)
OLD, NEW = bytes(range(32)), bytes(range(1, 33))


@given(st.lists(KEYS, min_size=1, max_size=4, unique_by=number_of))
def test_a_ring_is_read_as_it_was_written(keys: list[bytes]) -> None:
    """In whatever order keys came; a new one changes no number but its own, and no hash at all."""
    ring = Keyring.of(*keys)
    assert keyring.read(keyring.write(ring)) == ring
    grown = ring.grown()
    assert grown.keys.items() > ring.keys.items()
    assert grown.root == ring.root
    assert grown.without_former().keys == {grown.current: grown.keys[grown.current]}
    assert not any(key.hex() in repr(grown) for key in grown.keys.values())


def test_a_key_file_of_before_is_a_ring_of_one(tmp_path: Path) -> None:
    """Its 32 bytes open and find what they did."""
    path = tmp_path / "master.key"
    path.write_bytes(OLD)
    vault = Vault.load(path)
    wrapped = vault.new_key().wrapped
    assert wrapped[0] == FIRST
    assert Vault(OLD).unwrap(wrapped).wrapped == wrapped
    assert vault.equality("phone", "1") == Vault(OLD).equality("phone", "1")


@pytest.mark.parametrize(
    "content",
    [b"", b"x" * 31, b"{", b'{"keys": 1}', b'{"casegraph_keyring": 1, "current": 1, "keys": {}, "root": {}}'],
)
def test_a_damaged_key_file_is_refused(tmp_path: Path, content: bytes) -> None:
    """One clear error, whatever stands in it."""
    path = tmp_path / "master.key"
    path.write_bytes(content)
    with pytest.raises(MasterKeyError):
        Vault.load(path)


def test_two_keys_of_one_number_are_refused() -> None:
    """Which of them wrapped a data key could not be told."""
    with pytest.raises(MasterKeyError, match="Make another"):
        Keyring.of(NEW, NEW, OLD)


def test_keys_of_the_environment_may_lose_those_between() -> None:
    """The numbers of the others stay, so what they wrapped opens; what a missing one wrapped does not."""
    middle = bytes(range(2, 34))
    wrapped = Vault(Keyring.of(middle, OLD)).new_key().wrapped
    newest = Vault(Keyring.of(NEW, middle, OLD))
    assert newest.unwrap(wrapped)
    assert Vault(Keyring.of(NEW, OLD)).unwrap(newest.rewrap(wrapped))
    with pytest.raises(MasterKeyError):
        Vault(Keyring.of(NEW, OLD)).unwrap(wrapped)


def test_a_process_that_runs_takes_the_new_key_up(tmp_path: Path) -> None:
    """It opens what others sealed by it, and seals by it, without being started again."""
    path = tmp_path / "master.key"
    running, rotating = Vault.load(path), Vault.load(path)
    before = running.new_key()
    keyring.save(path, rotating.ring.grown())
    rotating.refresh()
    assert running.unwrap(rotating.new_key().wrapped)
    assert running.new_key().wrapped[0] == rotating.ring.current
    keyring.save(path, rotating.ring.without_former())
    assert running.new_key()
    assert running.ring.former == frozenset()
    with pytest.raises(MasterKeyError):
        running.unwrap(before.wrapped)
    assert path.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["master.key"]


async def test_every_table_with_a_key_is_rotated(connection: Connection) -> None:
    """A table that a migration adds is not forgotten."""
    rows = await connection.fetch("""
        select table_name from information_schema.columns
        where table_schema = 'public' and column_name = 'key' and data_type = 'bytea'
        and table_name not in ('link_key', 'erased_record')
    """)
    assert {row["table_name"] for row in rows} == set(TABLES)


async def full(pool: Pool, vault: Vault, folder: Path, count: int = 1) -> None:
    """Put something sealed into every table."""
    intake = make_intake(pool, vault, folder)
    document = DocumentDraft(name="a.txt", media_type="text/plain", content=b"x", text="x")
    refusal = Refusal(
        channel=draft().channel, source="hotline", position="row 9", reason=RejectionReason.DATE, message="No date.",
        payload=b"refused",
    )  # fmt: skip
    drafts = [
        draft(
            str(number), mentions=(petitioner(),), replies=(reply("请打13812341234"),), documents=(document,),
            text=f"第{number}件，电话13900000001", payload=f"payload {number}".encode(),
        )
        for number in range(count)
    ]  # fmt: skip
    await intake.take_in([*drafts, refusal], actor="test", now=NOW)
    await Uploads(pool, vault, Attachments(folder)).keep("b.txt", "text/plain", b"y", NOW, "desk")


async def test_everything_opens_before_during_and_after(pool: Pool, connection: Connection, tmp_path: Path) -> None:
    """Killed half-way and run again; then the former key is not needed, and equal people are still found."""
    path = tmp_path / "master.key"
    vault = Vault.load(path)
    await keycheck.bind(connection, vault)
    await full(pool, vault, tmp_path / "files", 5)
    keyring.save(path, vault.ring.grown())
    vault.refresh()
    former, current = FIRST, vault.ring.current

    # One batch, and the process is gone.
    async with connection.transaction():
        done, _ = await rotation._batch(connection, vault, "submission_revision", rotation.NOWHERE, 2)
        assert done == 2
    counts = await wrappers(connection)
    assert counts[current] == 2
    await opens(connection, vault)

    assert await rewrap(connection, vault, batch=2) == counts[former]
    assert await wrappers(connection) == {current: sum(counts.values())}
    assert await rewrap(connection, vault) == 0
    keyring.save(path, vault.ring.without_former())

    alone_now = Vault.load(path)
    await keycheck.require(connection, alone_now)
    await opens(connection, alone_now)
    await full(pool, alone_now, tmp_path / "files", 6)
    assert await connection.fetchval("select count(*) from submission") == 6, "what was known is known again"
    assert await connection.fetchval("select count(distinct party) from mention") == 1


async def opens(connection: Connection, vault: Vault) -> None:
    """Assert that each sealed value of each table opens."""
    for row in await connection.fetch("select id, payload, key from submission_revision"):
        assert vault.unwrap(row["key"]).open(row["payload"], row["id"].bytes).startswith(b"payload")
    for row in await connection.fetch("select id, sealed, key from mention"):
        assert b"13812341234" in vault.unwrap(row["key"]).open(row["sealed"], row["id"].bytes)
    for table in TABLES:
        for row in await connection.fetch(f"select key from {table} where key is not null"):  # noqa: S608 - our names
            assert isinstance(vault.unwrap(row["key"]), DataKey)


async def test_a_key_that_is_missing_stops_the_rotation(pool: Pool, connection: Connection, tmp_path: Path) -> None:
    """Rather than skip what cannot be opened."""
    await full(pool, Vault(OLD), tmp_path)
    with pytest.raises(MasterKeyError):
        await rewrap(connection, Vault(Keyring.of(NEW, os.urandom(32))))


async def test_one_rotates_at_a_time(database_url: str, connection: Connection) -> None:
    """A second one is told to wait."""
    await alone(connection)
    other = await connect(database_url)
    with pytest.raises(ConflictError, match="Another process rotates"):
        await alone(other)
    await other.close()
