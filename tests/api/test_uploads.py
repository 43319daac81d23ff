"""Uploads: a file is sent, named by a submission, and becomes its attachment."""

from __future__ import annotations

import asyncio
import base64
import io
import multiprocessing
import os
import signal
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, cast
from uuid import UUID
from zoneinfo import ZoneInfo

import docx
import pytest
from strawberry import ID

from casegraph.app import build_app
from casegraph.doctor import Kept, examine
from casegraph.uploads import LARGEST_UPLOAD, text_layer
from connectors.connector import Limits, ReadOptions
from graph import journal
from graph.attachments import Attachments
from graph.belonging import Homes
from graph.commands import Commands
from graph.database import connect, open_pool
from graph.errors import InvalidError
from graph.identity import Vault
from graph.ids import new_id
from graph.revealing import Revealing
from graph.uploads import Uploads
from resolvers.doors import Doors
from resolvers.writes import MOST_ATTACHMENTS, GraphWrites
from schema import inputs
from schema.ids import global_id, key_of
from search.saving import Saving
from search.tantivy_engine import open_tantivy
from sync.retry import Retry
from tests.graph.factory import GAZETTEER, make_intake
from tests.graph.picture import DANGLING, EMPTY_CASES
from tests.viewers import EVERYTHING, raw_headers_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    import httpx
    from starlette.types import Message

    from graph.database import Connection, Pool
    from tests.api.conftest import Api

WORDS: Final = "房屋租赁合同：押金两千元，退租时如数退还。"
CONTENT: Final = WORDS.encode()
ENTERED: Final[dict[str, Any]] = {
    "title": "押金不退", "text": "退租两个月了，房东不退押金。", "receivedAt": "2026-11-20T09:30:00+08:00",
}  # fmt: skip
SUBMIT: Final = """mutation($input: SubmitLetterInput!) { submitLetter(input: $input) {
    change errors { code field message } submission { id documents { name mediaType size text } }
} }"""
DAY: Final = timedelta(days=1)
OPTIONS: Final = ReadOptions(source="", zone=ZoneInfo("Asia/Shanghai"))


async def send(
    api: Api, name: str | None = "合同.txt", content: bytes = CONTENT, media_type: str | None = "text/plain"
) -> httpx.Response:
    """Upload a file."""
    headers = {} if media_type is None else {"content-type": media_type}
    params = {} if name is None else {"name": name}
    return await api.http.post("/uploads", params=params, content=content, headers=headers)


async def upload(api: Api, *given: Any, **named: Any) -> str:
    """Upload a file and return the id that it got."""
    response = await send(api, *given, **named)
    assert response.status_code == 201, response.text
    answer: dict[str, str] = response.json()
    assert answer.keys() == {"upload"}
    return answer["upload"]


async def submit(api: Api, *attachments: str, **changes: Any) -> dict[str, Any]:
    """Submit a letter with these attachments and return the payload."""
    data = await api.ask(SUBMIT, input=ENTERED | {"attachments": list(attachments)} | changes)
    payload: dict[str, Any] = data["submitLetter"]
    return payload


def files(tmp_path: Path) -> set[Path]:
    """Return every file among the attachments."""
    return {path for path in (tmp_path / "attachments").rglob("*") if path.is_file()}


async def age(connection: Connection, by: timedelta) -> None:
    """Have everything been uploaded earlier."""
    await connection.execute("update upload set at = at - $1::interval", by)


def refusal(response: httpx.Response) -> tuple[int, str, str | None]:
    """Return the status, the code and the argument of what was refused."""
    [error] = response.json()["errors"]
    assert error["message"]
    return response.status_code, error["extensions"]["code"], error["extensions"].get("argument")


# The way of a file ------------------------------------------------------------------------------------------------


async def test_an_upload_becomes_an_attachment(api: Api) -> None:
    """Name, media type, size and text come back as they were sent; the answer is not to be stored."""
    response = await send(api)
    assert (response.status_code, response.headers["cache-control"]) == (201, "no-store")
    payload = await submit(api, response.json()["upload"])
    assert (payload["errors"], payload["change"]) == ([], "NEW")
    asked = "query($id: ID!) { submission(id: $id) { documents { name mediaType size text } } }"
    data = await api.ask(asked, id=payload["submission"]["id"])
    assert data["submission"]["documents"] == [
        {"name": "合同.txt", "mediaType": "text/plain", "size": len(CONTENT), "text": WORDS}
    ]


