"""Filters as predicates over rows. Each argument is read before any row is looked at, in the schema's order."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from graph.gazetteer import Gazetteer
from graph.organs import normalise_organ
from graph.policy import Action, allows
from graph.sealing import shown_id
from schema.errors import RequestError
from schema.ids import key_of, split_id
from wording import Wording

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from uuid import UUID

    from tests.reference.fields import World
    from tests.reference.graph import Graph, Row

Given = dict[str, Any] | None
ZONE = ZoneInfo("Asia/Shanghai")
GAZETTEER = Gazetteer()
Test = "Callable[[Row], bool]"


def passing(tests: Iterator[Callable[[Row], bool]]) -> Callable[[Row], bool]:
    """Return a predicate that asks all; what is wrong with an argument is raised here."""
    asked = list(tests)
    return lambda row: all(test(row) for test in asked)


def clean(text: str) -> str:
    """Return a text; raise where no text can be so."""
    if "\0" in text:
        raise RequestError("INVALID_VALUE", Wording("NUL."))
    return text


def prefix_of(text: str) -> str:
    """Return a division's code without trailing pairs of zeros; raise where it is none."""
    code = text if text[:1].isdigit() else getattr(GAZETTEER.by_whole_name(text), "code", "")
    while code.endswith("00"):
        code = code[:-2]
    if not re.fullmatch("[0-9]{2,12}", code):
        raise RequestError("INVALID_VALUE", Wording("Not a code."))
    return code


def allowed(chosen: Given) -> set[str] | None:
    """Return the values that a choice allows, None where it asks nothing."""
    given = chosen or {}
    sets = [{given["equals"]}] if given.get("equals") is not None else []
    sets += [set(given["anyOf"])] if given.get("anyOf") is not None else []
    return set.intersection(*sets) if sets else None


def _choice(column: str, chosen: Given) -> Iterator[Callable[[Row], bool]]:
    values = allowed(chosen)
    if values is not None:
        yield lambda row: row[column] in values


def _equal(column: str, value: str | None) -> Iterator[Callable[[Row], bool]]:
    if value is not None:
        wanted = clean(value)
        yield lambda row: row[column] == wanted


def _topic(chosen: Given) -> Iterator[Callable[[Row], bool]]:
    given = chosen or {}
    yield from _equal("topic", given.get("equals"))
    if given.get("within") is not None:
        above = clean(given["within"])
        yield lambda row: row["topic"] is not None and (row["topic"] + "/").startswith(above + "/")


def _code(column: str, chosen: Given) -> Iterator[Callable[[Row], bool]]:
    """A case's division is kept without trailing pairs of zeros, a place's code with all six digits."""
    given = chosen or {}
    if given.get("equals") is not None:
        exact = prefix_of(given["equals"])
        wanted = exact if column == "division" else exact.ljust(6, "0")
        yield lambda row: row[column] == wanted
    if given.get("within") is not None:
        prefix = prefix_of(given["within"])
        yield lambda row: row[column] is not None and row[column].startswith(prefix)


def _instants(column: str, chosen: Given) -> Iterator[Callable[[Row], bool]]:
    given = chosen or {}
    if (start := given.get("from")) is not None:
        yield lambda row: row[column] is not None and row[column] >= start
    if (end := given.get("until")) is not None:
        yield lambda row: row[column] is not None and row[column] < end
    if (month := given.get("month")) is not None:
        if not re.fullmatch("[0-9]{4}-(0[1-9]|1[0-2])", month) or not "0002" < month < "9999":
            raise RequestError("INVALID_VALUE", Wording("Not a month."))
        yield lambda row: row[column] is not None and row[column].astimezone(ZONE).strftime("%Y-%m") == month


def _count(column: str, chosen: Given) -> Iterator[Callable[[Row], bool]]:
    given = chosen or {}
    if (least := given.get("atLeast")) is not None:
        yield lambda row: row[column] >= least
    if (most := given.get("atMost")) is not None:
        yield lambda row: row[column] <= most


