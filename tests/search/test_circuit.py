"""The circuit: opens after failures in a row, tries now and then, closes with the first answer."""

from __future__ import annotations

from search.circuit import FAILURES, PAUSE, Circuit


class Clock:
    """A clock that is set."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_it_opens_after_failures_in_a_row_alone() -> None:
    """An answer between them starts the count anew."""
    circuit = Circuit(Clock())
    for _ in range(3):
        for _ in range(FAILURES - 1):
            circuit.failed()
        assert circuit.lets_pass()
        circuit.succeeded()
    for _ in range(FAILURES):
        assert circuit.lets_pass()
        circuit.failed()
    assert circuit.is_open
    assert not circuit.lets_pass()


def test_while_it_is_open_one_request_tries_after_each_pause() -> None:
    """Others need not wait for it; where it fails, or never ends, the next one tries a pause later."""
    clock = Clock()
    circuit = Circuit(clock)
    for _ in range(FAILURES):
        circuit.failed()
    for failing in (True, False, True):
        clock.now += PAUSE - 0.01
        assert not circuit.lets_pass()
        clock.now += 0.02
        assert [circuit.lets_pass() for _ in range(3)] == [True, False, False]
        if failing:
            circuit.failed()
    clock.now += PAUSE
    assert circuit.lets_pass()
    circuit.succeeded()
    assert not circuit.is_open
    assert circuit.lets_pass()