@pytest.mark.parametrize(
    ("mutation", "kind"),
    [
        ("submitLetter", "SubmitLetterInput"),
        ("submitVisit", "SubmitVisitInput"),
        ("submitHotlineTicket", "SubmitHotlineTicketInput"),
        ("submitWebMessage", "SubmitWebMessageInput"),
    ],
)
async def test_every_channel_takes_attachments_in_their_order(api: Api, mutation: str, kind: str) -> None:
    """Several at once, as many as are allowed."""
    ids = [await upload(api, f"{number}.bin", bytes([number]), None) for number in range(MOST_ATTACHMENTS)]
    query = f"mutation($input: {kind}!) {{ {mutation}(input: $input) {{ errors {{ message }} submission {{ "
    query += "documents { name mediaType text } } } }"
    data = await api.ask(query, input=ENTERED | {"attachments": ids})
    assert data[mutation]["errors"] == []
    assert data[mutation]["submission"]["documents"] == [
        {"name": f"{number}.bin", "mediaType": "application/octet-stream", "text": ""}
        for number in range(MOST_ATTACHMENTS)
    ]


async def test_the_media_type_is_kept_without_its_parameters(api: Api, connection: Connection) -> None:
    """As given, in small letters."""
    await upload(api, media_type="Text/Plain; charset=gb18030")
    await upload(api, "扫描件.pdf", b"x", None)
    rows = await connection.fetch("select name, media_type, size from upload order by id")
    assert [tuple(row) for row in rows] == [
        ("合同.txt", "text/plain", len(CONTENT)), ("扫描件.pdf", "application/octet-stream", 1),
    ]  # fmt: skip


async def test_the_same_mutation_again_changes_nothing(api: Api, connection: Connection) -> None:
    """So it is where the file was uploaded again for it: what counts is what is in it."""
    first = await upload(api)
    assert (await submit(api, first))["change"] == "NEW"
    assert (await submit(api, first))["change"] == "UNCHANGED"
    assert (await submit(api, await upload(api)))["change"] == "UNCHANGED"
    assert (await submit(api, await upload(api, content=b"another")))["change"] == "NEW"
    assert await connection.fetchval("select count(*) from document") == 2


async def test_a_submission_without_attachments_is_what_it_was(api: Api) -> None:
    """Leaving them out and naming none is one and the same."""
    left_out = await api.ask(SUBMIT, input=ENTERED)
    assert left_out["submitLetter"]["change"] == "NEW"
    assert (await submit(api))["change"] == "UNCHANGED"


async def test_an_attachment_comes_with_a_revision(api: Api) -> None:
    """Under the same id in its source, what is sent later is added."""
    assert (await submit(api, externalId="7"))["change"] == "NEW"
    revised = await submit(api, await upload(api), externalId="7")
    assert revised["change"] == "REVISED"
    assert [one["name"] for one in revised["submission"]["documents"]] == ["合同.txt"]


async def test_one_upload_serves_several_submissions(api: Api, tmp_path: Path, connection: Connection) -> None:
    """Each has a file and a key of its own."""
    one = await upload(api)
    assert [(await submit(api, one, externalId=key))["change"] for key in "12"] == ["NEW", "NEW"]
    assert await connection.fetchval("select count(distinct file) from document") == 2
    assert len(files(tmp_path)) == 3


async def test_an_upload_alone_is_no_submission(api: Api, connection: Connection) -> None:
    """Nothing stands in the graph or the journal until a mutation names it."""
    one = await upload(api)
    assert await journal.position(connection) == 0
    answer = await api.post("query($id: ID!) { node(id: $id) { id } }", id=one)
    assert (answer.get("data") or {}).get("node") is None
    assert "INTERNAL" not in str(answer)


# Text layers -------------------------------------------------------------------------------------------------------


def word(text: str) -> bytes:
    """Return a Word document."""
    document = docx.Document()
    document.add_paragraph(text)
    written = io.BytesIO()
    document.save(written)
    return written.getvalue()


