"""The command line on Elasticsearch: what is taken in is found, rebuilt and examined as with the other engine."""

from __future__ import annotations

import os
import re
import shutil
import signal
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final
from uuid import uuid4

import httpx
import psutil
import pytest

from tests.elasticsearch.server import PREFIX, Server
from tests.run.processes import PATIENCE, READY, Home, asked, awaited
from tests.viewers import headers_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.elasticsearch.server import Indices

HEADINGS: Final = "工单编号,来电时间,主题,内容\n"
TICKETS: Final = HEADINGS + "".join(
    f"GD{number},2026-10-0{number} 09:00:00,路灯不亮,第{number}小区路灯不亮。\n" for number in range(1, 6)
)
FOUND: Final = '{ search(query: "路灯") { totalCount } }'


@pytest.fixture
def home(data_folder: Path, elasticsearch: Indices) -> Iterator[Home]:
    """Give an instance that searches by Elasticsearch."""
    prefix = f"test-{uuid4().hex[:12]}"
    yield Home(data_folder, elasticsearch_url=elasticsearch.address, elasticsearch_prefix=prefix)
    elasticsearch.leave([prefix])


@pytest.mark.long
def test_every_command_that_needs_the_index_uses_it(home: Home, tmp_path: Path) -> None:
    """`ingest`, `serve`, `reindex`, `doctor`, `retain`, and `/metrics`; nothing is written to a folder."""
    file = tmp_path / "tickets.csv"
    file.write_text(TICKETS, encoding="utf-8")
    taken = home.run("ingest", "hotline", str(file))
    assert taken.returncode == 0, taken.stderr
    with home.running("serve") as server:
        address = server.line(READY)
        awaited(lambda: asked(address, FOUND)["search"]["totalCount"] == 5)
        rebuilt = home.run("reindex")
        assert rebuilt.returncode == 0, rebuilt.stderr
        assert asked(address, FOUND)["search"]["totalCount"] == 5
        figures = httpx.get(address.replace("graphql", "metrics"), headers=headers_of()).text
        assert "casegraph_search_up 1.0" in figures
        assert re.search(r'casegraph_reader_lag\{reader="search"\} 0\.0', figures)
        server.end()
    examined = home.run("doctor")
    assert (examined.returncode, "search engine: Elasticsearch" in examined.stdout) == (0, True), examined.stdout
    swept = home.run("retain")
    assert swept.returncode == 0, swept.stderr
    assert not (home.data / "index").exists()


@pytest.fixture
def own_node(elasticsearch: Indices) -> Iterator[Server]:
    """Give a node that may be stopped; where the run's own one cannot be started, this cannot, either."""
    if os.environ.get("CASEGRAPH_TEST_ELASTICSEARCH_URL") == elasticsearch.address:
        pytest.skip("NOT RUN: a server beside an Elasticsearch that hangs, since the one named is not ours to stop.")
    server = Server(Path(tempfile.gettempdir()) / f"{PREFIX}run-{uuid4().hex[:16]}")
    server.start()
    yield server
    server.leave()
    server.signal(signal.SIGKILL)
    shutil.rmtree(server.folder)


@pytest.mark.long
def test_nobody_waits_for_an_engine_that_hangs(data_folder: Path, own_node: Server, tmp_path: Path) -> None:
    """Probes, figures, searches and `doctor` all end while its process is stopped; once it goes on, all is found."""
    file = tmp_path / "tickets.csv"
    file.write_text(TICKETS, encoding="utf-8")
    home = Home(data_folder, elasticsearch_url=own_node.url, elasticsearch_timeout="1000")
    assert home.run("ingest", "hotline", str(file)).returncode == 0
    with home.running("serve") as server:
        address = server.line(READY)
        awaited(lambda: readiness(address) == (200, "ok"))
        own_node.signal(signal.SIGSTOP)
        told = httpx.post(address, json={"query": FOUND}, headers=headers_of(), timeout=PATIENCE).json()
        assert told["errors"][0]["extensions"]["code"] == "SEARCH_UNAVAILABLE"
        awaited(lambda: readiness(address) == (200, "away"))
        figures = httpx.get(address.replace("graphql", "metrics"), headers=headers_of()).text
        assert "casegraph_search_up 0.0" in figures
        assert "casegraph_search_circuit_open 1.0" in figures
        examined = home.run("doctor", "--quick")
        assert (examined.returncode, "search engine: does not answer" in examined.stdout) == (1, True)
        process = own_node.process()
        assert process is not None
        assert process.status() == psutil.STATUS_STOPPED
        own_node.signal(signal.SIGCONT)
        awaited(lambda: readiness(address) == (200, "ok"))
        assert asked(address, FOUND)["search"]["totalCount"] == 5
        server.end()
    said = "".join(server.said)
    assert said.count("index: away.") == 1, said
    assert said.count("index: ok again.") == 1, said


def readiness(address: str) -> tuple[int, str]:
    """Return the status of `/readyz`, and what it says of the index."""
    answer = httpx.get(address.replace("graphql", "readyz"))
    return answer.status_code, answer.json()["checks"]["index"]


def test_what_comes_in_without_the_engine_is_kept(home: Home, tmp_path: Path) -> None:
    """`ingest` ends well and says that it cannot be found yet; a later `reindex` finds it."""
    file = tmp_path / "tickets.csv"
    file.write_text(TICKETS, encoding="utf-8")
    taken = home.run("ingest", "hotline", str(file), elasticsearch_url="http://u:hidden@127.0.0.1:1")
    assert taken.returncode == 0, taken.stderr
    assert "cannot be found yet" in taken.stderr
    assert "hidden" not in taken.stdout + taken.stderr
    failed = home.run("reindex", elasticsearch_url="http://127.0.0.1:1")
    assert (failed.returncode, failed.stderr.count("\n")) == (69, 1)
    assert "CASEGRAPH_ELASTICSEARCH_URL" in failed.stderr
    rebuilt = home.run("reindex")
    assert rebuilt.returncode == 0, rebuilt.stderr
    examined = home.run("doctor", "--quick")
    assert examined.returncode == 0, examined.stdout


def test_a_certificates_file_that_is_none_is_said(home: Home, tmp_path: Path) -> None:
    """Before anything is asked."""
    (tmp_path / "words.pem").write_text("no certificate")
    for file in (tmp_path / "nothing.pem", tmp_path / "words.pem"):
        done = home.run("reindex", elasticsearch_url="https://u:hidden@127.0.0.1:1", elasticsearch_ca=str(file))
        assert (done.returncode, done.stderr.count("\n")) == (78, 1), done.stderr
        assert "CASEGRAPH_ELASTICSEARCH_CA" in done.stderr
