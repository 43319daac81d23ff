"""The text of a letter that is written in HTML, as a reader sees it."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Final

from connectors.encodings import decode

UNSEEN: Final = frozenset({"script", "style", "head", "title", "template", "noscript", "object", "svg"})
BLOCKS: Final = frozenset({
    "address", "article", "aside", "blockquote", "center", "dd", "div", "dl", "dt", "fieldset", "footer", "form", "h1",
    "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p", "pre", "section", "table", "tbody",
    "tfoot", "thead", "tr", "ul",
})  # fmt: skip
VOID: Final = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"})
_CHARSET: Final = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w-]{2,30})", re.IGNORECASE)
_BLANKS: Final = re.compile(r"[ \t\r\n\f\xa0]+")
_HIDDEN: Final = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?![.\d])", re.IGNORECASE)


def text_of(content: bytes, declared: str | None = None) -> str:
    """Return the text of a page. Raises UnreadableError."""
    named = _CHARSET.search(content[:4_096])
    label = declared or (named[1].decode("ascii", "replace") if named else None)
    return text_of_page(decode(content, label).text)


def text_of_page(page: str) -> str:
    """Return the text of a page whose characters are known."""
    parser = _Text()
    parser.feed(page)
    parser.close()
    return parser.text()


class _Text(HTMLParser):
    """Collects text by lines. Elements that are not shown are skipped, with all that stands in them."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._lines: list[list[str]] = [[]]
        self._skipped: list[str] = []
        """The open elements from the outermost hidden one on."""
        self._preformatted = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._skipped or tag in UNSEEN or _is_hidden(attrs):
            if tag not in VOID:
                self._skipped.append(tag)
            return
        self._preformatted += tag == "pre"
        if tag == "br" or tag in BLOCKS:
            self._break(always=tag == "br")
        elif tag in {"td", "th"} and self._lines[-1]:
            self._lines[-1].append("\t")

    def handle_endtag(self, tag: str) -> None:
        if self._skipped:
            if tag in self._skipped:  # what was left open within it ends with it
                del self._skipped[self._skipped.index(tag) :]
            return
        self._preformatted -= tag == "pre" and self._preformatted > 0
        if tag in BLOCKS:
            self._break(always=tag == "p")

    def handle_data(self, data: str) -> None:
        if self._skipped:
            return
        if self._preformatted:
            first, *rest = data.splitlines() or [""]
            self._lines[-1].append(first)
            self._lines += [[line] for line in rest]
        elif (text := _BLANKS.sub(" ", data)) != " " or self._lines[-1]:
            self._lines[-1].append(text)

    def text(self) -> str:
        """Return what was collected."""
        lines = [re.sub(r" *\t *", "\t", "".join(line)).strip() for line in self._lines]
        return "\n".join(lines).strip()

    def _break(self, *, always: bool) -> None:
        """Begin a new line, `always` or only where something stands in this one."""
        if always or any(part.strip() for part in self._lines[-1]):
            self._lines.append([])


def _is_hidden(attrs: list[tuple[str, str | None]]) -> bool:
    return any(name == "hidden" or (name == "style" and _HIDDEN.search(value or "")) for name, value in attrs)
