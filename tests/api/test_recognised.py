"""A recognised text is told as such wherever it stands, masked and found as any other, and its picture stays."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import pytest

from casegraph import uploads
from connectors.connector import Limits, Resource
from connectors.letters import recognising
from connectors.letters.attachments import document_of
from connectors.registry import read
from graph.attachments import Attachments
from graph.records import Channel, DocumentDraft, LetterDetails
from tests.api.test_uploads import submit, upload
from tests.conftest import LOUD, ROOT
from tests.connectors.factory import OPTIONS
from tests.graph.factory import draft

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from graph.database import Connection
    from tests.api.conftest import Api

PATIENT: Final = replace(OPTIONS, limits=Limits(page_seconds=600.0))
PAPER: Final = ROOT / "tests" / "connectors" / "paper.png"
SOURCES: Final = """{ submissions { nodes { textSource { kind confidence }
    revisions { textSource { kind confidence } } documents { name text textSource { kind confidence } } } } }"""
FOUND: Final = """query($q: String!) { search(query: $q) { totalCount edges {
    passages { field text } node { text textSource { kind } } } } }"""


@pytest.fixture
def recogniser(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The real recogniser, where it is installed, however busy the machine is."""
    if missing := recognising.missing():
        pytest.skip(f"{LOUD}the recognition of scans, since {', '.join(missing)} is not installed (`make ocr`)")
    monkeypatch.setattr(uploads, "PAGE_SECONDS", 600.0)
    with recognising.ended():
        yield


async def test_where_a_text_comes_from_is_told(api: Api) -> None:
    """Of a submission by its latest revision, of each revision, and of each document."""
    documents = (
        DocumentDraft(name="合同.txt", media_type="text/plain", content=b"text", text="租赁合同"),
        DocumentDraft(name="收据.jpg", media_type="image/jpeg", content=b"jpeg", text="收据", confidence=0.75),
        DocumentDraft(name="录音.mp3", media_type="audio/mpeg", content=b"mp3"),
    )
    letter = draft(
        "L1", channel=Channel.LETTER, source="letter", details=LetterDetails(), documents=documents, confidence=0.987
    )
    typed = draft("L1", channel=Channel.LETTER, source="letter", details=LetterDetails(), text="打字的来信。")
    await api.take_in(letter, typed)
    [found] = (await api.ask(SOURCES))["submissions"]["nodes"]
    written, recognised = {"kind": "WRITTEN", "confidence": None}, {"kind": "RECOGNISED", "confidence": 0.987}
    assert found["textSource"] == written
    assert [one["textSource"] for one in found["revisions"]] == [recognised, written]
    assert {one["name"]: one["textSource"] for one in found["documents"]} == {
        "合同.txt": written,
        "收据.jpg": {"kind": "RECOGNISED", "confidence": 0.75},
        "录音.mp3": {"kind": "NONE", "confidence": None},
    }


@pytest.mark.long
@pytest.mark.usefixtures("recogniser")
async def test_a_scanned_letter_is_found_masked_and_keeps_its_picture(
    api: Api, connection: Connection, tmp_path: Path
) -> None:
    """From the paper to the search, and the picture as it came."""
    content = PAPER.read_bytes()
    await api.take_in(*read(Channel.LETTER, Resource.from_bytes("来信.png", content), PATIENT))
    for query in ("北门", "手腕骨折"):
        found = (await api.ask(FOUND, q=query))["search"]
        assert found["totalCount"] == 1
        assert found["edges"][0]["node"]["textSource"] == {"kind": "RECOGNISED"}
    assert "13812341234" not in str(found)
    [row] = await connection.fetch("select * from document")
    assert (row["name"], row["media_type"], row["size"], row["body"]) == ("来信.png", "image/png", len(content), "")
    sealed = Attachments(tmp_path / "attachments").get(row["file"])
    assert api.services.vault.unwrap(row["key"]).open(sealed, row["id"].bytes) == content


@pytest.mark.long
@pytest.mark.usefixtures("recogniser")
async def test_a_scan_that_the_desk_uploads_is_recognised(api: Api) -> None:
    """As an attachment of a mail is; its numbers are masked."""
    payload = await submit(api, await upload(api, "来信.png", PAPER.read_bytes(), "image/png"))
    assert payload["errors"] == []
    [found] = (await api.ask(SOURCES))["submissions"]["nodes"]
    assert found["textSource"]["kind"] == "WRITTEN"
    [document] = found["documents"]
    assert "北门的路灯" in document["text"]
    assert "138****1234" in document["text"]
    assert document["textSource"]["kind"] == "RECOGNISED"


def test_who_waits_at_a_desk_waits_for_few_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """A scan that would take minutes is kept without its text."""
    patient = replace(OPTIONS.limits, page_seconds=600.0)
    given: list[Limits] = []

    def document(name: str, media_type: str, content: bytes, limits: Limits) -> DocumentDraft:
        given.append(limits)
        return document_of(name, media_type, content, limits)

    monkeypatch.setattr(uploads, "document_of", document)
    assert uploads.text_layer(patient)("a.txt", "text/plain", b"text") == ("text", None)
    assert (given[0].pages, given[0].page_seconds) == (uploads.SCAN_PAGES, uploads.PAGE_SECONDS)
