"""The commands that are cut from their server: what each finds, what it is asked, and what it leaves."""

from __future__ import annotations

import asyncio
import re
import shutil
import signal
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import httpx
import orjson

from casegraph.backup.manifest import read_manifest, require_whole
from casegraph.commands.ingest import REJECTED
from casegraph.demo.town import FOLDERS, make_town
from casegraph.opening import open_vault
from casegraph.settings import Settings
from graph import erasure_list, journal, set_aside
from graph.database import connect
from graph.migrate import pending
from graph.records import Channel
from graph.rotation import wrappers
from search.tantivy_engine import open_tantivy
from tests.cluster import TEMPLATE
from tests.connectors.factory import HEADINGS, ROW, text_table
from tests.graph.picture import DANGLING, EMPTY_CASES, picture
from tests.run.processes import READY, Home
from tests.viewers import headers_of

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from graph.database import Connection
    from tests.cluster import Cluster

FILLED: Final = "filled"
EMPTY: Final = "template0"
MIGRATED: Final = TEMPLATE
KEYED: Final = "keyed"
RECORDS: Final = 5
"""That are pushed to a server, one after the other."""
HEADING: Final = "甲"
MAPPING: Final = f'[headings]\nexternal_id = ["{HEADING}"]\nreceived_at = ["乙"]\ntext = ["丙"]\n'
SEARCH: Final = "query Search($query: String!) { search(query: $query) { totalCount } }"


@dataclass
class Instance:
    """What a command works on: `base` has what all share, `url` reaches its database by no cable."""

    base: Path
    folder: Path
    database: str
    url: str
    home: Home


Use: TypeAlias = "Callable[[Started, Instance], Awaitable[None]]"
"""Uses a command while it runs."""


@dataclass
class Started:
    """A command that was started, and what it said so far."""

    process: Process
    said: str = ""
    complaints: str = ""
    code: int | None = None
    heard: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def run(self, use: Use | None, instance: Instance) -> None:
        """Hear what it says until it ends; use it meanwhile, and end it then."""
        hearing = [asyncio.create_task(self._hear(stream)) for stream in (self.process.stdout, self.process.stderr)]
        using = asyncio.create_task(self._used(use, instance)) if use else None
        try:
            self.code = await self.process.wait()
            await asyncio.gather(*hearing)
            async with self.heard:
                self.heard.notify_all()
            if using and using.done():
                await using
        finally:
            for task in (*hearing, *filter(None, [using])):
                task.cancel()

    async def _used(self, use: Use, instance: Instance) -> None:
        try:
            await use(self, instance)
        finally:
            if self.process.returncode is None:
                self.process.send_signal(signal.SIGTERM)

    async def _hear(self, stream: asyncio.StreamReader | None) -> None:
        assert stream is not None
        while line := (await stream.readline()).decode():
            self.said += line
            if stream is self.process.stderr:
                self.complaints += line
            async with self.heard:
                self.heard.notify_all()

    async def line(self, pattern: str) -> str:
        """Wait until it says something that a pattern finds, and return its group."""
        async with self.heard:
            await self.heard.wait_for(lambda: re.search(pattern, self.said))
        found = re.search(pattern, self.said)
        assert found
        return found[found.lastindex or 0]


@dataclass(frozen=True)
class Command:
    """One command: its words, the database and the data folder it finds, its exit code, and what it leaves."""

    name: str
    words: Callable[[Instance], list[str]]
    template: str = FILLED
    data: str = FILLED
    code: int = 0
    left: Callable[[Instance], Awaitable[Any]] | None = None
    use: Use | None = None
    goes_on: bool = False
    """Whether what is cut comes back while it runs: it has to go on by itself."""
    settings: dict[str, str] = field(default_factory=dict)


# What they find -------------------------------------------------------------------------------------------------------


