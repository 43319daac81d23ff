"""What a query means, given what is there: which of its bigrams are slips, and how much each of its leaves tells."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import accumulate, islice
from typing import TYPE_CHECKING, Final

from search.compile import NOBODY, compile_query, sounding, term
from search.engine import leaves
from search.score import weights

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from search.compile import Compiled
    from search.engine import AllOf, Engine, Leaf, OneOf
    from search.query import And
    from search.score import Weight


ROOM: Final = 5_000
ROOM_SHARE: Final = 0.05
"""So many hits, and so large a share of all there is, the bigrams may have together by which a loose query finds."""
RARE_SHARE: Final = 1 / 2_000
RARE: Final = 3
"""A bigram that so few texts hold, and so small a share of them, may be a slip of one that sounds the same."""
MOST_SLIPS: Final = 30
"""Those that are typed first: each is looked for and marked as some hundred pairs, and of more most are none."""
LIKELIER: Final = 20
"""It is taken for one where others that sound the same are so many times as frequent. Measured on real messages with
one wrong character in two words: that finds nineteen twentieths of what the right words do, and costs those nothing."""


@dataclass(frozen=True, slots=True)
class Understood:
    """A query as it is asked: `slips` are its bigrams that are looked for by their sound, too."""

    compiled: Compiled
    slips: frozenset[str] = frozenset()
    weights: Sequence[Weight] = ()
    """None where they were not asked for."""


async def understood(
    engine: Engine, tree: And, audience: AllOf, *, weigh: bool = True, people: Mapping[str, str] = NOBODY
) -> Understood:
    """Return what a query means among what its asker may see. Asks the engine twice at most.

    Raises SearchUnavailableError.
    """
    compiled = compile_query(tree, people=people)
    wanted = compiled.leaves if weigh else tuple(map(term, compiled.typed))
    if not wanted:
        return Understood(compiled)
    total, counts = await _counts(engine, wanted, audience)
    found: frozenset[str] = frozenset()
    if others := suspects(compiled, total, counts):
        _, heard = await _counts(engine, tuple(others.values()), audience)
        counts |= heard
        found = slips(others, counts)
        compiled = compile_query(tree, found, people)
    if not weigh:
        return Understood(compiled, found)
    if compiled.known is not None and counts[compiled.known]:
        # It is the number of something: what holds some of it is nothing to whoever typed it.
        compiled = replace(compiled, loose=None)
    told = weights(total, {leaf: counts[leaf] for leaf in compiled.leaves}, compiled.words)
    return Understood(replace(compiled, common=common(compiled, total, counts)), found, told)


async def _counts(engine: Engine, wanted: Sequence[Leaf], audience: AllOf) -> tuple[int, dict[Leaf, int]]:
    total, counts = await engine.frequencies(wanted, audience)
    return total, dict(zip(wanted, counts, strict=True))


def suspects(compiled: Compiled, total: int, counts: Mapping[Leaf, int]) -> dict[str, OneOf]:
    """Return the bigrams that may be slips, each with those that sound the same; `counts` are of `total` texts."""
    rare = RARE + total * RARE_SHARE
    found = ((pair, sounding(pair)) for pair in compiled.typed if counts[term(pair)] <= rare)
    return dict(islice(((pair, others) for pair, others in found if others.tokens), MOST_SLIPS))


def slips(others: Mapping[str, OneOf], counts: Mapping[Leaf, int]) -> frozenset[str]:
    """Return the bigrams that are likely others that sound the same, by how many texts hold them and those."""
    return frozenset(pair for pair, heard in others.items() if counts[term(pair)] * LIKELIER < counts[heard])


def common(compiled: Compiled, total: int, counts: Mapping[Leaf, int]) -> frozenset[str]:
    """Return the bigrams that make no hit by themselves where `compiled` is asked loosely: the rarer ones do.

    What few have is worth finding; a page of ten thousands that share but 反映 with the query takes long, and tells
    nothing. Of equal ones those that are typed first make hits.
    """
    if compiled.loose is None:
        return frozenset()
    often = {pair: sum(counts[leaf] for leaf in leaves(match)) for pair, match in compiled.loose.pairs.items()}
    rarest = sorted(often, key=lambda pair: often[pair])
    least = sum(1 for pair in rarest if not often[pair]) + 1
    room = max(ROOM, total * ROOM_SHARE)
    held = list(accumulate(often[pair] for pair in rarest))
    needed = max(least, sum(1 for count in held if count <= room))
    return frozenset(rarest[needed:])
