"""Load from `wrk`: how many requests a second a server answers, and how long each takes."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import orjson

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

CONNECTIONS: Final = 16
SECONDS: Final = int(os.environ.get("CASEGRAPH_BENCH_SECONDS", "5"))
LONGEST: Final = 60
"""Seconds that one run may last on a machine so busy that a shorter one sees no answer."""
SCRIPT: Final = Path(__file__).parent / "post.lua"


class LoadError(Exception):
    """What was measured is not what was meant to be."""


@dataclass(frozen=True, slots=True)
class Load:
    """One run. Times are in milliseconds."""

    rate: float
    p50: float
    p99: float


def missing() -> bool:
    """Tell whether there is no `wrk` here."""
    return shutil.which("wrk") is None


def load(url: str, bodies: Path, *, least: float, seconds: int | None = None, token: str = "") -> Load:
    """Post a file's bodies for some seconds; raise LoadError where answers fail or have fewer bytes than `least`.

    A run in which no answer came is made again for twice the time.
    """
    time = seconds or SECONDS
    told = _post(url, bodies, time, token)
    while not told["requests"] and not told["failed"] and time < LONGEST:
        time *= 2
        told = _post(url, bodies, time, token)
    if not told["requests"]:
        raise LoadError(f"{url}: no answer came within {time} s.")
    if told["failed"]:
        raise LoadError(f"{url}: {told['failed']} of {told['requests']} requests failed.")
    if told["bytes"] / told["requests"] < least:
        raise LoadError(f"{url}: answers of {told['bytes'] / told['requests']:.0f} bytes, {least:.0f} were expected.")
    return Load(told["requests"] / told["microseconds"] * 1e6, told["p50"] / 1e3, told["p99"] / 1e3)


def _post(url: str, bodies: Path, seconds: int, token: str) -> dict[str, int]:
    """Return what `wrk` tells of one run."""
    words = [
        "wrk",
        "-t1",
        f"-c{CONNECTIONS}",
        f"-d{seconds}s",
        "--timeout",
        "30s",
        "-s",
        str(SCRIPT),
        url,
        "--",
        str(bodies),
        token,
    ]
    done = subprocess.run(words, check=True, capture_output=True, text=True)
    told: dict[str, int] = orjson.loads(done.stdout.splitlines()[-1])
    return told


def median(loads: Sequence[Load]) -> Load:
    """Return the median of each figure over several runs."""

    def of(values: Iterable[float]) -> float:
        return statistics.median(values)

    return Load(of(one.rate for one in loads), of(one.p50 for one in loads), of(one.p99 for one in loads))
