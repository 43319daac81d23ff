"""How alike are two texts? Jaccard's coefficient over sets of character bigrams. Pure."""

from __future__ import annotations

from itertools import pairwise

from graph.text.normalise import normalise


def bigram_set(text: str) -> frozenset[str]:
    """Return the distinct pairs of neighbouring characters of a text's normal form, blanks left out."""
    plain = "".join(normalise(text).split())
    return frozenset(map("".join, pairwise(plain))) or frozenset(plain)


def likeness(one: frozenset[str], other: frozenset[str]) -> float:
    """Return 0 (nothing shared) to 1 (the same pairs); two empty texts are not alike."""
    shared = len(one & other)
    return shared / (len(one) + len(other) - shared) if shared else 0.0
