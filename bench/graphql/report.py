"""What was measured, as rows with their goals. Pure."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bench.table import Row

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bench.graphql.load import Load

OURS: Final = "casegraph"
GOALS: Final[Mapping[str, Mapping[str, float]]] = {
    "postgraphile": {"case": 3, "filtered": 3, "nested": 3, "flat": 2},
    "loaders": {"nested": 10, "flat": 6},
    "ceiling": {"filtered": 0.5, "nested": 0.5, "flat": 0.5},
}
"""How many times as many requests a second we answer as others, at least."""
GOAL_TAIL: Final = 4.0
"""p99 over p50, at most."""
TITLES: Final = {"postgraphile": "PostGraphile", "loaders": "Strawberry with DataLoaders", "ceiling": "pgbench"}


@dataclass(frozen=True, slots=True)
class Measured:
    """The median of each question to each server, PostgreSQL's own rates, and the bytes that each server held."""

    loads: Mapping[tuple[str, str], Load]
    ceilings: Mapping[str, Sequence[float]]
    memory: Mapping[str, int]


def rows(measured: Measured) -> list[Row]:
    """Return a row for each comparison, each time, and each server's memory."""
    found: list[Row] = []
    for (query, server), load in measured.loads.items():
        if server == OURS:
            found += [*_rates(query, load, measured), *_times(query, load)]
        else:
            found += [
                Row(name=f"graphql.{query}.{server}.p50", value=load.p50, unit="ms"),
                Row(name=f"graphql.{query}.{server}.p99", value=load.p99, unit="ms"),
            ]
    return found + list(_memory(measured.memory))


def _rates(query: str, ours: Load, measured: Measured) -> Iterator[Row]:
    others = {server: load.rate for (asked, server), load in measured.loads.items() if asked == query}
    del others[OURS]
    if reached := measured.ceilings.get(query):
        others["ceiling"] = statistics.median(reached)
    if not others:
        yield Row(name=f"graphql.{query}.rate", value=ours.rate, unit="requests/s")
    for server, rate in others.items():
        goal, ratio = GOALS[server].get(query), ours.rate / rate
        yield Row(
            name=f"graphql.{query}.to_{server}", value=ours.rate, unit="requests/s", ratio=ratio,
            reference=f"{TITLES[server]} {rate:,.0f}/s", goal="" if goal is None else f"≥ {goal:g}×",
            holds=None if goal is None else ratio >= goal,
        )  # fmt: skip


def _times(query: str, ours: Load) -> Iterator[Row]:
    ratio = ours.p99 / ours.p50
    yield Row(name=f"graphql.{query}.p50", value=ours.p50, unit="ms")
    yield Row(
        name=f"graphql.{query}.p99", value=ours.p99, unit="ms", ratio=ratio, reference="p50",
        goal=f"≤ {GOAL_TAIL:g}×", holds=ratio <= GOAL_TAIL,
    )  # fmt: skip


def _memory(memory: Mapping[str, int]) -> Iterator[Row]:
    for server, held in memory.items():
        yield Row(
            name=f"graphql.memory.{server}", value=held / 1e6, unit="MB", ratio=held / memory[OURS], reference=OURS
        )
