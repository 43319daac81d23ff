"""Cursors that were made up, cut, changed, or are somebody else's: refused, or worth no more than asking without."""

from __future__ import annotations

import base64
import json
from itertools import product
from typing import TYPE_CHECKING, Any, Final

import pytest

from graph.policy import Role
from graph.records import PetitionKind
from tests.api.conftest import Api, client_of
from tests.attacks.line import codes_in
from tests.graph.factory import draft
from tests.viewers import only

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

LISTS: Final = {
    "cases": "query($after: String) { page: cases(first: 1, after: $after) { edges { cursor } nodes { id } } }",
    "submissions": "query($after: String) { page: submissions(first: 1, after: $after) { edges { cursor } } }",
    "search": 'query($after: String) { page: search(query: "", first: 1, after: $after) { edges { cursor } } }',
    "organs": "query($after: String) { page: organs(first: 1, after: $after) { edges { cursor } nodes { id } } }",
    "changes": "query($after: String) { page: changes(first: 1, after: $after) { cursor changes { kind } } }",
}
EVERY_SUBMISSION: Final = (
    "query($after: String, $before: String, $first: Int, $last: Int) {"
    " submissions(after: $after, before: $before, first: $first, last: $last) { nodes { externalId } } }"
)


def cursor_in(answer: Any) -> str:
    """Return the first cursor of a page."""
    page = answer["page"]
    found: str = page["edges"][0]["cursor"] if page.get("edges") else page["cursor"]
    return found


@pytest.fixture
async def given(api: Api) -> dict[str, str]:
    """Give a cursor of each list."""
    await api.take_in(*[draft(str(number), title=str(number), text=f"第{number}件油烟。", organ="岳麓区城市管理局")
                        for number in range(4)])  # fmt: skip
    return {name: cursor_in(await api.ask(document)) for name, document in LISTS.items()}


@pytest.fixture
async def outsider(api: Api) -> AsyncIterator[Api]:
    """Give the application asked by a leader of another division."""
    async with client_of(api.services, viewer=only(Role.LEADER, divisions=("4401",))) as http:
        yield Api(api.services, http)


async def test_a_cursor_is_of_its_own_list(api: Api, given: dict[str, str]) -> None:
    """That of another is refused, whichever two they are."""
    for (name, cursor), other in product(given.items(), LISTS):
        found = codes_in(await api.post(LISTS[other], after=cursor))
        if name == other:
            assert found == set()
        elif {name, other} != {"cases", "submissions"}:  # which may be ordered alike
            assert found == {"INVALID_CURSOR"}, (name, other)


@pytest.mark.parametrize("name", LISTS)
async def test_a_cursor_that_was_changed_is_refused_or_harmless(api: Api, given: dict[str, str], name: str) -> None:
    """Each of its signs in turn, and each length: what is sealed is refused, what is plain is only another place."""
    cursor = given[name]
    assert await api.ask(LISTS[name], after=cursor)
    step = 1 + len(cursor) // 40
    changed = [
        cursor[:at] + ("A" if cursor[at] != "A" else "B") + cursor[at + 1 :] for at in range(0, len(cursor), step)
    ]
    cut = [cursor[:at] for at in range(1, len(cursor), step)]
    for tampered in (
        *changed,
        *cut,
        cursor + "A",
        cursor + "=",
        cursor + "\0",
        "\0" + cursor,
        cursor * 2,
        cursor * 500,
    ):
        found = codes_in(await api.post(LISTS[name], after=tampered))
        assert found <= {"INVALID_CURSOR"}
        if name == "changes" and tampered in changed:
            assert found == {"INVALID_CURSOR"} or tampered == changed[-1]  # the last sign has bits to spare


MADE_UP: Final = [
    [],
    {},
    "x",
    5,
    None,
    ["x"],
    [["received_at,id"]],
    ["received_at,id"],
    ["received_at,id", None, None],
    ["received_at,id", "x", "y"],
    ["received_at,id", "0001-01-01T00:00:00+14:00", "x"],
    ["received_at,id", "9999-12-31T23:59:59-14:00", "00000000-0000-0000-0000-000000000000"],
    ["received_at,id", 5, 5],
    ["received_at,id", "2026-11-24T00:00:00Z", "' or 1=1 --"],
    ["received_at,id", {"a": 1}, []],
    [{"a": 1}, "x"],
    ["id", "00000000-0000-0000-0000-000000000000"] * 100,
]


async def test_a_cursor_that_was_made_up_is_refused_or_harmless(api: Api) -> None:
    """Whatever JSON it holds."""
    for held in MADE_UP:
        forged = base64.b64encode(json.dumps(held).encode()).decode()
        for document in LISTS.values():
            assert codes_in(await api.post(document, after=forged)) <= {"INVALID_CURSOR"}
        deep = base64.b64encode(b"[" * 100_000).decode()
        assert codes_in(await api.post(LISTS["cases"], after=deep)) == {"INVALID_CURSOR"}


async def test_another_s_cursor_shows_no_more_than_one_sees(api: Api, outsider: Api, given: dict[str, str]) -> None:
    """It is a place in an order, not a right; that of the journal is its owner's alone."""
    await api.take_in(draft("mine", division="440100", kind=PetitionKind.APPEAL, text="广州市的另一件事。"))
    own = [one["externalId"] for one in (await outsider.ask(EVERY_SUBMISSION, first=9))["submissions"]["nodes"]]
    assert own == ["mine"]
    for name, cursor in given.items():
        answer = await outsider.post(LISTS[name], after=cursor)
        assert codes_in(answer) <= {"INVALID_CURSOR"}
        if name == "changes":
            assert codes_in(answer) == {"INVALID_CURSOR"}
    early, late = ("0001-01-02T00:00:00+00:00", "9998-01-01T00:00:00+00:00")
    for at, (size, side) in product((early, late), (("first", "after"), ("last", "before"))):
        key = ["received_at,id", at, "00000000-0000-0000-0000-000000000000"]
        forged = base64.b64encode(json.dumps(key).encode()).decode()
        answer = await outsider.post(EVERY_SUBMISSION, **{size: 9, side: forged})
        assert codes_in(answer) <= {"INVALID_CURSOR"}
        nodes = (answer.get("data") or {"submissions": {"nodes": []}})["submissions"]["nodes"]
        assert {one["externalId"] for one in nodes} <= {"mine"}
