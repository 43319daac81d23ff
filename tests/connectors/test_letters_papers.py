"""Letters as text, Word documents and PDFs: their words, their titles, their days."""

from __future__ import annotations

import io
import os
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader, PdfWriter
from pypdf.annotations import FreeText
from pypdf.generic import NameObject, TextStringObject
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.pdfmetrics import registerFont
from reportlab.pdfgen.canvas import Canvas

from connectors.connector import Resource
from connectors.letters.pdf_fields import filled_in
from connectors.registry import read
from graph.records import MAX_KEPT, Channel, Draft, RejectionReason
from graph.text import ideographs
from tests.connectors.factory import OPTIONS, instant
from tests.connectors.letterbox import (
    TEXT,
    document,
    draft,
    drawn_pdf,
    locked,
    names,
    pdf,
    people,
    refusal,
)

if TYPE_CHECKING:
    from pathlib import Path


pytestmark = pytest.mark.usefixtures("without_recogniser")

LINES = ("关于油烟扰民的反映", *TEXT.split("\n"), "姓名：张三", "电话：13812341234", "日期：2024年5月6日")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030", "gb2312"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_text_file_is_a_letter(encoding: str, end: str) -> None:
    """In each encoding and with each kind of line end."""
    content = end.join(LINES).encode(encoding)
    found = draft(content, "a.txt")
    assert (found.title, found.text) == (LINES[0], TEXT)
    assert (names(found), found.received_at) == (["张三"], instant("2024-05-06 00:00:00"))
    assert (found.external_id, found.payload, found.position) == (None, content, "a.txt")


@pytest.mark.parametrize(("name", "content"), [("a.docx", document(*LINES)), ("a.pdf", pdf(LINES))])
def test_word_and_pdf_say_the_same(name: str, content: bytes) -> None:
    """The same letter in another form."""
    found = draft(content, name)
    assert (found.title, found.text, names(found)) == (LINES[0], TEXT, ["张三"])
    assert found.received_at == instant("2024-05-06 00:00:00")
    assert found.payload == content


@pytest.mark.parametrize(
    ("lines", "title"),
    [
        (("关于油烟扰民的反映", "烧烤店夜里还在营业。"), "关于油烟扰民的反映"),
        (("标题：油烟扰民", "烧烤店夜里还在营业。"), "油烟扰民"),
        (("尊敬的领导：", "烧烤店夜里还在营业，请管管。谢谢！"), "烧烤店夜里还在营业，请管管"),
        (("您好！", "烧烤店夜里还在营业。"), "烧烤店夜里还在营业"),
        (("烧烤店夜里还在营业。", "请派人来看。"), "烧烤店夜里还在营业"),
    ],
)
def test_a_title_is_found(lines: tuple[str, ...], title: str) -> None:
    """A first line of its own, a labelled line, else the first sentence after the salutation."""
    assert draft("\n".join(lines).encode(), "a.txt").title == title


@pytest.mark.parametrize(
    ("line", "moment"),
    [
        ("日期：2024-05-06", "2024-05-06 00:00:00"),
        ("落款时间：2024年5月6日", "2024-05-06 00:00:00"),
        ("二〇二四年十月二十五日", "2024-10-25 00:00:00"),
        ("二零二四年一月十日", "2024-01-10 00:00:00"),
        ("2024 年 5 月 6 日", "2024-05-06 00:00:00"),
        ("收信日期：2024-05-08 09:10:11\n日期：2024-05-06", "2024-05-08 09:10:11"),
    ],
)
def test_a_letter_tells_its_day(line: str, moment: str) -> None:
    """In figures or in characters; the day of receipt counts before the day of writing."""
    assert draft(f"{TEXT}\n{line}".encode(), "a.txt").received_at == instant(moment)


def test_a_letter_without_a_day_came_when_its_file_was_made(tmp_path: Path) -> None:
    """Nothing else is known."""
    path = tmp_path / "a.txt"
    path.write_text(TEXT, encoding="utf-8")
    moment = datetime(2024, 5, 7, 1, 2, 3, tzinfo=UTC)
    os.utime(path, (moment.timestamp(), moment.timestamp()))
    (found,) = read(Channel.LETTER, Resource.from_path(path), OPTIONS)
    assert isinstance(found, Draft)
    assert found.received_at == moment


def test_the_postmark_is_kept() -> None:
    """It differs from the day of receipt."""
    details = draft(f"{TEXT}\n邮戳日期：2024-05-07\n日期：2024-05-06".encode(), "a.txt").details
    assert str(getattr(details, "postmarked_on", None)) == "2024-05-07"


