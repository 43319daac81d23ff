"""From the API's filters to conditions over a row. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from graph.divisions import prefix_of
from graph.records import OrganRole
from graph.sealing import shown_id
from schema.errors import RequestError
from schema.ids import key_of, split_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    Given = Mapping[str, Any]
    """An input as GraphQL gives it: its fields by their names, None where one was left out."""

DIVISION_LEVELS: Final = (2, 4, 6)
TOPIC_LEVELS: Final = (1, 2)
"""Levels that are columns of their own, by digits and by names, with an index in the order of each list."""
CODE: Final = re.compile(r"\d{2,12}\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition over `{row}`, in which `{0}`, `{1}` … stand for its values."""

    text: str
    values: tuple[object, ...] = ()


def clean(name: str, text: str) -> str:
    """Return a text as it is; raise where it holds what no stored text can."""
    if "\0" in text or (not text.isprintable() and any("\ud800" <= one <= "\udfff" for one in text)):
        raise RequestError("INVALID_VALUE", f"{name} holds a NUL or half a character.", argument=name)
    return text


def division_prefix(text: str) -> str:
    """Return a GB/T 2260 code without its trailing pairs of zeros; raise where it is none."""
    prefix = prefix_of(text) if CODE.match(text) else ""
    if not prefix:
        raise RequestError(
            "INVALID_VALUE", "A division is asked for by its code of 2 to 12 digits.", argument="division"
        )
    return prefix


def chosen_of(equals: object, any_of: list[Any] | None) -> tuple[str, ...] | None:
    """Return the values that a choice allows, None where it asks nothing."""
    if equals is None and any_of is None:
        return None
    allowed = None if any_of is None else {str(one) for one in any_of}
    if equals is not None:
        allowed = {str(equals)} if allowed is None else allowed & {str(equals)}
    return tuple(sorted(allowed or ()))


def _choice(column: str, chosen: Given | None) -> Iterator[Condition]:
    values = None if chosen is None else chosen_of(chosen["equals"], chosen["anyOf"])
    if values is not None:
        yield Condition(f"{{row}}.{column} = any({{0}}::text[])", (list(values),))


def _topic(chosen: Given | None) -> Iterator[Condition]:
    if chosen and chosen["equals"] is not None:
        yield Condition("{row}.topic = {0}::text", (clean("topic", chosen["equals"]),))
    if chosen and chosen["within"] is not None:
        path = clean("topic", chosen["within"])
        level = path.count("/") + 1
        if level in TOPIC_LEVELS:
            yield Condition(f"{{row}}.topic_{level} = {{0}}::text", (path,))
        else:
            # The path itself, and what follows its slash; `0` follows `/`.
            yield Condition(
                "({row}.topic = {0}::text or {row}.topic >= {1}::text and {row}.topic < {2}::text)",
                (path, path + "/", path + "0"),
            )


def _code(column: str, chosen: Given | None) -> Iterator[Condition]:
    if chosen and chosen["equals"] is not None:
        exact = division_prefix(chosen["equals"])
        yield Condition(f"{{row}}.{column} = {{0}}::text", (exact if column == "division" else exact.ljust(6, "0"),))
    if chosen and chosen["within"] is not None:
        prefix = division_prefix(chosen["within"])
        if column == "division" and len(prefix) in DIVISION_LEVELS:
            yield Condition(f"{{row}}.division_{len(prefix)} = {{0}}::text", (prefix,))
        else:
            # A range: under row-level security `like` reaches no index.
            yield Condition(
                f"{{row}}.{column} >= {{0}}::text and {{row}}.{column} < {{1}}::text",
                (prefix, prefix[:-1] + chr(ord(prefix[-1]) + 1)),
            )


def _instants(column: str, chosen: Given | None) -> Iterator[Condition]:
    if chosen and chosen["from"] is not None:
        yield Condition(f"{{row}}.{column} >= {{0}}::timestamptz", (chosen["from"],))
    if chosen and chosen["until"] is not None:
        yield Condition(f"{{row}}.{column} < {{0}}::timestamptz", (chosen["until"],))


def _equal(column: str, value: str | None) -> Iterator[Condition]:
    if value is not None:
        yield Condition(f"{{row}}.{column} = {{0}}::text", (clean(column, value),))


