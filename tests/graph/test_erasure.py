"""A person who is erased is nowhere any more, and the history of the case stays."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID, uuid4

import pytest

from graph import erasure_list, journal
from graph.attachments import Attachments
from graph.commands import Commands
from graph.erasure import REPLAYED, Eraser
from graph.erasure_list import ErasureListError, SubjectKind
from graph.errors import NotFoundError
from graph.identity import Vault
from graph.occurrences import REPLACEMENT
from graph.outcomes import Change
from graph.records import (
    Correctable,
    DocumentDraft,
    MentionDraft,
    MentionId,
    MentionRole,
    PetitionKind,
    Position,
    SubmissionId,
)
from sync.changes import changes
from tests.graph.factory import GAZETTEER, NOW, TEXT, draft, make_intake, petitioner, reply
from tests.graph.picture import DANGLING, EMPTY_CASES
from tests.viewers import EVERYTHING

if TYPE_CHECKING:
    from pathlib import Path

    from graph.database import Connection, Pool
    from graph.erasure import Erased
    from graph.intake import Intake
    from graph.outcomes import Outcome
    from graph.records import Draft

NAME: Final = "欧阳建国"
PHONE: Final = "13987654321"
ADDRESS: Final = "长沙市岳麓区桔园小区3栋502室"
IDENTITY: Final = "43010419800101123X"
VALUES: Final = (
    NAME,
    PHONE,
    ADDRESS,
    IDENTITY,
    "ouyang_jg",
    "ouyang@example.org",
    "桔园小区3栋502室",
    "139****4321",
    "欧**",
)
"""All that is known of the person, and the forms in which it is shown."""
OTHER: Final = "李秀英"


@pytest.fixture
def intake(pool: Pool, vault: Vault, tmp_path: Path) -> Intake:
    """Take in to a database of the test's own."""
    return make_intake(pool, vault, tmp_path / "attachments")


@pytest.fixture
def erasures(tmp_path: Path) -> Path:
    """The erasure list's file."""
    return tmp_path / "kept" / "erasures.log"


@pytest.fixture
def eraser(pool: Pool, vault: Vault, tmp_path: Path, erasures: Path) -> Eraser:
    """Erase in a database of the test's own."""
    return Eraser(pool=pool, vault=vault, attachments=Attachments(tmp_path / "attachments"), erasures=erasures)


def person(**changes: Any) -> MentionDraft:
    """Return the person with all that can be known of one."""
    return MentionDraft(**{
        "role": MentionRole.PETITIONER, "name": NAME, "phone": PHONE, "address": ADDRESS, "account": "ouyang_jg",
        "email": "ouyang@example.org", "identity_number": IDENTITY,
    } | changes)  # fmt: skip


def letter(external_id: str | None = "1", **changes: Any) -> Draft:
    """Return a petition of the person, who is named everywhere that a name can stand."""
    document = DocumentDraft(
        name=f"{NAME}身份证.jpg", media_type="image/jpeg", content=f"scan of {NAME}".encode(), text=f"姓名 {NAME}"
    )
    return draft(external_id, **{
        "title": f"{NAME}反映油烟扰民",
        "text": f"我是{NAME}，电话139 8765 4321，住{ADDRESS}。{TEXT}",
        "payload": f'{{"name": "{NAME}", "phone": "{PHONE}"}}'.encode(),
        "position": f"{NAME}.csv row {external_id}",
        "mentions": (person(), MentionDraft(role=MentionRole.RESPONDENT, name=OTHER)),
        "replies": (reply(f"已联系{NAME}（尾号4321），责令整改。"),),
        "documents": (document,),
    } | changes)  # fmt: skip


async def take_in(intake: Intake, *drafts: Draft) -> list[Outcome]:
    """Take drafts in as the test."""
    return await intake.take_in(drafts, actor="test", now=NOW)


async def erase(eraser: Eraser, kind: SubjectKind, subject: UUID) -> Erased:
    """Erase as the test, a day later."""
    return await eraser.erase(kind, subject, reason="a request", actor="officer", now=NOW + timedelta(days=1))


