"""What becomes of what could not be taken in: tried again it stays itself, mended it ends, and a person may end it."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from connectors.push import read_push
from graph import journal
from graph.errors import NotFoundError
from graph.positions import file_of, is_one_record, places_of, refused_place
from graph.records import Channel, Draft, Refusal, RejectionReason, RejectionState
from sync.retry import Retry
from tests.connectors.factory import HEADINGS, OPTIONS, ROW, readings, text_table, workbook
from tests.connectors.test_push import MAPPED
from tests.graph.factory import NOW, draft, make_intake

if TYPE_CHECKING:
    from pathlib import Path

    from graph.database import Connection, Pool
    from graph.identity import Vault
    from graph.intake import Intake
    from graph.outcomes import Outcome
    from graph.records import Reading

BAD = ("1", "1899-12-31 00:00:00", *ROW[2:])


@pytest.fixture
def intake(pool: Pool, vault: Vault, tmp_path: Path) -> Intake:
    return make_intake(pool, vault, tmp_path)


async def take_in(intake: Intake, found: list[Reading]) -> list[Outcome]:
    """Take readings in."""
    return await intake.take_in(found, actor="test", now=NOW)


async def states(connection: Connection) -> dict[str, str]:
    """Return the state of each rejection by its position."""
    rows = await connection.fetch("select position, state from rejection order by at, id")
    assert len(rows) == len({row["position"] for row in rows})
    return {row["position"]: row["state"] for row in rows}


@pytest.mark.parametrize(
    ("position", "channel", "file", "one", "places"),
    [
        ("t.xlsx row 17", Channel.HOTLINE, "t.xlsx", True, ["t.xlsx row 17", "t.xlsx"]),
        ("t.xls sheet 2 row 5", Channel.VISIT, "t.xls", True, ["t.xls sheet 2 row 5", "t.xls sheet 2", "t.xls"]),
        ("t.csv row 101 to 400", Channel.HOTLINE, "t.csv", False, ["t.csv row 101 to 400"]),
        ("m.jsonl line 3", Channel.WEB, "m.jsonl", True, ["m.jsonl line 3", "m.jsonl"]),
        ("a.eml letter 2", Channel.LETTER, "a.eml", False, ["a.eml letter 2", "a.eml"]),
        ("a.eml attachment 1", Channel.LETTER, "a.eml", False, ["a.eml attachment 1", "a.eml"]),
        ("letters/a.txt", Channel.LETTER, "letters/a.txt", False, ["letters/a.txt"]),
        ("push record 3", Channel.WEB, "push", True, []),
        ("feed record 3", Channel.WEB, "feed", True, []),
        ("standard input.json record 3", Channel.WEB, "standard input.json", True, []),
        ("entered by hand", Channel.VISIT, "entered by hand", False, []),
    ],
)  # fmt: skip
def test_a_position_tells_where_something_stood(
    position: str, channel: Channel, file: str, *, one: bool, places: list[str]
) -> None:
    """A file may come again under its name; a push is another each time."""
    assert file_of(position) == file
    assert is_one_record(position, channel) is one
    assert list(places_of(position)) == places


@pytest.mark.parametrize(
    ("position", "channel", "records", "place"),
    [
        ("t.csv row 2", Channel.HOTLINE, 1, "t.csv row 2"),
        ("t.csv row 101 to 400", Channel.HOTLINE, 300, "t.csv rest"),
        ("a.eml attachment 1", Channel.LETTER, 1, "a.eml rest"),
        ("a.eml letter 2 line 9", Channel.LETTER, 1, "a.eml letter 2"),
        ("push record 2", Channel.WEB, 1, None),
    ],
)
def test_what_has_to_come_in_is_told_by_what_was_refused(
    position: str, channel: Channel, records: int, place: str | None
) -> None:
    """An attachment and the rest of a file came in when nothing of their file was refused."""
    assert refused_place(position, channel, records) == place


@pytest.mark.parametrize("name", ["t.xlsx", "2024/t.csv"])
async def test_a_row_tried_in_vain_is_the_same_rejection(intake: Intake, connection: Connection, name: str) -> None:
    """It keeps its file and row, and tells for what it is refused now."""
    rows = [HEADINGS, BAD]
    [outcome] = await take_in(intake, readings(workbook(rows) if name == "t.xlsx" else text_table(rows), name))
    assert outcome.rejection is not None
    [again] = [await Retry(intake, OPTIONS).retry(outcome.rejection, actor="test", now=NOW)]
    assert (again.rejection, again.position) == (outcome.rejection, f"{name} row 2")
    row = await connection.fetchrow("select position, attempts, state from rejection")
    assert row is not None
    assert tuple(row) == (f"{name} row 2", 2, "OPEN")
    strict = dataclasses.replace(OPTIONS, strict_sources=frozenset({"test"}))
    unread = Refusal(
        channel=Channel.HOTLINE, source="test", position=f"{name} row 9", reason=RejectionReason.DATE, message="m",
        payload=b'{"text":"a","time":"2024-05-06","zz":"b"}',
    )  # fmt: skip
    [first] = await take_in(intake, [unread])
    assert first.rejection is not None
    await Retry(intake, strict).retry(first.rejection, actor="test", now=NOW)
    assert await connection.fetchval("select reason from rejection where id = $1", first.rejection) == "HEADINGS"


async def test_a_file_read_again_ends_where_its_rows_went_in(intake: Intake, connection: Connection) -> None:
    """With a mapping its rows are taken in under their own positions, and nothing is left of the file's rejection."""
    content = workbook([("时间", "事情经过"), ("2024-05-06", "路灯坏了。"), (None, "井盖松了。")])
    [whole] = await take_in(intake, readings(content, "2024/t.xlsx"))
    assert whole.rejection is not None
    await Retry(intake, MAPPED).retry(whole.rejection, actor="test", now=NOW)
    assert await states(connection) == {"2024/t.xlsx": "RESOLVED", "2024/t.xlsx row 3": "OPEN"}
    assert await connection.fetchval("select position from submission_revision") == "2024/t.xlsx row 2"


