"""Who of us uses how much: processor time and memory of a process tree, watched while something runs."""

from __future__ import annotations

import multiprocessing
import threading
from collections import defaultdict
from typing import TYPE_CHECKING, Final, Self

import psutil

if TYPE_CHECKING:
    from types import TracebackType

LOOK_EVERY: Final = 2.0
"""Seconds. Each look takes the interpreter from the thread that is measured: at half a second, a tenth of its time."""
NAMES: Final = {"casegraph-reader": "reading", "casegraph-work": "indexing"}
"""What our own processes do, by their names."""


class Watch:
    """Watches this process, its children, and PostgreSQL's, from `with` to its end."""

    def __init__(self, postmaster: int) -> None:
        self._postmaster = psutil.Process(postmaster)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._first: dict[int, float] = {}
        self._last: dict[int, tuple[str, float]] = {}
        self.peak: dict[str, int] = defaultdict(int)
        """Bytes that processes of one name held at most for themselves."""

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._ended.set()
        self._thread.join()

    def seconds(self) -> dict[str, float]:
        """Return the processor time that processes of each name used meanwhile."""
        used: dict[str, float] = defaultdict(float)
        for pid, (name, last) in self._last.items():
            used[name] += last - self._first[pid]
        return dict(used)

    def _look(self) -> None:
        here = psutil.Process()
        ended, first = False, True
        while True:
            found = {"intake": [here], "postgres": [self._postmaster, *_children(self._postmaster)]}
            for child in multiprocessing.active_children():
                found[NAMES.get(child.name, "others")] = _process(child.pid)
            for name, processes in found.items():
                self._note(name, processes, before=first)
            if ended:
                return
            ended, first = self._ended.wait(LOOK_EVERY), False

    def _note(self, name: str, processes: list[psutil.Process], *, before: bool) -> None:
        """Note what processes used; what those that were there `before` had used by then is no part of it."""
        held = 0
        for process in processes:
            try:
                times, memory = process.cpu_times(), process.memory_info()
            except psutil.Error:
                continue
            # Not what is mapped from files: an index's segments are the page cache's, which gives them up when asked.
            held += memory.rss - memory.shared
            used = times.user + times.system
            self._first.setdefault(process.pid, used if before else 0.0)
            self._last[process.pid] = (name, used)
        self.peak[name] = max(self.peak[name], held)


def _process(pid: int | None) -> list[psutil.Process]:
    try:
        return [psutil.Process(pid)]
    except psutil.Error:
        return []


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.Error:
        return []
