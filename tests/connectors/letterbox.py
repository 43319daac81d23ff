"""Letters for tests: mails, documents and PDFs as programs write them."""

from __future__ import annotations

import io
from email.header import Header
from email.mime.application import MIMEApplication
from email.mime.base import MIMEBase
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.utils import formataddr
from typing import TYPE_CHECKING, Any

import docx
from pypdf import PdfReader, PdfWriter
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.pdfmetrics import registerFont
from reportlab.pdfgen.canvas import Canvas

from graph.records import Channel, Draft, MentionDraft, MentionRole, Refusal
from tests.connectors import factory

if TYPE_CHECKING:
    from collections.abc import Sequence

TEXT = "尊敬的领导：\n我们小区楼下的烧烤店夜里还在营业，油烟很大，多次反映没有结果，请派人来看看。"
DATE = "Mon, 06 May 2024 07:08:09 +0800"


def draft(content: bytes, name: str, **named: Any) -> Draft:
    """Read a letter that is not refused."""
    (found,) = factory.drafts(content, name, Channel.LETTER, **named)
    return found


def refusal(content: bytes, name: str, **named: Any) -> Refusal:
    """Read a letter of which one thing is refused and return why."""
    return factory.only_refusal(content, name, Channel.LETTER, **named)


def mail(
    body: MIMEBase,
    *,
    sender: str = "张三",
    address: str = "zhang@mail.example",
    subject: str = "烧烤店油烟扰民",
    charset: str = "utf-8",
    message_id: str | None = "<1@mail.example>",
    date: str | None = DATE,
) -> MIMEBase:
    """Return a mail with its headers in an encoding."""
    body["From"] = formataddr((sender, address), charset)
    body["To"] = "petitions@city.example"
    body["Subject"] = Header(subject, charset).encode()
    if date is not None:
        body["Date"] = date
    if message_id is not None:
        body["Message-ID"] = message_id
    return body


def text_part(text: str = TEXT, charset: str = "utf-8", subtype: str = "plain", label: str | None = None) -> MIMEText:
    """Return a text in an encoding, labelled as such or otherwise."""
    part = MIMEText(text, subtype, charset)
    if label is not None:
        part.set_param("charset", label)
    return part


def mixed(*parts: MIMEBase, subtype: str = "mixed") -> MIMEMultipart:
    """Return several parts as one."""
    whole = MIMEMultipart(subtype)
    for part in parts:
        whole.attach(part)
    return whole


def attachment(name: str, content: bytes, media_type: str = "application/octet-stream") -> MIMEBase:
    """Return an attachment."""
    part = MIMEApplication(content, media_type.partition("/")[2])
    part.replace_header("Content-Type", media_type)
    part.add_header("Content-Disposition", "attachment", filename=("utf-8", "", name))
    return part


def forwarded(*mails: MIMEBase, cover: str = "现转来群众来信，请阅处。") -> MIMEBase:
    """Return a mail of an office that passes others on."""
    whole = mixed(text_part(cover), *(MIMEMessage(one) for one in mails))
    return mail(whole, sender="街道信访办", address="desk@street.example", subject="转：群众来信", message_id="<f@x>")


def document(*paragraphs: str, rows: Sequence[Sequence[str]] = ()) -> bytes:
    """Return a Word document."""
    made = docx.Document()
    for text in paragraphs:
        made.add_paragraph(text)
    if rows:
        table = made.add_table(rows=len(rows), cols=len(rows[0]))
        for row, cells in zip(table.rows, rows, strict=True):
            for cell, text in zip(row.cells, cells, strict=True):
                cell.text = text
    stream = io.BytesIO()
    made.save(stream)
    return stream.getvalue()


