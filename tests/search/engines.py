"""The engines that the contract is tested on, and documents for them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from graph.records import CaseId, Position, SubmissionId
from search.documents import Source, index_document
from search.engine import Batch, Engine
from search.tantivy_engine import open_tantivy

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

ENGINES: Final[Mapping[str, Callable[[Path], Engine]]] = {"tantivy": open_tantivy}


def source(number: int, body: str = "", **changes: Any) -> Source:
    """Return what stands in the graph of submission `number`, with these fields changed."""
    return Source(
        **{
            "id": SubmissionId(UUID(int=number)),
            "case": CaseId(UUID(int=number)),
            "channel": "HOTLINE",
            "kind": "APPEAL",
            "status": "REGISTERED",
            "topic": "城乡建设/安全生产",
            "division": "430104",
            "received_at": datetime(2026, 1 + number % 12, 1 + number % 28, tzinfo=UTC),
            "title": "",
            "body": body,
            "replies": (),
            "documents": (),
        }
        | changes
    )


def put(engine: Engine, sources: Sequence[Source] = (), gone: Sequence[int] = ()) -> None:
    """Index these and take those out, one position further."""
    after = engine.position() or Position(0)
    engine.apply(
        Batch(
            documents=[index_document(one) for one in sources],
            gone=[SubmissionId(UUID(int=number)) for number in gone],
            after=after,
            position=Position(after + 1),
        )
    )
