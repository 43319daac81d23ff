"""A backup comes back whole, and without those who were erased since."""

from __future__ import annotations

import asyncio
import os
import shutil
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from casegraph.backup.manifest import BackupError, read_manifest
from casegraph.backup.restoring import Target, check, restore
from casegraph.backup.writing import Kept, back_up
from casegraph.opening import prepare_database, require_database
from casegraph.postgres import EmbeddedPostgres
from graph import erasure_list, journal
from graph.attachments import Attachments
from graph.database import connect, open_pool
from graph.erasure import Eraser
from graph.erasure_list import ErasureListError, SubjectKind
from graph.errors import DatabaseStateError
from graph.identity import Vault
from search.indexer import Indexer
from search.tantivy_engine import TantivyIndex, open_tantivy
from tests.graph.factory import NOW, draft, make_intake, petitioner
from tests.graph.picture import DANGLING, EMPTY_CASES, picture
from tests.graph.test_erasure import NAME, VALUES, letter, tables, traces
from tests.run.processes import READY, Home, asked, awaited

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from graph.database import Connection, Pool
    from graph.intake import Intake
    from tests.cluster import Cluster

LATER: Final = NOW + timedelta(days=30)
BESIDE: Final = ("migration", "restoring")
"""Tables that say what was done to the database, not what stands in it."""


@dataclass(frozen=True, slots=True)
class Instance:
    """A database with its data folder."""

    url: str
    data: Path
    vault: Vault

    @property
    def kept(self) -> Kept:
        """What a backup copies."""
        return Kept(
            url=self.url, vault=self.vault, attachments=self.data / "attachments", erasures=self.data / "erasures.log",
            key=None,
        )  # fmt: skip

    def eraser(self, pool: Pool) -> Eraser:
        """Return what erases here."""
        return Eraser(pool=pool, vault=self.vault, attachments=Attachments(self.data / "attachments"),
                      erasures=self.data / "erasures.log")  # fmt: skip

    @property
    def target(self) -> Target:
        """Where a backup is brought back to."""
        return Target(
            vault=self.vault, attachments=self.data / "attachments", index=self.data / "index",
            erasures=self.data / "erasures.log", eraser=self.eraser,
        )  # fmt: skip

    async def restore(self, backup: Path, erasures: Path | None = None) -> int:
        """Bring a backup back here and return how many erasures were carried out again."""
        checked = check(backup, self.target, erasures)
        return (await restore(self.url, checked, self.target, LATER)).erasures

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Connection]:
        """Give a connection."""
        connection = await connect(self.url)
        try:
            yield connection
        finally:
            await connection.close()

    async def says(self) -> dict[str, list[str]]:
        """Return all that stands in the tables, and check that it is sound."""
        async with self.opened() as connection:
            assert (await journal.verify(connection)).broken_at is None
            assert await connection.fetch(DANGLING) == []
            assert await connection.fetchval(EMPTY_CASES) == 0
            return {name: rows for name, rows in (await tables(connection)).items() if name not in BESIDE}

    def files(self) -> set[str]:
        """Return the attachments."""
        return set(Attachments(self.data / "attachments").names())


@pytest.fixture
async def here(database_url: str, vault: Vault, tmp_path: Path) -> Instance:
    """An instance that is used."""
    await prepare_database(database_url, vault)
    return Instance(database_url, tmp_path / "here", vault)


@pytest.fixture
async def there(empty_database_url: str, vault: Vault, tmp_path: Path) -> Instance:
    """An empty place for a backup, with the same master key."""
    return Instance(empty_database_url, tmp_path / "there", vault)


@pytest.fixture
def intake(here: Instance, pool: Pool, vault: Vault) -> Intake:
    """Take in here."""
    return make_intake(pool, vault, here.data / "attachments")


async def erase_all(here: Instance, pool: Pool) -> None:
    """Erase the person wherever there is one."""
    party = await pool.fetchval("select party from mention where name_masked = '欧**' limit 1")
    await here.eraser(pool).erase(SubjectKind.PARTY, party, reason="a request", actor="officer", now=LATER)


