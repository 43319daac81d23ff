"""A front end's page of another origin asks in a real browser, which asks beforehand whether it may."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import pytest
from starlette.responses import HTMLResponse

from casegraph.web_names import Names
from tests.api.conftest import Api, api, signin_of
from tests.attacks.conftest import served, serving
from tests.clients.browser import browsing, program
from tests.conftest import LOUD
from tests.viewers import token_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.clients.browser import Page

__all__ = ["api"]

ASK: Final = """fetch(ADDRESS, {method: 'POST', headers: {authorization: TOKEN, 'content-type': 'application/json'},
    body: JSON.stringify({query: '{ viewer { name } }'}), credentials: CREDENTIALS})
    .then(response => response.json()).then(told => told.data.viewer.name, error => `${error}`)"""
FOLLOW: Final = """new Promise(done => { const socket = new WebSocket(ADDRESS, 'graphql-transport-ws');
    socket.onopen = () => socket.send(JSON.stringify({type: 'connection_init', payload: {authorization: TOKEN}}));
    socket.onmessage = event => done(JSON.parse(event.data).type); socket.onclose = () => done('closed'); })"""


@asynccontextmanager
async def page_of_its_own() -> AsyncIterator[str]:
    """Serve an empty page on a port of its own, and give its origin."""
    async with serving(HTMLResponse("<title>front end</title>")) as line:
        yield f"http://127.0.0.1:{line.port}"


async def told(page: Page, script: str, address: str, credentials: str = "omit") -> Any:
    """Return what a page is told at an address."""
    given = {"ADDRESS": address, "TOKEN": f"Bearer {token_of()}", "CREDENTIALS": credentials}
    for name, value in given.items():
        script = script.replace(name, json.dumps(value))
    return await page.value(script)


@pytest.mark.long
async def test_a_browser_shows_answers_to_pages_of_allowed_origins_alone(api: Api, tmp_path: Path) -> None:
    """By a token; with credentials of a session none is shown, and to a page of another origin none at all."""
    browser = program()
    if browser is None:
        pytest.skip(f"{LOUD}pages of other origins in a browser, since there is no Chromium")
    async with page_of_its_own() as desk, page_of_its_own() as other:
        signin = signin_of(api.services.pool, api.services.vault, names=Names(allowed=(desk,)))
        shared = Api(replace(api.services, signin=signin), api.http)
        async with served(shared) as line:
            address = f"http://127.0.0.1:{line.port}/graphql"
            async with browsing(browser, tmp_path / "desk", desk) as page:
                await page.until("document.title === 'front end'")
                assert await told(page, ASK, address) == "development:everything"
                assert await told(page, ASK, address, "include") == "TypeError: Failed to fetch"
                assert await told(page, FOLLOW, address.replace("http:", "ws:")) == "connection_ack"
            async with browsing(browser, tmp_path / "other", other) as page:
                await page.until("document.title === 'front end'")
                assert await told(page, ASK, address) == "TypeError: Failed to fetch"
