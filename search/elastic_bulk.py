"""Writes many documents at once: cut to a size that is taken, sent again where there was no room, each one looked at.

Every document carries as its version how far the journal had come when it was made. Elasticsearch refuses an older one,
also where the newer is a deletion: so it makes no difference who writes twice, or late (OpenCRVS 5114).
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, cast

import orjson

from search.elastic_client import (
    BLOCKED_SAYS,
    NO_INDEX_SAYS,
    WRITING,
    BlockedError,
    NoIndexError,
    TooLargeError,
    is_blocked,
)
from search.elastic_names import write_alias
from search.elastic_questions import document_of
from search.engine import SearchAwayError, SearchUnavailableError
from wording import Wording

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from search.elastic_client import Link
    from search.engine import Batch

LARGEST: Final = 1_000_000
"""Bytes of one request: one that is sent at a stretch for longer keeps all else waiting (aiohttp warns of such)."""
PAUSES: Final = (0.0, 0.2, 0.4, 0.8, 1.6, 3.2)
"""Seconds before each try: who has too much to do is left alone ever longer."""
LATER: Final = frozenset({429, 502, 503, 504})
DONE: Final = frozenset({200, 201, 404, 409})
"""Written; gone already; something newer stands there."""
VERSIONED: Final = "external_gte"


async def write(link: Link, index: str, batch: Batch) -> None:
    """Bring a batch's documents into an index, but not its position.

    Raises NoIndexError where the index was removed, BlockedError where it may not be written, SearchAwayError where it
    takes nothing for a while.
    """
    for piece in pieces(operations(batch), LARGEST):
        await _write(link, index, piece)


def operations(batch: Batch) -> list[bytes]:
    """Return what is to be done, a line or two each. Pure."""
    documents = [
        _line({"index": _head(str(one.submission), batch)}) + b"\n" + _line(document_of(one)) for one in batch.documents
    ]
    return [*(_line({"delete": _head(str(one), batch)}) for one in batch.gone), *documents]


def pieces(lines: Sequence[bytes], largest: int) -> Iterator[list[bytes]]:
    """Cut into pieces of so many bytes; one that is larger by itself stands alone. Pure."""
    piece: list[bytes] = []
    size = 0
    for line in lines:
        if piece and size + len(line) > largest:
            yield piece
            piece, size = [], 0
        piece.append(line)
        size += len(line)
    if piece:
        yield piece


def _head(key: str, batch: Batch) -> dict[str, Any]:
    return {"_id": key, "version": batch.version, "version_type": VERSIONED}


def _line(value: object) -> bytes:
    return orjson.dumps(value)


async def _write(link: Link, index: str, piece: list[bytes]) -> None:
    try:
        await _write_patiently(link, index, piece)
    except TooLargeError:
        if len(piece) == 1:
            raise
        await _write(link, index, piece[: len(piece) // 2])
        await _write(link, index, piece[len(piece) // 2 :])


async def _write_patiently(link: Link, index: str, piece: list[bytes]) -> None:
    away = SearchAwayError(
        Wording("The search engine takes no more documents for now. They are sent again by themselves.")
    )
    for pause in PAUSES:
        await asyncio.sleep(pause)
        try:
            piece = await _send(link, index, piece)
        except BlockedError:
            raise  # for as long as it takes somebody to make room
        except SearchAwayError as error:
            away = error
        else:
            if not piece:
                return
    raise away


async def _send(link: Link, index: str, piece: list[bytes]) -> list[bytes]:
    """Send once, and return what is to be sent again."""
    answer = await link.ask(
        lambda client, _: client.bulk(
            operations=cast("Sequence[Any]", piece), index=write_alias(index), require_alias=True,
            filter_path="errors,items.*.status,items.*.error.type",
        ),
        WRITING, twice=False,
    )  # fmt: skip
    if not answer["errors"]:
        return []
    told = [next(iter(item.values())) for item in answer["items"]]
    return [line for line, item in zip(piece, told, strict=True) if _is_to_be_sent_again(item)]


def _is_to_be_sent_again(item: dict[str, Any]) -> bool:
    status, error = item["status"], item.get("error", {}).get("type")
    if status == 404 and error is not None:
        raise NoIndexError(NO_INDEX_SAYS)
    if is_blocked(status, error):
        raise BlockedError(BLOCKED_SAYS)
    if status in LATER:
        return True
    if status not in DONE:
        raise SearchUnavailableError(
            Wording(
                "Elasticsearch refuses a document ({status} {error}). Its log says why.", status=status, error=error
            )
        )
    return False