# Whole ------------------------------------------------------------------------------------------------------------


async def test_it_comes_back_as_it_was(here: Instance, there: Instance, intake: Intake, tmp_path: Path) -> None:
    """Every row of every table, every attachment; what comes next has the next number, and the chain goes on."""
    await intake.take_in([letter("1"), letter("2")], actor="test", now=NOW)
    await back_up(here.kept, tmp_path / "backup", NOW)
    assert await there.restore(tmp_path / "backup") == 0
    assert await there.says() == await here.says()
    assert there.files() == here.files()
    await require_database(there.url, there.vault)
    assert await prepare_database(there.url, there.vault) == []
    pool = await open_pool(there.url)
    more = make_intake(pool, there.vault, there.data / "attachments")
    await more.take_in(
        [draft("3", title="别的事", mentions=(petitioner(NAME, "13987654321"),))], actor="test", now=LATER
    )
    numbers = [row["number"] for row in await pool.fetch('select number from "case" order by number')]
    await pool.close()
    assert len(numbers) == len(set(numbers))
    await there.says()


async def test_it_is_of_one_moment_while_others_write(
    here: Instance, there: Instance, intake: Intake, pool: Pool, tmp_path: Path
) -> None:
    """Batches come in and a person is erased while it is written: it holds together, and nobody waits for it."""
    await intake.take_in([letter("0")], actor="test", now=NOW)

    async def write() -> None:
        for turn in range(12):
            batch = [letter(f"{turn}-{number}", text=f"{turn}号楼{number}室漏水。") for number in range(5)]
            await intake.take_in(batch, actor="test", now=NOW)
        await erase_all(here, pool)

    _, manifest = await asyncio.gather(write(), back_up(here.kept, tmp_path / "backup", NOW))
    assert manifest.dump.tables["journal"].rows == manifest.dump.position
    await there.restore(tmp_path / "backup", here.data / "erasures.log")
    async with there.opened() as connection:
        assert await traces(connection, *VALUES) == []
    assert len((await there.says())["submission"]) == manifest.dump.tables["submission"].rows


def test_nothing_of_it_is_there_until_all_is(here: Instance, tmp_path: Path) -> None:
    """A folder that is there is refused; where writing fails, nothing is left."""
    (tmp_path / "backup").mkdir()
    with pytest.raises(BackupError, match="is there already"):
        asyncio.run(back_up(here.kept, tmp_path / "backup", NOW))
    here.data.mkdir(parents=True, exist_ok=True)
    (here.data / "erasures.log").write_bytes(b"no list\n")
    with pytest.raises(ErasureListError):
        asyncio.run(back_up(here.kept, tmp_path / "other", NOW))
    assert [path.name for path in tmp_path.iterdir() if "other" in path.name] == []


# Without the erased -----------------------------------------------------------------------------------------------


async def test_the_erased_do_not_come_back(
    here: Instance, there: Instance, intake: Intake, pool: Pool, tmp_path: Path
) -> None:
    """An older backup, the later erasure list: not in any table, any attachment, the index, nor by the source again."""
    await intake.take_in([letter("1"), letter(f"{NAME}-2")], actor="test", now=NOW)
    await back_up(here.kept, tmp_path / "backup", NOW)
    await intake.take_in([letter("later", text=f"{NAME}：备份之后才来的信。")], actor="test", now=NOW)
    await erase_all(here, pool)
    assert await there.restore(tmp_path / "backup", here.data / "erasures.log") == 1
    assert there.files() == here.files() == set()
    opened = await open_pool(there.url)
    again = make_intake(opened, there.vault, there.data / "attachments")
    outcomes = await again.take_in(
        [letter("1"), letter(f"{NAME}-2"), letter("later", text=f"{NAME}：备份之后才来的信。")], actor="test", now=LATER
    )
    assert {outcome.change for outcome in outcomes} == {"UNCHANGED"}
    engine = open_tantivy(there.data / "index")
    await Indexer(pool=opened, engine=engine).catch_up()
    await engine.close()
    await opened.close()
    async with there.opened() as connection:
        assert await traces(connection, *VALUES) == []
    assert not [path for path in there.data.rglob("*") if path.is_file() and holds(path, NAME, "13987654321")]
    assert (there.data / "erasures.log").read_bytes() == (here.data / "erasures.log").read_bytes()


