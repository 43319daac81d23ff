"""What the API's nodes are. A field that must be fetched has a body of one line, which asks `schema.ports`."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Generic, TypeVar

import strawberry
from strawberry.scalars import JSON

from graph.records import (
    CaseRelation,
    CaseStatus,
    Channel,
    Correctable,
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
from schema.bindings import (
    BY_ID,
    MEMBERS,
    GlobalId,
    Key,
    Many,
    One,
    Order,
    Rows,
    Same,
    Value,
    Variants,
    answering,
    bound,
    by_plan,
    column,
    earliest,
    impossible,
    ordered_by,
    planned,
    rows,
    stood_for,
)
from schema.enums import ChangeKind, Direction, TextSourceKind
from schema.fields import told
from schema.scalars import BigInt

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
    nodes: list[T] = told("The page's elements alone.")
    total_count: BigInt = told("How many elements there are in all; counted only when asked for.")


# Nodes --------------------------------------------------------------------------------------------------------


@strawberry.interface(description="Anything with an id of its own.")
class Node:
    id: strawberry.ID = bound("Its id, the same wherever it is met; opaque.", GlobalId())


@strawberry.type(description="A decision that ties two things together, and what it rests on.")
class Link:
    state: EdgeState = column("Whether it holds.")
    score: float | None = column("How sure the machine was, 0 to 1; null where a person decided.")
    evidence: JSON = bound(
        "What the decision rests on: a rule and what it compared, or a person's reason.",
        # A filing may name a submission that was filed there then, and is hidden now.
        Value(
            """case when {row}.evidence ? 'alike' and not exists (
                select from submission alike where alike.id = ({row}.evidence ->> 'alike')::uuid
            ) then {row}.evidence - 'alike' else {row}.evidence end""",
            json=True,
        ),
    )
    decided_by: str = column("Who decided: a person's or a rule's name.")
    decided_at: datetime = column("When it was decided.")


RECEIVED = ordered_by("received_at", "timestamptz", descending=True)
OPENED = ordered_by("opened_at", "timestamptz", descending=True)
AT = ordered_by("at", "timestamptz")
DIVISION_PLACE = One(
    "{row}.division || repeat('0', 6 - length({row}.division))",
    by="{row}.code = {key}",
)
"""A division as its place: its code with the zeros that were left out."""


def ties(table: str, key: str, order: str) -> str:
    """Return the rows of an edge table that tie a case and those joined to it: the one that holds best for each key."""
    return f"""(
        select distinct on ({key}) tie.*
        from "case" member join {table} tie on tie.case_id = member.id
        where {MEMBERS} and tie.state in ('ACCEPTED', 'PROPOSED')
        order by {order}
    ) {{row}}"""


def leading(found: str) -> str:
    """Return the cases that lead those whose keys a query finds as `filed`."""
    cases = f"(select distinct {answering('filed')} as id {found})"
    return f"""{cases} found join "case" {{row}} on {{row}}.id = found.id"""


@rows(Rows("place {row}"))
@strawberry.type(description="A division (GB/T 2260) down to an address, or a place as a source names it.")
class Place(Node):
    code: str | None = column("Its GB/T 2260 code; null for a place that only a source knows.")
    name: str = column("Its own name.")
    full_name: str = column("Its name with those of the places it lies in.")
    level: PlaceLevel = column("How far down it is.")
    source: str | None = column("The source that names it; null for a division.")
    parent: Place | None = bound("The place it lies in.", One("{row}.parent"))

    @planned(
        "The cases about it, latest opened first.",
        Many(
            leading("""from case_place tie join "case" filed on filed.id = tie.case_id
                where tie.place = {parent}.id and tie.state = 'ACCEPTED'"""),
            order=OPENED,
            gathered=30,
        ),
    )
    def cases(
        self, *, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[Case]:
        return by_plan()


@rows(Rows("organ {row}"))
@strawberry.type(description="An authority that handles, supervises or is complained of.")
class Organ(Node):
    name: str = column("Its name as normalised from what sources write.")
    division: str | None = column("The code of its seat's division, without trailing pairs of zeros.")

    @planned(
        "The cases it has a part in, latest opened first.",
        Many(
            leading("""from case_organ tie join "case" filed on filed.id = tie.case_id
                where tie.organ = {parent}.id and tie.state = 'ACCEPTED'"""),
            order=OPENED,
            gathered=100,
        ),
    )
    def cases(
        self, *, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[Case]:
        return by_plan()


@strawberry.type(description="A place of a case and why it is one.")
class CasePlace:
    link: Link = bound("What the tie rests on.", Same())
    place: Place = bound("The place.", One("{row}.place"))


@strawberry.type(description="An organ's part in a case and why it has it.")
class CaseOrgan:
    role: OrganRole = column("What the organ is to the case.")
    link: Link = bound("What the tie rests on.", Same())
    organ: Organ = bound("The organ.", One("{row}.organ"))


@strawberry.type(description="How a case belongs together with another.")
class CaseLink:
    relation: CaseRelation = column("How they belong together, read from origin to target.")
    link: Link = bound("What the tie rests on.", Same())
    origin_id: strawberry.ID = bound(
        "The id of the case the relation starts from, as it was opened.", GlobalId("{row}.origin", "Case")
    )
    target_id: strawberry.ID = bound(
        "The id of the case it leads to, as it was opened.", GlobalId("{row}.target", "Case")
    )
    origin: Case = bound("The case that answers for the origin now.", One("{row}.origin"))
    target: Case = bound("The case that answers for the target now.", One("{row}.target"))


@rows(
    Rows(
        f'"case" asked {stood_for(answering("asked"))} join "case" {{row}} on {{row}}.id = found.id',
        by="asked.id = {key}",
    )
)
@strawberry.type(description="A file (信访事项): one matter, with every submission about it and its own clocks.")
class Case(Node):
    number: BigInt = column("Its number on this instance, for people.")
    status: CaseStatus = column("Where it stands.")
    kind: PetitionKind = column("What it asks; one accusation makes the whole an accusation.")
    title: str = column("The title of its first submission.")
    topic: str | None = column("Its topic as a path of the taxonomy.")
    division: str | None = column("The code of the division it belongs to, without trailing pairs of zeros.")
    channels: list[Channel] = column("The channels its submissions came through.")
    submission_count: int = column("How many submissions are filed in it.")
    opened_at: datetime = column("When its first submission was registered.")
    first_received_at: datetime = column("When its first submission was received.")
    last_received_at: datetime = column("When its last submission was received.")
    last_answered_at: datetime | None = column("When it was last answered; null if it never was.")
    last_activity_at: datetime = column("When something last happened in it.")
    division_place: Place | None = bound("The division it belongs to.", DIVISION_PLACE)

    @planned(
        "What was submitted in this matter, in the cases joined to it too.",
        Many(
            '"case" member join submission {row} on {row}.case_id = member.id',
            MEMBERS,
            RECEIVED,
        ),
    )
    def submissions(
        self,
        *,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        order_by: ReceivedOrder = Direction.DESCENDING,
    ) -> Connection[Submission]:
        return by_plan()

    @planned(
        "Who is named in its submissions.",
        Many(f"""(
            select distinct mention.party
            from "case" member
            join submission on submission.case_id = member.id
            join mention on mention.submission = submission.id
            where {MEMBERS} and mention.until is null
        ) named {stood_for(earliest("named.party"))} join mention {{row}} on {{row}}.id = found.id"""),
    )
    def parties(
        self, *, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[Party]:
        return by_plan()

    @planned(
        "Its replies, call-backs and ratings, earliest first.",
        Many(
            '"case" member join event {row} on {row}.case_id = member.id',
            MEMBERS + " and {row}.until is null",
            AT,
        ),
    )
    def events(
        self, *, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[Event]:
        return by_plan()

    @planned(
        "What happened to it and its submissions, from the journal, earliest first.",
        Many(
            f"""(
            select journal.position
            from "case" member join journal on journal.subject = member.id
            where {MEMBERS}
            union
            select journal.position
            from "case" member join journal on journal.object = member.id
            where {MEMBERS}
            union
            select journal.position
            from "case" member
            join submission on submission.case_id = member.id
            join journal on journal.subject = submission.id
            where {MEMBERS} and journal.kind <> 'IDENTITY_REVEALED'
        ) told join journal {{row}} on {{row}}.position = told.position""",
            order=Order((Key("position", "bigint"),)),
            sealed="timeline",
            gathered=20,
        ),
    )
    def timeline(
        self, *, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[TimelineEntry]:
        return by_plan()

    places: list[CasePlace] = bound(
        "The places that its submissions name.",
        Many(
            ties("case_place", "tie.place", "tie.place, tie.state, tie.decided_at, tie.id"),
            order=Order((Key("place", "uuid"),)),
        ),
    )
    organs: list[CaseOrgan] = bound(
        "The organs that have a part in it.",
        Many(
            ties("case_organ", "tie.role, tie.organ", "tie.role, tie.organ, tie.state, tie.decided_at, tie.id"),
            order=Order((Key("role", "text"), Key("organ", "uuid"))),
        ),
    )
    relations: list[CaseLink] = bound(
        "How it belongs together with other cases, those joined to it among them.",
        Many(
            f"""(
            select array(select member.id from "case" member where {MEMBERS}) as cases
        ) matter
        join case_relation {{row}} on {{row}}.origin = any(matter.cases) or {{row}}.target = any(matter.cases)""",
            "{row}.state in ('ACCEPTED', 'PROPOSED')",
            expected=10,
        ),
    )


def said(name: str) -> Value:
    """Return what a submission's details say under a name, as they say it."""
    return Value(f"{{row}}->'{name}'", json=True)


