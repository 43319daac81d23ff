"""Does what is looked for come first? Known-item search: subjects are withheld, and asked for in the ways people type.

Each kind of question is asked of us and of engines as they come; and all messages of a labelled matter are asked for by
the subject of one.
"""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench.search.elastic import elasticsearch
from bench.search.messages import KINDS, matters, messages, questions, typed
from bench.search.systems import BareElasticsearch, Sqlite, bigram_tantivy, default_tantivy, ours, source
from bench.table import Row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.search.messages import Question
    from bench.search.systems import System
    from search.documents import Source

FIRST: Final = 10
FIRST_OF_MATTER: Final = 50
RECEIVED: Final = datetime(2019, 1, 1, tzinfo=UTC)
GOALS: Final = {"subject": 0.90, "two_words": 0.52}
GOAL_SLIP: Final = 0.9
GOAL_MATTER: Final = 0.95


def rank(system: System, asked: Sequence[Question]) -> tuple[float, float]:
    """Return the mean of one over the rank of what was looked for, and the share that is among the first."""
    points, there = 0.0, 0
    for question in asked:
        answers = system.ask(question.text, FIRST)
        if question.wanted in answers:
            points += 1 / (answers.index(question.wanted) + 1)
            there += 1
    return points / len(asked), there / len(asked)


def sources_of(known: Sequence[tuple[str, str]], *, titles: bool) -> list[Source]:
    """Return submissions with these bodies, each received a minute after the one before."""
    return [
        source(number, title if titles else "", body, RECEIVED + timedelta(minutes=number))
        for number, (title, body) in enumerate(known)
    ]


def measure() -> list[Row]:
    """Measure each kind of question, then matters."""
    known = messages()
    bodies = [body for _, body in known]
    with tempfile.TemporaryDirectory(prefix="casegraph-bench-") as name, elasticsearch() as address:
        folder = Path(name)
        us = ours(folder / "ours", sources_of(known, titles=False))
        others: list[System] = [
            default_tantivy(folder / "default", bodies), bigram_tantivy(folder / "bigrams", bodies), Sqlite(bodies),
        ]  # fmt: skip
        if address:
            others.append(BareElasticsearch(address, bodies))
        rows, reached = [], {}
        for kind in KINDS:
            asked = questions(known, kind)
            if not asked:
                continue
            mean, recall = reached[kind] = rank(us, asked)
            theirs = {other.name: rank(other, asked)[0] for other in others}
            rows += _rows(kind, mean, recall, theirs, reached)
        for system in (us, *others):
            system.close()
    return [*rows, *_matters()]


def _rows(
    kind: str, mean: float, recall: float, theirs: dict[str, float], reached: dict[str, tuple[float, float]]
) -> list[Row]:
    best = max(theirs.values())
    goal, holds = "> each of them", mean > best
    if kind in GOALS:
        goal, holds = f"≥ {GOALS[kind]}, {goal}", holds and mean >= GOALS[kind]
    if kind == "slip":
        goal, holds = f"≥ {GOAL_SLIP} of two_words, {goal}", holds and mean >= GOAL_SLIP * reached["two_words"][0]
    if kind == "traditional":
        goal, holds = f"= subject, {goal}", holds and (mean, recall) == reached["subject"]
    beside = "; ".join(f"{name} {value:.3f}" for name, value in theirs.items())
    return [
        Row(
            name=f"search.{kind}.mrr", value=mean, unit="MRR@10", reference=beside, ratio=mean / best if best else None,
            goal=goal, holds=holds,
        ),
        Row(name=f"search.{kind}.recall", value=recall, unit="recall@10"),
    ]  # fmt: skip


def _matters() -> list[Row]:
    """Ask for all messages of each labelled matter by each of their subjects; subjects are indexed, as they are."""
    labelled = matters()
    if not labelled:
        return []
    known = messages()
    numbers = {body: number for number, (_, body) in enumerate(known)}
    groups = [{numbers[body] for _, body in several} for several in labelled.values()]
    rows = []
    with tempfile.TemporaryDirectory(prefix="casegraph-bench-") as name:
        for titles in (True, False):
            us = ours(Path(name) / str(titles), sources_of(known, titles=titles))
            shares, best = [], []
            for group, several in zip(groups, labelled.values(), strict=True):
                found = [_share(us, typed(title), group) for title, _ in several if typed(title)]
                shares += found
                best.append(max(found))
            us.close()
            mean, one = sum(shares) / len(shares), sum(best) / len(best)
            indexed = "with_subjects" if titles else "bodies_alone"
            rows += [
                Row(
                    name=f"search.matter.{indexed}", value=mean, unit="recall@50, by any subject",
                    reference=f"by the best subject of each {one:.3f}", goal=f"≥ {GOAL_MATTER}",
                    holds=mean >= GOAL_MATTER,
                )
            ]  # fmt: skip
    return rows


def _share(system: System, query: str, group: set[int]) -> float:
    """Return how many of a group are among the first, of as many as can be."""
    return len(group.intersection(system.ask(query, FIRST_OF_MATTER))) / min(len(group), FIRST_OF_MATTER)
