"""Days begin and months are counted in the zone of the instance, which its index alone knows."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import pytest

from graph.records import Position
from graph.times import LEGAL_ZONE
from search.compile import compile_query
from search.documents import index_document
from search.elastic_names import Names
from search.engine import AllOf, Batch, Lookup
from search.generations import edition
from search.query import parse
from search.records import FacetName
from search.tantivy_engine import open_tantivy
from tests.engines import ENGINES, opening_of
from tests.search.library import source

if TYPE_CHECKING:
    from pathlib import Path

EVENING: Final = datetime(2026, 3, 31, 16, 30, tzinfo=UTC)
"""In China the next month has begun; in London half an hour of this day is left, in New York it is noon."""
ZONES: Final = ("Asia/Shanghai", "Europe/London", "America/New_York", "Asia/Urumqi")


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("zone", [ZoneInfo(name) for name in ZONES], ids=ZONES)
async def test_after_before_and_months_are_those_of_one_zone(
    request: pytest.FixtureRequest, tmp_path: Path, engine: str, zone: ZoneInfo
) -> None:
    """A day that is asked for begins when the month that is counted does."""
    index = opening_of(request, engine, zone=zone)(tmp_path)
    document = index_document(source(1, received_at=EVENING), index.zone)
    await index.apply(Batch(documents=[document], gone=(), after=Position(0), position=Position(1)))
    day = EVENING.astimezone(zone)
    found = await index.find(Lookup(match=AllOf(), facets=(FacetName.MONTH,)))
    assert [one.value for one in found.facets[FacetName.MONTH]] == [f"{day:%Y-%m}"]
    for query, total in (
        (f"after:{day:%Y-%m-%d}", 1), (f"before:{day:%Y-%m-%d}", 0), (f"-before:{day:%Y-%m-%d}", 1),
        ("after:2026-04-01", int(day.month == 4)), ("before:2026-04-01 OR channel:web", int(day.month == 3)),
    ):  # fmt: skip
        assert (await index.find(Lookup(match=compile_query(parse(query)).match))).total == total, query
    await index.close()


async def test_an_index_of_another_zone_is_not_there(tmp_path: Path) -> None:
    """It is made anew by whoever follows the journal, as one of another version is."""
    here, there = open_tantivy(tmp_path), open_tantivy(tmp_path, ZoneInfo("Europe/London"))
    batch: dict[str, Any] = {"documents": [], "gone": (), "after": Position(0), "position": Position(1)}
    await here.apply(Batch(**batch))
    assert await here.position() == 1
    assert await there.position() is None
    for one in (here, there):
        await one.close()


def test_names_tell_zones_apart() -> None:
    """In digits, as a version is: so names are read as they always were, and those of the law's zone stay."""
    editions = {edition(ZoneInfo(name)) for name in ZONES}
    assert len(editions) == len(ZONES)
    assert all(one.isdecimal() for one in editions)
    assert Names("casegraph", ZoneInfo("Europe/London")).live != Names("casegraph", LEGAL_ZONE).live
