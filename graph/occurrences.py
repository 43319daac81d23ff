"""Where a person's name, numbers, address and accounts stand in a text, in the forms in which people type them. Pure.

Texts are compared in the normal form of `graph.text.normalise` (NFKC, half width, simplified characters, one case),
with blanks and dashes between the characters, and masked (张某, 138****1234, 尾号1234). What is found is taken out of
the text as it was typed. Where a form could be somebody else's (张某), it is taken out too: this serves erasure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from graph.identity import mask_account, mask_address, mask_email, normal_phone
from graph.records import PartyKind
from graph.text.nfkc import is_mark
from graph.text.normalise import normalise, piece

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from graph.records import MentionDraft

REPLACEMENT: Final = "〔已删除〕"
NOBODY: Final = frozenset({
    "匿名", "网友", "市民", "无", "不详", "群众", "业主", "居民", "村民", "先生", "女士", "来电人", "来访人", "信访人",
})  # fmt: skip
"""What stands in a name's place where there is none: it names nobody, and every second text says it."""
BLANK: Final = r"[\s·・.]*"
DASH: Final = r"[\s\-—–.()]*"
MASK: Final = r"[*x×●○〇_]"
LONGEST_MASK: Final = 32
"""Signs of a mask before the digits that it leaves: no number is as long, and a row of a million asterisks is none."""
LEAST_ADDRESS: Final = 5
"""Characters of an address below its county that are still one: 桔园小区 is a place, 桔园小区3栋 somebody's door."""
HONORIFIC: Final = "(?=先生|女士|小姐|同志|老师|师傅|阿姨|大爷|大妈|某)"
FRONTS: Final = (2, 3, 4, 6, 7, 8, 10)
BACKS: Final = (1, 2, 3, 4)
LONG_NUMBER: Final = 11
"""Digits from which a number is found inside of longer ones as well (a country's prefix, a ticket's number)."""


@dataclass(frozen=True, slots=True)
class Occurrences:
    """What is sought: made of the values of persons, `without` takes them out."""

    _pattern: re.Pattern[str] | None

    @classmethod
    def of(cls, persons: Iterable[MentionDraft]) -> Occurrences:
        """Seek all values of these mentions."""
        forms = {form for person in persons for form in _forms(person)}
        # The longest first: a number is more than its last four digits.
        ordered = sorted(forms, key=lambda form: (-len(form), form))
        return cls(re.compile("|".join(ordered)) if ordered else None)

    def without(self, text: str) -> str:
        """Return a text with every occurrence replaced; the very same where there is none."""
        if self._pattern is None or not text:
            return text
        plain, starts = _plain(text)
        kept, end = [], 0
        for found in self._pattern.finditer(plain):
            if found.end() > found.start():
                kept += [text[end : starts[found.start()]], REPLACEMENT]
                end = starts[found.end()]
        return "".join(kept) + text[end:] if kept else text

    def without_any(self, value: object) -> object:
        """Return a JSON value with every text in it so."""
        match value:
            case str():
                return self.without(value)
            case list():
                return [self.without_any(one) for one in value]
            case dict():
                return {name: self.without_any(one) for name, one in value.items()}
            case _:
                return value


def _plain(text: str) -> tuple[str, list[int]]:
    """Return a text's normal form, and for each of its characters (and its end) where it begins in the text."""
    plain: list[str] = []
    starts: list[int] = []
    at = 0
    while at < len(text):
        end = at + 1
        while end < len(text) and is_mark(text[end]):
            end += 1
        for character in piece(text[at:end]):
            plain.append(character)
            starts.append(at)
        at = end
    return "".join(plain), [*starts, len(text)]


def _spelled(characters: str, between: str) -> str:
    """Return a pattern of characters with something between them, which stands in no longer word of Latin letters."""
    pattern = between.join(re.escape(character) for character in characters if not character.isspace())
    before = r"(?<![a-z0-9])" if characters[:1].isascii() else ""
    after = r"(?![a-z0-9])" if characters[-1:].isascii() else ""
    return f"{before}{pattern}{after}"


def _forms(person: MentionDraft) -> Iterator[str]:
    if person.name:
        yield from _names(normalise(person.name).strip(), person.kind)
    if person.identity_number:
        yield from _numbers("".join(_letters(person.identity_number)))
    if person.phone:
        yield from _phones(person.phone)
    if person.address:
        yield from _addresses(person.address)
    if person.account and len(person.account) > 1:
        yield _spelled(normalise(person.account), "")
        yield re.escape(normalise(mask_account(person.account)))
    if person.email:
        yield _spelled(normalise(person.email), "")
        yield re.escape(normalise(mask_email(person.email)))


def _names(name: str, kind: PartyKind) -> Iterator[str]:
    letters = "".join(name.split())
    if not letters or letters in NOBODY:
        return
    if len(letters) == 1:
        yield re.escape(letters) + HONORIFIC
        return
    yield _spelled(letters, BLANK)
    if kind is PartyKind.PERSON and not letters.isascii():
        last = re.escape(letters[-1])
        for shown in {letters[:1], letters[:2]} - {letters}:
            yield rf"{re.escape(shown)}\s*(?:某|{MASK}){{1,3}}(?:{last})?"


def _letters(number: str) -> Iterator[str]:
    return (character for character in normalise(number) if character.isalnum())


def _phones(phone: str) -> Iterator[str]:
    digits = normal_phone(phone) or "".join(character for character in _letters(phone) if character.isdecimal())
    if not digits:
        return
    for form in _numbers(digits):
        yield rf"(?:\+?(?:00)?86{DASH})?{form}"
    if digits.startswith("0"):
        # Within a town nobody types the area code, of three or four digits.
        yield from (rf"(?<!\d){DASH.join(digits[area:])}(?!\d)" for area in (3, 4) if len(digits) - area >= 7)


def _numbers(number: str) -> Iterator[str]:
    if len(number) < 5:
        yield rf"(?<![\da-z]){re.escape(number)}(?![\da-z])" if number else "(?!)"
        return
    whole = DASH.join(number)
    yield whole if len(number) >= LONG_NUMBER else rf"(?<!\d){whole}(?!\d)"
    if len(number) < LONG_NUMBER:
        return
    for front in FRONTS:
        shown = DASH.join(number[:front])
        yield from (rf"{shown}{MASK}{{2,}}{number[-back:]}" for back in BACKS if front + back < len(number))
        if front > 2:
            yield rf"{shown}{MASK}{{4,}}"
    yield rf"{MASK}{{3,{LONGEST_MASK}}}{number[-4:]}"
    yield rf"尾号(?:为|是)?[:\s]*{number[-4:]}"


def _addresses(address: str) -> Iterator[str]:
    within = address.removeprefix(mask_address(address).removesuffix("***"))
    for form in {normalise(address), normalise(within)}:
        letters = "".join(form.split())
        if len(letters) >= LEAST_ADDRESS:
            yield _spelled(letters, r"[\s,,-]*")
