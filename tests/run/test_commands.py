"""The command line on a server of PostgreSQL: from files to hits, and what each command says and answers with."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import pty
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import psutil
import pytest

from casegraph.cli import parser
from graph.database import connect
from schema.ids import global_id
from tests.cluster import Cluster
from tests.connectors.factory import HEADINGS, ROW, text_table, workbook
from tests.run.processes import PATIENCE, READY, ROOT, Home, Running, asked, awaited
from tests.viewers import headers_of

SEARCH = "query Search($query: String!) { search(query: $query) { totalCount edges { node { title } } } }"


POISON = """create function poison() returns trigger language plpgsql as $$
begin
    new.received_at := '9999-12-31 23:59:59Z';
    return new;
end $$;
create trigger poison before insert or update on submission for each row when (new.external_id = '毒')
execute function poison()"""
"""Gives one record a time that no door takes, and that no calendar goes on from."""


@pytest.fixture
def home(database_url: str, tmp_path: Path) -> Home:
    """A data folder beside a database of the test's own."""
    return Home(tmp_path / "data", database_url=database_url)


def tickets(folder: Path, *texts: str) -> Path:
    """Write a folder with a good sheet and one whose second row lacks its text."""
    folder.mkdir()
    rows = [(str(number), *ROW[1:4], text) for number, text in enumerate(texts, 1)]
    (folder / "good.xlsx").write_bytes(workbook([HEADINGS, *rows]))
    (folder / "lacking.csv").write_bytes(text_table([HEADINGS, ("90", *ROW[1:]), ("91", *ROW[1:4], "")]))
    (folder / "~$good.xlsx").write_bytes(b"an editor's lock")
    return folder


@pytest.mark.both_ways
@pytest.mark.long
def test_from_files_to_hits(home: Home, tmp_path: Path, transport: str) -> None:
    """Taken in, taken in again without change, rejections listed and tried again, checked, rebuilt, found."""
    folder = tickets(tmp_path / "in", "路灯坏了三个月。", "烧烤店油烟扰民。")
    assert home.run("migrate").stdout == "The database is of this version already.\n"
    first = home.run("ingest", "hotline", str(folder))
    assert first.returncode == 3, first.stderr
    assert first.stdout.startswith("3 new, 0 revised, 0 unchanged, 1 rejected\n  1 rejected: MISSING_FIELD\n")
    assert "lacking.csv row 3" in first.stdout
    again = home.run("ingest", "hotline", str(folder / "good.xlsx"))
    assert (again.returncode, again.stdout) == (0, "0 new, 0 revised, 2 unchanged, 0 rejected\n")
    listed = home.run("rejections", "list").stdout
    assert "HOTLINE/hotline  lacking.csv row 3  MISSING_FIELD" in listed
    retried = home.run("rejections", "retry", listed.split()[0])
    assert retried.returncode == 3
    assert "still rejected" in retried.stdout
    assert home.run("reindex").returncode == 0
    examined = home.run("doctor")
    assert examined.returncode == 0, examined.stdout
    assert "BAD" not in examined.stdout
    assert "gapless" in examined.stdout
    assert f"reached over {'TCP' if transport == 'tcp' else 'a socket'}" in examined.stdout
    with home.running("serve") as server:
        address = server.line(READY)
        found = asked(address, SEARCH, query="路燈")["search"]
        assert found["totalCount"] == 1
        assert server.end(signal.SIGTERM) == 128 + signal.SIGTERM


def test_what_is_pushed_is_found_though_another_process_indexes(home: Home) -> None:
    """`serve --no-worker` leaves the index to `work`; killing the worker loses nothing, the next one goes on."""
    with home.running("serve", "--no-worker") as server:
        address = server.line(READY)
        assert httpx.get(address.replace("graphql", "readyz")).status_code == 503
        with home.running("work") as worker:
            worker.line("Working")
            push(address, "1", "小区电梯停运。")
            awaited(lambda: found(address, "电梯"))
            worker.kill()
        push(address, "2", "楼道灯不亮。")
        with home.running("work") as worker:
            worker.line("Working")
            awaited(lambda: found(address, "楼道灯"))
            # A probe tells what was seen last.
            awaited(lambda: httpx.get(address.replace("graphql", "readyz")).status_code == 200)
            assert worker.end() == 128 + signal.SIGINT
        assert server.end() == 128 + signal.SIGINT


