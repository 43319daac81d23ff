"""Examines what is stored: the database and its version, the journal's chain, the index's and the readers' lag.

The search engine is whichever is set.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from graph import api_keys, erasure_list, followers, journal, keycheck, set_aside
from graph.database import DatabaseError, DatabaseUnreachable, close, connect, statements
from graph.erasure_list import ErasureListError
from graph.errors import DatabaseStateError, MasterKeyError
from graph.migrate import require_current
from graph.policy import is_useless
from search.engine import SearchUnavailableError
from search.indexer import READER as INDEXER
from wording import Wording, joined, verbatim

if TYPE_CHECKING:
    from pathlib import Path

    from graph.belonging import Homes
    from graph.database import Connection
    from graph.followers import Alive
    from graph.identity import Vault
    from graph.records import Position
    from search.engine import Engine

SQL = statements("standing")
ERASURES = statements("erasure")
LAG: Final = 1_000
"""Entries that a reader may be behind before it is worth a word."""
SILENT: Final = 30.0
"""Seconds without a sign after which nobody is thought to lead a follower: signs come every five."""
ORPHANED: Final = 86_400.0
"""Seconds after which a file that no row names will not be named any more."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, how it is, and what to do; `advice` is None where all is well."""

    about: Wording
    state: Wording
    advice: Wording | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """What an instance keeps outside of its database."""

    vault: Vault
    engine: Engine
    attachments: Path
    erasures: Path
    homes: Homes


AWAY: Final = Wording("Look whether the server runs, and at CASEGRAPH_DATABASE_URL.")
OWN_AWAY: Final = Wording(
    "Run this again, which starts it. The file postgres/log in the data folder says why it ended."
)


async def examine(url: str, kept: Kept, *, quick: bool = False, embedded: bool = False) -> list[Finding]:
    """Return what is found, `quick` without what takes long; an unreachable or foreign database ends it early."""
    try:
        connection = await connect(url)
    except (DatabaseError, *DatabaseUnreachable) as error:
        return [
            Finding(
                Wording("database"),
                Wording("cannot be reached ({kind})", kind=type(error).__name__),
                OWN_AWAY if embedded else AWAY,
            )
        ]
    except DatabaseStateError as error:
        return [Finding(Wording("database"), Wording("too old"), error.wording)]
    try:
        findings = [await _server(connection)]
        try:
            await require_current(connection)
        except DatabaseStateError as error:
            return [*findings, Finding(Wording("tables"), Wording("not of this version"), error.wording)]
        findings.append(Finding(Wording("tables"), Wording("of this version")))
        findings += await _contents(connection, kept)
        return findings if quick else [*findings, *await _slow(connection, kept)]
    finally:
        await close(connection)


async def _server(connection: Connection) -> Finding:
    version = await connection.fetchval("show server_version")
    return Finding(
        Wording("database"),
        Wording(
            "PostgreSQL {version}, reached over {value}",
            version=version,
            value=await connection.fetchval(SQL.reached_over),
        ),
    )


async def _contents(connection: Connection, kept: Kept) -> list[Finding]:
    position = await journal.position(connection)
    return [
        await _key(connection, kept.vault),
        await _engine(kept.engine),
        await _index(connection, kept.engine, position),
        *await _readers(connection, position),
        *await _followers(connection, position),
        await _set_aside(connection),
        await _rejections(connection),
        await _erasures(connection, kept),
        await _api_keys(connection),
    ]


async def _api_keys(connection: Connection) -> Finding:
    now = datetime.now(UTC)
    keys = [key for key in await api_keys.all_keys(connection) if key.holds(now)]
    useless = [key.id for key in keys if is_useless(key.viewer())]
    if not useless:
        return Finding(Wording("API keys"), Wording("{count:,} that hold", count=len(keys)))
    advice = Wording("They name no division, organ or source. Revoke them, and make others with `keys create --help`.")
    return Finding(
        Wording("API keys"), Wording("by {useless} nothing may be seen or done", useless=", ".join(useless)), advice
    )


async def _slow(connection: Connection, kept: Kept) -> list[Finding]:
    return [
        await _chain(connection),
        await _scopes(connection),
        await _homes(connection, kept.homes),
        await _attachments(connection, kept.attachments),
    ]


async def _key(connection: Connection, vault: Vault) -> Finding:
    try:
        await keycheck.require(connection, vault)
    except (MasterKeyError, DatabaseStateError) as error:
        return Finding(Wording("master key"), Wording("does not fit this database"), error.wording)
    return Finding(
        Wording("master key"), Wording("fits this database; keep a copy elsewhere, without it nothing sealed opens")
    )


