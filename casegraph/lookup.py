"""`GET /receipts/{code}`: how a matter stands, for whoever has its receipt code (查询码; Art. 21)."""

from __future__ import annotations

import time
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, Final

import orjson
from starlette.responses import Response

from casegraph.addresses import address_of
from casegraph.refusals import JSON, RefusalError
from graph.receipts import look_up, read_code
from graph.times import rfc3339
from wording import Wording

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

    from graph.database import Pool
    from graph.receipts import Receipt

BURST: Final = 20
"""Look-ups that one address may make at once; a family behind one address looks up a few."""
EVERY: Final = 3.0
"""Seconds after which one address may make one more."""
BURST_OF_ALL: Final = 200
EVERY_OF_ALL: Final = 0.02
"""The same for all addresses together: codes have 65 bits, so this only spares the database."""
MOST_ADDRESSES: Final = 10_000
HEADERS: Final = {"cache-control": "no-store", "referrer-policy": "no-referrer"}


class Bucket:
    """Lets `burst` through at once, and one more every so many seconds."""

    def __init__(self, burst: int, every: float, now: float) -> None:
        self._burst, self._every = burst, every
        self._full_at = now

    def wait(self, now: float) -> float:
        """Take one and return 0, or return after how many seconds there is one."""
        full_at = max(self._full_at, now) + self._every
        excess = full_at - now - self._burst * self._every
        if excess > 0:
            return excess
        self._full_at = full_at
        return 0.0


class Slowed:
    """Slows guessing, by address and over all. `monotonic` is its clock."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._of_all = Bucket(BURST_OF_ALL, EVERY_OF_ALL, monotonic())
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def require(self, address: str) -> None:
        """Raise RefusalError (429) where it is too soon for another look-up."""
        now = self._monotonic()
        bucket = self._buckets.pop(address, None) or Bucket(BURST, EVERY, now)
        self._buckets[address] = bucket
        if len(self._buckets) > MOST_ADDRESSES:
            self._buckets.popitem(last=False)
        wait = bucket.wait(now) or self._of_all.wait(now)
        if wait:
            seconds = int(wait) + 1
            message = Wording("Too many look-ups. Try again in {seconds} s.", seconds=seconds)
            raise RefusalError(429, "TOO_MANY_REQUESTS", message, headers={"retry-after": str(seconds)})


class LookUp:
    """Answers `/receipts/{code}`, whoever asks. `proxy` is the address whose `X-Forwarded-For` is believed."""

    def __init__(self, pool: Pool, proxy: str | None) -> None:
        self._pool = pool
        self._proxy = proxy
        self._slowed = Slowed()

    async def answer(self, request: Request) -> Response:
        """Answer how the submission of a code stands; what is no code is answered as one that nobody was given."""
        self._slowed.require(address_of(request, self._proxy))
        code = read_code(request.path_params["code"])
        found = None
        if code is not None:
            async with self._pool.acquire() as connection:
                found = await look_up(connection, code)
        if found is None:
            raise RefusalError(
                404, "NOT_FOUND", Wording("There is no such receipt code. Look at it again."), headers=HEADERS
            )
        return Response(orjson.dumps({"receipt": told(found)}), media_type=JSON, headers=HEADERS)


def told(receipt: Receipt) -> dict[str, Any]:
    """Return what a petitioner is told. Pure."""
    return {
        "channel": receipt.channel,
        "receivedAt": rfc3339(receipt.received_at),
        "status": receipt.status,
        "replies": [
            {"organ": one.organ, "at": rfc3339(one.at) if one.at else None, "text": one.text} for one in receipt.replies
        ],
    }