def holds(path: Path, *values: str) -> bool:
    """Tell whether a file holds any of these values in clear."""
    content = path.read_bytes()
    return any(value.encode() in content for value in values)


@settings(max_examples=6, phases=[Phase.explicit, Phase.generate])  # each example is two databases: none is shrunk
@given(
    erased=st.lists(st.tuples(st.sampled_from(list(SubjectKind)), st.integers(0, 5)), max_size=4),
    before=st.integers(0, 4),
)
@pytest.mark.long
@pytest.mark.no_cover
def test_erasing_and_restoring_is_erasing(
    cluster: Cluster, tmp_path_factory: pytest.TempPathFactory, erased: list[tuple[SubjectKind, int]], before: int
) -> None:
    """Whenever the backup was made among some erasures, restored with the list it says what the original says."""
    asyncio.run(_erasing_and_restoring(cluster, tmp_path_factory.mktemp("backup"), erased, before))


async def _erasing_and_restoring(
    cluster: Cluster, folder: Path, erased: list[tuple[SubjectKind, int]], before: int
) -> None:
    names = [await cluster.create(), await cluster.create("template0")]
    vault = Vault(os.urandom(32))
    here, there = (Instance(cluster.url(name), folder / name, vault) for name in names)
    await prepare_database(here.url, vault)
    pool = await open_pool(here.url)
    try:
        intake = make_intake(pool, vault, here.data / "attachments")
        drafts = [letter("1"), letter("2", documents=()), draft("3", mentions=(petitioner("赵六", "13600001111"),))]
        await intake.take_in(drafts, actor="test", now=NOW)
        mentions = await pool.fetch("select id, party, submission from mention order by id")
        columns = {SubjectKind.MENTION: "id", SubjectKind.PARTY: "party", SubjectKind.SUBMISSION: "submission"}
        for turn, (kind, number) in enumerate(erased):
            if turn == before:
                await back_up(here.kept, folder / "backup", NOW)
            subject = mentions[number % len(mentions)][columns[kind]]
            await here.eraser(pool).erase(kind, subject, reason="a request", actor="officer", now=LATER)
        if before >= len(erased):
            await back_up(here.kept, folder / "backup", NOW)
        await there.restore(folder / "backup", here.data / "erasures.log" if erased else None)
        assert await without_reasons(there) == await without_reasons(here)
        assert there.files() == here.files()
        async with here.opened() as one, there.opened() as other:
            assert await picture(one) == await picture(other)
    finally:
        await pool.close()
        for name in names:
            await cluster.drop(name)


async def without_reasons(instance: Instance) -> dict[str, list[str]]:
    """Return all that stands in the tables but the reasons for erasures, which the list does not hold."""
    says = await instance.says()
    async with instance.opened() as connection:
        rows = await connection.fetch("select row(id, subject_kind, subject, actor, at)::text from erasure order by id")
    return says | {"erasure": [row[0] for row in rows]}


# What is refused --------------------------------------------------------------------------------------------------


