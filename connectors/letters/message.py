"""A mail as the library parses it, read as it is: raw headers kept, wrapped parts unwrapped, levels counted.

The library's older classes parse here: the newer ones raise on headers that are malformed in ways that mail is.
"""

from __future__ import annotations

import re
from email import errors, message_from_bytes, policy
from email.message import Message
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Final, cast

from connectors.connector import UnreadableError
from connectors.letters import signed
from connectors.letters.framing import framed
from connectors.letters.headers import LONGEST, file_name
from connectors.letters.transfer import WRAPPED, encoding_of, unwrapped
from graph.records import RejectionReason
from wording import Wording

if TYPE_CHECKING:
    from collections.abc import Sequence

MAILS: Final = frozenset({"message/rfc822", "message/global", "message/news"})
HEADERS: Final = ("from", "to", "subject", "date", "message-id", "received", "mime-version", "content-type")
"""A file that has none of these is no mail."""
MOST_LEVELS: Final = 50
"""Parts in parts, mails in mails among them: the library compares each line with the edges of all of them."""
_AS_IT_IS: Final = policy.compat32.clone(max_line_length=None, mangle_from_=False)
_CUT_OFF: Final = (errors.CloseBoundaryNotFoundDefect, errors.StartBoundaryNotFoundDefect)
_UNPARTED: Final = re.compile(r"\A(\s*[\w!#$&^.+-]+/[\w!#$&^.+-]+)\s+(?=[\w-]+\s*=)")
"""A type whose program forgot the semicolon behind it."""


class _AsWritten(policy.Compat32):
    """Reads headers as they are; how a part is wrapped as it is meant.

    The library takes headers with parameters apart by going back to their beginning at each semicolon.
    """

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        match name.lower():
            case "content-transfer-encoding":
                return name, encoding_of(value)
            case "content-type" | "content-disposition" if len(value) > LONGEST:
                message = f"A header {name.title()} has {len(value)} characters, at most {LONGEST} are read."
                raise UnreadableError(
                    RejectionReason.BOMB, Wording("{message} Forward the letter itself.", message=message)
                )
            case "content-type":
                return name, _UNPARTED.sub(r"\1; ", value)
        return name, value

    def header_fetch_parse(self, name: str, value: str) -> str:  # noqa: ARG002 - the library calls it so
        return value  # else bytes that are not ASCII become question marks


class Mail(Message):
    """A mail or a part of one that knows how deep it stands, so that reading ends where they stand too deep."""

    _payload: object

    def __init__(self, *args: Any, level: int = 0, **named: Any) -> None:
        super().__init__(*args, **named)
        self.level = level
        self.opened: Sequence[Mail] | None = None

    def attach(self, payload: Any) -> None:
        payload.level = self.level + 1
        _check_level(payload.level)
        super().attach(payload)

    def get_content_type(self) -> str:
        """Return the type without what is no part of one: blanks, remarks."""
        return super().get_content_type().split()[0]

    def get_content_maintype(self) -> str:
        """Return the first half of the type, by which the parser reads on: what is wrapped is read later."""
        kind = self.get_content_type()
        if kind.startswith("message/") and (kind not in MAILS or self.encoding in WRAPPED):
            return "application"
        return kind.partition("/")[0]

    @property
    def parts(self) -> Sequence[Mail]:
        """Return the parts that the parser found."""
        return self._payload if isinstance(self._payload, list) else ()

    @property
    def encoding(self) -> str:
        """Return how it is wrapped."""
        return str(self.get("content-transfer-encoding", ""))

    @property
    def is_mail(self) -> bool:
        """Tell whether it has any header of a mail."""
        return any(name in self for name in HEADERS)

    @property
    def is_cut_off(self) -> bool:
        """Tell whether its last part does not end."""
        return any(isinstance(defect, _CUT_OFF) for defect in self.defects)

    @cached_property
    def name(self) -> str | None:
        """The name of the file that it is."""
        return file_name(self)

    @cached_property
    def holds_mails(self) -> bool:
        """Whether others stand in it, as its type or its name says."""
        kind = self.get_content_type()
        return kind in MAILS or (kind.startswith(("application/", "text/plain")) and self._is_named(".eml"))

    @cached_property
    def is_sealed(self) -> bool:
        """Whether something stands in it signed or encrypted."""
        kind = self.get_content_type()
        return kind in signed.MEDIA_TYPES or (kind.startswith("application/") and self._is_named(".p7m"))

    def _is_named(self, suffix: str) -> bool:
        return (self.name or "").lower().endswith(suffix)

    def content(self) -> bytes:
        """Return what stands in it. Raises UnreadableError where that is broken."""
        if self.is_multipart():
            return b"".join(part.file() for part in self.parts)
        # Asked for its text, the library puts question marks for what its label cannot say.
        return unwrapped(str(self._payload or "").encode("utf-8", "surrogateescape"), self.encoding)

    def file(self) -> bytes:
        """Return it as a file of its own."""
        try:
            return self.as_bytes(policy=_AS_IT_IS)
        except (errors.MessageError, ValueError, LookupError, TypeError, AttributeError):
            return b""  # what is malformed in ways that the library reads but does not write


def parsed(content: bytes, level: int = 0) -> Mail:
    """Return a mail or a part that stands so deep. Raises UnreadableError where it nests too deeply."""
    _check_level(level)
    return cast("Mail", message_from_bytes(framed(content), partial(Mail, level=level), policy=_AsWritten()))


def _check_level(level: int) -> None:
    if level > MOST_LEVELS:
        message = Wording(
            "Its parts stand in parts more than {most} deep. Forward the letter itself.", most=MOST_LEVELS
        )
        raise UnreadableError(RejectionReason.BOMB, message)
