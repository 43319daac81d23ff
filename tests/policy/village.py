"""A small place in which much is hidden from somebody: who accuses, who is accused, and what hangs between them.

Every submission has a word, a title and an external id of its own, so that an answer which tells of one can be known.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from graph.ids import new_id, organ_id
from graph.records import (
    CallBackDraft,
    CaseId,
    Channel,
    Correctable,
    DocumentDraft,
    MentionDraft,
    MentionId,
    MentionRole,
    PartyKind,
    PetitionKind,
    RejectionId,
    Satisfaction,
    SubmissionId,
    WebDetails,
)
from graph.revealing import Request, Revealable
from tests.graph.factory import NOW, draft, petitioner, reply, step_alone
from tests.policy.viewers import NAME
from tests.reference.saved import follow, save
from tests.reference.town import refused
from tests.viewers import EVERYTHING

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from graph.records import Draft
    from tests.api.conftest import Services

LATER = NOW + timedelta(hours=5)
SCHOOL = "岳麓区教育局"
"""The organ most accused; it handles cases as well."""
CITY = "岳麓区城市管理局"
DISCIPLINE = "岳麓区纪律检查委员会"
SHADOW = "影子公司"
"""Nothing but an accusation names it, as the next two."""
SECRET = "岳麓区第九办公室"
HIDDEN_PLACE = "C市C4区"

WITNESS = petitioner("欧阳震华", "13987654321", identity_number="11010519491231002X", account="user-77")
"""Accuses, and petitions for matters of her own."""
NEIGHBOUR = petitioner("王芳", "13800000001")
STRANGER = petitioner("周小川", "13800000005")
CHIEF = MentionDraft(role=MentionRole.RESPONDENT, name="赵德汉", phone="13711112222")
"""Accused twice, under two mentions of one party, and a petitioner himself."""
CHIEF_AGAIN = replace(CHIEF, identity_number="110105197001011233")
CHIEF_ASKS = petitioner("赵德汉", "13711112222")


def respondent(organ: str) -> MentionDraft:
    """Return an organisation that is accused."""
    return MentionDraft(role=MentionRole.RESPONDENT, kind=PartyKind.ORGANISATION, name=organ)


@dataclass(frozen=True)
class Matter:
    """What one petition tells, by a word of its own."""

    word: str
    subject: str

    def draft(self, **changes: Any) -> Draft:
        """Return the draft of it."""
        usual = {"title": f"{self.word}{self.subject}", "text": f"{self.word}：{self.subject}，请求查处。" * 3}
        return draft(f"ext-{self.word}", **usual | changes)


def accusing(matter: Matter, *respondents: MentionDraft, **changes: Any) -> Draft:
    """Return an accusation by the witness, handled by the discipline organ."""
    usual: dict[str, Any] = {
        "mentions": (WITNESS, *respondents), "kind": PetitionKind.ACCUSATION, "organ": DISCIPLINE, "division": "430104",
    }  # fmt: skip
    return matter.draft(**usual | changes)


def asking(matter: Matter, *mentions: MentionDraft, **changes: Any) -> Draft:
    """Return an appeal."""
    usual: dict[str, Any] = {"mentions": mentions, "organ": CITY, "division": "430104"}
    return matter.draft(**usual | changes)


RATED = CallBackDraft(at=NOW, satisfaction=Satisfaction.SATISFIED, note="满意。")


def paper(text: str) -> DocumentDraft:
    """Return an attachment that says this."""
    return DocumentDraft(name="账本.txt", media_type="text/plain", content=b"text", text=text)


WEB: dict[str, Any] = {"channel": Channel.WEB, "source": "web", "details": WebDetails(platform="领导留言板")}


def first_drafts() -> list[Draft]:
    """Return accusations of many sorts, and appeals around them."""
    return [
        # Of an organ, by somebody who appeals to it as well.
        accusing(Matter("甲申", "教育局收受回扣"), respondent(SCHOOL), documents=(paper("账本里的秘密"),)),
        asking(Matter("甲酉", "学位不足"), WITNESS, organ=SCHOOL, replies=(reply(organ=SCHOOL),), call_backs=(RATED,)),
        asking(Matter("甲戌", "校车超载"), NEIGHBOUR, organ=SCHOOL),
        # Which its source sent to the organ accused, and that organ answered.
        accusing(
            Matter("甲亥", "招生舞弊"), respondent(SCHOOL), organ=SCHOOL, replies=(reply("查无实据。", organ=SCHOOL),)
        ),
        # Of two organs, without a division; of one that nothing else names, sent to one that nothing else names.
        accusing(Matter("乙申", "采购串标"), respondent(SCHOOL), respondent(CITY), division=None),
        accusing(Matter("乙酉", "虚假招标"), respondent(SHADOW), organ=SECRET, division="4301"),
        # At a place that only it tells of.
        accusing(Matter("乙戌", f"{HIDDEN_PLACE}违规占地"), respondent(CITY), division=None, **WEB),
        asking(Matter("乙亥", "A市A3区建议增设公交站"), STRANGER, kind=PetitionKind.SUGGESTION, **WEB),
        # Of a person, twice; he petitions himself.
        accusing(Matter("丙申", "处长索贿"), CHIEF),
        accusing(Matter("丙酉", "处长受贿"), CHIEF_AGAIN, division="430105", topic="城乡建设/安全生产"),
        asking(Matter("丙戌", "楼道堆物"), CHIEF_ASKS, topic="城乡建设"),
        accusing(Matter("丙亥", "处长报复"), division="44"),
        # Of whom nobody knows yet of which organ; in a division, above it, nowhere, and with an organ besides.
        accusing(Matter("戌申", "科长索贿"), CHIEF, replies=(reply("已核查。", organ=DISCIPLINE),)),
        accusing(Matter("戌酉", "院长受贿"), CHIEF_AGAIN, division="4301"),
        accusing(Matter("戌戌", "所长收礼"), replace(CHIEF, phone="13722223333"), division=None),
        accusing(Matter("戌亥", "局长与公司串通"), CHIEF, respondent(SHADOW), division="430105"),
        # No accusation, here and there.
        asking(Matter("丁申", "路灯不亮"), NEIGHBOUR, division=None, organ=None),
        asking(Matter("丁酉", "噪声扰民"), STRANGER, division="430105", replies=(reply(days=1),), call_backs=(RATED,)),
        asking(Matter("丁戌", "下水道堵塞"), NEIGHBOUR, division="4301", topic="城乡建设/安全生产"),
        asking(Matter("丁亥", "公园围墙"), WITNESS, division="44", organ=None, channel=Channel.WEB, source="web",
               details=WebDetails()),
    ]  # fmt: skip


TURNED = Matter("戊申", "食堂卫生")
"""Revised into an accusation, and back."""
BECAME = Matter("戊酉", "补课收费")
"""Revised into an accusation."""
EXCUSED = Matter("戊戌", "校服采购")
"""Revised as an accusation, with a paper that no later record brings, then said to be none, and revised since."""
BACK = Matter("戊亥", "处长酒驾")
"""Said to be no accusation, and one again by whom its source accuses since."""
UNDONE = Matter("癸申", "城管收费")
"""Revised into an accusation, said to be none, and then to be one after all."""
AGAIN = tuple(Matter(word, "拆迁补偿") for word in ("己申", "己酉", "己戌", "己亥"))
"""The same appeal again and again, filed together; the first, by which the others were found, becomes an accusation."""


def repeats() -> list[Draft]:
    """Return appeals and accusations that are filed together."""
    body = "拆迁补偿一直没有到位，多次反映没有结果，请求按照标准补偿。" * 3
    accused = "拆迁办主任收受开发商好处，压低补偿标准，请求纪检部门调查。" * 3
    return [
        *(asking(one, NEIGHBOUR, text=body, organ=SCHOOL) for one in AGAIN),
        *(accusing(Matter(word, "主任受贿"), respondent(SCHOOL), text=accused) for word in ("庚申", "庚酉", "庚戌")),
        *(
            accusing(Matter(word, "主任渎职"), respondent(CITY), text="主任长期渎职，任由开发商强拆。" * 4)
            for word in ("辛申", "辛酉")
        ),
    ]


async def build(services: Services) -> None:
    """Fill an empty graph, index it, and alert those who saved a search."""
    for text in ("请求查处", "教育局 OR 补偿", "主任"):
        await save(services, text, replace(EVERYTHING, name=NAME))
    await save(services, "", replace(EVERYTHING, name="somebody else"))
    await take_in(services, *first_drafts())
    await take_in(services, *repeats())
    appeal, accusation = asking(TURNED, STRANGER, organ=SCHOOL), accusing(TURNED, respondent(SCHOOL))
    await take_in(services, appeal, asking(BECAME, STRANGER, organ=SCHOOL))
    await take_in(services, accusation, accusing(BECAME, respondent(SCHOOL)), now=LATER)
    await take_in(services, replace(appeal, text="食堂已经整改。"), now=LATER)
    await reject(services)
    await decide(services)
    await name(services)
    await correct(services)
    await tie(services)
    for word in ("甲申", "甲酉", "庚酉", "己亥"):
        async with services.pool.acquire() as connection, connection.transaction():
            await step_alone(connection, await case(services, word), f"{word}：集体研究决定请求查处。")
    await reveal(services)
    await follow(services)


async def take_in(services: Services, *drafts: Draft, now: datetime = NOW) -> None:
    """Take drafts in."""
    await services.intake.take_in(drafts, actor="test", now=now)


async def reveal(services: Services) -> None:
    """Have something hidden and something open shown to somebody."""
    for word in ("甲申", "甲戌"):
        request = Request(
            kind=Revealable.SUBMISSION,
            subject=await submission(services, word),
            by=replace(EVERYTHING, name="desk"),
            reason="核实",
            now=LATER,
        )
        await services.revealing.reveal(request)


async def reject(services: Services) -> None:
    """Keep what could not be read; one of it became an accusation in the end."""
    await services.intake.take_in([refused(number) for number in range(3)], actor="test", now=NOW)
    rejection = await services.pool.fetchval("select id from rejection where position = 'a.xlsx row 1'")
    await services.intake.resolve(RejectionId(rejection), await submission(services, "甲申"), actor="test", now=LATER)


async def submission(services: Services, word: str) -> SubmissionId:
    """Return the submission of a word."""
    found = "select id from submission where external_id = $1"
    return SubmissionId(await services.pool.fetchval(found, f"ext-{word}"))


async def case(services: Services, word: str) -> CaseId:
    """Return the case that a word's submission is filed in."""
    found = "select case_id from submission where external_id = $1"
    return CaseId(await services.pool.fetchval(found, f"ext-{word}"))


