"""Nobody is told what they may not see, nor refused what they may: whoever asks, whatever is asked, by every path."""

from __future__ import annotations

import asyncio
import json
import random
from contextlib import aclosing
from functools import partial
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

from graph.guard import Guard
from resolvers.asked import Asked
from schema.errors import RequestError
from schema.ids import global_id
from sync.tail import Follower
from tests.policy import village
from tests.policy.asking import differs, post
from tests.policy.viewers import viewer
from tests.reference.queries import Question, history_question, question
from tests.reference.roots import SUBJECTS
from tests.reference.smaller import smallest
from wording import Wording

if TYPE_CHECKING:
    from graph.policy import Viewer
    from resolvers.execution import Executor
    from tests.api.conftest import Api
    from tests.policy.asking import Parts
    from tests.policy.viewers import Cast
    from tests.reference.fields import World
    from tests.reference.graph import Graph, Row
    from tests.reference.values import Values

pytestmark = [pytest.mark.long, pytest.mark.no_cover]  # to trace what chance asks would double its time

EACH = 10
"""Questions that each viewer asks."""
CHANGES = """query($after: String, $first: Int!) { changes(first: $first, after: $after) {
    changes { kind nodeType id at state fields } cursor more } }"""
CASES = "subscription($after: String) { caseChanged(after: $after) { kind case { id title } } }"
ALERTS = "subscription { searchAlerted { savedSearch { id } submission { id title } } }"
RECEIPTS = "subscription($after: String) { submissionReceived(after: $after) { kind submission { id title } } }"


async def ask(executor: Executor, parts: Parts, values: Values, cast: Cast, viewers: int) -> None:
    """Have viewers ask by chance; what differs is told by its smallest question."""
    for _ in range(viewers):
        somebody = viewer(Random(random.getrandbits(64)), cast)  # noqa: S311 - nothing secret
        world = parts.world(somebody)
        for _ in range(EACH):
            await agree(executor, somebody, world, question(Random(random.getrandbits(64)), values))  # noqa: S311


async def agree(executor: Executor, somebody: Viewer, world: World, asked: Question) -> None:
    """Ask both."""
    ask_both = partial(differs, executor, somebody, world)
    if await ask_both(asked):
        asked = await smallest(asked, ask_both)
        pytest.fail(f"{described(somebody)}\n{asked}\n{await ask_both(asked)}")


def described(somebody: Viewer) -> str:
    """Return who asked, to be made again."""
    told = [somebody.roles, somebody.divisions, somebody.organs, somebody.clearances, somebody.persons, somebody.seats]
    return f"asked by {told}"


