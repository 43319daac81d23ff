"""Who of us uses how much: processor time and memory of a process tree, watched while something runs."""

from __future__ import annotations

import threading
from collections import defaultdict
from typing import TYPE_CHECKING, Final, Self

import psutil

if TYPE_CHECKING:
    from types import TracebackType

LOOK_EVERY: Final = 0.2


class Watch:
    """Watches this process, its children, and PostgreSQL's, from `with` to its end."""

    def __init__(self, postmaster: int) -> None:
        self._postmaster = psutil.Process(postmaster)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._first: dict[int, float] = {}
        self._last: dict[int, tuple[str, float]] = {}
        self.peak: dict[str, int] = defaultdict(int)
        """Bytes that processes of one name held at most, of PostgreSQL's what is their own."""

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
        while True:
            ended = self._ended.wait(LOOK_EVERY)
            here = psutil.Process()
            found = {"intake": [here], "postgres": [self._postmaster, *self._children(self._postmaster)]}
            for child in self._children(here):
                found.setdefault(self._name(child), []).append(child)
            for name, processes in found.items():
                self._note(name, processes)
            if ended:
                return

    def _note(self, name: str, processes: list[psutil.Process]) -> None:
        held = 0
        for process in processes:
            try:
                times, memory = process.cpu_times(), process.memory_full_info()
            except psutil.Error:
                continue
            used = times.user + times.system
            self._first.setdefault(process.pid, used if name in {"intake", "postgres"} else 0.0)
            self._last[process.pid] = (name, used)
            held += memory.uss
        self.peak[name] = max(self.peak[name], held)

    @staticmethod
    def _children(process: psutil.Process) -> list[psutil.Process]:
        try:
            return process.children(recursive=True)
        except psutil.Error:
            return []

    def _name(self, child: psutil.Process) -> str:
        try:
            words = " ".join(child.cmdline())
        except psutil.Error:
            return "others"
        if "resource_tracker" in words:
            return "others"
        # The reader is started with each plan, the worker once before: the older of ours indexes.
        return "reading" if child.pid > self._worker() else "indexing"

    def _worker(self) -> int:
        ours = [one.pid for one in self._children(psutil.Process()) if self._spawned(one)]
        return min(ours, default=0)

    @staticmethod
    def _spawned(process: psutil.Process) -> bool:
        try:
            return "spawn_main" in " ".join(process.cmdline())
        except psutil.Error:
            return False
