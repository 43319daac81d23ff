"""The script that reads others' test files tells what became of each, whatever a reader does."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from graph.records import Channel, Reading
from tests.corpora import judging
from tests.corpora.__main__ import reasons, table
from tests.corpora.fetching import files_of
from tests.corpora.judging import Judgement, Verdict, judge
from tests.corpora.libraries import KNOWN, LIBRARIES, MAIL, Form, Library

LETTER = b"From: zhang@mail.example\nSubject: =?utf-8?b?6Lev54Gv?=\nDate: Fri, 05 Mar 2021 09:00:00 +0800\n\nlamp\n"


def written(folder: Path, name: str, content: bytes) -> Path:
    """Write a file."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_what_is_read_and_what_is_refused(tmp_path: Path) -> None:
    """With the time, title and text for a person to look at, and the reason without what differs from file to file."""
    accepted = judge(written(tmp_path, "a", LETTER), MAIL)
    assert accepted == Judgement(Verdict.ACCEPTED, (), "2021-03-05 01:00 路灯 │ lamp")
    refused = judge(written(tmp_path, "b.csv", "甲,乙\n1,2\n".encode()), KNOWN[".csv"])
    assert refused.verdict is Verdict.REFUSED
    assert refused.reasons[0].startswith("HEADINGS: No row among the first … heads")


@pytest.mark.parametrize(
    ("dies", "verdict"),
    [
        (lambda: os.kill(os.getpid(), signal.SIGKILL), Verdict.CRASHED),
        (lambda: os.write(2, b"a stack trace of the library's own\n"), Verdict.REFUSED),
        (signal.pause, Verdict.HUNG),
    ],
)
def test_a_reader_that_dies_prints_or_hangs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dies: Callable[[], object], verdict: Verdict
) -> None:
    """It ends nothing else, and is told."""
    monkeypatch.setattr(judging, "PATIENCE", 1.0 if verdict is Verdict.HUNG else judging.PATIENCE)

    def read(*_: object) -> list[Reading]:
        dies()
        return []

    monkeypatch.setattr(judging, "read", read)
    found = judge(written(tmp_path, "a.eml", LETTER), MAIL)
    assert found.verdict is verdict
    assert (found.reasons == ("printed besides: a stack trace of the library's own",)) == (verdict is Verdict.REFUSED)


def test_files_are_known_by_their_names(tmp_path: Path) -> None:
    """By their endings, and mails by another name by the pattern of their library."""
    for name in ("x/tests/mails/one", "x/tests/mails/two.msg", "x/a.XLSX", "x/setup.py", "x/b.pdf"):
        written(tmp_path, name, b"")
    found = {path.name: form for path, form in files_of(Library("x", "1", mails=("tests/mails/*",)), tmp_path)}
    assert found == {
        "one": MAIL, "two.msg": MAIL, "a.XLSX": Form(Channel.HOTLINE, ".xlsx"), "b.pdf": KNOWN[".pdf"],
    }  # fmt: skip


def test_the_table_adds_up() -> None:
    """A line a library, one of all, and each reason once."""
    rows = [
        (LIBRARIES[1], [Judgement(Verdict.ACCEPTED), Judgement(Verdict.REFUSED, ("EMPTY: Nothing.",))]),
        (LIBRARIES[2], [Judgement(Verdict.REFUSED, ("EMPTY: Nothing.",))]),
    ]
    *_, last = table(rows)
    assert last == "| **all** | 3 | 1 | 0 | 2 | 0 | 0 |"
    assert list(reasons(rows))[2:] == ["| EMPTY: Nothing. | 2 |"]
