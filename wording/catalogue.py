"""The translations: `zh.po`, one entry for each template, read once. English needs none."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from babel.messages.pofile import read_po

from wording.languages import Language, spoken
from wording.wording import Wording

if TYPE_CHECKING:
    from collections.abc import Mapping


FOLDER: Final = Path(__file__).parent


@cache
def translations(language: Language) -> Mapping[str, str]:
    """Return the catalogue of a language: by template, the same in that language with the same arguments."""
    if language is Language.ENGLISH:
        return {}
    with (FOLDER / f"{language}.po").open("rb") as file:
        return {str(one.id): str(one.string) for one in read_po(file) if one.id and one.string}


def told(text: str, language: Language | None = None) -> str:
    """Return a message in a language, that of whoever is being answered if none is named; other texts as they are.

    A template that has no words of its own, and so no translation, still has its arguments translated.
    """
    if not isinstance(text, Wording):
        return text
    language = language or spoken()
    if language is Language.ENGLISH:
        return text
    template = translations(language).get(text.template, text.template)
    return template.format(
        **{name: told(value, language) if isinstance(value, str) else value for name, value in text.arguments.items()}
    )


def parts(wording: Wording) -> dict[str, Any]:
    """Return what a client needs to say a message in words of its own: the template in English, and its arguments."""
    arguments = {name: told(value) if isinstance(value, str) else value for name, value in wording.arguments.items()}
    return {"template": wording.template, "arguments": arguments}
