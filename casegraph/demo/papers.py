"""Letters on paper as files: Word documents and PDF with a text layer, the same bytes for the same words.

The Word document is the smallest that Office opens: three parts of a zip. A library would bring its template's styles
and the time of writing into each, and take twenty times as long.
"""

from __future__ import annotations

from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from reportlab.lib.pagesizes import A4
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.pdfmetrics import registerFont
from reportlab.pdfgen.canvas import Canvas

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

FONT: Final = "STSong-Light"
SIZE: Final = 12
MARGIN: Final = 72
LINE: Final = 20
PER_LINE: Final = 36
"""Full-width characters that fit between the margins."""
OPENXML: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_OFFICE: Final = "http://schemas.openxmlformats.org"
_DECLARATION: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
_TYPES: Final = (
    f'{_DECLARATION}<Types xmlns="{_OFFICE}/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    f'<Override PartName="/word/document.xml" ContentType="{OPENXML}.main+xml"/></Types>'
)
_RELATIONS: Final = (
    f'{_DECLARATION}<Relationships xmlns="{_OFFICE}/package/2006/relationships"><Relationship Id="rId1" '
    f'Type="{_OFFICE}/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>'
)


def docx(paragraphs: Sequence[str]) -> bytes:
    """Return a Word document of these paragraphs."""
    body = "".join(f'<w:p><w:r><w:t xml:space="preserve">{escape(text)}</w:t></w:r></w:p>' for text in paragraphs)
    document = (
        f'{_DECLARATION}<w:document xmlns:w="{_OFFICE}/wordprocessingml/2006/main"><w:body>{body}'
        '<w:sectPr><w:pgSz w:w="11906" w:h="16838"/></w:sectPr></w:body></w:document>'
    )
    buffer = BytesIO()
    with ZipFile(buffer, "w", ZIP_DEFLATED) as archive:
        parts = (("[Content_Types].xml", _TYPES), ("_rels/.rels", _RELATIONS), ("word/document.xml", document))
        for name, text in parts:
            part = ZipInfo(name)
            part.compress_type = ZIP_DEFLATED
            archive.writestr(part, text)
    return buffer.getvalue()


def pdf(paragraphs: Sequence[str]) -> bytes:
    """Return a PDF of these paragraphs, broken into lines and pages."""
    _register()
    buffer = BytesIO()
    canvas = Canvas(buffer, pagesize=A4, invariant=1)
    top = int(A4[1]) - MARGIN
    height = 0
    for line in _lines(paragraphs):
        if height < MARGIN:
            if height:
                canvas.showPage()
            canvas.setFont(FONT, SIZE)
            height = top
        canvas.drawString(MARGIN, height, line)
        height -= LINE
    canvas.save()
    return buffer.getvalue()


def _lines(paragraphs: Sequence[str]) -> Iterator[str]:
    for text in paragraphs:
        for start in range(0, len(text), PER_LINE):
            yield text[start : start + PER_LINE]


@cache
def _register() -> None:
    registerFont(UnicodeCIDFont(FONT))
