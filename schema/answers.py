"""What the API answers besides nodes of the graph: hits, saved searches, changes, topics and rejections."""

from __future__ import annotations

from datetime import datetime

import strawberry
from strawberry.scalars import JSON

from graph.policy import Action, Clearance, Role
from graph.records import CaseStatus, Channel, PetitionKind, RejectionReason, RejectionState
from schema.bindings import Key, Many, One, Order, Rows, Value, bound, by_plan, column, planned, rows
from schema.enums import ChangeKind, FacetName, PassageField, SuggestionKind
from schema.fields import told
from schema.scalars import BigInt
from schema.types import (
    DIVISION_PLACE,
    After,
    Before,
    Case,
    Connection,
    First,
    Last,
    Node,
    Organ,
    PageInfo,
    Place,
    Submission,
    TimelineEntry,
)


@strawberry.type(description="The figures of a group of cases. What they were not grouped by is null.")
class CaseFigures:
    channel: Channel | None = column("The channel.")
    kind: PetitionKind | None = column("What they ask.")
    status: CaseStatus | None = column("Where they stand.")
    topic: str | None = column("The topic's top level; null where they have none, too.")
    division: str | None = column("The division's code; null where they have none, too.")
    division_place: Place | None = bound("The division, by name.", DIVISION_PLACE)
    organ: Organ | None = bound("The organ responsible; null where there is none, too.", One("{row}.organ"))
    month: str | None = column("The month of receipt, as `2026-11`.")
    cases: BigInt = column("How many cases.")
    answered: BigInt = column("How many of them were answered: on time, late, or nobody can tell when.")
    on_time: BigInt = column(
        "How many were first answered within 60 days of receipt (Art. 34, whose term begins later: with acceptance)."
    )
    late: BigInt = column("How many were first answered later than that.")
    irregular: BigInt = column(
        "How many have answers of which none has a date that can be: before receipt, in the future, or without one."
    )
    rated: BigInt = column("How many were rated by their petitioners.")
    satisfied: BigInt = column("How many were last rated as satisfied or partly satisfied (Art. 21).")
    median_days: float | None = column(
        "The median of days from receipt to the first answer, of those answered on time or late; null without any."
    )


@strawberry.type(description="A topic of the taxonomy (three levels).")
class Topic:
    path: str = told("Its names from the top, joined by `/`; what filters take.")
    name: str = told("Its own name.")
    level: int = told("1 at the top, 3 at the bottom.")


@strawberry.type(description="A division of somebody who asks.")
class ViewerDivision:
    code: str = told("Its code, without trailing pairs of zeros; what filters take.")
    name: str | None = told("Its name with those of the divisions it lies in; null where GB/T 2260 has none.")


@strawberry.type(description="Who asks, and what they may do, so that a front end shows no button that is refused.")
class Viewer:
    name: str = told("Who is put on record.")
    roles: list[Role] = told("What their work is.")
    everywhere: bool = told("Whether every division is theirs.")
    divisions: list[ViewerDivision] = told("Their divisions, with all that lies in them.")
    organs: list[Organ] = told("The organs whose staff they are, but those of which nothing is known here.")
    clearances: list[Clearance] = told("What they were cleared for.")
    may: list[Action] = told("What they may do; what must hold besides of each matter, the policy says.")


@rows(Rows("rejection {row}"))
@strawberry.type(description="Something a source sent that could not be taken in.")
class Rejection(Node):
    channel: Channel = column("The channel it came through.")
    source: str = column("The system that sent it.")
    position: str = column("Where it stood in what the source sent.")
    reason: RejectionReason = column("Why it could not be taken in.")
    message: str = column("What is wrong and what to do.")
    at: datetime = column("When it was first rejected.")
    attempts: int = column("How often it was tried.")
    records: int = column("How many records it stands for: over 1 for the rest of a file that is bad throughout.")
    state: RejectionState = column("Where it stands.")
    resolved_at: datetime | None = column("When it was taken in after all.")
    submission: Submission | None = bound("The submission it became.", One("{row}.resolved_to"))
    dismissed_at: datetime | None = column("When a person decided that it need not be taken in.")
    dismissed_by: str | None = column("Who decided that.")
    dismissal: str | None = column("Why, in their words.")


@strawberry.type(description="That somebody had a sealed identity or text shown.")
class Reveal:
    node_type: str = column("The type of the node that was opened.", "subject_kind")
    subject: strawberry.ID = bound(
        "The id of the node that was opened.",
        Value("encode(convert_to({row}.subject_kind || ':' || {row}.subject::text, 'UTF8'), 'base64')"),
    )
    actor: str = column("Who had it opened.")
    reason: str = column("Why, in their words.")
    at: datetime = column("When.")


@strawberry.type(description="A submission that a saved search matches since it was saved.")
class Alert:
    at: datetime = column("When it was found to match.")
    submission: Submission = bound("The submission, as it is now.", One("{row}.submission"))


ALERT_CURSORS = "alerts"
"""The scope under which cursors of alerts are sealed: holes among numbers would tell of what others are told."""
NEWEST_ALERTS = Order((Key("number", "bigint"),), descending=True)


