"""Whoever may see sealed numbers finds people by a whole one; for all others a mask is all there is."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from graph.scope import scope
from resolvers.reader import Reader
from search.hidden import Hidden
from search.indexer import Indexer
from search.records import SearchRequest
from search.service import Search
from tests.graph.factory import NOW, draft, make_intake, petitioner, reply
from tests.viewers import EVERYTHING

if TYPE_CHECKING:
    from pathlib import Path

    from graph.database import Connection, Pool
    from graph.identity import Vault
    from search.engine import Engine

PHONE, IDENTITY = "13812341234", "11010519491231002X"


class House:
    """An intake, its indexer and its search."""

    def __init__(self, pool: Pool, reader: Reader, vault: Vault, engine: Engine, folder: Path) -> None:
        self.intake = make_intake(pool, vault, folder)
        self._indexer = Indexer(pool=pool, engine=engine)
        self._search = Search(reader=reader, engine=engine, hidden=Hidden(vault))

    async def index(self) -> None:
        """Index what was taken in."""
        await self._indexer.catch_up()

    async def found(self, text: str, **changes: Any) -> list[str]:
        """Return the titles that a query finds."""
        page = await self._search.search(replace(SearchRequest(text=text, first=100), **changes), scope(EVERYTHING))
        assert page.total == len(page.hits)
        return sorted(str(hit.submission) for hit in page.hits)


@pytest.fixture
async def house(pool: Pool, reading_pool: Pool, vault: Vault, engine: Engine, tmp_path: Path) -> House:
    """Give five submissions: a number in the text, in a reply, of a mention, another number, and none."""
    house = House(pool, Reader(reading_pool, 10_000), vault, engine, tmp_path / "attachments")
    drafts = [
        draft("text", text=f"我的电话是{PHONE}谢谢，证件110105 19491231 002x"),
        draft("reply", replies=(reply("已联系138 1234 1234。"),)),
        draft("mention", mentions=(petitioner(phone="+86-138-1234-1234", identity_number=IDENTITY),)),
        draft("other", text="请打13912341234", mentions=(petitioner("李四", "82221234"),)),
        draft("T0", text="夜间施工噪声扰民"),
    ]
    await house.intake.take_in(drafts, actor="test", now=NOW)
    await house.index()
    return house


async def ids(connection: Connection, *wanted: str) -> list[str]:
    """Return the ids of submissions by their ids at the source."""
    rows = await connection.fetch("select id from submission where external_id = any($1)", list(wanted))
    return sorted(str(row["id"]) for row in rows)


@pytest.mark.parametrize(
    "typed",
    [
        PHONE,
        "138 1234 1234",
        "138-1234-1234",
        "+86 13812341234",
        "１３８１２３４１２３４",
        " 13812341234，",
        "number:13812341234",
        "编号： 138 1234 1234",
    ],
)
async def test_a_whole_number_finds_texts_and_people(house: House, connection: Connection, typed: str) -> None:
    """However it is typed, wherever it stands."""
    assert await house.found(typed, numbers=True) == await ids(connection, "text", "reply", "mention")


async def test_identity_numbers_and_short_landlines(house: House, connection: Connection) -> None:
    """Of texts and of mentions; a landline without its area code is one of a mention."""
    assert await house.found("11010519491231002x", numbers=True) == await ids(connection, "text", "mention")
    assert await house.found("8222-1234", numbers=True) == await ids(connection, "other")


@pytest.mark.parametrize("typed", [PHONE, "138-1234-1234", IDENTITY, "82221234"])
async def test_whoever_may_not_search_by_number_finds_what_the_mask_gives(house: House, typed: str) -> None:
    """The number stands nowhere; only the digits that masks leave are found, by all."""
    assert await house.found(typed) == []


async def test_a_number_that_nobody_has_finds_nothing(house: House) -> None:
    """One digit off is another number."""
    assert await house.found("13812341235", numbers=True) == []


async def test_what_is_excluded_is_not_searched_for(house: House, connection: Connection) -> None:
    """A minus in front is the language's, not the number's."""
    everything = await ids(connection, "text", "reply", "mention", "other", "T0")
    assert await house.found(f"-{PHONE}", numbers=True) == everything


async def test_the_index_gives_no_hash_away(house: House, vault: Vault) -> None:
    """The codes of numbers are found by nothing that is typed, and by no beginning: that would tell who shares one."""
    code = "h" + vault.equality("phone", PHONE).hex()
    for typed in (code, code.upper(), f"{code[:5]}*", f"{code[:5].upper()}*", "h*", "H*", f'"{code}"', f"ᴴ{code[1:]}"):
        for numbers in (True, False):
            assert await house.found(typed, numbers=numbers) == []


async def test_pages_of_a_number_follow_each_other(house: House, connection: Connection) -> None:
    """The newest first, each once."""
    seen: list[str] = []
    after = None
    for _ in range(3):
        page = await house._search.search(
            SearchRequest(text=PHONE, first=1, after=after, numbers=True), scope(EVERYTHING)
        )
        seen += [str(hit.submission) for hit in page.hits]
        after = page.hits[-1].cursor
    assert not page.has_next_page
    assert sorted(seen) == await ids(connection, "text", "reply", "mention")


async def test_a_name_finds_texts_and_people(house: House, connection: Connection) -> None:
    """Those who may find whoever is named so, the others what says it."""
    drafts = [draft("says", text="找李四反映过"), draft("is", mentions=(petitioner("李 四", "82225678"),))]
    await house.intake.take_in(drafts, actor="test", now=NOW)
    await house.index()
    assert await house.found("name:李四", numbers=True) == await ids(connection, "other", "says", "is")
    assert await house.found("name:李四 -请打", numbers=True) == await ids(connection, "says", "is")
    assert await house.found("姓名:李四") == await ids(connection, "says")
    assert await house.found("name:李", numbers=True) == await ids(connection, "says")


async def test_the_index_gives_no_name_away(house: House, vault: Vault) -> None:
    """Nor by a beginning."""
    code = "n" + vault.equality("name", "李四").hex()
    for typed in (code, code.upper(), f"{code[:5]}*", "n*", "N*", f'name:"{code}"', f"number:{code}"):
        for numbers in (True, False):
            assert await house.found(typed, numbers=numbers) == []
