"""Letters as text, Word documents and PDFs: their words, their titles, their days."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.connector import Resource
from connectors.registry import read
from graph.records import MAX_KEPT, Channel, Draft
from tests.connectors.factory import OPTIONS, instant
from tests.connectors.letterbox import TEXT, document, draft, locked, names, pdf, people

if TYPE_CHECKING:
    from pathlib import Path

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
