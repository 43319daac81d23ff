"""`policy`: print who may see and do what, and by which law."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from casegraph.plain_table import table
from casegraph.terminal import say
from graph.policy import TABLE, Role

if TYPE_CHECKING:
    import argparse

    from casegraph.settings import Settings
    from graph.policy import Rule

HEADINGS: Final = ("action", "roles", "clearance", "condition", "law")
WIDEST: Final = 34
"""Columns of a cell: five of them stand on a page that lies on its side."""


async def run(_: Settings, __: argparse.Namespace) -> int:
    """Print the table."""
    for line in table(HEADINGS, [_cells(rule) for rule in TABLE], WIDEST):
        say(line)
    return 0


def _cells(rule: Rule) -> tuple[str, ...]:
    roles = ", ".join(role for role in Role if role in rule.roles)
    return str(rule.action), roles, rule.clearance or "none", rule.condition or "none", rule.law
