"""Whatever people do, one after the other: nobody is told of what is hidden, and everybody sees what is theirs.

Two things are compared over the wire. What names something hidden is answered byte for byte as what names nothing; and
after each sequence of steps everybody is answered as the reference answers over the graph that is left for them.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
from collections import Counter
from random import Random
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import settings

from graph.attachments import Attachments
from graph.erasure import Eraser
from graph.erasure_list import SubjectKind
from graph.errors import ConflictError
from schema.ids import split_id
from tests.policy.asking import Library, Parts, counted, difference
from tests.policy.people import everything, person
from tests.policy.steps import (
    KINDS,
    document,
    entered,
    fresh,
    hidden_steps,
    nobodys,
    wanted,
)
from tests.policy.test_traces import BROAD, secrets, traces
from tests.policy.village import LATER
from tests.reference.graph import load
from tests.reference.queries import Question, question
from tests.reference.saved import follow
from tests.reference.values import values_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from tests.api.conftest import Api
    from tests.policy.people import Person
    from tests.policy.steps import Kind, Step
    from tests.policy.wire import Wire
    from tests.reference.graph import Graph
    from tests.reference.values import Values

pytestmark = [pytest.mark.long, pytest.mark.no_cover]

STORIES: Final = max(1, settings().max_examples // 100)
"""Villages that are told of: one, many where everything is tried."""
SEQUENCES: Final = 6
"""Of each village: the reference reads all of a graph in plain loops, so none grows old."""
PEOPLE: Final = 8
"""Who look after each sequence."""
PROBES: Final = 44
"""Steps that each of them tries on what is hidden: an operation may have 50 aliases."""
LEAST: Final = 2_000
"""Comparisons of one village."""
TRIES: Final = 20
"""How often somebody who may do everything tries a step, since much of what is drawn cannot be joined or parted."""
DONE: Final = {
    "submitHotlineTicket", "revise", "fileSubmission", "partSubmission", "joinCases", "partCases", "joinParties",
    "partParties", "nameAccused", "correctSubmission", "reveal", "erase",
}  # fmt: skip
"""What is done at least once in each village, not only refused."""
UUIDS: Final = re.compile(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Story:
    """One village over time: who did what, and what was compared."""

    def __init__(self, api: Api, wire: Wire, eraser: Eraser) -> None:
        self.api, self.wire, self.eraser = api, wire, eraser
        self.random = Random(random.getrandbits(64))  # noqa: S311 - nothing secret
        self.done: Counter[str] = Counter()
        self.compared = 0
        self.told: list[str] = []
        """Every step that was tried."""
        self.all = everything(api.services.vault, "all")

    def somebody(self) -> Person:
        """Return somebody new, with keys, cursors and saved searches of their own."""
        return person(self.random, self.api.services.vault, f"somebody-{self.random.getrandbits(32)}")

    async def graph(self) -> Graph:
        """Return the graph as it is."""
        async with self.api.services.pool.acquire() as connection:
            return await load(connection)

    def parts(self, graph: Graph) -> Parts:
        """Return what the reference answers from."""
        return Parts(graph, self.api.services.vault, self.api.services.taxonomy.all(), Library())

    # What is done ----------------------------------------------------------------------------------------------------

    async def go_on(self) -> None:
        """Have each kind of step done by chance: by anybody, or by somebody who may do everything and tries again."""
        kinds = [*KINDS]
        self.random.shuffle(kinds)
        for kind in kinds:
            await self.tried(kind, self.somebody())
            if not self.done[kind.field] and kind.field in DONE:
                await self.until_done(kind)
        for somebody in (self.all, self.somebody()):
            await self.enter(somebody)
        await self.erase()
        await follow(self.api.services)

    async def until_done(self, kind: Kind) -> None:
        """Have somebody who may do everything try a step until it is done once."""
        for _ in range(TRIES):
            if await self.tried(kind, self.all):
                return

    async def tried(self, kind: Kind, somebody: Person) -> bool:
        """Try a step on what somebody sees; tell whether it was done."""
        parts = self.parts(await self.graph())
        left = parts.world(somebody.viewer).graph
        one = wanted(self.random, kind, left)
        return one is not None and await self.take(somebody, one, secrets(parts.graph, left))

    async def enter(self, somebody: Person) -> None:
        """Enter something and revise it."""
        parts = self.parts(await self.graph())
        hidden = secrets(parts.graph, parts.world(somebody.viewer).graph)
        one = entered(self.random, fresh())
        await self.take(somebody, one, hidden)
        again = {"text": "情况有变，请求查处。" * 3, "kind": one.given["kind"]}
        await self.take(somebody, entered(self.random, one.given["externalId"], **again), hidden, name="revise")

    async def take(self, somebody: Person, one: Step, hidden: frozenset[bytes], name: str = "") -> bool:
        """Do a step and tell whether it was done; be that or not, nothing hidden is told by it."""
        query, variables = document([one])
        body = await self.wire.post(somebody, query, variables)
        assert not (told := traces(hidden, Question(query, variables), body)), (somebody.claims, one, told)
        self.told.append(f"{somebody.claims} {one.kind.field} {one.given}")
        data = json.loads(body)["data"]
        done = bool(data and data["s0"] and not data["s0"]["errors"])
        self.done[name or one.kind.field] += done
        return done

    async def erase(self) -> None:
        """Erase somebody, or all of a submission, as an administrator does."""
        graph = await self.graph()
        kind = self.random.choice(list(SubjectKind))
        rows = graph["submission" if kind is SubjectKind.SUBMISSION else "mention"]
        subject = self.random.choice(rows)["party" if kind is SubjectKind.PARTY else "id"]
        try:
            await self.eraser.erase(kind, subject, reason="依申请删除", actor="test", now=LATER)
        except ConflictError:
            pytest.fail("Nobody else changes anything, yet an erasure was in conflict.")
        self.done["erase"] += 1

    def story(self) -> str:
        """Return all that was tried, to be told where it ends badly."""
        return "".join(f"{step}\n" for step in self.told)

    # What is compared ------------------------------------------------------------------------------------------------

    async def nothing_there(self, somebody: Person, parts: Parts) -> None:
        """What names something hidden is answered as what names nothing, and changes nothing."""
        left = parts.world(somebody.viewer).graph
        steps = hidden_steps(self.random, parts.graph, left, PROBES)
        others = nobodys(without(parts.graph, left))
        query, variables = document(steps)
        _, instead = document([one.instead(others) for one in steps])
        told = await self.wire.post(somebody, query, variables)
        assert "data" in json.loads(told), told  # else the document was not even tried
        same(renamed(told, others), await self.wire.post(somebody, query, instead), somebody, steps)
        self.compared += len(steps)
        await self.keys_that_are_taken(somebody, parts, left)

    async def keys_that_are_taken(self, somebody: Person, parts: Parts, left: Graph) -> None:
        """What is entered under a key of something hidden is answered as under a key that nobody has."""
        seen = {row["id"] for row in left["submission"]}
        keys = [row["external_id"] for row in parts.graph["submission"] if row["id"] not in seen and row["external_id"]]
        if not keys:
            return
        one = entered(self.random, self.random.choice(keys), title="路灯不亮")
        free = entered(self.random, fresh(), **{name: one.given[name] for name in one.given if name != "externalId"})
        told = [json.loads(await self.wire.post(somebody, *document([each]))) for each in (one, free)]
        assert without_ids(told[0]) == without_ids(told[1]), (somebody.claims, one, told)
        self.compared += 1

    async def index_is_true(self, somebody: Person, parts: Parts) -> None:
        """The index finds for somebody, of all that it holds, what they see: else what is hidden is counted."""
        found = await counted(self.api.services.engine, somebody.viewer)
        left = [row["id"] for row in parts.world(somebody.viewer).graph["submission"]]
        assert sorted(found) == sorted(left), f"{self.story()}{somebody.claims}\n{set(found) ^ set(left)}"
        self.compared += 1

    async def all_is_theirs(self, somebody: Person, parts: Parts, values: Values) -> None:
        """Everything that tells most, and questions by chance, are answered as the reference says."""
        world = parts.world(somebody.viewer)
        hidden = secrets(parts.graph, world.graph)
        broad = [Question(text, {}) for text in self.random.sample(BROAD, 4)]
        for one in [*broad, *(question(self.random, values) for _ in range(2))]:
            body = await self.wire.post(somebody, one.query, one.variables)
            assert not (told := traces(hidden, one, body)), (somebody.claims, one, told)
            different = await difference(world, one, json.loads(body))
            assert not different, f"{self.story()}{somebody.claims}\n{one}\n{different}"
            self.compared += 1


def same(told: bytes, instead: bytes, somebody: Person, steps: Sequence[Step]) -> None:
    """Assert that two answers are one, naming the step that tells them apart."""
    if told == instead:
        return
    one, other = json.loads(told), json.loads(instead)
    for at, step in enumerate(steps):
        first, second = ([part["data"] and part["data"].get(f"s{at}"), errors_at(part, at)] for part in (one, other))
        assert first == second, (somebody.claims, step, first, second)
    pytest.fail(f"{told!r}\n{instead!r}")


def renamed(told: bytes, others: Mapping[str, str]) -> bytes:
    """Return an answer with other ids: what is not found is told by the id that was given."""
    keys = {str(split_id(one)[1]): str(split_id(other)[1]) for one, other in others.items()}
    return UUIDS.sub(lambda found: keys.get(found[0].decode(), found[0].decode()).encode(), told)


def errors_at(answer: dict[str, Any], at: int) -> list[dict[str, Any]]:
    """Return the errors of one step."""
    return [error for error in answer.get("errors", []) if error.get("path", [""])[0] == f"s{at}"]


def without(whole: Graph, left: Graph) -> Graph:
    """Return what is hidden."""
    hidden = {name: [row for row in rows if row["id"] not in left.by_id[name]]
              for name, rows in whole.tables.items() if name != "journal"}  # fmt: skip
    return type(whole)(hidden)


def without_ids(told: Any) -> Any:
    """Return an answer without what is new each time."""
    if isinstance(told, dict):
        return {name: "new" if name in {"id", "receiptCode"} and value else without_ids(value)
                for name, value in told.items()}  # fmt: skip
    return [without_ids(one) for one in told] if isinstance(told, list) else told


@pytest.mark.parametrize("_", range(STORIES))
async def test_nobody_is_told_of_what_is_hidden_whatever_is_done(
    filled: Api, wire: Wire, tmp_path: Path, record_property: Callable[[str, object], None], _: int
) -> None:
    """Enter, revise, file, join, part, name, reveal, retry and erase, by people of all sorts, on theirs or others'."""
    services = filled.services
    eraser = Eraser(
        pool=services.pool, vault=services.vault, attachments=Attachments(tmp_path / "attachments"),
        erasures=tmp_path / "erasures" / "list",
    )  # fmt: skip
    story = Story(filled, wire, eraser)
    for _sequence in range(SEQUENCES):
        await story.go_on()
        people = [story.somebody() for _ in range(PEOPLE)]
        parts = story.parts(await story.graph())
        values = await asyncio.to_thread(values_of, parts.world(story.all.viewer))
        for one in people:
            await story.index_is_true(one, parts)
            await story.all_is_theirs(one, parts, values)
        for one in people:
            await story.nothing_there(one, story.parts(await story.graph()))
        await asyncio.to_thread(parts.library.close)  # each of its indexes runs a loop of its own
    record_property("comparisons", story.compared)
    record_property("done", dict(story.done))
    assert story.compared >= LEAST
    assert {name for name, times in story.done.items() if times} >= DONE
