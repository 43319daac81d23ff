"""What was filled in or typed onto a PDF's page: a form's fields and free text, which its text layer lacks. Pure.

A field that is named in Chinese is told with its name, as forms print it; others by their value alone.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

DEEPEST: Final = 20
"""Fields that a field may stand in."""
_HAN: Final = re.compile("[\u4e00-\u9fff]")
_OFF: Final = frozenset({None, "/Off"})


def filled_in(page: Any) -> Iterator[str]:
    """Yield a line for each field of a page that holds something, from where the page lists them."""
    seen = set[int]()
    for held in page.get("/Annots") or ():
        one = held.get_object()
        if one.get("/Subtype") == "/FreeText":
            yield str(one.get("/Contents") or "")
        elif one.get("/Subtype") == "/Widget" and (field := _field(one)) not in seen:
            seen.add(field)
            yield _line(one)


def _field(widget: Any) -> int:
    """Return by what a field is known that stands in several places; each button of a group is one by itself."""
    parent = widget.get("/Parent")
    alone = parent is None or "/T" in widget or "/AS" in widget
    return id(widget if alone else parent.get_object())


def _line(widget: Any) -> str:
    name, value = str(_inherited(widget, "/T") or ""), _inherited(widget, "/V")
    named = name if _HAN.search(name) else ""
    match _inherited(widget, "/FT"):
        case "/Btn":
            return f"☑{named}" if named and widget.get("/AS") not in _OFF else ""
        case "/Tx" | "/Ch":
            said = "、".join(map(str, value)) if isinstance(value, list) else str(value or "")
            return f"{named}：{said}" if named and said else said
    return ""


def _inherited(widget: Any, key: str) -> Any:
    """Return an attribute of a field, or of one that it stands in."""
    for _ in range(DEEPEST):
        if (found := widget.get(key)) is not None:
            return found.get_object() if hasattr(found, "get_object") else found
        if (parent := widget.get("/Parent")) is None:
            return None
        widget = parent.get_object()
    return None
