"""Letters as mail in the forms of a dozen years of mail programs: three encodings, HTML, enclosures, forwards.

The classes of the older `email` API are used on purpose: only they write a header in GB2312 or GB18030, as half of
these mails really have it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from email.header import Header
from email.mime.application import MIMEApplication
from email.mime.base import MIMEBase
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.utils import format_datetime, formataddr
from html import escape
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime

OFFICE: Final = "petitions@city.example"
STREET_DESK: Final = "desk@street.example"


@dataclass(frozen=True, slots=True, kw_only=True)
class Enclosure:
    """An attachment."""

    name: str
    media_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A letter that came by mail."""

    number: int
    """Names the message; equal numbers are equal bytes."""
    sender: str
    address: str
    at: datetime
    """Aware."""
    subject: str
    text: str
    charset: str
    html: bool
    plain: bool
    enclosures: tuple[Enclosure, ...] = ()
    forwarded: bool = False
    """Whether a street's desk passed it on, as a message in a message."""

    def __repr__(self) -> str:
        """Name nobody."""
        return f"Mail({self.number})"


def mail_bytes(mail: Mail) -> bytes:
    """Return the mail as it is delivered."""
    message = _letter(mail)
    return (_forward(mail, message) if mail.forwarded else message).as_bytes()


def _letter(mail: Mail) -> MIMEBase:
    body = _body(mail)
    if mail.enclosures:
        whole = MIMEMultipart("mixed", boundary=f"=_mixed_{mail.number}")
        whole.attach(body)
        for enclosure in mail.enclosures:
            whole.attach(_enclosed(enclosure, mail.charset))
        body = whole
    sender = formataddr((mail.sender, mail.address), mail.charset)
    _address(body, mail, sender=sender, subject=mail.subject, serial="letter")
    return body


def _body(mail: Mail) -> MIMEBase:
    plain = MIMEText(mail.text, "plain", mail.charset)
    if not mail.html:
        return plain
    lines = "".join(f"<p>{escape(line)}</p>" for line in mail.text.split("\n"))
    page = f'<html><head><meta charset="{mail.charset}"></head><body>{lines}</body></html>'
    html = MIMEText(page, "html", mail.charset)
    if not mail.plain:
        return html
    both = MIMEMultipart("alternative", boundary=f"=_either_{mail.number}")
    both.attach(plain)
    both.attach(html)
    return both


def _enclosed(enclosure: Enclosure, charset: str) -> MIMEBase:
    part = MIMEApplication(enclosure.content, enclosure.media_type.partition("/")[2])
    part.add_header("Content-Disposition", "attachment", filename=(charset, "", enclosure.name))
    return part


def _forward(mail: Mail, message: MIMEBase) -> MIMEBase:
    whole = MIMEMultipart("mixed", boundary=f"=_forward_{mail.number}")
    whole.attach(MIMEText("现转来群众来信一封，请阅处。", "plain", "utf-8"))
    whole.attach(MIMEMessage(message))
    _address(whole, mail, sender=STREET_DESK, subject=f"转：{mail.subject}", serial="forward")
    return whole


def _address(message: MIMEBase, mail: Mail, *, sender: str, subject: str, serial: str) -> None:
    message["From"] = sender
    message["To"] = OFFICE
    message["Subject"] = Header(subject, mail.charset).encode()
    message["Date"] = format_datetime(mail.at)
    message["Message-ID"] = f"<{serial}.{mail.number}@city.example>"