def test_a_worker_goes_on_with_what_it_can(home: Home, database_url: str) -> None:
    """Its connections all end, again and again; one record cannot be indexed: it is told, and mended by a command."""
    ended = "select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'casegraph %'"
    with home.running("serve") as server:
        address = server.line(READY)
        for number in range(5):
            push(address, f"路灯{number}", "小区路灯不亮。")
            executed(database_url, f"{ended} and datname = current_database()")
        executed(database_url, POISON)
        push(address, "毒", "小区电梯停运。")
        push(address, "后来", "楼道灯不亮。")
        awaited(lambda: found(address, "楼道灯"))
        assert not found(address, "电梯")
        listed = home.run("set-aside", "list").stdout
        assert "submission  failed once" in listed
        assert "OverflowError in search/documents.py" in listed
        examined = home.run("doctor", "--quick").stdout
        assert "BAD  set aside: 1 by search" in examined
        assert "ok   follower search: works" in examined
        executed(database_url, "drop function poison cascade")
        executed(database_url, "update submission set received_at = now() where external_id = '毒'")
        assert "1 will be tried again" in home.run("set-aside", "retry", listed.split()[0]).stdout
        awaited(lambda: found(address, "电梯"))
        assert home.run("set-aside", "list").stdout == "Nothing is set aside.\n"
        assert server.end(signal.SIGTERM) == 128 + signal.SIGTERM


def executed(url: str, statement: str) -> None:
    """Execute a statement as the owner of the tables."""

    async def execute() -> None:
        connection = await connect(url)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    asyncio.run(execute())


def push(address: str, number: str, text: str) -> None:
    """Push one ticket to a server."""
    record = {"工单编号": number, "来电时间": ROW[1], "诉求内容": text}
    path = address.replace("/graphql", "/intake/centre?channel=HOTLINE")
    answer = httpx.post(path, json=[record], headers=headers_of())
    assert answer.status_code == 200, answer.text


def found(address: str, words: str) -> int | None:
    """Return how many hits there are, None while there is no index."""
    given = {"query": SEARCH, "variables": {"query": words}}
    answer = httpx.post(address, json=given, headers=headers_of()).json()
    return answer["data"]["search"]["totalCount"] if "errors" not in answer else None


def test_several_processes_answer_on_one_port(home: Home) -> None:
    """`serve --workers 2`: one that is killed is started again meanwhile the other answers; all end with the first."""
    with home.running("serve", "--workers", "2", "--no-worker") as server:
        address = server.line(READY)
        answering = {one.pid for one in answerers(server)}
        assert len(answering) == 2
        os.kill(min(answering), signal.SIGKILL)
        assert asked(address, "{ __typename }") == {"__typename": "Query"}
        awaited(lambda: len({one.pid for one in answerers(server)} - answering) == 1)
        assert server.end() == 128 + signal.SIGINT


def answerers(server: Running) -> list[psutil.Process]:
    """Return the processes that a server started to answer."""
    return [one for one in server.group() if "spawn_main" in " ".join(one.cmdline())]


def test_what_a_killed_server_started_ends_by_itself(home: Home) -> None:
    """Killed with SIGKILL, the first process cannot end the others: they see it and go."""
    with home.running("serve", "--workers", "2") as server:
        server.line(READY)
        assert len(server.group()) >= 4
        server.process.send_signal(signal.SIGKILL)
        server.process.wait()
        awaited(lambda: not server.group())


def test_the_standard_input_is_taken_in(home: Home) -> None:
    """`-` reads what comes by a pipe, in the form that `--suffix` tells, under the source that `--source` names."""
    lines = "\n".join(json.dumps({"message_id": str(n), "text": "公交站牌倒了。", "time": ROW[1]}) for n in range(3))
    done = home.run(
        "ingest", "web", "-", "--suffix", ".jsonl", "--source", "Board",
        text=lines.encode(),
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "3 new, 0 revised, 0 unchanged, 0 rejected\n"), done.stderr


def test_a_mapping_reads_what_was_rejected(home: Home, tmp_path: Path) -> None:
    """A sheet with headings of its own is rejected, then read by a mapping."""
    (tmp_path / "own.csv").write_bytes(text_table([("甲", "乙", "丙"), ("1", ROW[1], "树枝挡住路灯。")]))
    mapping = tmp_path / "mapping.toml"
    mapping.write_text('[headings]\nexternal_id = ["甲"]\nreceived_at = ["乙"]\ntext = ["丙"]\n')
    assert home.run("ingest", "hotline", str(tmp_path / "own.csv")).returncode == 3
    done = home.run("ingest", "hotline", str(tmp_path / "own.csv"), "--mapping", str(mapping))
    assert done.stdout.startswith("1 new"), done.stderr
    missing = home.run("ingest", "hotline", str(tmp_path / "own.csv"), "--mapping", str(tmp_path / "no.toml"))
    assert missing.returncode == os.EX_IOERR
    assert "no.toml" in missing.stderr


