"""What of the whole graph a viewer sees: the law, in plain loops.

Made from the words of `docs/policy.md` and the table of `graph/policy.py`, without regard to how the planner, the
database or the index keep to them. What is left of a graph is a graph, so what is answered from it is for the viewer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from graph.policy import Action, allows
from tests.reference.graph import Graph

if TYPE_CHECKING:
    from graph.policy import Viewer
    from tests.reference.graph import Row

STANDING = ("ACCEPTED", "PROPOSED")
RECEIVED = ("SUBMISSION_RECEIVED", "SUBMISSION_REVISED", "SUBMISSION_FILED", "SUBMISSION_PARTED")
NAMED = {
    **dict.fromkeys(RECEIVED, ("submission", "case")),
    "CASE_OPENED": ("case", "submission"),
    "CASE_MOVED": ("case", ""),
    "CASES_JOINED": ("case", "case"),
    "CASES_PARTED": ("case", "case"),
    "EVENT_RECORDED": ("event", ""),
    "PARTIES_JOINED": ("mention", "mention"),
    "PARTIES_PROPOSED": ("mention", "mention"),
    "PARTIES_PARTED": ("mention", "mention"),
    "ACCUSED_NAMED": ("submission", ""),
    "SUBMISSION_CLASSIFIED": ("submission", ""),
    "PERSON_ERASED": ("submission", ""),
    "REVISION_REFUSED": ("submission", ""),
    "PAYLOAD_EXPIRED": ("submission", ""),
    "TEXTS_MASKED": ("submission", ""),
}
"""What an entry's subject and object are; where there is no second, only the first is asked for."""
REJECTED = ("RECORD_REJECTED", "REJECTION_RESOLVED", "REJECTION_DISMISSED", "REJECTION_EXPIRED")
OF_ACCUSATIONS = ("ACCUSED_NAMED", "SUBMISSION_CLASSIFIED")
"""Told to nobody who may not know that the submission is or was an accusation."""


# Cases: everything hangs on one ---------------------------------------------------------------------------------------


def within_divisions(viewer: Viewer, case: Row) -> bool:
    """Tell whether a case lies in the viewer's divisions."""
    if allows(viewer, Action.READ_DIVISION):
        for prefix in viewer.divisions:
            if prefix == "" or (case["division"] is not None and case["division"].startswith(prefix)):
                return True
    return False


def may_be_meant(viewer: Viewer, division: str | None) -> bool:
    """Tell whether an organ of the viewer's may be the one that an accusation means, though it is not known which is.

    It may where the case's division holds the organ's or lies in it, where the case has none, and where the divisions
    of the viewer's organs are not known.
    """
    if not viewer.organs:
        return False
    if not viewer.seats or not division:
        return True
    return any(division.startswith(seat) or seat.startswith(division) for seat in viewer.seats)


def within_reach(graph: Graph, viewer: Viewer, case: Row) -> bool:
    """Tell whether a case lies in the viewer's divisions, or an organ of the viewer's has an accepted part in it."""
    if within_divisions(viewer, case):
        return True
    if allows(viewer, Action.READ_ORGAN):
        for part in graph["case_organ"]:
            if part["case_id"] == case["id"] and part["state"] == "ACCEPTED" and part["organ"] in viewer.organs:
                return True
    return False


def is_accused(graph: Graph, viewer: Viewer, case: Row) -> bool:
    """Tell whether a case accuses an organ whose staff the viewer is, or who is thought to be the viewer.

    A person is accused by every mention of the party that the accused mention belongs to.
    """
    for edge in graph["case_accused"]:
        if edge["case_id"] == case["id"] and edge["state"] in STANDING:
            accused = edge["organ"] or edge["mention"]
            if is_viewer(graph, viewer, accused):
                return True
    return False


def is_viewer(graph: Graph, viewer: Viewer, accused: UUID) -> bool:
    """Tell whether an accused organ or mention is thought to be the viewer or an organ of the viewer's."""
    if accused in viewer.organs:
        return True
    mention = graph.row("mention", accused)
    if mention is None:
        return False
    for same in graph["mention"]:
        hashes = {same["name_hash"], same["phone_hash"], same["identity_hash"]}
        if same["party"] == mention["party"] and hashes & viewer.persons:
            return True
    return False


