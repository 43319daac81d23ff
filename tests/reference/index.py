"""A search over a graph in memory, as if it were all that there is: nothing in it is hidden from anybody."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from graph.records import CaseId, Position, SubmissionId
from graph.scope import scope
from search import documents
from search.documents import Source, index_document
from search.engine import Batch
from search.hidden import Hidden
from search.known_by import Known
from search.organs import organ_names
from search.service import Search
from search.tantivy_engine import open_tantivy
from tests.reference.policy import STANDING, is_unnamed
from tests.viewers import EVERYTHING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from uuid import UUID

    from graph.identity import Vault
    from graph.scope import Scope
    from search.records import SearchPage, SearchRequest
    from tests.reference.graph import Graph, Row


def sources(graph: Graph, whole: Graph) -> tuple[Source, ...]:
    """Return what each submission of a graph is found by, which is what is left of a whole one."""
    return tuple(_source(graph, whole, row) for row in graph["submission"])


def _status(graph: Graph, whole: Graph, row: Row) -> str:
    """Return the status that a submission is found by.

    It is that of the case that answers for it, where everybody who sees the one sees the other; else of its own.
    """
    own, leading = graph.by_id["case"][row["case_id"]], graph.by_id["case"][graph.leading(row["case_id"])]
    told: str = (leading if _audience(whole, own) == _audience(whole, leading) else own)["status"]
    return told


def _audience(whole: Graph, case: Row) -> tuple[object, ...]:
    """Return all that decides who sees a case."""
    parts = [tie for tie in whole["case_organ"] if tie["case_id"] == case["id"] and tie["state"] == "ACCEPTED"]
    edges = [edge for edge in whole["case_accused"] if edge["case_id"] == case["id"] and edge["state"] in STANDING]
    parties = {whole.by_id["mention"][edge["mention"]]["party"] for edge in edges if edge["mention"]}
    same = [one for one in whole["mention"] if one["party"] in parties]
    hashes = {one[name] for one in same for name in ("name_hash", "phone_hash", "identity_hash")}
    organs = {edge["organ"] for edge in edges}
    unnamed = is_unnamed(whole, case)
    handling = set() if unnamed else {tie["organ"] for tie in parts}
    return case["kind"] == "ACCUSATION", unnamed, case["division"], handling, (organs | hashes) - {None}


def _source(graph: Graph, whole: Graph, row: Row) -> Source:
    said = graph.by_id["submission_revision"][row["revision"]]
    case = graph.by_id["case"][graph.leading(row["case_id"])]
    opened = min(one["id"] for one in graph["submission"] if one["case_id"] == row["case_id"]) == row["id"]
    current = [one for one in graph["event"] if one["until"] is None and _told_with(one, row, opened=opened)]
    events = sorted(current, key=lambda one: (one["at"], one["id"]))
    papers = [one for one in graph["document"] if one["submission"] == row["id"] and not one["withheld"]]
    return Source(
        id=SubmissionId(row["id"]), own=CaseId(row["case_id"]), case=CaseId(case["id"]),
        leading=CaseId(case["id"]), channel=row["channel"],
        kind=row["kind"],
        known_by=Known(str(graph.by_id["case"][row["case_id"]]["number"]), row["external_id"], row["receipt_code"]),
        status=_status(graph, whole, row), topic=row["topic"], division=row["division"], received_at=row["received_at"],
        title=said["title"], body=said["body"], replies=tuple(one["body"] for one in events if one["body"]),
        documents=tuple(one["body"] for one in papers if one["body"]),
        numbers=_numbers(graph, row["id"], said, current, papers), organs=_organs(graph, row["case_id"]),
        organ_names=_organ_names(graph, row["case_id"]),
    )  # fmt: skip


def _told_with(event: Row, row: Row, *, opened: bool) -> bool:
    """Tell whether an event is indexed with a submission: it came with it, or with none to the case that it opened."""
    alone = event["submission"] is None and event["case_id"] == row["case_id"]
    return event["submission"] == row["id"] or (alone and opened)


def _organs(graph: Graph, case: UUID) -> tuple[str, ...]:
    """Return the ids of the organs that have a part in a case."""
    parts = [tie for tie in graph["case_organ"] if tie["case_id"] == case and tie["state"] == "ACCEPTED"]
    return tuple(sorted({str(tie["organ"]) for tie in parts}))


def _organ_names(graph: Graph, case: UUID) -> tuple[str, ...]:
    """Return all by which the organs that have a part in a case are known."""
    organs = [row for row in graph["organ"] if str(row["id"]) in _organs(graph, case)]
    return tuple(sorted({name for row in organs for name in organ_names(row["name"], row["division"])}))


def _numbers(graph: Graph, key: UUID, said: Row, events: list[Row], papers: list[Row]) -> tuple[bytes, ...]:
    """Return the hashes of the numbers that a submission holds in its texts, and of whom it names."""
    found = {one for row in (said, *events, *papers) for one in row["number_hashes"] or ()}
    named = [one for one in graph["mention"] if one["submission"] == key and one["until"] is None]
    found |= {one[name] for one in named for name in ("identity_hash", "phone_hash")} - {None}
    return tuple(sorted(found))


class Index:
    """An index of these sources alone. The caller closes it."""

    def __init__(self, found: tuple[Source, ...], vault: Vault) -> None:
        self._folder = TemporaryDirectory(prefix="casegraph-tests-index-")
        self._engine = open_tantivy(Path(self._folder.name))
        batch = Batch(
            documents=[index_document(one) for one in found], gone=(), after=Position(0), position=Position(1)
        )
        asyncio.run(self._engine.apply(batch))
        reader = _Sources({one.id: one for one in found})
        self._search = Search(reader=reader, engine=self._engine, hidden=Hidden(vault))

    def search(self, request: SearchRequest) -> SearchPage:
        """Return a page of what is found; raises as `Search.search` does."""
        return asyncio.run(self._search.search(request, scope(EVERYTHING)))

    def close(self) -> None:
        """Give the folder back."""
        asyncio.run(self._engine.close())
        self._folder.cleanup()


class _Sources:
    """Reads the sources for whoever searches: there is nothing else to be read."""

    def __init__(self, found: dict[SubmissionId, Source]) -> None:
        self._found = found

    @asynccontextmanager
    async def lent(self, _: Scope) -> AsyncIterator[_Sources]:
        """Lend itself."""
        yield self

    async def fetch(self, text: str, *values: Any) -> Sequence[Any]:
        """Return the sources of the submissions asked for, as rows; nothing is withheld or missing."""
        if text == documents.SQL.standing:
            return [{"barrier": 0, "known": True, "late": None, "share": 1.0, "missing": 0}]
        found = [self._found[one] for one in values[0] if one in self._found]
        if text == documents.SQL.attached:
            return [row for one in found for row in _attached(one)]
        assert text in {documents.SQL.documents, documents.SQL.texts, documents.SQL.known_by}
        return [_row(one) for one in found]


def _row(found: Source) -> dict[str, Any]:
    return {
        "id": found.id, "own_id": found.own, "case_id": found.case, "leading": found.leading,
        "channel": found.channel, "kind": found.kind,
        "status": found.status,
        "topic": found.topic, "division": found.division, "received_at": found.received_at, "title": found.title,
        "body": found.body,
        "case_number": found.known_by.case, "external_id": found.known_by.id, "receipt_code": found.known_by.receipt,
    }  # fmt: skip


def _attached(found: Source) -> list[dict[str, Any]]:
    """Return what is told beside a submission as rows, in its order."""
    said = [(found.received_at, text) for text in found.replies] + [(None, text) for text in found.documents]
    return [
        {"submission": found.id, "body": text, "at": at, "id": number} for number, (at, text) in enumerate(said)
    ]  # fmt: skip
