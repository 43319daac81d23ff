"""How a process ends when Ctrl-C, SIGTERM or the end of its terminal says so: in good order, but within a moment.

The first signal cancels what runs, and its `finally` blocks close what is open. Whatever then does not end in time, a
thread that nobody can cancel or a disk that hangs, is cut off: that loses nothing, since every step of ours can be
killed at any moment. What would outlive this process is ended by its last resorts before. Further signals change
nothing.

It imports nothing of ours: a signal may come while everything else is still being imported.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

IN_GOOD_ORDER: Final = 1.0
"""Seconds that closing may take. Two are promised, and the last resorts take some."""
SIGNALLED: Final = 128
"""What shells add to a signal's number to make an exit code."""
NAMES: Final = {signal.SIGINT: "Ctrl-C", signal.SIGHUP: "SIGHUP, since its terminal was closed"}
ENDED: Final = "Ended by {name}. What was acknowledged is kept.\n"
CUT_OFF: Final = "Ended by {name}, before all was closed in good order. What was acknowledged is kept.\n"
STANDARD_ERROR: Final = 2


class Ending:
    """The end of this process. There is one of it, as there is one process."""

    def __init__(self) -> None:
        self.caught: signal.Signals | None = None
        """The signal that ends this process."""
        self._cancel: Callable[[], object] | None = None
        self._resorts: list[Callable[[], object]] = []
        self._tells = False
        self._woken, self._waking = -1, -1

    def listen(self, numbers: tuple[signal.Signals, ...], *, tells: bool) -> None:
        """Have these signals end this process from here on; a process that `tells` says so in one line."""
        self._tells = tells
        for number in numbers:
            # `nohup` has processes ignore the end of their terminal, which is then meant so.
            if number is not signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._hear)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, numbers)

    @contextmanager
    def cancelling(self, cancel: Callable[[], object]) -> Iterator[None]:
        """Have a signal call `cancel` while inside: there is something to be closed. Outside, it ends us at once."""
        self._woken, self._waking = os.pipe()
        # Started now: a handler may interrupt whatever holds the locks that starting a thread needs.
        threading.Thread(target=self._keep_time, name="casegraph-ending", daemon=True).start()
        self._cancel = cancel
        try:
            yield
        finally:
            self._cancel = None

    @contextmanager
    def last_resort(self, call: Callable[[], object]) -> Iterator[None]:
        """Have `call` end what would outlive this process where that is cut off. The inner ones go first."""
        self._resorts.append(call)
        try:
            yield
        finally:
            self._resorts.remove(call)

    def tell(self) -> None:
        """Say by what this process ends, where it says that at all."""
        self._say(ENDED)

    def code(self) -> int:
        """Return the exit code that tells of the signal."""
        assert self.caught is not None  # noqa: S101  # whoever asks has seen one
        return SIGNALLED + self.caught

    def _hear(self, number: int, _: FrameType | None) -> None:
        if self.caught is not None:
            return
        self.caught = signal.Signals(number)
        if self._cancel is None:
            self._say(ENDED)
            os._exit(self.code())
        os.write(self._waking, b"\0")
        self._cancel()

    def _keep_time(self) -> None:
        os.read(self._woken, 1)
        time.sleep(IN_GOOD_ORDER)
        for call in self._resorts[::-1]:
            with suppress(Exception):
                call()
        self._say(CUT_OFF)
        os._exit(self.code())

    def _say(self, words: str) -> None:
        said, self._tells = self._tells, False
        if said and self.caught is not None:
            # Not by a stream, whose lock the interrupted code may hold. The terminal may be gone.
            with suppress(OSError):
                os.write(STANDARD_ERROR, words.format(name=NAMES.get(self.caught, self.caught.name)).encode())


ENDING: Final = Ending()
OF_A_COMMAND: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
OF_A_CHILD: Final = (signal.SIGTERM,)
"""What is said to a process beside a command: a terminal's signals are for the command, which ends it."""
