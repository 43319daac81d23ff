"""What an older, narrower rule left in clear is masked anew from the sealed originals, and nothing of them is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from graph import journal, organs, remasking, sealing, uploads
from graph.attachments import Attachments
from graph.errors import DatabaseStateError
from graph.ids import new_id, organ_id
from graph.records import CallBackDraft, DocumentDraft, HotlineDetails, MentionDraft, MentionRole, PartyKind
from graph.remasking import PLAIN, STEPS, mask_standing, require_masked
from graph.revealing import Request, Revealable, RevealedText, Revealing
from graph.text import numbers
from graph.uploads import Uploads
from tests.graph.factory import NOW, TEXT, draft, make_intake, petitioner, reply, step_alone
from tests.graph.picture import DANGLING, EMPTY, picture
from tests.graph.test_clear import placed
from tests.viewers import EVERYTHING

if TYPE_CHECKING:
    from pathlib import Path

    from graph.database import Connection, Pool
    from graph.identity import Vault
    from graph.intake import Intake
    from graph.records import Draft
    from graph.text.numbers import Found

DICTATED = "一三八 一二三四 五六七八"
OLD = "13700001111"
"""What the older rule knew as well."""
SAID = f"{TEXT}请打{DICTATED}或{OLD}。"
ANSWERED = f"已联系{DICTATED}、{OLD}。"
ORGAN = "岳麓区城市管理局"


@pytest.fixture
def intake(pool: Pool, vault: Vault, tmp_path: Path) -> Intake:
    """Take in to a database of the test's own."""
    return make_intake(pool, vault, tmp_path)


def telling(external_id: str = "1") -> Draft:
    """Return a ticket in each of whose texts stands what the older rule did not know, and mostly what it did."""
    return draft(
        external_id,
        title=f"请打{DICTATED}",
        text=SAID,
        position=f"{DICTATED}.csv row {external_id}",
        details=HotlineDetails(ticket_type=f"投诉{DICTATED}"),
        mentions=(
            petitioner(name="张三", phone="13900000001"),
            MentionDraft(
                role=MentionRole.RESPONDENT, kind=PartyKind.ORGANISATION, name=f"红星公司{DICTATED}",
            ),
        ),
        replies=(reply(ANSWERED, organ=f"{ORGAN}（{DICTATED}）"), reply("已办结。")),
        call_backs=(CallBackDraft(note=DICTATED),),
        documents=(
            DocumentDraft(name=f"{DICTATED}.txt", media_type="text/plain", content=b"x", text=f"电话{DICTATED}，{OLD}"),
        ),
    )  # fmt: skip


def _narrow(text: str) -> tuple[Found, ...]:
    """Find what an older rule found: numbers in ASCII digits that stand in a row."""
    return tuple(one for one in REAL(text) if (typed := text[one.start : one.end]).isascii() and typed.isdigit())


REAL = numbers.found


async def by_older_rule(
    monkeypatch: pytest.MonkeyPatch, connection: Connection, vault: Vault, intake: Intake, *drafts: Draft
) -> None:
    """Take in as an older version did, and leave the database as it did."""
    with monkeypatch.context() as older:
        for module in (numbers, sealing, organs, remasking):
            older.setattr(module, "found", _narrow)
        older.setattr(remasking, "RULE", numbers.RULE - 1)
        await intake.take_in(drafts, actor="test", now=NOW)
        await mask_standing(connection, vault, NOW)
        await require_masked(connection)


async def clear(connection: Connection) -> str:
    """Return all that stands in masked columns."""
    columns = [(table, column) for table, column, way, _ in placed() if way == "masked"]
    said = " union all ".join(f'select "{column}"::text from "{table}"' for table, column in columns)  # noqa: S608
    return "\n".join(row[0] or "" for row in await connection.fetch(said))


def test_every_masked_column_is_looked_through() -> None:
    """Those that docs/clear.md lists, and no others."""
    looked = [column for step in STEPS for column in step.columns]
    looked += [column for texts in PLAIN.values() for column in texts.columns]
    assert sorted(looked) == sorted(f"{table}.{column}" for table, column, way, _ in placed() if way == "masked")


