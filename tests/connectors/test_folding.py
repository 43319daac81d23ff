"""A file that is bad throughout: a hundred refusals of a reason, then one that keeps the rest. Nothing disappears."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import folding
from connectors.folding import TOLD, fold
from connectors.headings import read_mapping
from graph import journal
from graph.intake import Change
from graph.records import MAX_KEPT, Channel, Draft, Reading, Refusal, RejectionReason, RejectionState
from sync.retry import Retry, read_again
from tests.connectors.factory import HEADINGS, OPTIONS, ROW, readings, text_table
from tests.graph.factory import NOW, draft, make_intake

if TYPE_CHECKING:
    from pathlib import Path

    from graph.database import Connection, Pool
    from graph.identity import Vault

URGENT: Final = (*HEADINGS, "紧急程度")
MENDED: Final = replace(OPTIONS, mapping=read_mapping({"values": {"urgency": {"红色": "特急"}}}, "m.toml"))


def sheet(bad: int, *others: tuple[str, ...]) -> bytes:
    """Return a sheet with so many rows whose urgency is no known word, and others behind."""
    return text_table([URGENT, *((f"B{number}", *ROW[1:], "红色") for number in range(bad)), *others])


def refusal(reason: RejectionReason, number: int, payload: bytes) -> Refusal:
    """Return the refusal of a row."""
    return Refusal(
        channel=Channel.HOTLINE, source="test", position=f"t.csv row {number}", reason=reason, message="No.",
        payload=payload,
    )  # fmt: skip


@given(st.lists(st.none() | st.tuples(st.sampled_from(RejectionReason), st.binary(max_size=9)), max_size=60))
def test_nothing_is_lost_and_nothing_doubled(read: list[tuple[RejectionReason, bytes] | None]) -> None:
    """Whatever is refused, in whatever order: counted by reason, and read again from where it stood."""
    given = [draft(str(n)) if one is None else refusal(one[0], n, one[1]) for n, one in enumerate(read)]
    folded = list(fold(given, told=3))
    refused = [one for one in folded if isinstance(one, Refusal)]
    counts: Counter[RejectionReason] = Counter()
    for one in refused:
        counts[one.reason] += one.records
    assert counts == Counter(one.reason for one in given if isinstance(one, Refusal))
    assert all(count <= 4 for count in Counter(one.reason for one in refused).values())
    assert [one for one in folded if isinstance(one, Draft)] == [one for one in given if isinstance(one, Draft)]
    again = [one for rest in refused for one in _rows(rest)]
    assert Counter(again) == Counter((one.position, one.payload) for one in given if isinstance(one, Refusal))


def _rows(kept: Refusal) -> list[tuple[str, bytes]]:
    if kept.records == 1:
        return [(kept.position, kept.payload)]
    return [(one.position, one.payload) for one in folding._read_again(kept, OPTIONS) if isinstance(one, Refusal)]


def test_a_rest_says_how_many_where_and_what(monkeypatch: pytest.MonkeyPatch) -> None:
    """The count, the first and last position in the file, and what is wrong with the first."""
    *told, rest = readings(sheet(TOLD + 30, ("G1", *ROW[1:], "一般")), name="t.csv")
    good = told.pop()  # rests come when the file has been read
    assert isinstance(good, Draft)
    assert len(told) == TOLD
    assert isinstance(rest, Refusal)
    assert (rest.records, rest.position, rest.reason) == (30, "t.csv row 102 to 131", RejectionReason.BAD_VALUE)
    assert rest.message.startswith("30 more records of this file")
    assert "紧急程度" in rest.message
    assert list(readings(sheet(TOLD + 30), name="t.csv"))[-1] == rest, "the same file is the same rejection"
    monkeypatch.setattr(folding, "LARGEST", 0)
    assert sum(one.records for one in readings(sheet(TOLD + 30), name="t.csv") if isinstance(one, Refusal)) == 130


def test_what_is_refused_again_is_the_same_rest() -> None:
    """So it counts as another attempt, and is no second rejection; what was too large to be kept is told still."""
    rest = list(readings(sheet(TOLD + 30), name="t.csv"))[-1]
    assert isinstance(rest, Refusal)
    [again] = read_again(rest, OPTIONS)
    assert isinstance(again, Refusal)
    assert (again.position, again.payload, again.records) == (rest.position, rest.payload, rest.records)
    large = [refusal(RejectionReason.TOO_LARGE, number, b"") for number in range(2)]
    [folded] = fold(large, told=0)
    assert isinstance(folded, Refusal)
    [still] = read_again(folded, OPTIONS)
    assert isinstance(still, Refusal)
    assert (still.records, still.payload) == (2, folded.payload)


def test_a_file_that_looks_like_a_rest_is_read_as_a_file() -> None:
    """What is unpacked we packed: how many records it stands for is told beside it, not by its first bytes."""
    [rest] = fold([refusal(RejectionReason.DATE, number, b"{}") for number in range(3)], told=0)
    assert isinstance(rest, Refusal)
    [as_sent] = readings(rest.payload, name="t.gz")
    assert isinstance(as_sent, Refusal)
    [again] = read_again(as_sent, OPTIONS)
    assert isinstance(again, Refusal)
    assert (again.reason, again.records) == (RejectionReason.UNKNOWN_FORM, 1)


def test_an_id_that_is_a_text_is_one_mistake() -> None:
    """A column that was mapped wrongly is bad throughout, too."""
    rows = [("很长" * 300 + str(number), *ROW[1:]) for number in range(TOLD + 5)]
    found: list[Reading] = list(readings(text_table([HEADINGS, *rows]), name="t.csv"))
    assert [one.records for one in found if isinstance(one, Refusal)] == [1] * TOLD + [5]


async def test_a_rest_is_kept_listed_and_tried_again(
    pool: Pool, connection: Connection, vault: Vault, tmp_path: Path
) -> None:
    """Retried in vain it is the same rejection; once the mapping is mended all of it is in, and it is resolved."""
    intake = make_intake(pool, vault, tmp_path)
    outcomes = await intake.take_in(list(readings(sheet(TOLD + 400), name="t.csv")), actor="test", now=NOW)
    assert sum(one.records for one in outcomes if one.change is Change.REJECTED) == TOLD + 400
    assert await connection.fetchval("select count(*) from rejection") == TOLD + 1
    rest = outcomes[-1].rejection
    assert rest is not None
    [(_, listed)] = [one for one in await intake.rejections(RejectionState.OPEN, 200) if one[0] == rest]
    assert (listed.records, listed.position) == (400, "t.csv row 102 to 501")

    refused = await Retry(intake, OPTIONS).retry(rest, actor="test", now=NOW)
    assert (refused.rejection, refused.records) == (rest, 400)
    assert await connection.fetchval("select count(*) from rejection where resolved_at is null") == TOLD + 1
    assert await connection.fetchval("select attempts from rejection where id = $1", rest) == 2

    taken_in = await Retry(intake, MENDED).retry(rest, actor="test", now=NOW)
    assert taken_in.change is Change.NEW
    assert await connection.fetchval("select count(*) from submission") == 400
    assert await connection.fetchval("select count(*) from rejection where resolved_at is null") == TOLD
    assert await connection.fetchval("select position from submission_revision order by id limit 1") == "t.csv row 102"
    assert (await journal.verify(connection)).broken_at is None


async def test_a_rest_of_which_some_goes_in_is_replaced_by_what_is_left(
    pool: Pool, connection: Connection, vault: Vault, tmp_path: Path
) -> None:
    """What was refused still stands in a new rest, with the positions that it had in the file."""
    intake = make_intake(pool, vault, tmp_path)
    rows = [(f"B{number}", *ROW[1:], "红色" if number % 2 else "紫色") for number in range(10)]
    folded = list(fold(readings(text_table([URGENT, *rows]), name="t.csv"), told=0))
    [outcome] = await intake.take_in(folded, actor="test", now=NOW)
    assert outcome.rejection is not None
    left = await Retry(intake, MENDED).retry(outcome.rejection, actor="test", now=NOW)
    assert (left.change, left.records, left.position) == (Change.REJECTED, 5, "t.csv row 2 to 10")
    assert await connection.fetchval("select count(*) from submission") == 5
    rows_open = await connection.fetch("select id, records from rejection where resolved_at is null")
    assert [tuple(row) for row in rows_open] == [(left.rejection, 5)]


def test_a_rest_holds_at_most_what_is_kept_of_each() -> None:
    """What one refusal may keep, a rest may of each."""
    [rest] = fold([refusal(RejectionReason.DATE, number, b"x" * MAX_KEPT) for number in range(3)], told=0)
    assert isinstance(rest, Refusal)
    assert [len(payload) for _, payload in _rows(rest)] == [MAX_KEPT] * 3
