"""From the API's filters to conditions over a row. Pure.

What reads a filter is put together of what reads its fields, as the filter is of fields; so an error tells its place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from graph.identity import normal_account
from graph.ids import organ_id
from graph.organs import normalise_organ
from graph.policy import Action
from graph.records import OrganRole
from graph.sealing import shown_id
from resolvers.conditions import (
    DIVISION_LEVELS,
    TOPIC_LEVELS,
    Condition,
    behind_all,
    chosen_of,
    clean,
    division_prefix,
    month_of,
)
from schema.bindings import answering, stood_for
from schema.errors import RequestError, argument
from schema.ids import key_of, split_id
from wording import Wording

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import TypeAlias

    from resolvers.conditions import Given, Instance

    Reader: TypeAlias = Callable[[Any, Instance], Iterator[Condition]]
    """Reads one field of a filter that was given."""


def _fields(parts: Mapping[str, Reader]) -> Reader:
    """Read an input by what reads its fields; those that were left out ask nothing."""

    def read(given: Given, instance: Instance) -> Iterator[Condition]:
        for name, part in parts.items():
            if given.get(name) is not None:
                with argument(name):
                    yield from part(given[name], instance)

    return read


def _choice(condition: str) -> Reader:
    def read(given: Given, _: Instance) -> Iterator[Condition]:
        values = chosen_of(given["equals"], given["anyOf"])
        if values is not None:
            yield Condition(condition, (list(values),))

    return read


def _one_of(column: str) -> Reader:
    return _choice(f"{{row}}.{column} = any({{0}}::text[])")


def _compared(text: str, value: Callable[[Any], object] = lambda given: given) -> Reader:
    """Read a value that travels as it is, or as `value` makes it."""

    def read(given: Any, _: Instance) -> Iterator[Condition]:
        yield Condition(text, (value(given),))

    return read


def _equal(column: str, name: str = "") -> Reader:
    return _compared(f"{{row}}.{column} = {{0}}::text", lambda given: clean(name or column, given))


def _within_topic(path: str, _: Instance) -> Iterator[Condition]:
    path = clean("topic", path)
    level = path.count("/") + 1
    if level in TOPIC_LEVELS:
        yield Condition(f"{{row}}.topic_{level} = {{0}}::text", (path,))
    else:
        # The path itself, and what follows its slash; `0` follows `/`.
        yield Condition(
            "({row}.topic = {0}::text or {row}.topic >= {1}::text and {row}.topic < {2}::text)",
            (path, path + "/", path + "0"),
        )


def _within_code(column: str) -> Reader:
    def read(given: str, _: Instance) -> Iterator[Condition]:
        prefix = division_prefix(given)
        if column == "division" and len(prefix) in DIVISION_LEVELS:
            yield Condition(f"{{row}}.division_{len(prefix)} = {{0}}::text", (prefix,))
        else:
            # A range: under row-level security `like` reaches no index.
            yield Condition(
                f"{{row}}.{column} >= {{0}}::text and {{row}}.{column} < {{1}}::text", (prefix, behind_all(prefix))
            )

    return read


def _code(column: str) -> Reader:
    def exact(given: str) -> str:
        prefix = division_prefix(given)
        return prefix if column == "division" else prefix.ljust(6, "0")

    return _fields({"equals": _compared(f"{{row}}.{column} = {{0}}::text", exact), "within": _within_code(column)})


def _name(column: str) -> Reader:
    key = f'{{row}}.{column} collate "C"'

    def beginning(given: str, _: Instance) -> Iterator[Condition]:
        begins = clean(column, given)
        if begins:
            yield Condition(f"{key} >= {{0}}::text and {key} < {{1}}::text", (begins, behind_all(begins)))

    equal = _compared(f"{key} = {{0}}::text", lambda given: clean(column, given))
    return _fields({"equals": equal, "startsWith": beginning})


def _instants(column: str) -> Reader:
    def of_month(given: str, instance: Instance) -> Iterator[Condition]:
        begins, ends = month_of(given, instance.zone)
        yield Condition(
            f"{{row}}.{column} >= {{0}}::timestamptz and {{row}}.{column} < {{1}}::timestamptz", (begins, ends)
        )

    return _fields({
        "from": _compared(f"{{row}}.{column} >= {{0}}::timestamptz"),
        "until": _compared(f"{{row}}.{column} < {{0}}::timestamptz"),
        "month": of_month,
    })  # fmt: skip


def _count(column: str) -> Reader:
    return _fields({
        "atLeast": _compared(f"{{row}}.{column} >= {{0}}::integer"),
        "atMost": _compared(f"{{row}}.{column} <= {{0}}::integer"),
    })  # fmt: skip


def _key(column: str, kind: str) -> Reader:
    return _compared(f"{{row}}.{column} = {{0}}::uuid", lambda given: key_of(kind, given))


# What is tied to a row -----------------------------------------------------------------------------------------------


def _answering(tables: str, condition: str) -> str:
    """Return that a case answers for one that is found as `filed`: from that to the case, never the other way round."""
    answers = stood_for(answering("filed"))
    return f"{{row}}.id in (select found.id from {tables} {answers} where {condition})"  # noqa: S608  # our own words


def _saying(said: str) -> str:
    """Return that a case answers for one in which a submission is filed of which this holds."""
    return _answering('submission said join "case" filed on filed.id = said.case_id', said)


def _tied(table: str, tied: str) -> str:
    """Return that a case answers for one that an accepted edge ties to what is asked for."""
    return _answering(f'{table} tie join "case" filed on filed.id = tie.case_id', f"{tied} and tie.state = 'ACCEPTED'")


NAMING: Final = """(select named.submission from mention named
    where named.id in (select unnest(mentions_by_account({0}::bytea))))"""
"""The submissions that name an account. A function of the database (migration 0022) finds its mentions, for whoever may
have them revealed; which of them are seen is asked as of all mentions."""


def _account(text: str) -> Reader:
    def read(given: Given, instance: Instance) -> Iterator[Condition]:
        source, name = clean("source", given["source"]), clean("name", given["name"])
        yield Condition(text, (instance.vault.equality("account", normal_account(source, name)),), Action.REVEAL)

    return read


def _organs(given: Given, _: Instance) -> Iterator[Condition]:
    """Read the part of an organ, which three fields of a filter name together."""
    by = [name for name in ("organ", "organName") if given.get(name) is not None]
    if len(by) > 1:
        raise RequestError("INVALID_VALUE", Wording("Give `organ` or `organName`, not both."), argument="organName")
    if not by:
        if given.get("organRole") is not None:
            raise RequestError(
                "INVALID_VALUE", Wording("`organRole` needs `organ` or `organName`."), argument="organRole"
            )
        return
    (name,) = by
    roles = [str(given["organRole"])] if given.get("organRole") else list(map(str, OrganRole))
    with argument(name):
        # The id of an organ is made of its name.
        key = key_of("Organ", given[name]) if name == "organ" else organ_id(normalise_organ(clean(name, given[name])))
    tied = "tie.organ = {0}::uuid and tie.role = any({1}::text[])"
    yield Condition(_tied("case_organ", tied), (key, roles))


_CASE: Final = _fields({
    "number": _compared(_answering('"case" filed', "filed.number = {0}::bigint")),
    "externalId": _compared(
        _saying("said.external_id = {0}::text"), lambda given: shown_id(clean("externalId", given))
    ),
    "receiptCode": _compared(
        _saying("said.receipt_code = {0}::text"), lambda given: clean("receiptCode", given)
    ),
    "account": _account(
        _saying(f"said.id in {NAMING}")
    ),
    "status": _one_of("status"),
    "kind": _one_of("kind"),
    "channel": _choice("{row}.channels && {0}::text[]"),
    "topic": _fields({"equals": _equal("topic"), "within": _within_topic}),
    "division": _code("division"),
    "openedAt": _instants("opened_at"),
    "firstReceivedAt": _instants("first_received_at"),
    "lastReceivedAt": _instants("last_received_at"),
    "lastAnsweredAt": _instants("last_answered_at"),
    "lastActivityAt": _instants("last_activity_at"),
    "submissionCount": _count("submission_count"),
    "place": _compared(
        _tied("case_place", "tie.place = {0}::uuid"), lambda given: key_of("Place", given)
    ),
})  # fmt: skip


def _case(given: Given, instance: Instance) -> Iterator[Condition]:
    yield from _CASE(given, instance)
    yield from _organs(given, instance)


_SUBMISSION: Final = _fields({
    "caseNumber": _compared(
        """{row}.case_id in (select filed.id from "case" asked join "case" filed on filed."leading" = asked."leading"
        where asked.number = {0}::bigint and (filed.id = asked.id
            or (select leader.id from "case" leader where leader.id = asked."leading") is not null))"""
    ),
    "channel": _one_of("channel"),
    "kind": _one_of("kind"),
    "topic": _fields({"equals": _equal("topic"), "within": _within_topic}),
    "division": _code("division"),
    "receivedAt": _instants("received_at"),
    "source": _equal("source"),
    # Ids stand masked where they hold somebody's number.
    "externalId": _compared("{row}.external_id = {0}::text", lambda given: shown_id(clean("externalId", given))),
    "receiptCode": _equal("receipt_code", "receiptCode"),
    "account": _account(f"{{row}}.id in {NAMING}"),
    "accusedUnnamed": lambda given, _: iter([Condition("{row}.unnamed" if given else "not {row}.unnamed")]),
})  # fmt: skip
_PARTY: Final = _fields({
    "kind": _equal("kind"),
    "role": _compared(
        "exists (select from mention said where said.party = {row}.party and said.role = {0}::text"
        " and said.until is null)",
    ),
})  # fmt: skip
_PLACE: Final = _fields({
    "name": _name("name"),
    "level": _equal("level"),
    "code": _code("code"),
    "parent": _key("parent", "Place"),
    "source": _equal("source"),
})  # fmt: skip
_ORGAN: Final = _fields({"name": _name("name")})


_OPEN: Final = Condition("{row}.state = 'OPEN'")


def _resolved(given: bool, _: Instance) -> Iterator[Condition]:  # a value of the API
    yield Condition("{row}.state = 'RESOLVED'") if given else _OPEN


_REJECTED: Final = _fields({
    "state": _one_of("state"),
    "resolved": _resolved,
    "channel": _one_of("channel"),
    "source": _equal("source"),
})  # fmt: skip


def _rejection(given: Given, instance: Instance) -> Iterator[Condition]:
    if not given.keys() & {"state", "resolved"}:
        yield _OPEN  # those that ended are listed where they are asked for
    yield from _REJECTED(given, instance)


def _subject(given: str, _: Instance) -> Iterator[Condition]:
    kind, key = split_id(given)
    yield Condition("{row}.subject_kind = {0}::text and {row}.subject = {1}::uuid", (clean("subject", kind), key))


_REVEAL: Final = _fields({"actor": _equal("actor"), "subject": _subject, "at": _instants("at")})


def _step(given: Given, instance: Instance) -> Iterator[Condition]:
    yield Condition("{row}.kind = 'EVENT_RECORDED'")
    yield from _one_of("state")(given, instance)


_HISTORY: Final = _fields({
    "channel": _one_of("channel"), "kind": _one_of("kind"), "event": _step, "at": _instants("at"),
})  # fmt: skip

FILTERS: Final[Mapping[str, Reader]] = {
    "CaseFilter": _case,
    "SubmissionFilter": _SUBMISSION,
    "PartyFilter": _PARTY,
    "PlaceFilter": _PLACE,
    "OrganFilter": _ORGAN,
    "RejectionFilter": _rejection,
    "RevealFilter": _REVEAL,
    "HistoryFilter": _HISTORY,
}
"""By the name of the filter's input type."""


def conditions_of(kind: str, chosen: Given | None, instance: Instance) -> tuple[Condition, ...]:
    """Return what a filter of an input type asks; raise RequestError for a value that cannot be."""
    given = {name: value for name, value in (chosen or {}).items() if value is not None}
    with argument("filter"):
        return tuple(FILTERS[kind](given, instance))
