"""Who wrote a letter and when: read from its labelled lines, its lists of names and its closing lines. Pure.

What is taken as somebody's name, number or address is taken out of the text: there it would stand unsealed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from connectors import labels, mentions, values
from connectors.labels import Label
from connectors.letters.forwards import quoted_headers
from connectors.letters.senders import SPEAKING, joined, says_something
from graph.records import MentionDraft, MentionRole, PartyKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connectors.labels import Segment

CLOSING: Final = 6
"""Lines from the end among which an unlabelled signature may stand."""
_ROLES: Final = {
    Label.PETITIONER: MentionRole.PETITIONER,
    Label.REPRESENTATIVE: MentionRole.REPRESENTATIVE,
    Label.AGENT: MentionRole.AGENT,
    Label.RESPONDENT: MentionRole.RESPONDENT,
    Label.RESPONDENT_ORGANISATION: MentionRole.RESPONDENT,
}
_GOODBYE: Final = re.compile(r"此致|敬礼|谢谢|感谢|盼复|望.{0,8}(?:答复|回复|解决|处理)")


@dataclass(frozen=True, slots=True)
class Signed:
    """A letter's text and what its lines say about it."""

    text: str
    mentions: tuple[MentionDraft, ...]
    signatories: int | None
    """As many as it says have signed, or as sign by name where they are several."""
    title: str | None
    dates: dict[Label, str]
    """As written, by `WRITTEN`, `RECEIVED`, `POSTMARKED`."""


def read_signed(text: str, *, title: str | None = None) -> Signed:
    """Read a letter's lines. Where its headers give a `title`, lines that say one stay in the text."""
    reader = _Reader(title)
    lines = [line.rstrip(values.STRIPPED) for line in text.split("\n")]
    quoted = quoted_headers(lines)
    for place, line in enumerate(lines):
        if place in quoted:
            reader.keep(line)
        else:
            reader.read(line)
    reader.close()
    people = reader.people()
    speaking = sum(mention.role in SPEAKING and mention.name is not None for mention in people)
    return Signed(
        text="\n".join(reader.kept).strip(values.STRIPPED),
        mentions=people,
        signatories=reader.counted or (speaking if speaking > 1 else None),
        title=reader.title,
        dates=reader.dates,
    )


@dataclass(slots=True)
class _Group:
    """Lines that speak of the same people."""

    label: Label
    names: list[str] = field(default_factory=list)
    numbers: list[str] = field(default_factory=list)
    phones: list[str] = field(default_factory=list)
    address: str | None = None
    email: str | None = None

    def add(self, other: _Group) -> None:
        """Take what is not known yet."""
        self.numbers = self.numbers or other.numbers
        self.phones = self.phones or other.phones
        self.address = self.address or other.address
        self.email = self.email or other.email

    def people(self) -> list[MentionDraft]:
        """Return a mention for each name: numbers one each where there are as many, else all to the first."""
        names: Sequence[str | None] = self.names or [None]
        numbers, phones = (_dealt(given, len(names)) for given in (self.numbers, self.phones))
        return [
            MentionDraft(
                role=_ROLES[self.label],
                kind=self._kind(name),
                name=name,
                identity_number=numbers[place],
                phone=phones[place],
                address=None if place else self.address,
                email=None if place else self.email,
            )
            for place, name in enumerate(names)
        ]

    def _kind(self, name: str | None) -> PartyKind:
        if self.label is Label.RESPONDENT_ORGANISATION:
            return PartyKind.ORGANISATION
        return mentions.kind_of(name) if name else PartyKind.PERSON


def _dealt(given: Sequence[str], people: int) -> Sequence[str | None]:
    return given if len(given) == people else [*given[:1], *[None] * people][:people]


