"""Text recognition: asks a process of its own to read pictures, and ends it where it hangs or asks for too much.

The process is optional (`requirements-ocr.txt`). The first scan starts it, one at a time is read, and after a minute
without any it ends. What a stranger sends may bring it down: then that file is refused, and the next starts it anew.
"""

from __future__ import annotations

import atexit
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import orjson

from connectors.connector import UnreadableError
from connectors.letters import page_lines
from graph.records import RejectionReason
from wording import Wording

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from connectors.connector import Limits

Page = dict[str, Any]
"""What the process tells of a page: its number, its size, and its lines with their corners."""
ROOT: Final = Path(__file__).parents[2]
LIBRARIES: Final = ("PIL", "onnxruntime", "pypdfium2", "rapidocr")
INSTALL: Final = "python -m pip install --no-deps --require-hashes -r requirements-ocr.txt"
COMMAND: Final = (sys.executable, "-m", "connectors.letters.recogniser")
STARTING: Final = 60.0
"""Seconds that it may take to load besides those for the first page."""


@dataclass(frozen=True, slots=True)
class Recognised:
    """What a file says, and how sure the recognition was of it, 0 to 1; None where nothing had to be recognised."""

    text: str
    confidence: float | None


def missing() -> list[str]:
    """Return the libraries that recognition lacks; none where it can be used."""
    return [name for name in LIBRARIES if find_spec(name) is None]


def require(limits: Limits) -> None:
    """Raise UnreadableError, which says what to do, where recognition is turned off or not installed."""
    if not limits.pages:
        message = Wording(
            "It is a picture of a letter, and recognition is turned off here (CASEGRAPH_SCAN_PAGES). Type it."
        )
        raise UnreadableError(RejectionReason.MISSING_FIELD, message)
    if missing():
        message = Wording(
            "It is a picture of a letter, and text recognition is not installed here. Install it "
            "(`{install}`) and take the file in again, or enter the letter in the register of letters.",
            install=INSTALL,
        )
        raise UnreadableError(RejectionReason.MISSING_FIELD, message)


def recognise(content: bytes, limits: Limits, *, pdf: bool, pages: Sequence[int] | None = None) -> list[Page]:
    """Return what stands where on each page, or on those of a PDF that are named. Raises UnreadableError."""
    require(limits)
    asked = {"pdf": pdf, "pages": pages, "most": limits.pages, "size": len(content)}
    return RECOGNISER.read(asked, content, limits)


def told(pages: Sequence[Page]) -> Recognised:
    """Return the text of pages."""
    return Recognised(page_lines.text_of(pages), page_lines.confidence(pages))


class Recogniser:
    """The process, while there is one."""

    def __init__(self, command: Sequence[str] = COMMAND, starting: float = STARTING) -> None:
        self._command, self._starting = command, starting
        self._turn = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._closed = False

    def read(self, asked: Mapping[str, Any], content: bytes, limits: Limits) -> list[Page]:
        """Return what the process tells of each page that it is asked for. Raises UnreadableError.

        Whoever finds it busy waits as long as their own file may take at most.
        """
        if not self._turn.acquire(timeout=limits.page_seconds * limits.pages):
            message = Wording("The text recognition is busy with other scans. Take it in again later.")
            raise UnreadableError(RejectionReason.UNREADABLE, message)
        try:
            return self._read(asked, content, limits)
        finally:
            self._turn.release()

    def open(self) -> None:
        """Start the process again where it is needed."""
        self._closed = False

    def close(self) -> None:
        """End the process; what it is at is not read, nor is anything after it."""
        self._closed = True
        if (process := self._process) is not None:
            process.kill()
        with self._turn:
            self._end()

    def _read(self, asked: Mapping[str, Any], content: bytes, limits: Limits) -> list[Page]:
        if self._is_there():
            # It ends by itself where nothing comes for a while, perhaps just now.
            with suppress(OSError):
                return self._asked(asked, content, limits.page_seconds, limits)
        try:
            return self._asked(asked, content, limits.page_seconds + self._starting, limits)
        except OSError as error:
            message = Wording("It brings the text recognition down. Scan it anew, or save it in another form.")
            raise UnreadableError(RejectionReason.UNREADABLE, message) from error

    def _asked(self, asked: Mapping[str, Any], content: bytes, seconds: float, limits: Limits) -> list[Page]:
        """Ask the process. Raises OSError where it dies, UnreadableError."""
        watch = _Watch(self._running())
        try:
            watch.set(seconds)
            return _told_of(watch, orjson.dumps(asked) + b"\n" + content, limits)
        except UnreadableError:
            raise
        except BaseException:
            self._end()  # what it still says would be taken for the next file's
            if watch.ended:
                message = Wording(
                    "Its text was not recognised within {page_seconds:g} seconds a page. Scan it anew, in black "
                    "and white.",
                    page_seconds=limits.page_seconds,
                )
                raise UnreadableError(RejectionReason.UNREADABLE, message) from None
            raise
        finally:
            watch.set(None)

    def _is_there(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or not self._is_there():
            self._end()
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=ROOT
            )
        if self._closed:  # asked last: whoever closes ends the process that is there
            self._end()
            raise BrokenPipeError
        return self._process

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None


class _Watch:
    """Ends a process that does not answer in time."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self.ended = False
        self._timer: threading.Timer | None = None

    def set(self, seconds: float | None) -> None:
        """Give it so many seconds from now on, or leave it alone."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None
        if seconds is not None:
            self._timer = threading.Timer(seconds, self._end)
            self._timer.daemon = True
            self._timer.start()

    def _end(self) -> None:
        self.ended = True
        self.process.kill()


def _told_of(watch: _Watch, request: bytes, limits: Limits) -> list[Page]:
    """Return what is answered of each page, each in its time. Raises OSError, UnreadableError."""
    found: list[Page] = []
    for answer in _exchange(watch.process, request):
        watch.set(limits.page_seconds)
        if "page" not in answer:
            _check(answer, limits)
            return found
        found.append(answer)
    raise BrokenPipeError


def _exchange(process: subprocess.Popen[bytes], request: bytes) -> Iterator[dict[str, Any]]:
    """Send a request and yield the answers to it. Raises OSError."""
    if process.stdin is None or process.stdout is None:
        raise BrokenPipeError
    process.stdin.write(request)
    process.stdin.flush()
    for line in process.stdout:
        try:
            yield orjson.loads(line)
        except ValueError as error:
            raise BrokenPipeError from error


def _check(answer: Mapping[str, Any], limits: Limits) -> None:
    """Raise UnreadableError where an answer says that the file cannot be read to its end."""
    match answer.get("fault"):
        case None:
            return
        case "TOO_LARGE":
            message = Wording(
                "It is a scan of {answer} pages, at most {pages} are recognised. Split it.",
                answer=answer["count"],
                pages=limits.pages,
            )
            raise UnreadableError(RejectionReason.TOO_LARGE, message)
        case "BOMB":
            message = Wording("Its picture unpacks to far more than a page is. Scan it anew, at 300 dots per inch.")
            raise UnreadableError(RejectionReason.BOMB, message)
    message = Wording("Its picture is cut off or damaged. Copy it again, or scan it anew.")
    raise UnreadableError(RejectionReason.UNREADABLE, message)


@contextmanager
def ended() -> Iterator[None]:
    """End the process behind what is done inside, so that no thread that waits for it holds anybody up."""
    RECOGNISER.open()
    try:
        yield
    finally:
        RECOGNISER.close()


RECOGNISER: Final = Recogniser()
atexit.register(RECOGNISER.close)
