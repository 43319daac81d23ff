"""Every list is one list, however it is cut into pages; a cursor that is not of it is told so."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.records import Refusal, RejectionReason
from tests.graph.factory import draft, petitioner, reply
from tests.viewers import told_apart

if TYPE_CHECKING:
    from graph.records import Reading
    from tests.api.conftest import Api

PERSON = petitioner("欧阳震华", "13987654321", identity_number="11010519491231002X")
ENTRY = "kind at actor state fields submission { id } event { id }"


@dataclass(frozen=True)
class Listed:
    """A list of the API: where it hangs, with what further arguments, and what is asked of an element."""

    field: str
    arguments: str = ""
    parent: str = ""
    element: str = "id"

    def __str__(self) -> str:
        """Name it in a test's report."""
        return f"{self.parent or 'Query'}.{self.field} {self.arguments}".strip()

    def query(self) -> str:
        """Return the query of a page of it."""
        asked = f"""{self.field}(first: $first, after: $after, last: $last, before: $before {self.arguments}) {{
            totalCount edges {{ cursor node {{ {self.element} }} }} nodes {{ {self.element} }}
            pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }}"""
        if self.parent:
            asked = f"node(id: $parent) {{ ... on {self.parent} {{ {asked} }} }}"
        parent = "$parent: ID!, " if self.parent else ""
        return f"query({parent}$first: Int, $after: String, $last: Int, $before: String) {{ {asked} }}"


LISTS = [
    *(
        Listed("cases", f"orderBy: {{field: {field}, direction: {direction}}}")
        for field in ("OPENED_AT", "LAST_ACTIVITY_AT")
        for direction in ("ASCENDING", "DESCENDING")
    ),
    Listed("submissions", "orderBy: ASCENDING"),
    Listed("submissions", "orderBy: DESCENDING"),
    Listed("parties"),
    Listed("places", 'filter: {code: {within: "4301"}}'),
    Listed("organs"),
    Listed("rejections"),
    Listed("submissions", "orderBy: ASCENDING", parent="Case"),
    Listed("submissions", "orderBy: DESCENDING", parent="Case"),
    Listed("parties", parent="Case"),
    Listed("events", parent="Case"),
    Listed("timeline", parent="Case", element=ENTRY),
    Listed("mentions", parent="Party"),
    Listed("cases", parent="Party"),
    Listed("cases", parent="Place"),
    Listed("cases", parent="Organ"),
]


def readings() -> list[Reading]:
    """Return readings that make every list at least five long, with many elements at one instant."""
    one_matter = [
        draft(f"A{n}", mentions=(PERSON, petitioner(f"王{n}", f"1380000000{n}")), replies=(reply(days=n % 2),))
        for n in range(6)
    ]
    others = [
        draft(
            f"B{n}", title=f"第{n}件", text=f"第{n}件事。", division="430104", mentions=(PERSON,),
            organ="岳麓区教育局" if n % 3 else f"岳麓区第{n}局",
        )
        for n in range(8)
    ]  # fmt: skip
    refused = [
        Refusal(
            channel=others[0].channel, source="hotline", position=f"tickets.csv row {n}", reason=RejectionReason.DATE,
            message="Correct it.", payload=f'"{n}"'.encode(),
        )
        for n in range(5)
    ]  # fmt: skip
    return [*one_matter, *others, *refused]


@pytest.fixture
async def ids(api: Api) -> dict[str, str]:
    """Take everything in and return the ids of the nodes whose lists are read."""
    await api.take_in(*readings())
    data = await api.ask("""{ cases(first: 50) { nodes { id submissionCount } }
        parties { nodes { id mentionCount } } organs { nodes { id name } }
        places(filter: {code: {equals: "430104"}}) { nodes { id } } }""")
    return {
        "Case": max(data["cases"]["nodes"], key=lambda one: one["submissionCount"])["id"],
        "Party": max(data["parties"]["nodes"], key=lambda one: one["mentionCount"])["id"],
        "Organ": next(one["id"] for one in data["organs"]["nodes"] if one["name"] == "岳麓区教育局"),
        "Place": data["places"]["nodes"][0]["id"],
    }


async def page_of(api: Api, listed: Listed, **arguments: Any) -> Any:
    """Return a page."""
    data = await api.ask(listed.query(), **arguments)
    return (data["node"] if listed.parent else data)[listed.field]