def pdf(*pages: Sequence[str]) -> bytes:
    """Return a PDF with these lines on each page."""
    registerFont(UnicodeCIDFont("STSong-Light"))
    stream = io.BytesIO()
    canvas = Canvas(stream, pagesize=A4, invariant=1)
    for lines in pages:
        canvas.setFont("STSong-Light", 12)
        for number, line in enumerate(lines):
            canvas.drawString(72, 760 - 20 * number, line)
        canvas.showPage()
    canvas.save()
    return stream.getvalue()


def scanned() -> bytes:
    """Return a PDF with a picture and no text."""
    stream = io.BytesIO()
    canvas = Canvas(stream, pagesize=A4, invariant=1)
    canvas.rect(72, 72, 300, 400, fill=1)
    canvas.showPage()
    canvas.save()
    return stream.getvalue()


def locked(content: bytes, *, user: str, owner: str) -> bytes:
    """Return a PDF with passwords."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(content)))
    writer.encrypt(user, owner, algorithm="AES-256")
    stream = io.BytesIO()
    writer.write(stream)
    return stream.getvalue()


def people(found: Draft, role: MentionRole = MentionRole.PETITIONER) -> list[MentionDraft]:
    """Return who has a role in a letter."""
    return [mention for mention in found.mentions if mention.role is role]


def names(found: Draft, role: MentionRole = MentionRole.PETITIONER) -> list[str | None]:
    """Return the names of those who have a role in a letter."""
    return [mention.name for mention in people(found, role)]


def drawn_pdf(*lines: Sequence[tuple[str, str]]) -> bytes:
    """Return a PDF of lines, each of pieces with their font's name, whose fonts tell their characters by a map."""
    fonts: dict[str, dict[str, int]] = {}
    shown = []
    for line in lines:
        for font, text in line:
            codes = fonts.setdefault(font, {})
            written = "".join(f"{codes.setdefault(char, len(codes) + 1):04X}" for char in text)
            shown.append(f"/{list(fonts).index(font)} 12 Tf <{written}> Tj")
        shown.append("T*")
    content = f"BT 20 TL 72 760 Td {' '.join(shown)} ET".encode()
    named = " ".join(f"/{number} {4 + 3 * number} 0 R" for number in range(len(fonts)))
    page = f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 1 0 R/Resources<</Font<<{named}>>>>>>"
    objects = [_stream(content), f"<</Type/Pages/Count 1/Kids[{4 + 3 * len(fonts)} 0 R]>>".encode(),
               b"<</Type/Catalog/Pages 2 0 R>>"]  # fmt: skip
    for number, (font, codes) in enumerate(fonts.items()):
        objects += _font(font, codes, 4 + 3 * number)
    return _numbered([*objects, page.encode()])


def _font(name: str, codes: dict[str, int], at: int) -> list[bytes]:
    lines = "\n".join(f"<{code:04X}> <{char.encode('utf-16-be').hex()}>" for char, code in codes.items())
    told = f"1 begincodespacerange <0000> <FFFF> endcodespacerange {len(codes)} beginbfchar\n{lines}\nendbfchar"
    inner = f"<</Type/Font/Subtype/CIDFontType2/BaseFont/{name}/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)>>>>"
    return [
        f"<</Type/Font/Subtype/Type0/BaseFont/{name}/Encoding/Identity-H/DescendantFonts[{at + 1} 0 R]"
        f"/ToUnicode {at + 2} 0 R>>".encode(),
        inner.encode(),
        _stream(told.encode()),
    ]  # fmt: skip


def _stream(content: bytes) -> bytes:
    return b"<</Length %d>>stream\n%s\nendstream" % (len(content), content)


def _numbered(objects: Sequence[bytes]) -> bytes:
    """Return objects as a PDF whose third one is its catalogue."""
    whole, places = b"%PDF-1.7\n", []
    for number, one in enumerate(objects, 1):
        places.append(len(whole))
        whole += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    start, count = len(whole), len(objects) + 1
    return whole + b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<</Size %d/Root 3 0 R>>\nstartxref\n%d\n%%%%EOF" % (
        count, table, count, start,
    )  # fmt: skip
