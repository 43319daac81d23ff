"""What each field answers that is not simply told by its node."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from schema.ids import global_id
from tests.reference.graph import NODES, STANDING, Graph, best_first, find, link_of
from tests.reference.lists import Order, Sealed, connection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from uuid import UUID

    from graph.identity import Vault
    from graph.policy import Viewer
    from search.records import SearchPage, SearchRequest
    from tests.reference.graph import Node, Row

CODE_LENGTH = 6
CASE_ORDERS = {
    "OPENED_AT": ("opened_at", "id"),
    "LAST_ACTIVITY_AT": ("last_activity_at", "id"),
    "NUMBER": ("number", "id"),
    "FIRST_RECEIVED_AT": ("first_received_at", "id"),
    "LAST_RECEIVED_AT": ("last_received_at", "id"),
    "LAST_ANSWERED_AT": ("last_answered_at", "id"),
    "SUBMISSION_COUNT": ("submission_count", "id"),
    "TOPIC": ("topic", "id"),
    "DIVISION": ("division", "id"),
}
LATEST_OPENED = Order(("opened_at", "id"), descending=True)
BY_ID = Order(("id",))
BY_TIME = Order(("at", "id"))
RECEIVING = {"SUBMISSION_RECEIVED", "SUBMISSION_REVISED", "SUBMISSION_FILED", "SUBMISSION_PARTED"}


@dataclass(frozen=True)
class World:
    """All that an answer can depend on."""

    graph: Graph
    vault: Vault
    topics: Sequence[str]
    search: Callable[[SearchRequest], SearchPage]
    viewer: Viewer
    """The name of who asks: cursors of the journal open for nobody else."""


FIELDS: dict[tuple[str, str], Callable[[World, Node, dict[str, Any]], Any]] = {}


def field(*places: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare what `Type.field` answers."""

    def declare(function: Callable[..., Any]) -> Callable[..., Any]:
        FIELDS.update({(kind, name): function for kind, _, name in (place.partition(".") for place in places)})
        return function

    return declare


for _name in NODES:
    FIELDS[_name, "id"] = lambda _, node, __: global_id(node["__typename"], node["id"])


def _leads_to(place: str, kind: str, column: str) -> None:
    """Declare a field that leads to the node of a key."""
    field(place)(lambda world, node, _: find(world.graph, kind, node[column]))


for _place, _kind, _column in (
    ("Submission.case", "Case", "case_id"),
    ("Event.case", "Case", "case_id"),
    ("Event.organ", "Organ", "organ"),
    ("Event.submission", "Submission", "submission"),
    ("Document.submission", "Submission", "submission"),
    ("Mention.submission", "Submission", "submission"),
    ("Mention.party", "Party", "party"),
    ("Rejection.submission", "Submission", "resolved_to"),
    ("Alert.submission", "Submission", "submission"),
    ("Place.parent", "Place", "parent"),
    ("CasePlace.place", "Place", "place"),
    ("CaseOrgan.organ", "Organ", "organ"),
    ("CaseLink.origin", "Case", "origin"),
    ("CaseLink.target", "Case", "target"),
    ("PartyLink.one", "Mention", "low"),
    ("PartyLink.other", "Mention", "high"),
):
    _leads_to(_place, _kind, _column)


def nodes_in(world: World, kind: str, rows: Iterable[Row]) -> list[Node | None]:
    """Return the nodes of rows, in their order."""
    return [find(world.graph, kind, row["id"]) for row in rows]


def page_of(world: World, kind: str, rows: Iterable[Row], order: Order, asked: dict[str, Any]) -> Node:
    """Return a page of the nodes of rows."""
    return connection(rows, order, asked, lambda row: find(world.graph, kind, row["id"]))


def directed(columns: tuple[str, ...], direction: str) -> Order:
    """Return an order from the end that was asked for."""
    return Order(columns, descending=direction == "DESCENDING")


def members(world: World, case: Node) -> set[UUID]:
    """Return the cases that one answers for, itself among them."""
    return {row["id"] for row in world.graph["case"] if row["leading"] == case["id"]}


def filed(world: World, case: Node) -> list[Row]:
    """Return the submissions of a case and those joined to it."""
    own = members(world, case)
    return [row for row in world.graph["submission"] if row["case_id"] in own]


def leads(world: World, cases: Iterable[UUID]) -> list[Row]:
    """Return the cases that answer for these, each once."""
    return [world.graph.by_id["case"][key] for key in {world.graph.leading(case) for case in cases}]


