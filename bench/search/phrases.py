"""Do passages show the phrase that was asked for, and nothing of it elsewhere? Of phrases out of real subjects."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench.search.messages import SEED, messages
from bench.search.relevance import sources_of
from bench.search.systems import ours
from bench.table import Row
from graph.text.tokens import bare
from search.compile import compile_query
from search.highlight import Marker
from search.query import parse

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from search.records import Passage

PHRASES: Final = 300
FIRST: Final = 3
"""Hits of each whose passages are looked at."""
LENGTHS: Final = (4, 5, 6, 8)


def measure() -> list[Row]:
    """Count the passages that mark anything but the phrase, and the hits that do not show it."""
    known = messages()
    shown = elsewhere = hits = missing = 0
    with tempfile.TemporaryDirectory(prefix="casegraph-bench-") as name:
        sources = sources_of(known, titles=True)
        us = ours(Path(name), sources)
        for phrase in _phrases([title for title, _ in known]):
            marker = Marker(compile_query(parse(f'"{phrase}"')).marks)
            for number in us.ask(f'"{phrase}"', FIRST):
                passages = marker.passages(sources[number])
                hits += 1
                shown += len(passages)
                elsewhere += sum(any(phrase not in one for one in _marked(passage, phrase)) for passage in passages)
                missing += not any(phrase in bare(passage.text) for passage in passages[:1])
        us.close()
    return [
        Row(
            name="search.phrase.elsewhere", value=elsewhere, unit="passages that mark parts of a phrase elsewhere",
            reference=f"of {shown} passages", goal="= 0", holds=elsewhere == 0,
        ),
        Row(
            name="search.phrase.missing", value=missing, unit="hits whose first passage lacks the phrase",
            reference=f"of {hits} hits", goal="= 0", holds=missing == 0,
        ),
    ]  # fmt: skip


def _phrases(subjects: Sequence[str]) -> Iterator[str]:
    chance = random.Random(SEED)  # noqa: S311 - the same phrases each time
    for subject in chance.sample(subjects, min(PHRASES, len(subjects))):
        plain = bare(subject)
        length = min(chance.choice(LENGTHS), len(plain))
        start = chance.randrange(len(plain) - length + 1)
        if plain[start : start + length].isalpha() and length > 1:
            yield plain[start : start + length]


def _marked(passage: Passage, phrase: str) -> Iterator[str]:
    """Yield what is marked, with the signs inside a phrase taken for marked: what stands apart by a sign is one."""
    raw = passage.text.encode("utf-16-le")
    runs: list[list[int]] = []
    for one in passage.ranges:
        between = raw[2 * runs[-1][1] : 2 * one.start].decode("utf-16-le") if runs else phrase
        if bare(between):
            runs.append([one.start, one.end])
        else:
            runs[-1][1] = one.end
    yield from (bare(raw[2 * start : 2 * end].decode("utf-16-le")) for start, end in runs)
