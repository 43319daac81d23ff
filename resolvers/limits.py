"""How much one document may ask. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
)

from schema.errors import LimitError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from graphql import DocumentNode, SelectionSetNode


@dataclass(frozen=True, slots=True)
class DocumentLimits:
    """The largest document that is answered, and what of it is told."""

    page_size: int = 200
    depth: int = 12
    aliases: int = 50
    tokens: int = 5_000
    cost: int = 50_000
    """Rows that one operation may be thought to read."""
    introspection: bool = True
    explain: bool = False
    """Whether a plan is told to who asks for it."""


@dataclass(frozen=True, slots=True)
class Extent:
    """How deep a document nests and how many fields it renames, fragments spread out."""

    depth: int
    aliases: int


class _Measure:
    def __init__(self, document: DocumentNode) -> None:
        self._fragments = {
            one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)
        }
        # A fragment that spreads itself counts as nothing here; validation refuses it.
        self._known: dict[str, Extent] = {}

    def of(self, selected: SelectionSetNode | None) -> Extent:
        if selected is None:
            return Extent(0, 0)
        extents = [self._selection(one) for one in selected.selections]
        return Extent(max((one.depth for one in extents), default=0), sum(one.aliases for one in extents))

    def _selection(self, node: object) -> Extent:
        if isinstance(node, FieldNode):
            within = self.of(node.selection_set)
            # Introspection is as deep as it must be, and validation bounds it; but asked many times over it is costly.
            depth = 0 if node.name.value.startswith("__") else within.depth + 1
            return Extent(depth, within.aliases + (node.alias is not None))
        if isinstance(node, InlineFragmentNode):
            return self.of(node.selection_set)
        if isinstance(node, FragmentSpreadNode):
            return self._fragment(node.name.value)
        raise TypeError(type(node).__name__)

    def _fragment(self, name: str) -> Extent:
        if name not in self._known:
            self._known[name] = Extent(0, 0)
            fragment = self._fragments.get(name)
            if fragment is not None:
                self._known[name] = self.of(fragment.selection_set)
        return self._known[name]


def extent_of(document: DocumentNode) -> Extent:
    """Return the extent of a document's largest operation; introspection costs no depth."""
    measure = _Measure(document)
    operations = [
        measure.of(one.selection_set) for one in document.definitions if isinstance(one, OperationDefinitionNode)
    ]
    return Extent(
        max((one.depth for one in operations), default=0), max((one.aliases for one in operations), default=0)
    )


def exceeded(document: DocumentNode, limits: DocumentLimits) -> Iterator[LimitError]:
    """Yield an error for each limit that a document exceeds."""
    extent = extent_of(document)
    if extent.depth > limits.depth:
        message = f"The document nests {extent.depth} fields deep, at most {limits.depth} are answered."
        yield LimitError("LIMIT_DEPTH", message, limit=limits.depth, asked=extent.depth)
    if extent.aliases > limits.aliases:
        message = f"The document renames {extent.aliases} fields, at most {limits.aliases} are answered."
        yield LimitError("LIMIT_ALIASES", message, limit=limits.aliases, asked=extent.aliases)


def too_many_tokens(limits: DocumentLimits) -> LimitError:
    """Return what a document with too many tokens is refused with; they are not counted to the end."""
    message = f"The document has more than {limits.tokens} tokens. Ask in several requests."
    return LimitError("LIMIT_TOKENS", message, limit=limits.tokens, asked=limits.tokens + 1)
