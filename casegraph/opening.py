"""Opens what is kept: the database and the key to it. Of the composition root, the part that every command needs.

Apart from `casegraph.services`, whose parts a command that only looks at the database need not wait for.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from casegraph.ending import ENDING
from casegraph.postgres import EmbeddedPostgres
from graph import keycheck, places
from graph.database import connected
from graph.identity import Vault
from graph.keyring import Keyring
from graph.lookout import lookout
from graph.migrate import migrate, require_current
from graph.remasking import mask_standing, require_masked

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from casegraph.settings import Settings
    from graph.database import Connection

LOADS: Final = (places.load,)
"""The vocabularies that come with this version and are brought into the database after its tables."""


def utc_now() -> datetime:
    """Return the time, in UTC."""
    return datetime.now(UTC)


def attachments_folder(settings: Settings) -> Path:
    """Return where attachments are kept."""
    return settings.data / "attachments"


def erasures_file(settings: Settings) -> Path:
    """Return where the erasure list is kept."""
    return settings.erasures or settings.data / "erasures.log"


def open_vault(settings: Settings) -> Vault:
    """Take the master keys of the settings, or of their file, which is made at the first start."""
    if settings.master_key is not None:
        return Vault(Keyring.of(*settings.master_key))
    return Vault.load(key_file(settings))


def key_file(settings: Settings) -> Path:
    """Return where the master keys are kept, unless the settings hold them."""
    return settings.data / "master.key"


@asynccontextmanager
async def open_database(settings: Settings) -> AsyncIterator[str]:
    """Give the address of the database; the embedded server runs as long as somebody is inside.

    While inside, connections that nobody answers are ended, and an embedded server that ended is started again.
    """
    settings.data.mkdir(parents=True, exist_ok=True)
    if settings.database_url is not None:
        async with lookout(settings.database_url):
            yield settings.database_url
        return
    server = EmbeddedPostgres(settings.data / "postgres")
    with ENDING.last_resort(server.abandon):
        starting = asyncio.create_task(asyncio.to_thread(server.start))
        try:
            url = await asyncio.shield(starting)
            async with lookout(url, server.start):
                yield url
        finally:
            # A thread cannot be cancelled: what is being started is stopped once it has begun.
            await asyncio.wait({starting})
            await asyncio.to_thread(server.stop)


async def prepare_database(url: str, vault: Vault) -> list[str]:
    """Bring the database to this version and bind it to its master key; return the migrations applied.

    Texts that stand by an older rule of masking, or by none, are masked anew then.
    """
    async with connected(url) as connection:
        applied = await migrate(connection, LOADS)
        await keycheck.bind(connection, vault)
        await mask_standing(connection, vault, utc_now())
    return applied


async def require_database(url: str, vault: Vault) -> None:
    """Raise DatabaseStateError or MasterKeyError unless the database is of this version, masked, and of this key."""
    async with connected(url) as connection:
        await require_current(connection)
        await keycheck.require(connection, vault)
        await require_masked(connection)


@asynccontextmanager
async def open_connection(settings: Settings) -> AsyncIterator[tuple[Connection, Vault]]:
    """Give one connection to the database as `open_services` finds it, for a command that needs no more."""
    async with open_database(settings) as url:
        vault = open_vault(settings)
        await (prepare_database if settings.database_url is None else require_database)(url, vault)
        async with connected(url) as connection:
            yield connection, vault