def test_what_is_not_read_is_named_and_can_be_refused(home: Home, tmp_path: Path) -> None:
    """Columns by `ingest`, with what is near; `--strict` and a setting refuse them; renamed, they end the rejection."""
    headings = ("工单编号", "来电时间", "诉求内容", "备用手机")
    row = ("1", ROW[1], "树枝挡住路灯。", "13812341234")
    sheet = tmp_path / "own.csv"
    sheet.write_bytes(text_table([headings, row]))
    told = home.run("ingest", "hotline", str(sheet))
    assert (told.returncode, told.stdout) == (
        0, "1 new, 0 revised, 0 unchanged, 0 rejected\n  not read in 1 records: 备用手机 (unknown); near: 手机\n",
    )  # fmt: skip
    strict = home.run("ingest", "hotline", str(sheet), "--strict")
    assert strict.returncode == 3
    assert "备用手机" in strict.stdout
    assert home.run("ingest", "hotline", str(sheet), strict_sources="hotline").returncode == 3
    assert home.run("rejections", "list").stdout.count("own.csv row 2") == 1
    sheet.write_bytes(text_table([(*headings[:3], "手机"), row]))
    assert home.run("ingest", "hotline", str(sheet)).stdout == "0 new, 1 revised, 0 unchanged, 0 rejected\n"
    assert home.run("rejections", "list").stdout == "Nothing is rejected.\n"
    assert "own.csv row 2" in home.run("rejections", "list", "--state", "RESOLVED").stdout


def test_a_rejection_is_dismissed_with_a_reason(home: Home, tmp_path: Path) -> None:
    """It is listed no more but among those that ended so, and cannot be tried again; `doctor` counts what is open."""
    (tmp_path / "bad.csv").write_bytes(text_table([("来电时间", "诉求内容"), ("1899-12-31", "树枝挡住路灯。")]))
    assert home.run("ingest", "hotline", str(tmp_path / "bad.csv")).returncode == 3
    assert "1 open, of 1 records" in home.run("doctor", "--quick").stdout
    rejection = home.run("rejections", "list").stdout.split()[0]
    said = ("--reason", "测试数据", "--actor", "desk")
    done = home.run("rejections", "dismiss", rejection, *said)
    assert (done.returncode, done.stdout) == (0, "1 dismissed.\n")
    assert home.run("rejections", "dismiss", rejection, *said).returncode == 3
    assert home.run("rejections", "retry", rejection).returncode == 3
    assert home.run("rejections", "list").stdout == "Nothing is rejected.\n"
    assert rejection in home.run("rejections", "list", "--state", "DISMISSED").stdout
    assert "0 open" in home.run("doctor", "--quick").stdout