async def _chain(connection: Connection) -> Finding:
    found = await journal.verify(connection)
    if found.broken_at is None:
        return Finding(
            Wording("journal"),
            Wording("{entries:,} entries, gapless, every hash follows from the one before", entries=found.entries),
        )
    return Finding(
        Wording("journal"),
        Wording("broken at position {broken_at:,}", broken_at=found.broken_at),
        Wording(
            "Somebody changed entries by hand, or a disk failed. Stop writing, keep this database as "
            "evidence, and restore the last backup whose journal is whole."
        ),
    )


async def _scopes(connection: Connection) -> Finding:
    wrong = await connection.fetchval(SQL.unscoped)
    if not wrong:
        return Finding(Wording("policy"), Wording("every row is seen by whoever may see its case, and by nobody else"))
    return Finding(
        Wording("policy"),
        Wording("{wrong:,} rows are seen by others than may see their case", wrong=wrong),
        Wording(
            "Stop serving. Somebody changed rows by hand, or a write went wrong: keep this database, and "
            "restore a backup."
        ),
    )


async def _homes(connection: Connection, homes: Homes) -> Finding:
    """Tell whether all that stands belongs where it was sent, as far as that is set."""
    sources, codes = list(homes.sources), [home.home for home in homes.sources.values()]
    counted = await connection.fetchrow(SQL.homeless, homes.own.home, sources, codes)
    nowhere, elsewhere = (counted["nowhere"], counted["elsewhere"]) if counted else (0, 0)
    own = verbatim(homes.own.home) if homes.own.home else Wording("not set")
    state = joined([own, *(verbatim(f"{name} {code}") for name, code in zip(sources, codes, strict=True))])
    if nowhere:
        # An instance may serve no division of its own, so this is told and no fault.
        state = Wording(
            "{state}; {nowhere:,} submissions belong nowhere, and are seen by viewers of every division alone:"
            " CASEGRAPH_HOME_DIVISION or CASEGRAPH_SOURCE_DIVISIONS says where they belong",
            state=state, nowhere=nowhere,
        )  # fmt: skip
    advice = Wording(
        "{elsewhere:,} submissions were taken in before this home was set: `python -m casegraph "
        "rederive` brings them there.",
        elsewhere=elsewhere,
    )
    return Finding(Wording("home division"), state, advice if elsewhere else None)


async def _engine(engine: Engine) -> Finding:
    health = await engine.health()
    if health.answers:
        return Finding(Wording("search engine"), verbatim(health.says))
    return Finding(Wording("search engine"), Wording("does not answer"), verbatim(health.says))


async def _index(connection: Connection, engine: Engine, position: Position) -> Finding:
    try:
        reached = await engine.held()
    except SearchUnavailableError as error:
        return Finding(Wording("index"), Wording("cannot be asked"), error.wording)
    except Exception as error:  # noqa: BLE001 - whatever the engine says of a damaged folder
        advice = Wording("Run `python -m casegraph reindex`: the index is made of the graph alone.")
        return Finding(Wording("index"), Wording("cannot be opened ({kind})", kind=type(error).__name__), advice)
    if reached is None:
        return Finding(
            Wording("index"),
            Wording("not there yet"),
            Wording("Start `serve` or `work`, or run `python -m casegraph reindex`."),
        )
    if not await journal.holds(connection, reached):
        advice = Wording("It is made anew by `serve` or `work`; or run `python -m casegraph reindex`.")
        return Finding(
            Wording("index"), Wording("of another journal: the database was restored, went back, or is another"), advice
        )
    return _lag(Wording("index"), reached.position, position)


def _lag(name: Wording, reached: int, position: int) -> Finding:
    behind = position - reached
    slow = Wording("Nobody reads, or reading is slow: look whether `serve` or `work` runs.") if behind > LAG else None
    return Finding(
        name,
        Wording("at {reached:,} of {position:,}, {behind:,} behind", reached=reached, position=position, behind=behind),
        slow,
    )


async def _readers(connection: Connection, position: Position) -> list[Finding]:
    # How far the index has come it says itself.
    rows = [row for row in await connection.fetch(SQL.readers) if row["name"] != INDEXER]
    return [_lag(Wording("reader {name}", name=row["name"]), row["position"], position) for row in rows]