@strawberry.type(description="What only a letter has.")
class LetterDetails:
    postmarked_on: date | None = bound("The day of the postmark.", said("postmarked_on"))
    signatories: int | None = bound("How many signed.", said("signatories"))
    enclosures: int | None = bound("How many enclosures it came with.", said("enclosures"))


@strawberry.type(description="What only a visit has.")
class VisitDetails:
    head_count: int | None = bound("How many people came.", said("head_count"))
    reception_place: str | None = bound("Where they were received.", said("reception_place"))
    received_by: str | None = bound("Who received them.", said("received_by"))
    leader_reception: bool | None = bound("Whether it was a leader's reception day (接访).", said("leader_reception"))
    skip_level: bool | None = bound(
        "Whether the visit went above the level that could decide (越级).", said("skip_level")
    )


@strawberry.type(description="What only a hotline ticket has.")
class HotlineDetails:
    ticket_type: str | None = bound("The call centre's own type.", said("ticket_type"))
    urgency: Urgency | None = bound("How fast it must be handled.", said("urgency"))
    due_at: datetime | None = bound(
        "By when the call centre expects an answer.", Value("({row}->>'due_at')::timestamptz")
    )


@strawberry.type(description="What only a web message has.")
class WebDetails:
    platform: str | None = bound("The platform it was left on.", said("platform"))
    likes: int | None = bound("How many readers agreed.", said("likes"))
    dislikes: int | None = bound("How many readers disagreed.", said("dislikes"))