def test_a_port_in_use_is_said_before_anything_starts(tmp_path: Path) -> None:
    """One line, no data folder, no database."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        for command in ("serve", "demo"):
            done = Home(tmp_path / "data", port=str(port)).run(command)
            assert done.returncode == os.EX_UNAVAILABLE
            assert done.stderr == f"Port {port} of 127.0.0.1 is in use. Choose another with CASEGRAPH_PORT.\n"
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("ingest", "letter", "/nowhere/at all"), os.EX_NOINPUT, "There is no /nowhere/at all."),
        (("ingest", "letter"), 2, "PATH"),
        (("ingest", "post", "x"), 2, "invalid choice"),
        (("ingest", "web", "x", "--source", "a b"), 2, "A source is named by"),
        (("serve", "--workers", "0"), 2, "from 1 to 64"),
        (("rejections", "retry", "x"), 2, "`rejections list` shows them"),
        (("rejections", "retry", "01a20d09-d0ff-733d-adc7-a5296e7d013f"), 3, "There is no open rejection"),
        (("rejections", "dismiss", "x"), 2, "--reason"),
        (("rejections", "dismiss", "x", "--reason", " ", "--actor", "desk"), 2, "--reason"),
        (("set-aside", "retry", "x"), 2, "`set-aside list` shows"),
        (("set-aside", "retry", "01a20d09-d0ff-733d-adc7-a5296e7d013f"), 1, "Only 0 of these are set aside."),
        ((), 2, "COMMAND"),
    ],
)
def test_what_cannot_be_done_is_said(words: tuple[str, ...], code: int, says: str, home: Home) -> None:
    """Each mistake has its line and its exit code."""
    done = home.run(*words)
    assert (done.returncode, says in done.stderr) == (code, True), done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("url", "code", "says"),
    [
        ("postgresql://u:hidden@127.0.0.1:1/d", os.EX_UNAVAILABLE, "cannot be reached"),
        ("postgresql://u:hidden@/d?host=/nowhere", os.EX_UNAVAILABLE, "is not there"),
        ("postgresql://u:hidden@127.0.0.1:1/d?sslmode=perhaps", os.EX_CONFIG, "sslmode"),
        ("mysql://u:hidden@h/d", os.EX_CONFIG, "must begin with postgresql://"),
    ],
)
def test_a_server_that_cannot_be_used_is_said(url: str, code: int, says: str, tmp_path: Path) -> None:
    """One line that does not tell the password."""
    done = Home(tmp_path / "data", database_url=url).run("migrate")
    assert done.returncode == code
    assert says in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert "hidden" not in done.stderr


def test_a_wrong_password_and_a_missing_database_are_said(cluster: Cluster, tmp_path: Path) -> None:
    """What the server answers is put into words."""
    wrong = cluster.url("postgres", "tcp").replace("not%20a%20secret", "hidden")
    home = Home(tmp_path / "data")
    done = home.run("migrate", database_url=wrong)
    assert (done.returncode, done.stderr.count("\n")) == (os.EX_NOPERM, 1)
    assert "hidden" not in done.stderr
    done = home.run("migrate", database_url=cluster.url("nowhere", "tcp"))
    assert (done.returncode, "no such database" in done.stderr) == (os.EX_CONFIG, True)


def test_a_server_is_migrated_by_command_alone(empty_database_url: str, tmp_path: Path) -> None:
    """A server's tables are an operator's decision: other commands say which command to run, and `doctor` as well."""
    home = Home(tmp_path / "data", database_url=empty_database_url)
    refused = home.run("rejections", "list")
    assert (refused.returncode, "python -m casegraph migrate" in refused.stderr) == (os.EX_CONFIG, True)
    examined = home.run("doctor")
    assert examined.returncode == 1
    assert "→ The database lacks" in examined.stdout
    assert "Applied 0001_graph." in home.run("migrate").stdout
    assert home.run("rejections", "list").stdout == "Nothing is rejected.\n"


def test_another_master_key_is_refused(database_url: str, tmp_path: Path) -> None:
    """A database is opened with the key its people were sealed with, or not at all."""
    assert Home(tmp_path / "one", database_url=database_url).run("migrate").returncode == 0
    other = Home(tmp_path / "other", database_url=database_url).run("rejections", "list")
    assert (other.returncode, "master key" in other.stderr) == (os.EX_CONFIG, True)
    assert (tmp_path / "one" / "master.key").stat().st_mode & 0o077 == 0


def test_over_tls(tls_database_url: str, tmp_path: Path) -> None:
    """The TLS parameters of the address are honoured, and `doctor` tells that the connection is encrypted."""
    done = Home(tmp_path / "data", database_url=tls_database_url).run("doctor", "--quick")
    assert "reached over TLS" in done.stdout


def test_every_command_is_documented() -> None:
    """docs/operations.md tells of each command, and of none that is not there."""
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    told = {
        word
        for row in re.findall(r"^\| (`[a-z].*?) \|", page, re.MULTILINE)
        for word in re.findall(r"`([a-z-]+)\b", row)
    }
    (commands,) = [action.choices for action in parser()._actions if isinstance(action.choices, dict)]
    assert set(commands) <= told


@pytest.mark.long
def test_a_feed_is_followed_from_where_it_was(home: Home) -> None:
    """Two pages the first time; the second time only what came after the cursor that was kept with them."""
    pages = {None: (["1", "2"], "b"), "b": (["3"], "c"), "c": ([], "c")}
    asked_for: list[str | None] = []

    def answer(cursor: str | None) -> bytes:
        asked_for.append(cursor)
        numbers, following = pages[cursor]
        records = [{"message_id": number, "text": "路灯坏了。", "time": ROW[1]} for number in numbers]
        return json.dumps({"records": records, "cursor": following, "more": following != cursor}).encode()

    with feed(answer) as address:
        assert home.run("ingest", "web", address).stdout == "3 new, 0 revised, 0 unchanged, 0 rejected\n"
        assert home.run("ingest", "web", address).stdout == "0 new, 0 revised, 0 unchanged, 0 rejected\n"
    assert asked_for == [None, "b", "c", "c"]
    gone = home.run("ingest", "web", address)
    assert (gone.returncode, "cannot be reached" in gone.stderr) == (os.EX_UNAVAILABLE, True)


@contextmanager
def feed(answer: Callable[[str | None], bytes]) -> Iterator[str]:
    """Serve a platform's feed on this machine, and give its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = answer(parse_qs(urlsplit(self.path).query).get("cursor", [None])[0])
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the library's name
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/feed"
        finally:
            server.shutdown()
            thread.join()