def _case(chosen: Given) -> Iterator[Condition]:
    yield from _choice("status", chosen["status"])
    yield from _choice("kind", chosen["kind"])
    if chosen["channel"] is not None:
        channels = chosen_of(chosen["channel"]["equals"], chosen["channel"]["anyOf"])
        if channels is not None:
            yield Condition("{row}.channels && {0}::text[]", (list(channels),))
    yield from _topic(chosen["topic"])
    yield from _code("division", chosen["division"])
    yield from _instants("opened_at", chosen["openedAt"])
    yield from _instants("last_activity_at", chosen["lastActivityAt"])
    if chosen["place"] is not None:
        yield Condition(
            """exists (select from case_place tie join "case" filed on filed.id = tie.case_id
            where tie.place = {0}::uuid and tie.state = 'ACCEPTED' and filed."leading" = {row}."leading"
            and ({row}.leads or filed.id = {row}.id))""",
            (key_of("Place", chosen["place"]),),
        )
    if chosen["organ"] is not None:
        roles = [chosen["organRole"]] if chosen["organRole"] else list(OrganRole)
        yield Condition(
            """exists (select from case_organ tie join "case" filed on filed.id = tie.case_id
            where tie.organ = {0}::uuid and tie.role = any({1}::text[]) and tie.state = 'ACCEPTED'
            and filed."leading" = {row}."leading"
            and ({row}.leads or filed.id = {row}.id))""",
            (key_of("Organ", chosen["organ"]), roles),
        )
    elif chosen["organRole"] is not None:
        raise RequestError("INVALID_VALUE", "`organRole` needs `organ`.", argument="organRole")


def _submission(chosen: Given) -> Iterator[Condition]:
    yield from _choice("channel", chosen["channel"])
    yield from _choice("kind", chosen["kind"])
    yield from _topic(chosen["topic"])
    yield from _code("division", chosen["division"])
    yield from _instants("received_at", chosen["receivedAt"])
    yield from _equal("source", chosen["source"])
    if chosen["externalId"] is not None:
        # Ids stand masked where they hold somebody's number.
        yield from _equal("external_id", shown_id(chosen["externalId"]))
    yield from _equal("receipt_code", chosen["receiptCode"])
    if chosen["accusedUnnamed"] is not None:
        yield Condition("{row}.unnamed" if chosen["accusedUnnamed"] else "not {row}.unnamed")


def _party(chosen: Given) -> Iterator[Condition]:
    yield from _equal("kind", chosen["kind"])
    if chosen["role"] is not None:
        yield Condition(
            "exists (select from mention said where said.party = {row}.party and said.role = {0}::text"
            " and said.until is null)",
            (chosen["role"],),
        )


def _place(chosen: Given) -> Iterator[Condition]:
    yield from _equal("level", chosen["level"])
    yield from _code("code", chosen["code"])
    if chosen["parent"] is not None:
        yield Condition("{row}.parent = {0}::uuid", (key_of("Place", chosen["parent"]),))
    yield from _equal("source", chosen["source"])


OPEN: Final = Condition("{row}.state = 'OPEN'")
"""What rejections are listed where nobody asks for those that ended."""


def _rejection(chosen: Given) -> Iterator[Condition]:
    yield from _choice("state", chosen["state"])
    if chosen["resolved"]:
        yield Condition("{row}.state = 'RESOLVED'")
    elif chosen["state"] is None or chosen["resolved"] is False:
        yield OPEN
    yield from _choice("channel", chosen["channel"])
    yield from _equal("source", chosen["source"])


def _reveal(chosen: Given) -> Iterator[Condition]:
    yield from _equal("actor", chosen["actor"])
    if chosen["subject"] is not None:
        kind, key = split_id(chosen["subject"])
        yield Condition("{row}.subject_kind = {0}::text and {row}.subject = {1}::uuid", (clean("subject", kind), key))
    yield from _instants("at", chosen["at"])


def _history(chosen: Given) -> Iterator[Condition]:
    yield from _choice("channel", chosen["channel"])
    yield from _choice("kind", chosen["kind"])
    if chosen["event"] is not None:
        yield Condition("{row}.kind = 'EVENT_RECORDED'")
        yield from _choice("state", chosen["event"])
    yield from _instants("at", chosen["at"])


FILTERS: Final[dict[str, Callable[[Given], Iterator[Condition]]]] = {
    "CaseFilter": _case,
    "SubmissionFilter": _submission,
    "PartyFilter": _party,
    "PlaceFilter": _place,
    "RejectionFilter": _rejection,
    "RevealFilter": _reveal,
    "HistoryFilter": _history,
}
"""By the name of the filter's input type."""

UNFILTERED: Final = {"RejectionFilter": (OPEN,)}
"""What is asked where no filter is given."""


def conditions_of(kind: str, chosen: Given | None) -> tuple[Condition, ...]:
    """Return what a filter of an input type asks; raise RequestError for a value that cannot be."""
    if chosen is None:
        return UNFILTERED.get(kind, ())
    return tuple(FILTERS[kind](chosen))
