"""A sentence for a person. In code it stands in English; the catalogue has it in Chinese."""

from __future__ import annotations

from string import Formatter
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Value = str | int | float
"""What an argument of a message can be; another message is one as well, and is translated with it."""


class Wording(str):
    """The sentence in English, which keeps the template and the arguments that it was made of.

    `Wording("A page holds at most {most} changes.", most=1_000)`: the template is the key of the catalogue
    (`wording/zh.po`), so it is a literal, and whatever differs from time to time is an argument. Arguments are sent to
    clients beside the text, so they hold no identity data.
    """

    __slots__ = ("arguments", "template")

    template: str
    arguments: Mapping[str, Value]

    def __new__(cls, template: str, /, **arguments: object) -> Self:
        """Make a sentence; raise KeyError where an argument of the template is missing.

        What is neither a number nor a text (a path, a time, an id) becomes one as `str` has it.
        """
        values = {name: _value(given) for name, given in arguments.items()}
        made = super().__new__(cls, template.format(**values))
        made.template = template
        made.arguments = values
        return made

    def __str__(self) -> str:
        """Return the message itself, so that `str(error)` can still be translated."""
        return self

    def __getnewargs_ex__(self) -> tuple[tuple[str], dict[str, Any]]:
        """Have copies and pickles made of the template, too."""
        return (self.template,), dict(self.arguments)


def verbatim(text: str) -> Wording:
    """Return what somebody else's program says, which is in no catalogue."""
    return text if isinstance(text, Wording) else Wording("{text}", text=text)


def joined(parts: Sequence[Wording]) -> Wording:
    """Return a list of things as one argument of a message; there is at least one."""
    first, *others = parts
    return Wording("{first}, {others}", first=first, others=joined(others)) if others else first


def any_of(parts: Sequence[Wording]) -> Wording:
    """Return things of which one will do as one argument of a message; there is at least one."""
    first, *others = parts
    return Wording("{first} or {others}", first=first, others=any_of(others)) if others else first


def _value(given: object) -> Value:
    return given if isinstance(given, str | int | float) else str(given)


def fields_of(template: str) -> frozenset[str]:
    """Return the names of a template's arguments."""
    return frozenset(name for _, name, _, _ in Formatter().parse(template) if name is not None)
