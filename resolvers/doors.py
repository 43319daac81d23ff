"""The doors through which mutations change the graph: what `resolvers.writes` asks of whoever stands behind each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from graph.intake import Outcome
    from graph.policy import Authority, Viewer
    from graph.records import (
        CaseId,
        Correctable,
        DocumentDraft,
        EdgeId,
        MentionId,
        Reading,
        RejectionId,
        SavedSearchId,
        SubmissionId,
        UploadId,
    )
    from graph.revealing import Request, Revealed
    from resolvers.faults import Vocabulary
    from search.records import SearchFilter


class Intake(Protocol):
    """Takes readings in (`graph.intake`)."""

    @property
    def vocabulary(self) -> Vocabulary: ...
    async def take_in(
        self, readings: Sequence[Reading], *, actor: str, now: datetime, authority: Authority
    ) -> list[Outcome]: ...
    async def dismiss(
        self, rejection: RejectionId, reason: str, *, actor: str, now: datetime, authority: Authority
    ) -> None: ...


class Commands(Protocol):
    """What people decide (`graph.commands`)."""

    async def join_cases(self, *, leading: CaseId, other: CaseId, reason: str, by: Viewer, now: datetime) -> EdgeId: ...
    async def part_cases(self, *, case: CaseId, by: Viewer, now: datetime) -> EdgeId: ...
    async def file_submission(
        self, *, submission: SubmissionId, case: CaseId, reason: str, by: Viewer, now: datetime
    ) -> EdgeId: ...
    async def part_submission(self, *, submission: SubmissionId, by: Viewer, now: datetime) -> CaseId: ...
    async def name_accused(
        self, *, submission: SubmissionId, organs: Sequence[str], reason: str, by: Viewer, now: datetime
    ) -> CaseId: ...
    async def correct_submission(
        self,
        *,
        submission: SubmissionId,
        asked: Mapping[Correctable, str | None],
        reason: str,
        by: Viewer,
        now: datetime,
    ) -> CaseId: ...
    async def join_parties(
        self, *, one: MentionId, other: MentionId, reason: str, by: Viewer, now: datetime
    ) -> EdgeId: ...
    async def part_parties(self, *, one: MentionId, other: MentionId, by: Viewer, now: datetime) -> EdgeId: ...


class Retry(Protocol):
    """Reads again what was rejected (`sync.retry`)."""

    async def retry(self, rejection: RejectionId, *, actor: str, now: datetime, authority: Authority) -> Outcome: ...


class Uploads(Protocol):
    """Keeps what was uploaded (`graph.uploads`)."""

    async def open(self, ids: Sequence[UploadId], now: datetime) -> list[DocumentDraft]: ...


class TextLayer(Protocol):
    """Reads what a file says, empty where that cannot be read, and how sure the recognition of a picture was."""

    def __call__(self, name: str, media_type: str, content: bytes) -> tuple[str, float | None]: ...


class Revealing(Protocol):
    """Opens what is sealed and puts that on record (`graph.revealing`)."""

    async def reveal(self, request: Request) -> Revealed: ...


class Saving(Protocol):
    """Keeps searches for their owners (`search.saving`)."""

    async def save(self, *, name: str, text: str, chosen: SearchFilter, by: Viewer, now: datetime) -> SavedSearchId: ...
    async def rename(self, *, search: SavedSearchId, name: str, by: Viewer, now: datetime) -> None: ...
    async def delete(self, *, search: SavedSearchId, by: Viewer, now: datetime) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Doors:
    """Through which the graph is changed, and when."""

    intake: Intake
    commands: Commands
    retry: Retry
    uploads: Uploads
    text_of: TextLayer
    clock: Callable[[], datetime]
    zone: ZoneInfo
    """In which a month begins and ends."""
    revealing: Revealing
    saving: Saving
