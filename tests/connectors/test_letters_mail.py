"""Letters as mail: in every encoding, as HTML, with enclosures, passed on by others."""

from __future__ import annotations

from datetime import UTC, datetime
from email.header import Header
from email.mime.message import MIMEMessage
from typing import TYPE_CHECKING, Final

import pytest

from graph.records import Channel, Draft, LetterDetails, Refusal
from tests.connectors.factory import instant, readings
from tests.connectors.letterbox import (
    TEXT,
    attachment,
    document,
    draft,
    forwarded,
    mail,
    mixed,
    names,
    pdf,
    people,
    text_part,
)

if TYPE_CHECKING:
    from email.mime.base import MIMEBase

SIGNED: Final = f"{TEXT}\n姓名：张三\n电话：13812341234"
AT: Final = instant("2024-05-06 07:08:09")
CHARSETS: Final = ["utf-8", "gb18030", "gbk", "gb2312"]


def html(text: str) -> str:
    """Return a page of paragraphs."""
    lines = "".join(f"<p>{line}</p>" for line in text.split("\n"))
    return f"<html><head><style>p {{}}</style></head><body>{lines}</body></html>"


def is_the_letter(found: Draft) -> None:
    """Check what all these mails say."""
    assert (found.title, found.text) == ("烧烤店油烟扰民", TEXT)
    assert (found.received_at, found.external_id) == (AT, "<1@mail.example>")
    (writer,) = people(found)
    assert (writer.name, writer.phone, writer.email) == ("张三", "13812341234", "zhang@mail.example")


@pytest.mark.parametrize("charset", CHARSETS)
@pytest.mark.parametrize("label", [None, "utf-8", "gb2312", "us-ascii", "iso-8859-1"])
def test_a_mail_is_read_in_whatever_it_is_written(charset: str, label: str | None) -> None:
    """Labels lie; headers and words come out all the same."""
    is_the_letter(draft(mail(text_part(SIGNED, charset, label=label), charset=charset).as_bytes(), "a.eml"))


@pytest.mark.parametrize("charset", CHARSETS)
def test_html_is_read_as_it_is_seen(charset: str) -> None:
    """Alone, or beside the same in plain; what is not shown is not read."""
    page = html(SIGNED) + "<p style='display: none'>隐藏</p><script>1</script>"
    is_the_letter(draft(mail(text_part(page, charset, "html")).as_bytes(), "a.eml"))
    both = mixed(text_part(SIGNED), text_part(page, charset, "html"), subtype="alternative")
    is_the_letter(draft(mail(both).as_bytes(), "a.eml"))
    stub = mixed(text_part("请用HTML查看"), text_part(page, charset, "html"), subtype="alternative")
    is_the_letter(draft(mail(stub).as_bytes(), "a.eml"))


@pytest.mark.parametrize("charset", ["utf-8", "gb18030"])
def test_headers_in_raw_chinese_are_read(charset: str) -> None:
    """As many programs send them, against the standard."""
    headers = "From: 张三 <zhang@mail.example>\r\nSubject: 烧烤店油烟\r\n 扰民\r\nMessage-ID: <1@mail.example>\r\n"
    content = f"{headers}Date: Mon, 06 May 2024 07:08:09 +0800\r\n\r\n{SIGNED}".encode(charset)
    found = draft(content, "a.eml")
    assert (found.title, found.text, names(found)) == ("烧烤店油烟 扰民", TEXT, ["张三"])
    assert people(found)[0].email == "zhang@mail.example"


def test_a_character_parted_by_two_encoded_words_is_joined() -> None:
    """Programs cut headers after so many bytes, whatever stands there."""
    content = mail(text_part(SIGNED)).as_bytes()
    original = Header("烧烤店油烟扰民", "utf-8").encode().encode()
    whole = "油烟扰民".encode("gb2312")
    halves = (whole[:3], whole[3:])
    parted = b" ".join(b"=?gb2312?Q?" + b"".join(b"=%02X" % byte for byte in half) + b"?=" for half in halves)
    assert draft(content.replace(original, parted), "a.eml").title == "油烟扰民"


