"""The composition root: the one place that constructs what everything else is given; `casegraph.opening` is part."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from casegraph.connections import need_of, tell
from casegraph.opening import (
    attachments_folder,
    erasures_file,
    open_database,
    open_vault,
    prepare_database,
    require_database,
    utc_now,
)
from casegraph.settings import SettingsError
from casegraph.signin.development import FILE as DEVELOPMENT_KEY
from casegraph.signin.service import SignIn, Ways
from casegraph.watch import Watch
from casegraph.web_names import LOOPBACK, Names
from connectors.connector import Limits, ReadOptions
from graph.attachments import Attachments
from graph.belonging import Homes
from graph.commands import Commands
from graph.database import WRITING, close, open_pool, open_reading_pool
from graph.erasure import Eraser
from graph.expiry import Expiry
from graph.gazetteer import Gazetteer
from graph.intake import Intake
from graph.retention import load_rules
from graph.revealing import Revealing
from graph.topics import Taxonomy
from graph.uploads import Uploads
from resolvers.reader import Reader
from search.alerting import Alerter
from search.hidden import Hidden
from search.indexer import Indexer
from search.saving import Saving
from search.service import Search
from search.tantivy_engine import open_tantivy
from sync.retry import Retry
from wording import Wording

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from datetime import datetime
    from pathlib import Path

    from casegraph.client_limits import ClientLimits
    from casegraph.settings import Settings
    from graph.database import Pool
    from graph.identity import Vault
    from search.engine import Engine


@dataclass(frozen=True, slots=True)
class Services:
    """Everything at hand while a process runs."""

    settings: Settings
    database_url: str
    pool: Pool
    reader: Reader
    vault: Vault
    attachments: Attachments
    uploads: Uploads
    gazetteer: Gazetteer
    taxonomy: Taxonomy
    intake: Intake
    commands: Commands
    revealing: Revealing
    read_options: ReadOptions
    retry: Retry
    engine: Engine
    search: Search
    saving: Saving
    signin: SignIn
    watch: Watch

    @property
    def proxy(self) -> str | None:
        """The address of the proxy before us."""
        return self.settings.proxy

    @property
    def client_limits(self) -> ClientLimits:
        """What is borne of clients."""
        return self.settings.client_limits

    @property
    def clock(self) -> Callable[[], datetime]:
        """The time, in UTC."""
        return utc_now

    async def index_position(self) -> int | None:
        """Return the journal position that the search index holds, None where there is no index.

        Raises SearchAwayError where the engine does not answer.
        """
        return await self.engine.position()


def index_folder(settings: Settings) -> Path:
    """Return where tantivy's index is kept."""
    return settings.data / "index"


def open_engine(settings: Settings) -> Engine:
    """Return the search engine that is set, on its live index. It asks nothing yet."""
    if settings.elasticsearch_url is None:
        return open_tantivy(index_folder(settings), settings.timezone)
    try:
        from search.elastic_engine import open_elastic  # noqa: PLC0415  # its client takes as long as all of ours

        return open_elastic(
            settings.elasticsearch_url, settings.elasticsearch_prefix, authority=settings.elasticsearch_ca,
            shards=settings.elasticsearch_shards, patience=settings.elasticsearch_timeout / 1_000,
            zone=settings.timezone,
        )  # fmt: skip
    except (OSError, ValueError) as error:
        raise SettingsError(
            Wording("CASEGRAPH_ELASTICSEARCH_CA is no file of certificates ({kind}).", kind=type(error).__name__)
        ) from None


@asynccontextmanager
async def opened_engine(settings: Settings) -> AsyncIterator[Engine]:
    """Give the search engine that is set, for a command that needs no more."""
    engine = open_engine(settings)
    try:
        yield engine
    finally:
        await engine.close()