async def tables(connection: Connection) -> dict[str, list[str]]:
    """Return every row of every table as text."""
    names = await connection.fetch(
        "select c.relname from pg_class c where c.relkind in ('r', 'p') and not c.relispartition"
        " and c.relnamespace = 'public'::regnamespace order by 1"
    )
    return {
        name: [row[0] for row in await connection.fetch(f'select one::text from "{name}" one order by 1')]  # noqa: S608  # names of the catalogue
        for (name,) in names
    }


async def traces(connection: Connection, *values: str) -> list[tuple[str, str]]:
    """Return where any of these values stands, in every row of every table."""
    return [
        (name, value)
        for name, rows in (await tables(connection)).items()
        for row in rows
        for value in values
        if value in row or value.encode().hex() in row
    ]


async def mention_named(connection: Connection, masked: str) -> MentionId:
    """Return the first mention with this masked name."""
    return MentionId(
        await connection.fetchval("select min(id::text)::uuid from mention where name_masked = $1", masked)
    )


def submission_of(outcome: Outcome) -> SubmissionId:
    """Return the submission of an outcome that has one."""
    assert outcome.submission is not None
    return outcome.submission


async def sound(connection: Connection) -> bool:
    """Tell whether the chain holds, nothing refers to nothing and no case is empty."""
    whole = (await journal.verify(connection)).broken_at is None
    return whole and not await connection.fetch(DANGLING) and await connection.fetchval(EMPTY_CASES) == 0


async def test_a_person_is_nowhere_any_more(
    intake: Intake, eraser: Eraser, connection: Connection, tmp_path: Path
) -> None:
    """Not in any row of any table, in no shown form, and the attachment's file is gone; all else stays."""
    await take_in(intake, letter())
    keys = await connection.fetchval("select count(*) from link_key")
    assert await traces(connection, *VALUES)
    found = await erase(eraser, SubjectKind.MENTION, await mention_named(connection, "欧**"))
    assert (found.mentions, found.submissions, len(found.files)) == (1, 1, 1)
    assert await traces(connection, *VALUES) == []
    assert not list(Attachments(tmp_path / "attachments").names())
    assert await connection.fetchval("select count(*) from link_key") < keys
    assert await sound(connection)
    row = await connection.fetchrow("select * from mention where name_masked is null")
    assert row is not None
    kept = {name for name, value in row.items() if value not in (None, b"")}
    assert kept == {"id", "submission", "since", "role", "kind", "party", "scope", "accusing"}
    text = await connection.fetchval("select body from submission_revision")
    assert text.startswith(f"我是{REPLACEMENT}，电话{REPLACEMENT}，住{REPLACEMENT}。")
    assert text.endswith(TEXT)
    assert await connection.fetchval("select payload is null and key is null from submission_revision")
    assert await connection.fetchval('select title from "case"') == f"{REPLACEMENT}反映油烟扰民"
    assert await connection.fetchval("select count(*) from mention where name_masked = '李**'") == 1
    document = await connection.fetchrow("select name, body, file, key, digest from document")
    assert document is not None
    assert tuple(document.values()) == (f"{REPLACEMENT}身份证.jpg", "", "", None, b"")


async def test_the_history_stays(intake: Intake, eraser: Eraser, connection: Connection) -> None:
    """Events, cases, edges and entries are those there were; the journal says that it happened and to what, not why."""
    (outcome,) = await take_in(intake, letter())
    before = await tables(connection)
    mention = await mention_named(connection, "欧**")
    await erase(eraser, SubjectKind.MENTION, mention)
    after = await tables(connection)
    for name in ("filing", "same_party", "case_place", "case_organ", "place", "organ"):
        assert after[name] == before[name]
    assert after["journal"][: len(before["journal"])] == before["journal"]
    (entry,) = await journal.read(connection, Position(len(before["journal"])), 10)
    assert (entry.kind, entry.subject, entry.object) == ("PERSON_ERASED", outcome.submission, mention)
    assert (entry.actor, entry.state, entry.fields, entry.digest) == ("officer", None, (), None)
    assert len(after["event"]) == len(before["event"])
    kept = await connection.fetchrow("select subject_kind, subject, actor, reason from erasure")
    assert kept is not None
    assert tuple(kept.values()) == ("MENTION", mention, "officer", "a request")


