"""Tickets, letters, cases and receipts are found by their numbers, however those are typed, by those who see them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.policy import Role, Viewer
from graph.records import PetitionKind
from graph.scope import scope
from resolvers.reader import Reader
from search.compile import compile_query
from search.engine import Term, TokenField, leaves
from search.grouping import CaseSearch
from search.indexer import Indexer
from search.known_by import whole_code
from search.query import parse
from search.records import SearchOrder, SearchRequest
from search.service import Search
from tests.graph.factory import NOW, draft, make_intake
from tests.viewers import EVERYTHING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from graph.database import Connection, Pool
    from graph.identity import Vault
    from graph.records import Draft
    from search.engine import Engine
    from search.records import Hit, SearchPage

CITY = Viewer(name="city", roles=frozenset({Role.SUPERVISOR}), divisions=("4301",))


class House:
    """An intake, its indexer and its search."""

    def __init__(self, pool: Pool, reader: Reader, vault: Vault, engine: Engine, folder: Path) -> None:
        self.intake = make_intake(pool, vault, folder)
        self._indexer = Indexer(pool=pool, engine=engine)
        self.search = Search(reader=reader, engine=engine)

    async def take_in(self, *drafts: Draft) -> None:
        """Take drafts in and index them."""
        await self.intake.take_in(list(drafts), actor="test", now=NOW)
        await self._indexer.catch_up()

    async def ask(self, text: str, by: Viewer = EVERYTHING, **changes: Any) -> SearchPage:
        """Ask for a page."""
        return await self.search.search(replace(SearchRequest(text=text, first=50), **changes), scope(by))


@pytest.fixture
def house(pool: Pool, reading_pool: Pool, vault: Vault, engine: Engine, tmp_path: Path) -> House:
    """Give a house of the test's own."""
    return House(pool, Reader(reading_pool, 10_000), vault, engine, tmp_path / "attachments")


async def of(connection: Connection, key: str) -> dict[str, Any]:
    """Return what a submission is known by, and its ids."""
    row = await connection.fetchrow(
        """select submission.id, submission.receipt_code, own.number, own.id as "case" from submission
        join "case" own on own.id = submission.case_id where external_id = $1""",
        key,
    )
    assert row is not None
    return dict(row)


def ids(hits: Sequence[Hit]) -> list[object]:
    """Return what was found, in its order."""
    return [hit.submission for hit in hits]


async def test_each_number_finds_what_bears_it(house: House, connection: Connection) -> None:
    """A ticket's, a letter's, a case's, a receipt's; the passage says which, and nothing else is found loosely."""
    await house.take_in(*(draft(f"TS-2026-{number:03}", text=f"第{number}处油烟扰民") for number in range(12)))
    known = await of(connection, "TS-2026-007")
    code, case = known["receipt_code"], str(known["number"])
    for typed, number in (
        ("TS-2026-007", "TS-2026-007"),
        ("ts2026007", "TS-2026-007"),
        ("ＴＳ－２０２６－００７", "TS-2026-007"),
        ("ts 2026 007", "TS-2026-007"),
        ("number:TS-2026-007", "TS-2026-007"),
        ("编号：ts2026 007", "TS-2026-007"),
        ('"TS-2026-007"', "TS-2026-007"),
        (code, code),
        (f"{code[:4].lower()}-{code[4:]}", code),
        (f"编号: {code[:4]} {code[4:]}", code),
        (case, case),
        (f"{case[:3]} {case[3:]}", case),
        (f"#{case}。", case),
    ):
        for order in SearchOrder:
            page = await house.ask(typed, order=order)
            assert (page.total, page.loose, ids(page.hits)) == (1, 0, [known["id"]]), typed
            assert [(one.field, one.text) for one in page.hits[0].passages] == [("number", number)], typed
            (marked,) = page.hits[0].passages[0].ranges
            assert (marked.start, marked.end) == (0, len(number))


async def test_a_beginning_with_a_star_finds_all_that_begin_so(house: House) -> None:
    """And without one none: every ticket of a year has its digits."""
    await house.take_in(*(draft(f"GD2026{number:04}", text="油烟") for number in range(12)))
    assert (await house.ask("gd2026*")).total == 12
    assert (await house.ask("number:GD20260003*")).total == 1
    for typed in ("2026", "gd2026", "0003", "20260003", "K*", "L*", "KGD20260003", "lgd2026*", "LGD2026*"):
        assert (await house.ask(typed)).total == 0, typed


