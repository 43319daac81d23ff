"""GraphiQL in a real browser signs in, asks and subscribes, from this server alone."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from tests.api.conftest import api
from tests.attacks.conftest import served
from tests.clients.browser import browsing, program
from tests.conftest import LOUD
from tests.graph.factory import draft
from tests.viewers import token_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.api.conftest import Api

__all__ = ["api"]

RECEIPTS = "subscription { submissionReceived { submission { externalId } } }"
SHOWN = "document.querySelector('.result-window')?.innerText.includes('externalId')"
TYPED = "document.querySelector('.graphiql-query-editor')?.innerText.includes('submissionReceived')"
"""Whether the editor has the document: before, the button runs nothing."""
RUN = "document.querySelector('.graphiql-execute-button').click()"


@pytest.mark.long
async def test_graphiql_subscribes(api: Api, tmp_path: Path) -> None:
    """By the session's cookie, under the page's own content security policy: what comes in is shown as it does."""
    browser = program()
    if browser is None:
        pytest.skip(f"{LOUD}GraphiQL in a browser, since there is no Chromium")
    async with served(api) as line:
        address = f"http://127.0.0.1:{line.port}/graphql?query={quote(RECEIPTS)}#token={token_of()}"
        async with browsing(browser, tmp_path / "browser", address) as page:
            await page.until("document.querySelector('.graphiql-execute-button')")
            await page.until(TYPED)
            await page.value(RUN)
            shown = asyncio.create_task(page.until(SHOWN))
            number = 0
            while not shown.done():  # it may not have begun yet: what it then is told of comes later
                await api.take_in(draft(f"B{number}", title=f"第{number}件", text=f"第{number}件事。" * 9))
                number += 1
                await asyncio.wait([shown], timeout=0.5)
            await shown
            assert await page.value("location.hash") == ""  # the token is not left in the address
