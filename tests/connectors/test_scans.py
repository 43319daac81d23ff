"""A scan is a letter: its writing is recognised, by the real recogniser, and its picture stays as it came.

`paper.png` is a page of an invented letter, drawn with a font under the Open Font License.
"""

from __future__ import annotations

import io
import subprocess
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import docx
import orjson
import pytest
from PIL import Image
from pypdf import PdfReader, PdfWriter
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from connectors.connector import Limits
from connectors.letters import recognising
from connectors.letters.attachments import document_of
from graph.records import RejectionReason
from tests.conftest import LOUD
from tests.connectors import letterbox
from tests.connectors.factory import OPTIONS
from tests.connectors.letterbox import attachment, drawn_pdf, mail, mixed, people, text_part

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graph.records import Draft

PAPER: Final = Path(__file__).with_name("paper.png")
TITLE: Final = "关于北门路灯损坏的反映"
PHRASES: Final = ("我们小区北门的路灯已经坏了半个月", "前天有一位老人在那里摔倒", "请派人尽快来修理")
MISSING: Final = recognising.missing()

PATIENT: Final = replace(OPTIONS, limits=Limits(page_seconds=600.0))
"""However busy the machine is."""

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(
        bool(MISSING),
        reason=f"{LOUD}the recognition of scans, since {', '.join(MISSING)} is not installed (`make ocr`)",
    ),
]
draft = partial(letterbox.draft, options=PATIENT)
refusal = partial(letterbox.refusal, options=PATIENT)


@pytest.fixture(scope="module", autouse=True)
def _ended() -> object:
    with recognising.ended():
        yield


@cache
def paper() -> Image.Image:
    """Return the page."""
    return Image.open(PAPER).convert("L")


def saved(picture: Image.Image, form: str, **options: object) -> bytes:
    """Return a picture as a file."""
    stream = io.BytesIO()
    picture.save(stream, form, **options)
    return stream.getvalue()


def on_pages(*pages: Sequence[tuple[str, Image.Image] | str]) -> bytes:
    """Return a PDF with pictures and typed lines on each page."""
    stream = io.BytesIO()
    canvas = Canvas(stream, pagesize=A4, invariant=1)
    for things in pages:
        for thing in things:
            if isinstance(thing, str):
                canvas.drawString(400, 20, thing)
            else:
                canvas.drawImage(ImageReader(thing[1]), 0, 340, width=A4[0], height=490)
        canvas.showPage()
    canvas.save()
    return stream.getvalue()


def check(found: Draft) -> None:
    """Check that a letter says what stands on the paper, and is marked as recognised."""
    assert found.title == TITLE
    text = found.text.replace(",", "，")
    assert [phrase for phrase in PHRASES if phrase not in text] == []
    assert found.received_at.isoformat() == "2021-03-04T16:00:00+00:00"
    assert [(one.name, one.phone) for one in people(found)] == [("张三", "13812341234")]
    assert found.confidence is not None
    assert 0.9 < found.confidence <= 1


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.png", PAPER.read_bytes()),
        ("a.jpg", saved(paper(), "JPEG", quality=30)),
        ("b.tif", saved(Image.open(PAPER), "TIFF", compression="group4")),
        ("a.bmp", saved(paper(), "BMP")),
        ("a.webp", saved(paper(), "WEBP", quality=40)),
    ],
)
def test_a_picture_is_a_letter_and_stays_a_document(name: str, content: bytes) -> None:
    """Whatever form a scanner or telephone gives it."""
    found = draft(content, name)
    check(found)
    (original,) = found.documents
    assert (original.name, original.content, original.text) == (name, content, "")


@pytest.mark.parametrize(("orientation", "quarters"), [(3, 2), (6, 1), (8, 3)])
def test_a_telephones_picture_is_turned_as_it_says(orientation: int, quarters: int) -> None:
    """By the mark that it writes how it was held."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    check(draft(saved(paper().rotate(90 * quarters, expand=True), "JPEG", exif=exif), "a.jpg"))


@pytest.mark.parametrize("degrees", [90, 180, 270, 2])
def test_a_page_that_lay_wrongly_is_read(degrees: int) -> None:
    """Without any mark: the lines themselves tell."""
    check(draft(saved(paper().rotate(degrees, expand=True, fillcolor=255), "PNG"), "a.png"))


def test_what_can_be_seen_through_lies_on_paper() -> None:
    """A picture without background is black writing on white."""
    seen_through = Image.new("RGBA", paper().size, (0, 0, 0, 0))
    seen_through.putalpha(paper().point(lambda shade: 255 - shade))
    check(draft(saved(seen_through, "PNG"), "a.png"))


def test_a_pdf_of_pictures_is_a_letter() -> None:
    """With the mark of its scanner in the text layer, on its side, and locked against printing."""
    plain = on_pages([("paper", paper()), "Scanned by CamScanner"])
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(plain)))
    writer.pages[0].rotate(90)
    writer.encrypt("", "owner", algorithm="AES-256")
    stream = io.BytesIO()
    writer.write(stream)
    check(draft(stream.getvalue(), "a.pdf"))


def test_pages_are_read_in_their_order() -> None:
    """Of a PDF as of a TIFF."""
    upper, lower = paper().crop((0, 0, 1000, 250)), paper().crop((0, 250, 1000, 820))
    for name, content in (
        ("a.pdf", on_pages([("upper", upper)], [("lower", lower)])),
        ("a.tif", saved(upper, "TIFF", save_all=True, append_images=[lower])),
    ):
        found = draft(content, name)
        assert found.title == TITLE
        assert found.text.index("摔倒") < found.text.index("修理")


def test_a_page_that_is_a_picture_among_typed_ones_is_read_as_well() -> None:
    """What is typed stays as it was typed."""
    typed = drawn_pdf([("Song", "关于路灯的补充说明")], [("Song", "下面是我们上次交来的信，请一并处理。" * 3)])
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(typed)))
    writer.append(io.BytesIO(on_pages([("paper", paper())])))
    stream = io.BytesIO()
    writer.write(stream)
    found = draft(stream.getvalue(), "a.pdf")
    assert found.title == "关于路灯的补充说明"
    assert found.text.startswith("下面是我们上次交来的信，请一并处理。")
    assert PHRASES[0] in found.text
    assert found.confidence is not None


def test_pictures_in_a_word_document_without_text_are_its_pages() -> None:
    """As a telephone's pictures are sent by who has a word processor; beside a text they are pictures."""
    made = docx.Document()
    for page in (paper().crop((0, 0, 1000, 250)), paper().crop((0, 250, 1000, 820))):
        made.add_picture(io.BytesIO(saved(page, "PNG")))
    stream = io.BytesIO()
    made.save(stream)
    found = draft(stream.getvalue(), "a.docx")
    assert found.title == TITLE
    assert found.text.index("摔倒") < found.text.index("修理")
    assert found.confidence is not None
    made.add_paragraph("请派人来修理路灯。")
    stream = io.BytesIO()
    made.save(stream)
    assert draft(stream.getvalue(), "a.docx").confidence is None


