"""Over the wire nobody is told more than they may see: bodies, headers and events, of the application as it is served.

What somebody is told is compared with the reference's answer over the graph that is left for them.
"""

from __future__ import annotations

import asyncio
import json
import random
from contextlib import aclosing
from random import Random
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import settings

from tests.policy.asking import difference
from tests.policy.people import person
from tests.policy.test_leaks import (
    ALERTS,
    CASES,
    EACH,
    RECEIPTS,
    alerts_told,
    cases_told,
    end_with_the_journal,
    receipts_told,
)
from tests.policy.test_traces import BROAD, secrets, traces
from tests.reference.queries import Question, question
from tests.reference.smaller import smallest

if TYPE_CHECKING:
    from tests.policy.asking import Parts
    from tests.policy.people import Person
    from tests.policy.wire import Wire
    from tests.reference.values import Values

pytestmark = [pytest.mark.long, pytest.mark.no_cover]

TOGETHER: Final = 4
"""People who ask at the same time, so that answers of one could be given to another."""


async def test_every_answer_over_the_wire_is_of_what_is_seen(wire: Wire, parts: Parts, values: Values) -> None:
    """Whoever asks, several at once: data, paths and codes are the reference's, and nothing hidden stands anywhere."""
    for _ in range(max(1, settings().max_examples // 3 // TOGETHER)):
        people = [person(Random(random.getrandbits(64)), parts.vault) for _ in range(TOGETHER)]  # noqa: S311
        await asyncio.gather(*(asks(wire, parts, values, one) for one in people))


async def asks(wire: Wire, parts: Parts, values: Values, somebody: Person) -> None:
    """Have somebody ask by chance, and what tells most."""
    world = parts.world(somebody.viewer)
    hidden = secrets(parts.graph, world.graph)

    async def differs(asked: Question) -> str:
        body = await wire.post(somebody, asked.query, asked.variables)
        if told := traces(hidden, asked, body):
            return f"told {told}"
        return await difference(world, asked, json.loads(body))

    by_chance = (question(Random(random.getrandbits(64)), values) for _ in range(EACH))  # noqa: S311
    for asked in [*by_chance, Question(random.choice(BROAD), {})]:  # noqa: S311
        if await differs(asked):
            least = await smallest(asked, differs)
            pytest.fail(f"{somebody.claims}\n{least}\n{await differs(least)}")


async def test_every_event_over_a_websocket_is_of_what_is_seen(
    wire: Wire, parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the beginning, each event of what is seen and no other, up to the end of the journal."""
    end_with_the_journal(monkeypatch)
    for _ in range(settings().max_examples // 8):
        somebody = person(Random(random.getrandbits(64)), parts.vault)  # noqa: S311
        graph = parts.world(somebody.viewer).graph
        hidden = secrets(parts.graph, graph)
        start = parts.vault.seal_cursor(f"changes/{somebody.viewer.name}", bytes(12))
        told_of = {CASES: cases_told(graph), RECEIPTS: receipts_told(graph), ALERTS: alerts_told(graph)}
        for query, told in told_of.items():
            after = None if query == ALERTS else start
            assert await replayed(wire, somebody, Question(query, {"after": after}), hidden) == told, somebody.claims


async def replayed(
    wire: Wire, somebody: Person, asked: Question, hidden: frozenset[bytes]
) -> list[tuple[str, str, str]]:
    """Return the events of a subscription up to the end of the journal."""
    told: list[tuple[str, str, str]] = []
    async with aclosing(wire.events(somebody, asked.query, asked.variables)) as events:
        async for one in events:
            assert not traces(hidden, asked, json.dumps(one, ensure_ascii=False).encode())
            if "errors" in one:
                assert [error["extensions"]["code"] for error in one["errors"]] == ["END"], one
                return told
            told.append(event_told(one["data"]))
    pytest.fail("The stream ended before the journal did.")


def event_told(data: dict[str, Any]) -> tuple[str, str, str]:
    """Return what an event tells, as the reference says it."""
    (event,) = data.values()
    node = event.get("case") or event["submission"]
    return event.get("kind") or event["savedSearch"]["id"], node["id"], node["title"]
