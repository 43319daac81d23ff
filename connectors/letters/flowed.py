"""Paragraphs that a mail program cut into lines to be put together again (RFC 3676). Pure.

A blank at the end of a line says that the next one goes on with it; where blanks part no words, as in Chinese, the
program says that it is to be deleted (DelSp).
"""

from __future__ import annotations

from typing import Final

SIGNATURE: Final = "-- "
"""The line above a signature: its blank says nothing."""


def unflowed(text: str, *, delete: bool) -> str:
    """Return a text with its paragraphs on a line each; `delete` the blanks at which they were cut."""
    paragraphs: list[list[str]] = []
    going_on: str | None = None
    """How deep the paragraph is quoted that the last line did not end."""
    for line in text.splitlines():
        said = line.lstrip(">")
        quoted = line[: len(line) - len(said)]
        said = said.removeprefix(" ")  # which the program put there, so that the line does not look like another
        if going_on != quoted or said == SIGNATURE:
            paragraphs.append([f"{quoted} "] if quoted else [])
        going_on = quoted if said.endswith(" ") and said != SIGNATURE else None
        paragraphs[-1].append(said[:-1] if delete and going_on is not None else said)
    return "\n".join("".join(pieces) for pieces in paragraphs)
