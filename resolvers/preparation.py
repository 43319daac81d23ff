"""Prepares operations to be answered: documents, variables, plans and statements, kept or made beside the loop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from graphql import GraphQLError, OperationDefinitionNode, OperationType, get_argument_values, get_variable_values

from graph.scope import scope as scope_of
from resolvers.aside import Aside
from resolvers.asked import Answer
from resolvers.bindings import Bindings
from resolvers.columns import OtherPlanError
from resolvers.documents import Documents
from resolvers.failures import Stage, shaped
from resolvers.limits import check_variables
from resolvers.permission import permitted
from resolvers.plan import Keys
from resolvers.planner import Planner
from resolvers.variables import shapes_of
from schema.errors import RequestError
from wording import verbatim

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence
    from typing import TypeAlias

    from graphql import VariableValues
    from strawberry import Schema

    from graph.identity import Vault
    from graph.policy import Viewer
    from graph.scope import Shape as Seen
    from resolvers.asked import Asked
    from resolvers.documents import Document
    from resolvers.limits import DocumentLimits
    from resolvers.plan import Ask, Plan, Statement
    from resolvers.trusted import Trusted
    from resolvers.turns import Turns

    Planned: TypeAlias = tuple["Prepared", Plan]


class NotTakenError(Exception):
    """An operation of this type is not taken here."""


class ValuesError(Exception):
    """A field's arguments cannot be answered as they are."""


@dataclass(frozen=True)
class Prepared:
    """An operation that can be answered."""

    document: Document
    operation: OperationDefinitionNode
    variables: VariableValues

    @property
    def key(self) -> Hashable:
        """What its plan is kept by: its operation, and what of the variables a plan depends on."""
        return id(self.operation), shapes_of(self.variables.coerced)


