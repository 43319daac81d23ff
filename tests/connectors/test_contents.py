"""A table is read as what it is, whatever its name says: systems save one form under the name of another."""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from connectors.connector import Limits, ReadOptions, Resource
from connectors.pagetables import tables_of
from connectors.push import read_push
from connectors.registry import read
from connectors.sheets import open_sheets
from graph.records import Channel, Draft, Refusal, RejectionReason
from tests.connectors.factory import (
    HEADINGS,
    OPTIONS,
    ROW,
    ZONE,
    Rows,
    drafts,
    instant,
    only_refusal,
    readings,
    text_table,
    workbook,
)
from tests.connectors.test_hostile_tables import rewritten
from tests.connectors.test_tables import OLD_WORKBOOK

NAMES = ["t.xlsx", "t.xls", "t.xlsm", "t.et", "t.csv", "t.tsv"]


def page(rows: Rows, before: str = "") -> str:
    """Return a web page with a table of these rows."""
    cells = ["".join(f"<td>{cell}</td>" for cell in row) for row in rows]
    lines = "".join(f"<tr>{those}</tr>\n" for those in cells)
    return f'<html><head><meta charset="utf-8"></head><body>{before}<table border=1>{lines}</table></body></html>'


def spreadsheet_xml(rows: Rows) -> str:
    """Return a workbook of 2003 as XML, as the exports of many systems are."""
    cells = ["".join(f'<Cell><Data ss:Type="String">{cell}</Data></Cell>' for cell in row) for row in rows]
    lines = "".join(f"<Row>{those}</Row>" for those in cells)
    return (
        '<?xml version="1.0" encoding="UTF-8"?><?mso-application progid="Excel.Sheet"?>'
        '<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" '
        'xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet">'
        f'<Worksheet ss:Name="工单"><Table>{lines}</Table></Worksheet></Workbook>'
    )


SENT = {
    "workbook": workbook([HEADINGS, ROW]),
    "comma": text_table([HEADINGS, ROW]),
    "tabs": text_table([HEADINGS, ROW], "gb18030", "\t"),
    "wide": "\ufeff".encode("utf-16-le") + text_table([HEADINGS, ROW], "utf-16-le", "\t"),
    "page": page([HEADINGS, ROW]).encode(),
    "page in gb2312": page([HEADINGS, ROW]).replace("utf-8", "gb2312").encode("gb18030"),
    "bare table": page([HEADINGS, ROW]).partition("<body>")[2].encode(),
    "xml": spreadsheet_xml([HEADINGS, ROW]).encode(),
}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("form", SENT)
def test_a_wrong_ending_does_not_matter(form: str, name: str, tmp_path: Path) -> None:
    """Neither of a file nor of bytes that came by another way, as a rejection that is tried again."""
    path = tmp_path / name
    path.write_bytes(SENT[form])
    for resource in (Resource.from_path(path), Resource.from_bytes(name, SENT[form])):
        (draft,) = read(Channel.HOTLINE, resource, OPTIONS)
        assert isinstance(draft, Draft)
        assert (draft.external_id, draft.text) == (ROW[0], ROW[4])
        assert (draft.mentions[0].phone, draft.position) == (ROW[3], f"{name} row 2")


@pytest.mark.parametrize("name", ["t.xls", "t.xlsx", "t.csv"])
def test_an_old_workbook_is_read_under_any_name(name: str) -> None:
    """The library believes the name of a file."""
    assert [type(one) for one in readings(OLD_WORKBOOK, name)] == [Draft, Draft, Refusal]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"%PDF-1.7\n", "no table"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "no table"),
        (b"\x09\x08\x08\x00\x00\x05\x10\x00" + b"\0" * 50, "before 1997"),
        (b"MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=x\r\n\r\n", "in one file"),
        (b"<html><frameset rows='39'><frame src='x.files/sheet001.htm'></frameset></html>", "no table in this"),
    ],
)
@pytest.mark.parametrize("name", NAMES)
def test_what_is_no_table_says_what_to_do(content: bytes, says: str, name: str) -> None:
    """A picture, a document, a page whose sheets lie beside it, a workbook older than any that is read."""
    refusal = only_refusal(content, name)
    assert says in refusal.message
    assert ".xlsx" in refusal.message
    assert refusal.payload == content