def may_know(graph: Graph, viewer: Viewer, submission: UUID) -> bool:
    """Tell whether the viewer may know that a submission is or was an accusation: cleared, and never accused by it."""
    edges = [edge for edge in graph["case_accused"] if edge["submission"] == submission and edge["state"] != "REJECTED"]
    accused = [edge["organ"] or edge["mention"] for edge in edges]
    return allows(viewer, Action.READ_ACCUSATION) and not any(is_viewer(graph, viewer, one) for one in accused)


def sees_case(graph: Graph, viewer: Viewer, case: Row) -> bool:
    """Tell whether the viewer may see a case, itself and not the one that leads it."""
    if not within_reach(graph, viewer, case):
        return False
    if case["kind"] != "ACCUSATION":
        return True
    if not allows(viewer, Action.READ_ACCUSATION) or is_accused(graph, viewer, case):
        return False
    if is_unnamed(graph, case):
        return within_divisions(viewer, case) and not may_be_meant(viewer, case["division"])
    return True


def is_unnamed(graph: Graph, case: Row) -> bool:
    """Tell whether anything filed in a case accuses somebody who is not known."""
    return any(row["unnamed"] for row in graph["submission"] if row["case_id"] == case["id"])


def could_see(graph: Graph, viewer: Viewer, revision: Row) -> bool:
    """Tell whether the viewer could see a revision when it was superseded; the one that holds now is seen as its case.

    `kept_scope` is one more than the division's code in twelve digits, below zero for an accusation, and 10^13 further
    for an unnamed one.
    """
    kept = revision["kept_scope"]
    if kept is None:
        return True
    cleared = allows(viewer, Action.READ_ACCUSATION)
    if kept < 0 and not (cleared and not any(is_viewer(graph, viewer, one) for one in revision["kept_accused"])):
        return False
    unnamed, number = divmod(abs(kept), 10**13)
    code = f"{number - 1:012d}" if number > 1 else ""
    if unnamed and may_be_meant(viewer, _shortest(code)):
        return False
    if allows(viewer, Action.READ_DIVISION) and any(code.startswith(prefix) for prefix in viewer.divisions):
        return True
    if unnamed:
        return False
    return allows(viewer, Action.READ_ORGAN) and bool(viewer.organs & set(revision["kept_organs"]))


def _shortest(code: str) -> str:
    """Return a division's code without trailing pairs of zeros."""
    while code.endswith("00"):
        code = code[:-2]
    return code


def still_shown(row: Row, said: set[UUID]) -> bool:
    """Tell whether a mention or event holds, or the viewer could see the revision that it came with."""
    return row["until"] is None or row["since"] in said


# The graph that is left -----------------------------------------------------------------------------------------------


