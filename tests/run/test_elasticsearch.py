"""The command line on Elasticsearch: what is taken in is found, rebuilt and examined as with the other engine."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from uuid import uuid4

import httpx
import pytest

from tests.run.processes import READY, Home, asked, awaited
from tests.viewers import headers_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

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
