"""What was taken in before a home was set is brought there by a command, and what people set stays."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.connector import ReadOptions
from connectors.fields import Field
from connectors.headings import HeadingMap
from connectors.push import read_push
from graph.belonging import Homes
from graph.commands import Commands
from graph.gazetteer import Gazetteer
from graph.records import Channel, Correctable, LetterDetails
from graph.rederiving import Rederiving
from sync.rereading import said_again
from tests.graph.factory import GAZETTEER, NOW, draft, make_intake
from tests.graph.picture import EMPTY, picture
from tests.graph.test_commands import submission_of
from tests.viewers import EVERYTHING

if TYPE_CHECKING:
    from pathlib import Path

    from graph.database import Connection, Pool
    from graph.identity import Vault
    from graph.intake import Intake

OPTIONS: Final = ReadOptions(source="hotline", zone=ZoneInfo("Asia/Shanghai"))
CHANGSHA: Final = Homes(Gazetteer("4301"), {"nanjing": Gazetteer("3201")})
ROW: Final = {"工单编号": "1", "来电时间": "2026-11-20 09:00:00", "工单标题": "路灯", "工单内容": "北京来的火车晚点。"}


@pytest.fixture
def intake(pool: Pool, vault: Vault, tmp_path: Path) -> Intake:
    """Take in as long as no home was set."""
    return make_intake(pool, vault, tmp_path)


def rederiving(pool: Pool, vault: Vault, homes: Homes = CHANGSHA, options: ReadOptions = OPTIONS) -> Rederiving:
    """Return what derives again by these homes."""
    return Rederiving(pool, vault, homes, partial(said_again, options=options))


async def again(made: Rederiving) -> int:
    """Derive all that stands again; return how many changed."""
    batch, changed = await made.next(), 0
    while batch:
        changed += await made.rederive(batch, NOW)
        batch = await made.next(batch[-1])
    return changed


async def pushed(intake: Intake, source: str = "hotline", **row: Any) -> None:
    """Take a row in as its source sends it."""
    body = json.dumps(ROW | row).encode()
    await intake.take_in(read_push(Channel.HOTLINE, body, OPTIONS.for_source(source)), actor="test", now=NOW)


async def divisions(connection: Connection) -> dict[str, tuple[str | None, list[str]]]:
    """Return where each submission belongs, as its case does, and the places that it names, by its id."""
    rows = await connection.fetch(
        """select one.external_id, one.division, own.division as its, array(
            select place.code from case_place tie join place on place.id = tie.place
            where tie.submission = one.id and tie.state = 'ACCEPTED' order by 1
        ) as places from submission one join "case" own on own.id = one.case_id"""
    )
    assert all(row["division"] == row["its"] for row in rows)
    return {row["external_id"]: (row["division"], list(row["places"])) for row in rows}


async def test_each_goes_where_it_would_go_today(
    intake: Intake, pool: Pool, vault: Vault, connection: Connection
) -> None:
    """By its own field, its scene, its organ, its title, its source's home; else home. Once more, nothing changes."""
    for number, row in enumerate((
        {}, {"所属区域": "岳麓区"}, {"所属区域": "广东省深圳市"}, {"事发地址": "长沙市开福区芙蓉中路"},
        {"承办单位": "雨花区民政局"}, {"工单标题": "天心区油烟扰民"},
    )):  # fmt: skip
        await pushed(intake, **{"工单编号": f"{number}"} | row)
    await pushed(intake, "nanjing", 工单编号="n", 所属区域="鼓楼区")
    # As an older version had it: the first division that a text named.
    await connection.execute("update submission set division = '11' where external_id = '0'")
    await connection.execute(
        """insert into case_place select uuidv7(), case_id, place.id, submission.id, 'ACCEPTED', 1,
        '{"rule": "SUBMISSION_SAYS"}', 'test', $1, submission.scope
        from submission, place where external_id = '0' and code = '110000' on conflict do nothing""",
        NOW,
    )
    assert await again(rederiving(pool, vault)) > 0
    assert await divisions(connection) == {
        "0": ("4301", []), "1": ("430104", ["430104"]), "2": ("4301", ["440300"]), "3": ("430105", ["430105"]),
        "4": ("430111", []), "5": ("430103", ["430103"]), "n": ("320106", ["320106"]),
    }  # fmt: skip
    before, end = await picture(connection), await connection.fetchval("select position from journal_head")
    assert await again(rederiving(pool, vault)) == 0
    assert await picture(connection) == before
    assert await connection.fetchval("select position from journal_head") == end
    told = await connection.fetch("select distinct kind, actor, fields from journal where actor = 'rederive'")
    assert {(row["kind"], row["actor"]) for row in told} == {("SUBMISSION_CORRECTED", "rederive")}


