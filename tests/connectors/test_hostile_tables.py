"""What is broken, hostile or not what it says is refused clearly, and the rest goes in."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from datetime import date, time
from pathlib import Path

import pytest
import xlsxwriter  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st

from connectors.connector import Limits, ReadOptions, Resource
from connectors.push import read_push
from connectors.registry import read
from graph.records import MAX_KEPT, Channel, Draft, Refusal, RejectionReason
from tests.connectors.factory import HEADINGS, OPTIONS, ROW, ZONE, drafts, only_refusal, readings, text_table, workbook

HERE = Path(__file__).parent


def refusals(found: list[object]) -> list[Refusal]:
    """Return what was turned down."""
    return [reading for reading in found if isinstance(reading, Refusal)]


def rewritten(content: bytes, member: str, change: object) -> bytes:
    """Return a workbook of which one member's bytes are changed by a function."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            data = old.read(name)
            new.writestr(name, change(data) if name == member and callable(change) else data)
    return stream.getvalue()


SHEET = "xl/worksheets/sheet1.xml"


STRINGS = "xl/sharedStrings.xml"


def shared_workbook() -> bytes:
    """Return a workbook whose texts stand in a member of their own, as Excel writes them."""
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate([HEADINGS, ROW]):
            sheet.write_row(number, 0, row)
    return stream.getvalue()


def test_a_workbook_may_share_its_strings() -> None:
    """As Excel and most programs write it."""
    (draft,) = readings(shared_workbook())
    assert isinstance(draft, Draft)
    assert draft.text == ROW[4]


def test_a_formula_in_a_column_that_is_read_refuses_its_row_alone() -> None:
    """What was computed may be out of date or never was: the row waits for its value, the others go in."""
    rows = [(*HEADINGS, "备注"), (*ROW[:4], '="甲"&"乙"', None), (*ROW, "=1+1"), (*ROW, None)]
    found = readings(workbook(rows))
    (refusal,) = refusals(list(found))
    assert (refusal.reason, refusal.position) == (RejectionReason.FORMULA, "t.xlsx row 2")
    assert "诉求内容" in refusal.message
    assert len(found) == 3


def test_a_refused_formula_is_refused_again() -> None:
    """A retry must not take the saved result either."""
    refusal = only_refusal(workbook([HEADINGS, (*ROW[:4], '="甲"&"乙"')]))
    (again,) = read_push(Channel.HOTLINE, refusal.payload, OPTIONS)
    assert isinstance(again, Refusal)
    assert again.reason is RejectionReason.FORMULA


@pytest.mark.parametrize(
    "when",
    [date(1899, 12, 31), date(1900, 1, 1), time(0, 0), 0.25, "1899-12-31", "9999-01-01", "2024-13-01", "昨天"],
)
def test_a_date_that_cannot_be_refuses_its_row(when: object) -> None:
    """1899 is what a spreadsheet makes of an empty or broken date."""
    rows = [HEADINGS, (ROW[0], when, *ROW[2:]), ROW]
    refusal = only_refusal(workbook(rows))
    assert (refusal.reason, refusal.position) == (RejectionReason.DATE, "t.xlsx row 2")


def test_a_time_without_its_day_is_told() -> None:
    """Where day and time stand apart, both are needed."""
    rows = [("来访日期", "来访时间", "来访事由"), (None, "9:30", "要求发放工资。")]
    refusal = only_refusal(workbook(rows), channel=Channel.VISIT)
    assert refusal.reason is RejectionReason.DATE
    assert refusal.message.startswith("Column 来访时间:")


def test_a_refused_row_keeps_its_dates() -> None:
    """Also where a formula stands beside them."""
    refusal = only_refusal(workbook([HEADINGS, ("1", date(2024, 5, 6), *ROW[2:4], "=1+1")]))
    assert b"2024-05-06" in refusal.payload


@pytest.mark.parametrize("name", ["t.json", "t.jsonl"])
def test_json_that_is_too_large_is_told(name: str) -> None:
    """A whole document is held in memory, and so is a line."""
    options = ReadOptions(source="test", zone=ZONE, limits=Limits(letter=1_000, text=50))
    refusal = only_refusal(b'{"text": "' + b"x" * 5_000 + b'"}', name, options=options)
    assert refusal.reason is RejectionReason.TOO_LARGE


