"""How well and how fast the writing in scans is recognised, beside tesseract where that is on the machine.

Pages of invented letters are drawn with the Chinese fonts of this machine, and spoilt as scanners, telephones and faxes
spoil them. The error rate counts the characters to be changed, left out or put in, blanks and width aside.
"""

from __future__ import annotations

import io
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import unicodedata
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final

import psutil

from bench.table import Row
from casegraph.demo.letters import paragraphs
from casegraph.demo.stories import StoryPlan, Town
from connectors.connector import Limits
from connectors.letters import recognising
from graph.records import Channel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from PIL.Image import Image

FONTS: Final = (
    ("opentype/noto/NotoSerifCJK-Regular.ttc", 2), ("truetype/wqy/wqy-microhei.ttc", 0),
    ("truetype/arphic-gkai00mp/gkai00mp.ttf", 0), ("opentype/noto/NotoSansCJK-Regular.ttc", 2),
)  # fmt: skip
"""Song, Hei, Kai and a screen's font, of Debian's fonts-noto-cjk, fonts-wqy-microhei and fonts-arphic-gkai00mp."""
FOLDER: Final = Path("/usr/share/fonts")
LETTERS: Final = 4
DOTS: Final = 200
"""Dots per inch that a page is drawn with."""
POINTS: Final = 12
GOAL: Final = 1.0
"""Errors in a hundred characters of spoilt pages."""


def measure() -> list[Row]:
    """Recognise pages as they were drawn, and spoilt in each way."""
    if lacks := lacking():
        print(f"NOT MEASURED: recognition, since there is no {', '.join(lacks)}.", file=sys.stderr, flush=True)
        return []
    fonts = _fonts()
    pages = [_drawn(text, *fonts[number % len(fonts)]) for number, text in enumerate(_texts())]
    with recognising.ended():
        _recognised(pages[0][0])  # loads the models
        return [row for name, spoil in _spoilers().items() for row in _rows(name, pages, spoil)]


def lacking() -> list[str]:
    """Return what is not on this machine."""
    return [*recognising.missing(), *([] if _fonts() else ["Chinese font (fonts-noto-cjk)"])]


def _fonts() -> list[tuple[Path, int]]:
    return [(FOLDER / name, index) for name, index in FONTS if (FOLDER / name).exists()]


def _rows(name: str, pages: Sequence[tuple[Image, str]], spoil: Callable[[Image], Image]) -> Iterator[Row]:
    print(f"… recognition, {name}", file=sys.stderr, flush=True)
    spoilt = [(spoil(page), text) for page, text in pages]
    errors, seconds = _measured(spoilt, _recognised)
    reference, ratio = "", None
    if shutil.which("tesseract"):
        others, took = _measured(spoilt, _by_tesseract)
        reference, ratio = f"tesseract chi_sim {others:.2f} %, {took:.1f} s", seconds / took
    yield Row(
        name=f"recognition, {name}", value=errors, unit="% of characters", reference=reference, goal=f"≤ {GOAL:g}",
        holds=errors <= GOAL,
    )  # fmt: skip
    yield Row(
        name=f"recognition, {name}, time", value=seconds, unit="s of a processor/page", reference=reference, ratio=ratio
    )


def _measured(pages: Sequence[tuple[Image, str]], read: Callable[[Image], str]) -> tuple[float, float]:
    """Return the errors in a hundred characters, and the seconds of a processor that a page takes."""
    began = _processor()
    found = [read(page) for page, _ in pages]
    seconds = (_processor() - began) / len(pages)
    texts = [(_bare(text), _bare(said)) for (_, text), said in zip(pages, found, strict=True)]
    wrong = sum(_distance(text, said) for text, said in texts)
    return 100 * wrong / sum(len(text) for text, _ in texts), seconds