async def test_cases_and_receipts_are_found_whole_alone(house: House, connection: Connection) -> None:
    """By a beginning they would be found by chance: nobody counts them up."""
    await house.take_in(draft("A1", text="油烟"))
    known = await of(connection, "A1")
    for number in (known["receipt_code"], str(known["number"])):
        assert (await house.ask(number)).total == 1
        assert (await house.ask(f"{number[:-1]}*")).total == 0
        assert (await house.ask(f"{number}*")).total == 0


async def test_what_bears_a_number_comes_before_what_mentions_it(house: House, connection: Connection) -> None:
    """However often that does."""
    told = "上次的工单TS2026777，TS2026777没有办"
    await house.take_in(
        *(draft(f"M{number}", title="TS2026777", text=told, received_at=NOW) for number in range(15)),
        draft("TS-2026-777", text="油烟扰民" * 200),
    )
    page = await house.ask("TS2026777", first=3)
    assert page.total == 16
    assert page.hits[0].submission == (await of(connection, "TS-2026-777"))["id"]
    assert (await house.ask("油烟 TS2026777")).hits[0].submission == page.hits[0].submission


async def test_a_case_is_found_by_its_number(house: House, connection: Connection) -> None:
    """By case, as well."""
    await house.take_in(draft("A1", text="油烟"), draft("A2", text="噪声"))
    known = await of(connection, "A2")
    page = await CaseSearch(house.search).search(SearchRequest(text=str(known["number"])), scope(EVERYTHING))
    assert [(one.case, one.matches, one.loose) for one in page.cases] == [(known["case"], 1, 0)]


async def test_what_is_not_seen_has_no_number(house: House, connection: Connection) -> None:
    """Neither of another division nor of an accusation: it is neither found nor counted, nor is there a passage."""
    await house.take_in(
        draft("GD1", text="油烟", division="430104"),
        draft("GD2", text="油烟", division="440106"),
        draft("GD3", text="油烟", division="430104", kind=PetitionKind.ACCUSATION),
    )
    for key, found in (("GD1", 1), ("GD2", 0), ("GD3", 0)):
        known = await of(connection, key)
        for typed in (key, known["receipt_code"], str(known["number"]), f"{key[:2]} {key[2:]}", f"编号:{key}"):
            page = await house.ask(typed, CITY)
            assert (page.total, page.loose, len(page.hits)) == (found, 0, found), typed
    assert (await house.ask("GD*", CITY)).total == 1


async def test_a_number_that_is_excluded_is_excluded(house: House) -> None:
    """By what bears it."""
    await house.take_in(draft("GD1", text="油烟"), draft("GD2", text="油烟"))
    page = await house.ask("油烟 -GD1")
    assert page.total == 1
    assert (await house.ask("GD1 OR GD2")).total == 2


SIGNS = st.sampled_from(["", "", "-", "－", "—", ".", "/", "_", "　", " "])
NUMBERS = st.from_regex(r"\A[A-Z]{0,3}20[0-9]{4,9}\Z") | st.from_regex(r"\A[信访督]{1,2}〔20[0-9]{2}〕[0-9]{1,4}号\Z")
WIDE = {ord(sign): ord(sign) + 0xFEE0 for sign in map(chr, range(0x21, 0x7F))}


@given(NUMBERS, st.data(), st.sampled_from(["", "number:", "编号：", "編號: "]))
def test_a_number_is_asked_for_however_it_is_typed(number: str, data: st.DataObject, field: str) -> None:
    """With blanks and dashes, in full width, in small letters, with its field or bare."""
    typed = number[0] + "".join(data.draw(SIGNS) + sign for sign in number[1:])
    typed = data.draw(st.sampled_from([typed, typed.lower(), typed.translate(WIDE)]))
    asked = compile_query(parse(field + typed))
    assert Term(TokenField.CODES, whole_code(number)) in leaves(asked.match)
    assert Term(TokenField.CODES, whole_code(number)) in asked.marks
