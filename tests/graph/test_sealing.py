"""Texts stand masked, their originals sealed beside; what stood before is masked by a job that can be killed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from graph import remasking
from graph.errors import DatabaseStateError, MasterKeyError
from graph.records import CallBackDraft, DocumentDraft, HotlineDetails, Refusal, RejectionReason
from graph.remasking import mask_standing, require_masked
from graph.sealing import open_texts, show
from graph.text.numbers import NumberKind
from tests.graph.factory import NOW, TEXT, draft, make_intake, petitioner, reply
from tests.graph.picture import picture

if TYPE_CHECKING:
    from pathlib import Path

    from graph.database import Connection, Pool
    from graph.identity import Vault
    from graph.intake import Intake
    from graph.records import Draft

NUMBER = "13812341234"
CARD = "4111111111111111"
SECRETS = (NUMBER, CARD, "11010519491231002X", "0731-88881234", "zhangsan@qq.com")
CLEAR = """
select t.body || t.title || t.details::text || t.position from submission_revision t
union all select title from "case" union all select body from event union all select name || body from document
union all select position || message from rejection union all select name from organ
"""


@pytest.fixture
def intake(pool: Pool, vault: Vault, tmp_path: Path) -> Intake:
    """Take in to a database of the test's own."""
    return make_intake(pool, vault, tmp_path)


def telling(external_id: str = "1", **changes: Any) -> Draft:
    """Return a ticket whose every text holds a number."""
    usual: dict[str, Any] = {
        "title": f"请回电{NUMBER}",
        "text": f"{TEXT}我的卡号是4111 1111 1111 1111，身份证11010519491231002x。",
        "position": f"{NUMBER}.csv row 1",
        "details": HotlineDetails(ticket_type=f"投诉{NUMBER}"),
        "mentions": (petitioner(phone="13900000001"),),
        "replies": (reply("请致电0731-88881234。"), reply("已办结。")),
        "call_backs": (CallBackDraft(note="邮箱zhangsan@qq.com"),),
        "documents": (
            DocumentDraft(name=f"{NUMBER}.txt", media_type="text/plain", content=b"x", text=f"电话{NUMBER}"),
        ),
    }
    return draft(external_id, **usual | changes)


async def take_in(intake: Intake, *readings: Draft | Refusal) -> None:
    """Take readings in as the test."""
    await intake.take_in(readings, actor="test", now=NOW)


async def clear(connection: Connection) -> str:
    """Return all texts that stand in clear."""
    return "\n".join(row[0] for row in await connection.fetch(CLEAR))


async def test_no_number_stands_in_clear(intake: Intake, connection: Connection) -> None:
    """Title, text, details, replies, notes, attachments' names and layers, positions, and the case's title."""
    refusal = Refusal(
        channel=telling().channel, source="hotline", position=f"{NUMBER}.csv row 2", reason=RejectionReason.DATE,
        message="The time is before 1950.", payload=NUMBER.encode(),
    )  # fmt: skip
    await take_in(intake, telling(), refusal)
    said = await clear(connection)
    assert not [secret for secret in SECRETS if secret in said]
    assert "4111 1111" not in said
    assert await connection.fetchval('select title from "case"') == "请回电138****1234"
    assert "138****1234.csv row 2" in said


async def test_what_is_masked_is_sealed_beside(intake: Intake, connection: Connection, vault: Vault) -> None:
    """The original opens under the row's own key as a text and not as a payload; where nothing is masked nothing is."""
    await take_in(intake, telling())
    row = await connection.fetchrow("select * from submission_revision")
    assert row is not None
    key = vault.unwrap(row["key"])
    assert open_texts(key, row["sealed_text"], row["id"]) == [telling().title, telling().text]
    with pytest.raises(MasterKeyError):
        key.open(row["sealed_text"], row["id"].bytes)
    with pytest.raises(MasterKeyError):
        open_texts(key, row["payload"], row["id"])
    assert set(row["number_hashes"]) == {
        vault.equality("phone", NUMBER), vault.equality("card", CARD), vault.equality("identity", SECRETS[2]),
    }  # fmt: skip
    document = await connection.fetchrow("select * from document")
    assert document is not None
    assert open_texts(vault.unwrap(document["key"]), document["sealed"], document["id"]) == [
        f"{NUMBER}.txt", f"电话{NUMBER}",
    ]  # fmt: skip
    events = {row["body"]: row for row in await connection.fetch("select * from event")}
    masked, plain = events["请致电073****1234。"], events["已办结。"]
    assert open_texts(vault.unwrap(masked["key"]), masked["sealed"], masked["id"]) == ["请致电0731-88881234。"]
    assert (plain["sealed"], plain["key"], plain["number_hashes"]) == (None, None, [])


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"title": "请回电13812331234"}, {"title"}),
        ({"text": f"{TEXT}我的卡号是4111 1111 1111 1111，身份证110105 19491231 002x。"}, {"body"}),
        ({"replies": (reply("请致电0731-88871234。"), reply("已办结。"))}, {"event"}),
    ],
)
async def test_a_digit_behind_a_mask_is_news(
    intake: Intake, connection: Connection, changes: dict[str, Any], named: set[str]
) -> None:
    """Masked they are the same; the revision is made, and names what changed and nothing else."""
    await take_in(intake, telling())
    await take_in(intake, telling(**changes))
    entry = await connection.fetchrow("select fields from journal where kind = 'SUBMISSION_REVISED'")
    assert entry is not None
    assert set(entry["fields"]) == named
    await take_in(intake, telling(**changes))
    assert await connection.fetchval("select revision_count from submission") == 2


