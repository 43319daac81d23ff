"""What was said and done about one thing: entries of the journal, by when they were."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graph.errors import InvalidError
from graph.policy import Action, allows
from schema.errors import RequestError
from schema.ids import key_of
from search.query_tokens import QuerySyntaxError
from search.records import SearchOrder, SearchRequest
from tests.reference import filters
from tests.reference.fields import directed, field
from tests.reference.lists import Sealed, connection
from wording import Wording

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from uuid import UUID

    from tests.reference.fields import World
    from tests.reference.graph import Graph, Node, Row

SUBJECTS = ("party", "case", "place", "division")
OF_CASES = ("SUBMISSION_FILED", "SUBMISSION_PARTED", "CASES_JOINED", "CASES_PARTED")
"""Entries that name a case after what they are about."""
OF_CASES_ALONE = ("CASE_OPENED", "CASE_MOVED", "SUBMISSION_FILED")
"""Entries that only the history of a case has."""
OF_DIVISIONS = (
    "SUBMISSION_REVISED", "SUBMISSION_PARTED", "CASES_JOINED", "CASES_PARTED", "ACCUSED_NAMED",
    "SUBMISSION_CLASSIFIED", "SUBMISSION_CORRECTED", "PERSON_ERASED", "REVISION_REFUSED",
)  # fmt: skip
"""Entries besides those of what was received and done that the history of a division has."""


@field("Query.history")
def history(world: World, _: Node, asked: dict[str, Any]) -> Node:
    """Answer with the entries that belong to the one thing named, each at its own time."""
    named = [name for name in SUBJECTS if asked[name] is not None]
    if len(named) != 1:
        raise RequestError("INVALID_VALUE", Wording("Not one."))
    belongs = _belonging(world.graph, named[0], asked[named[0]])
    wanted = filters.passing(filters.entries(asked["filter"] or {}))
    words = filters.clean(asked["matching"] or "")

    def rows() -> Iterator[Row]:
        # Looked for only when everything else is as it should be.
        found = _matches(world, words) if words.strip() else None
        for entry in world.graph["journal"]:
            row = dated(world.graph, entry)
            if belongs(entry) and wanted(row) and (found is None or row["about"] in found):
                yield row

    order = directed(("at", "position"), asked["orderBy"])
    page = connection(rows(), order, asked, lambda row: row, Sealed(world.vault, "history"))
    return {**page, "matches_cut": False}


def _matches(world: World, words: str) -> set[UUID]:
    request = SearchRequest(
        text=words, order=SearchOrder.NEWEST, first=10_000, numbers=allows(world.viewer, Action.REVEAL)
    )
    try:
        return {hit.submission for hit in world.search(request).hits}
    except QuerySyntaxError:
        raise RequestError("QUERY_SYNTAX", Wording("Not understood.")) from None
    except InvalidError:
        raise AssertionError(words) from None


def dated(graph: Graph, entry: Row) -> Row:
    """Return an entry with the submission that it tells of, that one's channel, and when it was said or done."""
    event = graph.row("event", entry["subject"]) if entry["kind"] == "EVENT_RECORDED" else None
    submission = graph.row("submission", event["submission"] if event and event["submission"] else entry["subject"])
    if entry["kind"] == "CASE_OPENED":
        submission = graph.row("submission", entry["object"])
    at = event["at"] if event else entry["at"]
    if entry["kind"] == "SUBMISSION_RECEIVED" and submission:
        at = submission["received_at"]
    told = {"channel": submission["channel"], "about": submission["id"]} if submission else {}
    return {**entry, "at": at, "channel": None, "about": None, **told}


def _belonging(graph: Graph, subject: str, given: str) -> Callable[[Row], bool]:
    if subject == "division":
        return _in_division(graph, filters.prefix_of(given))
    key = key_of(subject.capitalize(), given)
    place = graph.row("place", key) if subject == "place" else None
    if place and place["code"]:
        return _in_division(graph, filters.prefix_of(place["code"]))
    submissions, cases = _held(graph, subject, key)

    def belongs(entry: Row) -> bool:
        if subject != "case" and entry["kind"] in OF_CASES_ALONE:
            return False
        if entry["kind"] == "EVENT_RECORDED":
            event = graph.row("event", entry["subject"])
            return event is not None and event["case_id"] in cases
        if entry["subject"] in submissions:
            return bool(entry["kind"] != "IDENTITY_REVEALED")
        return entry["subject"] in cases or (entry["kind"] in OF_CASES and entry["object"] in cases)

    return belongs


def _held(graph: Graph, subject: str, key: UUID) -> tuple[set[UUID], set[UUID]]:
    """Return the submissions and the cases that a history tells of."""
    if subject == "party":
        asked = graph.row("mention", key)
        party = [one for one in graph["mention"] if asked and one["party"] == asked["party"] and one["until"] is None]
        named = {one["submission"] for one in party}
        return named, _matters(graph, {graph.by_id["submission"][one]["case_id"] for one in named})
    own = {key} & graph.by_id["case"].keys()
    if subject == "place":
        ties = [tie for tie in graph["case_place"] if tie["place"] == key and tie["state"] == "ACCEPTED"]
        own = {tie["case_id"] for tie in ties}
    cases = _matters(graph, own)
    return {row["id"] for row in graph["submission"] if row["case_id"] in cases}, cases


def _matters(graph: Graph, cases: set[UUID]) -> set[UUID]:
    """Return all cases of the matters that these are part of."""
    leads = {graph.leading(case) for case in cases}
    return {row["id"] for row in graph["case"] if row["leading"] in leads}


def _in_division(graph: Graph, prefix: str) -> Callable[[Row], bool]:
    def lies(table: str, key: UUID) -> bool:
        row = graph.row(table, key)
        return row is not None and (row["division"] or "").startswith(prefix)

    def belongs(entry: Row) -> bool:
        if entry["kind"] == "EVENT_RECORDED":
            event = graph.row("event", entry["subject"])
            return event is not None and lies("case", event["case_id"])
        if entry["kind"] == "SUBMISSION_RECEIVED":
            return lies("submission", entry["subject"])
        return entry["kind"] in OF_DIVISIONS and (
            lies("submission", entry["subject"]) or lies("case", entry["subject"])
        )

    return belongs