def test_a_row_without_its_text_is_refused() -> None:
    """Nothing could be handled."""
    assert only_refusal(workbook([HEADINGS, (*ROW[:4], " \t"), ROW])).reason is RejectionReason.MISSING_FIELD


@pytest.mark.parametrize("name", ["t.xlsx", "t.csv", "t.xls", "t.json", "t.jsonl"])
def test_an_empty_file_is_told(name: str) -> None:
    """An export that broke off before it began."""
    assert only_refusal(b"", name).reason is RejectionReason.EMPTY


@pytest.mark.parametrize("content", [workbook([]), workbook([[None]]), b"\xef\xbb\xbf", b" \r\n\r\n"])
def test_a_file_with_nothing_in_it_is_told(content: bytes) -> None:
    """A sheet without a row, a byte order mark alone, blank lines."""
    name = "t.xlsx" if content.startswith(b"PK") else "t.csv"
    assert only_refusal(content, name).reason is RejectionReason.EMPTY


def test_headings_without_rows_are_no_fault() -> None:
    """A day without calls."""
    assert readings(workbook([HEADINGS])) == []


def test_a_password_is_told() -> None:
    """A protected workbook is an OLE container that holds an encrypted package."""
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".ljust(1024, b"\0") + "EncryptedPackage".encode("utf-16-le").ljust(
        512, b"\0"
    )
    refusal = only_refusal(head)
    assert refusal.reason is RejectionReason.ENCRYPTED
    assert refusal.payload == head


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_a_truncated_workbook_is_told(share: float) -> None:
    """A copy that broke off."""
    content = workbook([HEADINGS, *([ROW] * 500)])
    assert only_refusal(content[: int(len(content) * share)]).reason is RejectionReason.UNREADABLE