async def decide(services: Services) -> None:
    """Join accusations and appeals both ways, move submissions between them, join parties and part them."""
    # Some of what follows is refused where it would pass an accusation to the organ accused; older graphs may hold it.
    held = await services.pool.fetch("select id, state from case_accused")
    await services.pool.execute("update case_accused set state = 'REJECTED'")
    commands = services.commands
    join = partial(commands.join_cases, reason="同一事项", by=EVERYTHING, now=LATER)
    file = partial(commands.file_submission, reason="同一事项", by=EVERYTHING, now=LATER)
    # An accusation leads an appeal, an appeal leads accusations, an appeal an appeal, elsewhere and here.
    for lead, other in (
        ("丙申", "丙戌"), ("甲酉", "甲申"), ("甲酉", "乙酉"), ("丁酉", "丁申"), ("丁酉", "乙申"), ("丙亥", "丁亥"),
    ):  # fmt: skip
        await join(leading=await case(services, lead), other=await case(services, other))
    # An accusation stood with appeals, and left; an appeal stands with accusations; one went from theirs to its own.
    await file(submission=await submission(services, "庚申"), case=await case(services, "甲戌"))
    await commands.part_submission(submission=await submission(services, "庚申"), by=EVERYTHING, now=LATER)
    await file(submission=await submission(services, "己酉"), case=await case(services, "庚酉"))
    await file(submission=await submission(services, "己戌"), case=await case(services, "辛申"))
    await commands.part_submission(submission=await submission(services, "己戌"), by=EVERYTHING, now=LATER)
    await take_in(services, accusing(AGAIN[0], respondent(SCHOOL)), now=LATER)
    await commands.part_submission(submission=await submission(services, "己申"), by=EVERYTHING, now=LATER)
    # Two kept apart whom one accusation names together: proposed at most.
    mention = (
        "select mention.id from mention join submission on submission.id = submission where external_id = $1 limit 1"
    )
    one, two = [MentionId(await services.pool.fetchval(mention, f"ext-{word}")) for word in ("丁酉", "丁戌")]
    await commands.join_parties(one=one, other=two, reason="同一人", by=EVERYTHING, now=LATER)
    await commands.part_parties(one=one, other=two, by=EVERYTHING, now=LATER)
    both = replace(STRANGER, phone="13800000001", name="王芳", account="user-77")
    await take_in(services, accusing(Matter("壬申", "证人联名"), both, respondent(CITY)), now=LATER)
    await services.pool.executemany(
        "update case_accused set state = $2 where id = $1", [(row["id"], row["state"]) for row in held]
    )


