"""What is broken, hostile or not what it says is refused clearly among letters, too, and the rest goes in."""

from __future__ import annotations

import base64
import io
import re
import time
import zipfile
from email.mime.message import MIMEMessage
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.connector import Limits, ReadOptions, Resource
from connectors.registry import forms, read
from graph.records import MAX_KEPT, Channel, Draft, Refusal, RejectionReason
from tests.connectors.factory import OPTIONS, ZONE, readings
from tests.connectors.letterbox import (
    TEXT,
    attachment,
    document,
    draft,
    forwarded,
    locked,
    mail,
    mixed,
    names,
    pdf,
    refusal,
    scanned,
    text_part,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


pytestmark = pytest.mark.usefixtures("without_recogniser")

SMALL = ReadOptions(source="test", zone=ZONE, limits=Limits(attachment=20_000, letter=100_000, text=500, depth=3))
MAIN = "word/document.xml"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
MAIL = mail(mixed(text_part(TEXT), attachment("a.bin", bytes(range(256)) * 40))).as_bytes()


def rewritten(content: bytes, change: Callable[[bytes], bytes], member: str = MAIN) -> bytes:
    """Return a document of which one member's bytes are changed."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change(old.read(name)) if name == member else old.read(name))
    return stream.getvalue()


def both(content: bytes, options: ReadOptions = OPTIONS) -> tuple[Draft, Refusal]:
    """Read a mail that goes in without something."""
    found = readings(content, "a.eml", Channel.LETTER, options)
    (letter,) = (one for one in found if isinstance(one, Draft))
    (refused,) = (one for one in found if isinstance(one, Refusal))
    return letter, refused


@pytest.mark.parametrize("name", ["a.eml", "a.docx", "a.pdf", "a.txt"])
@pytest.mark.parametrize("content", [b"", b"\r\n \t\r\n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_told(name: str, content: bytes) -> None:
    """A copy that broke off before it began."""
    assert refusal(content, name).reason is RejectionReason.EMPTY


@pytest.mark.parametrize("name", ["a.eml", "a.docx", "a.pdf"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.8])
def test_a_truncated_file_is_told(name: str, share: float) -> None:
    """A copy that broke off in its midst."""
    content = {"a.eml": MAIL, "a.docx": document(TEXT), "a.pdf": pdf([TEXT] * 20)}[name]
    found = refusal(content[: int(len(content) * share)], name)
    assert found.reason in {RejectionReason.UNREADABLE, RejectionReason.MISSING_FIELD}
    assert found.payload


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.docx", b"<html><body>1</body></html>"),
        ("a.docx", OLE.ljust(4_096, b"\0")),
        ("a.doc", OLE.ljust(4_096, b"\0")),
        ("a.docx", rewritten(document(TEXT), lambda _: b"<broken")),
        ("a.pdf", b"PK\x03\x04" + bytes(100)),
        ("a.pdf", b"%PDF-1.7\n" + bytes(range(256))),
        ("a.txt", document(TEXT)),
        ("a.txt", pdf([TEXT])),
        ("a.eml", b"%PDF-1.7\n" + bytes(range(256))),
        ("a.eml", "只是一段文字，没有邮件头。".encode()),
    ],
)
def test_a_form_in_name_only_is_told(name: str, content: bytes) -> None:
    """Whatever its name says; the message says what to do."""
    found = refusal(content, name)
    assert found.reason is RejectionReason.UNREADABLE
    assert re.search(r"[Oo]pen|[Ss]ave|[Cc]opy|print|export|Export", found.message)


def test_a_password_is_told() -> None:
    """Of a Word document, of a PDF, of a mail that only its receiver can open."""
    word = OLE.ljust(1_024, b"\0") + "EncryptedPackage".encode("utf-16-le").ljust(512, b"\0")
    assert refusal(word, "a.docx").reason is RejectionReason.ENCRYPTED
    assert refusal(locked(pdf([TEXT]), user="user", owner="owner"), "a.pdf").reason is RejectionReason.ENCRYPTED
    sealed = mail(mixed(attachment("smime.p7m", b"\x30\x80", "application/pkcs7-mime")), subject="")
    assert refusal(sealed.as_bytes(), "a.eml").reason is RejectionReason.ENCRYPTED


def test_pictures_of_a_letter_have_no_text() -> None:
    """A scan needs recognition first, and is told so."""
    found = refusal(scanned(), "a.pdf")
    assert found.reason is RejectionReason.MISSING_FIELD
    assert "recognition" in found.message
    assert refusal(document(""), "a.docx").reason is RejectionReason.MISSING_FIELD
    assert refusal(b"\xe5\xa7\x93\xe5\x90\x8d\xef\xbc\x9a\xe5\xbc\xa0\xe4\xb8\x89", "a.txt").reason is (
        RejectionReason.MISSING_FIELD
    )


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + TEXT.encode("gb18030"),
        TEXT.encode() + TEXT.encode("gb18030"),
        TEXT.encode()[:-2],
        TEXT.encode("gb18030") + b"\xff\xff",
    ],
)
def test_a_lying_encoding_is_told(content: bytes) -> None:
    """In a file, and in a mail under any label."""
    assert refusal(content, "a.txt").reason is RejectionReason.ENCODING
    for label in ("utf-8", "gb2312"):
        body = base64.encodebytes(content)
        head = f"Subject: 1\nContent-Type: text/plain; charset={label}\nContent-Transfer-Encoding: base64\n\n"
        assert refusal(head.encode() + body, "a.eml").reason is RejectionReason.ENCODING


@pytest.mark.parametrize("bad", ["\0", "\ud800"])
def test_nul_and_half_characters_are_told(bad: str) -> None:
    """No database keeps them."""
    content = f"{TEXT}{bad}".encode("utf-8", "surrogatepass")
    assert refusal(content, "a.txt").reason is RejectionReason.BAD_CHARACTER
    head = b"Subject: 1\nContent-Type: text/plain; charset=utf-8\n\n"
    assert refusal(head + content, "a.eml").reason is RejectionReason.BAD_CHARACTER


def test_a_file_over_the_limit_is_not_even_read(tmp_path: Path) -> None:
    """A mail with an attachment of 200 MB: told by its size, at once; nothing of it is kept but its name."""
    path = tmp_path / "a.eml"
    with path.open("wb") as stream:
        stream.write(MAIL)
        stream.truncate(270_000_000)
    began = time.process_time()
    (found,) = read(Channel.LETTER, Resource.from_path(path), OPTIONS)
    assert time.process_time() - began < 1
    assert isinstance(found, Refusal)
    assert (found.reason, found.payload) == (RejectionReason.TOO_LARGE, b"")


def test_an_attachment_over_the_limit_is_refused_alone() -> None:
    """The letter goes in; the refusal says which attachment is missing."""
    letter, refused = both(mail(mixed(text_part(TEXT), attachment("a", bytes(20_001)))).as_bytes(), SMALL)
    assert (letter.text, letter.documents) == (TEXT, ())
    assert (refused.reason, refused.position) == (RejectionReason.TOO_LARGE, "a.eml attachment 1")


def test_broken_base64_is_refused_alone_in_an_attachment_and_whole_in_a_letter() -> None:
    """A damaged paper is asked for again; a damaged letter says nothing for sure."""
    part = attachment("a.bin", b"")
    part.set_payload("QUJDRE*VGR0hJSg=\n")
    sound = attachment("b.bin", b"sound")
    letter, refused = both(mail(mixed(text_part(TEXT), part, sound)).as_bytes())
    assert [one.content for one in letter.documents] == [b"sound"]
    assert (refused.reason, refused.position) == (RejectionReason.UNREADABLE, "a.eml attachment 1")
    body = text_part(TEXT)
    body.set_payload(f"{body.get_payload()}".strip()[:-3])
    assert refusal(mail(body).as_bytes(), "a.eml").reason is RejectionReason.UNREADABLE


def test_text_without_end_is_told() -> None:
    """Absurdly long texts belong into attachments."""
    for name, content in (
        ("a.txt", (TEXT * 20).encode()),
        ("a.docx", document(TEXT * 20)),
        ("a.pdf", pdf([TEXT] * 20)),
    ):
        assert refusal(content, name, options=SMALL).reason is RejectionReason.TOO_LARGE
    assert refusal(mail(text_part(TEXT * 20)).as_bytes(), "a.eml", options=SMALL).reason is RejectionReason.TOO_LARGE


def test_a_zip_bomb_is_told_and_kept_shut_in_an_attachment() -> None:
    """As a letter it is refused; as an attachment it is kept without being unpacked."""
    bomb = rewritten(document(TEXT), lambda xml: xml.replace(b"</w:body>", b" " * 50_000_000 + b"</w:body>"))
    assert refusal(bomb, "a.docx").reason is RejectionReason.BOMB
    (kept,) = draft(mail(mixed(text_part(TEXT), attachment("a.docx", bomb))).as_bytes(), "a.eml").documents
    assert (kept.content, kept.text) == (bomb, "")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_are_refused(encoding: str) -> None:
    """No word processor writes any: a billion laughs, or a file of this machine."""
    declaration = '<!DOCTYPE x [<!ENTITY a "haha"><!ENTITY b SYSTEM "file:///etc/passwd">]>'
    xml = f'<?xml version="1.0" encoding="{encoding}"?>{declaration}<w:document>&a;&b;</w:document>'
    assert refusal(rewritten(document(TEXT), lambda _: xml.encode(encoding)), "a.docx").reason is RejectionReason.BOMB


@pytest.mark.parametrize("depth", [5, 400, 5_000])
def test_mails_in_mails_without_end_are_told(depth: int) -> None:
    """A few are forwards; many are made to break readers."""
    nested = b"Content-Type: message/rfc822\n\n" * depth + b"Subject: 1\n\n" + TEXT.encode()
    options = ReadOptions(source="test", zone=ZONE, limits=Limits(depth=3))
    assert refusal(b"Subject: 0\n" + nested, "a.eml", options=options).reason is RejectionReason.BOMB


def test_a_forward_within_the_limit_goes_in() -> None:
    """Two offices passed it on."""
    content = forwarded(forwarded(mail(text_part(TEXT)))).as_bytes()
    assert draft(content, "a.eml", options=SMALL).text == TEXT


def test_parts_without_number_are_a_bomb() -> None:
    """A thousand are more than any letter encloses."""
    content = mail(mixed(text_part(TEXT), *(text_part("") for _ in range(1_001)))).as_bytes()
    assert refusal(content, "a.eml").reason is RejectionReason.BOMB


def test_elements_in_elements_without_end_are_a_bomb() -> None:
    """HTML that is nested to break readers, and tables in tables of a document."""
    page = mail(text_part("<div>" * 50_000 + TEXT, subtype="html"), subject="")
    assert refusal(page.as_bytes(), "a.eml").reason is RejectionReason.BOMB
    table = "<w:tbl><w:tr><w:tc>" * 3_000 + "<w:p/>" + "</w:tc></w:tr></w:tbl>" * 3_000
    deep = rewritten(document(TEXT), lambda xml: xml.replace(b"<w:body>", f"<w:body>{table}".encode()))
    assert refusal(deep, "a.docx").reason in {RejectionReason.BOMB, RejectionReason.UNREADABLE}


@pytest.mark.parametrize(
    "text",
    [
        "姓名：" + " " * 150_000 + "张",
        "姓 " * 80_000,
        "姓名：张三 " * 12_000,
        "（" * 150_000,
        "邮箱：" + "a" * 150_000,
        "发件人：a\n" * 20_000,
        "\n" * 190_000 + "字",
        "2024" * 40_000,
        "1" * 190_000,
        "联名签名：\n" + "张三\n" * 15_000,
    ],
    ids=["blanks", "label", "labels", "brackets", "mail", "headers", "lines", "years", "digits", "list"],
)
def test_no_text_takes_long(text: str) -> None:
    """The time grows with the text and not with its square."""
    began = time.process_time()
    readings(text.encode(), "a.txt", Channel.LETTER)
    readings(mail(text_part(text)).as_bytes(), "a.eml", Channel.LETTER)
    assert time.process_time() - began < 10  # a second; more where coverage is measured, minutes by the square


@pytest.mark.parametrize("date", ["Sun, 31 Dec 1899 00:00:00 +0800", "Fri, 31 Dec 9999 23:59:59 +0800", "gestern"])
def test_a_date_that_cannot_be_is_told(date: str) -> None:
    """The clocks of a case begin with it."""
    assert refusal(mail(text_part(TEXT), date=date).as_bytes(), "a.eml").reason is RejectionReason.DATE


@pytest.mark.parametrize("line", ["日期：1899年12月31日", "收信日期：2024-13-01", "2099年5月6日"])
def test_a_day_in_a_letter_that_cannot_be_is_told(line: str) -> None:
    """Written by hand, or by a spreadsheet that merged letters."""
    assert refusal(f"{TEXT}\n{line}".encode(), "a.txt").reason is RejectionReason.DATE


def test_a_broken_enclosed_mail_keeps_no_other_back() -> None:
    """Of several that a desk passed on, each stands for itself."""
    broken = text_part(TEXT)
    broken.set_payload(base64.encodebytes(TEXT.encode() + b"\xff\xff").decode())
    whole = mixed(text_part("请阅。"), MIMEMessage(mail(broken)), MIMEMessage(mail(text_part(TEXT), sender="李四")))
    letter, refused = both(mail(whole).as_bytes())
    assert names(letter) == ["李四"]
    assert (refused.reason, refused.position) == (RejectionReason.ENCODING, "a.eml letter 1 line 2")


def test_no_message_quotes_a_letter() -> None:
    """Messages are listed and logged; names and numbers are sealed."""
    secret = "姓名：秘密人\n电话：13900000000\n日期：1899年1月1日"
    for name, content in (
        ("a.txt", f"秘密\n{secret}".encode()),
        ("a.txt", f"{secret}\n秘密\0".encode()),
        ("a.eml", mail(text_part("秘密"), sender="秘密人", subject="秘密", date="1899 秘密").as_bytes()),
        ("a.docx", document("秘密", secret)),
        ("a.pdf", pdf(["秘密", *secret.split("\n")])),
    ):
        found = refusal(content, name)
        assert "秘密" not in found.message + found.position
        assert "139" not in found.message


def test_what_is_refused_is_refused_again_from_what_was_kept() -> None:
    """A retry reads the payload under the same name."""
    found = refusal(f"{TEXT}\n日期：1899年1月1日".encode(), "a.txt")
    assert refusal(found.payload, "a.txt") == found


def test_the_forms_are_named() -> None:
    """Whoever brings another form is told which there are."""
    assert refusal(b"x", "a.exe").reason is RejectionReason.UNKNOWN_FORM
    assert {"letter as mail", "letter as Word document", "letter as PDF", "letter as text"} <= set(
        forms(Channel.LETTER)
    )


@given(st.binary(max_size=1_500), st.sampled_from(["a.eml", "a.docx", "a.pdf", "a.txt"]))
def test_no_bytes_make_reading_raise(content: bytes, name: str) -> None:
    """Whatever a file holds becomes readings."""
    for found in readings(content, name, Channel.LETTER):
        assert isinstance(found, Draft | Refusal)


GOOD = {
    "a.eml": MAIL[:3_000] + MAIL[-200:],
    "a.docx": document(TEXT),
    "a.pdf": pdf([TEXT]),
    "a.txt": TEXT.encode("gb18030"),
}


@settings(deadline=None)
@given(st.data(), st.sampled_from(list(GOOD)))
def test_no_damage_to_a_letter_makes_reading_raise(data: st.DataObject, name: str) -> None:
    """Bytes changed anywhere; the message is a clear one, never only a parser's."""
    content = bytearray(GOOD[name])
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    for found in readings(bytes(content), name, Channel.LETTER):
        assert len(found.payload) <= MAX_KEPT
        if isinstance(found, Refusal):
            assert not found.message.startswith("This file is damaged or is not what its name says")