# Lists within a node --------------------------------------------------------------------------------------------


@field("Case.divisionPlace", "Submission.divisionPlace")
def division_place(world: World, node: Node, _: dict[str, Any]) -> Node | None:
    if node["division"] is None:
        return None
    code = node["division"].ljust(CODE_LENGTH, "0")
    return next((find(world.graph, "Place", row["id"]) for row in world.graph["place"] if row["code"] == code), None)


@field("Case.submissions")
def case_submissions(world: World, node: Node, asked: dict[str, Any]) -> Node:
    order = directed(("received_at", "id"), asked["orderBy"])
    return page_of(world, "Submission", filed(world, node), order, asked)


@field("Case.parties")
def case_parties(world: World, node: Node, asked: dict[str, Any]) -> Node:
    inside = {row["id"] for row in filed(world, node)}
    current = [one for one in world.graph["mention"] if one["until"] is None and one["submission"] in inside]
    return page_of(world, "Party", [{"id": key} for key in {one["party"] for one in current}], BY_ID, asked)


@field("Case.events")
def case_events(world: World, node: Node, asked: dict[str, Any]) -> Node:
    own = members(world, node)
    rows = [row for row in world.graph["event"] if row["case_id"] in own and row["until"] is None]
    return page_of(world, "Event", rows, BY_TIME, asked)


@field("Case.timeline")
def case_timeline(world: World, node: Node, asked: dict[str, Any]) -> Node:
    own, inside = members(world, node), {row["id"] for row in filed(world, node)}
    entries = [
        entry
        for entry in world.graph["journal"]
        if {entry["subject"], entry["object"]} & own
        or (entry["subject"] in inside and entry["kind"] != "IDENTITY_REVEALED")
    ]
    seal = Sealed(world.vault, "timeline")
    return connection(entries, Order(("position",)), asked, lambda row: row, seal)


@field("TimelineEntry.submission")
def entry_submission(world: World, entry: Row, _: dict[str, Any]) -> Node | None:
    told = {"CASE_OPENED": entry["object"], **dict.fromkeys(RECEIVING, entry["subject"])}
    return find(world.graph, "Submission", told.get(entry["kind"]))


@field("TimelineEntry.event")
def entry_event(world: World, entry: Row, _: dict[str, Any]) -> Node | None:
    return find(world.graph, "Event", entry["subject"] if entry["kind"] == "EVENT_RECORDED" else None)


@field("Case.places")
def case_places(world: World, node: Node, _: dict[str, Any]) -> list[Node]:
    return best_ties(world, node, "case_place", ("place",))


@field("Case.organs")
def case_organs(world: World, node: Node, _: dict[str, Any]) -> list[Node]:
    return best_ties(world, node, "case_organ", ("role", "organ"))


def best_ties(world: World, case: Node, table: str, what: tuple[str, ...]) -> list[Node]:
    """Return a case's ties, for each of what they lead to the one that holds best."""
    own = members(world, case)
    ties = [tie for tie in world.graph[table] if tie["case_id"] in own and tie["state"] in STANDING]
    best: dict[tuple[Any, ...], Row] = {}
    for tie in sorted(ties, key=best_first):
        best.setdefault(tuple(tie[name] for name in what), tie)
    return [{**tie, "link": link_of(tie)} for _, tie in sorted(best.items())]


@field("Case.relations")
def case_relations(world: World, node: Node, _: dict[str, Any]) -> list[Node]:
    own = members(world, node)
    ties = [tie for tie in world.graph["case_relation"] if {tie["origin"], tie["target"]} & own]
    return standing(ties)


@field("Party.links")
def party_links(world: World, node: Node, _: dict[str, Any]) -> list[Node]:
    own = {one["id"] for one in world.graph["mention"] if one["party"] == node["id"]}
    return standing([tie for tie in world.graph["same_party"] if {tie["low"], tie["high"]} & own])


def standing(ties: list[Row]) -> list[Node]:
    """Return the ties that were not undone, earliest made first."""
    found = [tie for tie in ties if tie["state"] in STANDING]
    return [{**tie, "link": link_of(tie)} for tie in sorted(found, key=lambda tie: tie["id"])]


@field("CaseLink.originId")
def origin_id(_: World, node: Node, __: dict[str, Any]) -> str:
    return global_id("Case", node["origin"])


