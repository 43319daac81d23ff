"""Web messages from a platform's paged feed: page after page from a cursor on, as JSON over HTTP.

    GET {address}?cursor={cursor}   →   {"records": [...], "cursor": "…", "more": true}

The page's cursor is kept by whoever takes the records in, in the same transaction, so that a crash neither loses nor
doubles a page. Of the connectors, only this
module imports the HTTP client.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final

import httpx

from connectors.connector import UnreadableError
from connectors.folding import fold
from connectors.jsonfiles import ENVELOPES, loads
from connectors.objects import ObjectReader
from graph.records import Channel, Reading
from wording import WordedError, Wording

if TYPE_CHECKING:
    from connectors.connector import ReadOptions

AGAIN: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Answers after which asking again may help."""
LARGEST_PAGE: Final = 64_000_000
CURSORS: Final = ("cursor", "next_cursor", "next")
MORE: Final = ("more", "has_more")


class FeedError(WordedError):
    """A feed cannot be followed. The message says what it answered and what to do; never what stood in a record."""


@dataclass(frozen=True, slots=True)
class FeedPage:
    """What one page of a feed said. Take the readings in and keep the cursor together."""

    readings: list[Reading]
    cursor: str | None
    """From where to go on; the cursor asked with where the feed names none."""
    more: bool
    """Whether another page stands ready."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedOptions:
    """How a feed is asked."""

    address: str
    token: str | None = field(default=None, repr=False)
    """Sent as a bearer token."""
    parameter: str = "cursor"
    attempts: int = 5
    first_wait: float = 0.5
    """Seconds before the second attempt; each further one waits twice as long, as far as `longest_wait`."""
    longest_wait: float = 60.0
    timeout: float = 30.0
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep


async def follow(
    feed: FeedOptions,
    cursor: str | None,
    options: ReadOptions,
    *,
    channel: Channel = Channel.WEB,
    client: httpx.AsyncClient | None = None,
) -> AsyncIterator[FeedPage]:
    """Yield a feed's pages from a cursor on, until it has no more for now. Raises FeedError."""
    reader = ObjectReader(channel, options)
    async with _client(feed, client) as http:
        more = True
        while more:
            document = await _page(http, feed, cursor)
            page = _read(document, cursor, reader)
            if page.more and page.cursor == cursor:
                raise FeedError(
                    Wording("The feed says that there is more but names the same cursor. Ask its operator.")
                )
            yield page
            cursor, more = page.cursor, page.more


@asynccontextmanager
async def _client(feed: FeedOptions, given: httpx.AsyncClient | None) -> AsyncIterator[httpx.AsyncClient]:
    if given is not None:
        yield given
        return
    async with httpx.AsyncClient(timeout=feed.timeout, follow_redirects=False) as client:
        yield client


async def _page(http: httpx.AsyncClient, feed: FeedOptions, cursor: str | None) -> Any:
    """Ask for one page, again and more slowly where that may help."""
    for attempt in range(1, feed.attempts + 1):
        wait = min(feed.first_wait * 2 ** (attempt - 1), feed.longest_wait)
        try:
            status, headers, body = await _ask(http, feed, cursor)
        except httpx.InvalidURL as error:
            raise FeedError(Wording("The feed's address is no web address. Correct it.")) from error
        except httpx.HTTPError as error:
            fault = f"The feed cannot be reached ({type(error).__name__})"
        else:
            if status == httpx.codes.OK:
                return _parsed(body)
            if status not in AGAIN:
                raise FeedError(_refused(status))
            fault = f"The feed answers {status}"
            wait = min(max(wait, _asked_to_wait(headers)), feed.longest_wait)
        if attempt < feed.attempts:
            await feed.pause(wait)
    raise FeedError(
        Wording(
            "{fault}, {attempts} times. Try later; nothing is lost, it goes on from the same cursor.",
            fault=fault,
            attempts=feed.attempts,
        )
    )


async def _ask(http: httpx.AsyncClient, feed: FeedOptions, cursor: str | None) -> tuple[int, httpx.Headers, bytes]:
    headers = {"Accept": "application/json"} | ({"Authorization": f"Bearer {feed.token}"} if feed.token else {})
    address = httpx.URL(feed.address)
    if cursor is not None:
        address = address.copy_set_param(feed.parameter, cursor)
    async with http.stream("GET", address, headers=headers) as response:
        body = bytearray()
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > LARGEST_PAGE:
                raise FeedError(
                    Wording(
                        "A page of the feed is larger than {largest} bytes. Ask for smaller pages.",
                        largest=LARGEST_PAGE,
                    )
                )
        return response.status_code, response.headers, bytes(body)


def _parsed(body: bytes) -> Any:
    try:
        return loads(body)
    except UnreadableError as error:
        raise FeedError(Wording("The feed's page cannot be read. {message}", message=error.message)) from error


def _refused(status: int) -> Wording:
    match status:
        case 401 | 403:
            return Wording("The feed refuses the token ({status}). Set a valid one.", status=status)
        case 404 | 410:
            return Wording(
                "There is no feed at this address, or it no longer knows the cursor ({status}). Check both.",
                status=status,
            )
        case _ if 300 <= status < 400:
            return Wording("The feed has moved ({status}). Set its new address.", status=status)
        case _:
            return Wording("The feed answers {status}. Check its address and ask its operator.", status=status)


def _asked_to_wait(headers: httpx.Headers) -> float:
    """Return the seconds that `Retry-After` names, as a number or a date."""
    given = headers.get("retry-after", "")
    try:
        return max(float(given), 0.0)
    except ValueError:
        pass
    try:
        return max((parsedate_to_datetime(given) - datetime.now(UTC)).total_seconds(), 0.0)
    except (ValueError, TypeError):
        return 0.0


def _read(document: Any, cursor: str | None, reader: ObjectReader) -> FeedPage:
    if isinstance(document, list):
        document = {"records": document}
    records = _first(document, ENVELOPES) if isinstance(document, dict) else None
    if not isinstance(records, list):
        raise FeedError(
            Wording('The feed\'s page has no list of records. It must be {{"records": [...], "cursor": "…"}}.')
        )
    readings = list(fold(reader.read(record, f"feed record {number}") for number, record in enumerate(records, 1)))
    named = _first(document, CURSORS)
    following = str(named) if isinstance(named, str | int) and named != "" else None
    more = _first(document, MORE)
    return FeedPage(
        readings,
        following if following is not None else cursor,
        bool(more) if isinstance(more, bool) else bool(records) and following not in {None, cursor},
    )


def _first(document: dict[str, Any], keys: tuple[str, ...]) -> Any:
    return next((document[key] for key in keys if key in document), None)