def test_a_word_documents_table_is_read() -> None:
    """A form of labels beside values, and a list of those who sign."""
    form = [("姓名", "张三", "电话", "13812341234"), ("住址", "红星小区3栋", "性别", "男")]
    found = draft(document(TEXT, rows=form), "a.docx")
    (writer,) = people(found)
    assert (writer.name, writer.phone, writer.address) == ("张三", "13812341234", "红星小区3栋")
    listed = [("序号", "姓名", "电话"), ("1", "张三", "13812341234"), ("2", "李四", "")]
    assert [(one.name, one.phone) for one in people(draft(document(TEXT, rows=listed), "a.docx"))] == [
        ("张三", "13812341234"),
        ("李四", None),
    ]


def test_a_pdfs_lines_are_joined_and_its_page_numbers_left_out() -> None:
    """The paper's edge parts sentences where nobody ends one."""
    long = "烧烤店夜里还在营业油烟很大多次反映没有结果请派人来看看。" * 6
    lines = [long[start : start + 30] for start in range(0, len(long), 30)]
    found = draft(pdf([*lines[:3], "- 1 -"], [*lines[3:], "姓名：张三", "第 2 页 共 2 页"]), "a.pdf")
    assert found.text == long
    assert names(found) == ["张三"]


def test_a_pdf_that_only_its_owner_may_change_is_read() -> None:
    """Its password is for printing and copying; anybody opens it."""
    content = locked(pdf(LINES), user="", owner="owner")
    assert draft(content, "a.pdf").text == TEXT


def test_a_large_letter_is_kept_as_a_document() -> None:
    """Its payload is its digest then: pictures do not belong into a row."""
    content = document(*LINES) + b""
    big = content[:-22] + content[-22:-2] + (60_000).to_bytes(2, "little") + b"\0" * 60_000
    assert draft(big, "a.docx").documents == ()
    picture = TEXT.encode() + b"\n" * (MAX_KEPT + 1)
    found = draft(picture, "folder/a.txt")
    (kept,) = found.documents
    assert (kept.name, kept.content, kept.text) == ("a.txt", picture, "")
    assert len(found.payload) < 200


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=60), max_size=12))
def test_any_text_is_a_letter_or_refused(lines: list[str]) -> None:
    """Nothing is raised whatever the lines say."""
    found = list(read(Channel.LETTER, Resource.from_bytes("a.txt", "\n".join(lines).encode()), OPTIONS))
    assert len(found) == 1


def test_radicals_in_a_pdf_are_read_as_the_ideographs_they_look_like() -> None:
    """Fonts draw both alike, and a PDF may name either: words are found, and the day at the foot is seen."""
    lines = ["关于路灯损坏的反映", "阳光⼩区北⻔的路灯坏了半个⽉，晚上出⻔很不⽅便，请派⼈来修理。", "2021年3⽉5⽇"]
    found = draft(drawn_pdf(*([("PingFang", line)] for line in lines)), "a.pdf")
    assert found.text == "阳光小区北门的路灯坏了半个月，晚上出门很不方便，请派人来修理。"
    assert found.received_at.isoformat() == "2021-03-04T16:00:00+00:00"


RADICALS = [line.split("\t") for line in ideographs.TABLE.read_text(encoding="utf-8").splitlines()]


@given(st.lists(st.sampled_from(RADICALS), min_size=1, max_size=20))
def test_each_radical_becomes_its_ideograph_in_every_form(pairs: list[list[str]]) -> None:
    """In a PDF as in a text that was pasted from one, and in titles as in texts."""
    written, meant = ("".join(signs) for signs in zip(*pairs, strict=True))
    lines = [f"关于{written}的反映", f"我们小区的{written}坏了，请派人来修理。"]
    for name, content in (
        ("a.pdf", drawn_pdf(*([("F", line)] for line in lines))),
        ("a.txt", "\n".join(lines).encode()),
    ):
        found = draft(content, name)
        assert (found.title, found.text) == (f"关于{meant}的反映", f"我们小区的{meant}坏了，请派人来修理。")


@pytest.mark.parametrize(
    ("font", "written", "read"),
    [
        ("FangSong", "\uf0b7", "·"), ("ABCDEF+SymbolMT", "\uf0b7", "·"), ("Wingdings-Regular", "\uf0a8", "☐"),
        ("ABCDEF+Wingdings", "þ", "☑"), ("Wingdings2", "\uf052", "☑"), ("FangSong", "\uf0fe", "☑"),
        ("Wingdings-Regular", "\uf0e0", "→"), ("SymbolMT", "α", "α"), ("F", "ﬁ", "fi"), ("F", "︵", "（"),
        ("F", "豈", "豈"), ("F", "（１２３，Ａ）", "（１２３，Ａ）"), ("F", "①㎡№", "①㎡№"), ("F", "\ue123", "\ue123"),
    ],
)  # fmt: skip
def test_a_pdfs_signs_are_what_its_fonts_draw(font: str, written: str, read: str) -> None:
    """Bullets, boxes and arrows by their fonts; what people type in full width stays, and a rare name's own sign."""
    said = "请派人来修理我们小区的路灯，谢谢。"
    found = draft(drawn_pdf([("Song", "关于路灯的反映")], [(font, written), ("Song", said)]), "a.pdf")
    assert found.text == f"{read}{said}"


