"""docs/graphql.md is true: each task answers as the page says, and no code, limit or setting is missing."""

from __future__ import annotations

import ast
import asyncio
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from casegraph.app import build_app
from casegraph.settings import Settings, name_of
from casegraph.transport_ws import Close
from graph.records import (
    CallBackDraft,
    Channel,
    LetterDetails,
    ReplyDraft,
    Satisfaction,
    VisitDetails,
    WebDetails,
)
from resolvers.trusted import load
from schema.enums import UserErrorCode
from search.indexer import Indexer
from tests.api.conftest import client_of
from tests.graph.factory import draft, petitioner
from tests.reference.saved import follow
from tests.viewers import raw_headers_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, MutableMapping

    from graph.records import Draft
    from tests.api.conftest import Api, Services

ROOT: Final = Path(__file__).parents[2]
GUIDE: Final = (ROOT / "docs" / "graphql.md").read_text(encoding="utf-8")
TASK: Final = re.compile(r"^### (\d+)\. .*?\n(.*?)(?=^##|\Z)", re.MULTILINE | re.DOTALL)
BLOCK: Final = re.compile(r"^```(graphql|json)\n(.*?)^```", re.MULTILINE | re.DOTALL)
ANY: Final = "…"
"""Stands in an answer for what differs from one graph to the next: ids, cursors, codes, the time of today."""
PATIENCE: Final = 120.0


# The graph of the page ------------------------------------------------------------------------------------------------


def at(month: int, day: int, hour: int = 1) -> datetime:
    """Return an instant of 2026."""
    return datetime(2026, month, day, hour, tzinfo=UTC)


def rated(satisfaction: Satisfaction, when: datetime) -> tuple[CallBackDraft, ...]:
    """Return a call-back with a rating."""
    return (CallBackDraft(at=when, satisfaction=satisfaction),)


GRILL: Final = "桔园小区三栋楼下的烧烤店每晚营业到凌晨两点，油烟直接排进住户家中，请查处并书面答复。"
SUBMITTED: Final[tuple[Draft, ...]] = (
    draft(
        "TS1001", title="烧烤店油烟扰民", text=GRILL, division="430104", topic="城乡建设", organ="岳麓区城市管理局",
        received_at=at(10, 12), mentions=(petitioner("张三", "13812341234"),),
        replies=(ReplyDraft(text="已责令该店整改。", organ="岳麓区城市管理局", at=at(10, 21)),),
        call_backs=rated(Satisfaction.SATISFIED, at(10, 25)),
    ),
    draft(
        "WB2001", channel=Channel.WEB, source="web", title="烧烤店油烟扰民，请尽快处理", text=GRILL, division="430104",
        topic="城乡建设", received_at=at(10, 13), mentions=(petitioner("张三", "13812341234"),),
        details=WebDetails(platform="领导留言板", likes=6),
    ),
    draft(
        "VS3001", channel=Channel.VISIT, source="visit", title="路灯坏了", text="小区门口的路灯坏了三个月，没有人修。",
        division="430102", topic="城乡建设", received_at=at(10, 20), mentions=(petitioner("李四", "13900001111"),),
        details=VisitDetails(head_count=3, reception_place="信访接待大厅"),
    ),
    draft(
        "LT4001", channel=Channel.LETTER, source="letter", title="小学学位不够", topic="教育文体",
        text="孩子九月该上小学，学位不够，请教育局答复。", received_at=at(11, 3),
        mentions=(petitioner("王芳", "13800000001"),), details=LetterDetails(signatories=12),
    ),
    draft(
        "TS1002", title="工地夜间施工噪音", text="工地每晚施工到凌晨，噪音很大，老人无法休息。", division="430105",
        topic="城乡建设", received_at=at(11, 10), mentions=(petitioner("赵六", "13700002222"),),
        replies=(ReplyDraft(text="已约谈施工单位。", organ="开福区城市管理局", at=at(11, 14, 13)),),
        call_backs=rated(Satisfaction.DISSATISFIED, at(11, 16)),
    ),
    draft(
        "WB2002", channel=Channel.WEB, source="web", title="楼下油烟太大", text="楼下饭店的油烟太大，不敢开窗。",
        division="430104", topic="城乡建设", received_at=at(11, 18), mentions=(petitioner("孙丽", "13600003333"),),
        details=WebDetails(platform="领导留言板"),
    ),
)  # fmt: skip


