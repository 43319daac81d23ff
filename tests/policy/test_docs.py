"""The page on the policy is the policy."""

from __future__ import annotations

from pathlib import Path

from graph.policy import TABLE

PAGE = Path(__file__).parent.parent.parent / "docs" / "policy.md"


def test_the_page_has_the_table_as_it_is() -> None:
    """Every row in its order, with who, by which clearance, under which condition and by which law."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    start = lines.index("|---|---|---|---|---|") + 1
    told = [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in lines[start : start + len(TABLE)]]
    assert told == [
        (rule.action, ", ".join(sorted(rule.roles)), rule.clearance or "", rule.condition, rule.law) for rule in TABLE
    ]
    assert not lines[start + len(TABLE)].startswith("|")
