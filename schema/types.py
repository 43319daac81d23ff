"""What the API's nodes are. A field that must be fetched has a body of one line, which asks `schema.ports`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date, datetime
from typing import Annotated, Generic, TypeVar
from uuid import UUID

import strawberry
from strawberry.scalars import JSON

from graph.records import (
    CaseRelation,
    CaseStatus,
    Channel,
    EdgeState,
    EventKind,
    MentionRole,
    OrganRole,
    PartyKind,
    PetitionKind,
    PlaceLevel,
    Satisfaction,
    Urgency,
)
from schema.enums import ChangeKind, Direction
from schema.fields import fetched, told
from schema.ids import global_id
from schema.ports import Context, PageRequest
from schema.scalars import BigInt

Info = strawberry.Info[Context, None]
T = TypeVar("T")

First = Annotated[int | None, strawberry.argument(description="How many from the start; 20 if neither is given.")]
After = Annotated[str | None, strawberry.argument(description="Begin behind the element of this cursor.")]
Last = Annotated[int | None, strawberry.argument(description="How many from the end.")]
Before = Annotated[str | None, strawberry.argument(description="End before the element of this cursor.")]
ReceivedOrder = Annotated[
    Direction, strawberry.argument(name="orderBy", description="Which end of the time of receipt comes first.")
]


# Pages --------------------------------------------------------------------------------------------------------


@strawberry.type(description="Where a page stands among all elements.")
class PageInfo:
    has_next_page: bool = told("Whether elements follow.")
    has_previous_page: bool = told("Whether elements come before.")
    start_cursor: str | None = told("The cursor of the page's first element.")
    end_cursor: str | None = told("The cursor of the page's last element.")


@strawberry.type(description="An element of a page, with its place.")
class Edge(Generic[T]):
    cursor: str = told("Where the element stands; give it to `after` or `before`.")
    node: T = told("The element.")


@strawberry.type(description="A page of elements.")
class Connection(Generic[T]):
    edges: list[Edge[T]] = told("The page's elements with their cursors.")
    page_info: PageInfo = told("Where the page stands among all elements.")
    count: strawberry.Private[Callable[[], Awaitable[int]]]

    @fetched("The page's elements alone.")
    def nodes(self) -> list[T]:
        return [edge.node for edge in self.edges]

    @fetched("How many elements there are in all; counted only when asked for.")
    async def total_count(self) -> BigInt:
        return BigInt(await self.count())


# Nodes --------------------------------------------------------------------------------------------------------


@strawberry.interface(description="Anything with an id of its own.")
class Node:
    key: strawberry.Private[UUID]

    @fetched("Its id, the same wherever it is met; opaque.")
    def id(self) -> strawberry.ID:
        return strawberry.ID(global_id(type(self).__name__, self.key))


@strawberry.type(description="A decision that ties two things together, and what it rests on.")
class Link:
    state: EdgeState = told("Whether it holds.")
    score: float | None = told("How sure the machine was, 0 to 1; null where a person decided.")
    evidence: JSON = told("What the decision rests on: a rule and what it compared, or a person's reason.")
    decided_by: str = told("Who decided: a person's or a rule's name.")
    decided_at: datetime = told("When it was decided.")


@strawberry.type(description="A division (GB/T 2260) down to an address, or a place as a source names it.")
class Place(Node):
    code: str | None = told("Its GB/T 2260 code; null for a place that only a source knows.")
    name: str = told("Its own name.")
    full_name: str = told("Its name with those of the places it lies in.")
    level: PlaceLevel = told("How far down it is.")
    source: str | None = told("The source that names it; null for a division.")
    parent_key: strawberry.Private[UUID | None]

    @fetched("The place it lies in.")
    async def parent(self, info: Info) -> Place | None:
        return await info.context.reads.place_of(self.parent_key) if self.parent_key else None

    @fetched("The cases about it, latest opened first.")
    async def cases(
        self, info: Info, *, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[Case]:
        return await info.context.reads.place_cases(self, PageRequest(first, after, last, before))


@strawberry.type(description="An authority that handles, supervises or is complained of.")
class Organ(Node):
    name: str = told("Its name as normalised from what sources write.")
    division: str | None = told("The code of its seat's division, without trailing pairs of zeros.")

    @fetched("The cases it has a part in, latest opened first.")
    async def cases(
        self, info: Info, *, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[Case]:
        return await info.context.reads.organ_cases(self, PageRequest(first, after, last, before))


@strawberry.type(description="A place of a case and why it is one.")
class CasePlace:
    place_key: strawberry.Private[UUID]
    link: Link = told("What the tie rests on.")

    @fetched("The place.")
    async def place(self, info: Info) -> Place:
        return await info.context.reads.place_of(self.place_key)


@strawberry.type(description="An organ's part in a case and why it has it.")
class CaseOrgan:
    organ_key: strawberry.Private[UUID]
    role: OrganRole = told("What the organ is to the case.")
    link: Link = told("What the tie rests on.")

    @fetched("The organ.")
    async def organ(self, info: Info) -> Organ:
        return await info.context.reads.organ_of(self.organ_key)


@strawberry.type(description="How a case belongs together with another.")
class CaseLink:
    relation: CaseRelation = told("How they belong together, read from origin to target.")
    origin_key: strawberry.Private[UUID]
    target_key: strawberry.Private[UUID]
    link: Link = told("What the tie rests on.")

    @fetched("The id of the case the relation starts from, as it was opened.")
    def origin_id(self) -> strawberry.ID:
        return strawberry.ID(global_id("Case", self.origin_key))

    @fetched("The id of the case it leads to, as it was opened.")
    def target_id(self) -> strawberry.ID:
        return strawberry.ID(global_id("Case", self.target_key))

    @fetched("The case that answers for the origin now.")
    async def origin(self, info: Info) -> Case:
        return await info.context.reads.case_of(self.origin_key)

    @fetched("The case that answers for the target now.")
    async def target(self, info: Info) -> Case:
        return await info.context.reads.case_of(self.target_key)


@strawberry.type(description="A file (信访事项): one matter, with every submission about it and its own clocks.")
class Case(Node):
    number: BigInt = told("Its number on this instance, for people.")
    status: CaseStatus = told("Where it stands.")
    kind: PetitionKind = told("What it asks; one accusation makes the whole an accusation.")
    title: str = told("The title of its first submission.")
    topic: str | None = told("Its topic as a path of the taxonomy.")
    division: str | None = told("The code of the division it is about, without trailing pairs of zeros.")
    channels: list[Channel] = told("The channels its submissions came through.")
    submission_count: int = told("How many submissions are filed in it.")
    opened_at: datetime = told("When its first submission was registered.")
    first_received_at: datetime = told("When its first submission was received.")
    last_activity_at: datetime = told("When something last happened in it.")

    @fetched("The division it is about.")
    async def division_place(self, info: Info) -> Place | None:
        return await info.context.reads.case_division(self.division)

    @fetched("What was submitted in this matter, in the cases joined to it too.")
    async def submissions(
        self,
        info: Info,
        *,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        order_by: ReceivedOrder = Direction.DESCENDING,
    ) -> Connection[Submission]:
        return await info.context.reads.case_submissions(self, order_by, PageRequest(first, after, last, before))

    @fetched("Who is named in its submissions.")
    async def parties(
        self, info: Info, *, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[Party]:
        return await info.context.reads.case_parties(self, PageRequest(first, after, last, before))

    @fetched("Its replies, call-backs and ratings, earliest first.")
    async def events(
        self, info: Info, *, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[Event]:
        return await info.context.reads.case_events(self, PageRequest(first, after, last, before))

    @fetched("What happened to it and its submissions, from the journal, earliest first.")
    async def timeline(
        self, info: Info, *, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[TimelineEntry]:
        return await info.context.reads.case_timeline(self, PageRequest(first, after, last, before))

    @fetched("The places it is about.")
    async def places(self, info: Info) -> list[CasePlace]:
        return await info.context.reads.case_places(self)

    @fetched("The organs that have a part in it.")
    async def organs(self, info: Info) -> list[CaseOrgan]:
        return await info.context.reads.case_organs(self)

    @fetched("How it belongs together with other cases, those joined to it among them.")
    async def relations(self, info: Info) -> list[CaseLink]:
        return await info.context.reads.case_relations(self)


@strawberry.type(description="What only a letter has.")
class LetterDetails:
    postmarked_on: date | None = told("The day of the postmark.")
    signatories: int | None = told("How many signed.")
    enclosures: int | None = told("How many enclosures it came with.")


@strawberry.type(description="What only a visit has.")
class VisitDetails:
    head_count: int | None = told("How many people came.")
    reception_place: str | None = told("Where they were received.")
    received_by: str | None = told("Who received them.")
    leader_reception: bool | None = told("Whether it was a leader's reception day (接访).")
    skip_level: bool | None = told("Whether the visit went above the level that could decide (越级).")


@strawberry.type(description="What only a hotline ticket has.")
class HotlineDetails:
    ticket_type: str | None = told("The call centre's own type.")
    urgency: Urgency | None = told("How fast it must be handled.")
    due_at: datetime | None = told("By when the call centre expects an answer.")


@strawberry.type(description="What only a web message has.")
class WebDetails:
    platform: str | None = told("The platform it was left on.")
    likes: int | None = told("How many readers agreed.")
    dislikes: int | None = told("How many readers disagreed.")


Details = Annotated[
    LetterDetails | VisitDetails | HotlineDetails | WebDetails,
    strawberry.union("Details", description="What only a submission of one channel has."),
]


@strawberry.type(description="One thing received on one channel: a letter, a visit, a ticket, a message.")
class Submission(Node):
    channel: Channel = told("The door it came through.")
    source: str = told("The system that sent it.")
    external_id: str = told("Its id in that system.")
    kind: PetitionKind = told("What it asks.")
    title: str = told("Its title, by its latest revision.")
    text: str = told("Its text, by its latest revision.")
    topic: str | None = told("Its topic as a path of the taxonomy.")
    division: str | None = told("The code of the division it is about, without trailing pairs of zeros.")
    received_at: datetime = told("When it was received.")
    registered_at: datetime = told("When it was registered here.")
    revision_count: int = told("How many revisions it has.")
    receipt_code: str = told("查询码: with it the petitioner sees how the matter stands.")
    details: Details = told("What only its channel has, by its latest revision.")
    case_key: strawberry.Private[UUID]

    @fetched("The division it is about.")
    async def division_place(self, info: Info) -> Place | None:
        return await info.context.reads.case_division(self.division)

    @fetched("The case that answers for it.")
    async def case(self, info: Info) -> Case:
        return await info.context.reads.case_of(self.case_key)

    @fetched("Why it is filed in its case.")
    async def filing(self, info: Info) -> Link | None:
        return await info.context.reads.submission_filing(self)

    @fetched("Who is named in its latest revision.")
    async def mentions(self, info: Info) -> list[Mention]:
        return await info.context.reads.submission_mentions(self)

    @fetched("All it ever said, earliest first.")
    async def revisions(self, info: Info) -> list[Revision]:
        return await info.context.reads.submission_revisions(self)

    @fetched("Its attachments.")
    async def documents(self, info: Info) -> list[Document]:
        return await info.context.reads.submission_documents(self)

    @fetched("Replies, call-backs and ratings that came with it, earliest first.")
    async def events(self, info: Info) -> list[Event]:
        return await info.context.reads.submission_events(self)


@strawberry.type(description="What a submission said at one time.")
class Revision(Node):
    number: int = told("1 for the first.")
    at: datetime = told("When it was taken in.")
    title: str = told("Its title then.")
    text: str = told("Its text then.")
    details: Details = told("What only its channel has, as it was then.")
    position: str = told("Where it stood in what the source sent, such as a file's name and row.")


@strawberry.type(description="An attachment.")
class Document(Node):
    name: str = told("Its file name as it arrived.")
    media_type: str = told("Its media type as it arrived.")
    size: BigInt = told("Its size in bytes.")
    text: str = told("Its text layer; empty where it has none.")
    submission_key: strawberry.Private[UUID]

    @fetched("The submission it came with.")
    async def submission(self, info: Info) -> Submission:
        return await info.context.reads.submission_of(self.submission_key)


@strawberry.type(description="One person or organisation as one submission names it; only masked forms are shown.")
class Mention(Node):
    role: MentionRole = told("What it is in the submission.")
    kind: PartyKind = told("A person or an organisation.")
    name: str | None = told("Its name, masked.")
    identity_number: str | None = told("Its identity number, masked.")
    phone: str | None = told("Its telephone number, masked.")
    address: str | None = told("Its address down to the county, masked.")
    account: str | None = told("Its user name, masked.")
    email: str | None = told("Its e-mail address, masked.")
    current: bool = told("Whether the submission's latest revision still names it.")
    submission_key: strawberry.Private[UUID]
    party_key: strawberry.Private[UUID]

    @fetched("The submission that names it.")
    async def submission(self, info: Info) -> Submission:
        return await info.context.reads.submission_of(self.submission_key)

    @fetched("The party it is, with all other mentions of it.")
    async def party(self, info: Info) -> Party:
        return await info.context.reads.party_of(self.party_key)


@strawberry.type(description="Why two mentions are, or may be, one party.")
class PartyLink:
    one_key: strawberry.Private[UUID]
    other_key: strawberry.Private[UUID]
    link: Link = told("What the tie rests on.")

    @fetched("The one mention.")
    async def one(self, info: Info) -> Mention:
        return await info.context.reads.mention_of(self.one_key)

    @fetched("The other mention.")
    async def other(self, info: Info) -> Mention:
        return await info.context.reads.mention_of(self.other_key)


@strawberry.type(description="A person or organisation: the mentions that accepted ties join.")
class Party(Node):
    kind: PartyKind = told("A person or an organisation.")
    names: list[str] = told("The names it is mentioned by, masked.")
    phones: list[str] = told("The telephone numbers it is mentioned with, masked.")
    mention_count: int = told("How often it is mentioned.")
    submission_count: int = told("In how many submissions it is mentioned.")

    @fetched("Its mentions, earliest first.")
    async def mentions(
        self, info: Info, *, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[Mention]:
        return await info.context.reads.party_mentions(self, PageRequest(first, after, last, before))

    @fetched("The cases it is mentioned in, latest opened first.")
    async def cases(
        self, info: Info, *, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[Case]:
        return await info.context.reads.party_cases(self, PageRequest(first, after, last, before))

    @fetched("The ties between its mentions, and those proposed to be tied to them.")
    async def links(self, info: Info) -> list[PartyLink]:
        return await info.context.reads.party_links(self)


@strawberry.type(description="A step in a case that a source reported or a person recorded.")
class Event(Node):
    kind: EventKind = told("What happened.")
    at: datetime = told("When it happened.")
    at_given: bool = told("Whether the source gave the time; else it is when it was taken in.")
    text: str = told("The reply or note.")
    satisfaction: Satisfaction | None = told("How the petitioner rates the handling.")
    organ_key: strawberry.Private[UUID | None]
    submission_key: strawberry.Private[UUID | None]
    case_key: strawberry.Private[UUID]

    @fetched("The organ that acted.")
    async def organ(self, info: Info) -> Organ | None:
        return await info.context.reads.organ_of(self.organ_key) if self.organ_key else None

    @fetched("The submission it came with.")
    async def submission(self, info: Info) -> Submission | None:
        return await info.context.reads.submission_of(self.submission_key) if self.submission_key else None

    @fetched("The case it is a step of.")
    async def case(self, info: Info) -> Case:
        return await info.context.reads.case_of(self.case_key)


@strawberry.type(description="One thing that happened to a case, told from the journal.")
class TimelineEntry:
    kind: ChangeKind = told("What happened.")
    at: datetime = told("When it happened.")
    actor: str = told("Who did it: a person, a connector or a rule.")
    state: str | None = told("What it led to, such as the case's new status.")
    fields: list[str] = told("Which fields changed.")
    submission_key: strawberry.Private[UUID | None]
    event_key: strawberry.Private[UUID | None]

    @fetched("The submission it tells of.")
    async def submission(self, info: Info) -> Submission | None:
        return await info.context.reads.submission_of(self.submission_key) if self.submission_key else None

    @fetched("The reply, call-back or rating it tells of.")
    async def event(self, info: Info) -> Event | None:
        return await info.context.reads.event_of(self.event_key) if self.event_key else None
