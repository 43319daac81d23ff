"""What every test may ask for: a database of its own, the real data, and a loud word where something was not run."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections import defaultdict
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, settings

from graph.database import connect, open_pool, open_reading_pool
from graph.identity import Vault
from tests.cluster import Cluster, open_cluster
from tests.elasticsearch.server import Indices, MissingError, open_server
from tests.scratch import use_memory

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from graph.database import Connection, Pool

ROOT = Path(__file__).parent.parent
SHARED_DATA = ROOT.parent / "shared" / "data"
LOUD = "NOT RUN: "
DEEP = os.environ.get("HYPOTHESIS_PROFILE") == "deep"
"""Whether everything is tried, where otherwise chance draws some of it anew in each run."""
PATIENCE = 120.0
"""Seconds that something may take which is done at once."""
LONG = 10.0
"""Seconds from which a test should begin before others, or all wait for it at the end."""

use_memory()

# A database of its own is given to a test, not to each of its examples; and two busy cores make any deadline a lie.
settings.register_profile(
    "casegraph", deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
settings.register_profile("deep", parent=settings.get_profile("casegraph"), max_examples=2_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "casegraph"))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--over-tcp`."""
    parser.addoption("--over-tcp", action="store_true", help="reach PostgreSQL over TCP with a password in every test")


def pytest_configure(config: pytest.Config) -> None:
    """Declare the markers."""
    config.addinivalue_line("markers", "both_ways: runs over the socket and over TCP with a SCRAM password")
    config.addinivalue_line("markers", "long: takes many seconds, and so begins before others")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long, in the order that chance gave.

    What runs there runs in short tests, too, and tracing it would take half as long again: coverage is theirs.
    """
    items.sort(key=lambda item: item.get_closest_marker("long") is None)
    for item in items:
        if item.get_closest_marker("long"):
            item.add_marker(pytest.mark.no_cover)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that is marked `both_ways` twice."""
    if "transport" in metafunc.fixturenames and metafunc.definition.get_closest_marker("both_ways"):
        metafunc.parametrize("transport", ["socket", "tcp"])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Repeat loudly, at the end, what could not be run on this machine, and tell what the run waits for too long."""
    for name, seconds in _too_long(terminalreporter):
        terminalreporter.write_line(
            f"LONG: {name} took {seconds:.0f} s. Make it shorter, or mark it `long`.", yellow=True
        )
    reasons = {
        report.longrepr[2].removeprefix("Skipped: ")
        for report in terminalreporter.getreports("skipped")
        if isinstance(report.longrepr, tuple)
    }
    for reason in sorted(reason for reason in reasons if reason.startswith(LOUD)):
        terminalreporter.write_line(reason, yellow=True, bold=True)


def _too_long(terminalreporter: pytest.TerminalReporter) -> list[tuple[str, float]]:
    """Return the tests that took long and are not marked so, the longest first."""
    seconds: defaultdict[str, float] = defaultdict(float)
    for outcome in ("", "passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            if "long" not in report.keywords:
                seconds[report.nodeid] += report.duration
    return sorted(((name, took) for name, took in seconds.items() if took > LONG), key=lambda one: -one[1])


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """Start the run's PostgreSQL, or join the other workers that use it."""
    running = open_cluster(os.environ.get("PYTEST_XDIST_TESTRUNUID", uuid4().hex))
    try:
        asyncio.run(running.prepare())
        yield running
    finally:
        running.close()


@pytest.fixture(scope="session")
def elasticsearch() -> Iterator[Indices]:
    """Give the run's Elasticsearch: the one that is named, or one that is started or joined here."""
    with _elasticsearch() as address:
        indices = Indices(address)
        yield indices
        indices.remove()


@contextmanager
def _elasticsearch() -> Iterator[str]:
    if named := os.environ.get("CASEGRAPH_TEST_ELASTICSEARCH_URL"):
        yield named
        return
    try:
        server = open_server(os.environ.get("PYTEST_XDIST_TESTRUNUID", uuid4().hex))
    except MissingError as error:
        if os.environ.get("CASEGRAPH_TEST_ELASTICSEARCH") == "required":
            pytest.fail(f"Elasticsearch cannot be started: {error}.")
        pytest.skip(f"{LOUD}everything on Elasticsearch, since {error}.")
    try:
        yield server.url
    finally:
        server.leave()


@pytest.fixture
def transport(request: pytest.FixtureRequest) -> str:
    """How PostgreSQL is reached: `socket`, or `tcp` when asked for."""
    return "tcp" if request.config.getoption("--over-tcp") else "socket"


@pytest.fixture
async def database_url(cluster: Cluster, transport: str) -> AsyncIterator[str]:
    """Give a migrated database that nobody else has."""
    name = await cluster.create()
    yield cluster.url(name, transport)
    await cluster.drop(name)


@pytest.fixture
async def empty_database_url(cluster: Cluster, transport: str) -> AsyncIterator[str]:
    """Give a database without any table."""
    name = await cluster.create("template0")
    yield cluster.url(name, transport)
    await cluster.drop(name)


@pytest.fixture
async def connection(database_url: str) -> AsyncIterator[Connection]:
    """Give a connection to a database of the test's own."""
    opened = await connect(database_url)
    yield opened
    await opened.close()


async def close(opened: Pool) -> None:
    """Close a pool; what a test left taken would be waited for without end."""
    try:
        async with asyncio.timeout(PATIENCE):
            await opened.close()
    except TimeoutError:
        opened.terminate()
        pytest.fail("The test gave a connection of its pool not back.")


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    """Give a pool on a database of the test's own."""
    opened = await open_pool(database_url, largest=10)
    yield opened
    await close(opened)


@pytest.fixture
async def reading_pool(database_url: str) -> AsyncIterator[Pool]:
    """Give a pool that only reads, as the API does, on a database of the test's own."""
    opened = await open_reading_pool(database_url, largest=3, patience=10_000)
    yield opened
    opened.terminate()


@pytest.fixture
def vault() -> Vault:
    """Give a vault with a key of the test's own."""
    return Vault(os.urandom(32))


@pytest.fixture
def data_folder() -> Iterator[Path]:
    """Give a folder that nobody made smaller rights for.

    Not `tmp_path`: where we are root, the embedded server runs as another user, who must pass through every folder
    above its own, and each pytest that starts closes the one they share.
    """
    with tempfile.TemporaryDirectory(prefix="casegraph-tests-data-") as folder:
        yield Path(folder) / "data"


@pytest.fixture
def shared_data() -> Path:
    """Give the folder of the real messages, which is not part of the checkout."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"{LOUD}the real messages are not on this machine (../shared/data)")
    return SHARED_DATA


@pytest.fixture
def tls_database_url() -> str:
    """Name a PostgreSQL server that speaks TLS; the embedded one cannot."""
    url = os.environ.get("CASEGRAPH_TEST_TLS_DATABASE_URL")
    if url is None:
        pytest.skip(f"{LOUD}nothing over TLS, since CASEGRAPH_TEST_TLS_DATABASE_URL names no server")
    return url