async def test_what_was_too_large_to_be_kept_stays_itself(intake: Intake, connection: Connection) -> None:
    """There is nothing to read again, which makes no other rejection."""
    refusal = Refusal(
        channel=Channel.HOTLINE, source="test", position="big.xlsx", reason=RejectionReason.TOO_LARGE, message="m",
        payload=b"",
    )  # fmt: skip
    [outcome] = await take_in(intake, [refusal])
    assert outcome.rejection is not None
    again = await Retry(intake, OPTIONS).retry(outcome.rejection, actor="test", now=NOW)
    assert again.rejection == outcome.rejection
    assert await states(connection) == {"big.xlsx": "OPEN"}
    [other] = await take_in(intake, [dataclasses.replace(draft(source="test"), position="big.xlsx row 2")])
    assert (await states(connection))["big.xlsx"] == "RESOLVED"
    assert other.submission is not None
    await take_in(intake, [refusal])
    assert (await states(connection))["big.xlsx"] == "OPEN", "nothing tells that this is what was mended"


@pytest.mark.parametrize("name", ["t.xlsx", "other.xlsx"])
async def test_a_mended_record_ends_its_rejection_by_its_id(intake: Intake, connection: Connection, name: str) -> None:
    """Whatever the file's name and the row now."""
    await take_in(intake, readings(workbook([HEADINGS, BAD]), "t.xlsx"))
    [outcome] = await take_in(intake, readings(workbook([HEADINGS, ("2", *ROW[1:])]), "elsewhere.xlsx"))
    assert (await states(connection)) == {"t.xlsx row 2": "OPEN"}
    rows = [HEADINGS, ("3", *ROW[1:]), ROW]
    *_, outcome = await take_in(intake, readings(workbook(rows), name))
    assert await states(connection) == {"t.xlsx row 2": "RESOLVED"}
    assert await connection.fetchval("select resolved_to from rejection") == outcome.submission
    [entry] = await connection.fetch("select subject, object from journal where kind = 'REJECTION_RESOLVED'")
    assert entry["object"] == outcome.submission
    assert (await journal.verify(connection)).broken_at is None


async def test_a_mended_row_without_an_id_ends_its_rejection_by_its_place(
    intake: Intake, connection: Connection
) -> None:
    """The same row of the same file; another row, another file and another source end nothing."""
    table = [("来电时间", "诉求内容"), ("1899-12-31", "路灯坏了。"), ("2024-05-06", "井盖松了。")]
    await take_in(intake, readings(workbook(table), "t.xlsx"))
    mended = [table[0], ("2024-05-07", "路灯坏了，请派人来修。")]
    await take_in(intake, readings(workbook(mended), "other.xlsx"))
    elsewhere = readings(workbook([table[0], ("2024-05-08", "树倒了。")]), "t.xlsx", options=OPTIONS.for_source("b"))
    await take_in(intake, elsewhere)
    assert await states(connection) == {"t.xlsx row 2": "OPEN"}
    await take_in(intake, readings(workbook([table[0], ("2024-05-09", "路灯坏了！")]), "t.xlsx"))
    assert await states(connection) == {"t.xlsx row 2": "RESOLVED"}


async def test_another_record_in_its_place_does_not_end_a_rejection(intake: Intake, connection: Connection) -> None:
    """Tomorrow's export of the same name has another ticket in that row."""
    await take_in(intake, readings(workbook([HEADINGS, BAD]), "t.xlsx"))
    await take_in(intake, readings(workbook([HEADINGS, ("2", *ROW[1:])]), "t.xlsx"))
    assert await states(connection) == {"t.xlsx row 2": "OPEN"}


async def test_an_older_record_does_not_end_the_rejection_of_a_newer_one(
    intake: Intake, connection: Connection
) -> None:
    """The export of before is read again; the news is still not in."""
    good = readings(workbook([HEADINGS, ROW]), "t.xlsx")
    await take_in(intake, good)
    await take_in(intake, readings(workbook([HEADINGS, BAD]), "t.xlsx"))
    await take_in(intake, good)
    assert await states(connection) == {"t.xlsx row 2": "OPEN"}


