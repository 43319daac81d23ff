"""What a reader is told when a field cannot be answered as asked: one shape, `extensions.code` first."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from graphql import GraphQLError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wording import Wording

INTERNAL: Final = "INTERNAL"


class RequestError(GraphQLError):
    """A field was asked in a way that cannot be answered. `code` tells a program why, the message a person.

    Where an argument is to blame, `argument` names it, and what of it: `filter.division.within`, `ids.2`.
    """

    def __init__(self, code: str, message: Wording, **details: object) -> None:
        super().__init__(message, extensions={"code": code, **details})
        self.code = code
        self.wording = message

    def inside(self, argument: str) -> None:
        """Tell that what is to blame stands inside an argument, or inside a part of one."""
        told = dict(self.extensions or {})
        within = told.get("argument")
        self.extensions = told | {"argument": argument if within is None else f"{argument}.{within}"}


@contextmanager
def argument(name: str) -> Iterator[None]:
    """Have errors raised inside tell which argument, or which part of one, is to blame."""
    try:
        yield
    except RequestError as error:
        error.inside(name)
        raise


class LimitError(RequestError):
    """More was asked than one request may have. `limit` says how much that is, `asked` how much it was."""

    def __init__(self, code: str, message: Wording, *, limit: int, asked: int, **details: object) -> None:
        super().__init__(code, message, limit=limit, asked=asked, **details)
