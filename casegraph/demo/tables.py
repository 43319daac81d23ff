"""A channel's tables as one stream: when a file is full the next begins, in the next of the channel's forms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from types import TracebackType

    from casegraph.demo.forms import Layout
    from casegraph.demo.sheets import Cell, Sheet
    from casegraph.demo.stories import Story


@dataclass(frozen=True, slots=True)
class Form:
    """One form of table."""

    suffix: str
    layout: Layout
    open: Callable[[Path, tuple[str, ...]], Sheet]


class Tables:
    """Numbered files of at most so many stories each."""

    def __init__(self, folder: Path, name: str, forms: tuple[Form, ...], per_file: int) -> None:
        self._folder = folder
        self._name = name
        self._forms = forms
        self._per_file = per_file
        self._files = 0
        self._stories = 0
        self._sheet: Sheet | None = None
        self._path = folder

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    @property
    def form(self) -> Form:
        """The form of the file that is being written."""
        return self._forms[(self._files - 1) % len(self._forms)]

    def write(self, story: Story, *, times: int = 1) -> Path:
        """Write a story's row, as often as asked, and return the file."""
        sheet = self._ready()
        row = self.form.layout.row(story)
        for _ in range(times):
            sheet.write(row)
        self._stories += 1
        return self._path

    def spoil(self, story: Story, changes: Mapping[str, Cell]) -> None:
        """Write a row in which the cells below these headings are other than they should be."""
        sheet = self._ready()
        headings = self.form.layout.headings
        row = zip(headings, self.form.layout.row(story), strict=True)
        sheet.write([changes.get(heading, cell) for heading, cell in row])

    def _ready(self) -> Sheet:
        if self._sheet is None or self._stories >= self._per_file:
            self._close()
            self._files += 1
            self._stories = 0
            self._path = self._folder / f"{self._name}_{self._files:02d}{self.form.suffix}"
            self._sheet = self.form.open(self._path, self.form.layout.headings)
        return self._sheet

    def _close(self) -> None:
        if self._sheet is not None:
            self._sheet.close()
            self._sheet = None