async def test_pushes_end_rejections_by_their_ids_alone(intake: Intake, connection: Connection) -> None:
    """The third record of another push is another record."""

    def pushed(record: dict[str, Any]) -> list[Reading]:
        return read_push(Channel.WEB, orjson.dumps(record), OPTIONS)

    await take_in(intake, pushed({"external_id": "M1", "text": "路灯坏了。", "time": "1899"}))
    await take_in(intake, pushed({"external_id": "M2", "text": "井盖松了。", "time": "2024-05-06"}))
    await take_in(intake, pushed({"text": "树倒了。", "time": "2024-05-06"}))
    assert await states(connection) == {"push record 1": "OPEN"}
    other = [
        dataclasses.replace(one, source="other")
        for one in pushed({"external_id": "M1", "text": "a", "time": "2024-05-06"})
    ]
    await take_in(intake, other)
    assert await states(connection) == {"push record 1": "OPEN"}
    [outcome] = await take_in(intake, pushed({"external_id": "M1", "text": "路灯坏了。", "time": "2024-05-06"}))
    assert outcome.external_id == "M1"
    assert await states(connection) == {"push record 1": "RESOLVED"}


async def test_a_file_that_came_in_whole_ends_what_was_refused_of_it_as_a_whole(
    intake: Intake, connection: Connection
) -> None:
    """The rest of a bad file, and a broken attachment; not those of another file."""
    rest = Refusal(
        channel=Channel.HOTLINE, source="test", position="t.csv row 101 to 400", reason=RejectionReason.DATE,
        message="m", payload=b"packed", records=300,
    )  # fmt: skip
    other = dataclasses.replace(rest, position="u.csv row 101 to 400")
    await take_in(intake, [rest, other])
    await take_in(intake, [draft("5", source="test", position="t.csv row 102")])
    assert set((await states(connection)).values()) == {"OPEN"}, "one row is not all of them"
    await intake.settle_files([("test", Channel.HOTLINE, "t.csv")], actor="test", now=NOW)
    assert await states(connection) == {rest.position: "RESOLVED", other.position: "OPEN"}


async def test_a_person_ends_a_rejection_with_a_reason(intake: Intake, connection: Connection) -> None:
    """It stays on record, is tried again by nobody, and stays ended when the same bytes come again."""
    found = readings(workbook([HEADINGS, BAD]), "t.xlsx")
    [outcome] = await take_in(intake, found)
    assert outcome.rejection is not None
    await intake.dismiss(outcome.rejection, "测试数据，电话13812341234", actor="desk", now=NOW)
    row = await connection.fetchrow("select state, dismissed_by, dismissal from rejection")
    assert row is not None
    assert tuple(row) == ("DISMISSED", "desk", "测试数据，电话138****1234")
    with pytest.raises(NotFoundError):
        await intake.dismiss(outcome.rejection, "again", actor="desk", now=NOW)
    with pytest.raises(NotFoundError):
        await Retry(intake, OPTIONS).retry(outcome.rejection, actor="desk", now=NOW)
    await take_in(intake, found)
    assert await states(connection) == {"t.xlsx row 2": "DISMISSED"}
    assert await intake.rejections(RejectionState.OPEN, 9) == []
    [(listed, _)] = await intake.rejections(RejectionState.DISMISSED, 9)
    assert listed == outcome.rejection
    kinds = await connection.fetch("select kind, actor from journal order by position")
    assert [tuple(one) for one in kinds] == [("RECORD_REJECTED", "test"), ("REJECTION_DISMISSED", "desk")]


async def test_what_comes_in_changed_after_a_dismissal_is_taken_in(intake: Intake, connection: Connection) -> None:
    """A dismissal is of what was refused, not of what its source sends next."""
    [outcome] = await take_in(intake, readings(workbook([HEADINGS, BAD]), "t.xlsx"))
    assert outcome.rejection is not None
    await intake.dismiss(outcome.rejection, "r", actor="desk", now=NOW)
    found = readings(workbook([HEADINGS, ROW]), "t.xlsx")
    assert isinstance(found[0], Draft)
    [mended] = await take_in(intake, found)
    assert mended.submission is not None
    assert await states(connection) == {"t.xlsx row 2": "DISMISSED"}


@pytest.mark.parametrize("name", ["a.txt", "a.eml"])
async def test_a_mended_letter_ends_its_rejection_by_its_file(
    intake: Intake, connection: Connection, name: str
) -> None:
    """A mail has an id as well, which strangers choose."""
    words = "三栋楼下的路灯坏了两周，夜里看不清路，请派人来修。\n此致\n张三\n"
    for day in ("1899年1月1日", "2024年5月6日"):
        letter = f"收信日期：{day}\n{words}"
        content = letter if name == "a.txt" else f"Message-ID: <x@y>\nFrom: a@b.cn\nSubject: 路灯\n\n{letter}"
        await take_in(intake, readings(content.encode(), f"letters/{name}", Channel.LETTER))
    assert await states(connection) == {f"letters/{name}": "RESOLVED"}
