"""Which language somebody is told things in: as their browser, their terminal or a setting says."""

from __future__ import annotations

import re
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class Language(StrEnum):
    """A language that everything is said in."""

    ENGLISH = "en"
    CHINESE = "zh"


VARIABLES: Final = ("CASEGRAPH_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")
"""Where the language of a process stands, the first that is set counting: our setting, then POSIX.1-2024, 8.2."""
MOST_RANGES: Final = 32
"""Languages of one header that are looked at: nobody reads more, and a stranger may name thousands."""

KNOWN: Final = {str(language): language for language in Language}
PRIMARY: Final = re.compile(r"[a-z]{2,8}(?![^-_.@])")
"""The subtag that names the language (RFC 5646, 2.2.1): what follows it is a region, a script, an encoding."""

_spoken: ContextVar[Language] = ContextVar("spoken", default=Language.ENGLISH)


def spoken() -> Language:
    """Return the language of whoever is being answered."""
    return _spoken.get()


def speak(language: Language) -> None:
    """Have this process speak a language, wherever nobody asks for another."""
    _spoken.set(language)


@contextmanager
def speaking(language: Language) -> Iterator[None]:
    """Answer in a language while inside."""
    before = _spoken.set(language)
    try:
        yield
    finally:
        _spoken.reset(before)


def language_of(tag: str) -> Language | None:
    """Return the language of a tag as `zh-Hans-CN`, `zh_CN.UTF-8` or `en`; None where we do not speak it."""
    found = PRIMARY.match(tag.strip().lower())
    return KNOWN.get(found[0]) if found else None


def language_of_header(header: str, default: Language) -> Language:
    """Return the language that an `Accept-Language` header likes best of ours (RFC 9110, 12.5.4)."""
    best, most = default, 0.0
    for part in header.split(",", MOST_RANGES)[:MOST_RANGES]:
        tag, _, parameter = part.partition(";")
        weight = _weight(parameter)
        found = default if tag.strip() == "*" else language_of(tag)
        if found is not None and weight > most:
            best, most = found, weight
    return best


def _weight(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    if not name:
        return 1.0
    try:
        return min(1.0, float(value)) if name.strip().lower() == "q" and value.isascii() else 0.0
    except ValueError:
        return 0.0


def language_of_process(environment: Mapping[str, str]) -> Language:
    """Return the language that a process's variables name, English where they name none of ours."""
    named = next((environment[name] for name in VARIABLES if environment.get(name)), "")
    return language_of(named) or Language.ENGLISH