Details = Annotated[
    LetterDetails | VisitDetails | HotlineDetails | WebDetails,
    strawberry.union("Details", description="What only a submission of one channel has."),
]


VARIANTS = {
    "LETTER": "LetterDetails",
    "VISIT": "VisitDetails",
    "HOTLINE": "HotlineDetails",
    "WEB": "WebDetails",
}


def names_seen(name: str) -> Value:
    """Return what a correction says, of organs the names of those that are seen: an organ accused may be among them."""
    return Value(f"""case when {{row}}.field = 'ORGAN' then (
        select string_agg(organ.name, '、' order by organ.name collate "C")
        from unnest(string_to_array({{row}}.{name}, chr(10))) as told (name)
        join organ on organ.name collate "C" = told.name
    ) else {{row}}.{name} end""")


@strawberry.type(description="What a person has set of a submission, whatever its source says.")
class Correction:
    field: Correctable = column("What it is that was set.")
    value: str | None = bound(
        "What it was set to: a kind, a topic's path, a division's code, the name of an organ that is seen.",
        names_seen("value"),
    )
    said: str | None = bound(
        "What its source says of that, organs that are seen by their names; it holds again once this is taken back.",
        names_seen("said"),
    )
    reason: str | None = column("Why, masked; null where it may tell of an accusation that it was.")
    decided_by: str = column("Who set it.")
    decided_at: datetime = column("When it was set.")


@rows(Rows("submission_revision {row}"))
@strawberry.type(description="Where a text comes from.")
class TextSource:
    kind: TextSourceKind = bound(
        "Whether it was written as text or recognised.",
        Value(
            """case when {row}.confidence is not null then 'RECOGNISED' when {row}.body = '' then 'NONE'
            else 'WRITTEN' end"""
        ),
    )
    confidence: float | None = column("How sure the recognition was, 0 to 1; null where it was not recognised.")