@pytest.mark.parametrize(
    ("name", "media_type", "content", "text"),
    [
        ("合同.docx", "application/octet-stream", word(WORDS), WORDS),
        ("合同.TXT", "application/octet-stream", WORDS.encode("gb18030"), WORDS),
        ("合同", "text/plain", CONTENT, WORDS),
        ("页.html", "text/html", f"<p>{WORDS}<script>x</script>".encode(), WORDS),
        ("照片.jpg", "image/jpeg", b"\xff\xd8\xff\xe0", ""),
        ("坏.pdf", "application/pdf", b"%PDF-1.7 " + bytes(2_000), ""),
        ("坏.docx", "application/pdf", b"PK\x03\x04 broken", ""),
        ("假.pdf", "application/pdf", CONTENT, ""),
    ],
    ids=["Word", "text", "by type", "page", "picture", "broken PDF", "broken Word", "no PDF"],
)
async def test_a_text_layer_is_read_where_there_is_one(
    api: Api, name: str, media_type: str, content: bytes, text: str
) -> None:
    """As of a letter's attachments; what cannot be read is kept all the same."""
    payload = await submit(api, await upload(api, name, content, media_type))
    assert payload["errors"] == []
    assert payload["submission"]["documents"] == [
        {"name": name, "mediaType": media_type, "size": len(content), "text": text}
    ]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("深.html", b"<div>" * 100_000),
        ("空.docx", b"PK\x05\x06" + bytes(18)),
        ("零.txt", b"\0" * 1_000),
    ],
    ids=["deep", "empty archive", "zeros"],
)
def test_a_hostile_file_has_no_text_layer(name: str, content: bytes) -> None:
    """Whatever a parser makes of it, an attachment is kept without text rather than the submission refused."""
    assert not text_layer(Limits())(name, "application/octet-stream", content)[0].strip()


# What is refused ---------------------------------------------------------------------------------------------------


async def test_names_that_no_file_has_are_refused(api: Api, connection: Connection, tmp_path: Path) -> None:
    """Missing, blank, too long, with control characters, or not in UTF-8: `argument` says what is wrong."""
    for name in (None, "", "  ", "x" * 256, "a\0b", "a\nb.txt", "a\x7f", "a\x85", "a\u2028b"):
        assert refusal(await send(api, name)) == (400, "INVALID_VALUE", "name"), name
    response = await api.http.post("/uploads?name=%BA%CF%CD%AC.txt", content=CONTENT)
    assert refusal(response) == (400, "INVALID_VALUE", "name")
    assert await connection.fetchval("select count(*) from upload") == 0
    assert files(tmp_path) == set()
    await upload(api, "合" * 255)


@pytest.mark.parametrize(
    "name",
    ["../../../etc/passwd", "/etc/passwd", "..\\..\\x.exe", ".", "..", "a/b", "C:\\x", "con", "'; drop", "%2e%2e"],
)
async def test_a_name_that_leads_elsewhere_leads_nowhere(api: Api, tmp_path: Path, name: str) -> None:
    """The file is named by its digest; what it was called is a text like any other."""
    before = {path for path in tmp_path.rglob("*") if path.is_file()}
    payload = await submit(api, await upload(api, name))
    assert [one["name"] for one in payload["submission"]["documents"]] == [name]
    made = {path for path in tmp_path.rglob("*") if path.is_file()} - before
    assert {path.parent.parent for path in made if "index" not in path.parts} == {tmp_path / "attachments"}
    assert len(files(tmp_path)) == 2
    assert all(int(path.name, 16) and path.parent.name == path.name[:2] for path in files(tmp_path))


