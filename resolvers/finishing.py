"""What is done to an answer after it was read: errors placed, nulls passed upwards, Python's values filled in. Pure.

Nulls and errors follow the GraphQL specification (Handling Execution Errors), depth first in the document's order.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from graphql import GraphQLError

from resolvers.blame import blamed
from resolvers.plan import (
    Items,
    Leaf,
    Reference,
    Scalar,
    Several,
    Structure,
    Typename,
    Whole,
)
from schema.answers import CaseHit, SearchHit, SimilarHit

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TypeAlias

    from graphql import FieldNode

    from resolvers.plan import Shape, Written

    Path: TypeAlias = "tuple[str | int, ...]"


class NullError(Exception):
    """A value that may not be null is, and its error is noted: its owner becomes null."""


class MissingError(Exception):
    """A row that another one refers to is not there, or not for whoever asks."""


@dataclass(frozen=True, slots=True)
class Ref:
    """A node that Python's answer refers to."""

    kind: str
    key: Any


@dataclass
class Finisher:
    """Finishes one answer; `errors` are those it placed."""

    errors: list[GraphQLError] = field(default_factory=list)

    def root(self, value: Any, shape: Shape, nodes: Sequence[FieldNode], path: Path, *, nullable: bool) -> Any:
        """Finish a field of the operation; raise `NullError` where the whole answer becomes null."""
        return self._placed(lambda: self._shaped(value, shape, nodes, path), nullable=nullable)

    def fail(self, error: Exception, nodes: Sequence[FieldNode], path: Path) -> None:
        """Note an error at a path."""
        extensions = error.extensions if isinstance(error, GraphQLError) else None
        message = error.message if isinstance(error, GraphQLError) else str(error)
        cause = None if isinstance(error, GraphQLError) and error.extensions else error
        found = blamed(nodes, extensions)
        self.errors.append(
            GraphQLError(message, nodes=found, path=list(path), original_error=cause, extensions=extensions)
        )

    def _placed(self, finish: Callable[[], Any], *, nullable: bool) -> Any:
        try:
            return finish()
        except NullError:
            if nullable:
                return None
            raise

    def _shaped(self, value: Any, shape: Shape, nodes: Sequence[FieldNode], path: Path) -> Any:
        match shape:
            case Leaf():
                return value if shape.fill is None else shape.fill(value)
            case Items():
                return [
                    self._placed(
                        lambda one=one, place=place: self._shaped(one, shape.of, nodes, (*path, place)),  # type: ignore[misc]
                        nullable=shape.nullable,
                    )
                    for place, one in enumerate(value or ())
                ]
            case Structure():
                return None if value is None else self._structure(value, shape, path)

    def _structure(self, value: dict[str, Any], shape: Structure, path: Path) -> dict[str, Any]:
        for member in shape.members:
            where = (*path, member.key)
            if member.error is not None:
                self.fail(member.error, member.nodes, where)
                value[member.key] = None
                if not member.nullable:
                    raise NullError
                continue
            if value[member.key] is None:
                if not member.nullable and not isinstance(member.shape, Leaf):
                    self.fail(MissingError(".".join(map(str, where))), member.nodes, where)
                    raise NullError
                continue
            found = value[member.key]
            value[member.key] = self._placed(
                lambda found=found, member=member, where=where: self._shaped(  # type: ignore[misc]
                    found, member.shape, member.nodes, where
                ),
                nullable=member.nullable,
            )
        return value


NOTHING: Final = object()
"""Stands for a reference that leads nowhere."""


def references(value: Any, written: Written) -> list[tuple[int, Ref]]:
    """Return what an answer of Python refers to, by the numbers of the references, in order."""
    found: list[tuple[int, Ref]] = []
    _gather(value, written, found)
    return found


def _gather(value: Any, written: Written, found: list[tuple[int, Ref]]) -> None:
    if value is None or isinstance(value, Exception):
        return
    match written:
        case Reference():
            found.append((written.number, value))
        case Several():
            for one in value:
                _gather(one, written.of, found)
        case Whole():
            for part in written.parts:
                if not isinstance(part.written, Scalar | Typename):
                    _gather(getattr(value, part.attribute), part.written, found)
        case _:
            return


@dataclass
class Writer:
    """Writes Python's answer, with what its references lead to, as what `orjson` takes."""

    finisher: Finisher
    read: Callable[[int, Ref], Any]
    """Returns what a reference leads to, by its number: JSON or a value, `NOTHING` where it leads nowhere."""
    shape: Callable[[int, str], Shape | None]
    """Returns the shape that a node must be finished by, None where it can be sent as it is."""

    def root(self, value: Any, written: Written, nodes: Sequence[FieldNode], path: Path, *, nullable: bool) -> Any:
        """Write a field of the operation; raise `NullError` where the whole answer becomes null."""
        return self._placed(value, written, nodes, path, nullable=nullable)

    def _placed(self, value: Any, written: Written, nodes: Sequence[FieldNode], path: Path, *, nullable: bool) -> Any:
        try:
            found = self._written(value, written, nodes, path)
        except NullError:
            if nullable:
                return None
            raise
        if found is None and not nullable:
            self.finisher.fail(MissingError(".".join(map(str, path))), nodes, path)
            raise NullError
        return found

    def _written(self, value: Any, written: Written, nodes: Sequence[FieldNode], path: Path) -> Any:
        if isinstance(value, Exception):
            self.finisher.fail(value, nodes, path)
            raise NullError
        match written:
            case Typename():
                return written.name
            case _ if value is None:
                return None
            case Scalar():
                return written.serialize(value)
            case Several():
                return [
                    self._placed(one, written.of, nodes, (*path, place), nullable=written.nullable)
                    for place, one in enumerate(one for one in value if not self._dropped(one, written))
                ]
            case Whole():
                return {
                    part.key: self._placed(
                        None if isinstance(part.written, Typename) else getattr(value, part.attribute),
                        part.written, part.nodes, (*path, part.key), nullable=part.nullable,
                    )
                    for part in written.parts
                }  # fmt: skip
            case Reference():
                return self._node(value, written, nodes, path)

    def _node(self, ref: Ref, written: Reference, nodes: Sequence[FieldNode], path: Path) -> Any:
        found = self.read(written.number, ref)
        if found is NOTHING:
            return None
        shape = self.shape(written.number, ref.kind)
        return found if shape is None else self.finisher.root(found, shape, nodes, path, nullable=False)

    def _dropped(self, value: Any, written: Several) -> bool:
        """Tell whether an element is left out: a node that is no longer there, or not for whoever asks, or its hit."""
        match written.of:
            case Reference() as one if not written.nullable:
                return self.read(one.number, value) is NOTHING
            case Whole() as whole if isinstance(value, SearchHit | CaseHit | SimilarHit):
                return any(
                    isinstance(part.written, Reference)
                    and self.read(part.written.number, getattr(value, part.attribute)) is NOTHING
                    for part in whole.parts
                )
            case _:
                return False