def _name(column: str, chosen: Given) -> Iterator[Callable[[Row], bool]]:
    given = chosen or {}
    yield from _equal(column, given.get("equals"))
    if given.get("startsWith") is not None:
        begins = clean(given["startsWith"])
        yield lambda row: row[column].startswith(begins)


def named_by(world: World, account: dict[str, Any]) -> set[UUID]:
    """Return the submissions that name a user of a source; raise where the viewer may not ask that."""
    asked = f"{clean(account['source'])}/{clean(account['name']).casefold()}"
    wanted = world.vault.equality("account", asked)
    return {one["submission"] for one in world.graph["mention"] if one["account_hash"] == wanted}


def require_all(world: World, given: dict[str, Any]) -> None:
    """Raise where a viewer may not ask so; what is wrong with an argument is told before."""
    if given.get("account") is not None and not allows(world.viewer, Action.REVEAL):
        raise RequestError("FORBIDDEN", Wording("Not allowed."))


def _found(world: World, given: dict[str, Any]) -> Iterator[set[UUID]]:
    """Yield the cases that each number or id leads to."""
    graph = world.graph
    if given.get("number") is not None:
        yield {row["id"] for row in graph["case"] if row["number"] == given["number"]}
    for name, column, shown in (("externalId", "external_id", shown_id), ("receiptCode", "receipt_code", str)):
        if given.get(name) is not None:
            wanted = shown(clean(given[name]))
            yield {row["case_id"] for row in graph["submission"] if row[column] == wanted}
    if given.get("account") is not None:
        named = named_by(world, given["account"])
        yield {row["case_id"] for row in graph["submission"] if row["id"] in named}


def _among(keys: set[UUID]) -> Callable[[Row], bool]:
    return lambda row: row["id"] in keys


def cases(world: World, given: dict[str, Any]) -> Iterator[Callable[[Row], bool]]:
    """Yield what is asked of leading cases."""
    graph = world.graph
    for found in _found(world, given):
        leading = {graph.leading(case) for case in found}
        yield _among(leading)
    yield from _choice("status", given.get("status"))
    yield from _choice("kind", given.get("kind"))
    channels = allowed(given.get("channel"))
    if channels is not None:
        yield lambda row: bool(channels & set(row["channels"]))
    yield from _topic(given.get("topic"))
    yield from _code("division", given.get("division"))
    yield from _instants("opened_at", given.get("openedAt"))
    yield from _instants("first_received_at", given.get("firstReceivedAt"))
    yield from _instants("last_received_at", given.get("lastReceivedAt"))
    yield from _instants("last_answered_at", given.get("lastAnsweredAt"))
    yield from _count("submission_count", given.get("submissionCount"))
    yield from _instants("last_activity_at", given.get("lastActivityAt"))
    if given.get("place") is not None:
        place = key_of("Place", given["place"])
        about = _tied(graph, [tie for tie in graph["case_place"] if tie["place"] == place])
        yield lambda row: row["id"] in about
    role = given.get("organRole")
    if given.get("organ") is not None and given.get("organName") is not None:
        raise RequestError("INVALID_VALUE", Wording("Two organs."))
    if given.get("organName") is not None:
        wanted = normalise_organ(clean(given["organName"]))
        named = [row["id"] for row in graph["organ"] if row["name"] == wanted]
        ties = [tie for tie in graph["case_organ"] if tie["organ"] in named and role in {None, tie["role"]}]
        having = _tied(graph, ties)
        yield lambda row: row["id"] in having
    elif given.get("organ") is not None:
        organ = key_of("Organ", given["organ"])
        ties = [tie for tie in graph["case_organ"] if tie["organ"] == organ and role in {None, tie["role"]}]
        taken = _tied(graph, ties)
        yield lambda row: row["id"] in taken
    elif role is not None:
        raise RequestError("INVALID_VALUE", Wording("No organ."))


