"""Whoever pushes is told of each record what became of it, by the id that they gave it, and what of it was not read."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from graph.policy import Role
from tests.api.conftest import client_of
from tests.viewers import EVERYTHING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from graph.database import Connection
    from tests.api.conftest import Api

PARTNER = replace(EVERYTHING, roles=frozenset({Role.PARTNER}), sources=frozenset({"centre", "strict"}))
GOOD = {"external_id": "GD1", "text": "路灯坏了。", "time": "2026-11-20"}


@pytest.fixture
async def http(api: Api) -> AsyncIterator[httpx.AsyncClient]:
    """Ask as a partner of two sources, one of which is read strictly."""
    options = replace(api.services.read_options, strict_sources=frozenset({"strict"}))
    async with client_of(replace(api.services, read_options=options), viewer=PARTNER) as client:
        yield client


async def pushed(http: httpx.AsyncClient, *records: dict[str, Any], source: str = "centre") -> list[dict[str, Any]]:
    """Return the outcomes of a push."""
    answer = await http.post(f"/intake/{source}?channel=HOTLINE", json=list(records))
    assert answer.status_code in {200, 207}, answer.text
    outcomes: list[dict[str, Any]] = answer.json()["outcomes"]
    return outcomes


async def test_each_outcome_names_the_external_id(http: httpx.AsyncClient) -> None:
    """Taken in, known as it is, rejected for a value, rejected for its objects; a record without one has none."""
    bad = GOOD | {"external_id": "GD2", "time": "1899-12-31"}
    worse = GOOD | {"external_id": 3, "replies": [{"txt": "好"}]}
    outcomes = await pushed(http, GOOD, GOOD, bad, worse, {"text": "井盖松了。", "time": "2026-11-20"})
    told = [(one["change"], one.get("externalId")) for one in outcomes]
    assert told == [("NEW", "GD1"), ("UNCHANGED", "GD1"), ("REJECTED", "GD2"), ("REJECTED", "3"), ("NEW", None)]


async def test_an_id_comes_back_as_it_was_sent(http: httpx.AsyncClient) -> None:
    """Masked, its sender would not know it again."""
    (outcome,) = await pushed(http, GOOD | {"external_id": "13812341234"})
    assert outcome["externalId"] == "13812341234"


async def test_keys_that_are_not_read_are_named(http: httpx.AsyncClient) -> None:
    """With the known name that is near; what names no division or topic as well; again when nothing changed."""
    record = GOOD | {"divison": "430104", "备用手机": "13812341234", "备注": "", "topic": "没有这个分类"}
    for _ in range(2):
        (outcome,) = await pushed(http, record)
        assert outcome["unread"] == [
            {"name": "divison", "why": "UNKNOWN", "nearest": "division"},
            {"name": "备用手机", "why": "UNKNOWN", "nearest": "手机"},
            {"name": "topic", "why": "NO_SUCH"},
        ]
    (whole,) = await pushed(http, GOOD | {"external_id": "GD9"})
    assert "unread" not in whole


async def test_a_source_that_is_read_strictly_is_refused(http: httpx.AsyncClient, connection: Connection) -> None:
    """The record is kept as a rejection that names the keys, and ends once it comes without them."""
    (refused,) = await pushed(http, GOOD | {"divison": "430104"}, source="strict")
    assert (refused["change"], refused["reason"], refused["externalId"]) == ("REJECTED", "HEADINGS", "GD1")
    assert "divison" in refused["message"]
    (mended,) = await pushed(http, GOOD | {"division": "430104"}, source="strict")
    assert mended["change"] == "NEW"
    assert await connection.fetchval("select state from rejection") == "RESOLVED"


async def test_a_key_that_is_somebody_s_number_is_told_masked(http: httpx.AsyncClient) -> None:
    """It may be anything."""
    (outcome,) = await pushed(http, GOOD | {"电话13812341234": "x"})
    assert [one["name"] for one in outcome["unread"]] == ["电话138****1234"]
