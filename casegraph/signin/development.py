"""Tokens of this machine: signed by a key in the data folder, and taken by no server that others can reach."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self

import orjson

from casegraph.signin.claims import Expected
from casegraph.signin.errors import SignInError
from casegraph.signin.jose import Keys, new_key, public_of, signed
from wording import Wording

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

NAME: Final = "casegraph-development"
KIND: Final = "development"
"""Stands before the subject in a viewer's name."""
EXPECTED: Final = Expected(issuer=NAME, audience=NAME)
CLAIM: Final = "casegraph"
FILE: Final = "development.key"


class DevelopmentKeyError(SignInError):
    """The file development.key is damaged. Remove it; the next `token` makes another."""


@dataclass(frozen=True, slots=True)
class DevelopmentKey:
    """A key pair that signs for this machine alone."""

    _pair: Mapping[str, Any]
    public: Keys

    def __repr__(self) -> str:
        """Tell nothing of the key."""
        return "DevelopmentKey()"

    @classmethod
    def make(cls) -> Self:
        """Make a new one."""
        return cls._of(new_key())

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a file's key, or make one that its owner alone may read."""
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return cls.read(path)
        with os.fdopen(handle, "wb") as file:
            file.write(orjson.dumps(new_key()))
        return cls.read(path)

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a file's key; raise DevelopmentKeyError where it holds none, FileNotFoundError without a file."""
        try:
            return cls._of(orjson.loads(path.read_bytes()))
        except ValueError:
            raise DevelopmentKeyError(
                Wording("{path} holds no key. Remove it; the next `token` makes another.", path=path)
            ) from None

    @classmethod
    def _of(cls, pair: object) -> Self:
        if not isinstance(pair, dict):
            raise ValueError("a key is an object")  # noqa: TRY004  # of JSON, so a wrong value
        signed({}, pair)
        return cls(pair, public_of(pair))

    def token(self, claims: Mapping[str, Any], now: float, seconds: float) -> str:
        """Return a token that says this, and holds for so many seconds."""
        told = {"iss": NAME, "aud": NAME, "iat": int(now), "exp": int(now + seconds), **claims}
        return signed(told, self._pair)
