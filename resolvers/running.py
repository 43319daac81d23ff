"""Runs one operation: what Python answers first, then one statement for all that is read, and the answer."""

from __future__ import annotations

import time
from contextlib import aclosing
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import orjson
from graphql import GraphQLError, GraphQLNonNull, OperationType, get_argument_values
from strawberry.types.arguments import convert_arguments

from graph.scope import scope as scope_of
from resolvers.asked import Answer
from resolvers.bindings import DEFINITION
from resolvers.failures import Stage, shaped
from resolvers.finishing import NOTHING, Finisher, NullError, Ref, Writer, references
from resolvers.history import Matching, matching_of
from resolvers.introspection import introspected
from resolvers.permission import permitted
from resolvers.plan import Constant, Introspected, Read, Staged
from resolvers.preparation import ValuesError, values_of
from resolvers.reader import RowGoneError
from schema.errors import RequestError
from wording import Wording

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
    from uuid import UUID

    from graphql import VariableValues
    from strawberry import Schema

    from graph.policy import Viewer
    from resolvers.plan import Plan, Root, Shape
    from resolvers.preparation import Preparation, Prepared
    from resolvers.reader import Reader
    from resolvers.turns import Turns
    from schema.ports import Context


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every run finds around it."""

    schema: Schema
    preparation: Preparation
    reader: Reader
    context: Callable[[Viewer], Context]
    """Makes what fields that Python answers find at hand, anew for each operation and viewer."""
    telling: Turns
    """In which those who follow are answered."""

    def arguments(self, root: Staged, variables: VariableValues) -> dict[str, Any]:
        """Return a field's arguments as its function takes them."""
        assert root.definition is not None
        definition = root.definition.extensions[DEFINITION]
        given = get_argument_values(root.definition, root.nodes[0], variables)
        registry = self.schema.schema_converter.scalar_registry
        return convert_arguments(given, definition.arguments, registry, self.schema.config)


class Run:
    """One operation being answered."""

    def __init__(self, surroundings: Surroundings, prepared: Prepared, viewer: Viewer) -> None:
        self._surroundings = surroundings
        self._preparation = surroundings.preparation
        self._prepared = prepared
        self._viewer = viewer
        self._scope = scope_of(viewer)
        self._context = surroundings.context(viewer)
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
            async with aclosing(cast("Any", self._resolved(root))) as events:
                async for event in events:
                    async with self._surroundings.telling.of(self._viewer.name, patient=True):
                        answer = await self.answer(plan, {root.key: event})
                    began = time.monotonic()
                    yield answer
                    if time.monotonic() - began > patience:
                        yield Answer(errors=[self._located(_too_slow(patience, event.cursor), root)])
                        return
        except Exception as error:  # noqa: BLE001  # whatever it is, the subscriber is told in the one shape
            yield Answer(errors=[self._located(error, root)])

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

    def _resolved(self, root: Staged) -> object:
        """Call a field's function."""
        assert root.definition is not None
        definition = root.definition.extensions[DEFINITION]
        given = self._surroundings.arguments(root, self._prepared.variables)
        return definition.base_resolver.wrapped_func(None, SimpleNamespace(context=self._context), **given)

    async def _staged(self, root: Staged) -> Any:
        try:
            return await cast("Any", self._resolved(root))
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
            plan = permitted(await self._preparation.made(self._prepared, careful=True), self._viewer)
            found = await self._read(plan, plan.roots, met, keys)
            roots = [root for root in plan.roots if root.key in {one.key for one in roots}]
        except ValuesError:
            # A value cannot be what it is given for: the plan made of the very values places the error.
            plan = permitted(await self._preparation.made(self._prepared), self._viewer)
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
        statement = await self._preparation.statement_of(plan, self._scope.shape, met)
        values = values_of(statement, self._prepared, [keys[one] for one in met])
        if self._matches:
            values = [self._matches[one] if isinstance(one, Matching) else one for one in values]
        return tuple((await self._surroundings.reader.row(self._scope, statement, values)).values())

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
                return introspected(self._preparation.schema, root, self._prepared)
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

    def _located(self, error: Exception, root: Root) -> GraphQLError:
        """Return an error at a field of the operation, in the one shape."""
        finisher = Finisher()
        finisher.fail(error, root.nodes, (root.key,))
        return shaped(finisher.errors[0], Stage.EXECUTE)


def _too_slow(patience: float, cursor: str) -> RequestError:
    message = Wording(
        "An event waited longer than {patience:g} s to be taken. Subscribe again behind the cursor.", patience=patience
    )
    return RequestError("SLOW_CLIENT", message, limit=patience, cursor=cursor)


def _shaped(finisher: Finisher) -> list[GraphQLError]:
    return [shaped(error, Stage.EXECUTE) for error in finisher.errors]


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