class _Reader:
    """Reads a letter line by line."""

    def __init__(self, title: str | None = None) -> None:
        self.kept: list[str] = []
        self.dates: dict[Label, str] = {}
        self.title = title
        self.counted: int | None = None
        self._groups: list[_Group] = []
        self._current: _Group | None = None
        self._listing: Label | None = None
        """A label with nothing behind it: the names stand in the lines below."""
        self._columns: list[Label | None] = []
        """The headings of a table of signatories."""

    def keep(self, line: str) -> None:
        """Let a line that others wrote stand as it does."""
        self._current = self._listing = None
        self.kept.append(line)

    def read(self, line: str) -> None:
        """Take a line, or what of it says nothing about a person, into the text."""
        if not line.strip(values.STRIPPED):
            self.kept.append("")
            return
        if self._is_row(line) or self._is_heading(line) or self._is_listed(line):
            return
        found = labels.segments(line)
        if not found:
            self.keep(line)
            return
        left = [segment.raw.strip(values.STRIPPED) for segment in found if not self._take(segment)]
        if left:
            self.kept.append(" ".join(left))

    def close(self) -> None:
        """Read the closing lines: a signature and a date, neither of them labelled."""
        closing = [at for at, line in enumerate(self.kept) if line][-CLOSING:]
        for place, at in reversed(list(enumerate(closing))):
            line = self.kept[at]
            dated = labels.DATE.search(line)
            before = (line[: dated.start()] if dated else line).strip(values.STRIPPED)
            if dated and (not before or labels.signature(before)) and not line[dated.end() :].strip():
                self.dates.setdefault(Label.WRITTEN, dated[0])
                self.kept[at] = ""
            near = dated is not None or self._follows_goodbye(closing[:place]) or self._precedes_date(at)
            if near and (names := labels.signature(before)):
                self._groups.append(_Group(Label.PETITIONER, names))
                self.kept[at] = ""
            elif before:
                return

    def people(self) -> tuple[MentionDraft, ...]:
        """Return whom the lines name, each once; what stands without a name is the first one's."""
        named = [group for group in self._groups if group.names]
        own = [group for group in named if _ROLES.get(group.label) in SPEAKING]
        loose = [group for group in self._groups if not group.names]
        for group in loose[1:] if not own else loose:
            (own or loose)[0].add(group)
        groups = named if own else [*named, *loose[:1]]
        found: dict[tuple[MentionRole, str | None], MentionDraft] = {}
        for mention in (mention for group in groups for mention in group.people()):
            key = mention.role, mention.name
            found[key] = joined(found[key], mention) if key in found else mention
        return tuple(mention for mention in found.values() if says_something(mention))

    def _follows_goodbye(self, above: Sequence[int]) -> bool:
        return any(_GOODBYE.search(self.kept[at]) for at in above[-3:])

    def _precedes_date(self, at: int) -> bool:
        """Tell whether nothing but a date, already taken, stands below a line."""
        return Label.WRITTEN in self.dates and not any(self.kept[at + 1 :])

    def _take(self, segment: Segment) -> bool:
        """Take what a label says. False where it belongs into the text."""
        if segment.label in labels.WHO:
            return self._take_names(segment)
        take = {
            Label.PHONE: self._take_phones,
            Label.NUMBER: self._take_numbers,
            Label.ADDRESS: self._take_address,
            Label.EMAIL: self._take_email,
            Label.TITLE: self._take_title,
        }.get(segment.label)
        if take is not None:
            return take(segment.value)
        return segment.label is not Label.TRAIT and self._take_date(segment)

    def _take_names(self, segment: Segment) -> bool:
        label, value = segment.label, segment.value
        self._current = None
        if label is Label.SOMEBODY:
            self._current = _Group(label)  # numbers below are theirs, and nobody's here
            return False
        if label in labels.ACCUSED:
            name = value if label is Label.RESPONDENT_ORGANISATION and len(value) < 30 else labels.accused_in(value)
            if name and name not in values.UNNAMED:
                self._begin(label, [name])
            return False
        names = labels.names_in(value)
        if not value.strip("_ "):
            self._listing = label
            return label is Label.PETITIONER
        if not names:
            return value in values.UNNAMED
        group = self._begin(label, names)
        group.phones, group.numbers = labels.phones_in(value), labels.numbers_in(value)
        counted = labels.COUNTED.search(value)
        self.counted = int(counted[1]) if counted else self.counted
        return True

    def _begin(self, label: Label, names: list[str]) -> _Group:
        self._current = _Group(label, names)
        self._groups.append(self._current)
        return self._current

    def _owner(self) -> _Group:
        """Return whom a number or an address belongs to: who was named right before, else who writes."""
        return self._current or self._begin(Label.PETITIONER, [])

    def _take_phones(self, value: str) -> bool:
        found = labels.phones_in(value)
        if not found:
            return value in values.UNNAMED
        owner = self._owner()
        owner.phones = owner.phones or found
        return owner.label is not Label.SOMEBODY and labels.is_all(value, labels.PHONE)

    def _take_numbers(self, value: str) -> bool:
        found = labels.numbers_in(value)
        if not found:
            return value in values.UNNAMED
        owner = self._owner()
        owner.numbers = owner.numbers or found
        return owner.label is not Label.SOMEBODY

    def _take_address(self, value: str) -> bool:
        if value in values.UNNAMED or not 2 <= len(value) <= labels.LONGEST_ADDRESS:
            return value in values.UNNAMED
        owner = self._owner()
        owner.address = owner.address or value
        return owner.label is not Label.SOMEBODY

    def _take_email(self, value: str) -> bool:
        match = labels.EMAIL.search(value)
        if match is None:
            return value in values.UNNAMED
        owner = self._owner()
        owner.email = owner.email or match[0]
        return owner.label is not Label.SOMEBODY

    def _take_title(self, value: str) -> bool:
        if self.title is not None or not value:
            return False
        self.title = value
        return True

    def _take_date(self, segment: Segment) -> bool:
        if segment.label in self.dates or not labels.DATE.search(segment.value):
            return False
        self.dates[segment.label] = segment.value
        return True

    def _is_heading(self, line: str) -> bool:
        """Tell whether a line heads a table of signatories: cells between tabs, one of them 姓名."""
        cells = [labels.label_of(cell) for cell in line.split("\t")]
        known = [label for label in cells if label is not None]
        form = len(cells) % 2 == 0 and None not in cells[::2] and not any(cells[1::2])  # label, value, label, value
        if form or Label.PETITIONER not in cells or len(known) < 2 or len(known) * 2 < len(cells):
            return False
        self._columns = cells
        return True

    def _is_row(self, line: str) -> bool:
        """Tell whether a line is a row of the table of signatories, and take it."""
        cells = line.split("\t")
        if not self._columns or len(cells) > len(self._columns) or len(cells) < 2:
            self._columns = []
            return False
        row: dict[Label | None, str] = {}
        for label, cell in zip(self._columns, cells, strict=False):
            row.setdefault(label, cell.strip(values.STRIPPED))
        names = labels.names_in(row.pop(Label.PETITIONER, ""))
        if names:
            group = self._begin(Label.PETITIONER, names)
            group.phones = labels.phones_in(row.get(Label.PHONE, ""))
            group.numbers = labels.numbers_in(row.get(Label.NUMBER, ""))
            group.address, group.email = row.get(Label.ADDRESS) or None, row.get(Label.EMAIL) or None
            self._current = None
        return bool(names)

    def _is_listed(self, line: str) -> bool:
        """Tell whether a line below an empty label is one of its names, and take it."""
        bare = re.sub(r"^\s*\d{1,3}\s*[、.．)）]?\s*", "", line) if self._listing else ""
        if self._listing is None or labels.segments(line):
            return False
        rest = labels.PHONE.sub(" ", labels.NUMBER.sub(" ", bare))
        names = labels.signature(rest)
        if not names:
            self._listing = None
            return False
        group = self._begin(self._listing, names)
        group.phones, group.numbers = labels.phones_in(bare), labels.numbers_in(bare)
        return True
