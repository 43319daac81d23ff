"""Intake: nothing accepted is lost or doubled, nothing rejected disappears."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph import journal
from graph.errors import NotFoundError
from graph.intake import BATCH, Change, Intake, SourceCursor
from graph.records import (
    CallBackDraft,
    Channel,
    DocumentDraft,
    MentionDraft,
    MentionRole,
    PartyKind,
    PetitionKind,
    Refusal,
    RejectionReason,
    Satisfaction,
    WebDetails,
)
from graph.text.numbers import masked
from tests.graph.factory import NOW, TEXT, draft, make_intake, petitioner, reply
from tests.graph.picture import DANGLING, EMPTY, EMPTY_CASES, picture

if TYPE_CHECKING:
    from pathlib import Path

    from graph.database import Connection, Pool
    from graph.identity import Vault
    from graph.outcomes import Outcome
    from graph.records import Draft, Reading


@pytest.fixture
def intake(pool: Pool, vault: Vault, tmp_path: Path) -> Intake:
    """Take in to a database of the test's own."""
    return make_intake(pool, vault, tmp_path)


async def take_in(intake: Intake, *readings: Reading) -> list[Outcome]:
    """Take readings in as the test."""
    return await intake.take_in(readings, actor="test", now=NOW)


@pytest.mark.both_ways
async def test_a_record_opens_a_case_with_all_that_it_brought(intake: Intake, connection: Connection) -> None:
    """A ticket with petitioner, place, organ, reply and call-back becomes submission, case, edges and events."""
    ticket = draft(
        topic="城乡建设",
        division="430104",
        organ="岳麓区城市管理局",
        mentions=(petitioner(),),
        replies=(reply(),),
        call_backs=(CallBackDraft(at=NOW, satisfaction=Satisfaction.SATISFIED),),
    )
    [outcome] = await take_in(intake, ticket)
    assert outcome.change is Change.NEW
    assert outcome.receipt_code is not None
    case = await connection.fetchrow('select * from "case"')
    assert case is not None
    assert (case["id"], case["status"], case["division"]) == (outcome.case, "ANSWERED", "430104")
    assert case["channels"] == ["HOTLINE"]
    assert case["last_activity_at"] == NOW
    seen = await picture(connection)
    assert {name: len(seen[name]) for name in ("mentions", "events", "places", "organs", "revisions")} == {
        "mentions": 1, "events": 2, "places": 1, "organs": 1, "revisions": 1,
    }  # fmt: skip


async def test_names_and_numbers_stand_nowhere_in_clear(intake: Intake, connection: Connection) -> None:
    """The tables hold masks and sealed values of a person; the journal holds neither."""
    person = petitioner(
        name="欧阳震华", phone="13987654321", identity_number="11010519491231002X", address="桔园小区7栋"
    )
    await take_in(intake, draft(mentions=(person,), payload="欧阳震华 13987654321".encode()))
    for table in ("submission", "submission_revision", "mention", "journal", "case", "event", "link_key"):
        rows = str(await connection.fetch(f'select t::text from "{table}" t'))  # noqa: S608  # fixed names
        for secret in ("欧阳震华", "13987654321", "11010519491231002X", "7栋", "欧阳震华".encode().hex()):
            assert secret not in rows, table
    assert await connection.fetchval("select name_masked from mention") == "欧**"


async def test_what_was_sealed_opens_again(intake: Intake, connection: Connection, vault: Vault) -> None:
    """The payload comes back as it was received."""
    await take_in(intake, draft(payload=b"as received"))
    row = await connection.fetchrow("select id, payload, key from submission_revision")
    assert row is not None
    assert vault.unwrap(row["key"]).open(row["payload"], row["id"].bytes) == b"as received"


async def test_the_same_record_again_changes_nothing(intake: Intake, connection: Connection) -> None:
    """Read twice, from whatever file and row, it is one submission, and the journal does not grow."""
    ticket = draft(mentions=(petitioner(),), replies=(reply(),))
    [first] = await take_in(intake, ticket)
    before, position = await picture(connection), await journal.position(connection)
    [again] = await take_in(intake, replace(ticket, payload=b"another export", position="other.xlsx row 9"))
    assert (again.change, again.submission, again.case) == (Change.UNCHANGED, first.submission, first.case)
    assert again.receipt_code == first.receipt_code
    assert await picture(connection) == before
    assert await journal.position(connection) == position


