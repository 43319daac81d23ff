"""Index documents, made from the graph as it is now. Pure but for `load`."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol
from zoneinfo import ZoneInfo

from graph.database import statements
from graph.records import CaseId, PetitionKind, SubmissionId
from graph.text.normalise import normalise
from graph.text.tokens import analyse
from search import audience
from search.engine import IndexDocument
from search.known_by import UNASKED, Known
from search.organs import organ_names

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from graph.database import Connection, Row

SQL = statements("search")
ZONE: Final = ZoneInfo("Asia/Shanghai")
"""Months are those of the law's own zone, whatever an instance's clock shows."""

NEVER: Final = datetime.min.replace(tzinfo=UTC)
LEVELS: Final = (2, 4, 6, 9, 12)
"""Digits of a division's code, by level: GB/T 2260 down to the county, the statistical code below it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What stands in the graph of one submission."""

    id: SubmissionId
    own: CaseId
    """The case that it is filed in."""
    case: CaseId
    """The case that answers for that."""
    channel: str
    kind: str
    status: str
    topic: str | None
    division: str | None
    received_at: datetime
    title: str
    body: str
    replies: tuple[str, ...]
    documents: tuple[str, ...]
    leading: CaseId | None = None
    """The case that leads its own, seen or not, by which the index knows it; None where it is the one that answers."""
    known_by: Known = UNASKED
    """The numbers by which it is known."""
    organs: tuple[str, ...] = ()
    """Ids of the organs that have a part in the case it is filed in; only of what is to be indexed."""
    organ_names: tuple[str, ...] = ()
    """All by which those organs are known (`search.organs`); only of what is to be indexed."""
    seen: tuple[str, ...] = ()
    """By whom it is seen; only of what is to be indexed."""
    numbers: tuple[bytes, ...] = field(default=(), repr=False)
    """Keyed hashes of the numbers that its texts and its mentions hold; only of what is to be indexed."""
    names: tuple[bytes, ...] = field(default=(), repr=False)
    """Keyed hashes of the names of those it mentions; only of what is to be indexed."""

    def texts(self) -> tuple[str, ...]:
        """Return all that is searched."""
        return self.title, self.body, *self.replies, *self.documents


class Reading(Protocol):
    """Reads rows: all there are, or what one viewer may see."""

    async def fetch(self, text: str, *values: object) -> Sequence[Row]: ...


class Texts(NamedTuple):
    """What a submission is weighed by."""

    title: str
    body: str
    replies: Sequence[str]
    documents: Sequence[str]
    known_by: Known = UNASKED
    """The numbers by which it is known, where they are asked for."""


class _Read(NamedTuple):
    """What is read of one submission."""

    row: Row
    replies: Sequence[str]
    documents: Sequence[str]


async def load_texts(
    reading: Reading, submissions: Sequence[SubmissionId], *, numbers: bool = False
) -> dict[SubmissionId, Texts]:
    """Return what these submissions say now, with `numbers` also those by which each is known.

    Those that are not there, or may not be seen, are left out.
    """
    found = await _read(reading, SQL.texts, submissions)
    rows = await reading.fetch(SQL.known_by, submissions) if numbers and found else ()
    known = {row["id"]: _known_by(row) for row in rows}
    return {
        SubmissionId(row["id"]): Texts(row["title"], row["body"], replies, documents, known.get(row["id"], UNASKED))
        for row, replies, documents in found
    }


async def load(reading: Reading, submissions: Sequence[SubmissionId]) -> dict[SubmissionId, Source]:
    """Return these submissions as they are now; those that are not there, or may not be seen, are left out."""
    found = await _read(reading, SQL.documents, submissions)
    return {SubmissionId(read.row["id"]): _source(read) for read in found}


async def load_all(connection: Connection, submissions: Sequence[SubmissionId]) -> dict[SubmissionId, Source]:
    """Return these submissions as they are now, to be indexed: with whom they are seen by, and numbers' hashes.

    One is found by the status of the case that answers for it only where whoever sees the one sees the other: else a
    search would tell how a case stands that may not be seen.
    """
    found = await _read(connection, SQL.documents, submissions)
    cases = {read.row[name] for read in found for name in ("own_id", "case_id")}
    told = {row["id"]: row for row in await connection.fetch(SQL.audiences, list(cases))}
    hidden = {row["id"]: row for row in await connection.fetch(SQL.hidden, [read.row["id"] for read in found])}
    organs = {organ for row in told.values() for organ in row["organs"]}
    named = {row["id"]: organ_names(row["name"], row["division"]) for row in await connection.fetch(SQL.organs, organs)}
    return {
        SubmissionId(read.row["id"]): _indexed(
            read, told[read.row["own_id"]], told[read.row["case_id"]], hidden[read.row["id"]], named
        )
        for read in found
    }


