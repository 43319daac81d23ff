"""Letters as files, one each: which form a letter takes, and its words with the closing lines people put below."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from casegraph.demo.mails import Enclosure, Mail, mail_bytes
from casegraph.demo.papers import OPENXML, docx, pdf

if TYPE_CHECKING:
    from pathlib import Path

    from casegraph.demo.stories import Story

ZONE: Final = ZoneInfo("Asia/Shanghai")
SUFFIXES: Final = {".eml": 58, ".docx": 17, ".txt": 15, ".pdf": 10}
"""How many of a hundred letter files have which form."""
CHARSETS: Final = {"utf-8": 40, "gb18030": 30, "gb2312": 30}
WITH_DOCX: Final = 8
WITH_PDF: Final = 6
FORWARDED: Final = 10
HTML: Final = 30
HTML_ONLY: Final = 8
"""Of a hundred mails."""


def write_letter(folder: Path, story: Story) -> Path:
    """Write a letter as a file of its own, dated as it came, and return where."""
    suffix = _drawn(story, 20, SUFFIXES)
    path = folder / f"来信_{story.at:%Y%m%d}_{story.number:06d}{suffix}"
    path.write_bytes(_content(story, suffix))
    stamp = story.at.replace(tzinfo=ZONE).timestamp()
    os.utime(path, (stamp, stamp))
    return path


def paragraphs(story: Story) -> list[str]:
    """Return a letter's words: title, text, and who wrote it."""
    return [story.title, *_body(story)]


def _content(story: Story, suffix: str) -> bytes:
    match suffix:
        case ".docx":
            return docx(paragraphs(story))
        case ".pdf":
            return pdf(paragraphs(story))
        case ".txt":
            text = "\r\n".join(paragraphs(story))
            return text.encode("utf-8" if story.thrown(21) < 50 else "gb18030")
        case _:
            return mail_bytes(_mail(story))


def _body(story: Story) -> list[str]:
    person = story.person
    lines = [*story.text.split("\n"), f"姓名：{'、'.join(each.name for each in story.people)}"]
    if story.thrown(22) < 90:
        lines.append(f"电话：{person.phone}")
    if story.thrown(23) < 60:
        lines.append(f"身份证号：{person.identity_number}")
    lines.append(f"住址：{person.address}")
    lines.append(f"日期：{story.at.year}年{story.at.month}月{story.at.day}日")
    return lines


def _mail(story: Story) -> Mail:
    text = "\n".join(_body(story))
    html = story.thrown(24) < HTML
    return Mail(
        number=story.number,
        sender=story.person.name,
        address=f"{story.person.key.lower()}@mail.example",
        at=story.at.replace(tzinfo=ZONE),
        subject=story.title,
        text=text,
        charset=_charset(story, text),
        html=html,
        plain=not (html and story.thrown(25) < HTML_ONLY * 100 // HTML),
        enclosures=_enclosures(story),
        forwarded=story.thrown(26) < FORWARDED,
    )


def _charset(story: Story, text: str) -> str:
    """Return the mail's encoding; GB2312 lacks some characters, then it is what contains it."""
    charset = _drawn(story, 27, CHARSETS)
    try:
        f"{story.title}{text}".encode(charset)
    except UnicodeEncodeError:
        return "gb18030"
    return charset


def _enclosures(story: Story) -> tuple[Enclosure, ...]:
    thrown = story.thrown(28)
    papers = [f"关于“{story.title}”的情况说明", story.text[:400], f"联系人：{story.person.name}"]
    if thrown < WITH_DOCX:
        return (Enclosure(name="情况说明.docx", media_type=OPENXML, content=docx(papers)),)
    if thrown < WITH_DOCX + WITH_PDF:
        return (Enclosure(name="情况说明.pdf", media_type="application/pdf", content=pdf(papers)),)
    return ()


def _drawn(story: Story, die: int, shares: dict[str, int]) -> str:
    """Return the key whose share of a hundred was thrown."""
    thrown = story.thrown(die)
    for key, share in shares.items():
        if thrown < share:
            return key
        thrown -= share
    return next(iter(shares))