class Preparation:
    """Prepares the operations of one schema; who asks what is not kept waits for one of the `turns`."""

    def __init__(
        self, schema: Schema, *, vault: Vault, limits: DocumentLimits, trusted: Trusted, zone: str, turns: Turns
    ) -> None:
        bindings = Bindings.of(schema)
        self.schema = bindings.schema
        self.documents = Documents(self.schema, limits)
        self._planner = Planner(bindings, vault, limits, zone)
        self._limits = limits
        self._trusted = trusted
        self._turns = turns
        self._aside = Aside("documents")

    def prepare(self, asked: Asked) -> Prepared | Answer:
        """Return the operation that a request asks for, or the answer that says why there is none."""
        try:
            document = self.documents.read(self._trusted.text(asked.query, asked.document_id))
        except RequestError as error:
            return Answer(errors=[error])
        return self._prepared(document, asked)

    def _prepared(self, document: Document, asked: Asked) -> Prepared | Answer:
        if document.errors:
            return Answer(errors=list(document.errors))
        try:
            operation = document.operation(asked.operation_name)
            check_variables(asked.variables or {})
        except RequestError as error:
            return Answer(errors=[error])
        values = get_variable_values(
            self.schema, operation.variable_definitions or (), asked.variables or {}, max_errors=50,
            hide_suggestions=not self._limits.introspection,
        )  # fmt: skip
        if isinstance(values, list):
            return Answer(errors=[shaped(error, Stage.EXECUTE) for error in values])
        return Prepared(document, operation, values)

    def plan(self, prepared: Prepared) -> Plan:
        """Return an operation's plan, made or remembered; raise LimitError where it would read too much."""
        plan = prepared.document.kept(prepared.key)
        if plan is None:
            plan = self._made(prepared)
            self._keep(prepared, plan)
        return plan

    def _keep(self, prepared: Prepared, plan: Plan) -> None:
        if plan.cachable:
            self.documents.keep(prepared.document, prepared.key, plan)

    async def planned(self, asked: Asked, viewer: Viewer, allowed: frozenset[OperationType]) -> Planned | Answer:
        """Return an operation with its plan: kept ones at once, others by a thread that makes one after the other."""
        try:
            text = self._trusted.text(asked.query, asked.document_id)
        except RequestError as error:
            return Answer(errors=[error])
        found = self._kept(text, asked, allowed)
        if found is not None:
            return found
        async with self._turns.of(viewer.name):
            # Others may have asked the same meanwhile.
            found = self._kept(text, asked, allowed)
            if found is not None:
                return found
            known = self.documents.kept(text)
            found = await self._aside.run(
                lambda: self._read(known or self.documents.parsed(text), asked, viewer, allowed)
            )
            if not isinstance(found, Answer):
                prepared, plan = found
                if known is None:
                    self.documents.remember(text, prepared.document)
                self._keep(prepared, plan)
            return found

    def _kept(self, text: str, asked: Asked, allowed: frozenset[OperationType]) -> Planned | Answer | None:
        """Return what is known of an operation: its plan, or why it has none; None where that must be found out."""
        known = self.documents.kept(text)
        if known is None:
            return None
        prepared = self._prepared(known, asked)
        if isinstance(prepared, Answer):
            return prepared
        _require(prepared, allowed)
        plan = known.kept(prepared.key)
        return None if plan is None else (prepared, plan)

    def _read(
        self, document: Document, asked: Asked, viewer: Viewer, allowed: frozenset[OperationType]
    ) -> Planned | Answer:
        """Plan an operation down to its statement. Pure: it runs beside the loop, and what it makes is kept there."""
        prepared = self._prepared(document, asked)
        if isinstance(prepared, Answer):
            return prepared
        _require(prepared, allowed)
        try:
            plan = self._made(prepared)
        except RequestError as error:
            return Answer(errors=[error])
        permitted(plan, viewer).statement(scope_of(viewer).shape)
        return prepared, plan

    async def made(self, prepared: Prepared, *, careful: bool = False) -> Plan:
        """Return a plan that is made anew, beside the loop."""
        return await self._aside.run(lambda: self._made(prepared, careful=careful))

    async def statement_of(self, plan: Plan, seen: Seen, met: tuple[tuple[int, str], ...]) -> Statement:
        """Return a plan's statement, which is written beside the loop where it is not kept."""
        statement = plan.statements.get((seen, met))
        if statement is None:
            statement = await self._aside.run(lambda: plan.written(seen, met))
            plan.keep(seen, met, statement)
        assert statement is not None
        return statement

    def _made(self, prepared: Prepared, *, careful: bool = False) -> Plan:
        return self._planner.plan(prepared.operation, prepared.document.fragments, prepared.variables, careful=careful)

    def statement(self, asked: Asked, viewer: Viewer) -> tuple[str, list[object]]:
        """Return the statement that answers an operation which reads alone, and its values. Pure.

        Raises RequestError where it cannot be answered as it is asked, and LookupError where nothing is read, or not
        without a search before.
        """
        prepared = self.prepare(asked)
        if isinstance(prepared, Answer):
            raise RequestError("BAD_USER_INPUT", verbatim(prepared.errors[0].message))
        scope = scope_of(viewer)
        plan = permitted(self.plan(prepared), viewer)
        statement = plan.statement(scope.shape)
        if statement is None or plan.matching:
            raise LookupError("The operation reads nothing by itself.")
        return statement.text, [*scope.values, *values_of(statement, prepared, ())]


def _require(prepared: Prepared, allowed: frozenset[OperationType]) -> None:
    if prepared.operation.operation not in allowed:
        raise NotTakenError(prepared.operation.operation.value)


def values_of(statement: Statement, prepared: Prepared, keys: Sequence[list[Any]]) -> list[object]:
    """Return the values that an operation's arguments give its statement, and the keys of the references met."""
    values: list[object] = []
    arrays = iter(keys)
    for ask in statement.asks:
        if isinstance(ask, Keys):
            values.append(next(arrays))
        elif ask.constant is not None:
            values += ask.constant
        else:
            values += _asked(ask, prepared)
    return values


def _asked(ask: Ask, prepared: Prepared) -> tuple[object, ...]:
    try:
        return ask.values(get_argument_values(ask.definition, ask.node, prepared.variables))
    except (RequestError, GraphQLError, OtherPlanError) as error:
        raise ValuesError from error
