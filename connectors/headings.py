"""Which field a heading means: the usual Chinese variants, which are data, and mapping files for all others."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from connectors.fields import Field
from connectors.vocabulary import known, normal
from wording import Wording

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from graph.records import Channel

LONGEST: Final = 40
"""Characters of a heading; a longer cell is a title or a text."""

_BRACKETED: Final = re.compile(r"[(\[【〔<《][^()\[\]【】〔〕<>《》]*[)\]】〕>》]")


class MappingError(ValueError):
    """A mapping file cannot be used as it is. The message says which line of it to change."""


@dataclass(frozen=True, slots=True)
class HeadingMap:
    """What a mapping file says. Its headings come before those that are known."""

    headings: Mapping[str, Field]
    """Normal headings to fields."""
    ignored: frozenset[str] = frozenset()
    """Normal headings that mean nothing here though they look known."""
    values: Mapping[Field, Mapping[str, str]] = field(default_factory=dict)
    """By field: what a sheet writes, and the known word for it."""


def spellings(heading: str) -> Iterable[str]:
    """Yield the normal forms a heading is looked up by: whole, then without what stands in brackets."""
    whole = normal(heading)
    yield whole
    bare = _BRACKETED.sub("", whole)
    if bare and bare != whole:
        yield bare


def examples(channel: Channel, name: Field, count: int = 4) -> str:
    """Return some headings of a field for a message to people."""
    variants = [heading for heading, (meant, _) in known(channel).items() if meant is name and not heading.isascii()]
    return "、".join(variants[:count])


def meaning(heading: str, channel: Channel, mapping: HeadingMap | None = None) -> tuple[Field, int] | None:
    """Return the field that a heading means and its rank, None where it means none that is read."""
    if not heading or len(heading) > LONGEST:
        return None
    table = known(channel)
    for spelling in spellings(heading):
        if mapping is not None:
            if spelling in mapping.headings:
                return mapping.headings[spelling], -2
            if spelling in mapping.ignored:
                return None
        if spelling in table:
            return table[spelling]
    return None


def load_mapping(path: Path) -> HeadingMap:
    """Read a mapping file. Raises MappingError, OSError."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise MappingError(
            Wording("{name} is no TOML file in UTF-8: {error}. Correct it there.", name=path.name, error=error)
        ) from error
    return read_mapping(table, path.name)


def read_mapping(table: Mapping[str, Any], name: str) -> HeadingMap:
    """Check the tables `headings`, `values` and the list `ignored` of a mapping file. Raises MappingError."""
    if unknown := set(table) - {"headings", "values", "ignored"}:
        raise MappingError(
            Wording(
                "{name}: there is no `{unknown}`. Known are headings, values, ignored.", name=name, unknown=min(unknown)
            )
        )
    headings: dict[str, Field] = {}
    for key, given in _table(table, "headings", name).items():
        for heading in given if isinstance(given, list) else [given]:
            headings[normal(_text(heading, name, key))] = _field(key, name)
    values = {
        _field(key, name): {word.strip(): _text(meant, name, key) for word, meant in _words(words, name, key).items()}
        for key, words in _table(table, "values", name).items()
    }
    ignored = frozenset(normal(_text(heading, name, "ignored")) for heading in table.get("ignored", []))
    if not (headings or values or ignored):
        raise MappingError(
            Wording('{name} maps nothing. Write lines such as `text = "事情经过"` under [headings].', name=name)
        )
    return HeadingMap(headings, ignored, values)


def _table(table: Mapping[str, Any], part: str, name: str) -> Mapping[str, Any]:
    found = table.get(part, {})
    if not isinstance(found, dict):
        raise MappingError(
            Wording("{name}: `{part}` must be a table: write [{part}] above its lines.", name=name, part=part)
        )
    return found


def _words(words: object, name: str, key: str) -> Mapping[str, object]:
    if not isinstance(words, dict):
        raise MappingError(Wording("{name}: values.{key} must be a table of words.", name=name, key=key))
    return words


def _text(value: object, name: str, key: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise MappingError(
            Wording("{name}: {key} must be text in quotation marks, or a list of such.", name=name, key=key)
        )
    return value


def _field(key: str, name: str) -> Field:
    try:
        return Field(key)
    except ValueError:
        raise MappingError(
            Wording("{name}: there is no field `{key}`. Known are {field}.", name=name, key=key, field=", ".join(Field))
        ) from None