async def test_what_an_older_rule_left_is_masked_and_nothing_lost(
    monkeypatch: pytest.MonkeyPatch, pool: Pool, connection: Connection, vault: Vault, tmp_path: Path
) -> None:
    """Each original opens whole, nothing refers to what is gone, and the journal names the submissions."""
    intake = make_intake(pool, vault, tmp_path)
    several = [telling(str(number)) for number in range(3)]
    await by_older_rule(monkeypatch, connection, vault, intake, *several)
    assert DICTATED in await clear(connection)
    assert OLD not in await clear(connection)
    with pytest.raises(DatabaseStateError, match="casegraph migrate"):
        await require_masked(connection)
    before = await journal.position(connection)

    assert await mask_standing(connection, vault, NOW, batch=2) > 0
    await require_masked(connection)
    said = await clear(connection)
    assert DICTATED not in said
    assert "138****5678" in said
    assert not await connection.fetch(DANGLING)
    told = await connection.fetch("select kind, subject from journal where position > $1", before)
    submissions = {row["id"] for row in await connection.fetch("select id from submission")}
    assert {row["kind"] for row in told} == {"TEXTS_MASKED"}
    assert {row["subject"] for row in told} == submissions
    assert (await journal.verify(connection)).broken_at is None

    revealing = Revealing(pool=pool, vault=vault)

    async def reveal(kind: Revealable, subject: Any) -> RevealedText:
        shown = await revealing.reveal(Request(kind=kind, subject=subject, by=EVERYTHING, reason="办理", now=NOW))
        assert isinstance(shown, RevealedText)
        return shown

    for one in submissions:
        shown = await reveal(Revealable.SUBMISSION, one)
        assert (shown.title, shown.text) == (several[0].title, SAID)
    document = await connection.fetchval("select id from document limit 1")
    assert (await reveal(Revealable.DOCUMENT, document)).text == f"电话{DICTATED}，{OLD}"
    event = await connection.fetchval("select id from event where body like '已联系%' limit 1")
    assert (await reveal(Revealable.EVENT, event)).text == ANSWERED
    hashes = await connection.fetchval("select number_hashes from submission_revision limit 1")
    assert set(hashes) == {vault.equality("phone", "13812345678"), vault.equality("phone", OLD)}
    assert await mask_standing(connection, vault, NOW) == 0


async def test_the_graph_is_the_one_of_today(
    monkeypatch: pytest.MonkeyPatch, pool: Pool, connection: Connection, vault: Vault, intake: Intake, tmp_path: Path
) -> None:
    """Whatever an older rule took in, masking it anew gives what a new instance takes in, organs and titles too."""
    await by_older_rule(monkeypatch, connection, vault, intake, telling("1"), telling("2"))
    await mask_standing(connection, vault, NOW)
    anew = await picture(connection)
    await connection.execute(EMPTY)
    await make_intake(pool, vault, tmp_path).take_in([telling("1"), telling("2")], actor="test", now=NOW)
    assert anew == await picture(connection)


class KilledError(Exception):
    """Stands for the process's end in the middle of a batch."""


async def test_killed_in_any_batch_it_goes_on_there(
    monkeypatch: pytest.MonkeyPatch, connection: Connection, vault: Vault, intake: Intake
) -> None:
    """Each time one batch more is whole and in the journal; in the end all are, each submission's row once."""
    await by_older_rule(monkeypatch, connection, vault, intake, *[telling(str(number)) for number in range(3)])
    append, kills, alive = journal.append, 0, 0

    async def dying(*arguments: Any) -> Any:
        nonlocal alive
        if not alive:
            raise KilledError
        alive -= 1
        return await append(*arguments)

    monkeypatch.setattr(journal, "append", dying)
    while True:
        alive = 1
        try:
            await mask_standing(connection, vault, NOW, batch=2)
            break
        except KilledError:
            kills += 1
    assert kills > 3
    assert DICTATED not in await clear(connection)
    rows = await connection.fetch("select title, sealed_text from submission_revision")
    assert {row["title"] for row in rows} == {"请打138****5678"}
    assert all(row["sealed_text"] for row in rows)


async def test_where_somebody_was_erased_nothing_is_sealed_again(
    monkeypatch: pytest.MonkeyPatch, connection: Connection, vault: Vault, intake: Intake
) -> None:
    """What is left in clear is masked; the record whose time was over, though, is sealed under a new key."""
    await by_older_rule(monkeypatch, connection, vault, intake, telling("1"), telling("2"))
    erased, expired = [row["id"] for row in await connection.fetch("select id from submission_revision order by id")]
    await connection.execute(
        "update submission_revision set body = $2, key = null, sealed_text = null, content_digest = '', payload = null"
        " where id = $1", erased, f"〔已删除〕{DICTATED}",
    )  # fmt: skip
    await connection.execute(
        "update submission_revision set title = '旧', body = $2, key = null, sealed_text = null, payload = null"
        " where id = $1", expired, DICTATED,
    )  # fmt: skip
    await mask_standing(connection, vault, NOW)
    rows = {row["id"]: row for row in await connection.fetch("select * from submission_revision")}
    assert (rows[erased]["body"], rows[erased]["sealed_text"]) == ("〔已删除〕138****5678", None)
    assert rows[expired]["body"] == "138****5678"
    key = vault.unwrap(rows[expired]["key"])
    assert sealing.open_texts(key, rows[expired]["sealed_text"], expired) == ["旧", DICTATED]