async def name(services: Services) -> None:
    """Name whom some accusations of a person mean: an organ, one that handles it, none; others stay unnamed."""
    for word, organs in (("丙申", [SHADOW]), ("丙酉", []), ("戌申", [DISCIPLINE])):
        await services.commands.name_accused(
            submission=await submission(services, word), organs=organs, reason="核实", by=EVERYTHING, now=LATER
        )


async def correct(services: Services) -> None:
    """Say that accusations are none, of an organ, of a person, among others; and where others belong, and to whom."""
    for word, asked in (
        ("甲戌", {Correctable.TOPIC: "教育文体", Correctable.ORGAN: CITY}),
        ("丁酉", {Correctable.DIVISION: "430104", Correctable.ORGAN: SECRET}),
        ("甲亥", {Correctable.TOPIC: "城乡建设", Correctable.ORGAN: SCHOOL}),
        ("乙申", {Correctable.DIVISION: "430105", Correctable.ORGAN: CITY}),
        ("丁戌", {Correctable.DIVISION: "440100", Correctable.TOPIC: "民政"}),
        ("庚戌", {Correctable.TOPIC: "民政", Correctable.ORGAN: SHADOW}),
    ):
        await corrected(services, word, dict(asked))
    await corrected(services, "丁戌", {Correctable.DIVISION: None})
    changed = accusing(EXCUSED, respondent(SCHOOL), organ=SCHOOL, text="教育局已经改正，请求查处校服采购。" * 3)
    await take_in(
        services, accusing(EXCUSED, respondent(SCHOOL), CHIEF, organ=SCHOOL, documents=(paper("校服合同里的价格"),))
    )
    await take_in(services, accusing(BACK, CHIEF), asking(UNDONE, WITNESS, documents=(paper("收费票据存根"),)))
    await take_in(services, accusing(UNDONE, respondent(CITY)), now=LATER)
    await take_in(services, changed, now=LATER)
    for word, kind in (
        (EXCUSED.word, PetitionKind.APPEAL), (BACK.word, PetitionKind.SUGGESTION), ("庚戌", PetitionKind.APPEAL),
        (UNDONE.word, PetitionKind.APPEAL), ("丁申", PetitionKind.SUGGESTION),
    ):  # fmt: skip
        await corrected(services, word, {Correctable.KIND: kind})
    await take_in(services, replace(changed, topic="城乡建设"), now=LATER)
    await take_in(services, accusing(BACK, CHIEF, respondent(CITY)), now=LATER)
    await corrected(services, UNDONE.word, {Correctable.KIND: PetitionKind.ACCUSATION})