async def _followers(connection: Connection, position: Position) -> list[Finding]:
    reached = {row["name"]: row["position"] for row in await connection.fetch(SQL.readers)}
    return [_life(one, behind=reached.get(one.name, position) < position) for one in await followers.alive(connection)]


def _life(one: Alive, *, behind: bool) -> Finding:
    name = Wording("follower {name}", name=one.name)
    if one.silent > SILENT:
        start = Wording("Nobody leads it, and there is something to do: start `serve` or `work`, or look why it hangs.")
        return Finding(name, Wording("not heard of for {silent:,.0f} s", silent=one.silent), start if behind else None)
    if one.trouble is None:
        return Finding(name, Wording("works, heard of {silent:,.0f} s ago", silent=one.silent))
    advice = Wording("{trouble} It is tried again by itself.", trouble=one.trouble)
    return Finding(name, Wording("does not get on, for {value:,.0f} s", value=one.troubled or 0.0), advice)


async def _set_aside(connection: Connection) -> Finding:
    counts = await set_aside.counts(connection)
    if not counts:
        return Finding(Wording("set aside"), Wording("nothing"))
    state = joined([Wording("{count:,} by {reader}", count=count, reader=reader) for reader, count in counts.items()])
    advice = Wording("`python -m casegraph set-aside list` says why; once that is mended, `set-aside retry all`.")
    return Finding(Wording("set aside"), state, advice)


async def _attachments(connection: Connection, folder: Path) -> Finding:
    # What is there first: a file is on disk before its row, so none that is named since is thought missing.
    there = await asyncio.to_thread(_ages, folder)
    wanted = {row["file"] for row in await connection.fetch(SQL.attachment_files)}
    if missing := [name for name in wanted - there.keys() if not _is_there(folder, name)]:
        advice = Wording("Restore them from a backup; `submission {{ documents }}` tells which letters they belong to.")
        return Finding(
            Wording("attachments"),
            Wording("{count:,} of {count_2:,} files are missing", count=len(missing), count_2=len(wanted)),
            advice,
        )
    orphans = there.keys() - wanted
    state = Wording("{count:,} files", count=len(wanted))
    if orphans:
        state = joined([state, Wording("{count:,} that no row names", count=len(orphans))])
    stale = sum(there[name] > ORPHANED for name in orphans)
    advice = Wording(
        "{stale:,} of them are of interrupted work or erased: `python -m casegraph retain` removes them.", stale=stale
    )
    return Finding(Wording("attachments"), state, advice if stale else None)


def _ages(folder: Path) -> dict[str, float]:
    """Return the files that are there, and how many seconds ago each was written."""
    found = {}
    for path in folder.rglob("*") if folder.exists() else ():
        with suppress(FileNotFoundError):
            if path.is_file():
                found[path.name] = time.time() - path.stat().st_mtime
    return found


def _is_there(folder: Path, name: str) -> bool:
    return (folder / name[:2] / name).is_file()


async def _erasures(connection: Connection, kept: Kept) -> Finding:
    try:
        listed = {one.id for one in await asyncio.to_thread(erasure_list.read, kept.erasures, kept.vault)}
    except ErasureListError as error:
        return Finding(Wording("erasures"), Wording("the list is not as it was written"), error.wording)
    done = {row["id"] for row in await connection.fetch(ERASURES.erased)}
    if unlisted := done - listed:
        return Finding(
            Wording("erasures"),
            Wording(
                "{count:,} of {count_2:,} are not in the list {erasures}",
                count=len(unlisted),
                count_2=len(done),
                erasures=kept.erasures,
            ),
            Wording(
                "A restore would bring them back. Put back the newest copy of the list, and look at CASEGRAPH_ERASURES."
            ),
        )
    if undone := listed - done:
        advice = Wording("Run `python -m casegraph erase --unfinished`.")
        return Finding(
            Wording("erasures"),
            Wording(
                "{count:,} of {count_2:,} in the list were not carried out", count=len(undone), count_2=len(listed)
            ),
            advice,
        )
    return Finding(Wording("erasures"), Wording("{count:,}, all in the list and carried out", count=len(done)))


async def _rejections(connection: Connection) -> Finding:
    row = await connection.fetchrow(SQL.open_rejections_count)
    if row is None or not row["rejections"]:
        return Finding(Wording("rejections"), Wording("0 open"))
    told = Wording(
        "{row:,} open, of {row_2:,} records; `rejections list` shows them", row=row["rejections"], row_2=row["records"]
    )
    return Finding(Wording("rejections"), told)