async def test_a_backup_that_is_not_whole_or_not_ours(
    here: Instance, there: Instance, intake: Intake, tmp_path: Path
) -> None:
    """A changed file, a lost one, a changed manifest, another key, no backup: each is said before anything is done."""
    await intake.take_in([letter("1")], actor="test", now=NOW)
    await back_up(here.kept, tmp_path / "backup", NOW)

    async def refused(says: str, instance: Instance = there) -> None:
        with pytest.raises(BackupError, match=says):
            await instance.restore(tmp_path / "copy")
        shutil.rmtree(tmp_path / "copy")
        shutil.copytree(tmp_path / "backup", tmp_path / "copy")

    shutil.copytree(tmp_path / "backup", tmp_path / "copy")
    (tmp_path / "copy" / "tables" / "mention.copy").write_bytes(b"")
    await refused("mention.copy is not as it was written")
    (tmp_path / "copy" / "tables" / "event.copy").unlink()
    await refused("event.copy is missing")
    (tmp_path / "copy" / "manifest.json").write_bytes((tmp_path / "copy" / "manifest.json").read_bytes() + b" ")
    await refused("was changed since it was written")
    await refused("another master key", replace(there, vault=Vault(bytes(32))))
    (tmp_path / "copy" / "manifest.json").write_bytes(b"{}")
    await refused("cannot be read")
    (tmp_path / "copy" / "manifest.json").unlink()
    await refused("is no backup")
    assert await there.restore(tmp_path / "copy") == 0


async def test_a_place_that_is_not_empty(here: Instance, there: Instance, intake: Intake, tmp_path: Path) -> None:
    """Neither a database nor a folder that holds anything is written over."""
    await intake.take_in([letter("1")], actor="test", now=NOW)
    await back_up(here.kept, tmp_path / "backup", NOW)
    with pytest.raises(DatabaseStateError, match="not empty"):
        await replace(here, data=tmp_path / "new").restore(tmp_path / "backup")
    with pytest.raises(BackupError, match="attachments is not empty"):
        await replace(there, data=here.data).restore(tmp_path / "backup")
    (there.data / "index").mkdir(parents=True)
    (there.data / "index" / "live").write_text("")
    with pytest.raises(BackupError, match="index is not empty"):
        await there.restore(tmp_path / "backup")
    with pytest.raises(BackupError, match="no erasure list at"):
        await there.restore(tmp_path / "backup", tmp_path / "nowhere")


async def test_lists_that_went_different_ways(
    here: Instance, there: Instance, intake: Intake, pool: Pool, tmp_path: Path
) -> None:
    """Which erasures hold cannot be known then, so nothing is restored."""
    await intake.take_in([letter("1")], actor="test", now=NOW)
    await erase_all(here, pool)
    await back_up(here.kept, tmp_path / "backup", NOW)
    (listed,) = erasure_list.read(here.data / "erasures.log", here.vault)
    erasure_list.append(tmp_path / "other.log", here.vault, [replace(listed, id=UUID(int=1))])
    with pytest.raises(ErasureListError, match="different ways"):
        await there.restore(tmp_path / "backup", tmp_path / "other.log")


# Killed -----------------------------------------------------------------------------------------------------------


async def test_a_restore_that_failed_between_is_gone_on_with(
    here: Instance, there: Instance, intake: Intake, pool: Pool, tmp_path: Path
) -> None:
    """With the tables there and the erasures not done, nobody else may use it; again, it goes on to the end."""
    await intake.take_in([letter("1"), letter("2")], actor="test", now=NOW)
    await back_up(here.kept, tmp_path / "backup", NOW)
    await back_up(here.kept, tmp_path / "another", LATER)
    await erase_all(here, pool)

    def broken(_: Pool) -> Eraser:
        raise KeyboardInterrupt

    target = replace(there.target, eraser=broken)
    checked = check(tmp_path / "backup", target, here.data / "erasures.log")
    with pytest.raises(KeyboardInterrupt):
        await restore(there.url, checked, target, LATER)
    for use in (require_database, prepare_database):
        with pytest.raises(DatabaseStateError, match="half restored"):
            await use(there.url, there.vault)
    with pytest.raises(DatabaseStateError, match="another backup"):
        await there.restore(tmp_path / "another")
    assert await there.restore(tmp_path / "backup") == 1, "the list is there already"
    await require_database(there.url, there.vault)
    async with there.opened() as connection:
        assert await traces(connection, *VALUES) == []
    assert not (there.data / "attachments" / ".restoring").exists()


