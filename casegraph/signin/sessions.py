"""What a browser keeps for us: who signed in, sealed, in a cookie that no script reads.

A session is not stored, so any process opens it; one that is ended before its time is remembered as such
(`graph.sessions`).
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import orjson

from casegraph.signin.errors import LoginError
from graph.policy import Clearance, Role, Viewer
from wording import Wording

if TYPE_CHECKING:
    from collections.abc import Mapping

    from graph.identity import Vault

LONGEST: Final = 8 * 3_600.0
"""Seconds that a session lasts at most: a working day."""
LARGEST: Final = 3_800
"""Characters of a cookie's value: browsers keep 4,096 bytes with its name and attributes (RFC 6265, 6.1)."""
ID_BYTES: Final = 16
LOGIN_SECONDS: Final = 600.0
"""How long somebody may take at the provider."""
SESSION: Final = "session"
LOGIN: Final = "login"
"""Scopes: what was sealed as the one does not open as the other."""


@dataclass(frozen=True, slots=True)
class Session:
    """Who signed in by a browser, and until when that holds."""

    id: bytes
    viewer: Viewer
    until: float


@dataclass(frozen=True, slots=True)
class Login:
    """A sign-in that waits for the provider's answer."""

    state: str
    nonce: str
    verifier: str
    next: str
    """The path of ours where it goes on."""
    until: float


def begin(viewer: Viewer, until: float, now: float) -> Session:
    """Return a new session that ends with what it was begun by, and after a working day at the latest."""
    return Session(secrets.token_bytes(ID_BYTES), viewer, min(until, now + LONGEST))


def seal(vault: Vault, session: Session) -> str:
    """Return a cookie's value; raise LoginError where there is too much to say for one."""
    told = {"id": session.id.hex(), "until": session.until, "viewer": _told(session.viewer)}
    sealed = vault.seal_session(SESSION, orjson.dumps(told))
    if len(sealed) > LARGEST:
        raise LoginError(
            Wording("You have more divisions and organs than a browser's session can hold. Use a token instead.")
        )
    return sealed


def open_sealed(vault: Vault, cookie: str, now: float) -> Session | None:
    """Return the session of a cookie, None where it is none of ours or has ended."""
    opened = vault.open_session(SESSION, cookie)
    if opened is None:
        return None
    told = orjson.loads(opened)
    session = Session(bytes.fromhex(told["id"]), _viewer(told["viewer"]), told["until"])
    return session if now < session.until else None


def seal_login(vault: Vault, login: Login) -> str:
    """Return the value of the cookie that waits for the provider's answer."""
    return vault.seal_session(LOGIN, orjson.dumps([login.state, login.nonce, login.verifier, login.next, login.until]))


def open_login(vault: Vault, cookie: str, now: float) -> Login | None:
    """Return what waits for the provider's answer, None where nothing does (any more)."""
    opened = vault.open_session(LOGIN, cookie)
    login = None if opened is None else Login(*orjson.loads(opened))
    return login if login is not None and now < login.until else None


def _told(viewer: Viewer) -> dict[str, Any]:
    return {
        "name": viewer.name,
        "roles": sorted(viewer.roles),
        "divisions": viewer.divisions,
        "organs": [organ.hex for organ in sorted(viewer.organs)],
        "clearances": sorted(viewer.clearances),
        "persons": [person.hex() for person in sorted(viewer.persons)],
        "sources": sorted(viewer.sources),
        "seats": viewer.seats,
    }


def _viewer(told: Mapping[str, Any]) -> Viewer:
    return Viewer(
        name=told["name"],
        roles=frozenset(Role(role) for role in told["roles"]),
        divisions=tuple(told["divisions"]),
        organs=frozenset(UUID(hex=organ) for organ in told["organs"]),
        clearances=frozenset(Clearance(clearance) for clearance in told["clearances"]),
        persons=frozenset(bytes.fromhex(person) for person in told["persons"]),
        sources=frozenset(told["sources"]),
        # A session of before they were told knows none.
        seats=None if told.get("seats") is None else tuple(told["seats"]),
    )