SAID: Final = st.fixed_dictionaries({}, optional={
    "所属区域": st.sampled_from(["岳麓区", "浏阳市", "广东省深圳市", "湖南省", "某某区"]),
    "事发地址": st.sampled_from(["长沙市开福区芙蓉中路", "深圳市南山区", "枫林路"]),
    "承办单位": st.sampled_from(["雨花区民政局", "市民政局", "深圳市公安局"]),
    "工单标题": st.sampled_from(["天心区油烟扰民", "路灯", "北京来的火车"]),
    "工单内容": st.sampled_from(["坐火车去北京，路过开福区。", "总部在广州市天河区。"]),
})  # fmt: skip


@pytest.mark.long
@settings(max_examples=10)
@given(st.lists(SAID, min_size=1, max_size=5))
async def test_it_gives_what_taking_in_today_gives(
    pool: Pool, vault: Vault, tmp_path_factory: pytest.TempPathFactory, said: list[dict[str, str]]
) -> None:
    """Where each belongs and what it names is the same as if home had been set from the beginning."""
    found = []
    async with pool.acquire() as connection:
        for homes in (Homes(GAZETTEER), CHANGSHA):
            await connection.execute(EMPTY)
            intake = make_intake(pool, vault, tmp_path_factory.mktemp("attachments"), homes=homes)
            for number, row in enumerate(said):
                await pushed(intake, **{"工单编号": f"{number}"} | row)
            if homes is not CHANGSHA:
                await again(rederiving(pool, vault))
            found.append(await divisions(connection))
        await connection.execute(EMPTY)
    assert found[0] == found[1]


async def test_what_people_set_stays(intake: Intake, pool: Pool, vault: Vault, connection: Connection) -> None:
    """What is kept beside it is what the source says by today's home, and holds once somebody takes it back."""
    await pushed(intake, 所属区域="岳麓区")
    submission = await connection.fetchval("select id from submission")
    commands = Commands(pool=pool, gazetteer=GAZETTEER)
    decided: dict[str, Any] = {"submission": submission, "reason": "核实", "by": EVERYTHING, "now": NOW}
    await commands.correct_submission(asked={Correctable.DIVISION: "440300"}, **decided)
    await connection.execute("update correction set said = '11'")
    assert await again(rederiving(pool, vault)) == 1
    assert (await divisions(connection))["1"][0] == "4403"
    await commands.correct_submission(asked={Correctable.DIVISION: None}, **decided)
    assert (await divisions(connection))["1"][0] == "430104"


async def test_what_cannot_be_read_again_stays_in_home(
    intake: Intake, pool: Pool, vault: Vault, connection: Connection
) -> None:
    """A record that is gone, or whose sheet needs its mapping: a division in home stays, any other becomes home."""
    for number, division in enumerate(("岳麓区", "广东省深圳市", "无")):
        await pushed(intake, 工单编号=f"{number}", 所属区域=division)
    await connection.execute("update submission_revision set payload = null")
    odd = {"何事": "路灯不亮。", "何时": "2026-11-20 09:00", "号": "odd", "何处": "浏阳市"}
    known = ReadOptions(
        source="hotline", zone=OPTIONS.zone,
        mapping=HeadingMap(
            {"何事": Field.TEXT, "何时": Field.RECEIVED_AT, "号": Field.EXTERNAL_ID, "何处": Field.DIVISION}
        ),
    )  # fmt: skip
    await intake.take_in(read_push(Channel.HOTLINE, json.dumps(odd).encode(), known), actor="test", now=NOW)
    await connection.execute("update submission set division = '11' where external_id = 'odd'")
    await again(rederiving(pool, vault))
    found = {name: division for name, (division, _) in (await divisions(connection)).items()}
    assert found == {"0": "430104", "1": "4301", "2": "4301", "odd": "4301"}
    await again(rederiving(pool, vault, options=known))
    assert (await divisions(connection))["odd"][0] == "430181"


async def test_letters_and_what_was_entered_at_a_desk(
    intake: Intake, pool: Pool, vault: Vault, connection: Connection
) -> None:
    """A letter says where by its title alone; a desk by the fields that it filled in."""
    letter: dict[str, Any] = {"channel": Channel.LETTER, "details": LetterDetails(), "source": "letter"}
    entered: dict[str, Any] = {
        "title": "路灯", "text": "不亮", "received_at": "2026-11-20T01:00:00+00:00", "mentions": [], "replies": [],
        "call_backs": [], "division": "开福区", "organ": None,
    }  # fmt: skip
    outcomes = await intake.take_in(
        [
            draft("a", title="岳麓区路灯不亮", payload="岳麓区路灯不亮".encode(), **letter),
            draft("b", title="岳麓区油烟扰民", payload="岳麓区油烟扰民".encode(), **letter),
            draft("c", title="路灯", payload=json.dumps(entered).encode(), position="entered by hand", **letter),
        ],
        actor="test", now=NOW,
    )  # fmt: skip
    assert all(submission_of(one) for one in outcomes)
    await again(rederiving(pool, vault))
    found = {name: division for name, (division, _) in (await divisions(connection)).items()}
    assert found == {"a": "4301", "b": "430104", "c": "430105"}
