"""What the tests of search put into an index: submissions as the graph would tell of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from graph.records import CaseId, Position, SubmissionId
from search.documents import Source, index_document
from search.engine import AllOf, Batch, Lookup
from search.query import parse
from search.understanding import understood

if TYPE_CHECKING:
    from collections.abc import Sequence

    from search.engine import Engine, Found

EPOCH = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)


def source(number: int, title: str = "", body: str = "", **changes: Any) -> Source:
    """Return a submission: the greater its number, the later it was received, a day for each."""
    usual: dict[str, Any] = {
        "id": SubmissionId(UUID(int=number)),
        "own": CaseId(UUID(int=10_000 + number)),
        "case": CaseId(UUID(int=10_000 + number)),
        "channel": "HOTLINE",
        "kind": "APPEAL",
        "status": "REGISTERED",
        "topic": None,
        "division": None,
        "received_at": EPOCH + timedelta(days=number),
        "title": title,
        "body": body,
        "replies": (),
        "documents": (),
    }
    return Source(**usual | changes)


async def put(engine: Engine, *sources: Source, gone: Sequence[int] = (), position: int | None = None) -> None:
    """Bring submissions into an index, in one commit."""
    after = await engine.position() or Position(0)
    await engine.apply(
        Batch(
            documents=[index_document(one) for one in sources],
            gone=[SubmissionId(UUID(int=number)) for number in gone],
            after=after,
            position=Position(after + 1 if position is None else position),
        )
    )


async def ask(engine: Engine, query: str, **changes: Any) -> Found:
    """Ask an engine a query as a person types it."""
    meant = await understood(engine, parse(query), AllOf())
    return await engine.find(replace(Lookup(match=meant.compiled.match, limit=1_000), **changes))


def numbers(found: Found) -> list[int]:
    """Return the candidates' numbers in their order."""
    return [one.submission.int for one in found.candidates]


async def hits(engine: Engine, query: str, **changes: Any) -> set[int]:
    """Return the numbers of all that an engine finds."""
    found = await ask(engine, query, **changes)
    assert found.total == len(found.candidates)
    return set(numbers(found))
