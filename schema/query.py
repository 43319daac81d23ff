"""What the API can be asked."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import strawberry

from graph.policy import Action
from schema.answers import (
    CaseFigures,
    CaseSearchConnection,
    ChangePage,
    HistoryConnection,
    Rejection,
    Reveal,
    SavedSearch,
    SearchConnection,
    SimilarHit,
    Suggestion,
    Topic,
    Viewer,
)
from schema.bindings import (
    MEMBERS,
    Figures,
    Group,
    Key,
    Lookup,
    Many,
    Order,
    OtherKey,
    Told,
    answers,
    by_plan,
    earliest,
    ordered_by,
    planned,
)
from schema.enums import CaseGroup, CaseOrderField, Direction, FacetName, SearchOrder
from schema.fields import Cost, fetched
from schema.inputs import (
    CaseFilter,
    CaseOrder,
    HistoryFilter,
    OrganFilter,
    PartyFilter,
    PlaceFilter,
    RejectionFilter,
    RevealFilter,
    SearchAsked,
    SearchFilter,
    SubmissionFilter,
)
from schema.ports import Info
from schema.scalars import BigInt
from schema.types import (
    AT,
    OPENED,
    RECEIVED,
    After,
    Before,
    Case,
    Connection,
    First,
    Last,
    Node,
    Organ,
    Party,
    Place,
    ReceivedOrder,
    Submission,
)


def _argument(name: str, description: str) -> object:
    return strawberry.argument(name=name, description=description)


Id = Annotated[strawberry.ID, _argument("id", "Its id.")]

SAVED = ordered_by("created_at", "timestamptz")

CASE_ORDERS: dict[Enum, Order] = {
    CaseOrderField.OPENED_AT: OPENED,
    CaseOrderField.LAST_ACTIVITY_AT: ordered_by("last_activity_at", "timestamptz"),
    CaseOrderField.FIRST_RECEIVED_AT: ordered_by("first_received_at", "timestamptz"),
    CaseOrderField.LAST_RECEIVED_AT: ordered_by("last_received_at", "timestamptz"),
    CaseOrderField.LAST_ANSWERED_AT: ordered_by("last_answered_at", "timestamptz", nullable=True),
    CaseOrderField.SUBMISSION_COUNT: ordered_by("submission_count", "bigint"),
    CaseOrderField.NUMBER: ordered_by("number", "bigint"),
    CaseOrderField.TOPIC: ordered_by("topic", "text", nullable=True),
    CaseOrderField.DIVISION: ordered_by("division", "text", nullable=True),
}
"""What `orderBy` may choose; each has its index."""

SAID = Order((Key("at", "timestamptz"), Key("position", "bigint")), descending=True, apart=True)
"""By when it was said or done; of what was at one time, in the order of the journal."""

CASE_GROUPS: dict[Enum, Group] = {
    CaseGroup.CHANNEL: Group("channel", "channel.name", "cross join lateral unnest({row}.channels) as channel (name)"),
    CaseGroup.KIND: Group("kind", "{row}.kind"),
    CaseGroup.STATUS: Group("status", "{row}.status"),
    CaseGroup.TOPIC: Group("topic", "{row}.topic_1"),
    CaseGroup.DIVISION: Group("division", "{row}.division"),
    CaseGroup.ORGAN: Group(
        "organ",
        "responsible.organ",
        f"""left join lateral (
            select distinct tie.organ from "case" member join case_organ tie on tie.case_id = member.id
            where {MEMBERS.replace("parent", "row")} and tie.state = 'ACCEPTED' and tie.role = 'RESPONSIBLE'
        ) responsible on true""",
        "uuid",
        rows=6_000,
    ),
    CaseGroup.MONTH: Group("month", "to_char({row}.first_received_at at time zone {zone}, 'YYYY-MM')"),
}


@strawberry.type(description="What can be asked.")
class Query:
    @fetched("Who asks, and what they may do.", Cost(once=10))
    async def viewer(self, info: Info) -> Viewer | None:
        return await info.context.reads.viewer()

    @fetched("Anything by its id; null where nothing has it.", Cost(once=1))
    async def node(self, info: Info, node_id: Id) -> Node | None:
        return await info.context.reads.node(node_id)

    @fetched("Several things by their ids, in their order; null where nothing has one.", Cost(once=1))
    async def nodes(
        self, info: Info, ids: Annotated[list[strawberry.ID], _argument("ids", "Their ids.")]
    ) -> list[Node | None] | None:
        return await info.context.reads.nodes(ids)

    @planned(
        "A case by its id or number; that of a joined case answers with the leading one.",
        Lookup({"number": OtherKey("asked.number = {key}", "bigint")}),
    )
    def case(
        self,
        *,
        node_id: Annotated[strawberry.ID | None, _argument("id", "Its id.")] = None,
        number: Annotated[BigInt | None, _argument("number", "Its number, instead.")] = None,
    ) -> Case | None:
        return by_plan()

    @planned(
        "The cases that lead, by filter and order.",
        Many('"case" {row}', answers("{row}"), OPENED, orders=CASE_ORDERS, whole=1_000),
    )
    def cases(
        self,
        *,
        chosen: Annotated[CaseFilter | None, _argument("filter", "Which ones.")] = None,
        order_by: Annotated[CaseOrder | None, _argument("orderBy", "Latest opened first if left out.")] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Case] | None:
        return by_plan()

    @planned("Cases counted in groups, for charts, in the groups' order.", Figures(CASE_GROUPS))
    def case_figures(
        self,
        *,
        chosen: Annotated[CaseFilter | None, _argument("filter", "Which cases.")] = None,
        group_by: Annotated[
            list[CaseGroup] | None, _argument("groupBy", "By what; all in one group if left out.")
        ] = None,
    ) -> list[CaseFigures] | None:
        return by_plan()

    @planned("A submission by its id.", Lookup())
    def submission(self, node_id: Id) -> Submission | None:
        return by_plan()

    @planned(
        "The submissions, by filter, in the order of receipt.", Many("submission {row}", order=RECEIVED, whole=1_000)
    )
    def submissions(
        self,
        *,
        chosen: Annotated[SubmissionFilter | None, _argument("filter", "Which ones.")] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        order_by: ReceivedOrder = Direction.DESCENDING,
    ) -> Connection[Submission] | None:
        return by_plan()

    @planned("A party by its id; the id of a mention's former party answers with the present one.", Lookup())
    def party(self, node_id: Id) -> Party | None:
        return by_plan()

    @planned(
        "The parties, in the order in which they were first mentioned.",
        Many(
            "mention {row}",
            f"""{{row}}.id = {earliest("{row}.party")}
            and (select true from mention said where said.party = {{row}}.party and said.until is null limit 1)""",
            whole=6_000,
        ),
    )
    def parties(
        self,
        *,
        chosen: Annotated[PartyFilter | None, _argument("filter", "Which ones.")] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Party] | None:
        return by_plan()

    @planned(
        "The places, by their full names.", Many("place {row}", order=ordered_by("full_name", "text"), whole=1_000)
    )
    def places(
        self,
        *,
        chosen: Annotated[PlaceFilter | None, _argument("filter", "Which ones.")] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Place] | None:
        return by_plan()

    @planned("The organs, by their names.", Many("organ {row}", order=ordered_by("name", "text"), whole=500))
    def organs(
        self,
        *,
        chosen: Annotated[OrganFilter | None, _argument("filter", "Which ones.")] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Organ] | None:
        return by_plan()

    @planned(
        "What could not be taken in, latest first; only what is still open unless asked.",
        Many("rejection {row}", order=AT.directed(descending=True), needs=Action.READ_REJECTIONS, whole=1_000),
    )
    def rejections(
        self,
        *,
        chosen: Annotated[RejectionFilter | None, _argument("filter", "Which ones.")] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Rejection] | None:
        return by_plan()

    @planned(
        "What was revealed to whom and why, latest first; for auditors.",
        Many("reveal {row}", order=AT.directed(descending=True), needs=Action.READ_REVEALS, whole=1_000),
    )
    def reveals(
        self,
        *,
        chosen: Annotated[RevealFilter | None, _argument("filter", "Which ones.")] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Reveal] | None:
        return by_plan()

    @fetched("The taxonomy of topics.", Cost(once=100))
    async def topics(
        self,
        info: Info,
        *,
        under: Annotated[
            str | None, _argument("under", "Only those right below this path; the top if left out.")
        ] = None,
    ) -> list[Topic] | None:
        return await info.context.reads.topics(under)

    @fetched(
        "Where is it said? Full text over titles, texts, replies and attachments.",
        Cost(once=5_000, each=10, facet=1_000),
    )
    async def search(
        self,
        info: Info,
        *,
        query: Annotated[str, _argument("query", "What to find; empty finds everything.")] = "",
        chosen: Annotated[SearchFilter | None, _argument("filter", "What hits must be.")] = None,
        order_by: Annotated[SearchOrder, _argument("orderBy", "Which hit comes first.")] = SearchOrder.RELEVANCE,
        first: Annotated[int, _argument("first", "How many hits.")] = 20,
        after: After = None,
        facets: Annotated[list[FacetName] | None, _argument("facets", "What to count the hits by.")] = None,
    ) -> SearchConnection | None:
        return await info.context.reads.search(
            SearchAsked(
                query=query, filter=chosen, order=order_by, first=first, after=after, facets=tuple(facets or ())
            )
        )

    @planned(
        "The searches that you saved, the latest first.",
        Many("saved_search {row}", order=SAVED.directed(descending=True)),
    )
    def saved_searches(
        self, *, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[SavedSearch] | None:
        return by_plan()

    @fetched(
        "The same by case: each stands where the best of its submissions stands, and comes once over all pages.",
        Cost(once=5_000, each=500, facet=1_000),  # the submissions of each case are searched
    )
    async def search_cases(
        self,
        info: Info,
        *,
        query: Annotated[str, _argument("query", "What to find; empty finds everything.")] = "",
        chosen: Annotated[SearchFilter | None, _argument("filter", "What submissions must be.")] = None,
        order_by: Annotated[SearchOrder, _argument("orderBy", "Which case comes first.")] = SearchOrder.RELEVANCE,
        first: Annotated[int, _argument("first", "How many cases, at most 50.")] = 20,
        after: After = None,
        facets: Annotated[list[FacetName] | None, _argument("facets", "What to count the submissions by.")] = None,
    ) -> CaseSearchConnection | None:
        return await info.context.reads.search_cases(
            SearchAsked(
                query=query, filter=chosen, order=order_by, first=first, after=after, facets=tuple(facets or ())
            )
        )

    @fetched(
        "What says much the same as a submission, the most similar first; none of one that is not seen.",
        Cost(once=12_000, each=10),
    )
    async def similar(
        self,
        info: Info,
        *,
        to: Annotated[strawberry.ID, _argument("to", "The submission's id.")],
        first: Annotated[int, _argument("first", "How many at most, 50 in all.")] = 10,
        own_case: Annotated[bool, _argument("ownCase", "Whether those of its own case are told, too.")] = False,
    ) -> list[SimilarHit] | None:
        return await info.context.reads.similar(to, first, own_case=own_case)

    @fetched(
        "Divisions, topics and organs that a search can be narrowed to, by what was typed of their names: a beginning"
        " before a part, the shortest name first. Nothing that was submitted is suggested.",
        Cost(once=4_000),
    )
    async def suggest(
        self,
        info: Info,
        *,
        text: Annotated[str, _argument("text", "What was typed so far.")],
        first: Annotated[int, _argument("first", "How many at most, 50 in all.")] = 10,
    ) -> list[Suggestion] | None:
        return await info.context.reads.suggest(text, first)

    @planned(
        "Everything said and done about one thing, over all channels, by when it was said or done. Name one: a party"
        " (the submissions that name it and what happened in their cases), a case (with those joined to it), a place or"
        " a division (what was received about it, and done and decided there).",
        Told("", order=SAID, sealed="history", gathered=100, whole=20_000),
    )
    def history(
        self,
        *,
        party: Annotated[strawberry.ID | None, _argument("party", "A party's id.")] = None,
        case: Annotated[strawberry.ID | None, _argument("case", "A case's id.")] = None,
        place: Annotated[
            strawberry.ID | None,
            _argument("place", "A place's id: of a division all that lies in it, of another place the cases about it."),
        ] = None,
        division: Annotated[str | None, _argument("division", "The code of a division (GB/T 2260).")] = None,
        matching: Annotated[
            str | None,
            _argument("matching", "Only entries that tell of submissions that match, in the language of `search`."),
        ] = None,
        chosen: Annotated[HistoryFilter | None, _argument("filter", "Which entries.")] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        order_by: Annotated[
            Direction, _argument("orderBy", "Which end of the time comes first.")
        ] = Direction.DESCENDING,
    ) -> HistoryConnection | None:
        return by_plan()

    @fetched("What happened after a cursor, for whoever follows; see also `GET /sync/changes`.", Cost(once=100, each=1))
    async def changes(
        self,
        info: Info,
        *,
        after: Annotated[str | None, _argument("after", "Where to go on; from the beginning if left out.")] = None,
        first: Annotated[int, _argument("first", "How many at most.")] = 100,
    ) -> ChangePage | None:
        return await info.context.reads.changes(after, first)

    @fetched(
        "The cursor of this moment, for `after` of `changes` and of subscriptions: what happens from now on is told."
        " Beside other fields it is taken before they are read, so nothing that happens between is missed.",
        Cost(once=10),
    )
    async def changes_cursor(self, info: Info) -> str | None:
        return await info.context.reads.changes_cursor()