async def test_every_viewer_is_answered_by_what_they_see(
    executor: Executor, parts: Parts, values: Values, cast: Cast
) -> None:
    """The planner's answer is the reference's over the graph cut down to what the viewer sees: data, paths, codes."""
    await ask(executor, parts, values, cast, settings().max_examples // 2)


async def test_so_it_is_by_the_planner_alone(
    executor: Executor, parts: Parts, values: Values, cast: Cast, filled: Api
) -> None:
    """With row-level security switched off on every table, the conditions of the planner hold."""
    for table in await filled.services.pool.fetch("select relname from pg_class where relrowsecurity"):
        await filled.services.pool.execute(f'alter table "{table["relname"]}" disable row level security')
    await ask(executor, parts, values, cast, settings().max_examples // 6)


async def test_so_it_is_by_the_database_alone(
    executor: Executor, parts: Parts, values: Values, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With nothing put around the tables of a statement, row-level security holds."""
    monkeypatch.setattr(Guard, "around", lambda _, statement: statement.unguarded)
    await ask(executor, parts, values, cast, settings().max_examples // 6)


async def test_every_history_is_of_what_is_seen(executor: Executor, parts: Parts, values: Values, cast: Cast) -> None:
    """Entries, places in them and counts are as if nothing else had happened, matched or not."""
    for _ in range(settings().max_examples // 4):
        somebody = viewer(Random(random.getrandbits(64)), cast)  # noqa: S311 - nothing secret
        world = parts.world(somebody)
        for _ in range(EACH):
            asked = history_question(Random(random.getrandbits(64)), values)  # noqa: S311
            await agree(executor, somebody, world, asked)


# Searching ----------------------------------------------------------------------------------------------------------

SEARCHED = (
    "请求查处", "教育局", "补偿 OR 学位", "补偿 AND 学位", "补偿 学位 A5", "主任", '"请求查处"', "",
    *(f"organ:{name}" for name in village.organ_ids()),
)  # fmt: skip
WHOLE = """query($q: String!, $by: SearchOrder!, $chosen: SearchFilter) {
    search(query: $q, orderBy: $by, filter: $chosen, first: 3, facets: [CHANNEL, KIND, STATUS, TOPIC, ORGAN, MONTH]) {
        totalCount looseCount facets { name counts { value count organ { name } } } pageInfo { hasNextPage }
        edges { cursor score loose passages { field text } node { id case { id status } } } } }"""
BY_CASE = """query($q: String!, $by: SearchOrder!, $chosen: SearchFilter) {
    searchCases(query: $q, orderBy: $by, filter: $chosen, first: 4, facets: [CHANNEL, ORGAN]) {
        submissionCount looseCount facets { name counts { value count } } pageInfo { hasNextPage }
        edges { cursor score matchCount looseCount node { id title }
            channels { channel hits { score loose node { id } } } } } }"""
SIMILAR = """query($to: ID!, $own: Boolean!) { similar(to: $to, first: 50, ownCase: $own) {
    score passages { text } node { id case { id } } } }"""
SUGGEST = "query($text: String!) { suggest(text: $text, first: 50) { kind label query } }"
CHOSEN: tuple[dict[str, Any] | None, ...] = (
    None, {"status": {"anyOf": ["REGISTERED", "ANSWERED"]}}, {"status": {"equals": "ANSWERED"}},
    {"kind": {"equals": "ACCUSATION"}}, {"division": "4301"},
    *({"organs": [global_id("Organ", key)]} for key in village.organ_ids().values()),
)  # fmt: skip


async def test_every_search_counts_what_is_seen(executor: Executor, parts: Parts, cast: Cast) -> None:
    """Totals, facets, scores and places of hits are as if nothing else were indexed."""
    for _ in range(settings().max_examples // 2):
        somebody = viewer(Random(random.getrandbits(64)), cast)  # noqa: S311 - nothing secret
        world = parts.world(somebody)
        for words in (*random.sample(SEARCHED, 2), number(parts)):
            given = {"q": words, "by": random.choice(("RELEVANCE", "NEWEST")), "chosen": random.choice(CHOSEN)}  # noqa: S311
            await agree(executor, somebody, world, Question(WHOLE, given))
            await agree(executor, somebody, world, Question(BY_CASE, given))


def number(parts: Parts) -> str:
    """Return a number by which something is known, be it seen or not."""
    row = random.choice(list(parts.graph["submission"]))  # noqa: S311 - nothing secret
    case = parts.graph.by_id["case"][row["case_id"]]
    return str(random.choice((case["number"], row["external_id"], row["receipt_code"].lower())))  # noqa: S311


async def test_what_is_similar_is_so_among_what_is_seen(executor: Executor, parts: Parts, cast: Cast) -> None:
    """To what is seen, by what is seen: nothing hidden is told, nor makes a word rare or common."""
    everything = [global_id("Submission", row["id"]) for row in parts.graph["submission"]]
    for _ in range(settings().max_examples // 4):
        somebody = viewer(Random(random.getrandbits(64)), cast)  # noqa: S311 - nothing secret
        world = parts.world(somebody)
        for to in random.sample(everything, 5):
            for own in (False, True):
                await agree(executor, somebody, world, Question(SIMILAR, {"to": to, "own": own}))


async def test_organs_are_suggested_to_who_may_know_of_them(executor: Executor, parts: Parts, cast: Cast) -> None:
    """One that only an accusation names is no suggestion for whoever does not see that."""
    for _ in range(settings().max_examples // 2):
        somebody = viewer(Random(random.getrandbits(64)), cast)  # noqa: S311 - nothing secret
        text = random.choice(("局", "委", "办", *(name[:2] for name in village.organ_ids()), *village.organ_ids()))  # noqa: S311
        await agree(executor, somebody, parts.world(somebody), Question(SUGGEST, {"text": text}))


# Following ------------------------------------------------------------------------------------------------------------


async def test_a_follower_is_told_of_what_may_be_seen(executor: Executor, parts: Parts, cast: Cast) -> None:
    """Paged to the end, whatever a page holds, `changes` gives each entry seen once and in order."""
    for _ in range(settings().max_examples // 4):
        somebody, size = viewer(Random(random.getrandbits(64)), cast), random.choice((1, 3, 50, 1_000))  # noqa: S311
        told, after, more = [], None, True
        while more:
            answered = await post(executor, somebody, CHANGES, after=after, first=size)
            page = answered["data"]["changes"]
            assert len(page["changes"]) <= size
            told += [(one["kind"], one["nodeType"], one["id"]) for one in page["changes"]]
            after, more = page["cursor"], page["more"]
        assert told == [entry_told(entry) for entry in parts.world(somebody).graph["journal"]]


def entry_told(entry: Row) -> tuple[str, str, str]:
    revealed = entry["kind"] == "IDENTITY_REVEALED"
    kind = entry["state"] if revealed else SUBJECTS[entry["kind"].partition("_")[0]]
    return entry["kind"], kind, global_id(kind, entry["subject"])


class _EndError(RequestError):
    """There is no more to be told."""


async def _end(*_: object) -> None:
    raise _EndError("END", Wording("The journal is read."))


def end_with_the_journal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a subscription end where it would wait for more."""
    monkeypatch.setattr(Follower, "next", _end)
    monkeypatch.setattr(Follower, "called", _end)


async def test_a_subscriber_is_told_of_what_may_be_seen(
    executor: Executor, parts: Parts, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the beginning, each event of what is seen and no other; where nothing more is read, the stream is ended."""
    end_with_the_journal(monkeypatch)
    for _ in range(settings().max_examples // 5):
        somebody = viewer(Random(random.getrandbits(64)), cast)  # noqa: S311
        graph = parts.world(somebody).graph
        start = parts.vault.seal_cursor(f"changes/{somebody.name}", bytes(12))
        assert await replayed(executor, somebody, CASES, start) == cases_told(graph)
        assert await replayed(executor, somebody, RECEIPTS, start) == receipts_told(graph)
        assert await replayed(executor, somebody, ALERTS) == alerts_told(graph)


async def replayed(
    executor: Executor, somebody: Viewer, query: str, after: str | None = None
) -> list[tuple[str, str, str]]:
    """Return the events of a subscription up to the end of the journal."""
    told = []
    async with asyncio.timeout(30), aclosing(executor.subscribe(Asked(query, {"after": after}), somebody)) as answers:
        async for one in answers:
            body: dict[str, Any] = json.loads(one.body())
            if "errors" in body:
                assert [error["extensions"]["code"] for error in body["errors"]] == ["END"], body
                break
            (event,) = body["data"].values()
            node = event.get("case") or event["submission"]
            told.append((event.get("kind") or event["savedSearch"]["id"], node["id"], node["title"]))
    return told


def cases_told(graph: Graph) -> list[tuple[str, str, str]]:
    """Return what is told of cases: of each entry, the cases that answer for what it names."""
    told = []
    for entry in graph["journal"]:
        if entry["kind"] == "IDENTITY_REVEALED":  # for auditors, who ask `reveals`
            continue
        named = {entry["subject"], entry["object"]} - {None}
        filed = [graph.row("submission", key) or graph.row("event", key) or {} for key in named]
        cases = named | {row["case_id"] for row in filed if row}
        found = {graph.leading(case) for case in cases if graph.row("case", case)}
        told += [(entry["kind"], global_id("Case", key), graph.by_id["case"][key]["title"]) for key in sorted(found)]
    return told


def receipts_told(graph: Graph) -> list[tuple[str, str, str]]:
    """Return what is told of receipts."""
    return [
        (entry["kind"], global_id("Submission", entry["subject"]), title_of(graph, entry["subject"]))
        for entry in graph["journal"]
        if entry["kind"] == "SUBMISSION_RECEIVED"
    ]


def alerts_told(graph: Graph) -> list[tuple[str, str, str]]:
    """Return what is told of saved searches, in the order in which it was found."""
    return [
        (global_id("SavedSearch", row["search"]), global_id("Submission", row["submission"]),
         title_of(graph, row["submission"]))
        for row in sorted(graph["alert"], key=lambda row: row["number"])
    ]  # fmt: skip


def title_of(graph: Graph, submission: Any) -> str:
    revision = graph.by_id["submission"][submission]["revision"]
    title: str = graph.by_id["submission_revision"][revision]["title"]
    return title
