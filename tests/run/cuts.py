"""Commands as processes of their own, from whose server they are cut at a point that chance draws.

A point is a portion of data between the command and PostgreSQL, not a moment: it comes again however fast a machine
is. `python -m tests.run.cuts --series 100 --seed 1` tries hundreds and prints what was counted.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import re
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import psutil

from graph.database import connect
from tests.cable import Cable, cable_to
from tests.cluster import Cluster
from tests.run.cut_commands import COMMANDS, Instance, Started, page, prepare
from tests.run.processes import PATIENCE, ROOT, Home
from tests.run.test_commands import feed
from tests.scratch import use_memory

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from tests.run.cut_commands import Command

AWAY: Final = 1.0
"""Seconds for which a server or a cable is gone, where it comes back while the command still runs."""
LOGGED: Final = re.compile(r"\d{4}-\d\d-\d\d |(Taking in|Indexing|Following|Sweeping)")
"""Lines of the log, and of progress."""
ENDED: Final = "ended with a line"
WENT_ON: Final = "went on"
SERIES: Final = 3
"""How often a command is cut off, one time after the other."""
ENDINGS: Final = {os.EX_UNAVAILABLE, os.EX_TEMPFAIL}


@dataclass
class Bench:
    """A server of our own, with a database that every command may copy."""

    folder: Path
    cluster: Cluster
    portions: dict[str, int] = field(default_factory=dict)
    """How many portions of data an undisturbed command exchanges."""
    left: dict[str, Any] = field(default_factory=dict)
    """What an undisturbed command leaves."""

    async def end_connections(self, database: str) -> None:
        """As an administrator does."""
        ending = "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1"
        connection = await connect(self.cluster.url("postgres"))
        try:
            await connection.fetch(ending, database)
        finally:
            await connection.close()

    async def restart(self, *, pause: float = 0.0) -> None:
        """Have the server end at once, as in a crash, and start again."""
        server = psutil.Process(int((self.cluster.folder / "postgres/cluster/postmaster.pid").read_text().split()[0]))
        server.send_signal(signal.SIGQUIT)
        await asyncio.to_thread(psutil.wait_procs, [server], PATIENCE)
        await asyncio.sleep(pause)  # for so long it is away: that is the fault itself
        await asyncio.to_thread(self.cluster.start)


async def end(bench: Bench, _: Cable, database: str) -> None:
    """All connections end."""
    await bench.end_connections(database)


async def restart(bench: Bench, _: Cable, __: str) -> None:
    """The server crashes and is back at once."""
    await bench.restart()


async def pull(bench: Bench, cable: Cable, database: str) -> None:
    """What is connected hears nothing more; the server gives it up, as keepalives have it."""
    cable.pull()
    await bench.end_connections(database)


async def hang(bench: Bench, cable: Cable, database: str) -> None:
    """The same, and whoever connects anew is not answered either, for some time."""
    cable.hangs = True
    cable.pull()
    await bench.end_connections(database)


async def refuse(bench: Bench, cable: Cable, database: str) -> None:
    """All connections end, and whoever connects anew is turned away, for some time."""
    cable.refuses = True
    await bench.end_connections(database)


FAULTS: Final = {one.__name__: one for one in (end, restart, pull, hang, refuse)}


@asynccontextmanager
async def bench() -> AsyncIterator[Bench]:
    """Give a server with the database that commands are tried on."""
    with tempfile.TemporaryDirectory(prefix="casegraph-cuts-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        made = Bench(folder, Cluster(folder))
        try:
            await made.cluster.prepare()
            await asyncio.to_thread(prepare, folder, made.cluster)
            with feed(page) as address:
                (folder / "feed").write_text(address, encoding="ascii")
                yield made
        finally:
            await asyncio.to_thread(made.cluster.close)


async def undisturbed(bench: Bench, command: Command) -> None:
    """Run a command to its end and keep what it leaves, and how many portions of data it exchanges."""
    async with _instance(bench, command) as (instance, cable):
        ended = await _run(command, instance)
        assert ended.code == command.code, ended.said
        bench.portions[command.name] = cable.passed
        if command.left:
            bench.left[command.name] = await command.left(instance)


async def cut(bench: Bench, command: Command, points: Sequence[tuple[str, float]]) -> list[str]:
    """Run a command with a fault at a point from 0 to 1, as often as there are points; return how each run ended.

    Once it has ended with a line, it is run again, and at last to its end. Raises AssertionError where it hangs, ends
    without a clear line, or leaves anything else than undisturbed.
    """
    if command.name not in bench.portions:
        await undisturbed(bench, command)
    outcomes = []
    async with _instance(bench, command) as (instance, cable):
        for fault, point in points:
            outcomes.append(await _cut_once(bench, command, instance, cable, (fault, point)))
            if outcomes[-1] != ENDED:
                break
        else:
            done = await _run(command, instance, again=True)
            assert done.code == command.code, f"run again: {done.code} {done.said}"
        if command.left:
            left = await command.left(instance)
            assert left == bench.left[command.name], f"left otherwise: {_differences(left, bench.left[command.name])}"
    return outcomes


async def _cut_once(bench: Bench, command: Command, instance: Instance, cable: Cable, at: tuple[str, float]) -> str:
    fault, point = at
    begun, struck = asyncio.Event(), asyncio.Event()

    async def strike() -> None:
        begun.set()
        await FAULTS[fault](bench, cable, instance.database)
        struck.set()

    cable.strike(1 + int(point * bench.portions[command.name]), strike)
    mending = asyncio.create_task(_mend(cable, struck)) if command.goes_on else None
    try:
        ended = await _run(command, instance)
        if begun.is_set():
            await struck.wait()
    finally:
        if mending:
            mending.cancel()
        cable.mend()
    return _judged(command, ended) if begun.is_set() else "not struck"


async def _mend(cable: Cable, struck: asyncio.Event) -> None:
    await struck.wait()
    await asyncio.sleep(AWAY)  # for so long the way is cut: that is the fault itself
    cable.mend()


def _judged(command: Command, ended: Started) -> str:
    assert "Traceback" not in ended.said, ended.said
    if ended.code == command.code:
        return WENT_ON
    assert ended.code in ENDINGS, f"{ended.code}: {ended.said}"
    lines = [line for line in ended.complaints.splitlines() if line and not LOGGED.match(line)]
    assert len(lines) == 1, lines
    assert lines[0].endswith("."), lines
    return ENDED


def _differences(left: Any, wanted: Any) -> Any:
    if isinstance(left, dict) and isinstance(wanted, dict):
        return {name: (left[name], wanted[name]) for name in wanted if left.get(name) != wanted[name]}
    return left, wanted


@asynccontextmanager
async def _instance(bench: Bench, command: Command) -> AsyncIterator[tuple[Instance, Cable]]:
    """Give a database and a data folder as the command finds them."""
    database = await bench.cluster.create(command.template)
    folder = Path(tempfile.mkdtemp(dir=bench.folder))
    shutil.copytree(bench.folder / command.data, folder / "data")
    try:
        async with cable_to(bench.cluster.url(database, "tcp")) as cable:
            home = Home(folder / "data", database_url=cable.url, **command.settings)
            home.trust_tests()
            yield Instance(bench.folder, folder, database, bench.cluster.url(database), home), cable
    finally:
        await bench.cluster.drop(database)
        shutil.rmtree(folder)


async def _run(command: Command, instance: Instance, *, again: bool = False) -> Started:
    """Run a command to its end; `again` with the limits of every day."""
    module = "casegraph" if again else "tests.run.impatient"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, *command.words(instance), cwd=ROOT, env=instance.home.environment(),
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )  # fmt: skip
    started = Started(process)
    try:
        async with asyncio.timeout(PATIENCE):
            await started.run(command.use, instance)
    except TimeoutError:
        raise AssertionError(f"it hangs: {started.said}") from None
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
    return started


def series(chance: random.Random) -> list[tuple[str, float]]:
    """Draw faults and where they come."""
    return [(chance.choice(list(FAULTS)), chance.random()) for _ in range(SERIES)]


async def run(count: int, seed: int, names: list[str]) -> dict[str, Any]:
    """Cut commands from their server in so many series; return what was counted, and what failed."""
    chance = random.Random(seed)  # noqa: S311 - the points must come again
    counts: Counter[str] = Counter()
    failures = []
    commands = [command for command in COMMANDS if not names or command.name in names]
    began = time.monotonic()
    async with bench() as made:
        for number in range(count):
            command, points = chance.choice(commands), series(chance)
            try:
                outcomes = await cut(made, command, points)
            except AssertionError as error:
                failures.append(f"{command.name} {points}: {error}")
                print(failures[-1], flush=True)  # noqa: T201
                continue
            for (fault, _), outcome in zip(points, outcomes, strict=False):
                counts.update([f"{command.name}: {outcome}", f"by {fault}: {outcome}", outcome])
            print(number, command.name, points, outcomes, flush=True)  # noqa: T201
    return {
        "seed": seed, "series": count, "seconds": round(time.monotonic() - began),
        "counts": dict(sorted(counts.items())), "failures": failures,
    }  # fmt: skip


def main() -> None:
    """Run by command."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--series", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--command", action="append", default=[], help="one of those that there are; all if not given")
    given = parser.parse_args()
    use_memory()
    print(json.dumps(asyncio.run(run(given.series, given.seed, given.command)), ensure_ascii=False, indent=1))  # noqa: T201


if __name__ == "__main__":
    main()
