"""Without its search engine casegraph takes in, reads and decides as ever, and says what cannot be had."""

from __future__ import annotations

import logging
import socket
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from search import elastic_client
from search.circuit import FAILURES
from search.elastic_engine import open_elastic
from search.service import Search
from tests.api.conftest import Api, client_of
from tests.cluster import free_port
from tests.graph.factory import NOW, draft
from tests.viewers import told_apart

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture(params=["nobody listens", "it never answers"])
async def away(api: Api, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Api]:
    """Give the application with an Elasticsearch that is not there, or takes connections and never says a word."""
    monkeypatch.setattr(elastic_client, "ANSWERING", 0.2)
    port = free_port()
    mute = socket.create_server(("127.0.0.1", port)) if request.param == "it never answers" else None
    engine = open_elastic(f"http://somebody:hidden@127.0.0.1:{port}", "nowhere", patience=0.2)
    services = replace(api.services, engine=engine, search=Search(reader=api.services.reader, engine=engine))
    async with client_of(services) as http:
        yield Api(services, http)
    await engine.close()
    if mute is not None:
        mute.close()


async def test_searches_say_so_and_all_else_goes_on(away: Api, caplog: pytest.LogCaptureFixture) -> None:
    """With a code of its own, and what to do; what is taken in is in, and can be read."""
    for _ in range(FAILURES):
        answer = await away.post('{ search(query: "路灯") { totalCount } }')
        (error,) = answer["errors"]
        assert told_apart(error) == {"code": "SEARCH_UNAVAILABLE"}
        assert "CASEGRAPH_ELASTICSEARCH_URL" in error["message"]
    await away.services.intake.take_in([draft("1", title="路灯不亮")], actor="test", now=NOW)
    answer = await away.post('{ cases { totalCount } search(query: "路灯") { totalCount } }')
    assert [error["path"] for error in answer["errors"]] == [["search"]]
    answer = await away.post("{ cases { totalCount } }")
    assert answer["data"] == {"cases": {"totalCount": 1}}
    assert "hidden" not in caplog.text


async def test_probes_tell_it_and_keep_the_server_in_use(away: Api, caplog: pytest.LogCaptureFixture) -> None:
    """A proxy that took it away would take all that still works; figures tell who is to mend it, the log once."""
    for _ in range(3):
        ready = await away.probe()
        assert (ready.status_code, ready.json()["ready"]) == (200, True)
        assert ready.json()["checks"] == {"database": "ok", "index": "away"}
    told = [(level, text) for name, level, text in caplog.record_tuples if name == "casegraph.watch"]
    assert [level for level, _ in told] == [logging.WARNING]
    assert "CASEGRAPH_ELASTICSEARCH_URL" in told[0][1]
    figures = (await away.http.get("/metrics")).text
    assert "casegraph_search_up 0.0" in figures
    assert "casegraph_search_circuit_open 1.0" in figures
    assert 'casegraph_reader_lag{reader="search"}' not in figures


async def test_figures_of_an_engine_that_answers(api: Api) -> None:
    """How far the index is behind, and that all is well."""
    await api.take_in()
    await api.services.watch.look()
    figures = (await api.http.get("/metrics")).text
    for line in (
        "casegraph_search_up 1.0", "casegraph_search_circuit_open 0.0", 'lag{reader="search"} 0.0',
        "casegraph_database_up 1.0", 'casegraph_seen_seconds{of="index"}',
    ):  # fmt: skip
        assert line in figures