@pytest.mark.parametrize("table", ["erasure", "erased_record", "restoring"])
async def test_the_api_s_role_cannot_read_it(connection: Connection, table: str) -> None:
    """Not even by a plan gone wrong."""
    right = "select has_any_column_privilege('casegraph_reader', $1, 'select')"
    assert await connection.fetchval(right, table) is False


async def test_the_feed_of_changes_goes_on(
    intake: Intake, eraser: Eraser, connection: Connection, vault: Vault
) -> None:
    """Who follows from before the erasure is told of it next: which submission, and nothing more."""
    (outcome,) = await take_in(intake, letter())
    before = await changes(connection, vault, "x", None, 100)
    await erase(eraser, SubjectKind.MENTION, await mention_named(connection, "欧**"))
    (told,) = (await changes(connection, vault, "x", before.cursor, 100)).changes
    assert (told.kind, told.node_type, told.node) == ("PERSON_ERASED", "Submission", outcome.submission)
    assert (told.state, told.fields) == (None, ())


async def test_a_party_is_erased_wherever_it_is_linked(intake: Intake, eraser: Eraser, connection: Connection) -> None:
    """Every submission of the person, whatever the part in it; others' submissions stay as they are."""
    await take_in(
        intake,
        letter("1"),
        letter("2", text=f"{NAME}又来电，号码{PHONE}。", documents=()),
        letter("3", mentions=(person(role=MentionRole.MENTIONED), petitioner(OTHER, "13700001111")), documents=()),
        letter("4", title="另一件事", text=TEXT, payload=b"{}", position="4", replies=(), documents=(),
               mentions=(petitioner("赵六", "13600001111"),)),
    )  # fmt: skip
    untouched = "select row(r.*)::text from submission_revision r where position = '4'"
    before = await connection.fetchval(untouched)
    party = await connection.fetchval(
        "select party from mention where id = $1", await mention_named(connection, "欧**")
    )
    found = await erase(eraser, SubjectKind.PARTY, party)
    assert (found.mentions, found.submissions) == (3, 3)
    assert await traces(connection, *VALUES) == []
    assert await connection.fetchval(untouched) == before
    assert await sound(connection)


async def test_a_whole_submission(intake: Intake, eraser: Eraser, connection: Connection) -> None:
    """All persons of it go, the respondent too, and all its attachments."""
    (outcome,) = await take_in(intake, letter(text=f"{NAME}投诉{OTHER}。"))
    await erase(eraser, SubjectKind.SUBMISSION, submission_of(outcome))
    assert await traces(connection, *VALUES, OTHER, "李*") == []
    assert await connection.fetchval("select body from submission_revision") == f"{REPLACEMENT}投诉{REPLACEMENT}。"


async def test_earlier_revisions_are_erased_too(intake: Intake, eraser: Eraser, connection: Connection) -> None:
    """The same person under an earlier telephone, in an earlier text."""
    await take_in(intake, letter())
    other = person(phone="13711112222", identity_number=None)
    await take_in(intake, letter(text=f"{NAME}的新号码是13711112222。", mentions=(other,)))
    assert await connection.fetchval("select count(*) from mention where name_masked = '欧**'") == 2
    await erase(eraser, SubjectKind.MENTION, await mention_named(connection, "欧**"))
    assert await traces(connection, *VALUES, "13711112222") == []


async def test_reasons_that_name_somebody(pool: Pool, intake: Intake, eraser: Eraser, connection: Connection) -> None:
    """What people typed as a reason for an edge is looked through; the edge holds as before."""
    first, second = await take_in(intake, letter("1"), letter("2", text="另一件完全不同的事，请处理。", documents=()))
    assert first.case is not None
    assert second.case is not None
    await Commands(pool=pool, gazetteer=GAZETTEER).join_cases(
        leading=first.case, other=second.case, reason=f"{NAME}来电确认", by=EVERYTHING, now=NOW
    )
    one, other = [
        row["id"] for row in await connection.fetch("select id from mention where name_masked = '李**' order by id")
    ]
    commands = Commands(pool=pool, gazetteer=GAZETTEER)
    await commands.join_parties(one=one, other=other, reason=f"{NAME}说的", by=EVERYTHING, now=NOW)
    decided: dict[str, Any] = {
        "submission": submission_of(first),
        "reason": f"{NAME}来电确认",
        "by": EVERYTHING,
        "now": NOW,
    }
    await commands.correct_submission(asked={Correctable.KIND: PetitionKind.ACCUSATION}, **decided)
    await commands.name_accused(organs=["岳麓区教育局"], **decided)
    assert await traces(connection, f"{NAME}来电确认") != []
    party = await connection.fetchval(
        "select party from mention where id = $1", await mention_named(connection, "欧**")
    )
    await erase(eraser, SubjectKind.PARTY, party)
    assert await traces(connection, NAME) == []


