"""A graph with one of everything and several of most: joined and parted, undone and proposed, nulls and ties."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from graph.ids import new_id
from graph.records import (
    CallBackDraft,
    CaseId,
    Channel,
    DocumentDraft,
    HotlineDetails,
    LetterDetails,
    MentionDraft,
    MentionId,
    MentionRole,
    PartyKind,
    PetitionKind,
    Refusal,
    RejectionId,
    RejectionReason,
    Satisfaction,
    SubmissionId,
    Urgency,
    VisitDetails,
    WebDetails,
)
from graph.revealing import Request, Revealable
from tests.graph.factory import NOW, draft, petitioner, reply
from tests.reference.saved import follow, save
from tests.viewers import EVERYTHING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from graph.database import Pool
    from graph.records import Reading
    from tests.api.conftest import Services

LATER = NOW + timedelta(hours=5, microseconds=120_000)
"""With a fraction of a second whose zeros are printed."""
PERSON = petitioner(
    "欧阳震华", "13987654321", identity_number="11010519491231002X", address="湖南省长沙市岳麓区桔园小区7栋",
    account="user-77", email="someone@mail.example",
)  # fmt: skip
NEIGHBOUR = petitioner("王芳", "13800000001")
NAMED = (
    MentionDraft(role=MentionRole.RESPONDENT, kind=PartyKind.ORGANISATION, name="湘江物业公司"),
    MentionDraft(role=MentionRole.AGENT, name="李律师", phone="13700000002"),
    MentionDraft(role=MentionRole.MENTIONED),
)
MENDED = '{"留言编号": "W9", "留言时间": "2026-11-01 10:00:00", "留言主题": "路灯", "留言详情": "路灯坏了。"}'
TOPICS = ("城乡建设", None, "城乡建设/安全生产/安全隐患", "城乡建设/安全生产")
RATING = CallBackDraft(at=NOW, satisfaction=Satisfaction.SATISFIED, note="满意。")
UNDATED = CallBackDraft(note="没有人接。")


def first_readings() -> list[Reading]:
    """Return one of everything."""
    ticket = draft(
        "H", mentions=(PERSON, *NAMED), organ="岳麓区城市管理局", division="430104", topic="城乡建设",
        replies=(reply(), reply("已回复。", organ=None, days=2)), call_backs=(RATING, UNDATED),
        details=HotlineDetails(ticket_type="投诉", urgency=Urgency.URGENT, due_at=NOW),
    )  # fmt: skip
    attached = DocumentDraft(name="合同.txt", media_type="text/plain", content=b"text", text="租赁合同")
    scanned = DocumentDraft(
        name="照片.png", media_type="image/png", content=b"png", text="出租车公司收据", confidence=0.987
    )
    unread = DocumentDraft(name="录音.mp3", media_type="audio/mpeg", content=b"mp3")
    return [
        ticket,
        replace(ticket, title="补充材料", mentions=(PERSON,), replies=(reply(),)),
        draft(
            "L", channel=Channel.LETTER, source="letter", text="征地补偿没有到位。", mentions=(PERSON,),
            documents=(attached, scanned, unread), confidence=0.912, kind=PetitionKind.ACCUSATION,
            details=LetterDetails(postmarked_on=NOW.date(), signatories=3, enclosures=1),
        ),
        draft(
            "V", channel=Channel.VISIT, source="visit", text="小学学位不足。", mentions=(PERSON, NEIGHBOUR),
            division="430100", topic="教育文体",
            details=VisitDetails(
                head_count=3, reception_place="信访接待大厅", received_by="接待员", leader_reception=True,
                skip_level=False,
            ),
        ),
        draft(
            "W", channel=Channel.WEB, source="web", text="A市A3区建议增设公交站。", mentions=(PERSON,),
            kind=PetitionKind.SUGGESTION, details=WebDetails(platform="领导留言板", likes=7, dislikes=0),
        ),
        draft("E", channel=Channel.LETTER, source="letter", text="没有细节。", details=LetterDetails()),
        *(refused(n) for n in range(4)),
    ]  # fmt: skip


def refused(number: int) -> Refusal:
    """Return something that could not be read; the first can be, on a second try."""
    return Refusal(
        channel=(Channel.WEB, Channel.HOTLINE)[number % 2], source=("web", "hotline")[number % 2],
        position=f"a.xlsx row {number}", reason=RejectionReason.DATE, message="Correct it.",
        payload=MENDED.encode() if number == 0 else f'"{number}"'.encode(),
    )  # fmt: skip


def later_readings() -> list[Reading]:
    """Return readings that make lists long, with many elements at one instant."""
    one_matter = [
        draft(f"A{n}", mentions=(NEIGHBOUR, petitioner(f"王{n}", f"1390000000{n}")), replies=(reply(days=n % 2),))
        for n in range(6)
    ]
    others = [
        draft(
            f"B{n}", title=f"第{n}件", text=f"第{n}件事。", division=("430104", "430100", None)[n % 3],
            mentions=(PERSON,), topic=TOPICS[n % 4],
            organ="岳麓区教育局" if n % 3 else f"岳麓区第{n}局",
        )
        for n in range(8)
    ]  # fmt: skip
    return [*one_matter, *others]


async def build(services: Services) -> None:
    """Fill an empty graph."""
    for text in ("油烟", "第 OR 补偿", "没有的事"):
        await save(services, text)
    await save(services, "", replace(EVERYTHING, name="somebody else"))
    await take_in(services, first_readings(), NOW)
    await take_in(services, later_readings(), LATER)
    (rejection,) = await keys(services.pool, "select id from rejection where position = 'a.xlsx row 0'")
    await services.retry.retry(RejectionId(rejection), actor="desk", now=LATER)
    await decide(services)
    # A third mention of two parties that a person keeps apart: only proposed.
    await take_in(services, [draft("P", text="又来了。", mentions=(PERSON, petitioner("王0", "13900000000")))], LATER)
    await tie(services.pool)
    await reveal(services)
    await follow(services)


async def take_in(services: Services, readings: Sequence[Reading], now: datetime) -> None:
    """Take readings in at a time."""
    await services.intake.take_in(readings, actor="test", now=now)


async def keys(pool: Pool, query: str) -> list[UUID]:
    """Return the ids that a query finds."""
    return [row["id"] for row in await pool.fetch(query)]


async def decide(services: Services) -> None:
    """Join three cases in a chain and part a fourth; file a submission elsewhere; join parties and part others."""
    commands = services.commands
    join = partial(commands.join_cases, reason="同一事项", by=EVERYTHING, now=LATER)
    own = await keys(services.pool, """select id from "case" where submission_count = 1 order by id""")
    cases = [CaseId(case) for case in own]
    await join(leading=cases[1], other=cases[0])
    await join(leading=cases[2], other=cases[1])
    await join(leading=cases[3], other=cases[4])
    await commands.part_cases(case=cases[4], by=EVERYTHING, now=LATER)
    crowded = """select submission.id from submission join "case" on "case".id = case_id
        where submission_count > 2 order by submission.id desc"""
    one, other, *_ = [SubmissionId(key) for key in await keys(services.pool, crowded)]
    await commands.file_submission(submission=one, case=cases[5], reason="同一事项", by=EVERYTHING, now=LATER)
    await commands.part_submission(submission=other, by=EVERYTHING, now=LATER)
    parties = [
        MentionId(key) for key in await keys(services.pool, "select id from mention where id = party order by id")
    ]
    await commands.join_parties(one=parties[-1], other=parties[-2], reason="同一事项", by=EVERYTHING, now=LATER)
    linked = await services.pool.fetch("select low, high from same_party where state = 'ACCEPTED' order by id limit 1")
    await commands.part_parties(one=linked[0]["low"], other=linked[0]["high"], by=EVERYTHING, now=LATER)


async def reveal(services: Services) -> None:
    """Have one node of each kind opened, some by two people at one instant."""
    tables = {"mention": 2, "submission": 3, "submission_revision": 1, "event": 1, "document": 1}
    for (table, count), kind in zip(tables.items(), Revealable, strict=True):
        subjects = await keys(services.pool, f"select id from {table} order by id limit {count}")  # noqa: S608
        for number, subject in enumerate(subjects):
            for actor in ("desk", "审计员")[: number + 1]:
                now = NOW + timedelta(minutes=number)
                await services.revealing.reveal(
                    Request(kind=kind, subject=subject, by=replace(EVERYTHING, name=actor), reason="核实身份", now=now)
                )


async def tie(pool: Pool) -> None:
    """Add ties that nothing makes by itself yet: of every state, to one thing from several cases of a matter."""
    leads = await pool.fetch('select "leading", array_agg(id order by id) as own from "case" group by 1 order by 2')
    matters = sorted((row["own"] for row in leads), key=len, reverse=True)
    origin, other, third = matters[0][0], matters[0][1], matters[1][0]
    for relation, target, state in (
        ("REPEAT_OF", third, "PROPOSED"), ("RELATED", other, "ACCEPTED"), ("JOINT", third, "REJECTED"),
    ):  # fmt: skip
        await pool.execute(
            "insert into case_relation values ($1, $2, $3, $4, $5, 0.3, $6, $7, $8)",
            new_id(), relation, origin, target, state, {"rule": "test"}, "test", NOW,
        )  # fmt: skip
    places = await keys(pool, "select id from place where code in ('430104', '430102') order by code")
    organs = await keys(pool, "select id from organ order by name limit 2")
    # What was proposed was so before anything was accepted: the earliest does not hold best.
    for number, (case, state) in enumerate((
        (origin, "PROPOSED"), (other, "ACCEPTED"), (other, "PROPOSED"), (third, "RETIRED"), (matters[2][0], "PROPOSED"),
    )):  # fmt: skip
        decided = ({"rule": "test", "number": number}, "test", NOW - timedelta(hours=state == "PROPOSED"))
        for place in places:
            await pool.execute(
                'insert into case_place select $1, $2, $3, null, $4, null, $5, $6, $7, scope from "case" where id = $2',
                new_id(), case, place, state, *decided,
            )  # fmt: skip
        for organ in organs:
            await pool.execute(
                "insert into case_organ select $1, $2, $3, 'ASSISTING', null, $4, 0.7, $5, $6, $7, scope"
                ' from "case" where id = $2',
                new_id(), case, organ, state, *decided,
            )  # fmt: skip
