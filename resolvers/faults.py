"""What is wrong with what was entered: every field at fault, each with its path and what to do. Pure but for organs."""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Final, Protocol, assert_never

from graph.errors import InvalidError
from graph.identity import normal_identity
from graph.policy import OTHERS_SOURCE
from graph.records import LONGEST_KEY, Channel
from graph.sources import NAMED, is_source
from graph.text.nfkc import nfkc
from graph.times import AHEAD, misplaced
from schema import inputs
from wording import Wording

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from datetime import date, datetime

    from graph.policy import Viewer

Entered = (
    inputs.SubmitLetterInput | inputs.SubmitVisitInput | inputs.SubmitHotlineTicketInput | inputs.SubmitWebMessageInput
)

LONGEST_TEXT: Final = 200_000
LONGEST_LINE: Final = 1_000
"""Characters of a name, an address, a number."""
FEWEST_DIGITS: Final = 3
DESKS: Final[Mapping[Channel, str]] = {
    Channel.LETTER: "letters-desk",
    Channel.VISIT: "visits-desk",
    Channel.HOTLINE: "hotline-desk",
    Channel.WEB: "web-desk",
}
"""The source of what is entered by hand without naming one."""

_UNUSABLE: Final = re.compile("[\0\ud800-\udfff]")
_BETWEEN_PHONES: Final = re.compile(r"[、,;/|]|或")
_PHONE: Final = re.compile(r"\+?[\d() .-]{3,25}(?:(?:转|分机|ext\.?)\s?\d{1,6})?", re.ASCII | re.IGNORECASE)
"""A number in any form: of a mobile, of a line with its extension, of another country, a short one inside a town."""
_OLD_IDENTITY: Final = re.compile(r"\d{15}", re.ASCII)
_PASSPORT: Final = re.compile(r"[A-Z]{1,3}\d{6,10}(?:\(\d\))?", re.ASCII)
_EMAIL: Final = re.compile(r"[^@\s]{1,64}@[^@\s]{1,190}\.[^@\s.]{1,60}")

BLANK: Final = Wording("This is blank. Enter what the petitioner says.")
TOO_LONG: Final = Wording("This has more than {longest:,} characters. Attach what is longer.", longest=LONGEST_TEXT)
LONG_LINE: Final = Wording(
    "This has more than {longest:,} characters. Enter what belongs here alone.", longest=LONGEST_LINE
)
CHARACTER: Final = Wording("This holds a NUL or half a character, which no text does. Enter it again.")
KEY: Final = Wording("This holds a NUL, or more than {longest} characters. Correct it.", longest=LONGEST_KEY)
NEGATIVE: Final = Wording("This cannot be negative. Correct it.")
DIVISION: Final = Wording(
    "There is no such division, or several of this name. Give its code of GB/T 2260, or its name in full."
)
TOPIC: Final = Wording("There is no such topic, or several of this name. Give the path of one that `topics` lists.")
ORGAN: Final = Wording(
    "Nobody knows an organ that stands here. Give its name in full with its division, as "
    "`organs` lists it; set `newOrgans` where there is such a one that was never named before."
)
PHONE: Final = Wording("This is no telephone number. Enter its digits; several with 、 between.")
IDENTITY: Final = Wording(
    "This is no identity number: a digit is wrong, or there are not 18 of them. Compare it with the paper."
)
EMAIL: Final = Wording("This is no e-mail address. Correct it, or leave it out.")
NOBODY: Final = Wording("This names nobody. Give a name, a number or an address, or leave it out.")


class Vocabulary(Protocol):
    """What names are known (`graph.vocabulary`)."""

    def has_division(self, text: str) -> bool: ...
    def has_topic(self, text: str) -> bool: ...
    async def unknown_organs(self, cells: Collection[str], by: Viewer) -> frozenset[str]: ...


async def faults_of(entered: Entered, by: Viewer, now: datetime, vocabulary: Vocabulary) -> list[InvalidError]:
    """Return everything that keeps what was entered from being taken in, each fault once, in the order of its input."""
    cells = {} if entered.new_organs else dict(_organs(entered))
    unknown = await vocabulary.unknown_organs(set(cells.values()), by) if cells else frozenset()
    found = [
        *_texts(entered),
        *_source(entered, by),
        *_moments(entered, now),
        *(InvalidError(path, NEGATIVE) for path, count in _counts(entered) if count is not None and count < 0),
        *_names(entered, vocabulary),
        *(InvalidError(path, ORGAN) for path, cell in cells.items() if cell in unknown),
        *_people(entered),
    ]
    # A text that cannot be stored is told as that alone.
    return list({fault.field: fault for fault in reversed(found)}.values())[::-1]


