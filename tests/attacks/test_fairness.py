"""The benches of fairness, tiny: one attacks as it says, and both measure what is real."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

import pytest

from bench.attacks.fairness import ATTACKS, CONNECTIONS, Hostile, Place, fairness
from bench.attacks.lone import LIGHT, Rounds, lone
from resolvers.asked import Answer, Asked
from resolvers.limits import DocumentLimits
from resolvers.turns import HEAVY
from schema.errors import LimitError
from tests.attacks.test_steps import executor_of
from tests.conftest import PATIENCE

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.long
async def test_an_attack_is_measured_beside_ordinary_clients(
    data_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And a viewer who is alone, with turns and without: one short round of each, on the real server and database.

    How long anybody waited is no matter of a test.
    """
    monkeypatch.setattr("bench.year.REAL", tmp_path)  # thousands of real messages would be taken in first
    [row] = await fairness(data_folder, submissions=200, seconds=0.1, rounds=1, only="history")
    alone = await lone(data_folder, 200, Rounds(1, 0.1))
    assert [row.name, alone.name] == ["attacks.fairness.history", "attacks.lone"]
    assert all(one.ratio is not None and one.ratio > 0 for one in (row, alone))


def test_what_a_lone_viewer_is_measured_by_is_light() -> None:
    """Heavy questions have turns of their own."""
    preparation = executor_of(DocumentLimits()).preparation
    assert LIGHT
    for asked in LIGHT:
        prepared = preparation.prepare(asked)
        assert not isinstance(prepared, Answer)
        assert preparation.plan(prepared).cost < HEAVY


@pytest.mark.parametrize("name", ATTACKS)
def test_fifty_of_what_is_costly_are_refused_and_the_rest_is_answered(name: str) -> None:
    """What is asked for as it was found is too much; what the bench asks besides is within all limits."""
    executor = executor_of(DocumentLimits())
    prepared = executor.preparation.prepare(Asked(ATTACKS[name](0)))
    if name == "errors":
        assert isinstance(prepared, Answer)
        return
    assert not isinstance(prepared, Answer)
    if name.endswith("50"):
        with pytest.raises(LimitError, match="at most 50000 are read"):
            executor.preparation.plan(prepared)
    else:
        assert executor.preparation.plan(prepared).cost <= DocumentLimits().cost


@pytest.mark.parametrize("name", ["overlap", "burst"])
async def test_the_hostile_client_asks_by_all_its_connections_until_it_is_told_to_stop(name: str) -> None:
    """A document with a number is another one each time."""
    asked: list[bytes] = []
    answering: list[asyncio.Task[None]] = []
    enough, length = asyncio.Event(), re.compile(rb"content-length: (\d+)")

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        answering.append(task)
        while not reader.at_eof():
            try:
                found = length.search(await reader.readuntil(b"\r\n\r\n"))
                assert found is not None
                asked.append(await reader.readexactly(int(found[1])))
            except (asyncio.IncompleteReadError, ConnectionError):
                break
            if len(asked) > 2 * CONNECTIONS:
                enough.set()
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    place = Place(server.sockets[0].getsockname()[1], b"POST / HTTP/1.1\r\ncontent-length: ")
    with Hostile(place, name) as hostile:
        going = hostile.attacking()
        await asyncio.to_thread(going.__enter__)
        await asyncio.wait_for(enough.wait(), 3 * PATIENCE)
        going.__exit__(None, None, None)
    await asyncio.gather(*answering)
    server.close()
    assert len(set(asked)) == (len(asked) if name == "overlap" else 1)
