"""`rotate-key`: let a new master key seal from now on, and wrap by it what former ones wrapped."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from casegraph.opening import key_file, open_database, open_vault, require_database
from casegraph.terminal import complain, say
from graph import keyring
from graph.database import connected
from graph.rotation import alone, rewrap, wrappers
from wording import Wording

if TYPE_CHECKING:
    import argparse

    from casegraph.settings import Settings
    from graph.database import Connection
    from graph.identity import Vault


async def run(settings: Settings, arguments: argparse.Namespace) -> int:
    """Rotate, go on with a rotation that was broken off, or retire former keys."""
    async with open_database(settings) as url:
        vault = open_vault(settings)
        await require_database(url, vault)
        async with connected(url) as connection:
            await alone(connection)
            # Whoever rotated before we held the lock has changed the file.
            vault.refresh()
            return await (_retire if arguments.retire else _rotate)(settings, connection, vault)


async def _rotate(settings: Settings, connection: Connection, vault: Vault) -> int:
    if await _wrapped_by_former(connection, vault):
        say(Wording("A rotation was not finished: going on with it."))
    elif settings.master_key is None:
        keyring.save(key_file(settings), vault.ring.grown())
        vault.refresh()
        say(
            Wording(
                "A new master key seals from now on. Keep a copy of master.key elsewhere, as you do with the "
                "one before."
            )
        )
    else:
        complain(
            Wording(
                "CASEGRAPH_MASTER_KEY holds the keys. Put a new one in front (openssl rand -hex 32), with a "
                "comma between, start everything that runs with it, then run this again."
            )
        )
        return os.EX_CONFIG
    count = await rewrap(connection, vault)
    say(Wording("{count:,} data keys are wrapped by it. `rotate-key --retire` retires those before.", count=count))
    return 0


async def _retire(settings: Settings, connection: Connection, vault: Vault) -> int:
    if left := await _wrapped_by_former(connection, vault):
        complain(
            Wording("{left:,} data keys are still wrapped by a former master key. Run `rotate-key` first.", left=left)
        )
        return os.EX_UNAVAILABLE
    if not vault.ring.former:
        say(Wording("There is no former master key."))
    elif settings.master_key is None:
        keyring.save(key_file(settings), vault.ring.without_former())
        say(
            Wording(
                "The former master keys are retired. Backups made before the rotation still need the copy you kept."
            )
        )
    else:
        say(
            Wording(
                "The former master keys wrap nothing any more. Take them out of CASEGRAPH_MASTER_KEY, but "
                "for the last one: hashes are derived from it."
            )
        )
    return 0


async def _wrapped_by_former(connection: Connection, vault: Vault) -> int:
    counts = await wrappers(connection)
    return sum(count for number, count in counts.items() if number != vault.ring.current)
