"""Where in what a source sent a record stood: in a file, which may come again, or in a push, which never does. Pure.

Connectors write positions for people: `tickets.xlsx sheet 2 row 17`, `letters/a.eml attachment 1`, `push record 3`.
"""

from __future__ import annotations

import re
from typing import Final

from graph.records import Channel

_UNITS: Final = r"(?: (?:sheet|row|line|record|letter|attachment) \d+)"
_WITHIN: Final = re.compile(rf"{_UNITS}+(?: to [a-z0-9 ]+)?\Z", re.ASCII)
_LAST: Final = re.compile(rf"{_UNITS}\Z", re.ASCII)
_ROW: Final = re.compile(r" row \d+\Z", re.ASCII)
_OBJECT: Final = re.compile(r" (?:row|record|line) \d+\Z", re.ASCII)
_ATTACHMENT: Final = re.compile(r" attachment \d+\Z", re.ASCII)
_LINE: Final = re.compile(r" line \d+\Z", re.ASCII)
STREAM: Final = "standard input"
"""What comes so has a suffix, but no name by which it would be known again."""


def is_one_record(position: str, channel: Channel) -> bool:
    """Tell whether one row or object stood there, rather than a letter, a whole file or a whole push."""
    # A line of a letter is where it goes wrong.
    return (_ROW if channel is Channel.LETTER else _OBJECT).search(position) is not None


def file_of(position: str) -> str:
    """Return the name of the file, or of the way, by which something came."""
    return _WITHIN.sub("", position)


def is_in_a_file(position: str) -> bool:
    """Tell whether something came in a file that may come again under its name."""
    name = file_of(position)
    return "." in name and not name.startswith(STREAM)


def places_of(position: str) -> tuple[str, ...]:
    """Return all that came in once a record at this position did: itself, and what it stood in, up to its file."""
    if not is_in_a_file(position):
        return ()
    places = [position]
    while (outer := _LAST.sub("", places[-1])) != places[-1]:
        places.append(outer)
    return tuple(places)


def refused_place(position: str, channel: Channel, records: int) -> str | None:
    """Return the place that has to come in before what was refused at a position has, None where nothing would tell."""
    if not is_in_a_file(position):
        return None
    if records > 1 or _ATTACHMENT.search(position):
        return rest_of(file_of(position))
    return _LINE.sub("", position) if channel is Channel.LETTER else position


def rest_of(name: str) -> str:
    """Return the place of what comes in with nothing less than a whole file."""
    return f"{name} rest"
