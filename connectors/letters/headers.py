"""A mail's headers as text: encoded by the standards, raw, or both; who sent it, when, and how its files are called."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from connectors.connector import UnreadableError
from connectors.encodings import decode
from connectors.letters.senders import name_and_address
from connectors.letters.words import WORD, read_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connectors.letters.message import Mail

LONGEST: Final = 4_000
"""Characters of a header that are read."""
_FOLD: Final = re.compile(r"[\r\n]+[ \t]*")
_NAMES: Final = (("filename", "content-disposition"), ("name", "content-type"))


def header(mail: Mail, name: str) -> str | None:
    """Return a header's text, decoded. Raises UnreadableError where its characters cannot be told."""
    raw = _raw(mail, name)
    return None if raw is None else _unfolded(raw, mail)


def _unfolded(raw: bytes, part: Mail) -> str:
    """Return a header's text from its bytes. Raises UnreadableError where those that are not ASCII cannot be told."""
    text = raw.decode("ascii") if raw.isascii() else decode(raw, _hint(raw, part)).text
    return read_words(_FOLD.sub(" ", text)).strip()[:LONGEST]


def _hint(raw: bytes, part: Mail) -> str | None:
    """Return what raw characters of a header may be written in: as an encoded word in it, or as the words below."""
    if word := WORD.search(raw.decode("latin-1")):
        return word[1]
    return next((charset for one in part.walk() if (charset := charset_of(one))), None)


def charset_of(part: Mail) -> str | None:
    """Return the name under which a part's characters are said to be written."""
    charset = part.get_param("charset")
    return charset[2] if isinstance(charset, tuple) else charset


def sender(mail: Mail) -> tuple[str | None, str | None]:
    """Return the sender's name and address; None for what is not there."""
    raw = next((found for name in ("from", "sender") if (found := _raw(mail, name)) is not None), b"")
    name, address = name_and_address(_FOLD.sub(" ", raw.decode("ascii"))) if raw.isascii() else ("", "")
    if "@" in address:
        name = _unfolded(name.encode(), mail)
    else:  # an address that is encoded with its name, or raw
        name, address = name_and_address(_unfolded(raw, mail))
    name = name.strip("\"' \t")
    return (None if not name or "@" in name else name), address or None


def times(mail: Mail) -> Iterator[tuple[str, str]]:
    """Yield the headers that say when a mail came, and what: the last station's stamp, then the sender's own."""
    for name in ("received", "date"):
        try:
            said = header(mail, name)
        except UnreadableError:
            continue
        if said and (name == "date" or ";" in said):
            yield name, said.rpartition(";")[2].strip()


def file_name(part: Mail) -> str | None:
    """Return the name of an attachment, whichever way it is encoded; None where it has none that can be read."""
    for given in _names(part):
        try:
            if isinstance(given, tuple):
                charset, _, value = given
                return decode(value.encode("latin-1", "surrogateescape"), charset or None).text
            return _unfolded(_bytes(given.strip('"')), part)
        except (UnreadableError, UnicodeError):
            continue
    return None


def _names(part: Mail) -> Iterator[str | tuple[str | None, str | None, str]]:
    """Yield the names that an attachment has; one that says its encoding before the plain one for old programs."""
    for name, place in _NAMES:
        given = [value for key, value in part.get_params([], place) if key.lower() == name]
        yield from sorted(given, key=lambda value: not isinstance(value, tuple))


def _raw(mail: Mail, name: str) -> bytes | None:
    """Return the first header of a name as its bytes."""
    raw = next((value for key, value in mail.raw_items() if key.lower() == name), None)
    return None if raw is None else _bytes(raw)


def _bytes(raw: str) -> bytes:
    """Return what the parser read: it keeps bytes that are not ASCII as half characters."""
    return raw.encode("utf-8", "surrogateescape")