async def test_news_of_a_record_is_a_revision(intake: Intake, connection: Connection) -> None:
    """A ticket sent again with its reply keeps its submission, gains a revision, and its case is answered."""
    ticket = draft(mentions=(petitioner(),))
    await take_in(intake, ticket)
    [outcome] = await take_in(intake, replace(ticket, replies=(reply(),), title="烧烤店油烟扰民（已办）"))
    assert outcome.change is Change.REVISED
    assert await connection.fetchval('select status from "case"') == "ANSWERED"
    assert await connection.fetchval('select title from "case"') == "烧烤店油烟扰民（已办）"
    entry = await connection.fetchrow("select * from journal where kind = 'SUBMISSION_REVISED'")
    assert entry is not None
    assert set(entry["fields"]) == {"title", "event", "case_organ"}
    assert await connection.fetchval("select count(*) from submission_revision") == 2
    assert await connection.fetchval("select count(*) from mention") == 1


async def test_a_revision_replaces_whom_it_names(intake: Intake, connection: Connection) -> None:
    """A corrected telephone number replaces the mention; the old one stays on record and links nobody."""
    await take_in(intake, draft("0", mentions=(petitioner(),)))
    await take_in(intake, draft("1", mentions=(petitioner(),), replies=(reply("第一次"),)))
    assert await connection.fetchval("select count(distinct party) from mention") == 1
    await take_in(intake, draft("1", mentions=(petitioner(phone="13900000001"),), replies=(reply("第二次"),)))
    assert await connection.fetchval("select count(*) from mention where until is null") == 2
    assert await connection.fetchval("select count(distinct party) from mention where until is null") == 2
    assert await connection.fetchval("select count(*) from event where until is null") == 2
    assert await connection.fetchval("select state from same_party") == "RETIRED"


async def test_repeats_inside_one_batch_are_ordered_revisions(intake: Intake, connection: Connection) -> None:
    """One file that holds a ticket three times, once unchanged, gives one submission with two revisions."""
    first = draft(mentions=(petitioner(),))
    second = replace(first, replies=(reply(),))
    outcomes = await take_in(intake, first, first, second)
    assert [outcome.change for outcome in outcomes] == [Change.NEW, Change.UNCHANGED, Change.REVISED]
    assert len({outcome.submission for outcome in outcomes}) == 1
    assert await connection.fetchval("select revision_count from submission") == 2
    assert await connection.fetchval('select status from "case"') == "ANSWERED"


async def test_a_record_without_an_id_is_known_by_its_contents(intake: Intake) -> None:
    """A letter's file taken in twice is one submission."""
    letter = draft(None, payload=b"the letter")
    [first] = await take_in(intake, letter)
    [again] = await take_in(intake, letter)
    [other] = await take_in(intake, draft(None, payload=b"another letter"))
    assert (again.change, again.submission) == (Change.UNCHANGED, first.submission)
    assert other.change is Change.NEW


@pytest.mark.parametrize("character", ["\0", "\ud800"])
async def test_a_character_that_cannot_be_stored_rejects_its_record_alone(intake: Intake, character: str) -> None:
    """The message names the field; the other records of the batch go in."""
    bad = draft("2", mentions=(petitioner(name=f"张{character}"),))
    outcomes = await take_in(intake, draft("1"), bad, draft("3"))
    assert [one.change for one in outcomes] == [Change.NEW, Change.REJECTED, Change.NEW]
    assert outcomes[1].reason is RejectionReason.BAD_CHARACTER
    assert "mentions[0].name" in str(outcomes[1].message)


async def test_a_batch_that_fails_is_halved_until_the_bad_record_stands_alone(
    intake: Intake, connection: Connection
) -> None:
    """A value that only PostgreSQL refuses rejects one record of forty, and the thirty-nine go in."""
    readings = [draft(str(number)) for number in range(40)]
    readings[23] = draft("23", details=WebDetails(platform="x\0"))  # a NUL that only jsonb refuses
    await connection.execute("alter table submission_revision add check (position not like '%row 31')")
    outcomes = await take_in(intake, *readings)
    rejected = [number for number, one in enumerate(outcomes) if one.change is Change.REJECTED]
    assert rejected == [23, 31]
    assert outcomes[31].reason is RejectionReason.DATABASE
    assert await connection.fetchval("select count(*) from submission") == 38
    assert (await journal.verify(connection)).broken_at is None


