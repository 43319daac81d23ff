"""From a connection's arguments to a page, and from a page's rows to a connection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

from graph.reads import Page
from schema.errors import LimitError, RequestError
from schema.types import Connection, Edge, PageInfo

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from graph.database import Row
    from graph.reads import Order
    from resolvers.cursors import Cursors
    from schema.ports import PageRequest

T = TypeVar("T")

DEFAULT_SIZE: Final = 20
LARGEST_SIZE: Final = 200


def checked_size(size: int, largest: int = LARGEST_SIZE) -> int:
    """Return a page's size; raise where it is negative or too large."""
    if size < 0:
        raise RequestError("INVALID_PAGE", "A page's size cannot be negative.")
    if size > largest:
        message = f"A page has at most {largest} elements; {size} were asked for."
        raise LimitError("LIMIT_PAGE_SIZE", message, limit=largest, asked=size)
    return size


def page_from(request: PageRequest, order: Order, cursors: Cursors) -> Page:
    """Return the page that a connection's arguments ask for."""
    if request.first is not None and request.last is not None:
        raise RequestError("INVALID_PAGE", "Give `first` or `last`, not both.")
    size = request.first if request.last is None else request.last
    return Page(
        order=order,
        size=checked_size(DEFAULT_SIZE if size is None else size),
        after=None if request.after is None else cursors.read(order, request.after),
        before=None if request.before is None else cursors.read(order, request.before),
        backwards=request.last is not None,
    )


async def connection_of(
    rows: Sequence[Row],
    page: Page,
    cursors: Cursors,
    *,
    build: Callable[[Sequence[Row]], Awaitable[Sequence[T]]],
    count: Callable[[], Awaitable[int]],
) -> Connection[T]:
    """Return the connection of a page's rows, of which there is one more than asked where others follow."""
    more, kept = len(rows) > page.size, list(rows[: page.size])
    if page.backwards:
        kept.reverse()
    nodes = await build(kept)
    edges = [Edge(cursor=cursors.write(page.order, row), node=node) for row, node in zip(kept, nodes, strict=True)]
    return Connection(
        edges=edges,
        page_info=PageInfo(
            has_next_page=page.before is not None if page.backwards else more,
            has_previous_page=more if page.backwards else page.after is not None,
            start_cursor=edges[0].cursor if edges else None,
            end_cursor=edges[-1].cursor if edges else None,
        ),
        count=count,
    )