def test_a_damaged_sheet_gives_what_stands_before_the_damage() -> None:
    """Rows that were read stay read; then one refusal says where it breaks."""
    content = rewritten(workbook([HEADINGS, *([ROW] * 500)]), SHEET, lambda xml: xml[: len(xml) // 2])
    found = readings(content)
    assert len([reading for reading in found if isinstance(reading, Draft)]) > 100
    assert [refusal.reason for refusal in refusals(list(found))] == [RejectionReason.UNREADABLE]


def test_an_archive_that_unpacks_to_far_more_is_a_bomb() -> None:
    """Told by what its directory declares, before anything is unpacked."""
    content = rewritten(workbook([HEADINGS, ROW]), SHEET, lambda xml: xml + b" " * 50_000_000)
    assert only_refusal(content).reason is RejectionReason.BOMB


@pytest.mark.parametrize("member", [SHEET, STRINGS])
def test_an_archive_that_lies_about_its_sizes_is_told(member: str) -> None:
    """The directory declares a few bytes and the sum of these; the member unpacks to more."""
    content = bytearray(rewritten(shared_workbook(), member, lambda xml: xml + b" " * 5_000_000))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        info, data = archive.getinfo(member), archive.read(member)
    lie = struct.pack("<III", zlib.crc32(data[:100]), info.compress_size, 100)
    truth = struct.pack("<III", info.CRC, info.compress_size, info.file_size)
    assert content.count(truth) == 2
    refusal = only_refusal(bytes(content.replace(truth, lie)))
    assert refusal.reason in {RejectionReason.BOMB, RejectionReason.UNREADABLE}


def test_a_workbook_of_many_strings_in_one_is_a_bomb() -> None:
    """All members together are bounded as well."""
    options = ReadOptions(source="test", zone=ZONE, limits=Limits(unpacked=4_000))
    assert only_refusal(workbook([HEADINGS, ROW]), options=options).reason is RejectionReason.BOMB


ENTITIES = (
    b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    b'<!ENTITY c SYSTEM "file:///etc/passwd">]>'
)


@pytest.mark.parametrize("member", [SHEET, STRINGS])
def test_entities_are_never_expanded(member: str) -> None:
    """A workbook needs none; one that declares some reads nothing from elsewhere and does not grow."""
    content = shared_workbook()
    tricked = rewritten(content, member, lambda xml: xml.replace(b"?>", b"?>" + ENTITIES, 1))
    tricked = rewritten(tricked, STRINGS, lambda xml: xml.replace("张三".encode(), b"&c;&b;", 1))
    assert tricked != content
    for reading in readings(tricked):
        said = repr([getattr(reading, name) for name in ("payload", "text", "title") if hasattr(reading, name)])
        assert "root:" not in said
        assert "aaaaaaaaaa" not in said


@pytest.mark.no_cover
def test_a_cell_in_the_last_corner_costs_little() -> None:
    """Excel's last cell spans seventeen billion: only the table's own columns are read."""
    cell = b'<c r="XFD1048576" t="inlineStr"><is><t>x</t></is></c>'
    content = rewritten(
        workbook([HEADINGS, ROW]),
        SHEET,
        lambda xml: xml.replace(b"</sheetData>", b'<row r="1048576">' + cell + b"</row></sheetData>"),
    )
    assert [type(reading) for reading in readings(content)] == [Draft]


def test_more_columns_than_a_register_has_are_refused() -> None:
    """A heading row of a thousand cells is an accident."""
    row = [*HEADINGS, *[f"列{number}" for number in range(1_000)]]
    assert only_refusal(workbook([row, ROW])).reason is RejectionReason.BOMB
    assert only_refusal(text_table([row, ROW]), "t.csv").reason is RejectionReason.BOMB


def test_two_equal_headings_are_refused_clearly() -> None:
    """Which one is meant only its people know."""
    refusal = only_refusal(workbook([(*HEADINGS, "诉求内容"), (*ROW, "另一段")]))
    assert refusal.reason is RejectionReason.HEADINGS
    assert "诉求内容" in refusal.message


def test_a_sheet_without_a_heading_of_the_text_says_what_it_looks_for() -> None:
    """The message names headings that would do, and the way by a mapping file."""
    refusal = only_refusal(workbook([("编号", "来电时间", "事情"), ("1", "2024-05-06", "路灯")]))
    assert refusal.reason is RejectionReason.HEADINGS
    assert "工单内容" in refusal.message
    assert "mapping file" in refusal.message


@pytest.mark.parametrize(("encoding", "other"), [("utf-8", "gb18030"), ("gb18030", "utf-8"), ("utf-8-sig", "gb18030")])
def test_rows_in_another_encoding_are_read_in_that(encoding: str, other: str) -> None:
    """Two exports put together by hand: each row is as it was sent."""
    rows = [text_table([HEADINGS, ROW], encoding), text_table([ROW], other), text_table([ROW] * 5, encoding)]
    assert [draft.text for draft in drafts(b"".join(rows), "t.csv")] == [ROW[4]] * 7


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_wrong_bytes_refuse_their_row_alone(encoding: str) -> None:
    """Bytes that are right in no encoding: the rows around them go in."""
    wrong = text_table([ROW], encoding).replace(",张".encode(encoding), b",\xff\xfe\xfa")
    rows = [text_table([HEADINGS, ROW], encoding), wrong, text_table([ROW] * 5, encoding)]
    found = readings(b"".join(rows), "t.csv")
    (refusal,) = refusals(list(found))
    assert (refusal.reason, refusal.position, len(found)) == (RejectionReason.ENCODING, "t.csv row 3", 7)


@pytest.mark.parametrize("cut", [b"\x00", b"\x00\xd8"])
def test_half_a_character_of_utf16_refuses_its_row(cut: bytes) -> None:
    """A file cut off within a character, and half of one: none is patched."""
    found = readings(b"\xff\xfe" + text_table([HEADINGS, ROW, ROW], "utf-16-le")[:-8] + cut, "t.csv")
    assert [type(one) for one in found] == [Draft, Refusal]


def test_a_nul_refuses_its_row_alone() -> None:
    """PostgreSQL stores none."""
    refusal = only_refusal(text_table([HEADINGS, (*ROW[:4], "a\0b"), ROW]), "t.csv")
    assert (refusal.reason, refusal.position) == (RejectionReason.BAD_CHARACTER, "t.csv row 2")


def test_a_text_that_is_too_long_refuses_its_row_alone() -> None:
    """It is told how long it is and is not kept where it is too large."""
    rows = [HEADINGS, (*ROW[:4], "长" * 400_000), ROW]
    refusal = only_refusal(text_table(rows), "t.csv")
    assert (refusal.reason, refusal.payload) == (RejectionReason.TOO_LARGE, b"")
    assert "400000" in refusal.message


def test_an_open_quotation_mark_does_not_swallow_the_rest() -> None:
    """Given up after a million characters, the reading goes on behind."""
    tail = text_table([ROW] * 30_000)
    found = readings(text_table([HEADINGS, ROW]) + b'2,"never closed\n' + tail, "t.csv")
    (refusal,) = refusals(list(found))
    assert refusal.reason is RejectionReason.UNREADABLE
    assert len(found) > 10_000


def test_a_line_without_end_is_not_held() -> None:
    """Eight megabytes without a line's end are no table."""
    found = readings(text_table([HEADINGS, ROW]) + b"x" * 20_000_000, "t.csv")
    assert found[-1:] == refusals(list(found))
    assert refusals(list(found))[0].reason is RejectionReason.TOO_LARGE


def test_a_comma_in_a_text_without_quotation_marks_is_told() -> None:
    """The cells behind it would stand under the wrong headings."""
    refusal = only_refusal(text_table([HEADINGS, ROW]) + b"2,2024-05-06,a,13812341234,one,two\n", "t.csv")
    assert (refusal.reason, refusal.position) == (RejectionReason.BAD_VALUE, "t.csv row 3")


def test_a_number_that_lost_its_digits_is_told() -> None:
    """A spreadsheet keeps fifteen digits: the rest of an identity number is gone."""
    rows = [(*HEADINGS, "身份证号"), (*ROW, 4.30102199001011e17)]
    assert only_refusal(workbook(rows)).reason is RejectionReason.BAD_VALUE
    assert only_refusal(text_table([rows[0], (*ROW, "4.30102E+17")]), "t.csv").reason is RejectionReason.BAD_VALUE


def test_a_spreadsheets_error_is_told() -> None:
    """#REF! is no text."""
    assert only_refusal(workbook([HEADINGS, (*ROW[:4], "#REF!")])).reason is RejectionReason.BAD_VALUE


def test_a_form_that_is_not_known_is_told() -> None:
    """The message names the forms that are."""
    refusal = only_refusal(b"x", "t.exe")
    assert refusal.reason is RejectionReason.UNKNOWN_FORM
    assert "hotline sheet" in refusal.message


def test_a_file_that_is_gone_is_told() -> None:
    """Between listing and reading a folder changes."""
    (refusal,) = read(Channel.WEB, Resource.from_path(HERE / "gone.xlsx"), OPTIONS)
    assert isinstance(refusal, Refusal)
    assert refusal.reason is RejectionReason.UNREADABLE


def test_no_message_quotes_what_stands_in_a_cell() -> None:
    """Messages are listed and logged; names and numbers are sealed."""
    rows = [HEADINGS, ("S1", "坏日期", "秘密人", "13900000000", "秘密"), ("S2", "2024-05-06", "秘密人", "1", None)]
    for refusal in refusals(list(readings(workbook(rows)))):
        assert "秘密" not in refusal.message
        assert "坏日期" not in refusal.message


@given(
    st.binary(max_size=2_000),
    st.sampled_from(["t.xlsx", "t.xls", "t.csv", "t.json", "t.jsonl"]),
    st.sampled_from(Channel),
)
def test_no_bytes_make_reading_raise(content: bytes, name: str, channel: Channel) -> None:
    """Whatever a file holds becomes readings."""
    for reading in readings(content, name, channel):
        assert isinstance(reading, Draft | Refusal)


GOOD = workbook([HEADINGS, ROW, ROW])


@given(st.data())
def test_no_damage_to_a_workbook_makes_reading_raise(data: st.DataObject) -> None:
    """Bytes changed anywhere in a good workbook."""
    content = bytearray(GOOD)
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    for reading in readings(bytes(content)):
        assert len(reading.payload) <= MAX_KEPT