async def test_a_record_sent_again_brings_nobody_back(intake: Intake, eraser: Eraser, connection: Connection) -> None:
    """Neither the same record nor news of it; the first time is noted, later ones change nothing at all."""
    (outcome,) = await take_in(intake, letter())
    await erase(eraser, SubjectKind.MENTION, await mention_named(connection, "欧**"))
    news = letter(text=f"{NAME}补充：仍未解决。")
    (again,) = await take_in(intake, news)
    assert (again.change, again.submission, again.case) == (Change.UNCHANGED, outcome.submission, outcome.case)
    assert await connection.fetchval("select kind from journal order by position desc limit 1") == "REVISION_REFUSED"
    before = await tables(connection)
    assert [one.change for one in await take_in(intake, letter(), news)] == [Change.UNCHANGED] * 2
    assert await tables(connection) == before
    assert await traces(connection, *VALUES) == []
    (fresh,) = await take_in(intake, letter("2"))
    assert fresh.change is Change.NEW, "a person may petition again"


async def test_an_id_that_names_the_person(intake: Intake, eraser: Eraser, connection: Connection) -> None:
    """The source's id goes as well, and is known again all the same."""
    await take_in(intake, letter(f"{NAME}-7"))
    await erase(eraser, SubjectKind.MENTION, await mention_named(connection, "欧**"))
    assert await traces(connection, *VALUES) == []
    (again,) = await take_in(intake, letter(f"{NAME}-7"))
    assert again.change == Change.UNCHANGED
    assert await connection.fetchval("select count(*) from submission") == 1
    assert await traces(connection, *VALUES) == []
    assert await sound(connection)


async def test_a_record_without_an_id(intake: Intake, eraser: Eraser, connection: Connection) -> None:
    """A record known by its payload's digest is no news either."""
    await take_in(intake, letter(None))
    await erase(eraser, SubjectKind.MENTION, await mention_named(connection, "欧**"))
    assert [one.change for one in await take_in(intake, letter(None))] == [Change.UNCHANGED]
    assert await traces(connection, *VALUES) == []


async def test_the_list_is_written_before_anything_is_erased(
    pool: Pool, vault: Vault, intake: Intake, connection: Connection, tmp_path: Path
) -> None:
    """Where the list cannot be written, nothing is erased: a restore would bring it back."""
    await take_in(intake, letter())
    (tmp_path / "a file").write_text("")
    eraser = Eraser(pool=pool, vault=vault, attachments=Attachments(tmp_path), erasures=tmp_path / "a file" / "list")
    before = await tables(connection)
    mention = await mention_named(connection, "欧**")
    with pytest.raises(OSError, match=r"Not a directory|File exists"):
        await erase(eraser, SubjectKind.MENTION, mention)
    assert await tables(connection) == before


async def test_the_list_names_nobody_and_is_carried_out_elsewhere(
    intake: Intake, eraser: Eraser, connection: Connection, erasures: Path
) -> None:
    """A line holds ids alone; in a database that has not carried it out it is found and done, once."""
    await take_in(intake, letter(f"{NAME}-7"))
    await erase(eraser, SubjectKind.MENTION, await mention_named(connection, "欧**"))
    said = erasures.read_text(encoding="utf-8")
    assert not [value for value in (*VALUES, "a request") if value in said]
    assert await eraser.unfinished() == []
    await connection.execute("truncate erasure, erased_record")
    (line,) = await eraser.unfinished()
    await eraser.replay(line, NOW)
    assert await eraser.unfinished() == []
    assert await connection.fetchval("select reason from erasure") == REPLAYED
    assert await connection.fetchval("select count(*) from erased_record") == 1


