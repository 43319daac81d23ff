"""People by chance, who sign in by tokens of this machine as `casegraph token` makes them."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from casegraph.signin.claims import viewer_of
from casegraph.signin.development import CLAIM, KIND
from graph.policy import Clearance, Role
from tests.graph.factory import GAZETTEER
from tests.policy import village
from tests.policy.viewers import CASEWORK, NAME
from tests.viewers import DAY, DEVELOPMENT_KEY

if TYPE_CHECKING:
    from random import Random

    from graph.identity import Vault
    from graph.policy import Viewer

DIVISIONS: Final[tuple[list[str], ...]] = (
    [],
    ["*"],
    ["*"],
    ["43"],
    ["4301"],
    ["430104"],
    ["430105"],
    ["430104", "430105"],
    ["44", "4301"],
)
THEMSELVES: Final[tuple[dict[str, Any], ...]] = (
    {"name": village.CHIEF.name, "phone_number": village.CHIEF.phone},
    {"phone_number": village.CHIEF.phone},
    {"name": village.WITNESS.name},
    {"name": village.NEIGHBOUR.name, "phone_number": village.NEIGHBOUR.phone},
)
"""What somebody's token may say of who they are: accused people among them."""


@dataclass(frozen=True)
class Person:
    """Somebody who is signed in."""

    claims: dict[str, Any]
    viewer: Viewer

    @property
    def headers(self) -> dict[str, str]:
        """The header by which they ask."""
        return {"authorization": f"Bearer {DEVELOPMENT_KEY.token(self.claims, time.time(), DAY)}"}


def signed_in(vault: Vault, subject: str, claim: dict[str, Any], themselves: dict[str, Any] | None = None) -> Person:
    """Return whom a token describes."""
    claims = {"sub": subject, CLAIM: claim, **(themselves or {})}
    return Person(claims, viewer_of(claims, CLAIM, KIND, vault, GAZETTEER))


def everything(vault: Vault, subject: str) -> Person:
    """Return somebody who sees and does all that anybody may."""
    claim = {"roles": list(Role), "divisions": ["*"], "clearances": list(Clearance), "sources": ["hotline"]}
    return signed_in(vault, subject, claim)


def person(random: Random, vault: Vault, subject: str = NAME.removeprefix(f"{KIND}:")) -> Person:
    """Return somebody: mostly one who sees a good deal but not all, in organs that handle or are accused."""
    roles = random.sample(list(Role), random.choice((1, 1, 1, 2, 3)))
    if random.random() < 0.5:
        roles.append(random.choice(CASEWORK))
    claim = {
        "roles": roles, "divisions": random.choice(DIVISIONS),
        "organs": random.sample(list(village.organ_ids()), random.choice((0, 0, 1, 1, 2))),
        "clearances": [one for one in Clearance if random.random() < 0.65], "sources": ["hotline"],
    }  # fmt: skip
    return signed_in(vault, subject, claim, random.choice(THEMSELVES) if random.random() < 0.3 else {})
