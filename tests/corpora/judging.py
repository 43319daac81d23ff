"""Reads one file by casegraph's own readers, in a process of its own with limits, and says what became of it."""

from __future__ import annotations

import multiprocessing
import os
import re
import resource
import tempfile
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from connectors.connector import ReadOptions, Resource
from connectors.registry import read
from graph.records import Draft, Refusal

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from tests.corpora.libraries import Form

FORK: Final = multiprocessing.get_context("fork")
"""Whoever asks has no thread, and all modules loaded: a process a file costs milliseconds."""
PATIENCE: Final = 60.0
"""Seconds after which a reader is thought to hang."""
MEMORY: Final = 4_000_000_000
OPTIONS: Final = ReadOptions(source="corpora", zone=ZoneInfo("Asia/Shanghai"))
DIFFERING: Final = re.compile(r"[\w.+-]*[0-9][\w.+-]*")
"""Numbers, and names with numbers in them."""
SHOWN: Final = 60
"""Characters of a title or text that are shown of each."""


class Verdict(StrEnum):
    """What became of a file."""

    ACCEPTED = "accepted"
    PARTLY = "partly"
    REFUSED = "refused"
    CRASHED = "crashed"
    HUNG = "hung"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What became of a file, the reasons of what was refused, and what to look at."""

    verdict: Verdict
    reasons: tuple[str, ...] = ()
    shown: str = ""


def judge(path: Path, form: Form) -> Judgement:
    """Read a file as a form, and say what became of it."""
    ours, theirs = FORK.Pipe(duplex=False)
    with tempfile.TemporaryFile() as said:
        process = FORK.Process(target=_read, args=(path, form, theirs, said.fileno()))
        process.start()
        theirs.close()
        try:
            found: Judgement = ours.recv() if ours.poll(PATIENCE) else Judgement(Verdict.HUNG)
        except EOFError:
            process.join()
            found = Judgement(Verdict.CRASHED, (f"ended with {process.exitcode}",))
        finally:
            process.kill()
            process.join()
            ours.close()
        said.seek(0)
        lines = [line for line in said.read().decode(errors="replace").splitlines() if line.strip()]
    if lines:
        # A library's own stack trace, which `ingest` has its reader show to nobody.
        printed = f"printed besides: {DIFFERING.sub('…', lines[0][:SHOWN])}"
        return replace(found, reasons=(*found.reasons, printed))
    return found


def _read(path: Path, form: Form, told: Connection, said: int) -> None:
    os.dup2(said, 1)
    os.dup2(said, 2)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    told.send(_judgement(path, form))


def _judgement(path: Path, form: Form) -> Judgement:
    readings = list(read(form.channel, Resource.from_path(path, name=path.stem + form.suffix), OPTIONS))
    drafts = [one for one in readings if isinstance(one, Draft)]
    refusals = [one for one in readings if isinstance(one, Refusal)]
    shown = " ┃ ".join(f"{one.received_at:%Y-%m-%d %H:%M} {one.title} │ {one.text}" for one in drafts[:1])
    verdict = Verdict.REFUSED if not drafts else Verdict.PARTLY if refusals else Verdict.ACCEPTED
    return Judgement(verdict, tuple(dict.fromkeys(_grouped(one) for one in refusals)), " ".join(shown.split()))


def _grouped(refusal: Refusal) -> str:
    """Return what a refusal says first, without the numbers and names that differ from file to file."""
    first, *_ = re.split(r"(?<=[.:])\s", refusal.message)
    return f"{refusal.reason}: {DIFFERING.sub('…', first)}"