@asynccontextmanager
async def open_services(
    settings: Settings, *, following: int = 0, patience: float | None = WRITING
) -> AsyncIterator[Services]:
    """Open everything, and close it again in the other order. `following` connections are opened besides by the caller.

    `patience` is how many seconds a statement that writes may take, None for as long as it likes: what goes through all
    that is kept, for somebody who looks on.

    The embedded database is brought to this version here; a server's is an operator's decision, made by `migrate`.
    """
    engine = open_engine(settings)
    async with open_database(settings) as url:
        vault = open_vault(settings)
        await (prepare_database if settings.database_url is None else require_database)(url, vault)
        need = need_of(settings, following)
        await tell(url, need, embedded=settings.database_url is None)
        pool = await open_pool(url, largest=need.writing, patience=patience)
        reading = await open_reading_pool(url, largest=need.reading, patience=settings.statement_timeout)
        services = _wire(settings, url, pool, Reader(reading, settings.statement_timeout), vault=vault, engine=engine)
        try:
            yield services
        finally:
            await services.signin.close()
            await engine.close()
            reading.terminate()
            await close(pool)


def _wire(settings: Settings, url: str, pool: Pool, reader: Reader, *, vault: Vault, engine: Engine) -> Services:
    homes, taxonomy = homes_of(settings), Taxonomy()
    gazetteer = homes.own
    attachments = Attachments(attachments_folder(settings))
    intake = Intake(pool=pool, vault=vault, attachments=attachments, homes=homes, taxonomy=taxonomy)
    options = ReadOptions(
        source="", zone=settings.timezone, limits=Limits(pages=settings.scan_pages),
        strict_sources=settings.strict_sources,
    )  # fmt: skip
    return Services(
        settings=settings,
        database_url=url,
        pool=pool,
        reader=reader,
        vault=vault,
        attachments=attachments,
        uploads=Uploads(pool, vault, attachments),
        gazetteer=gazetteer,
        taxonomy=taxonomy,
        intake=intake,
        commands=Commands(pool=pool, gazetteer=gazetteer, taxonomy=taxonomy),
        revealing=Revealing(pool=pool, vault=vault),
        read_options=options,
        retry=Retry(intake, options),
        engine=engine,
        search=Search(reader=reader, engine=engine, hidden=Hidden(vault)),
        saving=Saving(pool=pool, engine=engine),
        signin=SignIn(vault=vault, pool=pool, gazetteer=gazetteer, clock=utc_now, ways=ways_of(settings)),
        watch=Watch(pool=pool, reader=reader, engine=engine),
    )


def homes_of(settings: Settings) -> Homes:
    """Return the divisions that the instance and its sources serve, each read as it is said there."""
    return Homes(
        Gazetteer(settings.home_division),
        {source: Gazetteer(code) for source, code in settings.source_divisions},
    )


def ways_of(settings: Settings) -> Ways:
    """Return by what people may sign in: by the provider, or by this machine's tokens where nobody else is answered."""
    names = Names(settings.public_url, settings.allowed_origins)
    if settings.oidc_issuer is None:
        alone = settings.host in LOOPBACK and names.only_this_machine
        return Ways(development=settings.data / DEVELOPMENT_KEY if alone else None, names=names)
    # Only who has a provider waits for the HTTP client.
    from casegraph.signin.provider import Client, Provider  # noqa: PLC0415

    client = Client(settings.oidc_client_id, settings.oidc_client_secret) if settings.oidc_client_id else None
    provider = Provider(settings.oidc_issuer, client)
    return Ways(provider=provider, audience=settings.oidc_audience or "", claim=settings.oidc_claim, names=names)


def make_indexer(services: Services, pool: Pool) -> Indexer:
    """Make the indexer of a process on a pool of its own; of all that run one writes."""
    return Indexer(pool=pool, engine=services.engine)


def make_alerter(services: Services, pool: Pool) -> Alerter:
    """Make what raises the alerts of saved searches on a pool of its own; of all that run one does."""
    return Alerter(pool=pool, engine=services.engine, clock=services.clock)


def make_eraser(settings: Settings, pool: Pool, vault: Vault) -> Eraser:
    """Make what erases in the database of this pool."""
    attachments = Attachments(attachments_folder(settings))
    return Eraser(pool=pool, vault=vault, attachments=attachments, erasures=erasures_file(settings))


def make_expiry(settings: Settings, pool: Pool, vault: Vault) -> Expiry:
    """Make what carries the retention rules out in the database of this pool."""
    return Expiry(
        pool=pool,
        eraser=make_eraser(settings, pool, vault),
        attachments=Attachments(attachments_folder(settings)),
        rules=load_rules(),
    )


def for_child(services: Services) -> Settings:
    """Return the settings for a process we start: it uses the database that runs already."""
    return replace(services.settings, database_url=services.database_url)
