"""The pages of a scan as pictures: of a PDF as it would be printed, or of a picture file with one page or several.

Runs in the recogniser's process alone, where nothing is lost if a library falls over what a stranger sent.
"""

from __future__ import annotations

import io
import math
import warnings
from typing import TYPE_CHECKING, Final

import pypdfium2
from PIL import Image, ImageOps

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MOST_PIXELS: Final = 120_000_000
"""Of a picture before it is made smaller: an A3 page at 1,200 dpi in black and white, or the largest telephone's."""
LONGEST_SIDE: Final = 2_000
"""Pixels of a page's longer side that are looked at: an A4 page at 170 dpi. The recogniser looks at no more."""
DOTS: Final = 200 / 72
"""Pixels of a PDF's point."""
FORMATS: Final = ("JPEG", "PNG", "TIFF", "BMP", "WEBP", "GIF")
_WHITE: Final = (255, 255, 255)

Image.MAX_IMAGE_PIXELS = None  # counted here, where it is said what is wrong


class BombError(Exception):
    """A picture unpacks to far more than a page is."""


class TooManyPagesError(Exception):
    """There are more pages than are recognised."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.count = count


def of_pdf(content: bytes, chosen: Sequence[int] | None, most: int) -> Iterator[tuple[int, Image.Image]]:
    """Yield the pages of a PDF that are chosen, all of them if none are, with their numbers from 0."""
    document = pypdfium2.PdfDocument(content)
    try:
        numbers = range(len(document)) if chosen is None else chosen
        if len(numbers) > most:
            raise TooManyPagesError(len(numbers))
        for number in numbers:
            page = document[number]
            scale = min(DOTS, LONGEST_SIDE / max(*page.get_size(), 1.0))
            yield number, page.render(scale=scale, fill_color=(*_WHITE, 255)).to_pil().convert("RGB")
            page.close()
    finally:
        document.close()


def of_picture(content: bytes, most: int) -> Iterator[tuple[int, Image.Image]]:
    """Yield the pages of a picture file as they are to be looked at, with their numbers from 0."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with Image.open(io.BytesIO(content), formats=FORMATS) as picture:
            # Of other formats further pictures move, or are the first again for screens that show depth.
            count = getattr(picture, "n_frames", 1) if picture.format == "TIFF" else 1
            if count > most:
                raise TooManyPagesError(count)
            for number in range(count):
                picture.seek(number)
                yield number, _page(picture)


def _page(picture: Image.Image) -> Image.Image:
    if math.prod(picture.size) > MOST_PIXELS:
        raise BombError
    picture.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))  # a JPEG is unpacked at the size that is needed
    upright = ImageOps.exif_transpose(picture)
    upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    return _on_paper(upright)


def _on_paper(picture: Image.Image) -> Image.Image:
    """Return a picture without anything to see through."""
    if picture.mode.startswith("I") or picture.mode == "F":
        return ImageOps.autocontrast(picture.convert("F").convert("L")).convert("RGB")
    if "A" in picture.getbands() or "transparency" in picture.info:
        shown = picture.convert("RGBA")
        paper = Image.new("RGBA", shown.size, (*_WHITE, 255))
        return Image.alpha_composite(paper, shown).convert("RGB")
    return picture.convert("RGB")