async def fill(services: Services) -> None:
    """Fill an empty graph with what the page tells of, each taken in a day after it was received."""
    for one in SUBMITTED:
        await services.intake.take_in([one], actor="web", now=one.received_at + timedelta(days=1))
    await Indexer(pool=services.pool, engine=services.engine).catch_up()


# The page's tasks -----------------------------------------------------------------------------------------------------


@dataclass
class Step:
    """A query of the page, its variables, and what it is answered with."""

    query: str
    variables: dict[str, Any]
    answer: Any = None


def steps(text: str) -> list[Step]:
    """Return the steps of a task; JSON with `data` or `errors` is an answer, any other is variables."""
    found: list[Step] = []
    for language, block in BLOCK.findall(text):
        if language == "graphql":
            found.append(Step(block, {}))
            continue
        value = json.loads(block)
        if {"data", "errors"} & set(value):
            found[-1].answer = value
        elif found[-1].answer is None:
            found[-1].variables = value
        else:
            found.append(Step(found[-1].query, value))
    return found


def fits(wanted: Any, found: Any) -> bool:
    """Tell whether an answer is the one on the page, to the order of its fields."""
    if wanted == ANY:
        return isinstance(found, str) and found != ""
    if isinstance(wanted, Mapping) and isinstance(found, Mapping):
        return list(wanted) == list(found) and all(fits(value, found[name]) for name, value in wanted.items())
    if isinstance(wanted, list) and isinstance(found, list):
        return len(wanted) == len(found) and all(fits(*pair) for pair in zip(wanted, found, strict=True))
    return type(wanted) is type(found) and bool(wanted == found)


def last(name: str, answer: Any) -> Any:
    """Return the last value of this name in an answer."""
    if isinstance(answer, Sequence) and not isinstance(answer, str):
        answer = dict(enumerate(answer))
    if not isinstance(answer, Mapping):
        return None
    inner = [last(name, value) for value in answer.values()]
    return answer.get(name) or next((one for one in reversed(inner) if one is not None), None)


class Reader:
    """Does what the page says, one step after the other."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._answer: Any = None

    async def run(self, step: Step) -> Any:
        """Return the answer to a step; a subscription's is its first event."""
        variables = {name: await self._filled(value) for name, value in step.variables.items()}
        if step.query.startswith("subscription"):
            await enter(self._api, "中学学位不足" if "searchAlerted" in step.query else "电梯停运")
            await follow(self._api.services)
            async with subscribed(self._api.services, step.query, variables) as events:
                self._answer = await anext(events)
        else:
            self._answer = await self._api.post(step.query, **variables)
        return self._answer

    async def _filled(self, value: Any) -> Any:
        """Return a variable's value with what stands in angle brackets filled in."""
        if isinstance(value, dict):
            return {name: await self._filled(one) for name, one in value.items()}
        if isinstance(value, list):
            return [await self._filled(one) for one in value]
        if isinstance(value, str) and value.startswith("<"):
            kind, _, name = value.strip("<>").partition(" ")
            return await self._id(kind, name) if name else last(kind, self._answer)
        return value

    async def _id(self, kind: str, name: str) -> str:
        lists = {
            "case": "cases { nodes { id name: title } }",
            "submission": "submissions { nodes { id name: title } }",
            "organ": "organs { nodes { id name } }",
            "place": f'places(filter: {{code: {{equals: "{name}"}}}}) {{ nodes {{ id name: code }} }}',
        }
        [found] = (await self._api.ask(f"{{ {lists[kind]} }}")).values()
        (key,) = [one["id"] for one in found["nodes"] if one["name"] == name]
        return str(key)


async def enter(api: Api, title: str) -> None:
    """Do what the page tells of before it shows an event: somebody enters a message."""
    query = """mutation($title: String!) { submitWebMessage(input: {
        title: $title, text: $title, receivedAt: "2026-11-21T08:00:00+08:00"}) { errors { message } } }"""
    assert (await api.ask(query, title=title))["submitWebMessage"]["errors"] == []


