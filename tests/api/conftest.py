"""The application on real parts, asked over HTTP without a network."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from casegraph.app import build_app
from casegraph.client_limits import ClientLimits
from casegraph.signin.service import SignIn, Ways
from casegraph.watch import Watch
from connectors.connector import ReadOptions
from graph.attachments import Attachments
from graph.commands import Commands
from graph.revealing import Revealing
from graph.topics import Taxonomy
from graph.uploads import Uploads
from resolvers.reader import Reader
from search.hidden import Hidden
from search.indexer import Indexer
from search.saving import Saving
from search.service import Search
from search.tantivy_engine import open_tantivy
from sync.retry import Retry
from tests.graph.factory import GAZETTEER, NOW, make_intake
from tests.viewers import DEVELOPMENT_KEY, EVERYTHING, headers_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from graph.database import Pool
    from graph.identity import Vault
    from graph.intake import Intake
    from graph.outcomes import Outcome
    from graph.policy import Viewer
    from graph.records import Reading
    from resolvers.limits import DocumentLimits
    from resolvers.trusted import Trusted
    from search.engine import Engine


@dataclass(frozen=True, kw_only=True)
class Services:
    """What `casegraph.services` makes, on a database of the test's own."""

    pool: Pool
    reader: Reader
    vault: Vault
    intake: Intake
    uploads: Uploads
    commands: Commands
    revealing: Revealing
    retry: Retry
    engine: Engine
    search: Search
    saving: Saving
    taxonomy: Taxonomy
    read_options: ReadOptions
    signin: SignIn
    proxy: str | None = None
    client_limits: ClientLimits = field(default_factory=ClientLimits)

    @property
    def clock(self) -> Callable[[], datetime]:
        """The time, in UTC."""
        return lambda: datetime.now(UTC)

    @cached_property
    def watch(self) -> Watch:
        """What looks at the database and the engine, when a test has it look."""
        return Watch(pool=self.pool, reader=self.reader, engine=self.engine)


@dataclass(frozen=True)
class Api:
    """Asks the application."""

    services: Services
    http: httpx.AsyncClient

    async def post(self, query: str, **variables: Any) -> dict[str, Any]:
        """Return the whole answer."""
        response = await self.http.post("/graphql", json={"query": query, "variables": variables})
        answer: dict[str, Any] = response.json()
        return answer

    async def ask(self, query: str, **variables: Any) -> Any:
        """Return the data of an answer that has no errors."""
        answer = await self.post(query, **variables)
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    async def probe(self) -> httpx.Response:
        """Return what the server says of itself, after a look at what it needs."""
        await self.services.watch.look()
        return await self.http.get("/readyz")

    async def take_in(self, *readings: Reading) -> list[Outcome]:
        """Take readings in and index them."""
        outcomes = await self.services.intake.take_in(readings, actor="test", now=NOW)
        await Indexer(pool=self.services.pool, engine=self.services.engine).catch_up()
        return outcomes


def change_pool(api: Api, pool: Pool) -> Api:
    """Return the application on another database; the caller closes what it asks by."""
    vault = api.services.vault
    intake, uploads = make_intake(pool, vault, Path()), Uploads(pool, vault, Attachments(Path()))
    services = replace(api.services, pool=pool, reader=Reader(pool, 10_000), intake=intake, uploads=uploads)
    return Api(services, client_of(services))


def client_of(
    services: Services,
    limits: DocumentLimits | None = None,
    trusted: Trusted | None = None,
    viewer: Viewer | None = EVERYTHING,
) -> httpx.AsyncClient:
    """Return what asks the application on these services, as a viewer or as nobody."""
    app = build_app(services, limits, trusted)
    headers = {} if viewer is None else headers_of(viewer)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8000", headers=headers)


def signin_of(pool: Pool, vault: Vault, clock: Callable[[], datetime] | None = None, **ways: Any) -> SignIn:
    """Return what tells who asks: by the tests' tokens, unless other ways are named."""
    given = Ways(**{"development": DEVELOPMENT_KEY} | ways)
    return SignIn(
        vault=vault, pool=pool, gazetteer=GAZETTEER, clock=clock or (lambda: datetime.now(UTC)), ways=given
    )  # fmt: skip


@pytest.fixture
async def api(pool: Pool, reading_pool: Pool, vault: Vault, tmp_path: Path) -> AsyncIterator[Api]:
    """Give the application on an empty graph."""
    intake = make_intake(pool, vault, tmp_path / "attachments")
    options = ReadOptions(source="", zone=ZoneInfo("Asia/Shanghai"))
    engine, reader = open_tantivy(tmp_path / "index"), Reader(reading_pool, 10_000)
    search = Search(reader=reader, engine=engine, hidden=Hidden(vault))
    services = Services(
        pool=pool, reader=reader, vault=vault, intake=intake, commands=Commands(pool=pool, gazetteer=GAZETTEER),
        revealing=Revealing(pool=pool, vault=vault),
        retry=Retry(intake, options), uploads=Uploads(pool, vault, Attachments(tmp_path / "attachments")),
        engine=engine, search=search, saving=Saving(pool=pool, engine=engine), taxonomy=Taxonomy(),
        read_options=options, signin=signin_of(pool, vault),
    )  # fmt: skip
    async with client_of(services) as http:
        yield Api(services, http)
    await engine.close()