def seen(graph: Graph, viewer: Viewer) -> Graph:
    """Return the graph without all that the viewer may not see."""
    cases = {row["id"] for row in graph["case"] if sees_case(graph, viewer, row)}
    submissions = {row["id"] for row in graph["submission"] if row["case_id"] in cases}
    said = {row["id"] for row in graph["submission_revision"] if could_see(graph, viewer, row)}
    mentions = {row["id"] for row in graph["mention"] if row["submission"] in submissions and still_shown(row, said)}
    events = {row["id"] for row in graph["event"] if row["case_id"] in cases and still_shown(row, said)}
    rejections = allows(viewer, Action.READ_REJECTIONS)

    left: dict[str, list[Row]] = {}
    left["case"] = [_leading(row, cases) for row in graph["case"] if row["id"] in cases]
    left["submission"] = [row for row in graph["submission"] if row["id"] in submissions]
    left["document"] = [
        row
        for row in graph["document"]
        if row["submission"] in submissions and (row["revision"] in said or not row["withheld"])
    ]
    left["submission_revision"] = [
        row for row in graph["submission_revision"] if row["submission"] in submissions and row["id"] in said
    ]
    left["mention"] = _mentions(graph, mentions)
    left["event"] = [row for row in graph["event"] if row["id"] in events]
    left["case_place"] = [row for row in graph["case_place"] if row["case_id"] in cases]
    left["case_organ"] = [row for row in graph["case_organ"] if row["case_id"] in cases]
    # Who is accused is told to nobody; it is what the policy itself is made of.
    left["case_accused"] = []

    left["filing"] = [
        _without_hidden(row, submissions)
        for row in graph["filing"]
        if row["submission"] in submissions and row["case_id"] in cases
    ]
    left["same_party"] = [row for row in graph["same_party"] if row["low"] in mentions and row["high"] in mentions]
    left["case_relation"] = [row for row in graph["case_relation"] if row["origin"] in cases and row["target"] in cases]

    places = {tie["place"] for tie in left["case_place"] if tie["state"] in STANDING}
    organs = {tie["organ"] for tie in left["case_organ"] if tie["state"] in STANDING}
    organs |= {event["organ"] for event in left["event"] if event["until"] is None}
    left["place"] = [row for row in graph["place"] if row["known"] or row["id"] in places]
    left["organ"] = [row for row in graph["organ"] if row["known"] or row["id"] in organs]

    auditor = allows(viewer, Action.READ_REVEALS)
    shown = _showable(left)
    left["reveal"] = [
        row
        for row in graph["reveal"]
        if auditor and row["subject"] in shown and (row["accuses"] is None or may_know(graph, viewer, row["accuses"]))
    ]
    left["rejection"] = list(graph["rejection"]) if rejections else []
    ids = {"shown": shown, "case": cases, "submission": submissions, "mention": mentions, "event": events}
    left["saved_search"] = [row for row in graph["saved_search"] if row["owner"] == viewer.name]
    own = {row["id"] for row in left["saved_search"]}
    left["alert"] = [row for row in graph["alert"] if row["search"] in own and row["submission"] in submissions]
    left["journal"] = [entry for entry in graph["journal"] if _told(graph, entry, ids, viewer)]
    return Graph(left)


def _showable(left: dict[str, list[Row]]) -> set[UUID]:
    """Return the ids of all that can be revealed and that the viewer sees."""
    tables = ("mention", "submission", "submission_revision", "event", "document")
    return {row["id"] for table in tables for row in left[table]}


def _leading(case: Row, cases: set[UUID]) -> Row:
    """Return a case that answers for itself where the viewer does not see the one that leads it."""
    return case if case["leading"] in cases else {**case, "leading": case["id"]}


def _without_hidden(filing: Row, submissions: set[UUID]) -> Row:
    """Return a filing whose evidence names the submission that it was found by only where that is seen, too."""
    alike = filing["evidence"].get("alike")
    if alike is None or UUID(alike) in submissions:
        return filing
    return {**filing, "evidence": {name: said for name, said in filing["evidence"].items() if name != "alike"}}


def _mentions(graph: Graph, seen_ones: set[UUID]) -> list[Row]:
    """Return the mentions seen; the earliest of them stands for their party."""
    earliest: dict[UUID, UUID] = {}
    for row in graph["mention"]:
        if row["id"] in seen_ones:
            earliest[row["party"]] = min(row["id"], earliest.get(row["party"], row["id"]))
    return [{**row, "party": earliest[row["party"]]} for row in graph["mention"] if row["id"] in seen_ones]


def _accuses(entry: Row) -> bool:
    """Tell whether an entry tells that its submission is or was an accusation."""
    revised = entry["kind"] == "SUBMISSION_REVISED"
    accusing = revised and (entry["state"] == "ACCUSATION" or "case_accused" in entry["fields"])
    return accusing or entry["kind"] in OF_ACCUSATIONS


def _told(graph: Graph, entry: Row, ids: dict[str, set[UUID]], viewer: Viewer) -> bool:
    """Tell whether all that an entry of the journal names is seen."""
    if entry["kind"] in REJECTED:
        return allows(viewer, Action.READ_REJECTIONS)
    if entry["kind"] == "IDENTITY_REVEALED":
        return allows(viewer, Action.READ_REVEALS) and entry["subject"] in ids["shown"]
    if entry["kind"] not in NAMED:
        return False
    if _accuses(entry) and not may_know(graph, viewer, entry["subject"]):
        return False
    subject, other = NAMED[entry["kind"]]
    named = entry["subject"] in ids[subject]
    if other == "" or (entry["object"] is None and entry["kind"] in RECEIVED):
        return named
    return named and entry["object"] in ids[other]