async def test_what_names_an_organ_names_it_by_its_new_name(
    monkeypatch: pytest.MonkeyPatch, connection: Connection, vault: Vault, intake: Intake
) -> None:
    """Cases, steps, kept parts, keys, barriers and filters; two spellings of one organ are one."""
    await by_older_rule(
        monkeypatch, connection, vault, intake, draft("1", replies=(reply(organ=f"{ORGAN}（{DICTATED}）"),)),
        draft("2", replies=(reply(organ=ORGAN),)),
    )  # fmt: skip
    old = await connection.fetchval("select id from organ where name <> $1", ORGAN)
    await connection.execute(
        "update submission_revision set kept_organs = array[$1::uuid], kept_accused = array[$1::uuid]", old
    )
    await connection.execute(
        "insert into barrier (audience, position) values ($1, 5), ($2, 3)", str(old), str(organ_id(ORGAN))
    )
    await connection.execute(
        "insert into saved_search (id, owner, name, query, filter, created_at, since, known)"
        " values ($1, 'a', 'a', 'a', $2, $3, 0, '{}')", new_id(), {"organs": [remasking._told(old)]}, NOW,
    )  # fmt: skip
    await mask_standing(connection, vault, NOW)
    new = organ_id(ORGAN)
    assert [(row["id"], row["name"]) for row in await connection.fetch("select id, name from organ")] == [(new, ORGAN)]
    for asked in ("select organ from case_organ", "select organ from event where organ is not null",
                  "select unnest(kept_organs || kept_accused) from submission_revision"):  # fmt: skip
        assert {row[0] for row in await connection.fetch(asked)} == {new}
    assert [tuple(row) for row in await connection.fetch("select audience, position from barrier")] == [(str(new), 5)]
    assert await connection.fetchval("select filter from saved_search") == {"organs": [remasking._told(new)]}


async def test_reasons_and_what_waits_are_masked_too(
    monkeypatch: pytest.MonkeyPatch, pool: Pool, connection: Connection, vault: Vault, tmp_path: Path
) -> None:
    """Reasons of decisions, revealings and erasures, keys' names, rejections, uploads, steps without a submission."""
    await by_older_rule(monkeypatch, connection, vault, make_intake(pool, vault, tmp_path), telling("1"))
    case = await connection.fetchval('select id from "case"')
    step = await step_alone(connection, case, DICTATED)
    await connection.execute("update filing set evidence = $1", {"reason": DICTATED})
    await connection.execute(
        "insert into erasure (id, at, subject_kind, subject, actor, reason) values ($1, $2, 'PARTY', $1, 'a', $3)",
        new_id(), NOW, DICTATED,
    )  # fmt: skip
    await connection.execute(
        "insert into reveal (id, subject_kind, subject, actor, reason, at) values ($1, 'Event', $1, 'a', $3, $2)",
        new_id(), NOW, DICTATED,
    )  # fmt: skip
    kept = Uploads(pool, vault, Attachments(tmp_path / "uploads"))
    with monkeypatch.context() as older:
        for module in (numbers, sealing):
            older.setattr(module, "found", _narrow)
        older.setattr(uploads, "masked", str)
        upload = await kept.keep(f"{DICTATED} {OLD}.txt", DICTATED, b"x", NOW, "a")
    assert DICTATED in await clear(connection)
    await mask_standing(connection, vault, NOW)
    assert DICTATED not in await clear(connection)
    (again,) = await kept.open([upload], NOW, "a")
    assert again.name == f"{DICTATED} {OLD}.txt"
    row = await connection.fetchrow("select * from event where id = $1", step)
    assert row is not None
    assert sealing.open_texts(vault.unwrap(row["key"]), row["sealed"], step) == [DICTATED]
    assert await connection.fetchval("select evidence from filing") == {"reason": "138****5678"}
