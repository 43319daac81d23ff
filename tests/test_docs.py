"""The documents stay true: what they show runs, and what they name is there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from graphql import build_schema, parse, validate

if TYPE_CHECKING:
    from graph.database import Connection

ROOT: Final = Path(__file__).parent.parent
DOCUMENTS: Final = sorted(path for path in (*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")))
EDGE_COLUMNS: Final = {"id", "state", "score", "evidence", "decided_by", "decided_at"}
"""Said once for all edges."""


def names(cell: str) -> list[str]:
    """Return what a table's cell names in backquotes."""
    return re.findall(r"`([a-z_0-9]+)`", cell)


def described() -> dict[str, set[str]]:
    """Return the columns of each table as docs/data-model.md lists them."""
    text = (ROOT / "docs" / "data-model.md").read_text(encoding="utf-8")
    edges = text[text.index("## Edges") : text.index("## What happened")]
    found = {}
    for heading, body in re.findall(r"^### (\w+)\n(.*?)(?=^##|\Z)", text, re.MULTILINE | re.DOTALL):
        rows = re.findall(r"^\| (`[^|]*) \|", body, re.MULTILINE)
        found[heading] = {name for row in rows for name in names(row)}
        if f"### {heading}\n" in edges:
            found[heading] |= EDGE_COLUMNS
    return found


async def test_the_data_model_is_that_of_the_database(connection: Connection) -> None:
    """Every table and column stands on the page, and nothing else."""
    rows = await connection.fetch("""
        select c.relname as table, a.attname as column from pg_class c
        join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        where c.relkind in ('r', 'p') and not c.relispartition and c.relnamespace = 'public'::regnamespace
        and c.relname <> 'migration'
    """)
    there: dict[str, set[str]] = {}
    for row in rows:
        there.setdefault(row["table"], set()).add(row["column"])
    assert described() == there


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_queries_fit_the_schema(document: Path) -> None:
    """Each GraphQL example is valid against the printed SDL."""
    schema = build_schema((ROOT / "schema.graphql").read_text(encoding="utf-8"))
    for query in re.findall(r"^```graphql\n(.*?)^```", document.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL):
        assert not validate(schema, parse(query)), query


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_files_that_are_named_are_there(document: Path) -> None:
    """Paths in backquotes lead somewhere."""
    text = document.read_text(encoding="utf-8")
    named = re.findall(r"`((?:[a-z_]+/)+(?:[\w.-]+)?|[\w-]+\.(?:md|graphql|toml|yml))`", text)
    made = {"letters/", "mapping.toml"}
    assert not [path for path in named if path not in made and not (ROOT / path).exists()]


def test_the_two_commands_are_in_the_makefile() -> None:
    """`make` commands that documents name are targets."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    for document in DOCUMENTS:
        named = re.findall(r"\bmake ([a-z-]+)", "\n".join(_code(document)))
        assert set(named) <= targets, document.name


def _code(document: Path) -> list[str]:
    text = document.read_text(encoding="utf-8")
    return re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL) + re.findall(r"`(make [^`]+)`", text)


def test_both_readmes_show_the_same() -> None:
    """The one in Chinese has the commands, the queries, the settings and the folders of the one in English."""
    texts = [(ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.zh-CN.md")]
    for shown in (r"^```\w+\n.*?^```$", r"^\| (`[^|]*) \|", r"CASEGRAPH_\w+"):
        english, chinese = (re.findall(shown, text.replace("`、`", "`, `"), re.MULTILINE | re.DOTALL) for text in texts)
        assert english
        assert chinese == english