async def test_masked_texts_are_compared_with_masked_ones(intake: Intake, connection: Connection) -> None:
    """The same complaint with another number in it is filed under the case that is there."""
    await take_in(intake, telling("1"))
    await take_in(intake, telling("2", title="请回电13812349999"))
    assert await connection.fetchval('select count(*) from "case" where submission_count = 2') == 1


# What stood before -----------------------------------------------------------------------------------------------

UNMASK = """
delete from masking;
update submission_revision set number_hashes = null, sealed_text = null;
update event set number_hashes = null, sealed = null, key = null;
update document set number_hashes = null, sealed = null;
"""


async def old(intake: Intake, connection: Connection, count: int) -> None:
    """Make rows as they stood before texts were masked, with numbers in every column."""
    await take_in(intake, *[telling(str(number)) for number in range(count)])
    one = telling()
    await connection.execute(UNMASK)
    await connection.execute(
        "update submission_revision set title = $1, body = $2, details = $3, position = $4",
        one.title, one.text, {"ticket_type": f"投诉{NUMBER}", "urgency": None, "due_at": None}, one.position,
    )  # fmt: skip
    await connection.execute("update event set body = '请致电0731-88881234。' where body like '请致电%'")
    await connection.execute("update event set body = '邮箱zhangsan@qq.com' where body like '邮箱%'")
    await connection.execute("update document set name = $1, body = $2", f"{NUMBER}.txt", f"电话{NUMBER}")
    await connection.execute('update "case" set title = $1', one.title)


class KilledError(Exception):
    """Stands for the process's end in the middle of a batch."""


async def test_what_stood_unmasked_is_masked_and_sealed(
    intake: Intake, connection: Connection, vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed in the middle and run again, the graph is the one that intake makes today; then nothing is to be done."""
    await take_in(intake, *[telling(str(number)) for number in range(7)])
    today = await picture(connection)
    await old(intake, connection, 7)
    assert NUMBER in await clear(connection)

    batches = 0

    def dying(*texts: Any) -> Any:
        nonlocal batches
        batches += 1
        if batches == 6:
            raise KilledError
        return show(*texts)

    monkeypatch.setattr(remasking, "show", dying)
    with pytest.raises(KilledError):
        await mask_standing(connection, vault, NOW, batch=2)
    masked = await connection.fetchval("select count(*) from submission_revision where number_hashes is not null")
    assert masked == 4, "whole batches stay, half a batch does not"
    with pytest.raises(DatabaseStateError, match="casegraph migrate"):
        await require_masked(connection)
    monkeypatch.undo()

    organs = await connection.fetchval("select count(*) from organ")
    assert await mask_standing(connection, vault, NOW, batch=2) == 3 + 7 + 21 + 7 + organs
    assert await picture(connection) == today
    assert NUMBER not in await clear(connection)
    row = await connection.fetchrow("select * from submission_revision limit 1")
    assert row is not None
    assert open_texts(vault.unwrap(row["key"]), row["sealed_text"], row["id"]) == [telling().title, telling().text]
    assert vault.equality(NumberKind.PHONE, NUMBER) in row["number_hashes"]
    assert await mask_standing(connection, vault, NOW) == 0
    await require_masked(connection)


async def test_an_old_record_that_comes_again_is_no_news(intake: Intake, connection: Connection, vault: Vault) -> None:
    """Masking what stood changes no digest."""
    await old(intake, connection, 1)
    await mask_standing(connection, vault, NOW)
    await take_in(intake, telling("0"))
    assert await connection.fetchval("select revision_count from submission") == 1
    await take_in(intake, replace(telling("0"), title="新标题"))
    entry = await connection.fetchrow("select fields from journal where kind = 'SUBMISSION_REVISED'")
    assert entry is not None
    assert set(entry["fields"]) == {"title"}