def test_attachments_are_kept_with_their_words() -> None:
    """A Word document, a PDF, a text in GB18030, a picture; the names in whichever way they are encoded."""
    letter = mixed(
        text_part(SIGNED),
        attachment("情况说明.docx", document("附上经过。")),
        attachment("证明.pdf", pdf(["证明如下。"]), "application/pdf"),
        attachment("清单.txt", "一、发票\n二、照片".encode("gb18030"), "text/plain"),
        attachment("照片.jpg", b"\xff\xd8\xff\xe0", "image/jpeg"),
    )
    found = draft(mail(letter).as_bytes(), "a.eml")
    is_the_letter(found)
    assert [(one.name, one.media_type, one.text) for one in found.documents] == [
        ("情况说明.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "附上经过。"),
        ("证明.pdf", "application/pdf", "证明如下。"),
        ("清单.txt", "text/plain", "一、发票\n二、照片"),
        ("照片.jpg", "image/jpeg", ""),
    ]
    assert found.documents[3].content == b"\xff\xd8\xff\xe0"
    assert found.details == LetterDetails(enclosures=4)


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        ('attachment; filename="=?gb2312?B?x+m/9i5wZGY=?="', "情况.pdf"),
        ("attachment; filename*=gb2312''%C7%E9%BF%F6.pdf", "情况.pdf"),
        ("attachment; filename*0*=utf-8''%E6%83%85; filename*1*=%E5%86%B5.pdf", "情况.pdf"),
        ('attachment; filename="C:\\\\Users\\\\x\\\\a.pdf"', "a.pdf"),
        ('attachment; filename="../../etc/passwd"', "passwd"),
        ("attachment", "attachment 1.pdf"),
    ],
)
def test_a_files_name_is_read_and_no_path(disposition: str, name: str) -> None:
    """By both standards and against them; a folder is never part of it."""
    part = attachment("x", b"%PDF", "application/pdf")
    part.replace_header("Content-Disposition", disposition)
    (kept,) = draft(mail(mixed(text_part(SIGNED), part)).as_bytes(), "a.eml").documents
    assert kept.name == name


def test_a_letter_may_be_an_attachment() -> None:
    """The mail only says so; its words are kept beside."""
    enclosed = document("关于油烟扰民的反映", TEXT * 2, "姓名：李四", "电话：13912341234")
    for words in ("", "信件见附件，谢谢。"):
        found = draft(mail(mixed(text_part(words), attachment("信.docx", enclosed))).as_bytes(), "a.eml")
        assert found.text == f"关于油烟扰民的反映\n{TEXT * 2}"
        assert "李四" in names(found)


def test_a_forward_is_the_inner_writers_letter() -> None:
    """An office passes it on; what it wrote above is a document."""
    letter = mail(mixed(text_part(SIGNED), attachment("a.txt", "经过".encode())))
    found = draft(forwarded(letter).as_bytes(), "a.eml")
    assert (found.title, found.text, names(found)) == ("烧烤店油烟扰民", TEXT, ["张三"])
    assert found.external_id == "<f@x>"
    assert [document.text for document in found.documents] == ["经过", "现转来群众来信，请阅处。"]
    assert found.details == LetterDetails(enclosures=1)


def test_a_forward_of_forwards_is_followed() -> None:
    """From street to district to city."""
    found = draft(forwarded(forwarded(forwarded(mail(text_part(SIGNED))), cover="请办理。")).as_bytes(), "a.eml")
    assert (found.text, names(found)) == (TEXT, ["张三"])
    assert len(found.documents) == 3


def test_several_letters_in_one_mail_are_several() -> None:
    """A desk sends what came in a day; one that cannot be read keeps none back."""
    other = mail(text_part(f"{TEXT}\n姓名：李四"), sender="李四", subject="路灯不亮", message_id="<2@x>")
    empty = mail(text_part("  "), subject="", message_id="<4@x>")
    found = readings(forwarded(mail(text_part(SIGNED)), empty, other).as_bytes(), "a.eml", Channel.LETTER)
    drafts = [one for one in found if isinstance(one, Draft)]
    assert [(one.external_id, one.position, names(one)) for one in drafts] == [
        ("<f@x>#1", "a.eml letter 1", ["张三"]),
        ("<f@x>#3", "a.eml letter 3", ["李四"]),
    ]
    assert len({one.payload for one in drafts}) == 2
    (refused,) = (one for one in found if isinstance(one, Refusal))
    assert refused.position == "a.eml letter 2"