@asynccontextmanager
async def subscribed(services: Services, query: str, variables: dict[str, Any]) -> AsyncIterator[AsyncIterator[Any]]:
    """Subscribe over graphql-transport-ws, and give what comes."""
    coming: asyncio.Queue[MutableMapping[str, Any]] = asyncio.Queue()
    sent: asyncio.Queue[MutableMapping[str, Any]] = asyncio.Queue()

    def say(**message: Any) -> None:
        coming.put_nowait({"type": "websocket.receive", "text": json.dumps(message)})

    async def told() -> Any:
        async with asyncio.timeout(PATIENCE):
            message = await sent.get()
        return json.loads(message["text"]) if "text" in message else message

    async def events() -> AsyncIterator[Any]:
        while True:
            message = await told()
            assert (message["type"], message["id"]) == ("next", "1"), message
            yield message["payload"]

    headers = [(b"host", b"127.0.0.1:8000"), (b"sec-websocket-protocol", b"graphql-transport-ws"), *raw_headers_of()]
    scope = {"type": "websocket", "path": "/graphql", "headers": headers, "subprotocols": ["graphql-transport-ws"]}
    coming.put_nowait({"type": "websocket.connect"})

    async def connect() -> None:
        await build_app(services)(scope, coming.get, sent.put)

    connection = asyncio.create_task(connect())
    assert (await told())["type"] == "websocket.accept"
    say(type="connection_init")
    assert (await told())["type"] == "connection_ack"
    say(id="1", type="subscribe", payload={"query": query, "variables": variables})
    try:
        yield events()
    finally:
        coming.put_nowait({"type": "websocket.disconnect", "code": 1000})
        async with asyncio.timeout(PATIENCE):
            await connection


async def test_each_task_is_answered_as_the_page_says(api: Api) -> None:
    """In their order, each from what those before it left."""
    tasks = TASK.findall(GUIDE)
    assert [int(number) for number, _ in tasks] == list(range(1, 14))
    await fill(api.services)
    reader = Reader(api)
    for number, text in tasks:
        found = steps(text)
        assert found, number
        for step in found:
            answer = await reader.run(step)
            assert step.answer is not None, step.query
            assert fits(step.answer, answer), f"Task {number}: {json.dumps(answer, ensure_ascii=False)}"


async def test_who_follows_as_the_page_says_misses_nothing(api: Api) -> None:
    """Events behind the last cursor come on another connection: each once, in their order, whatever came between."""
    [(_, text)] = [one for one in TASK.findall(GUIDE) if one[0] == "10"]
    cursor, follow = steps(text)
    await fill(api.services)
    after = last("cursor", await api.post(cursor.query))
    await enter(api, "电梯停运")
    async with subscribed(api.services, follow.query, {"after": after}) as events:
        first = (await anext(events))["data"]["caseChanged"]
    await enter(api, "门禁失灵")
    met = [first]
    async with subscribed(api.services, follow.query, {"after": first["cursor"]}) as events:
        while met[-1]["case"]["title"] != "门禁失灵":
            met.append((await anext(events))["data"]["caseChanged"])
    async with subscribed(api.services, follow.query, {"after": after}) as events:
        again = [(await anext(events))["data"]["caseChanged"] for _ in met]
    # Cursors differ from read to read.
    assert [one | {"cursor": ""} for one in again] == [one | {"cursor": ""} for one in met]
    kinds = [one["kind"] for one in met if one["case"]["title"] == "电梯停运"]
    assert kinds == ["SUBMISSION_RECEIVED", "CASE_OPENED"]


# The page's tables ----------------------------------------------------------------------------------------------------


def section(title: str) -> str:
    """Return what stands below a heading."""
    found = re.search(rf"^##+ {re.escape(title)}\n(.*?)(?=^##|\Z)", GUIDE, re.MULTILINE | re.DOTALL)
    assert found is not None, title
    return found[1]


def listed(text: str) -> list[str]:
    """Return the codes in the first column of a table."""
    cells = re.findall(r"^\| (`[A-Z].*?) \|", text, re.MULTILINE)
    return [code for cell in cells for code in re.findall(r"`([A-Z_]+)`", cell)]


NO_CODES: Final = frozenset({"CASEGRAPH_DATABASE_URL", "LC_ALL", "LEAST_ROOM", "PG_VERSION"})
CODED: Final = re.compile(r"[A-Z]+(_[A-Z]+)+")
RAISED: Final = frozenset({"RequestError", "LimitError", "RefusalError"})


