"""`python -m bench.corpora CHANNEL ARCHIVE…`: what becomes of the test files of libraries, none of which is ours.

Archives are source distributions, as `pip download --no-binary :all: --no-deps` gets them. Each file that a form of the
channel takes is read in a process of its own, so that a library that dies at one is counted as well. Most are no
register: what matters is that each is read or refused for its own reason, and that nothing crashes.
"""

from __future__ import annotations

import sys
import tarfile
import tempfile
import zipfile
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from connectors.connector import ReadOptions, Resource
from connectors.registry import CONNECTORS, read
from graph.records import Channel, Draft

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

OPTIONS: Final = ReadOptions(source="corpora", zone=ZoneInfo("Asia/Shanghai"))
LONGEST: Final = 60
"""Seconds for one file; more is a crash."""


def outcome(channel: Channel, path: str) -> str:
    """Return what became of one file: accepted, or the reasons for which it was refused."""
    found = list(read(channel, Resource.from_path(Path(path)), OPTIONS))
    reasons = sorted({one.reason.value for one in found if not isinstance(one, Draft)})
    if any(isinstance(one, Draft) for one in found):
        return "accepted"
    return f"refused {' '.join(reasons)}" if reasons else "nothing in it"


def files_of(folder: Path, channel: Channel) -> Iterator[Path]:
    """Yield the files that a form of the channel takes."""
    forms = [form for form in CONNECTORS if form.channel is channel]
    for path in sorted(folder.rglob("*")):
        if path.is_file() and any(form.accepts(Resource.from_path(path)) for form in forms):
            yield path


def tried(channel: Channel, paths: Sequence[Path]) -> Counter[str]:
    """Read each file in a process of its own and count what became of them."""
    counted: Counter[str] = Counter()
    context = get_context("spawn")
    pool = ProcessPoolExecutor(1, mp_context=context)
    for path in paths:
        try:
            counted[pool.submit(outcome, channel, str(path)).result(LONGEST)] += 1
        except (BrokenProcessPool, TimeoutError, Exception) as error:  # noqa: BLE001 - whatever it is, it is counted
            counted["crashed"] += 1
            print(f"crashed: {path.name} ({type(error).__name__})", file=sys.stderr)
            pool.shutdown(wait=False, cancel_futures=True)
            pool = ProcessPoolExecutor(1, mp_context=context)
    pool.shutdown()
    return counted


def unpack(archive: Path, into: Path) -> None:
    """Unpack a source distribution."""
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as members:
            members.extractall(into)  # noqa: S202 - the module keeps members within the folder
    else:
        with tarfile.open(archive) as members:
            members.extractall(into, filter="data")


def main(arguments: Sequence[str]) -> int:
    """Print a row for each archive and one for all."""
    channel, archives = Channel(arguments[0].upper()), [Path(name) for name in arguments[1:]]
    total: Counter[str] = Counter()
    print("| archive | files | outcomes |\n|---|---|---|")
    for archive in archives:
        with tempfile.TemporaryDirectory(prefix="casegraph-corpora-") as folder:
            unpack(archive, Path(folder))
            counted = tried(channel, list(files_of(Path(folder), channel)))
        if counted:
            total += counted
            print(_row(archive.name.removesuffix(".gz").removesuffix(".tar"), counted))
    print(_row("all", total))
    return 1 if total["crashed"] else 0


def _row(name: str, counted: Counter[str]) -> str:
    outcomes = "; ".join(f"{what} {times}" for what, times in counted.most_common())
    return f"| {name} | {counted.total()} | {outcomes} |"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
