"""The taxonomy of topics: three levels as data, and what a source calls a topic resolved to its path.

A path is written `城乡建设/安全生产/安全隐患`, and so are the paths of the two levels above.
"""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from graph.text.nfkc import nfkc

if TYPE_CHECKING:
    from collections.abc import Iterable

TABLE: Final = Path(__file__).parent / "rules" / "topics.tsv"
SEPARATOR: Final = "/"
_NO_NAME: Final = re.compile(r"[\W_]+")


def _squeezed(text: str) -> str:
    """Leave letters and digits: blanks, separators and widths differ from sheet to sheet, and 、 is in names too."""
    return _NO_NAME.sub("", nfkc(text)).casefold()


@cache
def topic_paths() -> tuple[str, ...]:
    """Return the paths of the lowest level as the project's table has them."""
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    return tuple(SEPARATOR.join(line.split("\t")) for line in lines)


class Taxonomy:
    """The topics of an instance, in the order of its table."""

    def __init__(self, paths: Iterable[str] | None = None) -> None:
        self._children: defaultdict[str, list[str]] = defaultdict(list)
        self._all: dict[str, None] = {}
        for path in topic_paths() if paths is None else paths:
            self._add(path)
        self._exact: dict[str, set[str]] = defaultdict(set)
        self._endings: dict[str, set[str]] = defaultdict(set)
        for path in self._all:
            parts = path.split(SEPARATOR)
            self._exact[_squeezed(path)].add(path)
            for start in range(1, len(parts)):
                self._endings[_squeezed(SEPARATOR.join(parts[start:]))].add(path)

    def _add(self, path: str) -> None:
        parts = path.split(SEPARATOR)
        for depth in range(1, len(parts) + 1):
            topic = SEPARATOR.join(parts[:depth])
            if topic not in self._all:
                self._all[topic] = None
                self._children[SEPARATOR.join(parts[: depth - 1])].append(topic)

    def all(self) -> tuple[str, ...]:
        """Return every topic of every level by its path, each before the topics below it."""
        return tuple(self._all)

    def children(self, path: str | None = None) -> tuple[str, ...]:
        """Return the topics right below one; without a path those at the top. An unknown path has none."""
        return tuple(self._children.get(path or "", ()))

    def resolve(self, given: str | None) -> str | None:
        """Return the path of what a source gave: a path or its end, or a name of any level, where only one topic fits.

        Separators, blanks and widths may be any. A whole path goes before an ending: 交通运输 is the topic at the top.
        """
        key = _squeezed(given or "")
        for named in (self._exact, self._endings):
            if found := named.get(key):
                return next(iter(found)) if len(found) == 1 else None
        return None
