"""Which connectors there are, and the one way to read with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from connectors.connector import Connector, ReadOptions, Resource, UnreadableError
from connectors.folding import fold
from connectors.jsonfiles import JsonFile
from connectors.letters.mail import MailLetter
from connectors.letters.pdf import PdfLetter
from connectors.letters.plain import PlainLetter
from connectors.letters.scans import PictureLetter
from connectors.letters.word import WordLetter
from connectors.tables import Table
from graph.records import Channel, Reading, Refusal, RejectionReason
from wording import Wording

if TYPE_CHECKING:
    from collections.abc import Iterator
CONNECTORS: Final[tuple[Connector, ...]] = (
    MailLetter(),
    WordLetter(),
    PdfLetter(),
    PictureLetter(),
    PlainLetter(),
    Table("register of letters", Channel.LETTER),
    Table("register of visits", Channel.VISIT),
    Table("hotline sheet", Channel.HOTLINE),
    Table("web sheet", Channel.WEB),
    JsonFile("hotline JSON", Channel.HOTLINE),
    JsonFile("web JSON", Channel.WEB),
)
"""One line a form. The first that accepts a resource reads it."""


def read(channel: Channel, resource: Resource, options: ReadOptions) -> Iterator[Reading]:
    """Yield what one file of a channel holds, lazily. Never raises for what it reads."""
    return fold(_read(channel, resource, options))


def _read(channel: Channel, resource: Resource, options: ReadOptions) -> Iterator[Reading]:
    try:
        connector = _choose(channel, resource)
        yield from connector.read(resource, options)
    except UnreadableError as error:
        yield error.refusal(channel, resource.name, options.source, resource.kept())
    except OSError as error:
        yield _refusal(channel, resource, options, f"This file cannot be read ({error.strerror}). Check its rights.")
    except Exception as error:  # noqa: BLE001 - whatever a parser raises is about what it was given
        message = f"This file is damaged or is not what its name says ({type(error).__name__}). Save it anew."
        yield _refusal(channel, resource, options, message)


def forms(channel: Channel) -> tuple[str, ...]:
    """Return the names of the forms that a channel's records come in."""
    return tuple(connector.name for connector in CONNECTORS if connector.channel is channel)


def _choose(channel: Channel, resource: Resource) -> Connector:
    for connector in CONNECTORS:
        if connector.channel is channel and connector.accepts(resource):
            return connector
    known = ", ".join(forms(channel))
    raise UnreadableError(
        RejectionReason.UNKNOWN_FORM, Wording("This is no form that is read here. Known are: {known}.", known=known)
    )


def _refusal(channel: Channel, resource: Resource, options: ReadOptions, message: str) -> Refusal:
    return Refusal(
        channel=channel,
        source=options.source,
        position=resource.name,
        reason=RejectionReason.UNREADABLE,
        message=message,
        payload=resource.kept(),
    )
