"""What a person at the terminal reads: bars where there is a terminal, plain lines where there is none.

Nothing else imports rich. Results go to the standard output, complaints and progress to the standard error stream.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, Protocol

from rich.console import Console

from casegraph.ending import ENDING
from wording.catalogue import told

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.progress import Progress

    from wording import Wording

EVERY: Final = 5.0
"""Seconds between two plain lines of progress."""

OUT: Final = Console(soft_wrap=True, markup=False, highlight=False, emoji=False)
ERR: Final = Console(soft_wrap=True, markup=False, highlight=False, emoji=False, stderr=True)


def show(line: str = "") -> None:
    """Print a result that is the same in each language: ids, names, figures."""
    OUT.print(line)


def say(line: Wording) -> None:
    """Tell a result, in the language of the terminal."""
    OUT.print(told(line))


def complain(line: Wording) -> None:
    """Tell what is wrong, in the language of the terminal."""
    ERR.print(told(line))


class Steps(Protocol):
    """One bar: `total` steps, some of them done, and a few words about the state."""

    def advance(self, steps: int, words: str = "") -> None:
        """Go on by some steps."""

    def reach(self, done: int, words: str = "") -> None:
        """Stand at so many steps."""


class _Bar:
    def __init__(self, bars: Progress, name: str, total: int | None) -> None:
        self._bars = bars
        self._task = bars.add_task(name, total=total, words="")

    def advance(self, steps: int, words: str = "") -> None:
        self._bars.update(self._task, advance=steps, words=words)

    def reach(self, done: int, words: str = "") -> None:
        self._bars.update(self._task, completed=done, words=words)


class _Lines:
    def __init__(self, name: str, total: int | None) -> None:
        self._name, self._total = name, total
        self._done = 0
        self._words = ""
        self._next = time.monotonic() + EVERY

    def advance(self, steps: int, words: str = "") -> None:
        self.reach(self._done + steps, words)

    def reach(self, done: int, words: str = "") -> None:
        self._done, self._words = done, words
        if time.monotonic() >= self._next:
            self.tell()

    def tell(self) -> None:
        of = f" of {self._total:,}" if self._total is not None else ""
        ERR.print(f"{self._name}: {self._done:,}{of} {self._words}".rstrip())
        self._next = time.monotonic() + EVERY


def _show_cursor() -> None:
    """Leave the terminal as it was, below the bars."""
    ERR.file.write("\x1b[?25h\n")
    ERR.file.flush()


@contextmanager
def steps(name: str, total: int | None = None) -> Iterator[Steps]:
    """Show how something goes on while it lasts."""
    if not ERR.is_terminal:
        lines = _Lines(name, total)
        yield lines
        lines.tell()
        return
    from rich.progress import (  # noqa: PLC0415  # most commands show no bar
        BarColumn,
        MofNCompleteColumn,
        Progress,
        SpinnerColumn,
        TextColumn,
        TimeElapsedColumn,
    )

    columns = (
        SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
        TextColumn("{task.fields[words]}"),
    )  # fmt: skip
    with ENDING.last_resort(_show_cursor), Progress(*columns, console=ERR) as bars:
        yield _Bar(bars, name, total)
