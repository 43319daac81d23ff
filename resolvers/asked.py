"""What a request asks, and what it is answered with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson

from resolvers.failures import formatted

if TYPE_CHECKING:
    from graphql import GraphQLError


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
            body["errors"] = [formatted(error) for error in self.errors]
        if self.executed:
            body["data"] = self.data
        if self.extensions:
            body["extensions"] = self.extensions
        return body

    def body(self) -> bytes:
        """Write the answer as GraphQL over HTTP has it."""
        return orjson.dumps(self.told())
