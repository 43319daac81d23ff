"""What arguments are given: values that the graph has, at the places that ask for them, and some that are wrong."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from graphql import GraphQLEnumType

from graph.times import rfc3339
from schema.ids import global_id
from search.records import SearchOrder, SearchRequest
from tests.reference.executor import SCHEMA
from tests.reference.fields import CASE_ORDERS
from tests.reference.graph import NODES
from tests.reference.lists import EPOCH, Order, Plain

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from tests.reference.fields import World
    from tests.reference.graph import Graph, Row

UUID_OF_NOBODY = UUID(int=0)
NOBODY = str(UUID_OF_NOBODY)
NO_IDS = ["", "x", "Q2FzZTp4", base64.b64encode(f"Petition:{NOBODY}".encode()).decode()]
NO_CURSORS = [
    "", "x", "W10=",
    base64.b64encode(json.dumps(["id", NOBODY]).encode()).decode(),
    base64.b64encode(json.dumps(["at,id", "2026-11-24T01:00:00+00:00", NOBODY]).encode()).decode(),
    base64.b64encode(json.dumps(["received_at,id", "2026-11-24T01:00:00", NOBODY]).encode()).decode(),
]  # fmt: skip
NO_TEXTS = ["", "没有", "a\0b"]
SIZES = [2, 1, 3, 5, 0]
NO_SIZES = [-1, 201, 2**31 - 1]
WORDS = ["油烟", "", "公交站 OR 学位", "征地 补偿", "合同", "不存在的词"]
TYPED = ["岳", "麓", "嶽麓", "长沙", "局", "安全", " ", "", "沒有這樣的名字"]
NO_WORDS = ['"', "(", "channel:", "a\0"]
TABLES = {"Revision": "submission_revision", "Party": "mention", "SavedSearch": "saved_search"}


@dataclass(frozen=True)
class Choice:
    """What fits a place, and what does not."""

    good: list[Any]
    bad: list[Any]


@dataclass(frozen=True)
class Values:
    """Choices by place: `Query.cases.after`, `TopicFilter.within`, `first`."""

    ids: dict[str, list[str]]
    places: dict[str, Choice]
    cursors: dict[str, list[str]]

    def at(self, place: str, order: str | None) -> Choice | None:
        """Return what is chosen from at a place; `order` is what the same field is ordered by."""
        owner, _, name = place.rpartition(".")
        if name in {"after", "before"}:
            good = self.cursors.get(f"{owner} {order}") or self.cursors[owner]
            # Of a list that is empty there is no cursor: then one is tried that is none.
            others = (found[0] for found in self.cursors.values() if found)
            return Choice(good or NO_CURSORS[:1], [*NO_CURSORS, *others])
        return self.places.get(place) or self.places.get(name)


def values_of(world: World) -> Values:
    """Return the choices that a graph gives."""
    graph = world.graph
    ids = {kind: [global_id(kind, key) for key in _keys(graph, kind)] for kind in NODES}
    every = [one for found in ids.values() for one in found[:3]]
    unknown = [global_id(kind, UUID_OF_NOBODY) for kind in ("Case", "Party")]
    instants = _instants(graph)
    numbers = Choice([row["number"] for row in graph["case"]] or [1], [0, -1, 2**63 - 1])
    submissions, codes = graph["submission"], ["430104", "43", "4301", "430100", "440000", "99"]
    topics = [*dict.fromkeys(row["topic"] for row in submissions if row["topic"]), *world.topics[:3]]
    texts = {
        "source": ["hotline", "letter", "web"],
        "externalId": [row["external_id"] for row in submissions],
        "receiptCode": [row["receipt_code"] for row in submissions],
        "TopicFilter.equals": topics,
        "TopicFilter.within": [*topics, *(topic.rpartition("/")[0] for topic in topics if "/" in topic)],
        "SearchFilter.topic": topics,
        "Query.topics.under": [*world.topics[:3], topics[0].partition("/")[0]],
    }
    names = ["岳麓区", "长沙市", "湖南省长沙市岳麓区", "长沙", "湖南省"]
    divisions = Choice([*codes, *names], ["0", "00", "鼓楼区", "没有的区", "4301040000001", "４３"])
    accounts = ["user-77", "USER-77", "没有"]
    named = [row["name"] for row in graph["organ"]]
    return Values(
        ids=ids,
        cursors=_cursors(world),
        places={
            **{place: Choice(found, NO_TEXTS) for place, found in texts.items()},
            **{f"{place}.id": Choice(ids[kind], [*NO_IDS, *unknown, *every]) for place, kind in ROOTS.items()},
            "Query.node.id": Choice(every, [*NO_IDS, *unknown]),
            "Query.nodes.ids": Choice(every, [*NO_IDS, *unknown]),
            "RevealFilter.actor": Choice(["desk", "审计员"], NO_TEXTS),
            "RevealFilter.subject": Choice(_revealed(graph), [*NO_IDS, *unknown, *every]),
            "CaseFilter.place": Choice(_tied(graph, "Place", "case_place"), [*NO_IDS, *ids["Place"][:2], *every]),
            "CaseFilter.organ": Choice(ids["Organ"], [*NO_IDS, *every]),
            "PlaceFilter.parent": Choice(_parents(graph), [*NO_IDS, *every]),
            "DivisionFilter.equals": divisions,
            "DivisionFilter.within": divisions,
            "SearchFilter.division": divisions,
            "SearchFilter.organs": Choice(ids["Organ"], [*NO_IDS, *every]),
            "InstantFilter.from": Choice(instants, ["2026-11-24", "x", "9999-12-31T23:59:59-14:00"]),
            "InstantFilter.until": Choice(instants, ["2026-11-24T00:00:00", ""]),
            **{
                f"Query.history.{name.lower()}": Choice(ids[name][:6], [*NO_IDS, *unknown, *every])
                for name in HISTORIES
            },
            "InstantFilter.month": Choice(
                ["2026-11", "2026-10"], ["2026-13", "2026-1", "x", "0001-01", "9999-12", "２０２６-11"]
            ),
            "Query.case.number": numbers,
            "CaseFilter.number": numbers,
            "SubmissionFilter.caseNumber": numbers,
            "CountFilter.atLeast": Choice([1, 2, 0, -1], [2**31 - 1]),
            "CountFilter.atMost": Choice([1, 2, 3, 0], [-(2**31)]),
            "NameFilter.equals": Choice([*named, "岳麓区", "长沙市"], NO_TEXTS),
            "NameFilter.startsWith": Choice(["岳", "岳麓区", "长", "", "湖南", "\ud7ff", "\U0010ffff"], ["a\0b"]),
            "AccountFilter.source": Choice(["letter", "hotline", "web", "visit"], NO_TEXTS),
            "AccountFilter.name": Choice(accounts, NO_TEXTS),
            "CaseFilter.organName": Choice(named, NO_TEXTS),
            "Query.history.division": divisions,
            "Query.history.matching": Choice(WORDS, NO_WORDS),
            "Query.search.query": Choice(WORDS, NO_WORDS),
            "Query.searchCases.query": Choice(WORDS, NO_WORDS),
            "Query.suggest.text": Choice([*TYPED, *(row["name"][1:3] for row in graph["organ"])], ["a\0"]),
            "Query.suggest.first": Choice(SIZES, [-1, 51]),
            "Query.similar.to": Choice(ids["Submission"], [*NO_IDS, *every]),
            "Query.similar.first": Choice(SIZES, [-1, 51]),
            "Query.searchCases.first": Choice(SIZES, [-1, 51]),
            "Query.changes.first": Choice([3, 1, 0, 50, 1_000], [-1, 1_001]),
            "first": Choice(SIZES, NO_SIZES),
            "last": Choice(SIZES, NO_SIZES),
        },
    )


HISTORIES = ("Party", "Case", "Place")
ROOTS = {"Query.case": "Case", "Query.submission": "Submission", "Query.party": "Party"}


def _keys(graph: Graph, kind: str) -> list[UUID]:
    """Return keys of a type: those to which most belongs first."""
    rows = graph[TABLES.get(kind, kind.lower())]
    weights = {"Case": "leading", "Mention": "party", "Party": "party"}
    if kind == "Place":
        about = {tie["place"] for tie in graph["case_place"]}
        return [row["id"] for row in rows if row["id"] in about] + [row["id"] for row in rows[:5]]
    column = weights.get(kind, "id")
    alike = [row[column] for row in rows]
    return [row["id"] for row in sorted(rows, key=lambda row: -alike.count(row[column]))]


def _tied(graph: Graph, kind: str, table: str) -> list[str]:
    return [global_id(kind, key) for key in dict.fromkeys(tie[kind.lower()] for tie in graph[table])]


def _revealed(graph: Graph) -> list[str]:
    return [global_id(row["subject_kind"], row["subject"]) for row in graph["reveal"]]


def _parents(graph: Graph) -> list[str]:
    return [global_id("Place", row["id"]) for row in graph["place"] if row["code"] in {"430100", "430000", "430104"}]


def _instants(graph: Graph) -> list[str]:
    """Return the moments that rows have, and those around."""
    moments = {row["received_at"] for row in graph["submission"]} | {row["opened_at"] for row in graph["case"]}
    moments |= {row["last_activity_at"] for row in graph["case"]}
    around = [moment + step for moment in sorted(moments) for step in (timedelta(0), timedelta(microseconds=1))]
    return [rfc3339(moment) for moment in around] + ["2026-11-24T09:00:00+08:00", "0001-01-01T00:00:00Z"]


def _cursors(world: World) -> dict[str, list[str]]:
    """Return the cursors of each list, by the field that answers it and, where it has several, by its order."""
    graph, vault = world.graph, world.vault
    received = written(graph["submission"], "received_at", "id")
    opened = written(graph["case"], "opened_at", "id")
    positions = [entry["position"] for entry in graph["journal"]][::3]
    orders = SCHEMA.type_map["CaseOrderField"]
    assert isinstance(orders, GraphQLEnumType)
    return {
        "Query.cases": opened,
        **{f"Query.cases {name}": written(graph["case"], *CASE_ORDERS[name]) for name in orders.values},
        "Query.submissions": received,
        "Query.parties": written([row for row in graph["mention"] if row["id"] == row["party"]], "id"),
        "Query.places": written(
            [row for row in graph["place"] if not row["code"] or row["code"].startswith("4301")], "full_name", "id"
        ),
        "Query.organs": written(graph["organ"], "name", "id"),
        "Query.rejections": written(graph["rejection"], "at", "id"),
        "Query.reveals": written(graph["reveal"], "at", "id"),
        "Query.savedSearches": written(graph["saved_search"], "created_at", "id"),
        "SavedSearch.alerts": [vault.seal_cursor("alerts", row["number"].to_bytes(8)) for row in graph["alert"]],
        "Query.changes": [
            vault.seal_cursor(f"changes/{world.viewer.name}", position.to_bytes(8) + inside)
            for position in positions
            for inside in (b"", (1).to_bytes(4))
        ],
        "Query.history": [
            vault.seal_cursor(
                "history", b"".join(one.to_bytes(8) for one in (microseconds(entry["at"]), entry["position"]))
            )
            for entry in graph["journal"][::5]
        ],
        "Query.search": searched(world),
        "Query.searchCases": searched(world),
        "Case.submissions": received,
        "Case.parties": written(graph["mention"], "id"),
        "Case.events": written(graph["event"], "at", "id"),
        "Case.timeline": [vault.seal_cursor("timeline", position.to_bytes(8)) for position in positions],
        "Party.mentions": written(graph["mention"], "id"),
        **dict.fromkeys(("Party.cases", "Place.cases", "Organ.cases"), opened),
    }


def microseconds(moment: datetime) -> int:
    """Return an instant in microseconds since 1970."""
    return (moment - EPOCH) // timedelta(microseconds=1)


def written(rows: Iterable[Row], *columns: str) -> list[str]:
    """Return the cursors of rows in an order."""
    order = Order(columns)
    return [Plain.write(order, row) for row in order.sorted(rows)]


def searched(world: World) -> list[str]:
    """Return the cursors of some searches."""
    asked = [SearchRequest(text=text, order=order) for text in WORDS[:3] for order in SearchOrder]
    return [hit.cursor for request in asked for hit in world.search(request).hits]
