"""A browser without a window, told what to do over its debugging protocol."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
from contextlib import asynccontextmanager
from itertools import count
from typing import TYPE_CHECKING, Any, Final

from websockets.asyncio.client import connect

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from websockets.asyncio.client import ClientConnection

PROGRAMS: Final = ("chromium", "chromium-browser", "google-chrome")
LISTENING: Final = re.compile(rb"DevTools listening on (\S+)")
PATIENCE: Final = 60.0


def program() -> str | None:
    """Return which browser is here."""
    return next((found for name in PROGRAMS if (found := shutil.which(name))), None)


class Page:
    """One page of the browser."""

    def __init__(self, socket: ClientConnection, session: str = "") -> None:
        self._socket = socket
        self._session = session
        self._numbers = count(1)

    async def do(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Have the browser do something and return what comes of it."""
        number = next(self._numbers)
        session = {"sessionId": self._session} if self._session else {}
        await self._socket.send(json.dumps({"id": number, "method": method, "params": parameters} | session))
        async with asyncio.timeout(PATIENCE):
            while (told := json.loads(await self._socket.recv())).get("id") != number:
                pass  # an event
        assert "error" not in told, told
        result: dict[str, Any] = told["result"]
        return result

    async def value(self, script: str) -> Any:
        """Return what a script gives, once its promise holds."""
        told = await self.do("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in told, told
        return told["result"].get("value")

    async def until(self, condition: str) -> None:
        """Wait until a condition holds of the page."""
        await self.value(
            f"new Promise(done => {{ const look = () => {{ if ({condition}) done(); }}; look();"
            " new MutationObserver(look).observe(document, {subtree: true, childList: true, characterData: true,"
            " attributes: true}); })"
        )


@asynccontextmanager
async def browsing(path: str, folder: Path, address: str) -> AsyncIterator[Page]:
    """Open an address while inside."""
    process = await asyncio.create_subprocess_exec(
        path, "--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0",
        f"--user-data-dir={folder}", "about:blank", stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stderr is not None
    try:
        async with asyncio.timeout(PATIENCE):
            while (found := LISTENING.search(line := await process.stderr.readline())) is None:
                assert line, "The browser does not start."
        rest = asyncio.create_task(process.stderr.read())
        async with connect(found[1].decode(), max_size=None) as socket:
            target = (await Page(socket).do("Target.createTarget", url="about:blank"))["targetId"]
            attached = await Page(socket).do("Target.attachToTarget", targetId=target, flatten=True)
            page = Page(socket, attached["sessionId"])
            await page.do("Page.navigate", url=address)
            yield page
            rest.cancel()
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
