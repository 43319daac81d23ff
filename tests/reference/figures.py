"""The figures of groups of cases, counted one case at a time."""

from __future__ import annotations

from datetime import datetime, timedelta
from statistics import median
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from tests.reference import filters
from tests.reference.fields import division_place, field, members
from tests.reference.graph import find

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.reference.fields import World
    from tests.reference.graph import Node, Row

ZONE = ZoneInfo("Asia/Shanghai")
ON_TIME = timedelta(days=60)
DAY = timedelta(days=1)
ORDER = ("CHANNEL", "KIND", "STATUS", "TOPIC", "DIVISION", "ORGAN", "MONTH")


@field("Query.caseFigures")
def case_figures(world: World, _: Node, asked: dict[str, Any]) -> list[Node]:
    by = list(dict.fromkeys(asked["groupBy"] or []))
    wanted = filters.passing(filters.cases(world, asked["filter"] or {}))
    filters.require_all(world, asked["filter"] or {})
    cases = [row for row in world.graph["case"] if row["leading"] == row["id"] and wanted(row)]
    groups: dict[tuple[Any, ...], list[Row]] = {} if by else {(): []}
    for case in cases:
        for key in keys_of(world, case, by):
            groups.setdefault(key, []).append(case)
    ordered = sorted(groups.items(), key=lambda group: [(part is None, str(part)) for part in group[0]])
    return [figures(world, dict(zip(by, key, strict=True)), rows) for key, rows in ordered]


def keys_of(world: World, case: Row, by: Sequence[str]) -> list[tuple[Any, ...]]:
    """Return the groups that a case counts in: of each channel and of each organ responsible."""
    keys: list[tuple[Any, ...]] = [()]
    for name in by:
        keys = [(*key, value) for key in keys for value in values_of(world, case, name)]
    return keys


def values_of(world: World, case: Row, name: str) -> list[Any]:
    """Return what a case has of one kind of group."""
    match name:
        case "CHANNEL":
            return list(case["channels"])
        case "TOPIC":
            return [None if case["topic"] is None else case["topic"].split("/")[0]]
        case "ORGAN":
            found = {
                tie["organ"]
                for tie in world.graph["case_organ"]
                if tie["case_id"] in members(world, case) and tie["state"] == "ACCEPTED"
                and tie["role"] == "RESPONSIBLE"
            }  # fmt: skip
            return sorted(found) or [None]
        case "MONTH":
            return [case["first_received_at"].astimezone(ZONE).strftime("%Y-%m")]
        case _:
            return [case[name.lower()]]


def figures(world: World, group: dict[str, Any], cases: list[Row]) -> Node:
    """Return what is told of one group."""
    told = [answered_and_rated(world, case) for case in cases]
    days = [
        max((first - received(world, case)) / DAY, 0) for case, (_, first, _) in zip(cases, told, strict=True) if first
    ]
    ratings = [rating for _, _, rating in told if rating]
    answered = sum(replied for replied, _, _ in told)
    node: Node = {name.lower(): group.get(name) for name in ORDER}
    return {
        **node,
        "division_place": division_place(world, {"division": group.get("DIVISION")}, {}),
        "organ": find(world.graph, "Organ", group.get("ORGAN")),
        "cases": len(cases),
        "answered": answered,
        "on_time": sum(one * DAY <= ON_TIME for one in days),
        "late": sum(one * DAY > ON_TIME for one in days),
        "irregular": answered - len(days),
        "rated": len(ratings),
        "satisfied": sum(rating in {"SATISFIED", "PARTLY_SATISFIED"} for rating in ratings),
        "median_days": round(median(days), 2) if days else None,
    }


def received(world: World, case: Row) -> datetime:
    """Return when any of the cases that a case answers for was received first."""
    first: datetime = min(world.graph.by_id["case"][one]["first_received_at"] for one in members(world, case))
    return first


def answered_and_rated(world: World, case: Row) -> tuple[bool, datetime | None, str | None]:
    """Return whether a case was answered, when first of the days that can be, and how it was last rated."""
    events = [
        event for event in world.graph["event"] if event["case_id"] in members(world, case) and event["until"] is None
    ]
    replies = [event for event in events if event["kind"] == "REPLIED"]
    possible = [
        event["at"]
        for event in replies
        if event["at_given"]
        and not impossible(event["at"], world.graph.by_id["case"][event["case_id"]]["first_received_at"])
    ]
    rated = sorted((event["at"], event["id"], event["satisfaction"]) for event in events if event["satisfaction"])
    return bool(replies), min(possible, default=None), rated[-1][2] if rated else None


def impossible(at: datetime, received_at: datetime) -> bool:
    """Tell whether something is said to have been done on a day before receipt, or after today."""
    day = at.astimezone(ZONE).date()
    return day < received_at.astimezone(ZONE).date() or day > datetime.now(ZONE).date()


@field("Event.irregular")
def event_irregular(world: World, node: Node, _: dict[str, Any]) -> bool:
    came = world.graph.row("submission", node["submission"]) if node["submission"] else None
    return impossible(node["at"], came["received_at"] if came else node["at"])