@given(data=st.data())
@settings(max_examples=150)
async def test_any_page_is_that_stretch_of_the_list(api: Api, ids: dict[str, str], data: st.DataObject) -> None:
    """For every list, order and pair of cursors, from either end: the elements between them, and what lies beyond."""
    listed = data.draw(st.sampled_from(LISTS))
    arguments: dict[str, Any] = {"parent": ids.get(listed.parent)}
    whole = await page_of(api, listed, first=100, **arguments)
    edges = whole["edges"]
    assert len(edges) >= 5
    assert len(edges) == int(whole["totalCount"]) == len({edge["cursor"] for edge in edges})

    place = st.none() | st.integers(0, len(edges) - 1)
    after, before = data.draw(place, "after"), data.draw(place, "before")
    size, end = data.draw(st.integers(0, len(edges) + 1), "size"), data.draw(st.sampled_from(["first", "last"]), "end")
    arguments |= {"after": None if after is None else edges[after]["cursor"], end: size}
    arguments |= {"before": None if before is None else edges[before]["cursor"]}
    page = await page_of(api, listed, **arguments)

    between = whole["nodes"][0 if after is None else after + 1 : before]
    beyond = len(between) > size
    forward = end == "first"
    assert page["nodes"] == (between[:size] if forward else between[max(len(between) - size, 0) :])
    assert [edge["node"] for edge in page["edges"]] == page["nodes"]
    assert page["pageInfo"]["hasNextPage"] == (beyond if forward else before is not None)
    assert page["pageInfo"]["hasPreviousPage"] == (after is not None if forward else beyond)
    assert page["totalCount"] == whole["totalCount"]


async def test_a_cursor_of_another_list_is_refused(api: Api, ids: dict[str, str]) -> None:
    """Of another order, or of the changes."""
    pages = [await page_of(api, Listed(name), first=1) for name in ("organs", "submissions")]
    foreign = [page["edges"][0]["cursor"] for page in pages]
    foreign.append((await api.ask("{ changes { cursor } }"))["changes"]["cursor"])
    for listed in LISTS:
        parent = ids.get(listed.parent)
        own = shape((await page_of(api, listed, first=1, parent=parent))["edges"][0]["cursor"])
        for cursor in foreign:
            if own is None or shape(cursor) != own:
                answer = await api.post(listed.query(), first=1, after=cursor, parent=parent)
                assert answer["errors"][0]["extensions"]["code"] == "INVALID_CURSOR", str(listed)


def shape(cursor: str) -> str | None:
    """Return the order that a plain cursor is of, None for a sealed one."""
    try:
        order: str = orjson.loads(base64.urlsafe_b64decode(cursor))[0]
    except ValueError:
        return None
    return order


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
    | st.sampled_from(["received_at,id", "position", "id", "2026-11-24T01:00:00+00:00", "0001-01-01T00:00:00+14:00",
                       "9999-12-31T23:59:59-14:00", "2026-11-24", "00000000-0000-0000-0000-000000000000", 2**63]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=6,
)  # fmt: skip
CLAIMED = st.tuples(
    st.sampled_from(["received_at,id", "id", "name,id", "opened_at,id", "at,id", "full_name,id"]), VALUES, VALUES
).map(list)


def encoded(value: object) -> str:
    """Return what somebody made up in the form of a cursor: half characters, NaN and huge numbers among it."""
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode()


@given(
    listed=st.sampled_from(LISTS),
    cursor=st.text(max_size=30)
    | st.binary(max_size=30).map(lambda one: base64.urlsafe_b64encode(one).decode())
    | (VALUES | CLAIMED).map(encoded),
    end=st.sampled_from(["after", "before"]),
)
@settings(max_examples=200)
async def test_a_made_up_cursor_is_an_answer_or_a_clear_refusal(
    api: Api, ids: dict[str, str], listed: Listed, cursor: str, end: str
) -> None:
    """Whatever it holds, it is never a fault of ours."""
    parent = ids.get(listed.parent)
    answer = await api.post(listed.query(), parent=parent, **{end: cursor})
    for error in answer.get("errors", ()):
        assert told_apart(error) == {"code": "INVALID_CURSOR", "argument": end}
        assert error["message"]


@given(data=st.data())
@settings(max_examples=60)
async def test_an_altered_cursor_is_an_answer_or_a_clear_refusal(
    api: Api, ids: dict[str, str], data: st.DataObject
) -> None:
    """One character of a real cursor changed: refused where it is sealed, harmless where it is plain."""
    listed = data.draw(st.sampled_from(LISTS))
    parent = ids.get(listed.parent)
    whole = await page_of(api, listed, first=100, parent=parent)
    cursor = data.draw(st.sampled_from([edge["cursor"] for edge in whole["edges"]]))
    place = data.draw(st.integers(0, len(cursor) - 1))
    altered = cursor[:place] + data.draw(st.sampled_from("Ab9-_")) + cursor[place + 1 :]
    answer = await api.post(listed.query(), first=5, after=altered, parent=parent)
    codes = [error["extensions"]["code"] for error in answer.get("errors", ())]
    assert codes in ([], ["INVALID_CURSOR"])
    if listed.field == "timeline" and decoded(altered) != decoded(cursor):
        assert codes == ["INVALID_CURSOR"]


def decoded(cursor: str) -> bytes:
    """Return the bytes of a cursor, whether it is padded or not."""
    return base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
