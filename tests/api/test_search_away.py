"""Without its search engine casegraph takes in, reads and decides as ever, and says what cannot be had."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from search.circuit import FAILURES
from search.elastic_engine import open_elastic
from search.service import Search
from tests.api.conftest import Api, client_of
from tests.cluster import free_port
from tests.graph.factory import NOW, draft

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture
async def away(api: Api) -> AsyncIterator[Api]:
    """Give the application with an Elasticsearch that is not there."""
    engine = open_elastic(f"http://somebody:hidden@127.0.0.1:{free_port()}", "nowhere")
    services = replace(api.services, engine=engine, search=Search(reader=api.services.reader, engine=engine))
    async with client_of(services) as http:
        yield Api(services, http)
    await engine.close()


async def test_searches_say_so_and_all_else_goes_on(away: Api, caplog: pytest.LogCaptureFixture) -> None:
    """With a code of its own, and what to do; what is taken in is in, and can be read."""
    for _ in range(FAILURES):
        answer = await away.post('{ search(query: "路灯") { totalCount } }')
        (error,) = answer["errors"]
        assert error["extensions"] == {"code": "SEARCH_UNAVAILABLE"}
        assert "CASEGRAPH_ELASTICSEARCH_URL" in error["message"]
    await away.services.intake.take_in([draft("1", title="路灯不亮")], actor="test", now=NOW)
    answer = await away.post('{ cases { totalCount } search(query: "路灯") { totalCount } }')
    assert [error["path"] for error in answer["errors"]] == [["search"]]
    answer = await away.post("{ cases { totalCount } }")
    assert answer["data"] == {"cases": {"totalCount": 1}}
    assert "hidden" not in caplog.text


async def test_probes_tell_it_and_keep_the_server_in_use(away: Api, caplog: pytest.LogCaptureFixture) -> None:
    """A proxy that took it away would take all that still works; figures tell who is to mend it."""
    ready = await away.http.get("/readyz")
    assert (ready.status_code, ready.json()) == (
        200,
        {"ready": True, "checks": {"database": "ok", "index": "away"}},
    )
    assert ("casegraph.probes", logging.WARNING) in {(name, level) for name, level, _ in caplog.record_tuples}
    figures = (await away.http.get("/metrics")).text
    assert "casegraph_search_up 0.0" in figures
    assert 'casegraph_reader_lag{reader="search"}' not in figures
    for _ in range(FAILURES):
        figures = (await away.http.get("/metrics")).text
    assert "casegraph_search_circuit_open 1.0" in figures


async def test_figures_of_an_engine_that_answers(api: Api) -> None:
    """How far the index is behind, and that all is well."""
    await api.take_in()
    figures = (await api.http.get("/metrics")).text
    for line in ("casegraph_search_up 1.0", "casegraph_search_circuit_open 0.0", 'lag{reader="search"} 0.0'):
        assert line in figures
