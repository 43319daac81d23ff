"""Binds a database to the master key its people were sealed with.

Without it, a second machine that made a key of its own, or a restore without the key, would be noticed only when the
first sealed value does not open, after others were sealed under the wrong key.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from graph.database import statements
from graph.errors import MasterKeyError
from wording import Wording

if TYPE_CHECKING:
    from graph.database import Connection
    from graph.identity import Vault

CHECKED: Final = b"casegraph master key"

SQL = statements("keycheck")


async def bind(connection: Connection, vault: Vault) -> None:
    """Remember the key of a new database; raise MasterKeyError where it has another."""
    await connection.execute(SQL.remember, vault.digest(CHECKED))
    await require(connection, vault)


async def require(connection: Connection, vault: Vault) -> None:
    """Raise MasterKeyError unless this is the key that the database was made with."""
    kept = await connection.fetchval(SQL.kept)
    if kept is not None and kept != vault.digest(CHECKED):
        raise MasterKeyError(
            Wording(
                "This master key is not the one the database was made with. Set CASEGRAPH_MASTER_KEY, or put "
                "the file master.key back from where it was kept."
            )
        )