def prepare(folder: Path, cluster: Cluster) -> None:
    """Make the database and the folders that commands find."""
    make_town(folder / "town", submissions=100, seed=11, until=date(2026, 11, 20))
    make_town(folder / "old", submissions=20, seed=12, until=date(2012, 11, 20))
    (folder / "own.csv").write_bytes(text_table([(HEADING, "乙", "丙"), ("1", ROW[1], "树枝挡住路灯。")]))
    (folder / "own.toml").write_text(MAPPING, encoding="utf-8")
    (folder / "lacking.csv").write_bytes(text_table([HEADINGS, ("90", *ROW[1:]), ("91", *ROW[1:4], "")]))
    asyncio.run(_created(cluster))
    home = Home(folder / FILLED, database_url=cluster.url(FILLED))
    own = [folder / "own.csv", folder / "lacking.csv"]
    for channel, more in ((Channel.HOTLINE, own), (Channel.LETTER, [])):
        paths = [folder / "town" / FOLDERS[channel], folder / "old" / FOLDERS[channel], *more]
        done = home.run("ingest", channel.lower(), *map(str, paths))
        assert done.returncode == REJECTED, done.stderr
    asyncio.run(_set_aside(cluster.url(FILLED), folder / "erased"))
    (folder / KEYED).mkdir()
    shutil.copy(folder / FILLED / "master.key", folder / KEYED)
    assert home.run("backup", str(folder / "backup")).returncode == 0


async def _created(cluster: Cluster) -> None:
    connection = await connect(cluster.url("postgres"))
    try:
        await connection.execute(f"create database {FILLED} template {TEMPLATE}")
    finally:
        await connection.close()


async def _set_aside(url: str, erased: Path) -> None:
    """Set some submissions aside, and put down which one is to be erased."""
    connection = await connect(url)
    try:
        found = await connection.fetch("select id from submission order by id limit 3")
        erased.write_text(str(found[0]["id"]), encoding="ascii")
        await set_aside.put(
            connection, "search", {row["id"]: "made up" for row in found}, await journal.position(connection)
        )
    finally:
        await connection.close()


PAGES: Final = 6
PAGE: Final = 5


def page(cursor: str | None) -> bytes:
    """Return a page of a web platform's feed, which ends where it is asked for what comes after the last."""
    number = int(cursor or 0)
    following = min(number + 1, PAGES)
    records = [
        {"message_id": f"{number}-{one}", "text": f"第{number}栋{one}单元路灯坏了。", "time": ROW[1]}
        for one in range(PAGE)
    ]
    more = following != number
    return orjson.dumps({"records": records if more else [], "cursor": str(following), "more": more})


# What they leave ------------------------------------------------------------------------------------------------------


async def seen(instance: Instance, look: Callable[[Connection], Awaitable[Any]]) -> Any:
    """Look at the database by no cable."""
    connection = await connect(instance.url)
    try:
        return await look(connection)
    finally:
        await connection.close()


async def graph(instance: Instance) -> Any:
    """Return what the graph says, after checking that it holds together and that the index is whole."""

    async def look(connection: Connection) -> Any:
        assert (await journal.verify(connection)).broken_at is None
        assert await connection.fetch(DANGLING) == []
        assert await connection.fetchval(EMPTY_CASES) == 0
        return await picture(connection)

    return await seen(instance, look)


async def graph_and_index(instance: Instance) -> Any:
    """Return what the graph says and how many texts the index has, which must hold the whole journal."""
    engine = open_tantivy(instance.home.data / "index")
    held = await engine.held()
    assert held is not None
    assert held.position == await seen(instance, journal.position)
    return await graph(instance)


async def tables(instance: Instance) -> Any:
    """Return which migrations lack and what the vocabularies hold."""

    async def look(connection: Connection) -> Any:
        return await pending(connection), await connection.fetchval("select count(*) from place")

    return await seen(instance, look)


async def erasures(instance: Instance) -> Any:
    """Return what the graph says, after what the list has was carried out."""
    done = await asyncio.to_thread(instance.home.run, "erase", "--unfinished")
    assert done.returncode == 0, done.stderr
    vault = open_vault(Settings(data=instance.home.data))
    listed = {one.id for one in erasure_list.read(instance.home.data / "erasures.log", vault)}

    async def look(connection: Connection) -> Any:
        return {row["id"] for row in await connection.fetch("select id from erasure")}

    assert listed == await seen(instance, look)
    return await graph_and_index(instance)


async def backup(instance: Instance) -> Any:
    """Return what a backup holds, which must be whole, with no other beside it."""
    manifest, _ = read_manifest(instance.folder / "backup")
    require_whole(instance.folder / "backup", manifest)
    assert sorted(path.name for path in instance.folder.iterdir()) == ["backup", "data"]
    return {name: table.rows for name, table in manifest.dump.tables.items()}


async def asked_again(instance: Instance) -> Any:
    """Return how many are to be tried again."""
    return await seen(instance, lambda connection: connection.fetchval("select count(*) from set_aside where again"))


