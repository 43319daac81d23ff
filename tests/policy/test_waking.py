"""What spares followers from reading never keeps from them what they may be told, and tells them nothing itself."""

from __future__ import annotations

import random
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from graph.scope import Reach, scope
from resolvers.shared_reads import NOBODY, SharedReads, Wanted
from resolvers.turns import Turns
from sync.changes import Place
from sync.tail import Tail, Told
from tests.policy.viewers import viewer

if TYPE_CHECKING:
    from graph.scope import Scope
    from resolvers.shared_reads import Event
    from sync.tail import Stretch
    from tests.api.conftest import Api
    from tests.policy.viewers import Cast

pytestmark = [pytest.mark.long, pytest.mark.no_cover]

KINDS = (Told.CASES, Told.SUBMISSIONS)


async def stretches(filled: Api) -> list[Stretch]:
    """Return what the tail sees of each entry of the journal."""
    tail = Tail(filled.services.pool)
    async with filled.services.pool.acquire() as connection:
        last = await connection.fetchval("select max(position) from journal")
        return [await tail._stretch(connection, end - 1, end, frozenset()) for end in range(1, last + 1)]


async def told(shared: SharedReads, kind: Told, seen: Scope) -> list[Event]:
    """Return all that the journal tells a viewer."""
    events: list[Event] = []
    place, more = Place(0), True
    while more:
        found = await shared.read_alone(Wanted(kind, seen, (), place))
        events += found.events
        place, more = found.reached, found.more
    return events


async def test_whoever_is_told_of_an_entry_is_woken_by_it(filled: Api, cast: Cast) -> None:
    """Whatever they may see; and others are spared."""
    by_position = await stretches(filled)
    shared = SharedReads(filled.services.reader, Tail(filled.services.pool), Turns(1, 1))
    spared = 0
    for _ in range(settings().max_examples // 2):
        seen = scope(viewer(Random(random.getrandbits(64)), cast))  # noqa: S311 - nothing secret
        reach = Reach(seen)
        for kind in KINDS:
            woken = {one.end for one in by_position if one.concerns(kind, seen, reach)}
            assert {event.place.position for event in await told(shared, kind, seen)} <= woken, seen
            spared += len(by_position) - len(woken)
    assert spared


async def test_a_shared_read_is_what_one_would_read_alone(filled: Api, cast: Cast) -> None:
    """For whoever asks at a place after whomever, under whatever name."""
    shared = SharedReads(filled.services.reader, Tail(filled.services.pool), Turns(1, 1))
    viewers = [viewer(Random(random.getrandbits(64)), cast) for _ in range(settings().max_examples // 5)]  # noqa: S311
    asking = [replace(one, name=f"test:{name}") for one in viewers for name in range(2)]
    random.shuffle(asking)
    for one in asking:
        for kind in KINDS:
            nameless = Wanted(kind, replace(scope(one), name=NOBODY), (), Place(0))
            alone = await shared.read_alone(replace(nameless, scope=scope(one)))
            assert await shared.read(nameless) == alone, one.name
    assert len(shared._reads) == len({scope(one) for one in viewers}) * len(KINDS)
