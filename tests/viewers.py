"""Viewers that tests ask as, and what they show."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from casegraph.signin.development import KIND, DevelopmentKey
from graph.policy import EVERYWHERE, Clearance, Role, Viewer

if TYPE_CHECKING:
    from collections.abc import Mapping

SOURCES = frozenset({"a", "board", "centre", "city12345", "hotline"})
"""Those that tests push records of."""
EVERYTHING = Viewer(
    name=f"{KIND}:everything", roles=frozenset(Role), divisions=(EVERYWHERE,), clearances=frozenset(Clearance),
    sources=SOURCES,
)  # fmt: skip
"""Sees and does all that anybody may."""
DEVELOPMENT_KEY = DevelopmentKey.make()
"""Signs the tests' tokens, which the real code checks."""
DAY = 86_400.0


def claims_of(viewer: Viewer) -> dict[str, Any]:
    """Return the claims that describe a viewer of no organ and no persons, whose names no viewer has any more."""
    assert not viewer.organs
    assert not viewer.persons
    return {
        "sub": viewer.name.removeprefix(f"{KIND}:"),
        "casegraph": {
            "roles": sorted(viewer.roles),
            "divisions": [division or "*" for division in viewer.divisions],
            "clearances": sorted(viewer.clearances),
            "sources": sorted(viewer.sources),
        },
    }


def token_of(viewer: Viewer = EVERYTHING, key: DevelopmentKey = DEVELOPMENT_KEY, seconds: float = DAY) -> str:
    """Return a token by which a viewer asks."""
    return key.token(claims_of(viewer), time.time(), seconds)


def headers_of(viewer: Viewer = EVERYTHING, key: DevelopmentKey = DEVELOPMENT_KEY) -> dict[str, str]:
    """Return the header by which a viewer asks."""
    return {"authorization": f"Bearer {token_of(viewer, key)}"}


def raw_headers_of(viewer: Viewer = EVERYTHING) -> list[tuple[bytes, bytes]]:
    """Return the same as ASGI has it."""
    return [(name.encode(), value.encode()) for name, value in headers_of(viewer).items()]


def only(*roles: Role, **changes: Any) -> Viewer:
    """Return a viewer of these roles who is cleared for nothing."""
    return replace(
        EVERYTHING, name=f"{KIND}:{'-'.join(roles)}", roles=frozenset(roles), clearances=frozenset(), **changes
    )


def told_apart(error: Mapping[str, Any]) -> dict[str, Any]:
    """Return an error's extensions without what its message is made of, which `tests/wording` tries."""
    return {name: value for name, value in error["extensions"].items() if name not in {"template", "arguments"}}