def test_a_page_has_its_title_in_another_table() -> None:
    """And its edges in more: the tables that have headings are read."""
    before = "<table><tr><td>2024年5月热线工单登记表</td></tr></table>"
    (draft,) = drafts(page([HEADINGS, ROW], before).encode(), "t.xls")
    assert draft.position == "t.xls table 2 row 2"


def test_cells_of_a_page_span_columns_and_rows() -> None:
    """As merged cells of a workbook: the first holds what stands there."""
    table = (
        "<table><tr><td colspan=5>来电登记表</td></tr>"
        "<tr><th rowspan=2>工单编号<th colspan='2'>来电人<th rowspan=2>来电时间<th rowspan=2>诉求内容</tr>"
        "<tr><th>姓名<th>电话</tr>"
        '<tr><td>="001"<td>张三<td x:num="13812341234">1.38E+10<td>2021-3-5<td>路灯坏了，<br>&nbsp;请派人来。</table>'
    )
    (draft,) = drafts(table.encode(), "t.xls")
    assert draft.external_id == "001"
    assert (draft.mentions[0].name, draft.mentions[0].phone) == ("张三", "13812341234")
    assert draft.text.replace(" ", "") == "路灯坏了，\n\xa0请派人来。"


def test_a_workbook_as_xml_says_where_its_cells_stand() -> None:
    """Blank ones are left out, merged ones counted; what is computed is not read, what is hidden is no sheet."""
    places = zip((1, 3, 5), HEADINGS[::2], strict=True)
    cells = "".join(f'<Cell ss:Index="{at}"><Data>{name}</Data></Cell>' for at, name in places)
    wrong = "<Row><Cell><Data>1</Data></Cell></Row>"
    text = spreadsheet_xml([]).replace(
        "<Table></Table></Worksheet>",
        f'<Table><Row>{cells}</Row><Row ss:Index="4"><Cell><Data>7</Data></Cell>'
        '<Cell ss:Index="5" ss:Formula="=A1"><Data>甲</Data></Cell></Row></Table></Worksheet>'
        f"<Worksheet><Table>{wrong}</Table><WorksheetOptions><Visible>SheetHidden</Visible></WorksheetOptions></Worksheet>",
    )
    assert [len(rows) for rows in tables_of(Resource.from_bytes("t.xls", text.encode()), Limits())] == [4]
    text = text.replace("来电人", "来电时间").replace(
        '<Cell ss:Index="5" ss:F', "<Cell ss:Index='3'><Data>2021-3-5</Data></Cell><Cell ss:Index='5' ss:F"
    )
    refusal = only_refusal(text.encode(), "t.xls")
    assert (refusal.reason, refusal.position) == (RejectionReason.FORMULA, "t.xls row 4")


TAGS = st.lists(
    st.sampled_from(
        [
            *("<table>", "</table>", "<tr>", "</tr>", "<td>", "<td colspan=9999999>", "<td rowspan=3>", "<td a='"),
            *(
                "<Cell ss:Index='400'>",
                "<!--",
                "-->",
                "<![CDATA[",
                "]]>",
                "<script>",
                "</script>",
                "<",
                "&lt;",
                "&#x0;",
            ),
            *("x", '"', "来电时间"),
        ]
    ),
    max_size=40,
)


@given(TAGS, st.sampled_from(NAMES))
def test_no_page_makes_reading_raise(tags: list[str], name: str) -> None:
    """Tags in any order, open and never closed."""
    for reading in readings(("<html>" + "".join(tags)).encode(), name):
        assert isinstance(reading, Draft | Refusal)


@pytest.mark.parametrize(
    "piece",
    [
        "<td ",
        "a=",
        '<td a="',
        "<!--",
        "<![CDATA[",
        "<table>",
        "<td rowspan=9>",
        "<tr><td colspan=9>",
        "<td a a=1 ",
        "&#60;",
    ],
)
def test_a_page_is_read_in_time_that_grows_with_it_alone(piece: str) -> None:
    """Half a million characters of what a pattern could try again and again."""
    text = f"<table><tr><td {piece * (500_000 // len(piece))}"
    for reading in readings(text.encode(), "t.xls"):
        assert isinstance(reading, Refusal)


def test_a_page_that_is_too_large_is_told() -> None:
    """It is held in memory."""
    options = ReadOptions(source="test", zone=ZONE, limits=Limits(letter=100))
    assert only_refusal(SENT["page"], "t.xls", options=options).reason is RejectionReason.TOO_LARGE
    assert only_refusal(OLD_WORKBOOK, "t.xls", options=options).reason is RejectionReason.TOO_LARGE


