"""A paged feed is followed from a cursor on, over real HTTP."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson
import pytest

from connectors.feed import FeedError, FeedOptions, FeedPage, follow
from graph.records import Draft, Refusal
from tests.connectors.factory import OPTIONS

Answer = tuple[int, dict[str, str], bytes]


class Platform:
    """A web platform that answers as the test says and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str | None] = []
        self.tokens: list[str | None] = []
        self.answer: Callable[[str | None], Answer] = lambda _: (200, {}, b"[]")
        self.address = ""

    def respond(self, path: str, token: str | None) -> Answer:
        """Answer one request."""
        cursor = parse_qs(urlsplit(path).query).get("cursor", [None])[0]
        self.asked.append(cursor)
        self.tokens.append(token)
        return self.answer(cursor)


@pytest.fixture
def platform() -> Iterator[Platform]:
    """Serve a platform on a free port of this machine."""
    state = Platform()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers, body = state.respond(self.path, self.headers.get("Authorization"))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        state.address = f"http://127.0.0.1:{server.server_address[1]}/feed?site=1"
        yield state
        server.shutdown()
        thread.join()


def message(number: int) -> dict[str, Any]:
    """Return one message."""
    return {"message_id": str(number), "user": "A1", "text": "路灯坏了。", "time": "2024-05-06 07:08:09"}


def page(records: list[Any], **more: Any) -> Answer:
    """Return one page."""
    return 200, {"Content-Type": "application/json"}, orjson.dumps({"records": records, **more})


async def followed(platform: Platform, cursor: str | None = None, **changes: Any) -> list[FeedPage]:
    """Follow the platform's feed without waiting between attempts."""
    waits: list[float] = changes.pop("waits", [])

    async def pause(seconds: float) -> None:
        waits.append(seconds)

    feed = FeedOptions(address=platform.address, pause=pause, **changes)
    return [one async for one in follow(feed, cursor, OPTIONS)]


async def test_pages_are_followed_to_the_last(platform: Platform) -> None:
    """Each page comes with the cursor from which to go on."""
    pages = {None: ([message(1)], "b", True), "b": ([message(2), message(3)], "c", True), "c": ([], "c", False)}

    def answer(cursor: str | None) -> Answer:
        records, following, more = pages[cursor]
        return page(records, cursor=following, more=more)

    platform.answer = answer
    found = await followed(platform, token="t")
    assert [[reading.external_id for reading in one.readings if isinstance(reading, Draft)] for one in found] == [
        ["1"],
        ["2", "3"],
        [],
    ]
    assert [one.cursor for one in found] == ["b", "c", "c"]
    assert platform.asked == [None, "b", "c"]
    assert set(platform.tokens) == {"Bearer t"}


async def test_a_feed_without_news_keeps_its_cursor(platform: Platform) -> None:
    """So the next time it is asked from the same place."""
    (found,) = await followed(platform, "z")
    assert (found.readings, found.cursor, found.more) == ([], "z", False)


async def test_a_bad_record_is_refused_and_the_page_goes_in(platform: Platform) -> None:
    """A feed must not stand still before one message."""
    platform.answer = lambda _: page([message(1), {"text": "no time"}, message(3)])
    (found,) = await followed(platform)
    assert [type(reading) for reading in found.readings] == [Draft, Refusal, Draft]


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_busy_platform_is_asked_again_and_more_slowly(platform: Platform, status: int) -> None:
    """Waits double; what the platform asks for counts where it is longer."""
    answers = iter([(status, {}, b""), (status, {"Retry-After": "7"}, b""), page([message(1)])])
    platform.answer = lambda _: next(answers)
    waits: list[float] = []
    (found,) = await followed(platform, waits=waits)
    assert len(found.readings) == 1
    assert waits == [0.5, 7.0]


async def test_a_platform_that_stays_down_is_told(platform: Platform) -> None:
    """After so many attempts, with the promise that nothing is lost."""
    platform.answer = lambda _: (503, {}, b"")
    with pytest.raises(FeedError, match="503, 3 times"):
        await followed(platform, attempts=3)
    assert len(platform.asked) == 3


@pytest.mark.parametrize(("status", "says"), [(401, "token"), (404, "address"), (301, "moved"), (400, "operator")])
async def test_what_asking_again_cannot_help_is_told_at_once(platform: Platform, status: int, says: str) -> None:
    """One request, one clear line."""
    platform.answer = lambda _: (status, {"Location": "/elsewhere"}, b"")
    with pytest.raises(FeedError, match=says):
        await followed(platform)
    assert len(platform.asked) == 1


@pytest.mark.parametrize("body", [b"<html>", b'{"messages": 1}', b"", b'{"records": [', b"3"])
async def test_an_answer_that_is_no_page_is_told(platform: Platform, body: bytes) -> None:
    """A login page, another shape, a page that broke off."""
    platform.answer = lambda _: (200, {}, body)
    with pytest.raises(FeedError):
        await followed(platform)


async def test_a_cursor_that_goes_nowhere_ends_the_reading(platform: Platform) -> None:
    """Else it would be read for ever."""
    platform.answer = lambda _: page([message(1)], cursor="a", more=True)
    with pytest.raises(FeedError, match="same cursor"):
        await followed(platform, "a")


async def test_a_platform_that_cannot_be_reached_is_told() -> None:
    """No port listens there."""
    closed = Platform()
    closed.address = "http://127.0.0.1:9/feed"
    with pytest.raises(FeedError, match="cannot be reached"):
        await followed(closed, attempts=2)


async def test_an_address_that_is_none_is_told() -> None:
    """A slip in a setting."""
    wrong = Platform()
    wrong.address = "no address"
    with pytest.raises(FeedError):
        await followed(wrong, attempts=1)