async def one_key(instance: Instance) -> Any:
    """Return how many master keys wrap, and how many data keys."""
    return sorted((await seen(instance, wrappers)).values())


async def api_keys(instance: Instance) -> Any:
    """Return whether there is a key that holds."""
    return await seen(instance, lambda connection: connection.fetchval("select count(*) > 0 from api_key"))


# What is asked of them ------------------------------------------------------------------------------------------------


async def push_and_find(started: Started, _: Instance) -> None:
    """Push records one by one until each is taken, and look for the last until it is found."""
    address = await started.line(READY)
    async with httpx.AsyncClient(headers=headers_of(), timeout=20) as client:
        for number in range(RECORDS):
            record = {"工单编号": f"推{number}", "来电时间": ROW[1], "诉求内容": f"小区电梯停运第{number}天。"}
            path = address.replace("/graphql", "/intake/centre?channel=HOTLINE")
            await _until(lambda: _answered(client, path, [record], bool))  # noqa: B023 - called before the next
        given = {"query": SEARCH, "variables": {"query": "电梯停运"}}
        await _until(lambda: _answered(client, address, given, _finds_all))


async def _until(looks: Callable[[], Awaitable[bool]]) -> None:
    while not await looks():  # noqa: ASYNC110 - another process does it, and calls nobody
        await asyncio.sleep(0.1)


def _finds_all(answer: Any) -> bool:
    found = (answer.get("data") or {}).get("search") or {}
    return bool(found.get("totalCount", 0) >= RECORDS)


async def _answered(client: httpx.AsyncClient, path: str, given: Any, looks: Callable[[Any], bool]) -> bool:
    try:
        answer = await client.post(path, json=given)
        return answer.status_code == httpx.codes.OK and looks(answer.json())
    except httpx.HTTPError:
        return False


async def index_all(_: Started, instance: Instance) -> None:
    """Wait until the index holds all that the journal tells of."""
    end = await seen(instance, journal.position)
    engine = open_tantivy(instance.home.data / "index")

    async def reached() -> bool:
        return bool((await engine.position() or 0) >= end)

    await _until(reached)


COMMANDS: Final = (
    Command(
        "ingest", lambda one: ["ingest", "hotline", str(one.base / "town" / FOLDERS[Channel.HOTLINE])], MIGRATED, KEYED,
        code=REJECTED, left=graph_and_index,
    ),
    Command(
        "letters", lambda one: ["ingest", "letter", str(one.base / "town" / FOLDERS[Channel.LETTER])], MIGRATED, KEYED,
        code=REJECTED, left=graph_and_index,
    ),
    Command(
        "feed", lambda one: ["ingest", "web", (one.base / "feed").read_text()], MIGRATED, KEYED, left=graph_and_index
    ),
    Command("migrate", lambda _: ["migrate"], EMPTY, KEYED, left=tables),
    Command("reindex", lambda _: ["reindex"], left=graph_and_index),
    Command("rederive", lambda _: ["rederive"], left=graph),
    Command(
        "erase",
        lambda one: ["erase", "--submission", (one.base / "erased").read_text(), "--reason", "x", "--actor", "y"],
        left=erasures,
    ),
    Command("retain", lambda _: ["retain"], left=erasures),
    Command("backup", lambda one: ["backup", str(one.folder / "backup")], left=backup),
    Command("restore", lambda one: ["restore", str(one.base / "backup")], EMPTY, KEYED, left=graph),
    Command("rejections list", lambda _: ["rejections", "list"]),
    Command(
        "rejections retry", lambda one: ["rejections", "retry", "all", "--mapping", str(one.base / "own.toml")],
        code=REJECTED, left=graph,
    ),
    Command("set-aside list", lambda _: ["set-aside", "list"]),
    Command("set-aside retry", lambda _: ["set-aside", "retry", "all"], left=asked_again),
    Command("rotate-key", lambda _: ["rotate-key"], left=one_key),
    Command("keys create", lambda _: ["keys", "create", "--name", "centre", "--source", "centre"], left=api_keys),
    Command("keys list", lambda _: ["keys", "list"]),
    Command("doctor", lambda _: ["doctor"], code=1),
    Command(
        "serve", lambda _: ["serve"], code=128 + signal.SIGTERM, use=push_and_find, goes_on=True, left=graph_and_index
    ),
    Command("work", lambda _: ["work"], data=KEYED, code=128 + signal.SIGTERM, use=index_all, goes_on=True,
            left=graph_and_index),
)  # fmt: skip
