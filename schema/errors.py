"""What a reader is told when a field cannot be answered as asked: one shape, `extensions.code` first."""

from __future__ import annotations

from typing import Final

from graphql import GraphQLError

INTERNAL: Final = "INTERNAL"


class RequestError(GraphQLError):
    """A field was asked in a way that cannot be answered. `code` tells a program why, the message a person."""

    def __init__(self, code: str, message: str, **details: object) -> None:
        super().__init__(message, extensions={"code": code, **details})
        self.code = code


class LimitError(RequestError):
    """More was asked than one request may have. `limit` says how much that is, `asked` how much it was."""

    def __init__(self, code: str, message: str, *, limit: int, asked: int) -> None:
        super().__init__(code, message, limit=limit, asked=asked)
