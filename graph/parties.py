"""Which mentions are one party: components of accepted `same_party` edges, named by their smallest mention. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graph.records import MentionId, PartyId

if TYPE_CHECKING:
    from collections.abc import Iterable


class Clusters:
    """Disjoint sets of mentions (union-find with path halving); a set is named by its smallest member."""

    def __init__(self) -> None:
        self._parent: dict[MentionId, MentionId] = {}

    def find(self, mention: MentionId) -> PartyId:
        """Return the party a mention is in; one never seen is a party of its own."""
        parent = self._parent
        current = parent.setdefault(mention, mention)
        while current != parent[current]:
            parent[current] = parent[parent[current]]
            current = parent[current]
        return PartyId(current)

    def join(self, one: MentionId, other: MentionId) -> PartyId:
        """Join two mentions' parties and return the party that both are in now."""
        low, high = sorted((self.find(one), self.find(other)))
        self._parent[MentionId(high)] = MentionId(low)
        return low


def components(mentions: Iterable[MentionId], edges: Iterable[tuple[MentionId, MentionId]]) -> dict[MentionId, PartyId]:
    """Return the party of each mention under these accepted edges."""
    clusters = Clusters()
    for low, high in edges:
        clusters.join(low, high)
    return {mention: clusters.find(mention) for mention in mentions}
