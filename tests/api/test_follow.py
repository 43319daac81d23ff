"""Whoever follows the changes meets each position of the journal once, in order, and misses none."""

from __future__ import annotations

import asyncio
from itertools import count
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from graph.records import Channel, MentionDraft, MentionRole, WebDetails
from schema.ids import split_id
from tests.graph.factory import NOW, draft, petitioner

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from graph.database import Connection
    from tests.api.conftest import Api

    Ask = Callable[[Api, str | None, int], Awaitable[tuple[list[dict[str, Any]], str, bool]]]

QUERY = """query($after: String, $first: Int!) { changes(after: $after, first: $first) {
    changes { kind nodeType id at state fields } cursor more } }"""
WRITERS = 8


async def by_graphql(api: Api, after: str | None, first: int) -> tuple[list[dict[str, Any]], str, bool]:
    """Return a page of changes, where to go on, and whether there is more, by GraphQL."""
    page = (await api.ask(QUERY, after=after, first=first))["changes"]
    return page["changes"], page["cursor"], page["more"]


async def by_lines(api: Api, after: str | None, first: int) -> tuple[list[dict[str, Any]], str, bool]:
    """Return the same by GET /sync/changes."""
    asked = {"first": str(first)} | ({} if after is None else {"after": after})
    response = await api.http.get("/sync/changes", params=asked)
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("application/x-ndjson")
    *told, last = [orjson.loads(line) for line in response.content.splitlines()]
    return told, last["cursor"], last["more"]


async def follow(api: Api, ask: Ask, ended: asyncio.Event) -> list[dict[str, Any]]:
    """Page on, by pages of every size up to 13, until the writers have ended and nothing more comes."""
    seen: list[dict[str, Any]] = []
    cursor: str | None = None
    for turn in count():
        last_look = ended.is_set()
        size = turn % 13 + 1
        told, cursor, more = await ask(api, cursor, size)
        assert len(told) <= size
        assert not more or len(told) == size
        seen += told
        if last_look and not more:
            return seen
    raise AssertionError


async def journal_of(connection: Connection) -> list[tuple[str, str]]:
    """Return the kind and subject of each entry, in the order of their positions, which have no hole."""
    rows = await connection.fetch("select position, kind, subject from journal order by position")
    assert [row["position"] for row in rows] == list(range(1, len(rows) + 1))
    return [(row["kind"], str(row["subject"])) for row in rows]


def told_of(changes: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Return the kind and node of each change."""
    return [(change["kind"], str(split_id(change["id"])[1])) for change in changes]


async def test_two_followers_meet_every_entry_once_while_many_write(api: Api, connection: Connection) -> None:
    """One by GraphQL and one by lines, while eight writers take in new records, revisions and copies."""
    ended = asyncio.Event()
    followers = [asyncio.create_task(follow(api, ask, ended)) for ask in (by_graphql, by_lines)]

    async def write(writer: int) -> None:
        for number in range(4):
            records = [draft(f"{writer}-{step}", title=f"第{number}次", mentions=(petitioner(),)) for step in range(3)]
            await api.services.intake.take_in(records, actor="test", now=NOW)

    try:
        await asyncio.gather(*(write(writer) for writer in range(WRITERS)))
    finally:
        ended.set()
    met = [told_of(seen) for seen in await asyncio.gather(*followers)]
    entries = await journal_of(connection)
    assert len(entries) > WRITERS * 12
    assert met == [entries, entries]


async def test_a_cursor_lasts(api: Api, connection: Connection) -> None:
    """What is given at the end goes on from there when more has happened, as often as it is used, by either way."""
    await api.take_in(draft("1"))
    told, cursor, more = await by_graphql(api, None, 1000)
    assert not more
    nothing, cursor, more = await by_graphql(api, cursor, 1000)
    assert (nothing, more) == ([], False)
    before = len(told)
    await api.take_in(draft("2", text="另一件事，路灯坏了。"))
    later = [told_of((await ask(api, cursor, 1000))[0]) for ask in (by_graphql, by_lines, by_graphql)]
    entries = await journal_of(connection)
    assert later == [entries[before:]] * 3


async def test_a_page_of_none_stands_still(api: Api) -> None:
    """Asking for nothing tells whether there is something, and the cursor stays."""
    await api.take_in(draft("1"))
    told, cursor, more = await by_lines(api, None, 0)
    assert (told, more) == ([], True)
    begun, _, _ = await by_graphql(api, None, 5)
    assert begun
    assert (await by_graphql(api, cursor, 5))[0] == begun


async def test_every_change_names_a_node_of_its_type(api: Api) -> None:
    """What `changes` gives as an id, `node` answers, and it is what it was said to be."""
    accused = MentionDraft(role=MentionRole.RESPONDENT, name="李四光")
    await api.take_in(
        draft("1", mentions=(petitioner(), accused)),
        draft("1", title="补充", mentions=(petitioner(), accused)),
        draft("W", channel=Channel.WEB, source="web", details=WebDetails(), mentions=(petitioner(),)),
    )
    told, _, _ = await by_graphql(api, None, 100)
    query = "query($ids: [ID!]!) { nodes(ids: $ids) { __typename } }"
    found = (await api.ask(query, ids=[change["id"] for change in told]))["nodes"]
    assert [one["__typename"] for one in found] == [change["nodeType"] for change in told]
    assert "李四光" not in str(told)


@pytest.mark.parametrize("ask", [by_graphql, by_lines])
async def test_both_ways_tell_the_same(api: Api, ask: Ask) -> None:
    """Kind, node, time, state and fields alike."""
    await api.take_in(draft("1", mentions=(petitioner(),)), draft("1", title="补充"))
    told, _, _ = await ask(api, None, 100)
    assert told == (await by_graphql(api, None, 100))[0]
    assert {"kind", "nodeType", "id", "at", "state", "fields"} == set(told[0])


async def test_a_cursor_of_something_else_is_refused(api: Api) -> None:
    """A timeline's cursor is sealed for its timeline alone, and one that was altered opens nothing."""
    await api.take_in(draft("1"))
    timeline = await api.ask("{ cases { nodes { timeline(first: 1) { edges { cursor } } } } }")
    [case] = timeline["cases"]["nodes"]
    _, cursor, _ = await by_graphql(api, None, 1)
    middle = len(cursor) // 2
    altered = cursor[:middle] + ("A" if cursor[middle] != "A" else "B") + cursor[middle + 1 :]
    for foreign in (case["timeline"]["edges"][0]["cursor"], altered, "x", "é", "\0"):
        response = await api.http.get("/sync/changes", params={"after": foreign})
        assert response.status_code == 400
        assert response.json()["errors"][0]["extensions"]["argument"] == "after"
        answer = await api.post(QUERY, after=foreign, first=1)
        assert answer["errors"][0]["extensions"]["code"] == "INVALID_CURSOR"
