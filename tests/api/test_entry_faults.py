"""Whoever enters a record is told of everything that is wrong with it, at once, each with its path and what to do."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph import journal
from graph.identity import identity_check
from graph.records import MentionDraft, MentionRole, PartyKind, PetitionKind
from resolvers.faults import is_identity, is_phone
from tests.api.test_user_errors import ENTERED, errors_of
from tests.graph.factory import draft

if TYPE_CHECKING:
    from graph.database import Connection
    from tests.api.conftest import Api

WRONG: dict[str, tuple[dict[str, Any], list[str]]] = {
    "title": ({"title": " "}, ["title"]),
    "nul": ({"text": "a\0"}, ["text"]),
    "time": ({"receivedAt": "9999-12-31T23:59:59Z"}, ["receivedAt"]),
    "source": ({"source": "Not One"}, ["source"]),
    "key": ({"externalId": "x" * 600}, ["externalId"]),
    "division": ({"division": "999999"}, ["division"]),
    "topic": ({"topic": "没有这个分类"}, ["topic"]),
    "organ": ({"organ": "岳麓区教肓局"}, ["organ"]),
    "heads": ({"headCount": -1}, ["headCount"]),
    "attachment": ({"attachments": ["x"]}, ["attachments", "0"]),
}
PERSON: dict[str, tuple[dict[str, Any], str]] = {
    "phone": ({"name": "张三", "phone": "abc"}, "phone"),
    "identity": ({"name": "张三", "identityNumber": "110105194912310021"}, "identityNumber"),
    "email": ({"name": "张三", "email": "zhang"}, "email"),
}


async def test_every_bad_field_is_told_at_once(api: Api, connection: Connection) -> None:
    """Division, topic, organ, telephone and whatever else is wrong; nothing is kept, not even as a rejection."""
    entered = dict(ENTERED)
    for given_, _ in WRONG.values():
        entered |= given_
    entered["mentions"] = [one for one, _ in PERSON.values()] + [{}]
    entered["replies"] = [{"text": "好", "organ": "某某局"}, {"text": " ", "at": "0001-01-01T00:00:00Z"}]
    errors = await errors_of(api, "submitVisit", entered)
    paths = [path for _, path in WRONG.values()]
    paths += [["mentions", str(number), name] for number, (_, name) in enumerate(PERSON.values())]
    paths += [["mentions", "3"], ["replies", "0", "organ"], ["replies", "1", "at"], ["replies", "1", "text"]]
    assert sorted(error["field"] for error in errors) == sorted(paths)
    assert {error["code"] for error in errors} == {"INVALID"}
    assert await journal.position(connection) == 0
    assert await connection.fetchval("select count(*) from organ") == 0


@given(
    names=st.sets(st.sampled_from(sorted(WRONG)), min_size=1),
    people=st.lists(st.sampled_from(sorted(PERSON)), max_size=2),
)
async def test_exactly_what_is_wrong_is_told(api: Api, names: set[str], people: list[str]) -> None:
    """Each fault by itself and among others."""
    entered: dict[str, Any] = dict(ENTERED) | {"mentions": [PERSON[one][0] for one in people]}
    for name in names:
        entered |= WRONG[name][0]
    errors = await errors_of(api, "submitVisit", entered)
    paths = [WRONG[name][1] for name in names]
    paths += [["mentions", str(number), PERSON[one][1]] for number, one in enumerate(people)]
    assert sorted(error["field"] for error in errors) == sorted(paths)


async def entered_with(api: Api, **more: Any) -> list[str]:
    """Return the paths of what is wrong with a letter."""
    return [".".join(error["field"]) for error in await errors_of(api, "submitLetter", ENTERED | more)]


@pytest.mark.parametrize(
    "organ",
    ["岳麓区教育局", "岳麓区教育局、民政局（张三）", "长沙市公安局岳麓分局", "岳麓区望月湖街道办事处", "", "  "],
)
async def test_an_authority_is_known_by_its_name(api: Api, connection: Connection, organ: str) -> None:
    """Its division and its function are understood; a blank names none."""
    assert await entered_with(api, organ=organ) == []
    assert await connection.fetchval("select count(*) from organ where name like '%、%'") == 0


async def test_an_organ_is_known_once_something_names_it_that_is_no_accusation(api: Api) -> None:
    """A firm that a source sends tickets to may be named at a desk; that an accusation names one is told to nobody."""
    firm, accused = "长沙水业集团有限公司", "红星实业集团有限公司"
    respondent = MentionDraft(role=MentionRole.RESPONDENT, kind=PartyKind.ORGANISATION, name=accused)
    await api.take_in(
        draft("1", organ=firm), draft("2", kind=PetitionKind.ACCUSATION, mentions=(respondent,), organ=accused)
    )
    assert await entered_with(api, organ=firm) == []
    assert await entered_with(api, organ=accused) == ["organ"]
    assert await entered_with(api, organ=f"{firm}、{accused}") == ["organ"]
    assert await entered_with(api, replies=[{"text": "好", "organ": accused}]) == ["replies.0.organ"]
    assert await entered_with(api, organ=accused, newOrgans=True) == []


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("13812341234", True), ("138-1234-1234", True), ("+86 138 1234 1234", True), ("0731-88888888", True),
        ("（0731）8888 8888转801", True), ("13812341234、13900001111", True), ("61234", True), ("+852 2123 4567", True),
        ("abc", False), ("1", False), ("138****1234", False), ("138123412341381234123413812341234", False),
        ("电话13812341234", False), ("13812341234、", False),
    ],
)  # fmt: skip
def test_what_is_a_telephone_number(text: str, *, right: bool) -> None:
    """Any that people write, and nothing else."""
    assert is_phone(text) is right


@given(st.integers(100000, 999999), st.dates(date(1900, 1, 1), date(2020, 1, 1)), st.integers(0, 16), st.integers(1, 9))
def test_a_wrong_digit_of_an_identity_number_is_noticed(division: int, born: date, place: int, by: int) -> None:
    """The check digit tells of each (GB 11643)."""
    number = f"{division}{born:%Y%m%d}123"
    number += identity_check(number)
    assert is_identity(number)
    wrong = number[:place] + str((int(number[place]) + by) % 10) + number[place + 1 :]
    assert not is_identity(wrong)


@pytest.mark.parametrize(
    ("text", "right"), [("H12345678", True), ("430104900101123", True), ("abc", False), ("1", False)]
)
def test_other_papers_are_taken(text: str, *, right: bool) -> None:
    """Passports, permits, and numbers of the old form."""
    assert is_identity(text) is right
