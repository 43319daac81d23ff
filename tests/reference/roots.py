"""What can be asked at the root."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graph.divisions import divisions
from graph.errors import InvalidError
from graph.policy import Action, Clearance, Role, allows
from schema.errors import RequestError
from schema.ids import global_id, key_of, split_id
from tests.reference import filters
from tests.reference.fields import BY_ID, CASE_ORDERS, directed, field, page_of
from tests.reference.graph import NODES, find
from tests.reference.lists import Order, checked_size, connection, not_ours, told_of
from wording import Wording

if TYPE_CHECKING:
    from tests.reference.fields import World
    from tests.reference.graph import Node

LARGEST_BATCH = 200
LARGEST_CHANGES = 1_000
SUBJECTS = {
    "SUBMISSION": "Submission", "CASE": "Case", "CASES": "Case", "PARTIES": "Mention", "EVENT": "Event",
    "RECORD": "Rejection", "REJECTION": "Rejection", "PERSON": "Submission", "REVISION": "Submission",
    "PAYLOAD": "Submission", "ACCUSED": "Submission", "SEARCH": "SavedSearch",
}  # fmt: skip
"""What an entry of the journal is about, by the first word of its kind."""

Asked = dict[str, Any]


@field("Query.node")
def node(world: World, _: Node, asked: Asked) -> Node | None:
    kind, key = split_id(asked["id"])
    if kind not in NODES:
        raise RequestError("INVALID_ID", Wording("Of no type."))
    return find(world.graph, kind, key)


@field("Query.nodes")
def nodes(world: World, root: Node, asked: Asked) -> list[Node | RequestError | None]:
    if len(asked["ids"]) > LARGEST_BATCH:
        raise RequestError("LIMIT_NODES", Wording("Too many."))
    return [_node_or_error(world, root, one) for one in asked["ids"]]


def _node_or_error(world: World, root: Node, asked: str) -> Node | RequestError | None:
    try:
        found: Node | None = node(world, root, {"id": asked})
    except RequestError as error:
        return error
    return found


@field("Query.viewer")
def viewer(world: World, _: Node, __: Asked) -> Node:
    who = world.viewer
    divisions = [{"code": code, "name": _full_name(code)} for code in sorted(who.divisions) if code]
    organs = sorted(who.organs & {row["id"] for row in world.graph["organ"]})
    return {
        "name": who.name,
        "roles": [one.name for one in Role if one in who.roles],
        "everywhere": "" in who.divisions,
        "divisions": divisions,
        "organs": [find(world.graph, "Organ", one) for one in organs],
        "clearances": [one.name for one in Clearance if one in who.clearances],
        "may": [one.name for one in Action if allows(who, one)],
    }


def _full_name(prefix: str) -> str | None:
    return next((one.full_name for one in divisions().values() if one.prefix == prefix), None)


@field("Query.changesCursor")
def changes_cursor(world: World, _: Node, __: Asked) -> str:
    return told_of("changes", max((entry["position"] for entry in world.graph["journal"]), default=0))


@field("Query.case")
def case(world: World, _: Node, asked: Asked) -> Node | None:
    if (asked.get("id") is None) == (asked.get("number") is None):
        raise RequestError("INVALID_VALUE", Wording("Neither, or both."))
    if asked.get("number") is not None:
        found = [row["id"] for row in world.graph["case"] if row["number"] == asked["number"]]
        return find(world.graph, "Case", found[0]) if found else None
    return find(world.graph, "Case", key_of("Case", asked["id"]))


@field("Query.submission")
def submission(world: World, _: Node, asked: Asked) -> Node | None:
    return find(world.graph, "Submission", key_of("Submission", asked["id"]))


@field("Query.party")
def party(world: World, _: Node, asked: Asked) -> Node | None:
    return find(world.graph, "Party", key_of("Party", asked["id"]))


@field("Query.cases")
def cases(world: World, _: Node, asked: Asked) -> Node:
    order = asked["orderBy"] or {"field": "OPENED_AT", "direction": "DESCENDING"}
    wanted = filters.passing(filters.cases(world, asked["filter"] or {}))
    rows = [row for row in world.graph["case"] if row["leading"] == row["id"] and wanted(row)]
    page = page_of(world, "Case", rows, directed(CASE_ORDERS[order["field"]], order["direction"]), asked)
    filters.require_all(world, asked["filter"] or {})
    return page


@field("Query.submissions")
def submissions(world: World, _: Node, asked: Asked) -> Node:
    wanted = filters.passing(filters.submissions(world, asked["filter"] or {}))
    rows = [row for row in world.graph["submission"] if wanted(row)]
    page = page_of(world, "Submission", rows, directed(("received_at", "id"), asked["orderBy"]), asked)
    filters.require_all(world, asked["filter"] or {})
    return page


@field("Query.parties")
def parties(world: World, _: Node, asked: Asked) -> Node:
    wanted = filters.passing(filters.parties(world.graph, asked["filter"] or {}))
    rows = [row for row in world.graph["mention"] if row["party"] == row["id"] and wanted(row)]
    return page_of(world, "Party", rows, BY_ID, asked)


@field("Query.places")
def places(world: World, _: Node, asked: Asked) -> Node:
    wanted = filters.passing(filters.places(world.graph, asked["filter"] or {}))
    rows = [row for row in world.graph["place"] if wanted(row)]
    return page_of(world, "Place", rows, Order(("full_name", "id")), asked)


@field("Query.organs")
def organs(world: World, _: Node, asked: Asked) -> Node:
    wanted = filters.passing(filters.organs(world.graph, asked["filter"] or {}))
    rows = [row for row in world.graph["organ"] if wanted(row)]
    return page_of(world, "Organ", rows, Order(("name", "id")), asked)


def _require(world: World, action: Action) -> None:
    if not allows(world.viewer, action):
        raise RequestError("FORBIDDEN", Wording("Not allowed."))


@field("Query.rejections")
def rejections(world: World, _: Node, asked: Asked) -> Node:
    _require(world, Action.READ_REJECTIONS)
    wanted = filters.passing(filters.rejections(world.graph, asked["filter"] or {}))
    rows = [row for row in world.graph["rejection"] if wanted(row)]
    return page_of(world, "Rejection", rows, Order(("at", "id"), descending=True), asked)


@field("Query.reveals")
def reveals(world: World, _: Node, asked: Asked) -> Node:
    _require(world, Action.READ_REVEALS)
    wanted = filters.passing(filters.reveals(world.graph, asked["filter"] or {}))
    rows = [row for row in world.graph["reveal"] if wanted(row)]
    return connection(rows, Order(("at", "id"), descending=True), asked, lambda row: row)


@field("Reveal.nodeType")
def revealed_type(_: World, row: Node, __: Asked) -> str:
    kind: str = row["subject_kind"]
    return kind


@field("Reveal.subject")
def revealed_subject(_: World, row: Node, __: Asked) -> str:
    return global_id(row["subject_kind"], row["subject"])


@field("Query.savedSearches")
def saved_searches(world: World, _: Node, asked: Asked) -> Node:
    order = Order(("created_at", "id"), descending=True)
    return page_of(world, "SavedSearch", world.graph["saved_search"], order, asked)


@field("Query.topics")
def topics(world: World, _: Node, asked: Asked) -> list[Node]:
    below = [path for path in world.topics if path.rpartition("/")[0] == (asked["under"] or "")]
    return [{"path": path, "name": path.rpartition("/")[2], "level": path.count("/") + 1} for path in below]


@field("Query.changes")
def changes(world: World, _: Node, asked: Asked) -> Node:
    size = checked_size(asked["first"], LARGEST_CHANGES)
    try:
        scope = f"changes/{world.viewer.name}"
        said = b"" if asked["after"] is None else world.vault.open_cursor(scope, asked["after"])
    except InvalidError:
        raise not_ours() from None
    # A subscription's cursor may stand inside an entry, which is told whole then.
    after = int.from_bytes(said[:8]) - (int.from_bytes(said[8:]) > 0)
    beyond = [entry for entry in world.graph["journal"] if entry["position"] > after]
    kept = beyond[:size]
    return {
        "changes": [{**entry, "subject_type": subject_type(entry)} for entry in kept],
        "cursor": told_of("changes", kept[-1]["position"] if kept else after),
        "more": len(beyond) > size,
    }


def subject_type(entry: Node) -> str:
    """Return the type of what an entry is about; a reveal says it itself."""
    kind: str = entry["state"] if entry["kind"] == "IDENTITY_REVEALED" else SUBJECTS[entry["kind"].partition("_")[0]]
    return kind


@field("Change.nodeType")
def change_type(_: World, entry: Node, __: Asked) -> str:
    kind: str = entry["subject_type"]
    return kind


@field("Change.id")
def change_id(_: World, entry: Node, __: Asked) -> str:
    return global_id(entry["subject_type"], entry["subject"])
