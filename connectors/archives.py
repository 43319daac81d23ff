"""Whether an archive (.docx, .xlsx: zips) may be unpacked: not locked, not cut off, and no bomb.

What a zip declares is checked first, since that costs nothing. Then every member is unpacked into nothing and counted,
because a bomb lies about its sizes. Formats that are encrypted with a password are OLE containers instead of zips.
"""

from __future__ import annotations

import copy
import struct
import zipfile
import zlib
from typing import TYPE_CHECKING, BinaryIO, Final

from connectors.connector import UnreadableError
from graph.records import RejectionReason
from wording import Wording

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connectors.connector import Limits, Resource

ZIP: Final = b"PK\x03\x04"
NO_MEMBERS: Final = b"PK\x05\x06"
"""How a zip without members begins."""
OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
CHUNK: Final = 1_048_576
MOST_MEMBERS: Final = 20_000
"""Members of an archive: a document of Office has some dozens, a directory of millions fills the memory."""
_ENCRYPTED: Final = 0x1
_LOCKS: Final = tuple(name.encode("utf-16-le") for name in ("EncryptedPackage", "EncryptionInfo"))
_LONGEST_LOCK: Final = max(map(len, _LOCKS))


def check_archive(resource: Resource, limits: Limits) -> None:
    """Refuse what is no zip, is locked, cut off, or unpacks to too much. Raises UnreadableError, OSError."""
    head = resource.head(len(OLE))
    if not head:
        raise UnreadableError(RejectionReason.EMPTY, Wording("The file is empty. Export or copy it again."))
    with resource.open() as stream:
        if head == OLE:
            raise _locked() if _holds_lock(stream) else _older()
        if not head.startswith((ZIP, NO_MEMBERS)):
            message = Wording(
                "This is no document of Office, whatever its name says. Open it with its own program and save it anew."
            )
            raise UnreadableError(RejectionReason.UNREADABLE, message)
        try:
            with zipfile.ZipFile(stream) as archive:
                members = archive.infolist()
                _check_declared(members, limits)
                _check_actual(archive, members, limits)
        # NotImplementedError is zipfile's word for a way of packing that it does not know.
        except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError, RuntimeError) as error:
            raise _damaged() from error


def check_container(resource: Resource, limits: Limits) -> None:
    """Refuse a container of OLE that is locked, too large to be held, or declares more sectors than it has.

    Whoever reads one makes room for what it declares. Raises UnreadableError, OSError.
    """
    with resource.open() as stream:
        if _holds_lock(stream):
            raise _locked()
    size = resource.size
    if size > limits.letter:
        message = Wording(
            "The workbook is larger than {letter} bytes. Save it as .xlsx, which is streamed.", letter=limits.letter
        )
        raise UnreadableError(RejectionReason.TOO_LARGE, message)
    head = resource.head(_OLE_HEAD)
    if len(head) < _OLE_HEAD:
        raise _damaged()
    (shift,) = struct.unpack_from("<H", head, _OLE_SHIFT)
    if shift not in _OLE_SHIFTS or any(count << shift > size for count in struct.unpack_from("<I16xI4xI", head, 44)):
        raise _damaged()


_OLE_HEAD: Final = 512
_OLE_SHIFT: Final = 30
"""Where a container says how large its sectors are, as a power of two."""
_OLE_SHIFTS: Final = frozenset({9, 12})


def _check_declared(members: Sequence[zipfile.ZipInfo], limits: Limits) -> None:
    if len(members) > MOST_MEMBERS:
        raise _bomb(Wording("it holds {count} members, at most {most} are read", count=len(members), most=MOST_MEMBERS))
    if any(member.flag_bits & _ENCRYPTED for member in members):
        raise _locked()
    for member in members:
        _check_size(member.file_size, member.compress_size, limits)
    _check_total(sum(member.file_size for member in members), limits)


def _check_actual(archive: zipfile.ZipFile, members: Sequence[zipfile.ZipInfo], limits: Limits) -> None:
    total = 0
    for member in members:
        size = 0
        unbound = copy.copy(member)
        unbound.file_size = limits.member + CHUNK  # the library stops at the declared size otherwise
        with archive.open(unbound) as stream:
            while chunk := stream.read(CHUNK):
                size += len(chunk)
                _check_size(size, member.compress_size, limits)
                _check_total(total + size, limits)
        if size != member.file_size:
            raise _damaged()
        total += size


def _check_size(size: int, packed: int, limits: Limits) -> None:
    if size > limits.member:
        raise _bomb(Wording("a member unpacks to more than {member} bytes", member=limits.member))
    if size > CHUNK and size > limits.ratio * max(packed, 1):
        raise _bomb(Wording("a member unpacks to more than {ratio} times its size", ratio=limits.ratio))


def _check_total(size: int, limits: Limits) -> None:
    if size > limits.unpacked:
        raise _bomb(Wording("it unpacks to more than {unpacked} bytes", unpacked=limits.unpacked))


def _holds_lock(stream: BinaryIO) -> bool:
    """Tell whether an OLE container holds an encrypted package: its directory, which may stand anywhere, names one."""
    before = b""
    while chunk := stream.read(CHUNK):
        if any(lock in before + chunk for lock in _LOCKS):
            return True
        before = chunk[-_LONGEST_LOCK:]
    return False


def _locked() -> UnreadableError:
    message = Wording("It is protected by a password. Save it without one and take that in.")
    return UnreadableError(RejectionReason.ENCRYPTED, message)


def _older() -> UnreadableError:
    message = Wording(
        "It is in a form of before 2007, whatever its name says. Open it in its own program and save it anew."
    )
    return UnreadableError(RejectionReason.UNREADABLE, message)


def _damaged() -> UnreadableError:
    message = Wording(
        "It is cut off or damaged. Copy or export it again, or open it in its own program and save it anew."
    )
    return UnreadableError(RejectionReason.UNREADABLE, message)


def _bomb(fact: str) -> UnreadableError:
    message = Wording("It is not unpacked: {fact}. Save it anew in its own program, or split it.", fact=fact)
    return UnreadableError(RejectionReason.BOMB, message)
