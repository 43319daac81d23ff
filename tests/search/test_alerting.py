"""A saved search is told each new match once, whatever is killed, read again or done at the same time."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph import journal
from graph.errors import ConflictError, InvalidError, NotFoundError
from graph.followers import keep_following
from graph.policy import EVERYWHERE, ForbiddenError, Role, Viewer
from graph.records import Position, SavedSearchId
from search.alerting import READER, SQL, Alerter
from search.engine import Batch, SearchUnavailableError
from search.indexer import READER as INDEXER
from search.indexer import Indexer
from search.query_tokens import QuerySyntaxError
from search.records import SearchFilter
from search.saving import MOST, Saving
from tests.graph.factory import NOW, draft, make_intake, reply
from tests.viewers import EVERYTHING, only

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

    from graph.database import Pool
    from graph.identity import Vault
    from graph.intake import Intake
    from graph.journal import Reached
    from search.engine import Engine, Found, Lookup

LATER = NOW + timedelta(hours=1)


class KilledError(Exception):
    """The process ended here."""


@dataclass
class Life:
    """How many more steps are made before the end; None where there is none."""

    left: int | None = None

    def step(self) -> None:
        """Make one."""
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                raise KilledError


@dataclass
class Mortal:
    """An engine whose every question is a step."""

    engine: Engine
    life: Life

    async def position(self) -> Position | None:
        """Return the position."""
        self.life.step()
        return await self.engine.position()

    async def held(self) -> Reached | None:
        """Return how much of the journal is held."""
        self.life.step()
        return await self.engine.held()

    async def find(self, lookup: Lookup) -> Found:
        """Return what is found."""
        self.life.step()
        return await self.engine.find(lookup)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.engine, name)


@dataclass(frozen=True)
class Desk:
    """All that takes in, indexes, saves and alerts."""

    pool: Pool
    engine: Engine
    intake: Intake
    indexer: Indexer
    saving: Saving
    alerter: Alerter

    async def take_in(self, external_id: str, text: str, **changes: Any) -> None:
        """Take one submission in."""
        one = draft(external_id, **{"title": "来信", "text": text} | changes)
        await self.intake.take_in([one], actor="test", now=NOW)

    async def save(self, text: str, by: Viewer = EVERYTHING, chosen: SearchFilter | None = None) -> SavedSearchId:
        """Save a search."""
        return await self.saving.save(name=text or "全部", text=text, chosen=chosen or SearchFilter(), by=by, now=LATER)

    async def follow(self) -> None:
        """Index and alert."""
        await self.indexer.catch_up()
        await self.alerter.catch_up()

    async def told(self, search: SavedSearchId) -> list[str]:
        """Return what a search was told, in order."""
        rows = await self.pool.fetch(
            "select external_id from alert join submission on submission.id = alert.submission"
            " where search = $1 order by alert.number",
            search,
        )
        return [row["external_id"] for row in rows]

    async def reached(self) -> Position:
        """Return how far alerts were raised."""
        async with self.pool.acquire() as connection:
            return (await journal.reader_reached(connection, READER)).position

    async def rewind(self) -> None:
        """Have alerts raised from the first entry again."""
        await self.pool.execute("update journal_reader set position = 0, link = '' where name = $1", READER)


def make_alerter(pool: Pool, engine: Engine) -> Alerter:
    """Return what raises alerts."""
    return Alerter(pool=pool, engine=engine, clock=lambda: LATER)


@pytest.fixture
async def desk(pool: Pool, engine: Engine, vault: Vault, tmp_path: Path) -> Desk:
    """Give all of it on an empty graph whose index is begun."""
    indexer = Indexer(pool=pool, engine=engine)
    await indexer.catch_up()
    return Desk(
        pool=pool, engine=engine, intake=make_intake(pool, vault, tmp_path / "attachments"), indexer=indexer,
        saving=Saving(pool=pool, engine=engine), alerter=make_alerter(pool, engine),
    )  # fmt: skip


# What is told ---------------------------------------------------------------------------------------------------------


async def test_new_matches_are_told_once_and_old_ones_never(desk: Desk) -> None:
    """What comes in, what says so after a revision or an answer; not what was found when the search was saved."""
    await desk.take_in("old", "烧烤店油烟扰民")
    await desk.take_in("later", "停车难")
    await desk.indexer.catch_up()
    search = await desk.save("油烟")
    await desk.take_in("new", "夜市油烟很大")
    await desk.take_in("other", "路灯坏了")
    await desk.follow()
    assert await desk.told(search) == ["new"]
    await desk.take_in("later", "停车难，还有油烟")
    await desk.take_in("old", "烧烤店油烟扰民，又来了")
    await desk.take_in("other", "路灯坏了", replies=(reply("附近油烟已一并查处"),))
    await desk.follow()
    assert sorted(await desk.told(search)) == ["later", "new", "other"]
    await desk.take_in("new", "夜市油烟很大，请查处")
    await desk.follow()
    await desk.rewind()
    await desk.follow()
    assert sorted(await desk.told(search)) == ["later", "new", "other"]


async def test_what_was_in_the_journal_but_not_in_the_index_when_saving_is_told(desk: Desk) -> None:
    """Whoever saved it could not find it then."""
    await desk.take_in("waiting", "油烟")
    search = await desk.save("油烟")
    await desk.follow()
    assert await desk.told(search) == ["waiting"]


async def test_a_phrase_is_a_phrase_and_all_words_are_meant(desk: Desk) -> None:
    """One word of a phrase, or some of many words, which a search falls back to, is no alert."""
    phrase = await desk.save('"夜间施工"')
    words = await desk.save("夜间 施工 噪声")
    sentence = await desk.save("请尽快处理小区楼下的烧烤店油烟扰民问题")
    without = await desk.save("施工 -夜间")
    await desk.take_in("apart", "夜间有人施工")
    await desk.take_in("one", "夜间很吵")
    await desk.take_in("grill", "小区楼下的面馆")
    await desk.take_in("day", "白天施工")
    await desk.follow()
    assert [await desk.told(one) for one in (phrase, words, sentence, without)] == [[], [], [], ["day"]]
    await desk.take_in("phrase", "工地夜间施工噪声大")
    await desk.follow()
    assert [await desk.told(one) for one in (phrase, words, without)] == [["phrase"], ["phrase"], ["day"]]


async def test_filters_hold(desk: Desk) -> None:
    """Those kept with the search and those in its text; a submission is told once it fits them."""
    here = await desk.save("油烟", chosen=SearchFilter(division="430104"))
    answered = await desk.save("油烟 status:answered")
    await desk.take_in("a", "油烟", division="430104")
    await desk.take_in("b", "油烟，还有别的", division="430105")
    await desk.follow()
    assert (await desk.told(here), await desk.told(answered)) == (["a"], [])
    await desk.take_in("b", "油烟，还有别的", division="430105", replies=(reply(),))
    await desk.follow()
    assert (await desk.told(here), await desk.told(answered)) == (["a"], ["b"])


async def test_without_the_index_it_waits(desk: Desk) -> None:
    """Behind, lost, or of another database: nothing is told by it, and nothing is passed over."""
    search = await desk.save("油烟")
    await desk.take_in("a", "油烟")
    before = await desk.reached()
    assert await desk.alerter.catch_up() == before
    await desk.engine.clear()
    assert await desk.alerter.catch_up() == before
    held = await desk.engine.position() or Position(0)
    await desk.engine.apply(Batch(documents=(), gone=(), after=held, position=Position(10_000)))
    assert await desk.alerter.catch_up() == before
    await desk.follow()
    assert await desk.told(search) == ["a"]


async def test_a_search_that_is_deleted_is_told_nothing(desk: Desk) -> None:
    """Its alerts go with it, and others go on."""
    gone, kept = await desk.save("油烟"), await desk.save("油烟")
    await desk.take_in("a", "油烟")
    await desk.follow()
    await desk.saving.delete(search=gone, by=EVERYTHING, now=LATER)
    await desk.take_in("b", "油烟，又是油烟")
    await desk.follow()
    assert (await desk.told(gone), await desk.told(kept)) == ([], ["a", "b"])
    assert await desk.pool.fetchval("select count(*) from alert") == 2


async def test_a_search_that_nobody_understands_any_more_keeps_nobody_waiting(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    """It was saved in the query language of then; the log names it and not what it says."""
    search, other = await desk.save("油烟"), await desk.save("油烟")
    await desk.pool.execute("""update saved_search set query = '"油烟' where id = $1""", search)
    await desk.take_in("a", "油烟")
    await desk.follow()
    assert (await desk.told(search), await desk.told(other)) == ([], ["a"])
    assert str(search) in caplog.text
    assert "油烟" not in caplog.text


# Whatever happens between -------------------------------------------------------------------------------------------

TEXTS = st.text(st.sampled_from("夜间施工"), min_size=1, max_size=5)
NUMBERS = st.integers(0, 4)
STEPS = st.lists(
    st.tuples(st.just("take_in"), NUMBERS, TEXTS)
    | st.tuples(st.just("save"), st.text(st.sampled_from("夜间施工"), min_size=1, max_size=2), st.none())
    | st.tuples(st.just("index"), st.none(), st.none())
    | st.tuples(st.just("alert"), st.none() | st.integers(0, 12), st.booleans())
    | st.tuples(st.just("rewind"), st.none(), st.none()),
    min_size=4,
    max_size=25,
)


@dataclass
class Saved:
    """A search as a list of texts would have it."""

    phrase: str
    since: int
    known: frozenset[str]
    told: list[str] = field(default_factory=list)


@dataclass
class Model:
    """What the index says of each submission, and what each search must have been told."""

    desk: Desk
    prefix: str
    indexed: dict[str, str] = field(default_factory=dict)
    saved: dict[SavedSearchId, Saved] = field(default_factory=dict)

    async def texts(self) -> dict[str, str]:
        """Return what the submissions of this example say in the graph."""
        rows = await self.desk.pool.fetch(
            "select external_id, body from submission join submission_revision said on said.id = submission.revision"
            " where starts_with(external_id, $1)",
            self.prefix,
        )
        return {row["external_id"]: row["body"] for row in rows}

    async def touched(self, after: int, until: int) -> set[str]:
        """Return the submissions that entries tell of themselves."""
        rows = await self.desk.pool.fetch(
            "select distinct external_id from journal join submission on submission.id = journal.subject"
            " where position > $1 and position <= $2",
            after, until,
        )  # fmt: skip
        return {row["external_id"] for row in rows}

    async def take_in(self, number: int, text: str) -> None:
        await self.desk.take_in(f"{self.prefix}{number}", text)

    async def index(self, *_: None) -> None:
        await self.desk.indexer.catch_up()
        self.indexed = await self.texts()

    async def save(self, phrase: str, _: None) -> None:
        since = await self.desk.engine.position() or 0
        search = await self.desk.save(f'"{phrase}"')
        known = frozenset(key for key, text in self.indexed.items() if phrase in text)
        self.saved[search] = Saved(phrase, since, known)

    async def rewind(self, *_: None) -> None:
        await self.desk.rewind()

    async def alert(self, killed_after: int | None, twice: bool) -> None:
        """Raise alerts: by one process or two at once, which may be killed; compare what was told."""
        before = await self.desk.reached()
        life = Life(killed_after)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(journal, "move_reader", partial(moved, journal.move_reader, life))
            alerter = make_alerter(self.desk.pool, Mortal(self.desk.engine, life))
            ended = await asyncio.gather(*(alerter.catch_up() for _ in range(1 + twice)), return_exceptions=True)
        assert all(isinstance(one, int | KilledError) for one in ended), ended
        after = await self.desk.reached()
        for search, saved in self.saved.items():
            told = await self.desk.told(search)
            news = told[len(saved.told) :]
            assert told[: len(saved.told)] == saved.told
            assert len(set(told)) == len(told)
            fitting = {key for key, text in self.indexed.items() if saved.phrase in text} - saved.known
            touched = await self.touched(max(before, saved.since), after)
            # Others may be affected by what an entry tells of one: those of its case.
            assert (fitting & touched) - set(saved.told) <= set(news) <= fitting
            saved.told = told


async def moved(move: Any, life: Life, *values: Any) -> None:
    """Move the reader, and perhaps die before that is committed."""
    await move(*values)
    life.step()


@given(steps=STEPS)
@settings(max_examples=30)
async def test_whatever_happens_each_match_is_told_once(desk: Desk, steps: list[tuple[str, Any, Any]]) -> None:
    """Processes that are killed anywhere, two at once, a reader that begins anew: none is missed, none comes twice."""
    model = Model(desk, f"{next(EXAMPLES)}-")
    await model.index()
    for step, *values in [*steps, ("index", None, None), ("alert", None, False)]:
        await getattr(model, step)(*values)
    for search, saved in model.saved.items():
        since = await model.touched(saved.since, 10**9)
        expected = {key for key, text in (await model.texts()).items() if saved.phrase in text and key in since}
        assert expected - saved.known <= set(saved.told)
        assert not set(saved.told) & saved.known
        await desk.saving.delete(search=search, by=EVERYTHING, now=LATER)


EXAMPLES = count()


async def test_a_search_that_is_saved_while_alerts_are_raised_misses_nothing(desk: Desk) -> None:
    """Saved between the question and the commit, it is asked before its entries are passed over."""
    first = await desk.save("油烟")
    await desk.take_in("a", "油烟")
    await desk.indexer.catch_up()
    saved: list[SavedSearchId] = []
    asking = desk.engine.find

    async def find(lookup: Lookup) -> Found:
        found = await asking(lookup)
        if not saved:
            saved.append(SavedSearchId(await late(desk)))
        return found

    watched = Mortal(desk.engine, Life())
    watched.find = find  # type: ignore[method-assign]
    await make_alerter(desk.pool, watched).catch_up()
    assert (await desk.told(first), await desk.told(saved[0])) == (["a"], ["a"])


async def late(desk: Desk) -> UUID:
    """Keep a search as one does who read the index before the last entries came in."""
    search = await desk.save("油烟")
    await desk.pool.execute("update saved_search set since = 0, known = '{}' where id = $1", search)
    return search


async def test_alerts_are_committed_in_the_order_of_their_numbers(desk: Desk) -> None:
    """Whoever raises some waits for whoever does, so behind the last that is seen none comes later."""
    search = await desk.save("油烟")
    await desk.take_in("a", "油烟")
    await desk.indexer.catch_up()
    waiting = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
    async with desk.pool.acquire() as other:
        async with other.transaction():
            await other.fetchval(SQL.hold_reader)
            raising = asyncio.create_task(desk.alerter.catch_up())
            async with asyncio.timeout(20):
                # PostgreSQL calls nobody when somebody waits.
                while not await desk.pool.fetchval(waiting):  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
            assert await desk.told(search) == []
        await raising
    assert await desk.told(search) == ["a"]


async def test_one_that_runs_raises_alerts_as_things_come_in(desk: Desk, database_url: str) -> None:
    """Beside an indexer that runs, and another that stands by; the end of one lets the other go on."""
    search = await desk.save("油烟")
    raised = asyncio.Event()
    async with desk.pool.acquire() as listening:
        await listening.add_listener("alerts", lambda *_: raised.set())
        following = [
            keep_following(database_url, INDEXER, lambda pool: Indexer(pool=pool, engine=desk.engine).follow),
            *(
                keep_following(database_url, READER, lambda pool: make_alerter(pool, desk.engine).follow)
                for _ in range(2)
            ),
        ]
        tasks = [asyncio.create_task(one) for one in following]
        await desk.take_in("a", "油烟")
        await asyncio.wait_for(raised.wait(), 20)
        assert await desk.told(search) == ["a"]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await listening.reset()


# Saving ---------------------------------------------------------------------------------------------------------------


async def test_what_cannot_be_saved_is_told(desk: Desk) -> None:
    """A person, what nobody understands, a name that is none: the field at fault; and by whom it may not be."""
    save = partial(desk.saving.save, chosen=SearchFilter(), by=EVERYTHING, now=LATER)
    for text in ("name:张三", "13812341234"):
        with pytest.raises(InvalidError, match="about a matter"):
            await save(name="某人", text=text)
    with pytest.raises(QuerySyntaxError, match="never closed"):
        await save(name="油烟", text='"油烟')
    for name in ("", " ", "x" * 201, "a\0", "13812341234", "138.1234", "一三八 一二三四", "name:张三"):
        with pytest.raises(InvalidError) as caught:
            await save(name=name, text="油烟")
        assert caught.value.field == "name"
    for role in (Role.PARTNER, Role.ADMINISTRATOR, Role.AUDITOR):
        with pytest.raises(ForbiddenError):
            await desk.save("油烟", only(role))
    assert await desk.pool.fetchval("select count(*) from saved_search") == 0


async def test_one_owner_saves_so_many(desk: Desk) -> None:
    """Others still may, and one that is deleted makes room."""
    ids = [await desk.save("油烟") for _ in range(MOST)]
    with pytest.raises(ConflictError, match=f"{MOST} saved searches"):
        await desk.save("油烟")
    await desk.save("油烟", replace(EVERYTHING, name="other"))
    await desk.saving.delete(search=ids[0], by=EVERYTHING, now=LATER)
    await desk.save("油烟")


async def test_what_finds_too_much_is_refused_by_what_its_owner_sees(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the refusal would tell how much there is that they do not see; by the day of today it can be saved."""
    monkeypatch.setattr("search.saving.WIDEST", 2)
    for number, division in enumerate(("430104", "430104", "430105")):
        await desk.take_in(str(number), f"第{number}处油烟", division=division)
    await desk.indexer.catch_up()
    with pytest.raises(InvalidError, match="already"):
        await desk.save("油烟")
    await desk.save("油烟 after:2026-11-24")
    local = Viewer(name="local", roles=frozenset({Role.REGISTRAR}), divisions=("430104",))
    search = await desk.save("油烟", local)
    # What its owner did not see then is no match from before to them.
    await desk.take_in("2", "第2处油烟，请查处", division="430104")
    await desk.follow()
    assert await desk.told(search) == ["2"]