def _texts(entered: Entered) -> Iterator[InvalidError]:
    long = {"title", "text"}
    for path, text in _strings(entered, ""):
        name = path.rpartition(".")[2]
        if path == "externalId":
            if len(text) > LONGEST_KEY or "\0" in text:
                yield InvalidError(path, KEY)
        elif _UNUSABLE.search(text):
            yield InvalidError(path, CHARACTER)
        elif name in long and not text.strip():
            yield InvalidError(path, BLANK)
        elif len(text) > LONGEST_TEXT:
            yield InvalidError(path, TOO_LONG)
        elif name not in {*long, "note"} and len(text) > LONGEST_LINE:
            yield InvalidError(path, LONG_LINE)


def _strings(value: object, path: str) -> Iterator[tuple[str, str]]:
    """Yield all texts of an input with their paths as GraphQL has them."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, list):
        for place, one in enumerate(value):
            yield from _strings(one, f"{path}.{place}")
    elif is_dataclass(value):
        for one in fields(value):
            yield from _strings(getattr(value, one.name), f"{path}.{_camel(one.name)}".removeprefix("."))


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others))


def _source(entered: Entered, by: Viewer) -> Iterator[InvalidError]:
    if entered.source and not is_source(entered.source):
        yield InvalidError("source", NAMED)
    elif entered.source is not None and entered.source not in {*by.sources, *DESKS.values()}:
        yield InvalidError("source", OTHERS_SOURCE)


def _moments(entered: Entered, now: datetime) -> Iterator[InvalidError]:
    for path, moment in _instants(entered):
        if moment is not None and (where := misplaced(moment, now + AHEAD)):
            yield InvalidError(path, Wording("This lies {where}. Correct it.", where=where))


def _instants(entered: Entered) -> Iterator[tuple[str, date | None]]:
    yield "receivedAt", entered.received_at
    yield from ((f"replies.{number}.at", one.at) for number, one in enumerate(entered.replies))
    yield from ((f"callBacks.{number}.at", one.at) for number, one in enumerate(entered.call_backs))
    match entered:
        case inputs.SubmitLetterInput():
            yield "postmarkedOn", entered.postmarked_on
        case inputs.SubmitHotlineTicketInput():
            yield "dueAt", entered.due_at


def _counts(entered: Entered) -> Iterator[tuple[str, int | None]]:
    match entered:
        case inputs.SubmitLetterInput():
            yield from (("signatories", entered.signatories), ("enclosures", entered.enclosures))
        case inputs.SubmitVisitInput():
            yield "headCount", entered.head_count
        case inputs.SubmitHotlineTicketInput():
            pass
        case inputs.SubmitWebMessageInput():
            yield from (("likes", entered.likes), ("dislikes", entered.dislikes))
        case unknown:
            assert_never(unknown)


def _names(entered: Entered, vocabulary: Vocabulary) -> Iterator[InvalidError]:
    if (division := stated(entered.division)) and not vocabulary.has_division(division):
        yield InvalidError("division", DIVISION)
    if (topic := stated(entered.topic)) and not vocabulary.has_topic(topic):
        yield InvalidError("topic", TOPIC)


def _organs(entered: Entered) -> Iterator[tuple[str, str]]:
    if organ := stated(entered.organ):
        yield "organ", organ
    for number, reply in enumerate(entered.replies):
        if organ := stated(reply.organ):
            yield f"replies.{number}.organ", organ


def _people(entered: Entered) -> Iterator[InvalidError]:
    for number, one in enumerate(entered.mentions):
        path = f"mentions.{number}"
        if not any(map(stated, (one.name, one.identity_number, one.phone, one.address, one.account, one.email))):
            yield InvalidError(path, NOBODY)
        if (phone := stated(one.phone)) and not is_phone(phone):
            yield InvalidError(f"{path}.phone", PHONE)
        if (number_ := stated(one.identity_number)) and not is_identity(number_):
            yield InvalidError(f"{path}.identityNumber", IDENTITY)
        if (email := stated(one.email)) and not _EMAIL.fullmatch(email):
            yield InvalidError(f"{path}.email", EMAIL)


def stated(text: str | None) -> str | None:
    """Return what an optional field says, None where it is blank: forms send blanks for what nobody filled in."""
    return text.strip() or None if text else None


def is_phone(text: str) -> bool:
    """Tell whether a text is one telephone number, or several."""
    if len(text) > LONGEST_LINE:
        return False
    pieces = [piece.strip() for piece in _BETWEEN_PHONES.split(nfkc(text))]
    return all(_PHONE.fullmatch(one) and sum(map(str.isdigit, one)) >= FEWEST_DIGITS for one in pieces)


def is_identity(text: str) -> bool:
    """Tell whether a text is the number of an identity card, of an old one, or of a passport or permit."""
    plain = nfkc(text).upper().replace(" ", "")
    return normal_identity(plain) is not None or any(form.fullmatch(plain) for form in (_OLD_IDENTITY, _PASSPORT))
