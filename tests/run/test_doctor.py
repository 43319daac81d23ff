"""`doctor` finds what is wrong and says what to do."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from casegraph.commands.doctor import _recognition
from casegraph.doctor import LAG, Finding, Kept, examine
from casegraph.settings import Settings
from connectors.letters import recognising
from graph import api_keys, journal, keycheck, set_aside
from graph.attachments import Attachments
from graph.belonging import Homes
from graph.database import statements, transaction
from graph.erasure import Eraser
from graph.erasure_list import SubjectKind
from graph.gazetteer import Gazetteer
from graph.identity import Vault
from graph.ids import new_id
from graph.journal import Entry, EntryKind
from graph.policy import Role
from graph.records import DocumentDraft, Position
from search.elastic_engine import open_elastic
from search.indexer import Indexer
from search.tantivy_engine import open_tantivy
from tests.cluster import free_port
from tests.engines import ENGINES, opening_of
from tests.graph.factory import NOW, draft, make_intake

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from graph.database import Pool


@pytest.fixture(params=ENGINES)
async def kept(request: pytest.FixtureRequest, pool: Pool, vault: Vault, tmp_path: Path) -> AsyncIterator[Kept]:
    """An instance with one letter that has an attachment, indexed."""
    async with pool.acquire() as connection:
        await keycheck.bind(connection, vault)
    document = DocumentDraft(name="合同.txt", media_type="text/plain", content="甲方".encode(), text="甲方")
    intake = make_intake(pool, vault, tmp_path / "attachments")
    await intake.take_in([draft(documents=(document,), division="430104")], actor="test", now=NOW)
    engine = opening_of(request, request.param)(tmp_path / "index")
    await Indexer(pool=pool, engine=engine).catch_up()
    yield Kept(vault, engine, tmp_path / "attachments", tmp_path / "erasures.log", Homes(Gazetteer("4301")))
    await engine.close()


@pytest.mark.parametrize(
    ("libraries", "pages", "says"),
    [(("no_such_library",), "50", "requirements-ocr.txt"), ((), "0", "CASEGRAPH_SCAN_PAGES")],
)
def test_a_recogniser_that_is_not_there_is_told_and_no_fault(
    monkeypatch: pytest.MonkeyPatch, libraries: tuple[str, ...], pages: str, says: str
) -> None:
    """It is optional: what to install is said, and the exit code stays 0."""
    monkeypatch.setattr(recognising, "LIBRARIES", libraries)
    found = _recognition(Settings.from_environment({"CASEGRAPH_SCAN_PAGES": pages}))
    assert says in found.state
    assert found.advice is None


async def bad(url: str, kept: Kept) -> dict[str, Finding]:
    """Return what is to be done, by what it is about."""
    return {str.__str__(one.about): one for one in await examine(url, kept) if one.advice}


async def test_all_is_well(database_url: str, kept: Kept) -> None:
    """Everything is looked at and nothing is to be done."""
    findings = await examine(database_url, kept)
    assert not [one for one in findings if one.advice]
    assert {one.about for one in findings} >= {
        "database", "tables", "master key", "search engine", "index", "journal", "attachments",
    }  # fmt: skip
    quick = await examine(database_url, kept, quick=True)
    assert {"journal", "attachments"}.isdisjoint({one.about for one in quick})


async def test_a_server_that_is_too_old(database_url: str, kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    """The line names what it is and what is needed, and nothing else is looked at."""
    monkeypatch.setattr("graph.database.OLDEST_SERVER", 99)
    [found] = await examine(database_url, kept)
    assert found.state == "too old"
    assert "casegraph needs 99 or newer" in (found.advice or "")


async def test_what_belongs_nowhere_or_elsewhere(database_url: str, kept: Kept, pool: Pool) -> None:
    """Without a home the setting is named, with one the command; what people set is as they want it."""
    await pool.execute("update submission set division = null")
    unset = {
        str.__str__(one.about): one for one in await examine(database_url, replace(kept, homes=Homes(Gazetteer())))
    }
    homeless = unset["home division"]
    assert homeless.state.startswith("not set; 1 submissions belong nowhere")
    assert "CASEGRAPH_HOME_DIVISION" in homeless.state
    assert homeless.advice is None
    assert "rederive" in ((await bad(database_url, kept))["home division"].advice or "")
    own = replace(kept, homes=Homes(Gazetteer("3201"), {"hotline": Gazetteer("4301")}))
    await pool.execute("update submission set division = '430104'")
    found = {str.__str__(one.about): one for one in await examine(database_url, own)}["home division"]
    assert (found.state, found.advice) == ("3201, hotline 4301", None)
    await pool.execute(
        """insert into correction (id, submission, field, value, state, evidence, decided_by, decided_at)
        select uuidv7(), id, 'DIVISION', '4403', 'ACCEPTED', '{}', 'test', now() from submission"""
    )
    await pool.execute("update submission set division = '4403'")
    assert "home division" not in await bad(database_url, kept)


async def test_a_journal_that_was_changed_by_hand(database_url: str, kept: Kept, pool: Pool) -> None:
    """The first entry that does not follow from the one before is told."""
    await pool.execute(
        "update journal set actor = 'somebody else' where position = 1"
    )  # its hash stands in the next one
    found = (await bad(database_url, kept))["journal"]
    assert found.state == "broken at position 2"
    assert "Stop writing" in (found.advice or "")


async def test_a_reader_that_fell_behind(database_url: str, kept: Kept, pool: Pool) -> None:
    """A few entries behind is the usual state; more is worth a word."""
    await pool.execute("insert into journal_reader (name, position, at) values ('partner', 0, now())")
    assert "reader partner" not in await bad(database_url, kept)
    async with transaction(pool) as connection:
        seen = [Entry(kind=EntryKind.SEARCH_SAVED, subject=new_id(), actor="test", at=NOW) for _ in range(LAG + 1)]
        await journal.append(connection, seen)
    found = await bad(database_url, kept)
    assert {"reader partner", "index"} <= found.keys()
    assert "behind" in found["index"].state


async def test_an_index_of_another_database(empty_database_url: str, database_url: str, kept: Kept, pool: Pool) -> None:
    """An index that is ahead of the journal was built of something else."""
    assert (await bad(empty_database_url, kept))["tables"].advice
    await pool.execute("update journal_head set position = 0")
    assert "another journal" in (await bad(database_url, kept))["index"].state


async def test_an_index_of_a_journal_that_went_back(database_url: str, kept: Kept, pool: Pool) -> None:
    """Though it is at the very position at which the journal ends."""
    await pool.execute("update journal_head set hash = sha256('another')")
    assert "another journal" in (await bad(database_url, kept))["index"].state


async def test_followers_that_work_fail_or_are_not_heard_of(database_url: str, kept: Kept, pool: Pool) -> None:
    """One that lives and does nothing is told from one that works, and from none where there is nothing to do."""
    beat = statements("followers").beat
    await pool.execute(beat, "search", 1.0, None)
    assert "follower search" not in await bad(database_url, kept)
    await pool.execute(beat, "search", 1.0, "The disk is full.")
    found = (await bad(database_url, kept))["follower search"]
    assert found.state.startswith("does not get on")
    assert "The disk is full." in (found.advice or "")
    await pool.execute(beat, "search", 3600.0, None)
    assert "follower search" not in await bad(database_url, kept), "there is nothing to do for it"
    await pool.execute("update journal_reader set position = 0 where name = 'search'")
    found = (await bad(database_url, kept))["follower search"]
    assert found.state.startswith("not heard of for 3,6")
    assert "start `serve` or `work`" in (found.advice or "")


async def test_what_is_set_aside_is_told(database_url: str, kept: Kept, pool: Pool) -> None:
    """With the command that says why."""
    assert "set aside" not in await bad(database_url, kept)
    async with pool.acquire() as connection:
        await set_aside.put(connection, "search", {new_id(): "why", new_id(): "why"}, Position(1))
        await set_aside.put(connection, "alerts", {new_id(): "why"}, Position(1))
    found = (await bad(database_url, kept))["set aside"]
    assert found.state == "1 by alerts, 2 by search"
    assert "set-aside list" in (found.advice or "")


async def test_an_index_that_is_lost_or_a_file(database_url: str, kept: Kept, tmp_path: Path) -> None:
    """It is made anew by a command."""
    nowhere = replace(kept, engine=open_tantivy(tmp_path / "nowhere"))
    assert "reindex" in (await bad(database_url, nowhere))["index"].advice  # type: ignore[operator]  # it is there
    (tmp_path / "file").write_text("")
    broken = replace(kept, engine=open_tantivy(tmp_path / "file"))
    assert "reindex" in (await bad(database_url, broken))["index"].advice  # type: ignore[operator]  # it is there


async def test_attachments_that_are_missing_or_left_over(database_url: str, kept: Kept, pool: Pool) -> None:
    """Missing ones must come back from a backup; left ones of killed work are worth a word after a day."""
    left = kept.attachments / "00" / "left.partial"
    left.parent.mkdir(exist_ok=True)
    left.write_bytes(b"x")
    (found,) = [one for one in await examine(database_url, kept) if one.about == "attachments"]
    assert (found.state, found.advice) == ("1 files, 1 that no row names", None)
    os.utime(left, (0, 0))
    assert "retain" in ((await bad(database_url, kept))["attachments"].advice or "")
    for path in [path for path in kept.attachments.rglob("*") if path.is_file()]:
        path.unlink()
    assert (await bad(database_url, kept))["attachments"].state == "1 of 1 files are missing"
    await pool.execute("update document set file = '', key = null")
    assert "attachments" not in await bad(database_url, kept), "what is erased is not missed"


async def test_erasures_that_are_not_carried_out_or_not_listed(
    database_url: str, kept: Kept, pool: Pool, vault: Vault
) -> None:
    """Each is told with what to do: one of the list that did not happen, one that a restore would bring back."""
    eraser = Eraser(pool=pool, vault=vault, attachments=Attachments(kept.attachments), erasures=kept.erasures)
    submission = await pool.fetchval("select id from submission")
    await eraser.erase(SubjectKind.SUBMISSION, submission, reason="a request", actor="test", now=NOW)
    await Indexer(pool=pool, engine=kept.engine).catch_up()
    assert await bad(database_url, kept) == {}
    listed = kept.erasures.read_bytes()
    kept.erasures.unlink()
    found = (await bad(database_url, kept))["erasures"]
    assert found.state.startswith("1 of 1 are not in the list")
    kept.erasures.write_bytes(listed.replace(b"test", b"tost"))
    assert (await bad(database_url, kept))["erasures"].state == "the list is not as it was written"
    kept.erasures.write_bytes(listed)
    await pool.execute("truncate erasure")
    assert "erase --unfinished" in ((await bad(database_url, kept))["erasures"].advice or "")


async def test_keys_by_which_nothing_may_be_done(database_url: str, kept: Kept, pool: Pool, vault: Vault) -> None:
    """One that names neither division, organ nor source is told as long as it holds; a key with one is not."""
    until = NOW.replace(year=9999)
    scope = api_keys.Scope(
        name="centre", roles=frozenset({Role.PARTNER}), divisions=(), organs=frozenset(), sources=frozenset()
    )
    async with pool.acquire() as connection:
        key = await api_keys.create(connection, vault, scope, NOW, until)
        await api_keys.create(connection, vault, replace(scope, divisions=("4301",)), NOW, until)
        await api_keys.create(connection, vault, replace(scope, roles=frozenset({Role.ADMINISTRATOR})), NOW, until)
        found = (await bad(database_url, kept))["API keys"]
        assert found.state == f"by {key.split('_')[1]} nothing may be seen or done"
        assert "keys create" in (found.advice or "")
        await api_keys.revoke(connection, key.split("_")[1], NOW)
    assert "API keys" not in await bad(database_url, kept)


async def test_another_master_key(database_url: str, kept: Kept) -> None:
    """Before anything is sealed with a key under which nobody looks for it."""
    other = replace(kept, vault=Vault(bytes(32)))
    assert "master key" in await bad(database_url, other)


async def test_a_search_engine_that_is_away(database_url: str, kept: Kept) -> None:
    """It and the index are told, with what to do, and without the password; all else is looked at."""
    engine = open_elastic(f"http://u:hidden@127.0.0.1:{free_port()}", "nowhere")
    found = await bad(database_url, replace(kept, engine=engine))
    await engine.close()
    assert found.keys() == {"search engine", "index"}
    assert all("CASEGRAPH_ELASTICSEARCH_URL" in (one.advice or "") for one in found.values())
    assert "hidden" not in repr(found)


async def test_a_server_that_is_not_there(kept: Kept) -> None:
    """Nothing else can be looked at."""
    (found,) = await examine("postgresql://u:hidden@127.0.0.1:1/d", kept)
    assert found.advice
    assert "hidden" not in found.state + found.advice