@rows(Rows("saved_search {row}"))
@strawberry.type(
    description="A search about a matter that you saved, to be alerted of new matches; nobody else has it."
)
class SavedSearch(Node):
    name: str = column("The name that you gave it.")
    query: str = column("What to find; give it to `search`.")
    filter: JSON = bound("What hits must be, as `search` takes it.", Value("{row}.filter", json=True))
    created_at: datetime = column("When it was saved. What it found by then is no alert.")

    @planned(
        "Its alerts, the latest first: each submission once. What you may not see now is left out. The cursor of one"
        " can be given to `searchAlerted`.",
        Many("alert {row}", "{row}.search = {parent}.id", NEWEST_ALERTS, sealed=ALERT_CURSORS),
    )
    def alerts(
        self, *, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[Alert]:
        return by_plan()


@strawberry.type(description="A stretch of a text in UTF-16 units, as JavaScript counts.")
class Range:
    start: int = told("The first unit.")
    end: int = told("The unit after the last.")


@strawberry.type(description="A stretch of a submission's text with what matched in it.")
class Passage:
    field: PassageField = told("Which text it is cut from.")
    text: str = told("The stretch as it stands there.")
    ranges: list[Range] = told("What matched in it.")


@strawberry.type(description="How many hits have one value.")
class FacetCount:
    value: str = told("The value; of an organ its id.")
    organ: Organ | None = told("The organ, where they are counted by it.")
    division_place: Place | None = told("The division, where they are counted by it.")
    topic: Topic | None = told("The topic, where they are counted by it.")
    count: BigInt = told("How many hits have it.")


@strawberry.type(description="The hits counted by one property.")
class Facet:
    name: FacetName = told("What they are counted by.")
    counts: list[FacetCount] = told("The values, most frequent first, 200 at most.")
    more: int = told("How many other values there are, which are not told.")


@strawberry.type(description="A submission that matches.")
class SearchHit:
    cursor: str = told("Where it stands among the hits; give it to `after`.")
    score: float = told("How well it fits; comparable within one answer only.")
    loose: bool = told("Whether it holds only some of what was asked for.")
    passages: list[Passage] = told("Where it says so.")
    node: Submission = told("The submission.")


@strawberry.type(
    description="How much of what you may see the search index covers. It is made anew after a loss or an upgrade."
)
class IndexStanding:
    complete: bool = told(
        "Whether all that was acknowledged ten seconds before the question, or earlier, is found; usually it takes less"
        " than one."
    )
    share: float = told("How much of the history the index has read, from 0 to 1; 1 unless it is far behind.")
    missing: int = told("Submissions that you may see and that could not be indexed; whoever runs the instance knows.")


@strawberry.type(description="A page of hits.")
class SearchConnection:
    edges: list[SearchHit] = told("The page's hits.")
    page_info: PageInfo = told("Where the page stands among all hits.")
    total_count: BigInt | None = told(
        "How many submissions hold all that was asked for; null where counts are withheld."
    )
    loose_count: BigInt | None = told(
        "How many more hold only some of it. They are hits, too, where next to nothing holds all; null where counts are"
        " withheld."
    )
    counts_withheld: bool = told(
        "Whether counts and facets are left out for a moment, until the index has caught up with a change of who may"
        " see what."
    )
    facets: list[Facet] = told("Those of `totalCount`, counted by the properties asked for.")
    index: IndexStanding = told("How much the answer covers.")


@strawberry.type(description="Something to search by, suggested while somebody types.")
class Suggestion:
    kind: SuggestionKind = told("What it is.")
    label: str = told("What to show: a division's full name, a topic's path, an organ's name.")
    query: str = told("What to put into the query for it, such as `place:430104`.")


@strawberry.type(description="A submission that says much the same.")
class SimilarHit:
    score: float = told("How much it says the same; comparable within one answer only.")
    passages: list[Passage] = told("Where it does.")
    node: Submission = told("The submission.")


@strawberry.type(description="The best submissions of one channel among those of a case that match.")
class ChannelHits:
    channel: Channel = told("The channel.")
    hits: list[SearchHit] = told("Those that fit best, at most three.")


@strawberry.type(description="A case of which submissions match.")
class CaseHit:
    cursor: str = told("Where it stands among the cases; give it to `after`.")
    score: float = told("How well the best of its submissions fits; comparable within one answer only.")
    match_count: BigInt | None = told(
        "How many of its submissions hold all that was asked for; null where counts are withheld."
    )
    loose_count: BigInt | None = told("How many more hold only some of it; null where counts are withheld.")
    channels: list[ChannelHits] = told("Its submissions that fit best, by channel; the best channel first.")
    node: Case = told("The case that answers for them.")


@strawberry.type(description="A page of cases of which submissions match.")
class CaseSearchConnection:
    edges: list[CaseHit] = told("The page's cases; each comes once over all pages.")
    page_info: PageInfo = told("Where the page stands among all cases.")
    submission_count: BigInt | None = told(
        "How many submissions hold all that was asked for; null where counts are withheld."
    )
    loose_count: BigInt | None = told("How many more hold only some of it; null where counts are withheld.")
    counts_withheld: bool = told("Whether counts and facets are left out for a moment, as those of `search` are.")
    facets: list[Facet] = told("Those of `submissionCount`, counted by the properties asked for.")
    index: IndexStanding = told("How much the answer covers.")


@strawberry.type(description="A page of what was said and done.")
class HistoryConnection(Connection[TimelineEntry]):
    matches_cut: bool = told(
        "Whether more than 10,000 submissions match, of which only the latest received are told of; narrow `matching`."
    )


@strawberry.type(description="Something that happened, for whoever follows.")
class Change:
    kind: ChangeKind = told("What happened.")
    node_type: str = told("The type of the node it happened to.")
    id: strawberry.ID = told("The id of the node it happened to.")
    at: datetime = told("When it happened.")
    state: str | None = told("What it led to.")
    fields: list[str] = told("Which fields changed.")


@strawberry.type(description="Changes in the order in which they happened.")
class ChangePage:
    changes: list[Change] = told("The changes, each exactly once.")
    cursor: str = told("Give it to `after` to go on from here, now or later.")
    more: bool = told("Whether more have already happened.")
