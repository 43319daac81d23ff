"""`policy`: print who may see and do what, and by which law."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from casegraph.plain_table import table
from casegraph.terminal import show
from graph.policy import TABLE, Role
from wording import Wording, joined
from wording.catalogue import told

if TYPE_CHECKING:
    import argparse

    from casegraph.settings import Settings
    from graph.policy import Rule

HEADINGS: Final = (
    Wording("action"), Wording("roles"), Wording("clearance"), Wording("condition"), Wording("law"),
)  # fmt: skip
NONE: Final = "—"
WIDEST: Final = 34
"""Columns of a cell: five of them stand on a page that lies on its side."""


async def run(_: Settings, __: argparse.Namespace) -> int:
    """Print the table."""
    for line in table([told(heading) for heading in HEADINGS], [_cells(rule) for rule in TABLE], WIDEST):
        show(line)
    return 0


def _cells(rule: Rule) -> tuple[str, ...]:
    roles = told(joined([Wording(role) for role in Role if role in rule.roles]))
    condition = told(Wording(rule.condition)) if rule.condition else NONE
    return told(Wording(rule.action)), roles, rule.clearance or NONE, condition, rule.law