@pytest.mark.long
async def test_a_killed_restore_lets_nobody_serve(
    here: Instance, intake: Intake, empty_database_url: str, tmp_path: Path
) -> None:
    """It is killed while it fills the tables: `serve` and `migrate` refuse, `restore` again brings all back."""
    await intake.take_in([letter("1"), letter("2")], actor="test", now=NOW)
    key = {"master_key": os.urandom(32).hex()}
    own = replace(here, vault=Vault(bytes.fromhex(key["master_key"])))
    async with here.opened() as connection:
        await connection.execute("truncate master_key")
    await prepare_database(here.url, own.vault)
    await back_up(own.kept, tmp_path / "backup", NOW)
    home = Home(tmp_path / "home", database_url=empty_database_url, **key)
    held = await connect(empty_database_url)
    looking = await connect(empty_database_url)
    standing = held.transaction()
    await standing.start()
    # Whoever makes a table of this name waits for us.
    await held.execute("create type journal_head as enum ()")
    with home.running("restore", str(tmp_path / "backup")) as running:
        waiting = "select true from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
        while not await looking.fetchval(waiting):
            assert running.process.poll() is None
            await asyncio.to_thread(os.sched_yield)
        running.kill()
    await standing.rollback()
    await held.close()
    await looking.close()
    for command in ("serve", "migrate"):
        done = await asyncio.to_thread(home.run, command)
        assert (done.returncode, "half restored" in done.stderr) == (78, True), done.stderr
    done = await asyncio.to_thread(home.run, "restore", str(tmp_path / "backup"))
    assert done.returncode == 0, done.stderr
    assert "0 erasures since then" in done.stdout
    assert await replace(own, url=empty_database_url).says() == await here.says()
    told = (await asyncio.to_thread(home.run, "doctor")).stdout
    assert [line for line in told.splitlines() if line.startswith("BAD")] == ["BAD  index: not there yet"]


# By the command line ----------------------------------------------------------------------------------------------

TOKEN: Final = "WQ7ZK9XJ"
"""A name in letters, which the index keeps as one word."""


@pytest.fixture
def homes(data_folder: Path) -> tuple[Home, Home]:
    """Two embedded instances."""
    return Home(data_folder / "one"), Home(data_folder / "two")


def bytes_of(data: Path, *words: str) -> list[str]:
    """Return the files of a data folder, but the write-ahead log, that hold a word in either case."""
    found = []
    for path in sorted(path for path in data.rglob("*") if path.is_file() and "pg_wal" not in path.parts):
        content = path.read_bytes()
        if any(word.encode() in content or word.lower().encode() in content for word in words):
            found.append(path.relative_to(data).as_posix())
    return found


def in_the_dictionary(data: Path) -> list[int]:
    """Return how many texts of the index have the token, those that are deleted in a segment counted as well.

    The dictionary of terms is packed, so its files cannot be looked through.
    """
    assert len([path for path in (data / "index").iterdir() if path.is_dir()]) == 1, "one generation alone"
    index = TantivyIndex(data / "index")
    try:
        with index.reading() as searcher:
            return [searcher.doc_freq("codes", TOKEN.lower()), searcher.doc_freq("bigrams", "漏水")]
    finally:
        index.close()


async def count_values(data: Path) -> None:
    """Have PostgreSQL keep some values of each column for its planner, as it does by itself in a larger database."""
    with EmbeddedPostgres(data / "postgres") as server:
        connection = await connect(server.start())
        await connection.execute("analyze")
        kept = await connection.fetch("select histogram_bounds::text from pg_stats where attname in ('title', 'body')")
        assert any(TOKEN in (row[0] or "") for row in kept)
        await connection.close()