async def test_doing_it_twice_changes_nothing(
    intake: Intake, eraser: Eraser, connection: Connection, erasures: Path
) -> None:
    """What was erased is left alone: no entry, no line."""
    await take_in(intake, letter())
    mention = await mention_named(connection, "欧**")
    await erase(eraser, SubjectKind.MENTION, mention)
    before, lines = await tables(connection), erasures.read_bytes()
    assert (await erase(eraser, SubjectKind.MENTION, mention)).submissions == 0
    assert (await tables(connection), erasures.read_bytes()) == (before, lines)


@pytest.mark.parametrize("kind", list(SubjectKind))
async def test_what_is_not_there(eraser: Eraser, kind: SubjectKind, erasures: Path) -> None:
    """The error names what was looked for; no line is written."""
    with pytest.raises(NotFoundError, match=f"There is no {kind.lower()}"):
        await erase(eraser, kind, uuid4())
    assert not erasures.exists()


async def test_erasing_while_the_source_writes(intake: Intake, eraser: Eraser, connection: Connection) -> None:
    """Revisions and new submissions of the person arrive while she is erased: those of before are empty, and sound."""
    await take_in(intake, *(letter(str(number), documents=()) for number in range(8)))
    mentions = [row["id"] for row in await connection.fetch("select id from mention where name_masked = '欧**'")]
    sending = [
        take_in(intake, *(letter(str(number), text=f"第{turn}次，{NAME}。", documents=()) for number in range(8)))
        for turn in range(4)
    ]
    erasing = [erase(eraser, SubjectKind.MENTION, mention) for mention in mentions]
    await asyncio.gather(*erasing, *sending)
    for number in range(8):
        await take_in(intake, letter(str(number), text=f"又一次，{NAME}。", documents=()))
    assert await traces(connection, *VALUES) == []
    assert await sound(connection)


# The list ---------------------------------------------------------------------------------------------------------


async def test_a_list_that_was_changed_is_told(
    intake: Intake, eraser: Eraser, connection: Connection, erasures: Path, vault: Vault
) -> None:
    """A changed line, a missing one, another key: each is an error that says where; a torn last line is none."""
    await take_in(
        intake, *(letter(str(number), documents=(), mentions=(petitioner(f"张{number}", None),)) for number in range(3))
    )
    for row in await connection.fetch("select id from submission order by id"):
        await erase(eraser, SubjectKind.SUBMISSION, row["id"])
    lines = erasures.read_bytes().splitlines(keepends=True)
    assert len(erasure_list.read(erasures, vault)) == 3
    erasures.write_bytes(b"".join([lines[0], lines[2]]))
    with pytest.raises(ErasureListError, match="Before line 2"):
        erasure_list.read(erasures, vault)
    erasures.write_bytes(b"".join([lines[0], lines[1].replace(b"officer", b"nobody."), lines[2]]))
    with pytest.raises(ErasureListError, match="Line 2"):
        erasure_list.read(erasures, vault)
    erasures.write_bytes(b"".join(lines))
    with pytest.raises(ErasureListError, match="another master key"):
        erasure_list.read(erasures, Vault(bytes(32)))
    erasures.write_bytes(b"".join([*lines[:2], lines[2][:40]]))
    kept = erasure_list.read(erasures, vault)
    assert len(kept) == 2
    erasure_list.append(erasures, vault, kept[:1])
    assert len(erasure_list.read(erasures, vault)) == 3


def test_which_list_is_the_newest() -> None:
    """The one that all others are the beginning of; two that went different ways are an error."""
    one, two, three = (
        erasure_list.Erasure(
            id=uuid4(), kind=SubjectKind.PARTY, subject=uuid4(), actor="a", at=NOW, mentions=(), records=()
        )
        for _ in range(3)
    )
    assert erasure_list.longest([]) == []
    assert erasure_list.longest([[one], [one, two], []]) == [one, two]
    with pytest.raises(ErasureListError, match="different ways"):
        erasure_list.longest([[one, two], [three]])