def _processor() -> float:
    """Return the seconds that processes of ours have taken of a processor, those that run and those that ended."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    running = [child.cpu_times() for child in psutil.Process().children()]
    return ended.ru_utime + ended.ru_stime + sum(one.user + one.system for one in running)


def _recognised(page: Image) -> str:
    pages = recognising.recognise(_saved(page, "PNG"), Limits(page_seconds=600.0), pdf=False)
    return recognising.told(pages).text


def _by_tesseract(page: Image) -> str:
    with tempfile.TemporaryDirectory(prefix="casegraph-bench-") as folder:
        path = Path(folder) / "page.png"
        page.save(path)
        command = ["tesseract", str(path), "-", "-l", "chi_sim", "--dpi", str(DOTS)]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def _texts() -> list[list[str]]:
    plan = StoryPlan(count=LETTERS, seed=11, until=date(2025, 12, 31), days=200, shares={Channel.LETTER: 100})
    return [paragraphs(story) for story in Town(plan).stories()]


def _drawn(lines: Sequence[str], font: Path, index: int) -> tuple[Image, str]:
    """Return an A4 page and what stands on it."""
    from PIL import Image, ImageDraw, ImageFont  # noqa: PLC0415  # comes with the recogniser

    width, height, size = int(8.27 * DOTS), int(11.69 * DOTS), POINTS * DOTS // 72
    page = Image.new("L", (width, height), 255)
    pen, face = ImageDraw.Draw(page), ImageFont.truetype(str(font), size, index=index)
    written, top = [], DOTS
    for number, line in enumerate(lines):
        for part in _broken(
            line if not number or "：" in line[:6] else f"\u3000\u3000{line}", (width - 2 * DOTS) // size
        ):
            if top < height - DOTS:
                pen.text((DOTS, top), part, font=face, fill=20)
                written.append(part)
                top += size * 8 // 5
    return page, "\n".join(written)


def _broken(text: str, width: int) -> Iterator[str]:
    """Yield a text's lines, a letter or figure half as wide as a Chinese character."""
    line, used = "", 0.0
    for char in text:
        used += 0.55 if char.isascii() else 1.0
        if used > width:
            yield line
            line, used = "", 0.0
        line += char
    yield line


def _spoilers() -> dict[str, Callable[[Image], Image]]:
    """Return what happens to pages, by name."""
    from PIL import Image, ImageChops, ImageFilter  # noqa: PLC0415  # comes with the recogniser

    chance = random.Random(5)  # noqa: S311 - the same pages each time

    def noise(page: Image.Image) -> Image.Image:
        return ImageChops.add(page, Image.effect_noise(page.size, 30), scale=1.0, offset=-128)

    def skew(page: Image.Image) -> Image.Image:
        return page.rotate(chance.uniform(-2, 2), resample=Image.Resampling.BICUBIC, fillcolor=255)

    def coarse(page: Image.Image, share: float = 0.5) -> Image.Image:
        return page.resize((int(page.width * share), int(page.height * share)), Image.Resampling.LANCZOS)

    def blur(page: Image.Image, radius: float = 1.6) -> Image.Image:
        return page.filter(ImageFilter.GaussianBlur(radius))

    def packed(page: Image.Image, quality: int = 15) -> Image.Image:
        return Image.open(io.BytesIO(_saved(page, "JPEG", quality=quality))).convert("L")

    return {
        "clean": lambda page: page, "noise": noise, "blur": blur, "skew": skew, "100 dpi": coarse, "JPEG 15": packed,
        "on its side": lambda page: page.rotate(90, expand=True),
        "fax": lambda page: packed(noise(coarse(blur(skew(page), 0.9), 0.75)), 40),
    }  # fmt: skip


def _saved(page: Image, form: str, **options: int) -> bytes:
    stream = io.BytesIO()
    page.save(stream, form, **options)
    return stream.getvalue()


def _bare(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split())


def _distance(one: str, other: str) -> int:
    """Return how many characters are to be changed, left out or put in to make one text the other (Levenshtein)."""
    above = list(range(len(other) + 1))
    for row, char in enumerate(one, 1):
        beside = [row]
        for column, sign in enumerate(other, 1):
            beside.append(min(above[column] + 1, beside[-1] + 1, above[column - 1] + (char != sign)))
        above = beside
    return above[-1]
