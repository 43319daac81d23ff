"""Who sent a mail, who may be named twice in one letter: by its lines, and by the mail that brought it. Pure."""

from __future__ import annotations

import re
from email.utils import parseaddr
from typing import TYPE_CHECKING, Final

from connectors import labels, mentions
from graph.records import MentionDraft, MentionRole, PartyKind

if TYPE_CHECKING:
    from collections.abc import Iterable

SPEAKING: Final = frozenset({MentionRole.PETITIONER, MentionRole.REPRESENTATIVE})
LONGEST_SENDER: Final = 500
"""Characters that say who sent a mail; what follows them says something else."""
_IN_BRACKETS: Final = re.compile(r"<\s*(?:mailto:)?([^<>@\s]+@[^<>@\s]+)\s*>")
_BARE: Final = re.compile(r"[\w.+-]++@[\w.-]+", re.ASCII)
_AROUND: Final = "\"'<>()（）[]＜＞:：,; \t"
_BLANK: Final = re.compile(r"\s")


def name_and_address(written: str) -> tuple[str, str]:
    """Read 张三 <zhang@mail.example>, also where signs in the name break the standard; empty is what is not there."""
    written = written[:LONGEST_SENDER]
    try:
        name, address = parseaddr(written)
    except RecursionError:  # the library calls itself at each bracket
        return "", ""
    if "@" in address and not _BLANK.search(address):
        return name, address
    if found := _IN_BRACKETS.search(written):
        return written[: found.start()].strip("\"' \t"), found[1]
    if found := _BARE.search(written):
        return _BARE.sub("", written).strip(_AROUND), found[0]
    return name or address.strip(_AROUND), ""


def says_something(mention: MentionDraft) -> bool:
    """Tell whether anything is known of somebody."""
    return any((mention.name, mention.identity_number, mention.phone, mention.address, mention.email))


def joined(one: MentionDraft, other: MentionDraft) -> MentionDraft:
    """Return two mentions of the same name in the same role as one."""
    return MentionDraft(
        role=one.role,
        kind=one.kind,
        name=one.name,
        identity_number=one.identity_number or other.identity_number,
        phone=one.phone or other.phone,
        address=one.address or other.address,
        email=one.email or other.email,
    )


def with_sender(people: Iterable[MentionDraft], name: str | None, email: str | None) -> tuple[MentionDraft, ...]:
    """Return a mail's people and its sender, who is the one of that name, or the first if the name is no person's."""
    found = list(people)
    speaking = [place for place, mention in enumerate(found) if mention.role in SPEAKING]
    if not name and not email:
        return tuple(found)
    same = [place for place in speaking if found[place].name == name and name]
    nobody = [place for place in speaking[:1] if name is None or not labels.looks_like_person(name)]
    nameless = [place for place in speaking if found[place].name is None]
    sender = MentionDraft(
        role=MentionRole.PETITIONER,
        kind=mentions.kind_of(name) if name else PartyKind.PERSON,
        name=name,
        email=email,
    )
    if same or nobody:
        place = (same or nobody)[0]
        found[place] = joined(found[place], sender)
    elif nameless:
        found[nameless[0]] = joined(sender, found[nameless[0]])
    else:
        found.insert(0, sender)
    return tuple(found)