@rows(Rows("submission {row}", joins={"revision": "submission_revision {revision} on {revision}.id = {row}.revision"}))
@strawberry.type(description="One thing received on one channel: a letter, a visit, a ticket, a message.")
class Submission(Node):
    channel: Channel = column("The door it came through.")
    source: str = column("The system that sent it.")
    external_id: str = column("Its id in that system.")
    kind: PetitionKind = column("What it asks.")
    title: str = bound("Its title, by its latest revision.", Value("{revision}.title"))
    text: str = bound("Its text, by its latest revision.", Value("{revision}.body"))
    text_source: TextSource = bound("Whether its text was recognised in a picture.", One("{row}.revision"))
    topic: str | None = column("Its topic as a path of the taxonomy.")
    division: str | None = column("The code of the division it belongs to, without trailing pairs of zeros.")
    received_at: datetime = column("When it was received.")
    registered_at: datetime = column("When it was registered here.")
    revision_count: int = column("How many revisions it has.")
    receipt_code: str = column("查询码: with it the petitioner sees how the matter stands.")
    accused_unnamed: bool = column(
        "Whether it accuses somebody of whom it is not known yet of which organ; see `nameAccused`.", "unnamed"
    )
    details: Details = bound(
        "What only its channel has, by its latest revision.", Variants("{row}.channel", "{revision}.details", VARIANTS)
    )
    division_place: Place | None = bound("The division it belongs to.", DIVISION_PLACE)
    case: Case = bound("The case that answers for it.", One("{row}.case_id"))
    filing: Link | None = bound(
        "Why it is filed in its case.",
        Many(
            "filing {row}",
            "{row}.submission = {parent}.id and {row}.case_id = {parent}.case_id and {row}.state = 'ACCEPTED'",
        ),
    )
    corrections: list[Correction] = bound(
        "What people have set of it; of its kind to whoever may know of accusations. See `correctSubmission`.",
        Many("correction {row}", "{row}.submission = {parent}.id and {row}.state = 'ACCEPTED'"),
    )
    mentions: list[Mention] = bound(
        "Who is named in its latest revision.",
        Many("mention {row}", "{row}.submission = {parent}.id and {row}.until is null"),
    )
    revisions: list[Revision] = bound(
        "All it ever said, earliest first.",
        Many(
            "submission_revision {row}", "{row}.submission = {parent}.id", Order((Key("number", "integer"),)),
        ),
    )  # fmt: skip
    documents: list[Document] = bound("Its attachments.", Many("document {row}", "{row}.submission = {parent}.id"))
    events: list[Event] = bound(
        "Replies, call-backs and ratings that came with it, earliest first.",
        Many("event {row}", "{row}.submission = {parent}.id and {row}.until is null", AT),
    )


@rows(
    Rows(
        "submission_revision {row}",
        joins={"submission": "submission {submission} on {submission}.id = {row}.submission"},
    )
)
@strawberry.type(description="What a submission said at one time.")
class Revision(Node):
    number: int = column("1 for the first.")
    at: datetime = column("When it was taken in.")
    title: str = column("Its title then.")
    text: str = column("Its text then.", "body")
    text_source: TextSource = bound("Whether its text was recognised in a picture.", Same())
    details: Details = bound(
        "What only its channel has, as it was then.", Variants("{submission}.channel", "{row}.details", VARIANTS)
    )
    position: str = column("Where it stood in what the source sent, such as a file's name and row.")


@rows(Rows("document {row}"))
@strawberry.type(description="An attachment.")
class Document(Node):
    name: str = column("Its file name as it arrived.")
    media_type: str = column("Its media type as it arrived.")
    size: BigInt = column("Its size in bytes.")
    text: str = column("Its text layer, or what was recognised in it; empty where it has neither.", "body")
    text_source: TextSource = bound("Whether its text was recognised in a picture.", Same())
    submission: Submission = bound("The submission it came with.", One("{row}.submission"))


@rows(Rows("mention {row}"))
@strawberry.type(description="One person or organisation as one submission names it; only masked forms are shown.")
class Mention(Node):
    role: MentionRole = column("What it is in the submission.")
    kind: PartyKind = column("A person or an organisation.")
    name: str | None = column("Its name, masked.", "name_masked")
    identity_number: str | None = column("Its identity number, masked.", "identity_masked")
    phone: str | None = column("Its telephone number, masked.", "phone_masked")
    address: str | None = column("Its address down to the county, masked.", "address_masked")
    account: str | None = column("Its user name, masked.", "account_masked")
    email: str | None = column("Its e-mail address, masked.", "email_masked")
    current: bool = bound("Whether the submission's latest revision still names it.", Value("{row}.until is null"))
    submission: Submission = bound("The submission that names it.", One("{row}.submission"))
    party: Party = bound("The party it is, with all other mentions of it.", One("{row}.id"))


