"""The recogniser is a process of its own: what it says is read, and where it hangs or dies one file is refused."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING

import pytest

from connectors.connector import Limits, UnreadableError
from connectors.letters import attachments, recognising
from connectors.letters.recognising import Recogniser
from graph.records import RejectionReason
from tests.connectors.letterbox import refusal, scanned

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAM = """
import json, sys, time
while line := sys.stdin.buffer.readline():
    said = sys.stdin.buffer.read(json.loads(line)["size"]).decode()
    if said == "die":
        sys.exit(1)
    if said == "hang":
        print(json.dumps({"page": 0, "text": "begun"}), flush=True)
        time.sleep(3600)  # hung, until it is killed: that is the fault itself
    if said == "talk":
        print("what a library says by itself", flush=True)
    if said.startswith("fault "):
        print(json.dumps({"fault": said[6:], "count": 99}), flush=True)
        continue
    print(json.dumps({"page": 0, "text": said}), flush=True)
    print(json.dumps({"end": True}), flush=True)
    if said == "last":
        sys.exit(0)
"""
PATIENT = Limits()


@pytest.fixture
def recogniser() -> Iterator[Recogniser]:
    """A recogniser that says what it is sent, or does what it is told."""
    made = Recogniser((sys.executable, "-c", PROGRAM), starting=60.0)
    yield made
    made.close()


def ask(recogniser: Recogniser, what: str, limits: Limits = PATIENT) -> str:
    """Return what is said of a file."""
    content = what.encode()
    (page,) = recogniser.read({"size": len(content)}, content, limits)
    return str(page["text"])


def refused(recogniser: Recogniser, what: str, limits: Limits = PATIENT) -> UnreadableError:
    """Return why a file is refused."""
    with pytest.raises(UnreadableError) as caught:
        ask(recogniser, what, limits)
    return caught.value


def test_one_process_reads_file_after_file(recogniser: Recogniser) -> None:
    """It takes seconds to load."""
    assert ask(recogniser, "一") == "一"
    process = recogniser._process
    assert ask(recogniser, "二") == "二"
    assert recogniser._process is process


def test_where_it_dies_one_file_is_refused_and_the_next_is_read(recogniser: Recogniser) -> None:
    """Whatever a library in C makes of what a stranger sent."""
    for _ in range(2):
        assert "brings the text recognition down" in refused(recogniser, "die").message
        assert ask(recogniser, "一") == "一"


def test_a_process_that_ended_meanwhile_costs_nobody_anything(recogniser: Recogniser) -> None:
    """It ends by itself where no scan comes for a while."""
    for _ in range(3):
        assert ask(recogniser, "last") == "last"
    assert ask(recogniser, "一") == "一"


def test_where_it_hangs_one_file_is_refused_and_the_next_is_read(recogniser: Recogniser) -> None:
    """However long it would have taken."""
    error = refused(recogniser, "hang", Limits(page_seconds=0.01))
    assert error.reason is RejectionReason.UNREADABLE
    assert "within 0.01 seconds a page" in error.message
    assert ask(recogniser, "一") == "一"


def test_what_it_is_at_ends_with_us(recogniser: Recogniser) -> None:
    """A server that stops waits for no page, and nothing is started again behind it."""
    error: list[UnreadableError] = []
    asking = threading.Thread(target=lambda: error.append(refused(recogniser, "hang")))
    ask(recogniser, "一")
    process = recogniser._process
    assert process is not None
    asking.start()
    while not recogniser._turn.locked() and asking.is_alive():
        asking.join(0.001)
    recogniser.close()
    asking.join()
    assert error
    assert process.wait() != 0
    assert refused(recogniser, "一").reason is RejectionReason.UNREADABLE


def test_who_finds_it_busy_waits_no_longer_than_their_own_file_may_take(recogniser: Recogniser) -> None:
    """A person at a desk does not wait for a scan of fifty pages."""
    with recogniser._turn:
        assert "busy" in refused(recogniser, "一", Limits(page_seconds=0.001, pages=1)).message
    assert ask(recogniser, "一") == "一"


def test_a_library_that_talks_is_no_answer(recogniser: Recogniser) -> None:
    """Its words are no page."""
    assert refused(recogniser, "talk").reason is RejectionReason.UNREADABLE
    assert ask(recogniser, "一") == "一"


@pytest.mark.parametrize(
    ("fault", "reason", "says"),
    [
        ("BOMB", RejectionReason.BOMB, "300 dots"), ("TOO_LARGE", RejectionReason.TOO_LARGE, "99 pages, at most 50"),
        ("DAMAGED", RejectionReason.UNREADABLE, "cut off or damaged"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_says_why(recogniser: Recogniser, fault: str, reason: RejectionReason, says: str) -> None:
    """And what to do."""
    error = refused(recogniser, f"fault {fault}")
    assert error.reason is reason
    assert says in error.message


def test_where_it_is_not_installed_a_scan_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is optional; an attachment is kept all the same."""
    monkeypatch.setattr(recognising, "LIBRARIES", ("no_such_library",))
    for name, content in (("a.pdf", scanned()), ("a.jpg", b"\xff\xd8\xff picture"), ("a.tiff", b"II*\0")):
        found = refusal(content, name)
        assert found.reason is RejectionReason.MISSING_FIELD
        assert "requirements-ocr.txt" in found.message
        kept = attachments.document_of(name, "", content, Limits())
        assert (kept.content, kept.text, kept.confidence) == (content, "", None)


def test_where_it_is_turned_off_a_scan_says_so() -> None:
    """By the setting that bounds its pages."""
    with pytest.raises(UnreadableError) as caught:
        recognising.recognise(b"x", Limits(pages=0), pdf=False)
    assert "CASEGRAPH_SCAN_PAGES" in caught.value.message


@pytest.mark.parametrize("name", ["a.heic", "a.gif"])
def test_other_forms_of_pictures_are_told_what_to_do(name: str) -> None:
    """Telephones write some that nothing here reads."""
    assert "JPEG" in refusal(b"x", name).message
