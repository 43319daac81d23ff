"""The process that recognises writing: `python -m connectors.letters.recogniser`, started by `recognising`.

It reads requests from its input, each a line of JSON and the file behind it, and answers a line for each page. It ends
with its input, so it never outlives who started it. Nothing is fetched: the models come with the package.
"""

from __future__ import annotations

import logging
import os
import queue
import resource
import signal
import sys
import threading
from contextlib import redirect_stdout, suppress
from typing import TYPE_CHECKING, Any, BinaryIO, Final

import orjson

from connectors.letters import pictures

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from PIL.Image import Image

MEMORY: Final = 4 * 1_073_741_824
"""Bytes of memory that it may ask for: it takes under one of four billion for a page."""
IDLE: Final = 60.0
"""Seconds without a request after which it ends: it holds half a gigabyte."""


class Engine:
    """The library that recognises, loaded once."""

    def __init__(self) -> None:
        from rapidocr import RapidOCR  # noqa: PLC0415  # takes a second, after the limits are set

        logging.disable(logging.CRITICAL)
        # One thread: letters come by the hundred, and intake and index want the other cores.
        threads = {f"EngineConfig.onnxruntime.{kind}_op_num_threads": 1 for kind in ("intra", "inter")}
        self._engine = RapidOCR(params={"Global.log_level": "critical", **threads})

    def lines(self, page: Image) -> tuple[tuple[int, int], list[dict[str, Any]]]:
        """Return the size of the picture that was read, and each line with its corners, clockwise from its start."""
        picture, record = self._engine.preprocess_img(self._engine.load_img(page))
        boxes, turns, found, _ = self._engine.run_ocr_steps(picture, record)
        height, width = picture.shape[:2]
        if found.txts is None:
            return (width, height), []
        told = zip(boxes.boxes, turns.cls_res, found.txts, found.scores, strict=True)
        return (width, height), [
            {"corners": box.tolist(), "turned": turn[0] == "180", "text": text, "score": float(score)}
            for box, turn, text, score in told
        ]


def answers(engine: Engine, asked: Mapping[str, Any], content: bytes) -> Iterator[dict[str, Any]]:
    """Yield what each page says, then that this was all, or why it ends early."""
    pages = _pages(asked, content)
    while True:
        try:
            number, page = next(pages)
        except StopIteration:
            yield {"end": True}
            return
        except pictures.BombError:
            yield {"fault": "BOMB"}
            return
        except pictures.TooManyPagesError as error:
            yield {"fault": "TOO_LARGE", "count": error.count}
            return
        except Exception:  # noqa: BLE001 - whatever a library raises is about what it was given
            yield {"fault": "DAMAGED"}
            return
        size, lines = engine.lines(page)
        yield {"page": number, "size": size, "lines": lines}


def _pages(asked: Mapping[str, Any], content: bytes) -> Iterator[tuple[int, Image]]:
    if asked["pdf"]:
        return pictures.of_pdf(content, asked["pages"], asked["most"])
    return pictures.of_picture(content, asked["most"])


def _requests(stream: BinaryIO, waiting: queue.SimpleQueue[tuple[dict[str, Any], bytes]]) -> None:
    """Read requests until the input ends; then end the process, whatever it is at."""
    while line := stream.readline():
        asked = orjson.loads(line)
        waiting.put((asked, stream.read(asked["size"])))
    os._exit(0)


def main() -> None:
    """Answer until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    output = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    waiting: queue.SimpleQueue[tuple[dict[str, Any], bytes]] = queue.SimpleQueue()
    threading.Thread(target=_requests, args=(sys.stdin.buffer, waiting), daemon=True).start()
    with redirect_stdout(sys.stderr):  # a library's own words are no answers
        engine = Engine()
        while True:
            try:
                asked, content = waiting.get(timeout=IDLE)
            except queue.Empty:
                return
            for answer in answers(engine, asked, content):
                output.write(orjson.dumps(answer) + b"\n")
                output.flush()


if __name__ == "__main__":
    main()
