"""Answers operations: a plan, one statement for all that it reads, and the answer as bytes."""

from __future__ import annotations

import time
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import orjson
from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLNonNull,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    execute_sync,
    get_argument_values,
    get_variable_values,
)
from strawberry.types.arguments import convert_arguments

from graph.scope import scope as scope_of
from resolvers.aside import Aside
from resolvers.bindings import DEFINITION, Bindings
from resolvers.columns import OtherPlanError
from resolvers.documents import Documents
from resolvers.failures import Stage, shaped
from resolvers.finishing import NOTHING, Finisher, NullError, Ref, Writer, references
from resolvers.history import Matching, matching_of
from resolvers.limits import check_variables
from resolvers.permission import permitted
from resolvers.plan import Constant, Introspected, Keys, Read, Staged
from resolvers.planner import Planner
from resolvers.reader import RowGoneError
from resolvers.turns import BusyError, Lanes
from resolvers.variables import shapes_of
from schema.errors import LimitError, RequestError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Hashable, Mapping, Sequence
    from contextlib import AbstractContextManager
    from typing import TypeAlias
    from uuid import UUID

    from graphql import VariableValues
    from strawberry import Schema

    from graph.identity import Vault
    from graph.policy import Viewer
    from graph.scope import Scope
    from graph.scope import Shape as Seen
    from resolvers.documents import Document
    from resolvers.limits import DocumentLimits
    from resolvers.plan import Ask, Plan, Root, Shape, Statement
    from resolvers.reader import Reader
    from resolvers.trusted import Trusted
    from schema.ports import Context

    Planned: TypeAlias = tuple["Prepared", Plan]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request asks, read and checked."""

    query: str | None
    variables: dict[str, Any] | None = None
    operation_name: str | None = None
    document_id: str | None = None
    explain: bool = False


@dataclass(slots=True)
class Answer:
    """What it is answered with. `data` is JSON, None where nothing was executed."""

    data: Any = None
    errors: list[GraphQLError] = field(default_factory=list)
    executed: bool = False
    extensions: dict[str, Any] = field(default_factory=dict)

    def told(self) -> dict[str, Any]:
        """Return the answer as a client is told it."""
        body: dict[str, Any] = {}
        if self.errors:
            body["errors"] = [error.formatted for error in self.errors]
        if self.executed:
            body["data"] = self.data
        if self.extensions:
            body["extensions"] = self.extensions
        return body

    def body(self) -> bytes:
        """Write the answer as GraphQL over HTTP has it."""
        return orjson.dumps(self.told())


@dataclass(frozen=True, slots=True)
class Following:
    """How subscriptions are answered."""

    held: Callable[[Viewer], AbstractContextManager[None]]
    """Holds one more subscription of a viewer; raises LimitError where that is too many."""
    patience: float
    """Seconds that an event may wait to be taken."""


class NotTakenError(Exception):
    """An operation of this type is not taken here."""


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


def _require(prepared: Prepared, allowed: frozenset[OperationType]) -> None:
    if prepared.operation.operation not in allowed:
        raise NotTakenError(prepared.operation.operation.value)


class Executor:
    """Answers the operations of one schema. `context` is made anew for each operation and viewer."""

    def __init__(
        self,
        schema: Schema,
        *,
        reader: Reader,
        vault: Vault,
        limits: DocumentLimits,
        context: Callable[[Viewer], Context],
        trusted: Trusted,
        zone: str,
        following: Following | None = None,
        lanes: Lanes | None = None,
    ) -> None:
        self._strawberry = schema
        self._bindings = Bindings.of(schema)
        self._planner = Planner(self._bindings, vault, limits, zone)
        self._reader = reader
        self._limits = limits
        self._context = context
        self._following = following
        self.trusted = trusted
        self.lanes = lanes or Lanes.of(1, 1)
        self._aside = Aside("documents")
        self.documents = Documents(self._bindings.schema, limits)

    # Preparing ----------------------------------------------------------------------------------------------------

    def prepare(self, asked: Asked) -> Prepared | Answer:
        """Return the operation that a request asks for, or the answer that says why there is none."""
        try:
            document = self.documents.read(self.trusted.text(asked.query, asked.document_id))
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
            self._bindings.schema, operation.variable_definitions or (), asked.variables or {}, max_errors=50,
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

    async def _planned(self, asked: Asked, viewer: Viewer, allowed: frozenset[OperationType]) -> Planned | Answer:
        """Return an operation with its plan: kept ones at once, others by a thread that makes one after the other."""
        try:
            text = self.trusted.text(asked.query, asked.document_id)
        except RequestError as error:
            return Answer(errors=[error])
        found = self._kept(text, asked, allowed)
        if found is not None:
            return found
        async with self.lanes.documents.of(viewer.name):
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

    async def planned(self, prepared: Prepared, *, careful: bool = False) -> Plan:
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
            raise RequestError("BAD_USER_INPUT", prepared.errors[0].message)
        scope = scope_of(viewer)
        plan = permitted(self.plan(prepared), viewer)
        statement = plan.statement(scope.shape)
        if statement is None or plan.matching:
            raise LookupError("The operation reads nothing by itself.")
        return statement.text, [*scope.values, *values_of(statement, prepared, ())]

    # Answering ----------------------------------------------------------------------------------------------------

    async def execute(self, asked: Asked, viewer: Viewer, allowed: frozenset[OperationType]) -> Answer:
        """Answer a query or mutation in its viewer's turn.

        Raises NotTakenError for an operation of another type, and BusyError where too many of this viewer's wait.
        """
        planned = await self._planned(asked, viewer, allowed)
        if isinstance(planned, Answer):
            return planned
        prepared, plan = planned
        run = _Run(self, prepared, viewer)
        writes = prepared.operation.operation is OperationType.MUTATION
        turns = self.lanes.writing if writes else self.lanes.for_reading(plan.cost)
        async with turns.of(viewer.name):
            answer = await run.answer(plan)
        answer.extensions = run.notices()
        if asked.explain and self._limits.explain:
            answer.extensions |= {"explain": plan.printed(scope_of(viewer).shape)}
        return answer

    async def subscribe(self, asked: Asked, viewer: Viewer) -> AsyncGenerator[Answer, None]:
        """Answer a subscription, an answer for each event; what cannot be subscribed to gets one that says why."""
        try:
            planned = await self._planned(asked, viewer, frozenset(OperationType))
            if not isinstance(planned, Answer) and planned[0].operation.operation is not OperationType.SUBSCRIPTION:
                planned = await self.execute(asked, viewer, frozenset(OperationType))
        except BusyError as error:
            planned = Answer(errors=[error])
        if isinstance(planned, Answer):
            yield planned
            return
        prepared, plan = planned
        assert self._following is not None
        try:
            with self._following.held(viewer):
                run = _Run(self, prepared, viewer)
                async with aclosing(run.followed(plan, self._following.patience)) as answers:
                    async for answer in answers:
                        yield answer
        except LimitError as error:
            yield Answer(errors=[error])

    # What runs share ----------------------------------------------------------------------------------------------

    async def fetch(self, scope: Scope, statement: Statement, values: Sequence[object]) -> Sequence[Any]:
        """Return what a statement's columns hold."""
        return tuple((await self._reader.row(scope, statement, values)).values())

    def context(self, viewer: Viewer) -> Context:
        """Return what fields that Python answers find at hand."""
        return self._context(viewer)

    def arguments(self, root: Staged, variables: VariableValues) -> dict[str, Any]:
        """Return a field's arguments as its function takes them."""
        assert root.definition is not None
        definition = root.definition.extensions[DEFINITION]
        given = get_argument_values(root.definition, root.nodes[0], variables)
        registry = self._strawberry.schema_converter.scalar_registry
        return convert_arguments(given, definition.arguments, registry, self._strawberry.config)

    def introspect(self, root: Root, prepared: Prepared) -> Any:
        """Answer `__schema` or `__type`, which graphql-core does."""
        operation = OperationDefinitionNode(
            operation=OperationType.QUERY, name=None, variable_definitions=prepared.operation.variable_definitions,
            directives=(), selection_set=SelectionSetNode(selections=root.nodes),
        )  # fmt: skip
        document = DocumentNode(definitions=(operation, *prepared.document.fragments.values()))
        values = {
            name: source.value
            for name, source in prepared.variables.sources.items()
            if name in prepared.variables.coerced
        }
        result = execute_sync(self._bindings.schema, document, variable_values=values)
        assert result.data is not None, result.errors
        return result.data[root.key]


