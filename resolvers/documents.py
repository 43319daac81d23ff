"""Documents as they were asked, parsed and validated once."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import OrderedDict
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Final

from graphql import (
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSyntaxError,
    Node,
    OperationDefinitionNode,
    OperationType,
    Source,
    StringValueNode,
    parse,
    specified_rules,
    validate,
)
from graphql.language import SourceLocation
from graphql.validation import NoSchemaIntrospectionCustomRule, OverlappingFieldsCanBeMergedRule

from resolvers.failures import Stage, shaped
from resolvers.limits import LONGEST, DocumentLimits, exceeded, too_long, too_many_tokens
from resolvers.overlaps import overlaps
from schema.errors import RequestError
from wording import Wording

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    from graphql import GraphQLSchema

    from resolvers.plan import Plan

MOST: Final = 1_000
"""Documents that are kept."""
LARGEST: Final = 50_000
"""Characters of a document that is kept; what machines write anew for each request is longer, and met once."""
MOST_PLANS: Final = 50
"""Plans that are kept of one document: one for each set of variables that are there or not."""
ROOM: Final = 128 * 1_048_576
"""Bytes that documents and plans may take together."""
BYTES_OF_TEXT: Final = 200
"""What a character of a document takes once it is parsed: 70 to 230 were measured."""
BYTES_OF_SQL: Final = 6
"""What a character of a plan's SQL takes, parsed, and with one statement made of it."""
LINE_BREAK: Final = re.compile(r"\r\n|[\n\r]")
TOO_MANY_TOKENS: Final = "Document contains more than"


@dataclass
class Document:
    """A document, or why it cannot be answered; and the plans of its operations."""

    operations: Mapping[str, OperationDefinitionNode] = field(default_factory=dict)
    fragments: Mapping[str, FragmentDefinitionNode] = field(default_factory=dict)
    errors: tuple[GraphQLError, ...] = ()
    plans: OrderedDict[Hashable, Plan] = field(default_factory=OrderedDict, repr=False)
    weight: int = 0
    """Bytes that it takes, with its plans; nothing where it is not kept."""

    def operation(self, name: str | None) -> OperationDefinitionNode:
        """Return the operation that is asked for; raise RequestError where none or several could be meant."""
        if name is not None:
            if name not in self.operations:
                raise RequestError(
                    Stage.EXECUTE.value, Wording("The document has no operation of the name in `operationName`.")
                )
            return self.operations[name]
        if len(self.operations) != 1:
            message = Wording("The document has several operations. Name one of them in `operationName`.")
            raise RequestError(Stage.EXECUTE.value, message)
        return next(iter(self.operations.values()))

    def kept(self, key: Hashable) -> Plan | None:
        """Return a plan that was kept."""
        plan = self.plans.get(key)
        if plan is not None:
            self.plans.move_to_end(key)
        return plan

    def keep(self, key: Hashable, plan: Plan) -> None:
        """Keep a plan; the one unused longest goes when there are too many."""
        self.plans[key] = plan
        self.weight += plan.length * BYTES_OF_SQL
        if len(self.plans) > MOST_PLANS:
            _, gone = self.plans.popitem(last=False)
            self.weight -= gone.length * BYTES_OF_SQL


class Text(Source):
    """A document's text that finds a line without reading from the start: each of a hundred errors names its place."""

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(found.end() for found in LINE_BREAK.finditer(self.body))]

    def get_location(self, position: int) -> SourceLocation:
        """Return the line and column of a character."""
        line = bisect_right(self._starts, position)
        return SourceLocation(line, position - self._starts[line - 1] + 1)


class Documents:
    """Reads documents, and remembers the last ones."""

    def __init__(self, schema: GraphQLSchema, limits: DocumentLimits) -> None:
        self._schema = schema
        self._limits = limits
        rules = [one for one in specified_rules if one is not OverlappingFieldsCanBeMergedRule]
        self._rules = [*rules, *([] if limits.introspection else [NoSchemaIntrospectionCustomRule])]
        self._kept: OrderedDict[str, Document] = OrderedDict()
        self.weight = 0
        """Bytes that all that is kept takes."""

    def __len__(self) -> int:
        """Return how many are kept."""
        return len(self._kept)

    def read(self, text: str) -> Document:
        """Return a document, with its errors where it has any."""
        kept = self.kept(text)
        if kept is None:
            kept = self.parsed(text)
            self.remember(text, kept)
        return kept

    def kept(self, text: str) -> Document | None:
        """Return a document that was met before, None where it was not or is kept no longer."""
        kept = self._kept.get(text)
        if kept is not None:
            self._kept.move_to_end(text)
        return kept

    def remember(self, text: str, document: Document) -> None:
        """Keep a document, unless it is long, wrong or tells of somebody."""
        if len(text) <= LARGEST and not document.errors and not _tells_of_somebody(document):
            self._kept[text] = document
            document.weight = len(text) * BYTES_OF_TEXT
            self.weight += document.weight
            self._make_room()

    def keep(self, document: Document, key: Hashable, plan: Plan) -> None:
        """Keep a plan with its document, as long as that is kept."""
        before = document.weight
        if before:
            document.keep(key, plan)
            self.weight += document.weight - before
            self._make_room()

    def _make_room(self) -> None:
        """Forget the documents unused longest, but not the last one, until the others have room."""
        while len(self._kept) > MOST or (self.weight > ROOM and len(self._kept) > 1):
            _, gone = self._kept.popitem(last=False)
            self.weight -= gone.weight
            gone.weight = 0

    def parsed(self, text: str) -> Document:
        """Return a document, parsed and validated; nothing is remembered. Pure."""
        if len(text) > LONGEST:
            return Document(errors=(too_long(len(text)),))
        try:
            node = parse(Text(text), max_lexical_tokens=self._limits.tokens, allow_empty_selection_sets=False)
        except GraphQLSyntaxError as error:
            if TOO_MANY_TOKENS in error.message:
                return Document(errors=(too_many_tokens(self._limits),))
            return Document(errors=(shaped(error, Stage.PARSE),))
        # What asks too much is refused before it is validated, since validating costs as well.
        errors: Sequence[GraphQLError] = list(exceeded(node, self._limits))
        if not any(isinstance(one, OperationDefinitionNode) for one in node.definitions):
            errors = [
                RequestError(Stage.EXECUTE.value, Wording("The document has no operation. Write a query or mutation."))
            ]
        if not errors:
            found = validate(self._schema, node, self._rules, hide_suggestions=not self._limits.introspection)
            errors = [shaped(error, Stage.VALIDATE) for error in found or overlaps(self._schema, node)]
        if errors:
            return Document(errors=tuple(errors))
        return Document(
            operations={
                one.name.value if one.name else "": one
                for one in node.definitions
                if isinstance(one, OperationDefinitionNode)
            },
            fragments={one.name.value: one for one in node.definitions if isinstance(one, FragmentDefinitionNode)},
        )


def _tells_of_somebody(document: Document) -> bool:
    """Tell whether a mutation is written with its texts in it: what somebody reports must not stay in memory."""
    return any(
        one.operation is OperationType.MUTATION and _holds_text([one, *document.fragments.values()])
        for one in document.operations.values()
    )


def _holds_text(nodes: list[Node]) -> bool:
    while nodes:
        node = nodes.pop()
        if isinstance(node, StringValueNode):
            return True
        for name in node.keys:
            below = getattr(node, name, None)
            nodes += [one for one in (below if isinstance(below, tuple) else (below,)) if isinstance(one, Node)]
    return False
