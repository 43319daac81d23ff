"""The contract of a connector: one form in which one channel's records come, read into drafts.

A connector never raises for what it reads: what cannot be read becomes a `Refusal` that says what is wrong, where, and
what to do, and the rest goes in. It yields lazily and holds no more than one record at a time, however large the file.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, BinaryIO, Protocol

from graph.records import MAX_KEPT, Reading, Refusal, RejectionReason

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from zoneinfo import ZoneInfo

    from connectors.headings import HeadingMap
    from graph.records import Channel
    from wording import Wording


def printable(name: str) -> str:
    """Return a file's name without the half characters that stand for bytes in no known encoding."""
    return name.encode("utf-8", "replace").decode("utf-8").replace("\0", "?")


@dataclass(frozen=True, slots=True)
class Resource:
    """Something to read: a file, or bytes that came by another way."""

    name: str
    """What people call it; the last part tells its form by its suffix."""
    path: Path | None = None
    content: bytes | None = field(default=None, repr=False)

    @classmethod
    def from_path(cls, path: Path, *, name: str | None = None) -> Resource:
        """Return a file as a resource. It is opened when it is read, not before."""
        return cls(printable(name or path.name), path=path)

    @classmethod
    def from_bytes(cls, name: str, content: bytes) -> Resource:
        """Return bytes as a resource."""
        return cls(printable(name), content=content)

    @property
    def suffix(self) -> str:
        """The end of the name in small letters with its dot: `.xlsx`."""
        _, dot, end = self.name.rpartition(".")
        return f".{end.lower()}" if dot else ""

    @property
    def size(self) -> int:
        """Bytes. Raises OSError where a file cannot be reached."""
        if self.content is not None:
            return len(self.content)
        return self._file().stat().st_size

    def open(self) -> BinaryIO:
        """Open it for reading. Raises OSError."""
        if self.content is not None:
            return io.BytesIO(self.content)
        return self._file().open("rb")

    def read(self) -> bytes:
        """Return all of it: for forms that hold one record. Raises OSError."""
        if self.content is not None:
            return self.content
        return self._file().read_bytes()

    def head(self, size: int) -> bytes:
        """Return its first bytes. Raises OSError."""
        with self.open() as stream:
            return stream.read(size)

    def kept(self) -> bytes:
        """Return what a refusal keeps of it: all of it, or nothing where it is too large or cannot be read."""
        try:
            return self.read() if self.size <= MAX_KEPT else b""
        except OSError:
            return b""

    def _file(self) -> Path:
        if self.path is None:
            msg = "a resource has a path or content"
            raise ValueError(msg)
        return self.path


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How large a thing may be, in bytes or characters, before it is refused rather than read."""

    attachment: int = 100_000_000
    """Bytes of one attachment, decoded."""
    letter: int = 150_000_000
    """Bytes of one file that holds one record."""
    member: int = 1_000_000_000
    """Bytes of one member of an archive, unpacked. A year's workbook of 138,000 rows unpacks to some 300 MB."""
    unpacked: int = 1_500_000_000
    """Bytes of all members of an archive, unpacked."""
    ratio: int = 200
    """How many times its packed size an archive's member may unpack to, once it is over a megabyte."""
    text: int = 200_000
    """Characters of one cell or one record's text."""
    columns: int = 500
    """Columns of a sheet."""
    depth: int = 10
    """How deep messages may stand in messages, or JSON in JSON."""
    pages: int = 50
    """Pages of a scan whose writing is recognised; 0 recognises none."""
    page_seconds: float = 120.0
    """Seconds that recognising a page may take; two to four are usual where nobody else wants the processor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOptions:
    """How to read: under which source's name, and what its sheets and clocks mean."""

    source: str
    zone: ZoneInfo
    """Of times that name none."""
    mapping: HeadingMap | None = None
    """From a TOML mapping file, for a sheet whose headings are not known."""
    limits: Limits = field(default_factory=Limits)
    strict_sources: frozenset[str] = frozenset()
    """The sources of which a record is refused that brings something that would not be read."""

    @property
    def strict(self) -> bool:
        """Tell whether what would not be read is refused."""
        return self.source in self.strict_sources

    def for_source(self, source: str) -> ReadOptions:
        """Return the same options under another source's name."""
        return replace(self, source=source)


class Connector(Protocol):
    """One form of one channel."""

    @property
    def name(self) -> str:
        """What people call the form: `hotline sheet`."""

    @property
    def channel(self) -> Channel:
        """The channel whose records it reads."""

    def accepts(self, resource: Resource) -> bool:
        """Tell whether a resource looks like this form, by its suffix and first bytes. Raises OSError."""

    def read(self, resource: Resource, options: ReadOptions) -> Iterator[Reading]:
        """Yield drafts and refusals in the order of the resource.

        May raise `UnreadableError` for a fault that ends the reading; `connectors.registry.read` makes a refusal of it
        and of whatever else a parser raises.
        """


class UnreadableError(Exception):
    """The rest of a resource, or one record of it, cannot be read."""

    def __init__(self, reason: RejectionReason, message: Wording, *, where: str | None = None) -> None:
        """Say why and what to do; `where` stands behind the resource's name: `row 17`."""
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.where = where

    def refusal(self, channel: Channel, resource_name: str, source: str, payload: bytes) -> Refusal:
        """Return the refusal that says so."""
        return Refusal(
            channel=channel,
            source=source,
            position=f"{resource_name} {self.where}" if self.where else resource_name,
            reason=self.reason,
            message=self.message,
            payload=payload,
        )