async def test_a_rejection_is_kept_counted_and_resolved(intake: Intake, connection: Connection) -> None:
    """What was turned down twice is one rejection with two attempts, opens as received, and can be resolved once."""
    refusal = Refusal(
        channel=Channel.WEB, source="web", position="a.xlsx row 3", reason=RejectionReason.DATE,
        message="留言时间 is before 1950.", payload=b"the row",
    )  # fmt: skip
    [first] = await take_in(intake, refusal)
    [again] = await take_in(intake, refusal)
    assert first.rejection is not None
    assert again.rejection == first.rejection
    assert await connection.fetchval("select attempts from rejection") == 2
    assert await intake.kept(first.rejection) == refusal
    [mended] = await take_in(intake, draft())
    assert mended.submission is not None
    await intake.resolve(first.rejection, mended.submission, actor="test", now=NOW)
    with pytest.raises(NotFoundError):
        await intake.resolve(first.rejection, mended.submission, actor="test", now=NOW)
    with pytest.raises(NotFoundError):
        await intake.kept(first.rejection)
    kinds = [row["kind"] for row in await connection.fetch("select kind from journal order by position")]
    assert kinds[0] == "RECORD_REJECTED"
    assert kinds[-1] == "REJECTION_RESOLVED"


async def test_whoever_sends_a_record_is_told_of_its_rejection_without_a_number(intake: Intake) -> None:
    """The name of a file and a heading may be somebody's: what is told is what is kept."""
    number = "13812341234"
    refusal = Refusal(
        channel=Channel.LETTER, source="letters", position=f"来信{number}.xlsx row 2", reason=RejectionReason.BAD_VALUE,
        message=f"Columns 1 and 2 are both headed 电话{number}. Rename the one that is not meant.", payload=b"row",
    )  # fmt: skip
    [outcome] = await take_in(intake, refusal)
    assert outcome.position == masked(refusal.position) != refusal.position
    assert outcome.message == masked(refusal.message) != refusal.message


async def test_the_cursor_commits_with_the_last_of_its_records(intake: Intake, connection: Connection) -> None:
    """More records than a transaction takes: the cursor stands once all are in, also where there are none."""
    many = [draft(str(number)) for number in range(BATCH + 20)]
    await intake.take_in(many, actor="test", now=NOW, cursor=SourceCursor("feed", "page-2"))
    assert await connection.fetchval("select count(*) from submission") == BATCH + 20
    assert await connection.fetchval("select cursor from source_cursor") == "page-2"
    await intake.take_in([], actor="test", now=NOW, cursor=SourceCursor("feed", "page-3"))
    assert await connection.fetchval("select cursor from source_cursor") == "page-3"


async def test_an_organ_s_seat_is_in_its_name(intake: Intake, connection: Connection) -> None:
    """Of the handling organ and of one that replied; nothing where the name does not tell."""
    replies = (reply(organ="中共长沙市委办公厅"), reply(organ="教育局", text="已转办。"))
    await take_in(intake, draft(organ="长沙市岳麓区城管局", replies=replies))
    rows = await connection.fetch("select name, division from organ")
    assert {row["name"]: row["division"] for row in rows} == {
        "长沙市岳麓区城管局": "430104", "中共长沙市委办公厅": "4301", "教育局": None,
    }  # fmt: skip


async def test_an_accusation_names_the_accused(intake: Intake, connection: Connection) -> None:
    """Respondents of an accusation are its accused; an organisation is so as an organ too (Art. 30)."""
    person = MentionDraft(role=MentionRole.RESPONDENT, name="李四")
    office = MentionDraft(role=MentionRole.RESPONDENT, kind=PartyKind.ORGANISATION, name="某镇人民政府")
    await take_in(intake, draft(kind=PetitionKind.ACCUSATION, mentions=(petitioner(), person, office)))
    rows = await connection.fetch("select mention is null as organ from case_accused")
    assert sorted(row["organ"] for row in rows) == [False, False, True]
    assert await connection.fetchval('select kind from "case"') == "ACCUSATION"


async def test_an_attachment_is_sealed_on_disk_before_its_row(
    intake: Intake, connection: Connection, tmp_path: Path
) -> None:
    """The file does not hold the content in clear, opens with the document's key, and is not written twice."""
    letter = draft(documents=(DocumentDraft(name="合同.pdf", media_type="application/pdf", content=b"%PDF secret"),))
    await take_in(intake, letter, letter)
    await take_in(intake, replace(letter, title="news"))
    [path] = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert b"secret" not in path.read_bytes()
    assert await connection.fetchval("select file from document") == path.name