@field("CaseLink.targetId")
def target_id(_: World, node: Node, __: dict[str, Any]) -> str:
    return global_id("Case", node["target"])


@field("Submission.accusedUnnamed")
def accused_unnamed(_: World, row: Node, __: dict[str, Any]) -> bool:
    told: bool = row["unnamed"]
    return told


@field("Submission.corrections")
def submission_corrections(world: World, node: Node, _: dict[str, Any]) -> list[Node]:
    rows = [row for row in world.graph["correction"] if row["submission"] == node["id"] and row["state"] == "ACCEPTED"]
    return [
        {**row, "value": names_seen(world, row, "value"), "said": names_seen(world, row, "said")}
        for row in sorted(rows, key=lambda row: row["id"])
    ]


def names_seen(world: World, row: Row, name: str) -> str | None:
    """Return what a correction says; of organs the names of those that are seen."""
    said: str | None = row[name]
    if row["field"] != "ORGAN" or said is None:
        return said
    seen = {organ["name"] for organ in world.graph["organ"]}
    return "、".join(sorted(one for one in said.split("\n") if one in seen)) or None


@field("Submission.filing")
def submission_filing(world: World, node: Node, _: dict[str, Any]) -> Node | None:
    ties = [
        tie for tie in world.graph["filing"] if (tie["submission"], tie["case_id"]) == (node["id"], node["case_id"])
    ]
    return next((link_of(tie) for tie in ties if tie["state"] == "ACCEPTED"), None)


@field("Submission.mentions")
def submission_mentions(world: World, node: Node, _: dict[str, Any]) -> list[Node | None]:
    rows = [row for row in world.graph["mention"] if row["submission"] == node["id"] and row["until"] is None]
    return nodes_in(world, "Mention", BY_ID.sorted(rows))


@field("Submission.revisions")
def submission_revisions(world: World, node: Node, _: dict[str, Any]) -> list[Node | None]:
    rows = [row for row in world.graph["submission_revision"] if row["submission"] == node["id"]]
    return nodes_in(world, "Revision", Order(("number",)).sorted(rows))


@field("Submission.documents")
def submission_documents(world: World, node: Node, _: dict[str, Any]) -> list[Node | None]:
    rows = [row for row in world.graph["document"] if row["submission"] == node["id"]]
    return nodes_in(world, "Document", BY_ID.sorted(rows))


@field("Submission.events")
def submission_events(world: World, node: Node, _: dict[str, Any]) -> list[Node | None]:
    rows = [row for row in world.graph["event"] if row["submission"] == node["id"] and row["until"] is None]
    return nodes_in(world, "Event", BY_TIME.sorted(rows))


@field("Party.mentions")
def party_mentions(world: World, node: Node, asked: dict[str, Any]) -> Node:
    rows = [one for one in world.graph["mention"] if one["party"] == node["id"] and one["until"] is None]
    return page_of(world, "Mention", rows, BY_ID, asked)


@field("Party.cases")
def party_cases(world: World, node: Node, asked: dict[str, Any]) -> Node:
    own = {one["submission"] for one in world.graph["mention"] if one["party"] == node["id"] and one["until"] is None}
    rows = leads(world, [row["case_id"] for row in world.graph["submission"] if row["id"] in own])
    return page_of(world, "Case", rows, LATEST_OPENED, asked)


@field("Place.cases")
def place_cases(world: World, node: Node, asked: dict[str, Any]) -> Node:
    ties = [tie for tie in world.graph["case_place"] if tie["place"] == node["id"] and tie["state"] == "ACCEPTED"]
    return page_of(world, "Case", leads(world, [tie["case_id"] for tie in ties]), LATEST_OPENED, asked)


@field("Organ.cases")
def organ_cases(world: World, node: Node, asked: dict[str, Any]) -> Node:
    ties = [tie for tie in world.graph["case_organ"] if tie["organ"] == node["id"] and tie["state"] == "ACCEPTED"]
    return page_of(world, "Case", leads(world, [tie["case_id"] for tie in ties]), LATEST_OPENED, asked)


@field("SavedSearch.alerts")
def search_alerts(world: World, node: Node, asked: dict[str, Any]) -> Node:
    rows = [row for row in world.graph["alert"] if row["search"] == node["id"]]
    order = Order(("number",), descending=True)
    return connection(rows, order, asked, lambda row: row, Sealed(world.vault, "alerts"))
