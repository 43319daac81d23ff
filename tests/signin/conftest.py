"""A provider for all tests, a clock that tests move, and the application on both."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from casegraph.signin.provider import Client, Provider
from tests.api.conftest import Api, api, client_of, signin_of  # noqa: F401  # a fixture of another folder's
from tests.clients.conftest import modules  # noqa: F401  # the same
from tests.signin.provider import AUDIENCE, CLIENT, SECRET, provider

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from casegraph.web_names import Names
    from tests.signin.provider import OpenIdProvider


class Clock:
    """The time, which goes on only when it is told to; `ticks` are the seconds of a clock that is never set."""

    def __init__(self) -> None:
        self.time = datetime.now(UTC)
        self.ticks = 1_000.0

    def __call__(self) -> datetime:
        return self.time

    def forward(self, seconds: float) -> None:
        """Let time pass."""
        self.time += timedelta(seconds=seconds)
        self.ticks += seconds

    def monotonic(self) -> float:
        """Return the ticks."""
        return self.ticks


@pytest.fixture
def clock() -> Clock:
    """A clock that tests move."""
    return Clock()


@pytest.fixture(scope="session")
def shared_provider(modules: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenIdProvider]:  # noqa: F811
    """A provider that nobody stops."""
    with provider(tmp_path_factory.mktemp("provider"), modules) as running:
        yield running


def with_provider(given: Api, running: OpenIdProvider, clock: Clock, names: Names | None = None) -> Api:
    """Return the application with people signed in by a provider; the caller closes what it asks by."""
    known = Provider(running.issuer, Client(CLIENT, SECRET), monotonic=clock.monotonic)
    ways = {"provider": known, "audience": AUDIENCE, "development": None} | ({"names": names} if names else {})
    signin = signin_of(given.services.pool, given.services.vault, clock, **ways)
    services = replace(given.services, signin=signin)
    return Api(services, client_of(services, viewer=None))


@pytest.fixture
async def oidc(api: Api, shared_provider: OpenIdProvider, clock: Clock) -> AsyncIterator[Api]:  # noqa: F811
    """The application with people signed in by a provider, asked by nobody in particular."""
    made = with_provider(api, shared_provider, clock)
    async with made.http:
        yield made
    await made.services.signin.close()


@pytest.fixture
async def nobody(api: Api) -> AsyncIterator[Api]:  # noqa: F811
    """The application with this machine's tokens, asked by nobody in particular."""
    async with client_of(api.services, viewer=None) as http:
        yield Api(api.services, http)
