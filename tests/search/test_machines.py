"""Of the machines that are named each has its turn while it answers, and nobody is sent to one that does not."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.machines import ASIDE, Machines, NobodyAnswersError

if TYPE_CHECKING:
    from collections.abc import Sequence


class Clock:
    """A clock that is set."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


class Lamp:
    """A machine that answers while it is lit, and counts who looked."""

    def __init__(self) -> None:
        self.lit = True
        self.looks = 0

    async def answers(self) -> bool:
        """Tell whether it is lit."""
        self.looks += 1
        await asyncio.sleep(0)
        return self.lit


COUNT = 3


@given(st.lists(st.lists(st.booleans(), min_size=COUNT, max_size=COUNT), min_size=1, max_size=6))
async def test_whoever_answered_last_has_its_turn(told: Sequence[Sequence[bool]]) -> None:
    """All of them as often, and none of the others; where there are none, that is said at once."""
    lamps = [Lamp() for _ in range(COUNT)]
    machines = Machines(lamps, Clock())
    for lit in told:
        for lamp, one in zip(lamps, lit, strict=True):
            lamp.lit = one
        await machines.look()
        picked = []
        with suppress(NobodyAnswersError):
            picked = [await machines.pick() for _ in range(6)]
        assert [picked.count(lamp) for lamp in lamps] == [6 // sum(lit) if one else 0 for one in lit]
        for lamp in set(picked):
            other = await machines.pick(lamp)
            assert (other is lamp) == (sum(lit) == 1)


async def test_machines_aside_are_looked_at_again_after_a_while() -> None:
    """Once for all who come; they wait for it only where nobody else can be asked."""
    clock, lamps = Clock(), [Lamp(), Lamp()]
    machines = Machines(lamps, clock)
    lamps[0].lit = False
    await machines.look()
    lamps[0].lit = True
    assert {await machines.pick() for _ in range(4)} == {lamps[1]}
    clock.now += ASIDE
    assert await machines.pick() is lamps[1]  # without waiting for what is found out meanwhile
    await machines.look()
    assert {await machines.pick() for _ in range(4)} == set(lamps)
    lamps[0].lit = lamps[1].lit = False
    await machines.look()
    with pytest.raises(NobodyAnswersError):
        machines.pick().send(None)
    clock.now += ASIDE
    lamps[0].lit = True
    before = lamps[1].looks
    assert set(await asyncio.gather(*(machines.pick() for _ in range(5)))) == {lamps[0]}
    assert lamps[1].looks == before + 1
    await machines.close()


async def test_who_gives_up_waiting_stops_nobody_else() -> None:
    """The look goes on for the others."""
    lamps = [Lamp()]
    machines = Machines(lamps, Clock())
    waiting = [asyncio.create_task(asyncio.wait({machines.look()})) for _ in range(2)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    await waiting[1]
    assert not machines.aside