class _Run:
    """One operation being answered."""

    def __init__(self, executor: Executor, prepared: Prepared, viewer: Viewer) -> None:
        self._executor = executor
        self._prepared = prepared
        self._viewer = viewer
        self._scope = scope_of(viewer)
        self._context = executor.context(viewer)
        self._matches: dict[Matching, Sequence[UUID]] = {}

    async def answer(self, plan: Plan, events: Mapping[str, Any] | None = None) -> Answer:
        """Answer the whole operation: a mutation's fields one after the other, all others from one snapshot."""
        plan = permitted(plan, self._viewer)
        if plan.direct:
            return await self._written(plan, plan.roots, {})
        if self._prepared.operation.operation is OperationType.MUTATION:
            return await self._serially(plan)
        if plan.matching:
            plan = await self._matched(plan)
        values = dict(events or {})
        for root in plan.roots:
            if isinstance(root, Staged) and root.key not in values:
                values[root.key] = await self._staged(root)
        return await self._written(plan, plan.roots, values)

    def notices(self) -> dict[str, Any]:
        """Return what is to be said of the whole answer."""
        return self._context.reads.notices()

    async def followed(self, plan: Plan, patience: float) -> AsyncGenerator[Answer, None]:
        """Answer a subscription, an answer for each event; end where the taker lets one wait for too long."""
        (root,) = plan.roots
        assert isinstance(root, Staged)
        try:
            async with aclosing(cast("Any", self.resolved(root))) as events:
                async for event in events:
                    async with self._executor.lanes.telling.of(self._viewer.name, patient=True):
                        answer = await self.answer(plan, {root.key: event})
                    began = time.monotonic()
                    yield answer
                    if time.monotonic() - began > patience:
                        yield Answer(errors=[self.located(_too_slow(patience, event.cursor), root)])
                        return
        except Exception as error:  # noqa: BLE001  # whatever it is, the subscriber is told in the one shape
            yield Answer(errors=[self.located(error, root)])

    async def _serially(self, plan: Plan) -> Answer:
        whole = Answer(data={}, executed=True)
        for root in plan.roots:
            values = {root.key: await self._staged(root)} if isinstance(root, Staged) else {}
            answer = await self._written(plan, (root,), values)
            whole.errors += answer.errors
            if answer.data is None:
                whole.data = None
                return whole
            whole.data |= answer.data
        return whole

    async def _matched(self, plan: Plan) -> Plan:
        """Search for what submissions must match, before they are read; return the plan with the errors of that."""
        roots = [await self._searched(root) if isinstance(root, Read) else root for root in plan.roots]
        return plan if roots == list(plan.roots) else replace(plan, roots=tuple(roots), statements={})

    async def _searched(self, root: Read) -> Read:
        if root.column is None or not root.column.matching:
            return root
        assert root.definition is not None
        try:
            asked = matching_of(get_argument_values(root.definition, root.nodes[0], self._prepared.variables))
            if asked is not None:
                self._matches[asked] = await self._context.reads.matches(asked.text, asked.division)
        except Exception as error:  # noqa: BLE001  # an error is an answer; the finisher places and shapes it
            return replace(root, column=None, error=error)
        return root

    async def resolved_value(self, root: Staged) -> Any:
        """Return what Python answers a field with."""
        return await cast("Any", self.resolved(root))

    def resolved(self, root: Staged) -> object:
        """Call a field's function."""
        assert root.definition is not None
        definition = root.definition.extensions[DEFINITION]
        given = self._executor.arguments(root, self._prepared.variables)
        return definition.base_resolver.wrapped_func(None, SimpleNamespace(context=self._context), **given)

    async def _staged(self, root: Staged) -> Any:
        try:
            return await self.resolved_value(root)
        except Exception as error:  # noqa: BLE001  # an error is an answer; the finisher places and shapes it
            return error

    async def _written(self, plan: Plan, roots: Sequence[Root], values: Mapping[str, Any]) -> Answer:
        met, keys = _references(roots, values) if values else ((), {})
        try:
            found = await self._read(plan, roots, met, keys)
            if plan.direct:
                data = {root.key: orjson.Fragment(column) for root, column in zip(roots, found, strict=True)}
                return Answer(data, executed=True)
        except RowGoneError:
            plan = permitted(await self._executor.planned(self._prepared, careful=True), self._viewer)
            found = await self._read(plan, plan.roots, met, keys)
            roots = [root for root in plan.roots if root.key in {one.key for one in roots}]
        except _ValuesError:
            # A value cannot be what it is given for: the plan made of the very values places the error.
            plan = permitted(await self._executor.planned(self._prepared), self._viewer)
            roots = [root for root in plan.roots if root.key in {one.key for one in roots}]
            found = await self._read(plan, roots, met, keys)
        except Exception as error:  # noqa: BLE001  # what was to be read is answered with the error
            return self._failed(plan, roots, values, error)
        return self._finished(plan, roots, values=values, met=met, keys=keys, found=found)

    def _failed(self, plan: Plan, roots: Sequence[Root], values: Mapping[str, Any], error: Exception) -> Answer:
        """Answer with an error everything that the statement was to read."""
        roots = [replace(root, column=None, error=error) if isinstance(root, Read) else root for root in roots]
        values = {
            root.key: error if _references([root], values)[0] else values[root.key]
            for root in roots
            if isinstance(root, Staged)
        }
        return self._finished(plan, roots, values=values, met=(), keys={}, found=())

    async def _read(
        self, plan: Plan, roots: Sequence[Root], met: tuple[tuple[int, str], ...], keys: Mapping[Any, list[Any]]
    ) -> Sequence[Any]:
        if not met and not any(isinstance(root, Read) and root.column for root in roots):
            return ()
        statement = await self._executor.statement_of(plan, self._scope.shape, met)
        values = values_of(statement, self._prepared, [keys[one] for one in met])
        if self._matches:
            values = [self._matches[one] if isinstance(one, Matching) else one for one in values]
        return await self._executor.fetch(self._scope, statement, values)

    def _finished(
        self,
        plan: Plan,
        roots: Sequence[Root],
        *,
        values: Mapping[str, Any],
        met: tuple[tuple[int, str], ...],
        keys: Mapping[Any, list[Any]],
        found: Sequence[Any],
    ) -> Answer:
        finisher = Finisher()
        columns = iter(found)
        data: dict[str, Any] = {}
        read = [next(columns) if isinstance(root, Read) and root.column else None for root in roots]
        nodes = {
            (number, kind, key): node
            for (number, kind), column in zip(met, columns, strict=True)
            for key, node in zip(keys[number, kind], column or (), strict=True)
        }
        writer = _writer(plan, finisher, nodes)
        try:
            for root, column in zip(roots, read, strict=True):
                data[root.key] = self._root(root, column, values, finisher, writer)
        except NullError:
            return Answer(errors=_shaped(finisher), executed=True)
        return Answer(data=data, errors=_shaped(finisher), executed=True)

    def _root(self, root: Root, column: Any, values: Mapping[str, Any], finisher: Finisher, writer: Writer) -> Any:
        path = (root.key,)
        match root:
            case Constant():
                return root.value
            case Introspected():
                return self._executor.introspect(root, self._prepared)
            case Read():
                if root.error is not None:
                    finisher.fail(root.error, root.nodes, path)
                    if root.nullable:
                        return None
                    raise NullError
                assert root.column is not None
                return _answered(column, root.column.shape, root, finisher)
            case Staged():
                assert root.definition is not None
                nullable = not isinstance(root.definition.type, GraphQLNonNull)
                return writer.root(values[root.key], cast("Any", root.written), root.nodes, path, nullable=nullable)
            case _:
                raise TypeError(root)

    def located(self, error: Exception, root: Root) -> GraphQLError:
        """Return an error at a field of the operation, in the one shape."""
        finisher = Finisher()
        finisher.fail(error, root.nodes, (root.key,))
        return shaped(finisher.errors[0], Stage.EXECUTE)


