"""Keys by which partners' systems ask: made once, shown once, and kept as a keyed digest.

A key is `cgk_<id>_<secret>`: the id names its row, the secret has 256 bits. Whoever reads the table learns no key.
"""

from __future__ import annotations

import hmac
import re
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from graph.database import statements
from graph.errors import NotFoundError
from graph.policy import Role, Viewer
from graph.text.numbers import masked
from wording import Wording

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime
    from uuid import UUID

    from graph.database import Connection, Row
    from graph.identity import Vault

FORM: Final = re.compile(r"cgk_(?P<id>[0-9a-f]{12})_[0-9a-f]{64}\Z", re.ASCII)
PREFIX: Final = "cgk_"
ID_BYTES: Final = 6
SECRET_BYTES: Final = 32
ROLES: Final = frozenset({Role.PARTNER, Role.REGISTRAR, Role.ADMINISTRATOR})
"""What a system may be: it reads no accusations and has no step that needs an identity."""

SQL = statements("api_keys")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What a key is for."""

    name: str
    """Of the system: keys of one name are one system's, renewed or for other rights."""
    roles: frozenset[Role]
    divisions: tuple[str, ...]
    """Prefixes, as a viewer's."""
    organs: frozenset[UUID]
    sources: frozenset[str]

    def viewer(self, name: str) -> Viewer:
        """Return who asks by such a key."""
        return Viewer(name=name, roles=self.roles, divisions=self.divisions, organs=self.organs, sources=self.sources)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A key as it is kept."""

    id: str
    scope: Scope
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    system: str
    """The id of the first key of the same system: a renewed one goes on with its cursors and records."""

    def viewer(self) -> Viewer:
        """Return who asks by it."""
        return self.scope.viewer(f"key:{self.system}")

    def holds(self, now: datetime) -> bool:
        """Tell whether it neither ended nor was revoked."""
        return self.revoked_at is None and now < self.expires_at


async def create(connection: Connection, vault: Vault, scope: Scope, now: datetime, until: datetime) -> str:
    """Make a key and return it: nothing gives it again."""
    name, secret = secrets.token_hex(ID_BYTES), secrets.token_hex(SECRET_BYTES)
    key = f"{PREFIX}{name}_{secret}"
    await connection.execute(
        SQL.add_key, name, _digest(vault, key), masked(scope.name), sorted(scope.roles), list(scope.divisions),
        sorted(scope.organs), sorted(scope.sources), now, until,
    )  # fmt: skip
    return key


async def find(connection: Connection, vault: Vault, key: str, patience: float | None = None) -> ApiKey | None:
    """Return what a key is for, None where it is none of ours; whether it still holds is the caller's to ask.

    With `patience`, so many seconds are waited for it, and TimeoutError raised then.
    """
    form = FORM.match(key)
    row = await connection.fetchrow(SQL.key_of_id, form["id"], timeout=patience) if form else None
    if row is None or not hmac.compare_digest(row["digest"], _digest(vault, key)):
        return None
    return _of(row)


async def all_keys(connection: Connection) -> Sequence[ApiKey]:
    """Return every key, the oldest first, those that hold no more as well."""
    return [_of(row) for row in await connection.fetch(SQL.all_keys)]


async def revoke(connection: Connection, key_id: str, now: datetime) -> None:
    """End a key; raise NotFoundError where there is none of this id."""
    if await connection.fetchval(SQL.revoke_key, key_id, now) is None:
        raise NotFoundError(Wording("API key"), key_id)


def _digest(vault: Vault, key: str) -> bytes:
    return vault.digest(b"api key\0" + key.encode())


def _of(row: Row) -> ApiKey:
    roles: Collection[str] = row["roles"]
    scope = Scope(
        name=row["name"], roles=frozenset(Role(role) for role in roles), divisions=tuple(row["divisions"]),
        organs=frozenset(row["organs"]), sources=frozenset(row["sources"]),
    )  # fmt: skip
    return ApiKey(
        id=row["id"], scope=scope, created_at=row["created_at"], expires_at=row["expires_at"],
        revoked_at=row["revoked_at"], system=row["system"],
    )  # fmt: skip