def _tied(graph: Graph, ties: list[Row]) -> set[UUID]:
    return {graph.leading(tie["case_id"]) for tie in ties if tie["state"] == "ACCEPTED"}


def submissions(world: World, given: dict[str, Any]) -> Iterator[Callable[[Row], bool]]:
    """Yield what is asked of submissions."""
    if given.get("caseNumber") is not None:
        cases = {row["leading"] for row in world.graph["case"] if row["number"] == given["caseNumber"]}
        yield lambda row: world.graph.leading(row["case_id"]) in cases
    yield from _choice("channel", given.get("channel"))
    yield from _choice("kind", given.get("kind"))
    yield from _topic(given.get("topic"))
    yield from _code("division", given.get("division"))
    yield from _instants("received_at", given.get("receivedAt"))
    yield from _equal("source", given.get("source"))
    yield from _equal("external_id", given.get("externalId") and shown_id(given["externalId"]))
    yield from _equal("receipt_code", given.get("receiptCode"))
    if given.get("account") is not None:
        named = named_by(world, given["account"])
        yield lambda row: row["id"] in named
    if (unnamed := given.get("accusedUnnamed")) is not None:
        yield lambda row: row["unnamed"] == unnamed


def parties(graph: Graph, given: dict[str, Any]) -> Iterator[Callable[[Row], bool]]:
    """Yield what is asked of parties, each told by its smallest mention; those named nowhere now are left out."""
    current = [one for one in graph["mention"] if one["until"] is None]
    named = {one["party"] for one in current}
    yield lambda row: row["id"] in named
    yield from _equal("kind", given.get("kind"))
    if given.get("role") is not None:
        being = {one["party"] for one in current if one["role"] == given["role"]}
        yield lambda row: row["id"] in being


def places(_: Graph, given: dict[str, Any]) -> Iterator[Callable[[Row], bool]]:
    """Yield what is asked of places."""
    yield from _name("name", given.get("name"))
    yield from _equal("level", given.get("level"))
    yield from _code("code", given.get("code"))
    if given.get("parent") is not None:
        parent = key_of("Place", given["parent"])
        yield lambda row: row["parent"] == parent
    yield from _equal("source", given.get("source"))


def organs(_: Graph, given: dict[str, Any]) -> Iterator[Callable[[Row], bool]]:
    """Yield what is asked of organs."""
    yield from _name("name", given.get("name"))


def entries(given: dict[str, Any]) -> Iterator[Callable[[Row], bool]]:
    """Yield what is asked of the entries of a history."""
    yield from _choice("channel", given.get("channel"))
    yield from _choice("kind", given.get("kind"))
    if given.get("event") is not None:
        yield lambda row: row["kind"] == "EVENT_RECORDED"
        yield from _choice("state", given["event"])
    yield from _instants("at", given.get("at"))


def reveals(_: Graph, given: dict[str, Any]) -> Iterator[Callable[[Row], bool]]:
    """Yield what is asked of reveals."""
    yield from _equal("actor", given.get("actor"))
    if given.get("subject") is not None:
        subject = split_id(given["subject"])
        yield lambda row: (row["subject_kind"], row["subject"]) == subject
    yield from _instants("at", given.get("at"))


def rejections(_: Graph, given: dict[str, Any]) -> Iterator[Callable[[Row], bool]]:
    """Yield what is asked of rejections: that they are open, unless said otherwise."""
    resolved = given.get("resolved")
    if resolved:
        yield lambda row: row["resolved_at"] is not None
    elif resolved is False or given.get("state") is None:
        yield lambda row: row["resolved_at"] is None and row["dismissed_at"] is None
    yield from _choice("state", given.get("state"))
    yield from _choice("channel", given.get("channel"))
    yield from _equal("source", given.get("source"))