def test_fonts_that_tell_nothing_are_looked_at() -> None:
    """A text layer of private characters is no text; where the page shows nothing either, there is none."""
    found = refusal(drawn_pdf([("F", "".join(map(chr, range(0xE100, 0xE140))))]), "a.pdf")
    assert found.reason is RejectionReason.MISSING_FIELD


def test_a_photographed_letter_in_a_mail_is_the_letter() -> None:
    """Where the mail says nothing, or only that it is attached; also where its pages are pictures each."""
    whole = attachment("信.jpg", saved(paper(), "JPEG"), "image/jpeg")
    found = draft(mail(mixed(text_part("来信见附件"), whole), subject="来信").as_bytes(), "a.eml")
    assert PHRASES[0] in found.text
    assert found.confidence is not None
    pages = [paper().crop((0, 0, 1000, 250)), paper().crop((0, 250, 1000, 820))]
    several = [attachment(f"{number}.png", saved(page, "PNG"), "image/png") for number, page in enumerate(pages)]
    found = draft(mail(mixed(text_part(""), *several), subject="来信").as_bytes(), "a.eml")
    assert found.text.index("摔倒") < found.text.index("修理")
    assert len(found.documents) == 2
    assert all(document.text and document.confidence for document in found.documents)


def test_a_photograph_beside_a_letter_is_a_document_with_its_words() -> None:
    """It is found by them, and marked; the letter is the mail's own text."""
    photo = attachment("路牌.png", PAPER.read_bytes(), "application/octet-stream")
    found = draft(mail(mixed(text_part(), photo)).as_bytes(), "a.eml")
    assert found.confidence is None
    (document,) = found.documents
    assert PHRASES[0] in document.text
    assert document.confidence is not None


def test_a_picture_without_writing_is_refused_as_a_letter_and_kept_as_a_document() -> None:
    """A photograph of a hole in the road is no letter."""
    blank = saved(Image.new("RGB", (800, 600), (90, 120, 90)), "PNG")
    found = refusal(blank, "a.png")
    assert found.reason is RejectionReason.MISSING_FIELD
    assert "No writing" in found.message
    kept = document_of("a.png", "image/png", blank, PATIENT.limits)
    assert (kept.text, kept.confidence) == ("", None)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.png", PAPER.read_bytes()[:3_000], RejectionReason.UNREADABLE),
        ("a.jpg", b"\xff\xd8\xff" + bytes(1_000), RejectionReason.UNREADABLE),
        ("a.png", b"not a picture at all", RejectionReason.UNREADABLE),
        ("a.png", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", RejectionReason.UNREADABLE),
        ("a.png", saved(Image.new("1", (20_000, 20_000)), "PNG"), RejectionReason.BOMB),
        ("a.tif", saved(Image.new("1", (20_000, 20_000)), "TIFF", compression="group4"), RejectionReason.BOMB),
    ],
    ids=["cut", "empty jpeg", "text", "postscript", "bomb", "packed bomb"],
)  # fmt: skip
def test_a_hostile_picture_is_refused_and_the_next_letter_is_read(
    name: str, content: bytes, reason: RejectionReason
) -> None:
    """It is looked at in a process of its own, before it is unpacked."""
    assert refusal(content, name).reason is reason
    check(draft(PAPER.read_bytes(), "a.png"))


def test_the_recogniser_ends_with_who_started_it() -> None:
    """However that ended, and whatever it is at: its input ends then."""
    process = subprocess.Popen(recognising.COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=recognising.ROOT)
    assert process.stdin is not None
    content = PAPER.read_bytes()
    process.stdin.write(orjson.dumps({"pdf": False, "pages": None, "most": 9, "size": len(content)}) + b"\n" + content)
    process.communicate()
    assert process.returncode == 0


def test_a_scan_of_too_many_pages_is_refused_whole() -> None:
    """Rather than read to some page without a word."""
    options = replace(PATIENT, limits=replace(PATIENT.limits, pages=1))
    dot = Image.new("1", (800, 800), 1)
    for name, content in (
        ("a.tif", saved(dot, "TIFF", save_all=True, append_images=[dot])),
        ("a.pdf", on_pages([("dot", dot)], [("dot", dot)])),
    ):
        found = refusal(content, name, options=options)
        assert found.reason is RejectionReason.TOO_LARGE
        assert "2 pages, at most 1" in found.message