def test_a_mail_that_a_letter_encloses_is_a_document() -> None:
    """The petitioner's own words are the letter; what an office once answered is enclosed."""
    answer = mail(text_part("您反映的问题已转办。"), sender="信访办", address="desk@x.example", subject="答复")
    letter = mail(mixed(text_part(SIGNED), MIMEMessage(answer)))
    found = draft(letter.as_bytes(), "a.eml")
    is_the_letter(found)
    (kept,) = found.documents
    assert (kept.name, kept.media_type, kept.text) == ("答复.eml", "message/rfc822", "您反映的问题已转办。")


QUOTED: Final = {
    "foxmail": '------------------ 原始邮件 ------------------\n发件人: "张三" <zhang@mail.example>;\n'
    '发送时间: 2024年5月6日(星期一) 上午7:08\n收件人: "信访办"<desk@x.example>;\n主题: 烧烤店油烟扰民\n\n\n\n',
    "outlook": "________________________________\n发件人: 张三 <zhang@mail.example>\n发送时间: 2024年5月6日 7:08\n"
    "收件人: desk@x.example\n主题: 烧烤店油烟扰民\n\n",
    "gmail": "---------- Forwarded message ---------\nFrom: 张三 <zhang@mail.example>\nDate: Mon, May 6, 2024\n"
    "Subject: 烧烤店油烟扰民\nTo: <desk@x.example>\n\n",
}  # fmt: skip


@pytest.mark.parametrize("program", list(QUOTED))
def test_a_letter_passed_on_as_text_is_found(program: str) -> None:
    """Mail programs quote the first mail's headers and words below a rule."""
    text = f"请街道处理。\n\n{QUOTED[program]}{SIGNED}"
    content = mail(text_part(text), sender="信访办", address="desk@x.example", subject="转发：烧烤店油烟扰民")
    is_the_letter(draft(content.as_bytes(), "a.eml"))


def test_what_an_answer_quotes_is_no_letter() -> None:
    """The petitioner answers an office: the office's words stand below."""
    text = f"问题还是没有解决。\n\n{QUOTED['outlook']}您反映的问题已转办。"
    found = draft(mail(text_part(text), subject="回复：答复").as_bytes(), "a.eml")
    assert found.text.startswith("问题还是没有解决。")


@pytest.mark.parametrize(
    ("sender", "expected"),
    [
        ("张三", [("张三", "13812341234", "zhang@mail.example")]),
        ("", [("张三", "13812341234", "zhang@mail.example")]),
        ("阳光小草", [("张三", "13812341234", "zhang@mail.example")]),
        ("李四", [("李四", None, "zhang@mail.example"), ("张三", "13812341234", None)]),
    ],
)
def test_the_sender_is_the_writer_or_somebody_else(sender: str, expected: list[tuple[str, str, str]]) -> None:
    """A nickname is nobody; another name is another person, a daughter for her father."""
    found = draft(mail(text_part(SIGNED), sender=sender).as_bytes(), "a.eml")
    assert [(one.name, one.phone, one.email) for one in people(found)] == expected


def test_the_last_stations_stamp_is_when_a_mail_came() -> None:
    """A sender's clock may be wrong by years."""
    letter: MIMEBase = mail(text_part(SIGNED), date="Sat, 01 Jan 2000 00:00:00 +0800")
    letter["Received"] = "from a by b with ESMTP id 1; Mon, 6 May 2024 07:08:09 +0800 (CST)"
    is_the_letter(draft(letter.as_bytes(), "a.eml"))


@pytest.mark.parametrize(
    ("date", "moment"),
    [
        ("Mon, 6 May 2024 07:08:09 +0800 (CST)", AT),
        ("6 May 2024 07:08:09 +0800", AT),
        ("Mon, 6 May 2024 07:08:09 GMT", datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)),
        ("Mon, 6 May 2024 07:08:09", AT),
        ("2024-05-06 07:08:09", AT),
        ("2024年5月6日 07:08:09", AT),
    ],
)
def test_a_mails_date_is_read_in_the_forms_it_has(date: str, moment: datetime) -> None:
    """By the standard and against it; where it names no zone, the office's counts."""
    content = mail(text_part(SIGNED), date=None).as_bytes()
    assert draft(f"Date: {date}\n".encode() + content, "a.eml").received_at == moment


def test_a_mail_without_an_id_has_none() -> None:
    """Its digest is its key."""
    found = draft(mail(text_part(SIGNED), message_id=None).as_bytes(), "a.eml")
    assert found.external_id is None
