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
    from collections.abc import Iterator, Mapping, Sequence

    from PIL.Image import Image

MEMORY: Final = 4 * 1_073_741_824
"""Bytes of memory that it may ask for: it takes under one of four billion for a page."""
LEAST: Final = 0.5
"""How sure the library must be of a line: below, what it sees in a photograph is hardly writing."""
IDLE: Final = 60.0
"""Seconds without a request after which it ends: it holds half a gigabyte."""


class Engine:
    """The library that recognises, loaded once."""

    def __init__(self) -> None:
        from rapidocr import RapidOCR  # noqa: PLC0415  # takes a second, after the limits are set
        from rapidocr.main import RapidOCRError  # noqa: PLC0415

        logging.disable(logging.CRITICAL)
        # One thread: letters come by the hundred, and intake and index want the other cores.
        threads = {f"EngineConfig.onnxruntime.{kind}_op_num_threads": 1 for kind in ("intra", "inter")}
        self._engine = RapidOCR(params={"Global.log_level": "critical", **threads})
        self._nothing = RapidOCRError

    def page(self, picture: Image) -> dict[str, Any]:
        """Return the size of a page, whether its lines stand on their heads, and each with its corners, clockwise."""
        pixels, record = self._engine.preprocess_img(self._engine.load_img(picture))
        height, width = pixels.shape[:2]
        told: dict[str, Any] = {"size": (width, height), "turned": False, "lines": []}
        with suppress(self._nothing):  # no writing is found there
            strips, boxes = self._engine.detect_and_crop(pixels, record)
            _, ways = self._engine.cls_and_rotate(strips)
            # All lines of a page stand the same way: a single one is easily mistaken, the most of them are not.
            told["turned"] = turned = _most(
                [strip.shape[1] for strip in strips], [way == "180" for way, _ in ways.cls_res]
            )
            found = self._engine.recognize_txt([strip[::-1, ::-1].copy() if turned else strip for strip in strips])
            told["lines"] = [
                {"corners": box.tolist(), "text": text, "score": float(score)}
                for box, text, score in zip(boxes.boxes, found.txts, found.scores, strict=True)
                if text.strip() and score >= LEAST
            ]
        return told


def _most(weights: Sequence[int], holds: Sequence[bool]) -> bool:
    """Tell whether something holds of more than half."""
    return sum(weight if held else -weight for weight, held in zip(weights, holds, strict=True)) > 0


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
        yield {"page": number, **engine.page(page)}


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
