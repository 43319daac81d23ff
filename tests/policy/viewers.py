"""Viewers by chance: of every role and many divisions, in organs that handle or are accused, or accused themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from casegraph.signin.development import KIND
from graph.policy import Clearance, Role, Viewer

if TYPE_CHECKING:
    from random import Random
    from uuid import UUID

    from tests.reference.graph import Graph

NAME = f"{KIND}:somebody"
"""The name of all of them, so that a cursor that one was given can be tried by another."""
DIVISIONS = ((), ("",), ("43",), ("4301",), ("430104",), ("430105",), ("43", "430104"), ("430104", "430105"),
             ("44", "4301"), ("430104001",), ("430102",))  # fmt: skip
SEATS = ("43", "4301", "430104", "430105", "430104001", "44", "4401", "11")
CASEWORK = (Role.REGISTRAR, Role.SUPERVISOR, Role.INVESTIGATOR, Role.LEADER)


@dataclass(frozen=True)
class Cast:
    """Who could be whom: organs, and the keyed hashes of people."""

    organs: tuple[UUID, ...]
    seats: dict[UUID, str | None]
    """The division of each organ, where it is known."""
    accused: tuple[UUID, ...]
    """Organs that an accusation accuses."""
    hashes: tuple[bytes, ...]
    """Of everybody named."""
    accused_hashes: tuple[bytes, ...]

    @classmethod
    def of(cls, graph: Graph) -> Cast:
        """Return who is in a graph."""
        mentions = graph.by_id["mention"]
        accused = [edge["organ"] for edge in graph["case_accused"] if edge["organ"]]
        persons = [mentions[edge["mention"]] for edge in graph["case_accused"] if edge["mention"]]
        return cls(
            organs=tuple(row["id"] for row in graph["organ"]),
            seats={row["id"]: row["division"] for row in graph["organ"]},
            accused=tuple(dict.fromkeys(accused)),
            hashes=_hashes(graph["mention"]),
            accused_hashes=_hashes(persons),
        )


def _hashes(mentions: list[dict[str, object]]) -> tuple[bytes, ...]:
    found = [row[name] for row in mentions for name in ("name_hash", "phone_hash", "identity_hash")]
    return tuple(dict.fromkeys(one for one in found if isinstance(one, bytes)))


def viewer(random: Random, cast: Cast) -> Viewer:
    """Return somebody: mostly one who sees a good deal but not all."""
    roles = random.sample(list(Role), random.choice((0, 1, 1, 1, 2, 3)))
    if random.random() < 0.5:
        roles.append(random.choice(CASEWORK))
    organs = random.sample(cast.organs, min(random.choice((0, 0, 1, 1, 2)), len(cast.organs)))
    if random.random() < 0.4:
        organs.append(random.choice(cast.accused))
    persons: list[bytes] = []
    if random.random() < 0.3:
        persons.append(random.choice(cast.accused_hashes))
    if random.random() < 0.2:
        persons += random.sample(cast.hashes, 2)
    clearances = [one for one in Clearance if random.random() < 0.65]
    return Viewer(
        name=NAME, roles=frozenset(roles), divisions=random.choice((*DIVISIONS, ("",), ("4301",))),
        organs=frozenset(organs), clearances=frozenset(clearances), persons=frozenset(persons),
        seats=_seats(random, [cast.seats[organ] for organ in organs]),
    )  # fmt: skip


def _seats(random: Random, known: list[str | None]) -> tuple[str, ...] | None:
    """Return where somebody's organs are: what is known of them, nothing, or other places that are as good."""
    match random.choice(("known", "unknown", "elsewhere", "elsewhere")):
        case "known":
            return None if None in known else tuple(one for one in known if one is not None)
        case "unknown":
            return None
        case _:
            return tuple(random.choice(SEATS) for _ in known)
