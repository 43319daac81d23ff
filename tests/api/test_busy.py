"""Many operations at once share few connections, and none waits for one that another waits with."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from graph.commands import Commands
from graph.database import open_pool
from search.service import Search
from tests.api.conftest import Api, client_of
from tests.graph.factory import GAZETTEER, draft, make_intake

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

LONG = 60
"""Seconds after which an answer is given up: it would never come."""
VISIT = """submitVisit(input: {title: "楼道堆物", text: "%s", receivedAt: "2026-11-20T09:30:00+08:00"}) {
    case { id submissionCount } errors { message } }"""
OPERATIONS = {
    "fields and a search": '{ cases { nodes { id } } search(query: "油烟") { totalCount edges { node { title } } } }',
    "two searches": '{ a: search(query: "油烟") { totalCount } organs { nodes { name } } b: search { totalCount } }',
    "two mutations": f"mutation {{ a: {VISIT % '堆满了杂物。'} b: {VISIT % '又堆满了。'} }}",
    "changes and a search": "{ changes(first: 5) { cursor } search { totalCount } cases { totalCount } }",
}


@pytest.fixture
async def narrow(api: Api, database_url: str, tmp_path: Path) -> AsyncIterator[Api]:
    """Give the application with the fewest connections that can be set."""
    await api.take_in(draft("1"))
    pool = await open_pool(database_url, largest=2)
    services = replace(
        api.services, pool=pool, intake=make_intake(pool, api.services.vault, tmp_path / "narrow"),
        commands=Commands(pool=pool, gazetteer=GAZETTEER),
        search=Search(reader=api.services.reader, engine=api.services.engine),
    )  # fmt: skip
    async with client_of(services) as http:
        yield Api(services, http)
    await asyncio.wait_for(pool.close(), LONG)


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
async def test_operations_that_need_two_connections_end(narrow: Api, operation: str) -> None:
    """Twenty of a kind at once, on two connections, are all answered."""
    async with asyncio.timeout(LONG):
        answers: list[Any] = await asyncio.gather(*(narrow.ask(operation) for _ in range(20)))
    assert len(answers) == 20


async def test_operations_of_every_kind_end(narrow: Api) -> None:
    """Mixed, with pushes and followers between them."""
    pushed = [{"ticket_number": "T1", "received_at": "2026-11-20 10:00:00", "text": "路灯坏了。"}]
    async with asyncio.timeout(LONG):
        answers = await asyncio.gather(
            *(narrow.ask(operation) for operation in OPERATIONS.values() for _ in range(8)),
            *(narrow.http.post("/intake/a?channel=HOTLINE", json=pushed) for _ in range(8)),
            *(narrow.http.get("/sync/changes") for _ in range(8)),
        )
    assert [one.status_code for one in answers[-16:]] == [200] * 16
