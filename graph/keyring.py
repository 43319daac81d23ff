"""The master keys of an instance: one that seals now, those before it, and the root that hashes are derived from.

A wrapped data key begins with the number of the master key that wrapped it, so what was wrapped before still opens.
Hashes, digests and cursors are compared across all rows and must outlive any rotation: they are derived from the first
key there was, and what was derived stays in the ring when that key is retired.
"""

from __future__ import annotations

import hmac
import os
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

import orjson

from graph.errors import MasterKeyError
from wording import Wording

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

KEY_BYTES: Final = 32
FIRST: Final = 1
"""The number of an instance's first key."""
MOST_NUMBERS: Final = 256
FORMAT: Final = 1
PURPOSES: Final = ("equality", "digests", "cursors", "sessions")
"""What is derived from the root, in the order in which the ring keeps it."""


def derive(master: bytes, purpose: str) -> bytes:
    """Return a key of its own for a purpose: HKDF with SHA-256 (RFC 5869), of which one block is enough."""
    extracted = hmac.digest(bytes(KEY_BYTES), master, "sha256")
    return hmac.digest(extracted, f"casegraph/{purpose}".encode() + b"\x01", "sha256")


@dataclass(frozen=True, slots=True)
class Keyring:
    """Master keys by their numbers, 1 to 255; `current` wraps what is new."""

    keys: Mapping[int, bytes] = field(repr=False)
    current: int
    root: Mapping[str, bytes] = field(repr=False)
    """What is derived from the first key, by purpose."""

    def __post_init__(self) -> None:
        for key in self.keys.values():
            if len(key) != KEY_BYTES:
                raise MasterKeyError(
                    Wording("The master key has {count} bytes; it must have {key}.", count=len(key), key=KEY_BYTES)
                )

    @classmethod
    def of(cls, *keys: bytes) -> Keyring:
        """Return the ring of keys given newest first, as CASEGRAPH_MASTER_KEY holds them.

        The last is the first there was, whose hashes are compared: it must stay. Raises MasterKeyError where two have
        one number.
        """
        *newer, first = keys
        ring = cls({FIRST: first}, FIRST, {purpose: derive(first, purpose) for purpose in PURPOSES})
        for key in reversed(newer):
            ring = ring.with_key(key)
        return ring

    def with_key(self, key: bytes) -> Keyring:
        """Return the ring with another key that wraps from now on; raise MasterKeyError where its number is taken."""
        number = number_of(key)
        if number in self.keys:
            raise MasterKeyError(
                Wording("Two master keys have one number. Make another new key in place of the newest.")
            )
        return Keyring({**self.keys, number: key}, number, self.root)

    def grown(self) -> Keyring:
        """Return the ring with a new key made by chance."""
        while True:
            with suppress(MasterKeyError):
                return self.with_key(os.urandom(KEY_BYTES))

    @property
    def former(self) -> frozenset[int]:
        """The numbers of the keys that open, but wrap nothing new."""
        return frozenset(self.keys) - {self.current}

    def without_former(self) -> Keyring:
        """Return the ring with its current key alone."""
        return replace(self, keys={self.current: self.keys[self.current]})


def number_of(key: bytes) -> int:
    """Return the number of a key that is not the first: it follows from the key, so it does not change with others."""
    return derive(key, "number")[0] % (MOST_NUMBERS - 1 - FIRST) + FIRST + 1


# As a file -------------------------------------------------------------------------------------------------------


def read(content: bytes) -> Keyring:
    """Read a key file: a ring, or the 32 bytes that key files were before there were rings.

    Raises MasterKeyError where it is neither.
    """
    if not content.startswith(b"{"):
        return Keyring.of(content)
    try:
        said: dict[str, Any] = orjson.loads(content)
        keys = {int(number): bytes.fromhex(key) for number, key in said["keys"].items()}
        ring = Keyring(keys, said["current"], {name: bytes.fromhex(said["root"][name]) for name in PURPOSES})
    except (ValueError, KeyError, TypeError, AttributeError):
        raise MasterKeyError(
            Wording("The key file is damaged. Put a copy of it back from where it was kept.")
        ) from None
    if said.get("casegraph_keyring") != FORMAT or ring.current not in ring.keys:
        raise MasterKeyError(Wording("The key file is of another version. Run the casegraph that wrote it."))
    return ring


def write(ring: Keyring) -> bytes:
    """Return a ring as a key file."""
    said = {
        "casegraph_keyring": FORMAT,
        "current": ring.current,
        "keys": {str(number): key.hex() for number, key in ring.keys.items()},
        "root": {name: ring.root[name].hex() for name in PURPOSES},
    }
    return orjson.dumps(said, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def load(path: Path) -> Keyring:
    """Read a key file; make one at the first start, readable by its owner alone."""
    try:
        return read(path.read_bytes())
    except FileNotFoundError:
        partial = _written(path, Keyring.of(os.urandom(KEY_BYTES)))
    # Whoever is first has its key taken; nobody ever reads half a file.
    with suppress(FileExistsError):
        path.hardlink_to(partial)
    partial.unlink()
    return read(path.read_bytes())


def save(path: Path, ring: Keyring) -> None:
    """Put a ring in the place of a key file, whole or not at all."""
    _written(path, ring).replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _written(path: Path, ring: Keyring) -> Path:
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    partial.unlink(missing_ok=True)
    handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(write(ring))
        file.flush()
        os.fsync(file.fileno())
    return partial