async def test_a_body_too_large_or_empty_is_refused(api: Api, tmp_path: Path) -> None:
    """A file as large as may be goes in; a byte more does not, whether its length was told before or not."""
    assert refusal(await send(api, content=b"")) == (400, "BAD_REQUEST", None)
    too_large = await send(api, content=bytes(LARGEST_UPLOAD + 1))
    assert refusal(too_large) == (413, "LIMIT_BODY", None)
    assert too_large.json()["errors"][0]["extensions"]["limit"] == LARGEST_UPLOAD

    async def unannounced() -> AsyncIterator[bytes]:
        for _ in range(LARGEST_UPLOAD // 1_048_576 + 1):
            yield bytes(1_048_576)

    response = await api.http.post("/uploads", params={"name": "x"}, content=unannounced())
    assert refusal(response) == (413, "LIMIT_BODY", None)
    assert files(tmp_path) == set()
    payload = await submit(api, await upload(api, "x.bin", bytes(LARGEST_UPLOAD)))
    assert [one["size"] for one in payload["submission"]["documents"]] == [LARGEST_UPLOAD]


async def test_an_upload_that_breaks_off_is_no_fault_of_ours(
    api: Api, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever goes away half-way leaves nothing behind, and no incident."""
    coming: list[Message] = [
        {"type": "http.request", "body": b"half", "more_body": True}, {"type": "http.disconnect"},
    ]  # fmt: skip
    told: list[Message] = []

    async def receive() -> Message:
        return coming.pop(0)

    async def send_on(message: Message) -> None:
        told.append(message)

    scope = {
        "type": "http", "method": "POST", "path": "/uploads", "query_string": b"name=x", "root_path": "",
        "headers": [(b"host", b"127.0.0.1"), *raw_headers_of()],
    }  # fmt: skip
    await build_app(api.services)(scope, receive, send_on)
    assert told[0]["status"] == 400
    assert "incident" not in caplog.text
    assert files(tmp_path) == set()


async def test_only_a_file_is_taken(api: Api) -> None:
    """Forms are not unpacked, media types must be some, and nothing but POST is answered."""
    form = await api.http.post("/uploads?name=x", files={"file": ("x.txt", b"x")})
    assert refusal(form) == (415, "UNSUPPORTED_MEDIA_TYPE", None)
    for media_type in ("pdf", "a/b/c", "text/", 'text/plain"', "x" * 200 + "/y"):
        assert refusal(await send(api, media_type=media_type)) == (400, "BAD_REQUEST", None), media_type
    assert refusal(await api.http.get("/uploads"))[:2] == (405, "METHOD_NOT_ALLOWED")
    foreign = await api.http.post("/uploads?name=x", content=b"x", headers={"origin": "https://evil.example"})
    assert foreign.status_code == 403


@pytest.mark.parametrize(
    "wrong",
    [
        global_id("Upload", UUID("01a20ea4-9bcf-7384-a1e9-7d0c44926cd9")),
        global_id("Document", UUID("01a20ea4-9bcf-7384-a1e9-7d0c44926cd9")),
        "nonsense",
        "",
        base64.b64encode(b"Upload:1").decode(),
    ],
    ids=["unknown", "of a document", "no id", "empty", "no key"],
)
async def test_wrong_ids_are_typed_errors_that_name_their_place(api: Api, connection: Connection, wrong: str) -> None:
    """Unknown, of another type, or no id at all: the mutation tells which, and writes nothing."""
    payload = await submit(api, await upload(api), wrong)
    assert [(one["code"], one["field"]) for one in payload["errors"]] == [("INVALID", ["attachments", "1"])]
    assert payload["submission"] is None
    assert await connection.fetchval("select count(*) from submission") == 0


async def test_too_many_and_repeated_attachments_are_typed_errors(api: Api) -> None:
    """So is what else is wrong with the input."""
    one = await upload(api)
    many = await submit(api, *[global_id("Upload", new_id()) for _ in range(MOST_ATTACHMENTS + 1)])
    assert [(error["code"], error["field"]) for error in many["errors"]] == [("INVALID", ["attachments"])]
    twice = await submit(api, one, one)
    assert [(error["code"], error["field"]) for error in twice["errors"]] == [("INVALID", ["attachments", "1"])]
    blank = await submit(api, one, text=" ")
    assert [(error["code"], error["field"]) for error in blank["errors"]] == [("INVALID", ["text"])]


# A day -------------------------------------------------------------------------------------------------------------


async def test_an_upload_is_over_after_a_day(
    api: Api, connection: Connection, database_url: str, tmp_path: Path
) -> None:
    """It can be named no longer; the next upload takes it away, file and all, and leaves the younger ones."""
    old = await upload(api)
    await age(connection, timedelta(hours=23))
    young = await upload(api, "young.txt")
    assert (await submit(api, old, externalId="1"))["errors"] == []
    await age(connection, timedelta(hours=1))
    expired = await submit(api, young, old)
    assert [(one["code"], one["field"]) for one in expired["errors"]] == [("INVALID", ["attachments", "1"])]
    before = files(tmp_path)
    newest = await upload(api, "newest.txt")
    names = {row["name"] for row in await connection.fetch("select name from upload")}
    assert names == {"young.txt", "newest.txt"}
    assert len(before - files(tmp_path)) == 1
    assert (await submit(api, young, newest))["errors"] == []
    documents = "{ submissions { nodes { externalId documents { name text } } } }"
    kept = {one["externalId"]: one for one in (await api.ask(documents))["submissions"]["nodes"]}
    assert kept["1"]["documents"] == [{"name": "合同.txt", "text": WORDS}]
    assert await attachments(database_url, api.services.vault, tmp_path) == f"{len(files(tmp_path))} files"


async def test_an_upload_whose_file_went_while_we_looked_is_over(api: Api, tmp_path: Path) -> None:
    """A row without its file is told like one that is over."""
    one = await upload(api)
    for file in files(tmp_path):
        file.unlink()
    payload = await submit(api, one)
    assert [(error["code"], error["field"]) for error in payload["errors"]] == [("INVALID", ["attachments", "0"])]


async def test_the_day_is_told_by_the_clock_that_is_given(pool: Pool, vault: Vault, tmp_path: Path) -> None:
    """Kept until the day is over to the microsecond, and not a moment longer."""
    uploads, then = Uploads(pool, vault, Attachments(tmp_path)).of("x"), datetime(2026, 11, 24, 1, tzinfo=UTC)
    one = await uploads.keep("a.txt", "text/plain", CONTENT, then)
    moment = timedelta(microseconds=1)
    [document] = await uploads.open([one], then + DAY - moment)
    assert (document.name, document.media_type, document.content) == ("a.txt", "text/plain", CONTENT)
    with pytest.raises(InvalidError) as error:
        await uploads.open([one], then + DAY)
    assert error.value.field == "attachments.0"
    assert await uploads.open([], then) == []
    await uploads.keep("b.txt", "text/plain", CONTENT, then + DAY - moment)
    assert len(list(Attachments(tmp_path).names())) == 2
    await uploads.keep("c.txt", "text/plain", CONTENT, then + DAY)
    assert len(list(Attachments(tmp_path).names())) == 2


async def test_uploads_at_once_do_not_disturb_each_other(api: Api, connection: Connection, tmp_path: Path) -> None:
    """Many come while many are over: each is kept once, each that is over goes once."""
    await asyncio.gather(*(upload(api, f"old {number}") for number in range(8)))
    await age(connection, DAY)
    ids = await asyncio.gather(*(upload(api, f"new {number}") for number in range(8)))
    assert len(set(ids)) == 8
    assert len(files(tmp_path)) == await connection.fetchval("select count(*) from upload") == 8


# What is on disk ---------------------------------------------------------------------------------------------------


async def test_nothing_on_disk_tells_what_was_uploaded(api: Api, tmp_path: Path, connection: Connection) -> None:
    """The content is sealed under the upload's own key, and again under the document's; equal ones do not show."""
    one = await upload(api)
    await upload(api)
    await submit(api, one)
    found = files(tmp_path)
    assert len(found) == 3
    for path in found:
        stored = path.read_bytes()
        assert CONTENT not in stored
        assert "押金".encode() not in stored
    assert len({path.read_bytes() for path in found}) == 3
    row = await connection.fetchrow("select * from upload where id = $1", key_of("Upload", one))
    assert row is not None
    assert not any(CONTENT in value for value in row.values() if isinstance(value, bytes))


async def test_the_api_s_role_cannot_read_uploads(reading_pool: Pool) -> None:
    """Not even by a plan gone wrong."""
    right = "select has_any_column_privilege('casegraph_reader', 'upload', 'select')"
    assert await reading_pool.fetchval(right) is False


async def attachments(url: str, vault: Vault, folder: Path) -> str:
    """Return how the attachments are, as `doctor` tells it, and check that nothing is to be done."""
    engine = open_tantivy(folder / "index")
    kept = Kept(vault, engine, folder / "attachments", folder / "erasures.log", Homes(GAZETTEER))
    [found] = [one for one in await examine(url, kept) if one.about == "attachments"]
    await engine.close()
    assert found.advice is None
    return found.state


async def test_doctor_takes_no_upload_for_left_over(api: Api, database_url: str, tmp_path: Path) -> None:
    """A file that waits is wanted, one that no row names is not."""
    await submit(api, await upload(api))
    assert await attachments(database_url, api.services.vault, tmp_path) == "2 files"
    Attachments(tmp_path / "attachments").put("00ff", b"x")
    assert await attachments(database_url, api.services.vault, tmp_path) == "2 files, 1 that no row names"


# Killed ------------------------------------------------------------------------------------------------------------

FORKS: Final = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload([__name__])


@dataclass(frozen=True)
class Run:
    """One process that does its part and dies right after its `dies_after`-th statement."""

    url: str
    key: bytes
    folder: Path
    dies_after: int
    names: str | None
    """The upload that a submission names; None where a file is uploaded instead."""


def run(what: Run) -> None:
    """Upload or submit, in a process of its own."""
    asyncio.run(_run(what))


async def _run(what: Run) -> None:
    pool = await open_pool(what.url, smallest=1, largest=1)
    left = what.dies_after

    def count(_: object) -> None:
        nonlocal left
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)

    connection = await pool.acquire()
    # The pool's only connection; a released one would forget who counts.
    cast("Any", connection)._con.add_query_logger(count)
    await pool.release(connection)
    vault = Vault(what.key)
    uploads = Uploads(pool, vault, Attachments(what.folder)).of("desk")
    if what.names is None:
        await uploads.keep("合同.txt", "text/plain", CONTENT, datetime.now(UTC))
    else:
        intake = make_intake(pool, vault, what.folder)
        doors = Doors(
            intake=intake, commands=Commands(pool=pool, gazetteer=GAZETTEER), retry=Retry(intake, OPTIONS),
            uploads=uploads,
            text_of=text_layer(Limits()), clock=lambda: datetime.now(UTC), zone=OPTIONS.zone,
            revealing=Revealing(pool=pool, vault=vault),
            saving=Saving(pool=pool, engine=open_tantivy(what.folder / "index")),
        )  # fmt: skip
        entered = inputs.SubmitLetterInput(
            title="押金不退", text="退租两个月了，房东不退押金。", received_at=datetime(2026, 11, 20, tzinfo=UTC),
            attachments=[ID(what.names)],
        )  # fmt: skip
        assert not (await GraphWrites(doors, EVERYTHING).submit_letter(entered)).errors
    await pool.close()


async def deaths_of(what: Run) -> int:
    """Do it again and again, each time dying a statement later, until it comes to its end; return the deaths."""
    for dies_after in range(1, 1_000, 2):  # every other: a process each
        process = FORKS.Process(target=run, args=(replace(what, dies_after=dies_after),))
        process.start()
        await asyncio.to_thread(process.join)
        if process.exitcode == 0:
            return dies_after - 1
        assert process.exitcode == -signal.SIGKILL
    raise AssertionError("never came to its end")


@pytest.mark.long
async def test_killed_anywhere_nothing_is_broken(database_url: str, tmp_path: Path) -> None:
    """An upload, then a mutation, die after each of their statements: no row without its file, one submission."""
    key, folder = os.urandom(32), tmp_path / "attachments"
    assert await deaths_of(Run(database_url, key, folder, 0, None)) >= 2
    connection = await connect(database_url)
    try:
        [first, *_] = [row["id"] for row in await connection.fetch("select id from upload order by id")]
        await attachments(database_url, Vault(key), tmp_path)
        mutation = Run(database_url, key, folder, 0, global_id("Upload", first))
        assert await deaths_of(mutation) > 5
        await attachments(database_url, Vault(key), tmp_path)
        assert await connection.fetchval("select count(*) from submission") == 1
        assert await connection.fetchval("select count(*) from document") == 1
        assert await connection.fetchval(EMPTY_CASES) == 0
        assert await connection.fetch(DANGLING) == []
        assert (await journal.verify(connection)).broken_at is None
        assert await connection.fetchval("select body from document") == WORDS
    finally:
        await connection.close()