def panicking() -> bytes:
    """Return an .xls whose sheet is said to begin far behind its end, at which the library in Rust panics."""
    content = bytearray(OLD_WORKBOOK)
    struct.pack_into("<I", content, content.find(b"\x85\x00\x09\x00") + 4, 0x7F000001)
    return bytes(content)


def test_a_panic_of_the_library_is_a_refusal_that_keeps_the_file(capfd: pytest.CaptureFixture[str]) -> None:
    """No trace of it is shown, and it can be tried again when the library is mended."""
    refusal = only_refusal(panicking(), "t.xls")
    assert (refusal.reason, refusal.payload) == (RejectionReason.UNREADABLE, panicking())
    assert "save it anew" in refusal.message
    assert "stack backtrace" not in capfd.readouterr().err


@pytest.mark.parametrize("at", [44, 64, 72])
def test_a_container_that_declares_more_than_it_has_is_not_opened(at: int) -> None:
    """The library would make room for it, and end the process where there is none."""
    content = bytearray(OLD_WORKBOOK)
    struct.pack_into("<I", content, at, 0xC8000000)
    refusal = only_refusal(bytes(content), "t.xls")
    assert (refusal.reason, refusal.payload) == (RejectionReason.UNREADABLE, bytes(content))


def since_1904(when: float, number_format: str, identifier: bytes | None = None, text: str = ROW[4]) -> bytes:
    """Return a workbook that counts its days from 1904 on, as those of Macintosh do, with one date in this format."""
    book = openpyxl.Workbook()
    book.epoch = CALENDAR_MAC_1904
    sheet = book.worksheets[0]
    sheet.append(HEADINGS)
    sheet.append(ROW)
    sheet["B2"], sheet["E2"] = when, text
    sheet["B2"].number_format = number_format
    stream = io.BytesIO()
    book.save(stream)
    if identifier is None:
        return stream.getvalue()
    # The formats of the language are known by their number alone.
    return rewritten(
        stream.getvalue(),
        "xl/styles.xml",
        lambda xml: xml.replace(b'numFmtId="164" f', b'numFmtId="%s" f' % identifier),
    )


MARCH = 42798.375
"""9:00 on 5 March 2021, in days since 1904."""


@pytest.mark.parametrize(
    "number_format",
    [
        'yyyy"年"m"月"d"日"',
        '[$-804]yyyy"年"m"月"d"日";@',
        "[DBNum1][$-804]yyyy年m月d日",
        "[$-804]aaaa;@",
        "General",
        "0",
    ],
)
def test_days_since_1904_are_read(number_format: str) -> None:
    """Whether the library sees a day in the format or a number."""
    (draft,) = drafts(since_1904(MARCH, number_format))
    assert draft.received_at == instant("2021-03-05 09:00")


@pytest.mark.parametrize("identifier", [b"27", b"31", b"57", b"58"])
def test_days_since_1904_in_a_format_of_the_language_are_read(identifier: bytes) -> None:
    """Chinese programs leave out what 31 means; four years and a day earlier was read."""
    content = since_1904(MARCH, 'yyyy"年"m"月"d"日"', identifier)
    assert b'numFmtId="%s"' % identifier in styles_of(content)
    assert drafts(content)[0].received_at == instant("2021-03-05 09:00")


def styles_of(content: bytes) -> bytes:
    """Return the styles of a workbook."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return archive.read("xl/styles.xml")


def test_a_refused_row_of_1904_means_the_same_when_it_is_read_again() -> None:
    """What is kept of it does not know its workbook."""
    refusal = only_refusal(since_1904(MARCH, "General", text="-"))
    assert refusal.reason is RejectionReason.MISSING_FIELD
    whole = refusal.payload.replace(b'"-"', b'"x"')
    (draft,) = read_push(Channel.HOTLINE, whole, OPTIONS)
    assert isinstance(draft, Draft)
    assert draft.received_at == instant("2021-03-05 09:00")


def test_an_old_workbook_says_since_when_it_counts() -> None:
    """In a record of its own, which the library keeps to itself."""
    content = bytearray(OLD_WORKBOOK)
    for mode in (0, 1):
        content[content.find(b"\x22\x00\x02\x00") + 4] = mode
        with open_sheets(Resource.from_bytes("t.xls", bytes(content)), Limits()) as (sheet, *_):
            assert sheet.since_1904 == bool(mode)