def test_a_terminal_gets_bars(home: Home, tmp_path: Path) -> None:
    """What is taken in and indexed is shown as it goes on; the counts come on the standard output alone."""
    folder = tickets(tmp_path / "in", "路灯坏了三个月。")
    with shown_by(home, "ingest", "hotline", str(folder)) as (counts, shown):
        assert counts.startswith("2 new")
        assert "━" in shown
        assert "2/2" in shown
        assert "Indexing" in shown


@contextmanager
def shown_by(home: Home, *words: str) -> Iterator[tuple[str, str]]:
    """Run a command at a terminal, and give what it said and what it showed there."""
    ours, theirs = pty.openpty()
    shown: list[bytes] = []
    try:
        command = subprocess.Popen(
            [sys.executable, "-m", "casegraph", *words], cwd=ROOT, stdout=subprocess.PIPE, stderr=theirs,
            env=home.environment() | {"TERM": "xterm", "COLUMNS": "120"},
        )  # fmt: skip
    finally:
        os.close(theirs)
    # A terminal that nobody reads is full soon, and would stop who writes; it ends with an error once all have left.
    with contextlib.suppress(OSError):
        while part := os.read(ours, 65_536):
            shown.append(part)
    os.close(ours)
    counts, _ = command.communicate(timeout=PATIENCE)
    yield counts.decode(), b"".join(shown).decode()


def letter_with_attachment(path: Path) -> Path:
    """Write a letter that brings a file."""
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = "押金不退", "zhang@mail.example", "xinfang@city.example"
    message["Date"], message["Message-ID"] = "Fri, 20 Nov 2026 09:30:00 +0800", "<1@mail.example>"
    message.set_content("房东不退押金。")
    message.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename="合同.pdf")
    path.write_bytes(bytes(message))
    return path


@pytest.mark.long
async def test_a_disk_that_cannot_be_used_is_named(home: Home, database_url: str, tmp_path: Path) -> None:
    """By the commands that keep and read files, with a code of its own: it is no database that cannot be reached."""
    letter, blocked = letter_with_attachment(tmp_path / "1.eml"), home.data / "attachments"
    assert home.run("migrate").returncode == 0
    home.data.mkdir(exist_ok=True)
    blocked.touch()

    def named(*words: str, where: Home = home) -> None:
        done = where.run(*words)
        assert done.returncode == os.EX_IOERR, done.stderr
        assert done.stderr.splitlines()[-1].endswith("cannot be used: Not a directory. Check its path.")
        assert "reached" not in done.stderr
        assert "Traceback" not in done.stderr

    named("ingest", "letter", str(letter))
    connection = await connect(database_url)
    assert await connection.fetchval("select count(*) from submission") == 0
    blocked.unlink()
    assert home.run("ingest", "letter", str(letter)).returncode == 0
    submission = global_id("Submission", await connection.fetchval("select id from submission"))
    named("backup", str(letter / "deeper" / "backup"))
    erase = ("erase", "--submission", submission, "--reason", "x", "--actor", "x")
    elsewhere = Home(home.data, database_url=database_url, erasures=str(letter / "deeper" / "erasures.log"))
    named(*erase, where=elsewhere)
    assert await connection.fetchval("select count(*) from erasure") == 0
    kept = blocked.rename(tmp_path / "kept")
    blocked.touch()
    named("backup", str(tmp_path / "backup"))
    assert not (tmp_path / "backup").exists()
    blocked.unlink()
    kept.rename(blocked)
    assert home.run(*erase).returncode == 0
    await connection.close()
