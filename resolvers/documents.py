"""Documents as they were asked, parsed and validated once."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from graphql import (
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    parse,
    specified_rules,
    validate,
)
from graphql.validation import NoSchemaIntrospectionCustomRule

from resolvers.failures import Stage, shaped
from resolvers.limits import DocumentLimits, exceeded, too_many_tokens
from schema.errors import RequestError

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
TOO_MANY_TOKENS: Final = "Document contains more than"


@dataclass(frozen=True)
class Document:
    """A document, or why it cannot be answered; and the plans of its operations."""

    operations: Mapping[str, OperationDefinitionNode] = field(default_factory=dict)
    fragments: Mapping[str, FragmentDefinitionNode] = field(default_factory=dict)
    errors: tuple[GraphQLError, ...] = ()
    plans: OrderedDict[Hashable, Plan] = field(default_factory=OrderedDict, repr=False)

    def operation(self, name: str | None) -> OperationDefinitionNode:
        """Return the operation that is asked for; raise RequestError where none or several could be meant."""
        if name is not None:
            if name not in self.operations:
                raise RequestError(Stage.EXECUTE.value, "The document has no operation of the name in `operationName`.")
            return self.operations[name]
        if len(self.operations) != 1:
            message = "The document has several operations. Name one of them in `operationName`."
            raise RequestError(Stage.EXECUTE.value, message)
        return next(iter(self.operations.values()))

    def keep(self, key: Hashable, plan: Plan) -> None:
        """Keep a plan; the one unused longest goes when there are too many."""
        self.plans[key] = plan
        if len(self.plans) > MOST_PLANS:
            self.plans.popitem(last=False)


class Documents:
    """Reads documents, and remembers the last ones."""

    def __init__(self, schema: GraphQLSchema, limits: DocumentLimits) -> None:
        self._schema = schema
        self._limits = limits
        self._rules = [*specified_rules, *([] if limits.introspection else [NoSchemaIntrospectionCustomRule])]
        self._kept: OrderedDict[str, Document] = OrderedDict()

    def __len__(self) -> int:
        """Return how many are kept."""
        return len(self._kept)

    def read(self, text: str) -> Document:
        """Return a document, with its errors where it has any."""
        kept = self._kept.get(text)
        if kept is not None:
            self._kept.move_to_end(text)
            return kept
        document = self._read(text)
        if len(text) <= LARGEST and not document.errors:
            self._kept[text] = document
            if len(self._kept) > MOST:
                self._kept.popitem(last=False)
        return document

    def _read(self, text: str) -> Document:
        try:
            node = parse(text, max_lexical_tokens=self._limits.tokens, allow_empty_selection_sets=False)
        except GraphQLSyntaxError as error:
            if TOO_MANY_TOKENS in error.message:
                return Document(errors=(too_many_tokens(self._limits),))
            return Document(errors=(shaped(error, Stage.PARSE),))
        # What asks too much is refused before it is validated, since validating costs as well.
        errors: Sequence[GraphQLError] = list(exceeded(node, self._limits))
        if not any(isinstance(one, OperationDefinitionNode) for one in node.definitions):
            errors = [RequestError(Stage.EXECUTE.value, "The document has no operation. Write a query or mutation.")]
        if not errors:
            found = validate(self._schema, node, self._rules, hide_suggestions=not self._limits.introspection)
            errors = [shaped(error, Stage.VALIDATE) for error in found]
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