@strawberry.type(description="Why two mentions are, or may be, one party.")
class PartyLink:
    link: Link = bound("What the tie rests on.", Same())
    one: Mention = bound("The one mention.", One("{row}.low"))
    other: Mention = bound("The other mention.", One("{row}.high"))


def counted(what: str) -> Value:
    """Return what a party's mentions say."""
    return Value(f"(select {what} from mention said where said.party = {{row}}.party)")


@rows(
    Rows(
        f"mention asked {stood_for(earliest('asked.party'))} join mention {{row}} on {{row}}.id = found.id",
        by="asked.id = {key}",
    )
)
@strawberry.type(description="A person or organisation: the mentions that accepted ties join.")
class Party(Node):
    kind: PartyKind = column("A person or an organisation.")
    names: list[str] = bound(
        "The names it is mentioned by, masked.",
        Value("""array(select distinct said.name_masked collate "C" from mention said
            where said.party = {row}.party and said.name_masked is not null order by 1)"""),
    )
    phones: list[str] = bound(
        "The telephone numbers it is mentioned with, masked.",
        Value("""array(select distinct said.phone_masked collate "C" from mention said
            where said.party = {row}.party and said.phone_masked is not null order by 1)"""),
    )
    mention_count: int = bound("How often it is mentioned.", counted("count(*) filter (where said.until is null)"))
    submission_count: int = bound(
        "In how many submissions it is mentioned.",
        counted("count(distinct said.submission) filter (where said.until is null)"),
    )

    @planned(
        "Its mentions, earliest first.",
        Many("mention {row}", "{row}.party = {parent}.party and {row}.until is null", BY_ID),
    )
    def mentions(
        self, *, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[Mention]:
        return by_plan()

    @planned(
        "The cases it is mentioned in, latest opened first.",
        Many(
            leading("""from mention join submission on submission.id = mention.submission
                join "case" filed on filed.id = submission.case_id
                where mention.party = {parent}.party and mention.until is null"""),
            order=OPENED,
        ),
    )
    def cases(
        self, *, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[Case]:
        return by_plan()

    links: list[PartyLink] = bound(
        "The ties between its mentions, and those proposed to be tied to them.",
        Many(
            """(
            select distinct on (tie.id) tie.*
            from mention said
            cross join lateral (
                select * from same_party where low = said.id
                union all
                select * from same_party where high = said.id
            ) tie
            where said.party = {parent}.party and tie.state in ('ACCEPTED', 'PROPOSED')
            order by tie.id
        ) {row}""",
            expected=30,  # as many as a party has mentions, and each mention leads to its party again
        ),
    )


RECEIVED_WITH = "(select came.received_at from submission came where came.id = {row}.submission)"
"""When the submission was received that an event came with; null where it came with none."""


@rows(Rows("event {row}"))
@strawberry.type(description="A step in a case that a source reported or a person recorded.")
class Event(Node):
    kind: EventKind = column("What happened.")
    at: datetime = column("When it happened.")
    at_given: bool = column("Whether the source gave the time; else it is when it was taken in.")
    irregular: bool = bound(
        "Whether its time cannot be: on a day before its submission was received, or after today.",
        Value(impossible("{row}.at", f"coalesce({RECEIVED_WITH}, {{row}}.at)")),
    )
    text: str = column("The reply or note.", "body")
    satisfaction: Satisfaction | None = column("How the petitioner rates the handling.")
    organ: Organ | None = bound("The organ that acted.", One("{row}.organ"))
    submission: Submission | None = bound("The submission it came with.", One("{row}.submission"))
    case: Case = bound("The case it is a step of.", One("{row}.case_id"))


@strawberry.type(description="One thing that happened to a case, told from the journal.")
class TimelineEntry:
    kind: ChangeKind = column("What happened.")
    at: datetime = column("When it happened.")
    actor: str = column("Who did it: a person, a connector or a rule.")
    state: str | None = column("What it led to, such as the case's new status.")
    fields: list[str] = column("Which fields changed.")
    submission: Submission | None = bound(
        "The submission it tells of.",
        One("""case
            when {row}.kind in ('SUBMISSION_RECEIVED', 'SUBMISSION_REVISED', 'SUBMISSION_FILED', 'SUBMISSION_PARTED')
            then {row}.subject when {row}.kind = 'CASE_OPENED' then {row}.object end"""),
    )
    event: Event | None = bound(
        "The reply, call-back or rating it tells of.",
        One("case when {row}.kind = 'EVENT_RECORDED' then {row}.subject end"),
    )