def test_each_item_of_a_list_stays_a_line() -> None:
    """A line that is full goes on in the next, but not with the sign of a list."""
    lines = [[("Symbol", "\uf0b7"), ("Song", "一二三四五六七八九十甲乙丙丁戊己庚辛壬癸的")]] * 3
    found = draft(drawn_pdf([("Song", "关于路灯的反映")], *lines), "a.pdf")
    assert found.text.split("\n") == ["·一二三四五六七八九十甲乙丙丁戊己庚辛壬癸的"] * 3


def test_a_pdf_of_private_characters_is_refused() -> None:
    """Its fonts do not say which characters they draw: nothing is guessed."""
    found = refusal(drawn_pdf([("F", "关于路灯的反映"), ("F", "\ue123\ue124\ue125\ue126\ue127")]), "a.pdf")
    assert found.reason is RejectionReason.ENCODING


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be", "ascii"])
@pytest.mark.parametrize("end", ["\x1a", "\r\n\x1a", "\x1a\x1a\x1a\x1a", "\x1a\r\n"])
def test_the_mark_that_ends_a_text_is_not_of_it(encoding: str, end: str) -> None:
    """DOS ends a text by it, and fills the last block with more; an ideograph whose byte it is stays."""
    text = "street lamp\r\nPlease repair it" if encoding == "ascii" else "路灯坏了\r\n请派人来修，影响作业"
    found = draft(f"{text}{end}".encode(encoding), "a.txt")
    assert f"{found.title}\r\n{found.text}" == text
    if "utf-16" in encoding:  # 业 is written as 4E 1A
        assert draft(text.encode(encoding), "a.txt").text.endswith("业")


def test_the_mark_within_a_text_is_refused() -> None:
    """What stands behind it is no rest of a block: the file is none of text, or two in one."""
    assert refusal("路灯坏了\x1a请派人来修".encode("gb18030"), "a.txt").reason is RejectionReason.ENCODING


def test_a_pdfs_form_says_what_was_filled_in() -> None:
    """The values of its fields, its ticked boxes, and what was typed onto the page: none is in the text layer."""
    registerFont(UnicodeCIDFont("STSong-Light"))
    stream = io.BytesIO()
    canvas = Canvas(stream, invariant=1)
    canvas.setFont("STSong-Light", 12)
    canvas.drawString(72, 760, "信访登记表")
    canvas.acroForm.textfield(name="姓名", value="x", x=72, y=700)
    canvas.acroForm.textfield(name="Text2", value="x", x=72, y=670)
    canvas.acroForm.textfield(name="Text3", value="", x=72, y=640)
    canvas.acroForm.checkbox(name="要求回复", checked=True, x=72, y=610)
    canvas.acroForm.checkbox(name="匿名", checked=False, x=72, y=580)
    canvas.save()
    writer = PdfWriter(clone_from=PdfReader(stream))
    filled = {"姓名": "张三", "Text2": "北门的路灯坏了半个月，请派人来修理。"}
    for held in writer.pages[0]["/Annots"]:  # type: ignore[attr-defined]
        field = held.get_object()
        if field.get("/T") in filled:
            field[NameObject("/V")] = TextStringObject(filled[field["/T"]])
    writer.add_annotation(0, FreeText(text="2021年3月5日", rect=(72, 100, 300, 120)))
    written = io.BytesIO()
    writer.write(written)
    found = draft(written.getvalue(), "a.pdf")
    assert found.title == "信访登记表"
    assert "北门的路灯坏了半个月，请派人来修理。" in found.text
    assert "☑要求回复" in found.text
    assert "匿名" not in found.text
    assert names(found) == ["张三"]
    assert found.received_at.isoformat() == "2021-03-04T16:00:00+00:00"


def test_a_form_whose_fields_stand_in_each_other_is_read() -> None:
    """However a hostile file nests them."""
    widget: dict[str, Any] = {"/Subtype": "/Widget", "/FT": "/Tx"}
    held = SimpleNamespace(get_object=lambda: widget)
    widget["/Parent"] = held
    assert list(filled_in({"/Annots": [held, held]})) == [""]