async def corrected(services: Services, word: str, asked: dict[Correctable, str | None]) -> None:
    """Set something of a word's submission, or take it back."""
    await services.commands.correct_submission(
        submission=await submission(services, word), asked=asked, reason=f"{word}核实", by=EVERYTHING, now=LATER
    )


async def tie(services: Services) -> None:
    """Add edges that nothing makes by itself yet, of every state, between what is hidden and what is not."""
    pool = services.pool
    for number, (relation, origin, target, state) in enumerate((
        ("REPEAT_OF", "甲戌", "甲亥", "ACCEPTED"), ("RELATED", "丙酉", "丁酉", "PROPOSED"),
        ("JOINT", "丁申", "丁戌", "ACCEPTED"), ("RELATED", "甲戌", "丁戌", "PROPOSED"),
    )):  # fmt: skip
        await pool.execute(
            "insert into case_relation values ($1, $2, $3, $4, $5, 0.3, $6, 'test', $7)", new_id(), relation,
            await case(services, origin), await case(services, target), state, {"number": number}, NOW,
        )  # fmt: skip
    organ = """insert into case_organ select $1, "case".id, $3, 'SUPERVISING', null, $4, 0.7, '{"rule": "test"}',
        'test', $5, scope from "case" where id = $2"""
    place = """insert into case_place select $1, "case".id, $3, null, $4, null, '{"rule": "test"}', 'test', $5, scope
        from "case" where id = $2"""
    here = await pool.fetchval("select id from place where code = '430102'")
    for word, name, state in (
        ("丙申", CITY, "PROPOSED"), ("丁戌", SCHOOL, "PROPOSED"),
        ("丁酉", SCHOOL, "RETIRED"), ("丙酉", SCHOOL, "ACCEPTED"),
    ):  # fmt: skip
        await pool.execute(organ, new_id(), await case(services, word), organ_id(name), state, NOW)
        await pool.execute(place, new_id(), await case(services, word), here, state, NOW)
    for word, name, state in (("丙亥", CITY, "PROPOSED"), ("丙酉", CITY, "REJECTED")):
        await pool.execute(
            """insert into case_accused values ($1, $2, null, $3, null, $4, 0.5, '{"rule": "test"}', 'test', $5)""",
            new_id(), await case(services, word), organ_id(name), state, NOW,
        )  # fmt: skip


def organ_ids() -> dict[str, UUID]:
    """Return the organs by their names."""
    return {name: organ_id(name) for name in (SCHOOL, CITY, DISCIPLINE, SHADOW, SECRET)}
