"""Archives are unpacked only where that is safe: what they declare is checked, and then what they really hold."""

from __future__ import annotations

import hashlib
import io
import struct
import zipfile
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import archives
from connectors.archives import OLE, check_archive
from connectors.connector import Limits, Resource, UnreadableError
from graph.records import RejectionReason

if TYPE_CHECKING:
    from pathlib import Path

SMALL = Limits(member=10_000_000, unpacked=20_000_000)


def archive(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a zip."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as made:
        for name, content in members:
            made.writestr(name, content)
    return stream.getvalue()


def lying(content: bytes, size: int, told: int) -> bytes:
    """Return a zip that declares another size wherever it declares one."""
    return content.replace(struct.pack("<I", size), struct.pack("<I", told))


def reason(content: bytes, limits: Limits = SMALL) -> RejectionReason | None:
    """Return why an archive is refused, None where it is not."""
    try:
        check_archive(Resource.from_bytes("a.docx", content), limits)
    except UnreadableError as error:
        return error.reason
    return None


GOOD = archive(("a.xml", b"<a/>" * 100), ("b.bin", hashlib.shake_256(b"").digest(3_000_000)))


def test_a_sound_archive_passes(tmp_path: Path) -> None:
    """Packed or stored, from a file or from bytes."""
    assert reason(GOOD) is None
    assert reason(archive(("a", b"a" * 5_000_000), method=zipfile.ZIP_STORED)) is None
    path = tmp_path / "a.zip"
    path.write_bytes(GOOD)
    check_archive(Resource.from_path(path), SMALL)


def test_a_member_that_declares_too_much_is_a_bomb() -> None:
    """Told before anything is unpacked: by its size and by how far it unpacks."""
    assert reason(archive(("a", b" " * 11_000_000))) is RejectionReason.BOMB
    assert reason(archive(("a", b" " * 5_000_000))) is RejectionReason.BOMB
    assert reason(archive(("a", b" " * 900_000))) is None


def test_all_members_together_are_bounded() -> None:
    """Many that are each small enough."""
    many = [(f"{number}", bytes(range(256)) * 3_000) for number in range(30)]
    assert reason(archive(*many)) is RejectionReason.BOMB
    assert reason(archive(*many[:20])) is None


@pytest.mark.parametrize("told", [0, 1, 100, 1_000_000])
def test_a_member_that_unpacks_to_more_than_it_declares_is_a_bomb(told: int) -> None:
    """What the directory says is only a word."""
    size = 9_000_001
    assert reason(lying(archive(("a", b" " * size)), size, told)) is RejectionReason.BOMB


def test_a_member_that_lies_a_little_is_damaged() -> None:
    """Within the limits, and still not what it says."""
    size = 500_001
    assert reason(lying(archive(("a", b" " * size)), size, size - 7)) is RejectionReason.UNREADABLE


def test_a_directory_of_very_many_members_is_a_bomb(monkeypatch: pytest.MonkeyPatch) -> None:
    """Empty members cost memory, too."""
    monkeypatch.setattr(archives, "MOST_MEMBERS", 50)
    assert reason(archive(*((f"{number}", b"") for number in range(51)))) is RejectionReason.BOMB


@pytest.mark.parametrize("size", [512, 1_048_570, 3_000_000])
@pytest.mark.parametrize("name", ["EncryptedPackage", "EncryptionInfo"])
def test_a_password_is_told_wherever_the_container_names_it(name: str, size: int) -> None:
    """An encrypted document is an OLE container, whose directory may stand anywhere, a chunk's edge included."""
    content = OLE.ljust(size, b"\0") + name.encode("utf-16-le").ljust(512, b"\0")
    assert reason(content) is RejectionReason.ENCRYPTED


def test_an_encrypted_member_is_told() -> None:
    """Zips have passwords of their own."""
    content = bytearray(archive(("a", b"secret")))
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    assert reason(bytes(content)) is RejectionReason.ENCRYPTED


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", RejectionReason.EMPTY),
        (OLE.ljust(2_048, b"\0"), RejectionReason.UNREADABLE),
        (b"<html></html>", RejectionReason.UNREADABLE),
        (b"PK\x03\x04" + bytes(400), RejectionReason.UNREADABLE),
    ],
    ids=["empty", "before 2007", "web page", "noise"],
)
def test_what_is_no_archive_is_told(content: bytes, expected: RejectionReason) -> None:
    """Whatever its name says."""
    assert reason(content) is expected


@pytest.mark.parametrize("share", [0.05, 0.5, 0.9, 0.999])
def test_a_truncated_archive_is_told(share: float) -> None:
    """A copy that broke off has lost its directory, which stands at the end."""
    assert reason(GOOD[: int(len(GOOD) * share)]) is RejectionReason.UNREADABLE


@given(st.data())
def test_damage_never_raises_anything_else(data: st.DataObject) -> None:
    """Bytes changed anywhere."""
    content = bytearray(archive(("a.xml", b"<a/>" * 50), ("b", b"b" * 100)))
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    assert reason(bytes(content)) in {None, *RejectionReason}
