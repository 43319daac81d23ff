"""`retain`: destroy what has been kept as long as the rules allow."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from casegraph.keeping import sweep
from casegraph.services import make_expiry, open_services
from casegraph.terminal import say, show
from graph.retention import Kept, load_rules, readable
from wording import Wording

if TYPE_CHECKING:
    import argparse

    from casegraph.settings import Settings
    from graph.retention import Rule

SWEPT = frozenset({Kept.IDENTITIES, Kept.PAYLOADS, Kept.REJECTIONS})
"""What leaves something in the tables or the index."""


async def run(settings: Settings, arguments: argparse.Namespace) -> int:
    """Tell what is due, and destroy it unless asked only to tell."""
    rules = load_rules()
    async with open_services(settings, patience=None) as services:
        expiry = make_expiry(settings, services.pool, services.vault)
        now = services.clock()
        if arguments.dry_run:
            for line in readable(list(rules.values())):
                show(line)
            _tell(Counter(await expiry.due(now)), rules, Wording("due"))
            return 0
        gone: Counter[Kept] = Counter()
        async for kind, count in expiry.carry_out(now):
            gone[kind] += count
        _tell(gone, rules, Wording("destroyed"))
        if SWEPT & gone.keys():
            say(Wording("Sweeping the tables and building the index anew …"))
            await sweep(services.pool, services.engine, thorough=arguments.thorough)
    return 0


def _tell(counts: Counter[Kept], rules: dict[Kept, Rule], what: Wording) -> None:
    for kind, rule in rules.items():
        say(
            Wording(
                "{counts:>9,} {kind} {what} (kept {period})",
                counts=counts[kind],
                kind=kind,
                what=what,
                period=rule.period,
            )
        )
