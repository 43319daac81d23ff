"""docs/connectors.md is true: its heading table is the one in use, its examples run."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path
from types import ModuleType
from typing import Any

import orjson
import pytest

from connectors import registry
from connectors.connector import Resource
from connectors.headings import read_mapping
from connectors.push import read_push
from connectors.vocabulary import COMMON, LEFT_OUT, LINES
from graph.records import Channel, Draft, Refusal, RejectionReason
from tests.connectors.factory import OPTIONS, instant

PAGE = Path(__file__).parent.parent.parent / "docs" / "connectors.md"
TEXT = PAGE.read_text(encoding="utf-8")


def block(before: str) -> str:
    """Return the code block that follows some words of the page."""
    found = re.search(rf"{re.escape(before)}\n+```\w+\n(.*?)```", TEXT, re.DOTALL)
    assert found, before
    return found[1]


def shown(name: str) -> str:
    """Return a part of the page that is made from data."""
    return TEXT.partition(f"<!-- {name}: begin -->\n")[2].partition(f"\n<!-- {name}: end -->")[0]


def heading_table() -> str:
    """Return the table of headings as the page must show it."""
    those: dict[tuple[str, str], list[str]] = {}
    for line in LINES:
        if line.part != LEFT_OUT:
            part = "all" if line.part == COMMON else line.part
            those.setdefault((part, f"`{line.field}`" if line.field else "begins"), []).append(line.heading)
    lines = ["| channel | field | headings |", "|---|---|---|"]
    return "\n".join(lines + [f"| {part} | {field} | {'、'.join(some)} |" for (part, field), some in those.items()])


def left_out() -> str:
    """Return what is left out, by its reason, as the page must show it."""
    reasons: dict[str, list[str]] = {}
    for line in LINES:
        if line.part == LEFT_OUT:
            reasons.setdefault(line.source, []).append(line.heading)
    return "\n".join(f"- {'、'.join(those)}: {reason}" for reason, those in reasons.items())


def test_the_page_shows_the_headings_in_use() -> None:
    """People look there for what to call a column."""
    assert shown("headings") == heading_table()
    assert shown("left out") == left_out()


def test_the_pages_example_of_a_new_form_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """One module and one line, as the page says."""
    module: Any = ModuleType("call_log_of_the_docs")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    exec(compile(block("<!-- example: module -->"), str(PAGE), "exec"), module.__dict__)  # noqa: S102 - our own page
    line = block("<!-- example: registration -->").strip().removesuffix(",")
    added = eval(line, module.__dict__)  # noqa: S307 - the same
    monkeypatch.setattr(registry, "CONNECTORS", (*registry.CONNECTORS, added))
    resource = Resource.from_bytes("calls.log", block("<!-- example: sample -->").encode())
    first, second = registry.read(Channel.HOTLINE, resource, OPTIONS)
    assert isinstance(first, Draft)
    assert isinstance(second, Refusal)
    assert (first.external_id, first.received_at) == ("T1", instant("2024-05-06 07:08:09"))
    assert first.mentions[0].phone == "13812341234"
    assert (second.reason, second.position) == (RejectionReason.DATE, "calls.log line 2")


def test_the_pages_push_is_taken_in() -> None:
    """Every key of the example is read."""
    (draft,) = read_push(Channel.HOTLINE, orjson.dumps(orjson.loads(block("lists of objects:"))), OPTIONS)
    assert isinstance(draft, Draft)
    assert len(draft.mentions) == 2
    assert draft.replies
    assert draft.call_backs
    assert draft.division == "岳麓区"


def test_the_pages_mapping_can_be_read() -> None:
    """It is a whole mapping file."""
    mapping = read_mapping(tomllib.loads(block("exchanges a source's words for known ones.")), "page")
    assert len(mapping.headings) == 3
    assert mapping.values
