"""Letters that a mail program passed on as text: a cover note, the first mail's headers, its text. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from connectors.letters.senders import LONGEST_SENDER, name_and_address

FROM: Final = frozenset({"发件人", "寄件人", "from"})
SUBJECT: Final = frozenset({"主题", "标题", "subject"})
OTHER: Final = frozenset({
    "发送时间", "发送日期", "日期", "时间", "date", "sent", "收件人", "to", "抄送", "cc", "密送", "bcc", "reply-to",
})  # fmt: skip
FEWEST: Final = 3
"""Header lines that follow one another: fewer stand in letters too."""
_HEADER: Final = re.compile(
    rf"[>\s*]*({'|'.join(sorted(FROM | SUBJECT | OTHER, key=len, reverse=True))})\s*\**[:：](.*)", re.IGNORECASE
)
_RULE: Final = re.compile(
    r"[>\s]*(?:[-_=—]{3,}.{0,40}|.{0,20}(?:原始邮件|转发邮件|转发的邮件|forwarded message).{0,20})", re.IGNORECASE
)
_FORWARDED: Final = re.compile(r"\s*(?:(?:fwd?|fw|转发?|转寄)\s*[:：]|[\[【]转发?[\]】])\s*", re.IGNORECASE)
_OFFICIAL: Final = re.compile(r"阅[处示办研]|酌处|现[将转]|转[去来请]")
"""What offices write to one another above a letter that they pass on, and hardly any petitioner."""
_SAYS_SO: Final = re.compile(r"forwarded message|转发的?邮件", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class PassedOn:
    """A letter that somebody else's mail quotes."""

    cover: str
    """What the other wrote above it."""
    text: str
    title: str | None
    sender: str | None
    email: str | None


def passed_on(text: str, subject: str | None) -> PassedOn | None:
    """Return the letter that a text passes on, None where it passes on none. An answer's quotation is none."""
    lines = text.split("\n")
    start = 0
    while start < len(lines):
        headers, end = _headers(lines, start)
        if len(headers) >= FEWEST and FROM & headers.keys():
            return _passed_on(lines[:start], headers, "\n".join(lines[end:]).strip(), subject)
        start = max(end, start + 1)
    return None


def quoted_headers(lines: list[str]) -> frozenset[int]:
    """Return the places of lines that are headers of a mail quoted in a text: they say nothing of the writer."""
    found: set[int] = set()
    start = 0
    while start < len(lines):
        headers, end = _headers(lines, start) if ":" in lines[start] or "：" in lines[start] else ({}, start)
        if len(headers) >= FEWEST and FROM & headers.keys():
            found.update(range(start, end))
        start = max(end, start + 1)
    return frozenset(found)


def _passed_on(above: list[str], headers: dict[str, str], body: str, subject: str | None) -> PassedOn | None:
    told = bool(_SAYS_SO.search("\n".join(above[-3:]))) or bool(subject and _FORWARDED.match(subject))
    if not told or not body:
        return None
    while above and (not above[-1].strip() or _RULE.fullmatch(above[-1])):
        above.pop()
    title = next((headers[key] for key in SUBJECT if headers.get(key)), None)
    name, address = _sender(next(headers[key] for key in FROM if key in headers))
    return PassedOn("\n".join(above).strip(), body, title, name, address)


def is_official(text: str) -> bool:
    """Tell whether words pass a letter on as offices do it: whoever they name is to be asked about it there."""
    return bool(_OFFICIAL.search(text))


def bare(subject: str) -> str:
    """Return a subject without the marks of having been passed on."""
    at = 0
    while match := _FORWARDED.match(subject, at):
        at = match.end()
    return subject[at:]


def _headers(lines: list[str], start: int) -> tuple[dict[str, str], int]:
    """Return the header lines that begin at a line, and where they end; blank lines may stand between them."""
    found: dict[str, str] = {}
    end = at = start
    while at < len(lines) and at - end <= 1:
        match = _HEADER.fullmatch(lines[at])
        if match is not None:
            found.setdefault(match[1].lower(), match[2].strip(" ;；*\xa0"))
            end = at + 1
        elif lines[at].strip() or not found:
            break
        at += 1
    return found, end


def _sender(written: str) -> tuple[str | None, str | None]:
    """Read 张三 <zhang@mail.example>, or whichever of both stands there."""
    written = written[:LONGEST_SENDER].replace("＜", "<").replace("＞", ">")
    plain = re.sub(r"[\[(（]?mailto:[^\])）\s]*[\])）]?", "", written)
    name, address = name_and_address(plain)
    if not address:
        return plain.strip("\"' ") or None, None
    name = name.strip("\"' ")
    return (name if name and "@" not in name else None), address