async def test_many_writers_of_overlapping_keys_neither_lose_nor_double(
    pool: Pool, vault: Vault, tmp_path: Path
) -> None:
    """Eight writers take in overlapping batches at once, some cancelled: the graph equals that of one writer."""
    people = [petitioner(name, phone) for name, phone in (("张三", "13812341234"), ("李四", "13812341235"))]
    everything = [draft(str(number), mentions=(people[number % 2],), replies=(reply(),)) for number in range(60)]
    intake = make_intake(pool, vault, tmp_path)

    async def write(offset: int) -> None:
        for start in range(0, 60, 7):
            await take_in(intake, *[everything[(offset * 5 + start + step) % 60] for step in range(9)])

    async def give_up() -> None:
        task = asyncio.create_task(take_in(intake, *everything))
        for _ in range(25):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    await asyncio.gather(*(write(offset) for offset in range(8)), give_up(), give_up())
    async with pool.acquire() as connection:
        seen = await picture(connection)
        assert len(seen["submissions"]) == 60
        assert len(seen["parties"]) == 2
        assert len(seen["cases"]) == 2, "the same text of the same party is one case"
        assert await connection.fetchval(EMPTY_CASES) == 0
        assert (await journal.verify(connection)).broken_at is None


PERSONS = st.sampled_from([("张三", "13812341234"), ("李四", "13812341235"), ("张三", None), ("王五", "13812341234")])
TEXTS = st.sampled_from([TEXT, TEXT + "望尽快处理。", "天心区某小学的学位今年不够，孩子不知道去哪里上学，请给个说法。"])


@st.composite
def drafts(make: st.DrawFn) -> Draft:
    """Draw a ticket of a few that overlap in id, person, text and answer; an id keeps its person and text."""
    external_id = make(st.sampled_from("abcdefgh"))
    name, phone = make(st.shared(PERSONS, key=f"person {external_id}"))
    return draft(
        external_id,
        mentions=(petitioner(name, phone),),
        text=make(st.shared(TEXTS, key=f"text {external_id}")),
        replies=(reply(),) if make(st.booleans()) else (),
        kind=make(st.sampled_from(PetitionKind)),
        received_at=NOW - timedelta(days=make(st.integers(1, 3))),
    )


@settings(max_examples=25)
@given(st.lists(drafts(), max_size=12), st.integers(1, 12))
@pytest.mark.long
@pytest.mark.no_cover
async def test_how_records_are_cut_into_batches_does_not_matter(
    pool: Pool, vault: Vault, tmp_path_factory: pytest.TempPathFactory, records: list[Draft], size: int
) -> None:
    """One by one or all at once, the graph is the same."""
    pictures = []
    for step in (size, len(records) or 1):
        async with pool.acquire() as connection:
            await connection.execute(EMPTY)
            intake = make_intake(pool, vault, tmp_path_factory.mktemp("attachments"))
            for start in range(0, len(records), step):
                await take_in(intake, *records[start : start + step])
            assert await connection.fetch(DANGLING) == []
            pictures.append(await picture(connection))
    assert pictures[0] == pictures[1]


async def test_an_older_export_read_again_takes_no_news_back(intake: Intake, connection: Connection) -> None:
    """Sources deliver late and files are read again: content that a submission had before is no revision."""
    ticket = draft(mentions=(petitioner(),))
    answered = replace(ticket, replies=(reply(),))
    await take_in(intake, ticket, answered)
    before, position = await picture(connection), await journal.position(connection)
    outcomes = await take_in(intake, ticket, answered, ticket)
    assert [outcome.change for outcome in outcomes] == [Change.UNCHANGED] * 3
    assert await picture(connection) == before
    assert await journal.position(connection) == position


async def test_whom_a_record_no_longer_names_is_linked_no_more(intake: Intake, connection: Connection) -> None:
    """A ticket is corrected to another person in the very batch in which the first person's own ticket comes."""
    wrong = draft("1", mentions=(petitioner("张三", "13812341234"),))
    await take_in(intake, wrong)
    right = replace(wrong, mentions=(petitioner("李四", "13812341235"),))
    first, second = await take_in(intake, right, draft("2", mentions=(petitioner("张三", "13812341234"),)))
    assert first.case != second.case
    assert await connection.fetchval("select count(*) from same_party where state = 'ACCEPTED'") == 0