def codes_of(tree: ast.Module) -> Iterator[str]:
    """Yield what can be a code in a module: words in capitals, alone where an error is made or a name given to them."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and CODED.fullmatch(node.value):
            yield node.value
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in RAISED:
            yield from (
                one.value
                for one in node.args
                if isinstance(one, ast.Constant) and isinstance(one.value, str) and one.value.isupper()
            )
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            named = node.target.id
            if isinstance(node.value, ast.Constant) and node.value.value == named:
                yield named


def test_every_code_is_on_the_page() -> None:
    """And none that nothing tells."""
    modules = [
        *(ROOT / "resolvers").rglob("*.py"),
        *(ROOT / "casegraph").glob("*.py"),
        *(ROOT / "casegraph" / "signin").glob("*.py"),
        ROOT / "schema" / "errors.py",
    ]
    told = {code for path in modules for code in codes_of(ast.parse(path.read_text(encoding="utf-8")))}
    codes = listed(section("Errors"))
    assert len(codes) == len(set(codes))
    assert set(codes) == told - NO_CODES
    assert listed(section("8. Enter a web message")) == [str(code) for code in UserErrorCode]


def test_every_code_that_closes_a_websocket_is_on_the_page() -> None:
    """And none besides."""
    assert re.findall(r"^\| (\d+) \|", section("WebSockets"), re.MULTILINE) == [str(code.value) for code in Close]


async def test_an_error_looks_as_the_page_shows_it(api: Api) -> None:
    """Its message, place and details alike."""
    [(_, shown)] = BLOCK.findall(section("Errors"))
    assert await api.post("{ cases(first: 500) { nodes { id } } }") == json.loads(shown)


def test_the_limits_are_those_of_the_settings() -> None:
    """With their defaults; and every setting that the page names is one."""
    defaults = {name_of(one): one.default for one in fields(Settings)}
    rows = re.findall(r"^\| [^|]+ \| ([\d,]+) \| `(CASEGRAPH_\w+)`", section("Limits"), re.MULTILINE)
    assert {name: int(shown.replace(",", "")) for shown, name in rows} == {
        f"CASEGRAPH_{name}": defaults[f"CASEGRAPH_{name}"]
        for name in (
            "PAGE_SIZE", "DEPTH", "ALIASES", "TOKENS", "COST", "STATEMENT_TIMEOUT", "OPERATIONS_PER_SOCKET",
            "SOCKETS_PER_VIEWER", "SUBSCRIPTIONS_PER_VIEWER", "SOCKETS_PER_ADDRESS",
        )
    }  # fmt: skip
    assert set(re.findall(r"CASEGRAPH_[A-Z_]+", GUIDE)) <= set(defaults)


# The page's other examples --------------------------------------------------------------------------------------------


async def test_a_trusted_document_is_asked_for_as_the_page_says(api: Api, tmp_path: Path) -> None:
    """By its id or as Apollo's client does it; nothing else is answered."""
    text = "{ cases { totalCount } }"
    (tmp_path / "count.graphql").write_text(text, encoding="utf-8")
    asked = BLOCK.findall(section("Trusted documents"))[0][1].replace("<id>", hashlib.sha256(text.encode()).hexdigest())
    async with client_of(api.services, trusted=load(tmp_path)) as http:
        answers = [(await http.post("/graphql", json=one)).json() for one in json.loads(asked)]
        refused = (await http.post("/graphql", json={"query": "{ organs { totalCount } }"})).json()
    assert answers == [{"data": {"cases": {"totalCount": 0}}}] * 2
    assert refused["errors"][0]["extensions"]["code"] == "UNTRUSTED_DOCUMENT"


async def test_a_file_is_uploaded_as_the_page_says(api: Api) -> None:
    """Its id is an attachment."""
    kept = await api.http.post("/uploads", params={"name": "合同.txt"}, content="租赁合同".encode())
    if kept.status_code == 404:
        pytest.skip("There are no uploads yet.")
    assert kept.status_code == 201
    upload = kept.json()["upload"]
    given = json.loads(BLOCK.findall(section("Uploads"))[0][1].replace("<id>", upload))
    query = """mutation($input: SubmitLetterInput!) {
        submitLetter(input: $input) { submission { documents { name } } errors { message } } }"""
    entered = (await api.ask(query, input=given))["submitLetter"]
    assert entered == {"submission": {"documents": [{"name": "合同.txt"}]}, "errors": []}