async def test_until_the_index_has_followed_what_was_hidden_nothing_is_saved(desk: Desk) -> None:
    """What it finds may be what its owner sees no more."""
    await desk.pool.execute("insert into barrier (audience, position) values ('UNCLEARED', 5)")
    uncleared = Viewer(name="desk", roles=frozenset({Role.REGISTRAR}), divisions=(EVERYWHERE,))
    with pytest.raises(SearchUnavailableError, match="caught up"):
        await desk.save("油烟", uncleared)
    await desk.save("油烟", EVERYTHING)


async def test_without_an_index_nothing_is_saved(desk: Desk) -> None:
    """Nor where alerts were raised beyond what it holds: what it finds is not what was there."""
    await desk.take_in("a", "油烟")
    await desk.follow()
    await desk.engine.clear()
    with pytest.raises(SearchUnavailableError):
        await desk.save("油烟")


async def test_each_command_ends_in_the_journal(desk: Desk) -> None:
    """Who, when and which; no word of it. What is another's is not there."""
    search = await desk.save("油烟")
    other = replace(EVERYTHING, name="other")
    for command in (
        desk.saving.rename(search=search, name="新名", by=other, now=LATER),
        desk.saving.delete(search=search, by=other, now=LATER),
    ):
        with pytest.raises(NotFoundError):
            await command
    await desk.saving.rename(search=search, name="新名", by=EVERYTHING, now=LATER)
    await desk.saving.delete(search=search, by=EVERYTHING, now=LATER)
    async with desk.pool.acquire() as connection:
        entries = await journal.read(connection, Position(0), 10)
        assert (await journal.verify(connection)).broken_at is None
    assert [(one.kind, one.subject, one.actor, one.state, one.fields) for one in entries] == [
        (kind, search, EVERYTHING.name, None, ()) for kind in ("SEARCH_SAVED", "SEARCH_RENAMED", "SEARCH_DELETED")
    ]
