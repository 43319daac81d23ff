"""How much one document may ask. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
)

from schema.errors import LimitError
from wording import Wording

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from graphql import ArgumentNode, DocumentNode, SelectionSetNode

MOST_NESTED: Final = 100
"""Selections within selections, fragments spread out: what reads documents calls itself at each, and Python ends that
at a thousand calls. No document of a person comes near."""
LONGEST: Final = 100_000
"""Characters of a document: comments are no tokens, and long texts belong into variables."""
MOST_VALUES: Final = 5_000
"""Values of an operation's variables, within each other: each is looked at by its type. A page's ids are 200."""


@dataclass(frozen=True, slots=True)
class DocumentLimits:
    """The largest document that is answered, and what of it is told."""

    page_size: int = 200
    depth: int = 12
    aliases: int = 50
    tokens: int = 5_000
    """Written out, and with fragments spread out as well: what reads documents takes so many steps."""
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
    nested: int = field(default=0, compare=False)
    """How many selections stand within each other, those of fragments included."""
    size: int = field(default=0, compare=False)
    """How many fields, fragments and arguments there are, of all operations together."""


class _Measure:
    def __init__(self, document: DocumentNode) -> None:
        self._fragments = {
            one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)
        }
        # A fragment that spreads itself counts as nothing here; validation refuses it.
        self._known: dict[str, Extent] = {}
        self._within = 0

    def of(self, selected: SelectionSetNode | None) -> Extent:
        if selected is None:
            return Extent(0, 0)
        self._within += 1
        if self._within > MOST_NESTED:
            raise too_nested()
        extents = [self._selection(one) for one in selected.selections]
        self._within -= 1
        return Extent(
            max((one.depth for one in extents), default=0),
            sum(one.aliases for one in extents),
            1 + max((one.nested for one in extents), default=0),
            sum(one.size for one in extents),
        )

    def _selection(self, node: object) -> Extent:
        if isinstance(node, FieldNode):
            within = self.of(node.selection_set)
            # Introspection is as deep as it must be, and validation bounds it; but asked many times over it is costly.
            depth = 0 if node.name.value.startswith("__") else within.depth + 1
            size = within.size + 1 + sum(map(_values, node.arguments or ()))
            return Extent(depth, within.aliases + (node.alias is not None), within.nested, size)
        if isinstance(node, InlineFragmentNode):
            return _one_more(self.of(node.selection_set))
        if isinstance(node, FragmentSpreadNode):
            return _one_more(self.fragment(node.name.value))
        raise TypeError(type(node).__name__)

    def fragment(self, name: str) -> Extent:
        if name not in self._known:
            self._known[name] = Extent(0, 0)
            fragment = self._fragments.get(name)
            if fragment is not None:
                self._known[name] = self.of(fragment.selection_set)
        return self._known[name]


def _one_more(extent: Extent) -> Extent:
    return replace(extent, size=extent.size + 1)


def _values(argument: ArgumentNode) -> int:
    """Return how many values an argument holds, within each other."""
    found, waiting = 0, [argument.value]
    while waiting:
        value = waiting.pop()
        found += 1
        if isinstance(value, ListValueNode):
            waiting += value.values
        elif isinstance(value, ObjectValueNode):
            waiting += [one.value for one in value.fields]
    return found


def extent_of(document: DocumentNode) -> Extent:
    """Return the extent of a document's largest operation; introspection costs no depth.

    Raises LimitError where selections nest so far that they cannot be measured, in fragments that nothing spreads, too.
    """
    measure = _Measure(document)
    operations = [
        measure.of(one.selection_set) for one in document.definitions if isinstance(one, OperationDefinitionNode)
    ]
    fragments = [
        measure.fragment(one.name.value) for one in document.definitions if isinstance(one, FragmentDefinitionNode)
    ]
    if max((one.nested for one in (*operations, *fragments)), default=0) > MOST_NESTED:
        raise too_nested()
    return Extent(
        max((one.depth for one in operations), default=0),
        max((one.aliases for one in operations), default=0),
        size=sum(one.size for one in operations),
    )


def exceeded(document: DocumentNode, limits: DocumentLimits) -> Iterator[LimitError]:
    """Yield an error for each limit that a document exceeds."""
    try:
        extent = extent_of(document)
    except LimitError as error:
        yield error
        return
    if extent.size > limits.tokens:
        yield too_many_tokens(limits, extent.size)
    if extent.depth > limits.depth:
        message = Wording(
            "The document nests {depth} fields deep, at most {depth_2} are answered.",
            depth=extent.depth,
            depth_2=limits.depth,
        )
        yield LimitError("LIMIT_DEPTH", message, limit=limits.depth, asked=extent.depth)
    if extent.aliases > limits.aliases:
        message = Wording(
            "The document renames {aliases} fields, at most {aliases_2} are answered.",
            aliases=extent.aliases,
            aliases_2=limits.aliases,
        )
        yield LimitError("LIMIT_ALIASES", message, limit=limits.aliases, asked=extent.aliases)


def too_nested() -> LimitError:
    """Return what a document with too many selections within each other is refused with; they are not all counted."""
    message = Wording(
        "The document nests more than {most} selections and fragments. Spread fewer within each other.",
        most=MOST_NESTED,
    )
    return LimitError("LIMIT_DEPTH", message, limit=MOST_NESTED, asked=MOST_NESTED + 1)


def too_many_tokens(limits: DocumentLimits, spread: int = 0) -> LimitError:
    """Return what a document with too many tokens is refused with: they are not counted to the end, unless spread."""
    what = f" with its fragments spread out, {spread} or more" if spread else ""
    message = Wording(
        "The document has more than {tokens} tokens{what}. Ask in several requests.", tokens=limits.tokens, what=what
    )
    return LimitError("LIMIT_TOKENS", message, limit=limits.tokens, asked=spread or limits.tokens + 1)


def too_long(characters: int) -> LimitError:
    """Return what a document with too many characters is refused with, which is not read at all."""
    message = Wording(
        "The document has {characters} characters, at most {longest} are read. Give long texts as variables.",
        characters=characters,
        longest=LONGEST,
    )
    return LimitError("LIMIT_DOCUMENT", message, limit=LONGEST, asked=characters)


def check_variables(variables: Mapping[str, object]) -> None:
    """Raise LimitError where an operation's variables hold too many values, which are not counted to the end."""
    found, waiting = 0, [*variables.values()]
    while waiting:
        value = waiting.pop()
        found += 1
        within = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        if found + len(waiting) + len(within) > MOST_VALUES:
            message = Wording("The variables hold more than {most} values. Ask in several requests.", most=MOST_VALUES)
            raise LimitError("LIMIT_VARIABLES", message, limit=MOST_VALUES, asked=MOST_VALUES + 1)
        waiting += within