@pytest.mark.long
def test_nothing_of_a_person_is_left_on_the_disk(homes: tuple[Home, Home], tmp_path: Path) -> None:
    """Taken in, backed up, erased thoroughly: no file holds a word of the person; nor do those of the restored one."""
    one, two = homes
    (tmp_path / "in.csv").write_text(
        "工单编号,标题,内容,联系人,联系电话,时间\n"
        f"1,{TOKEN}反映漏水,{TOKEN}住三楼，电话13987654321，漏水严重,{TOKEN},13987654321,2026-11-01 08:00\n"
        "2,路灯坏了,三栋楼下路灯坏了,李秀英,13700001111,2026-11-02 08:00\n",
        encoding="utf-8",
    )
    taken = one.run("ingest", "hotline", str(tmp_path / "in.csv"))
    assert taken.returncode == 0, taken.stdout + taken.stderr
    assert [path for path in bytes_of(one.data, TOKEN) if path.startswith("postgres")]
    assert in_the_dictionary(one.data) == [1, 1]
    asyncio.run(count_values(one.data))
    backed = one.run("backup", str(tmp_path / "backup"), "--with-key")
    assert (backed.returncode, "THE MASTER KEY IS IN IT" in backed.stdout) == (0, True), backed.stderr
    with one.running("serve") as serving:
        address = serving.line(READY)
        found = asked(address, "{ submissions { nodes { id externalId } } }")["submissions"]["nodes"]
        (submission,) = [node["id"] for node in found if node["externalId"] == "1"]
        asking = ("erase", "--submission", submission, "--thorough")
        assert one.run(*asking).returncode == 2, "a reason and an actor are needed"
        erased = one.run(*asking, "--reason", "a request", "--actor", "officer")
        assert erased.returncode == 0, erased.stderr
        assert "Erased: 1 mentions in 1 submissions." in erased.stdout
        query = f'{{ search(query: "{TOKEN}") {{ totalCount }} }}'
        awaited(lambda: asked(address, query)["search"]["totalCount"] == 0)
        assert asked(address, '{ search(query: "路灯") { totalCount } }')["search"]["totalCount"] == 1
        serving.end()
    assert bytes_of(one.data, TOKEN, "13987654321") == []
    assert in_the_dictionary(one.data) == [0, 1]
    again = one.run("ingest", "hotline", str(tmp_path / "in.csv"))
    assert again.stdout.startswith("0 new, 0 revised, 2 unchanged, 0 rejected")
    checked = one.run("doctor")
    assert checked.returncode == 0, checked.stdout
    restored = two.run("restore", str(tmp_path / "backup"), "--erasures", str(one.data / "erasures.log"))
    assert restored.returncode == 0, restored.stderr
    assert "1 erasures since then" in restored.stdout
    assert bytes_of(two.data, TOKEN, "13987654321") == []
    assert two.run("restore", str(tmp_path / "backup")).returncode == 78
    (tmp_path / "backup" / "master.key").unlink()
    lost = Home(two.data.parent / "three").run("restore", str(tmp_path / "backup"))
    assert (lost.returncode, "master key is in neither" in lost.stderr) == (65, True)
    four = Home(two.data.parent / "four", master_key="ab" * 32)
    other = four.run("restore", str(tmp_path / "backup"))
    assert (other.returncode, "was sealed by another master key" in other.stderr) == (65, True), other.stderr


@pytest.mark.long
def test_what_retention_would_do_is_told(homes: tuple[Home, Home], tmp_path: Path) -> None:
    """`--dry-run` prints each rule with its source and what is due; a backup says what it lacks."""
    told = homes[0].run("retain", "--dry-run")
    assert told.returncode == 0, told.stderr
    assert "identities: 10 years† after the last activity" in told.stdout
    assert "0 payloads due (kept 3 years†)" in told.stdout
    assert "0 payloads destroyed" in homes[0].run("retain").stdout
    backed = homes[0].run("backup", str(tmp_path / "backup"))
    assert "THE MASTER KEY IS NOT IN IT" in backed.stdout
    assert read_manifest(tmp_path / "backup")[0].dump.tables["submission"].rows == 0
    assert homes[0].run("backup", str(tmp_path / "backup")).returncode == 65
