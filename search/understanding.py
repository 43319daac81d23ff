"""What a query means, given what is there: which of its bigrams are slips, and how much each of its leaves tells."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from search.compile import NOBODY, common, compile_query, slips, suspects
from search.engine import Term, TokenField
from search.score import weights

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from search.compile import Compiled
    from search.engine import AllOf, Engine, Leaf
    from search.query import And
    from search.score import Weight


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
    wanted = compiled.leaves if weigh else tuple(Term(TokenField.BIGRAMS, pair) for pair in compiled.typed)
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


async def _counts(engine: Engine, leaves: Sequence[Leaf], audience: AllOf) -> tuple[int, dict[Leaf, int]]:
    total, counts = await engine.frequencies(leaves, audience)
    return total, dict(zip(leaves, counts, strict=True))
