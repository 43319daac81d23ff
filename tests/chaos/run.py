"""One run: faults at random under writes and reads, then quiet, and a look at whether all that was promised holds.

python -m tests.chaos.run --seconds 600 --seed 1
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import httpx

from graph import followers, journal, set_aside
from tests.chaos.faults import CURE, FAULTS, POISON
from tests.chaos.people import QUERY, WORD, Account, code_of, push, read, started, write
from tests.chaos.world import World
from tests.run.processes import awaited
from tests.viewers import headers_of

if TYPE_CHECKING:
    from graph.database import Connection

WRITERS: Final = 2
READERS: Final = 2
PAUSE: Final = (0.2, 3.0)
"""Seconds between two faults."""
SAMPLE: Final = 300
"""Records that are looked for one by one at the end."""


def run(folder: Path, *, seed: int, seconds: float) -> dict[str, Any]:
    """Run every fault once, and on at random until so many seconds are over; return what was counted.

    Raises AssertionError for whatever was promised and does not hold.
    """
    world = World.start(folder)
    try:
        return _run(world, random.Random(seed), seed, seconds)  # noqa: S311 - the faults come again by their seed
    finally:
        world.end()


def _run(world: World, chance: random.Random, seed: int, seconds: float) -> dict[str, Any]:
    for address in world.addresses:
        awaited(lambda address=address: _ready(address))  # type: ignore[misc]
    world.execute(POISON)
    account, ended, done = Account(), threading.Event(), Counter[str]()
    people = [
        *(started(write, account, world.addresses, ended, 1 + one, WRITERS, seed + one) for one in range(WRITERS)),
        *(started(read, account, world.addresses, ended, seed - one) for one in range(READERS)),
    ]
    until = time.monotonic() + seconds
    try:
        while not done or time.monotonic() < until:
            for fault in chance.sample(FAULTS, len(FAULTS)):
                fault(world, chance)
                done[fault.__name__] += 1
                ended.wait(chance.uniform(*PAUSE))
    finally:
        ended.set()
        for one in people:
            one.join()
    world.execute(CURE)
    _check(world, account)
    return {
        "seed": seed, "seconds": seconds, "faults": dict(done), "counts": dict(sorted(account.counts.items())),
        "starts": {one.log.stem: one.starts for one in world.processes},
    }  # fmt: skip


def _ready(address: str) -> bool:
    try:
        return httpx.get(f"{address}/readyz", timeout=5).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False


def _check(world: World, account: Account) -> None:
    """Compare what there is with what was acknowledged."""
    for number, address in enumerate(world.addresses, 1):
        awaited(lambda address=address: _ready(address))  # type: ignore[misc]
        awaited(lambda address=address, number=number: _takes(address, -number))  # type: ignore[misc]
    rows = Counter(
        row["external_id"]
        for row in world.on_database(lambda connection: connection.fetch("select external_id from submission"))
    )
    lost = [number for number in account.acknowledged if f"r{number}" not in rows]
    assert not lost, f"acknowledged and lost: {lost[:10]}"
    doubled = {name: count for name, count in rows.items() if count > 1}
    assert not doubled, doubled
    world.on_database(lambda connection: set_aside.ask_again(connection, None))
    for address in world.addresses:
        awaited(lambda address=address: _is_whole(address, rows.total()))  # type: ignore[misc]
    sample = random.Random(0).sample(sorted(account.acknowledged), min(SAMPLE, len(account.acknowledged)))  # noqa: S311
    missed = [number for number in sample if f"r{number}" not in _found(world.addresses[number % 2], code_of(number))]
    assert not missed, f"acknowledged and not found: {missed[:10]}"
    world.on_database(_verify)
    assert not account.violations, account.violations[:10]


def _takes(address: str, number: int) -> bool:
    try:
        with httpx.Client() as client:
            return push(client, address, abs(number), f"after{number}")
    except (httpx.HTTPError, ValueError):
        return False


def _asked(address: str, words: str) -> dict[str, Any]:
    given = {"query": QUERY, "variables": {"words": words}}
    answer = httpx.post(f"{address}/graphql", json=given, headers=headers_of(), timeout=30).json()
    found: dict[str, Any] = (answer.get("data") or {}).get("search") or {}
    return found


def _is_whole(address: str, count: int) -> bool:
    found = _asked(address, WORD)
    return bool(found) and found["index"]["complete"] and found["totalCount"] == count


def _found(address: str, words: str) -> list[str]:
    return [edge["node"]["externalId"] for edge in _asked(address, words)["edges"]]


async def _verify(connection: Connection) -> None:
    assert (await journal.verify(connection)).broken_at is None
    assert await set_aside.listed(connection, 10) == []
    for one in await followers.alive(connection):
        assert one.trouble is None, one
        assert one.silent < followers.STALLED, one


def main() -> None:
    """Run by command, and print the counts."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", action="store_true", help="leave the folder with all logs")
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="casegraph-chaos-"))
    folder.chmod(0o755)
    try:
        print(json.dumps(run(folder, seed=given.seed, seconds=given.seconds), ensure_ascii=False, indent=1))  # noqa: T201
    finally:
        if given.keep:
            print(folder)  # noqa: T201
        else:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
