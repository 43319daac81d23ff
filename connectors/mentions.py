"""Whom a row names: petitioners, signatories, representatives, agents, respondents. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from connectors import values
from connectors.fields import Field
from connectors.rows import Columns, Getter, Row
from graph.records import MentionDraft, MentionRole, PartyKind

_BETWEEN: Final = re.compile(r"[、,，;；/\n\t]+|\s{2,}|(?<=[\u4e00-\u9fff]) +(?=[\u4e00-\u9fff]{2})")
_BRACKETED: Final = re.compile(r"[(（\[【〔][^()（）\[\]【】〔〕]*[)）\]】〕]")
_MARKS: Final = "、,，;；/\n\t 等"
# Signs that Unicode keeps free for programs stand for marks in brackets meanwhile: 红星公司（张三、李四） is one name.
_HIDDEN: Final = {ord(mark): 0xFDD0 + place for place, mark in enumerate(_MARKS)}
_SHOWN: Final = {hidden: mark for mark, hidden in _HIDDEN.items()}
_AND_OTHERS: Final = re.compile(
    r"等[\d一二三四五六七八九十百两余多几]*(?:余|多)?(?:人|户|名|位)?(?:群众|村民|业主|居民|职工)?$"
)
_ORGANISED: Final = re.compile(
    r"(?:公司|集团|厂|店|行|社|局|委|办|院|所|站|队|部|处|校|学|园|馆|库|中心|政府|街道|协会|学会|商会|委员会|办公室|"
    r"合作社|事务所|银行|医院|学校|幼儿园|村|镇|乡|区|县|市)$"
)
_MANY: Final = re.compile(r"[、,，;；/\n\t ]|等")

Mentions = Callable[[Row], tuple[MentionDraft, ...]]


def names_of(cell: values.Cell) -> list[str]:
    """Return the names that stand in one cell: 张三、李四等5人 are two."""
    found = values.named(cell)
    if found is None:
        return []
    if not _MANY.search(found):
        return [found]
    apart = _BETWEEN.split(_BRACKETED.sub(lambda note: note[0].translate(_HIDDEN), found))
    parts = (_AND_OTHERS.sub("", part.translate(_SHOWN).strip(values.STRIPPED)) for part in apart)
    return [part for part in parts if part not in values.UNNAMED]


def kind_of(name: str) -> PartyKind:
    """Tell an organisation by how its name ends; four characters are the least that one has."""
    return PartyKind.ORGANISATION if len(name) >= 4 and _ORGANISED.search(name) else PartyKind.PERSON


def compile_mentions(columns: Columns) -> Mentions:
    """Return what reads whom a row names."""
    petitioners = compile_petitioners(columns)
    speaking = [
        _others(columns, Field.SIGNATORIES, MentionRole.PETITIONER),
        _others(columns, Field.REPRESENTATIVES, MentionRole.REPRESENTATIVE),
        _others(columns, Field.AGENT, MentionRole.AGENT),
    ]
    complained = [
        _accused(columns, Field.RESPONDENT, kind_of),
        _accused(columns, Field.RESPONDENT_ORGANISATION, lambda _: PartyKind.ORGANISATION),
    ]
    others = [part for part in speaking if part is not None]
    accused = [part for part in complained if part is not None]
    if not others and not accused:
        return petitioners

    def mentions(row: Row) -> tuple[MentionDraft, ...]:
        found = list(petitioners(row))
        seen = {mention.name for mention in found}
        for part in others:
            new = [mention for mention in part(row) if mention.name not in seen]
            seen.update(mention.name for mention in new)
            found += new
        for part in accused:
            found += part(row)
        return tuple(found)

    return mentions


def compile_petitioners(columns: Columns, role: MentionRole = MentionRole.PETITIONER) -> Mentions:
    """Compile who speaks: one person with all that is told of them, or several names."""
    name = columns.get(Field.NAME, names_of)
    number, phone = columns.get(Field.IDENTITY_NUMBER, values.code), columns.get(Field.PHONE, values.code)
    address, email = columns.get(Field.ADDRESS, values.named), columns.get(Field.EMAIL, values.named)
    account = columns.get(Field.ACCOUNT, values.named)

    def petitioners(row: Row) -> tuple[MentionDraft, ...]:
        names = name(row) or []
        numbers, phones = number(row), phone(row)
        where, mail, user = address(row), email(row), account(row)
        if len(names) > 1:
            return _several(role, names, (numbers, phones), where, mail)
        if not (names or numbers or phones or where or mail or user):
            return ()
        mention = MentionDraft(
            role=role,
            kind=kind_of(names[0]) if names else PartyKind.PERSON,
            name=names[0] if names else None,
            identity_number=numbers,
            phone=phones,
            address=where,
            account=user,
            email=mail,
        )
        return (mention,)

    return petitioners


def _several(
    role: MentionRole,
    names: list[str],
    codes: tuple[str | None, str | None],
    address: str | None,
    email: str | None,
) -> tuple[MentionDraft, ...]:
    """Give each of several people what is theirs: one each where there are as many, else all to the first."""
    each_number, each_phone = (_shared(given, len(names)) for given in codes)
    mentions = [
        MentionDraft(
            role=role,
            kind=kind_of(name),
            name=name,
            identity_number=own_number,
            phone=own_phone,
            address=address if first else None,
            email=email if first else None,
        )
        for name, own_number, own_phone, first in zip(
            names, each_number, each_phone, [True, *[False] * (len(names) - 1)], strict=True
        )
    ]
    return tuple({mention.name: mention for mention in reversed(mentions)}.values())[::-1]


def _shared(given: str | None, people: int) -> list[str | None]:
    parts: list[str | None] = [part for part in re.split(r"[、,，;；/\s]+", given) if part] if given else []
    if len(parts) == people:
        return parts
    return [given, *[None] * (people - 1)]


def _others(columns: Columns, field: Field, role: MentionRole) -> Getter[list[MentionDraft]] | None:
    if not columns.has(field):
        return None
    names = columns.get(field, names_of)
    return lambda row: [MentionDraft(role=role, kind=kind_of(name), name=name) for name in names(row) or ()]


def _accused(columns: Columns, field: Field, kind: Callable[[str], PartyKind]) -> Getter[list[MentionDraft]] | None:
    if not columns.has(field):
        return None
    names = columns.get(field, names_of)
    role = MentionRole.RESPONDENT
    return lambda row: [MentionDraft(role=role, kind=kind(name), name=name) for name in names(row) or ()]