def _too_slow(patience: float, cursor: str) -> RequestError:
    message = f"An event waited longer than {patience:g} s to be taken. Subscribe again behind the cursor."
    return RequestError("SLOW_CLIENT", message, limit=patience, cursor=cursor)


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
        raise _ValuesError from error


def _shaped(finisher: Finisher) -> list[GraphQLError]:
    return [shaped(error, Stage.EXECUTE) for error in finisher.errors]


class _ValuesError(Exception):
    """A field's arguments cannot be answered as they are."""


def _answered(column: bytes, shape: Shape | None, root: Read, finisher: Finisher) -> Any:
    if shape is None:
        return orjson.Fragment(column)
    return finisher.root(orjson.loads(column), shape, root.nodes, (root.key,), nullable=root.nullable)


def _references(
    roots: Sequence[Root], values: Mapping[str, Any]
) -> tuple[tuple[tuple[int, str], ...], dict[tuple[int, str], list[Any]]]:
    """Return which references were met, and the keys that each leads to, each key once."""
    keys: dict[tuple[int, str], dict[Any, None]] = {}
    for root in roots:
        if isinstance(root, Staged) and root.written is not None and not isinstance(values[root.key], Exception):
            for number, ref in references(values[root.key], root.written):
                keys.setdefault((number, ref.kind), {})[ref.key] = None
    met = tuple(sorted(keys))
    return met, {one: list(keys[one]) for one in met}


def _writer(plan: Plan, finisher: Finisher, nodes: Mapping[tuple[int, str, Any], bytes | None]) -> Writer:
    shapes = {one.number: one for one in plan.references()}

    def shape(number: int, kind: str) -> Shape | None:
        return shapes[number].column(kind).shape

    def read(number: int, ref: Ref) -> Any:
        node = nodes.get((number, ref.kind, ref.key))
        if node is None:
            return NOTHING
        return orjson.Fragment(node) if shape(number, ref.kind) is None else orjson.loads(node)

    return Writer(finisher, read, shape)
