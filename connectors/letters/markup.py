"""The text of a letter that is written in HTML, as a reader sees it. The only module that imports its parser."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from lxml import etree

from connectors.connector import UnreadableError
from connectors.encodings import decode
from graph.records import RejectionReason
from wording import Wording

if TYPE_CHECKING:
    from collections.abc import Iterator

UNSEEN: Final = frozenset({"script", "style", "head", "title", "template", "noscript", "object", "svg", "select"})
BLOCKS: Final = frozenset({
    "address", "article", "aside", "blockquote", "center", "dd", "div", "dl", "dt", "fieldset", "footer", "form", "h1",
    "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p", "pre", "section", "table", "tbody",
    "tfoot", "thead", "tr", "ul",
})  # fmt: skip
BLOCK: Final = "\f"
"""The edge of a block: a new line, unless one has just begun."""
LARGEST: Final = 20_000_000
"""Characters of a page: a letter of that many is none."""
_CHARSET: Final = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*(?:[\"']\s*)?([\w-]{2,30})", re.IGNORECASE)
_BLANKS: Final = re.compile(r"[ \t\r\n\f\xa0]+")
_VALUE: Final = r"""(?:"[^"]*+"?|'[^']*+'?|[^\s"'>][^\s>]*+)"""
_TAG: Final = re.compile(rf"<([a-z][^\s/<>]*+)[\s/]((?:[^>=]++|=\s*+{_VALUE}?)*+)", re.IGNORECASE)
"""A tag that says more than its name, as the parser reads it: what follows an equals sign is a value."""
_ATTRIBUTE: Final = re.compile(rf"([^\s/>=]++)(?:\s*+=\s*+({_VALUE}))?")
_EMPTY: Final = re.compile(r"""(?:^|(?<=[\s"']))/\Z""")
_HIDDEN: Final = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?![.\d])", re.IGNORECASE)


def text_of(content: bytes, declared: str | None = None) -> str:
    """Return the text of a page. Raises UnreadableError."""
    if len(content) > LARGEST:
        message = Wording(
            "The page has {count} bytes, at most {largest} are read. Save it as plain text.",
            count=len(content),
            largest=LARGEST,
        )
        raise UnreadableError(RejectionReason.TOO_LARGE, message)
    named = _CHARSET.search(content[:4_096])
    label = declared or (named[1].decode("ascii", "replace") if named else None)
    return text_of_page(decode(content, label).text)


def text_of_page(page: str) -> str:
    """Return the text of a page whose characters are known. Raises UnreadableError."""
    # Neither a network nor a file is ever asked, and HTML has no entities of its own.
    parser = etree.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True, huge_tree=True)
    try:
        root = etree.fromstring(_TAG.sub(_thinned, page).encode(), parser)
    except etree.LxmlError:
        root = None
    if any("depth" in entry.message for entry in parser.error_log):
        message = Wording("Its elements stand in elements too deeply. Save it as plain text.")
        raise UnreadableError(RejectionReason.BOMB, message)
    if root is None:
        return ""
    lines = _lines(root)
    return "\n".join("\t".join(cell.strip() for cell in line.split("\t")) for line in lines).strip()


def _thinned(tag: re.Match[str]) -> str:
    """Return a tag with the attributes by which it is not shown: the parser looks at each again for the next one."""
    said = {name.lower(): value for name, value in reversed(_ATTRIBUTE.findall(tag[2]))}
    style = f' style="{said["style"].replace(chr(34), "")}"' if "style" in said else ""
    hidden = " hidden" if "hidden" in said else ""
    empty = "/" if tag[0].endswith("/") and (not tag[2] or _EMPTY.search(tag[2])) else ""
    return f"<{tag[1]}{style}{hidden}{empty}"


def _lines(root: Any) -> Iterator[str]:
    """Yield the lines of a page: its blocks, and what its breaks part."""
    line: list[str] = []
    for piece in _pieces(root):
        if piece == "\n" or (piece == BLOCK and line):
            yield "".join(line)
            line = []
        elif piece not in {"", " ", "\t", BLOCK} or line:
            line.append(piece)
    yield "".join(line)


def _pieces(root: Any) -> Iterator[str]:
    """Yield texts, tabs, line ends and edges of blocks. What is not shown is skipped, with all that stands in it."""
    walk = etree.iterwalk(root, events=("start", "end"))
    skipped = preformatted = None
    for event, element in walk:
        if event == "start":
            if element.tag in UNSEEN or _is_hidden(element):
                skipped = element
                walk.skip_subtree()
                continue
            preformatted = element if element.tag == "pre" else preformatted
            yield _before(element.tag)
            yield from _text(element.text, exact=preformatted is not None)
        else:
            if element is not skipped:
                yield BLOCK if element.tag in BLOCKS else ""
            preformatted = None if element is preformatted else preformatted
            yield from _text(element.tail, exact=preformatted is not None)


def _before(tag: object) -> str:
    if tag == "br":
        return "\n"
    if tag in BLOCKS:
        return BLOCK
    return "\t" if tag in {"td", "th"} else ""


def _text(text: str | None, *, exact: bool) -> Iterator[str]:
    if not text:
        return
    if not exact:
        yield _BLANKS.sub(" ", text)
        return
    for number, line in enumerate(text.split("\n")):
        if number:
            yield "\n"
        yield line


def _is_hidden(element: Any) -> bool:
    return "hidden" in element.attrib or bool(_HIDDEN.search(element.get("style", "")))
