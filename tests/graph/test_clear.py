"""What stands in clear is listed, column by column, and the list is that of the database."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from graph.database import Connection

PAGE = Path(__file__).parents[2] / "docs" / "clear.md"
WAYS = {"masked", "sealed", "keyed", "ours", "public"}
TEXTS = """
select c.relname as table, a.attname as column, format_type(a.atttypid, null) as type from pg_class c
join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
where c.relkind in ('r', 'p') and not c.relispartition and c.relnamespace = 'public'::regnamespace
and a.atttypid <> all(array[
    'uuid', 'uuid[]', 'timestamptz', 'bool', 'int2', 'int4', 'int8', 'float4', 'float8'
]::regtype[])
"""
"""Whatever is no id, time, truth or number may hold a text, types that are new included."""


def placed() -> list[tuple[str, str, str, str]]:
    """Return table, column, way and reason of all that the page lists."""
    page = PAGE.read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \|([^|]*)\|([^|]*)\|$", page, re.MULTILINE)
    return [
        (table, column, way, why) for table, way, cell, why in rows for column in re.findall(r"`(\w+)`", cell)
    ]  # fmt: skip


async def test_every_column_is_placed_once(connection: Connection) -> None:
    """A column that is new, gone or placed twice fails."""
    there = [(row["table"], row["column"]) for row in await connection.fetch(TEXTS)]
    assert Counter((table, column) for table, column, _, _ in placed()) == Counter(there)


async def test_ways_fit_types(connection: Connection) -> None:
    """What is sealed is bytes, what is masked or public is none; what is public says why."""
    types = {(row["table"], row["column"]): row["type"] for row in await connection.fetch(TEXTS)}
    for table, column, way, why in placed():
        assert way in WAYS
        assert way != "public" or why.strip(), (table, column)
        assert way != "sealed" or types[table, column] == "bytea", (table, column)
        assert way not in {"masked", "public"} or "bytea" not in types[table, column], (table, column)