async def _read(reading: Reading, statement: str, submissions: Sequence[SubmissionId]) -> list[_Read]:
    rows = await reading.fetch(statement, submissions) if submissions else []
    if not rows:
        return []
    attached = await reading.fetch(SQL.attached, submissions, [row["own_id"] for row in rows])
    replies: defaultdict[UUID, list[str]] = defaultdict(list)
    documents: defaultdict[UUID, list[str]] = defaultdict(list)
    for row in sorted(attached, key=lambda one: (one["at"] or NEVER, one["id"])):
        (replies if row["at"] else documents)[row["submission"]].append(row["body"])
    return [_Read(row, replies.get(row["id"], ()), documents.get(row["id"], ())) for row in rows]


def _indexed(read: _Read, own: Row, leader: Row, hidden: Row, named: Mapping[UUID, tuple[str, ...]]) -> Source:
    seen = _seen(own)
    status = leader["status"] if own is leader or _seen(leader) == seen else own["status"]
    return _source(
        read, seen=seen, status=status, organs=tuple(map(str, own["organs"])),
        organ_names=tuple(dict.fromkeys(name for organ in own["organs"] for name in named.get(organ, ()))),
        numbers=_hashes(hidden, "numbers"), names=_hashes(hidden, "names"),
    )  # fmt: skip


def _hashes(row: Row, name: str) -> tuple[bytes, ...]:
    return tuple(one for one in row[name] if one is not None)


def _seen(row: Row) -> tuple[str, ...]:
    accused = [*map(str, row["accused_organs"]), *(one.hex() for one in row["accused_persons"])]
    return audience.tokens(
        accusation=row["kind"] == PetitionKind.ACCUSATION, unnamed=row["unnamed"], division=row["division"],
        organs=map(str, row["organs"]), accused=accused,
    )  # fmt: skip


def _source(read: _Read, *, status: str | None = None, **others: Any) -> Source:
    row = read.row
    return Source(
        id=SubmissionId(row["id"]), own=CaseId(row["own_id"]), case=CaseId(row["case_id"]),
        leading=CaseId(row["leading"]), channel=row["channel"], kind=row["kind"], status=status or row["status"],
        topic=row["topic"], division=row["division"], received_at=row["received_at"], title=row["title"],
        body=row["body"], replies=tuple(read.replies), documents=tuple(read.documents),
        known_by=_known_by(row), **others,
    )  # fmt: skip


def index_document(source: Source) -> IndexDocument:
    """Return a submission as it is indexed."""
    tokens = analyse([normalise(text) for text in source.texts()])
    hidden = [*map(number_token, source.numbers), *map(name_token, source.names)]
    codes = " ".join([*filter(None, [tokens.codes]), *(code for _, code in source.known_by.codes()), *hidden])
    return IndexDocument(
        submission=source.id, case=source.case, bigrams=tokens.bigrams, codes=codes, channel=source.channel,
        kind=source.kind, status=source.status, topics=levels(source.topic), divisions=prefixes(source.division),
        organs=source.organs, organ_names=source.organ_names,
        month=source.received_at.astimezone(ZONE).strftime("%Y-%m"), received_at=source.received_at, seen=source.seen,
    )  # fmt: skip


def _known_by(row: Row) -> Known:
    return Known(str(row["case_number"]), row["external_id"], row["receipt_code"])


def number_token(hashed: bytes) -> str:
    """Return the code by which what holds a number is found.

    It begins with a capital, which no query that is typed has in its normal form: so nobody asks for it but by the
    number itself, and no prefix tells who shares one.
    """
    return "H" + hashed.hex()


def name_token(hashed: bytes) -> str:
    """Return the code by which what names somebody is found; nobody types it, either."""
    return "N" + hashed.hex()


def levels(topic: str | None) -> tuple[str, ...]:
    """Return a topic's path and all above it: 城乡建设/安全生产 → 城乡建设, 城乡建设/安全生产."""
    return tuple(accumulate(topic.split("/"), lambda above, name: f"{above}/{name}")) if topic else ()


def prefixes(division: str | None) -> tuple[str, ...]:
    """Return a division's code and all above it: 430104 → 43, 4301, 430104."""
    return tuple(division[:digits] for digits in LEVELS if digits <= len(division)) if division else ()
