"""A real OpenID provider (npm's oidc-provider) as a process, and what tests have it do."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import threading
import time
from contextlib import contextmanager
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urljoin

import httpx

if TYPE_CHECKING:
    from collections.abc import Iterator

SCRIPT: Final = Path(__file__).parents[1] / "clients" / "node" / "provider.mjs"
AUDIENCE: Final = "https://casegraph.example"
CLIENT: Final = "casegraph-browser"
SECRET: Final = "a:secret of/the tests"
MACHINE: Final = "partner"
PATIENCE: Final = 300.0
"""Seconds that may pass on a cold and busy machine where one or two do on a quiet one."""
MADE_UP: Final = {"sub": "u1", "casegraph": {"roles": ["leader"], "divisions": ["430100"]}}


class OpenIdProvider:
    """A provider that runs."""

    def __init__(self, issuer: str, process: subprocess.Popen[str]) -> None:
        self.issuer = issuer
        self.process = process
        self.http = httpx.Client(base_url=issuer, timeout=PATIENCE, trust_env=False)

    def put(self, **people: dict[str, Any]) -> None:
        """Have people, or our machine, get these claims."""
        self.http.post("/test/people", json=people).raise_for_status()

    def rotate(self, algorithm: str = "RS256", *, keep: bool = True) -> None:
        """Have it sign by a new key from now on."""
        self.http.post("/test/rotate", json={"algorithm": algorithm, "keep": keep}).raise_for_status()

    def counts(self) -> dict[str, int]:
        """Return how often each address was asked."""
        found: dict[str, int] = self.http.get("/test/counts").json()
        return found

    def token(self, audience: str = AUDIENCE, **claims: Any) -> str:
        """Return an access token as the provider gives it to a machine."""
        self.put(**{MACHINE: claims or {"casegraph": MADE_UP["casegraph"]}})
        form = {"grant_type": "client_credentials", "resource": audience}
        answer = self.http.post("/token", data=form, auth=(MACHINE, "partner-secret")).raise_for_status()
        found: str = answer.json()["access_token"]
        return found

    def sign(self, header: dict[str, Any] | None = None, **claims: Any) -> str:
        """Return a token with these claims beside good ones, None leaves one out, signed by the provider's key."""
        now = int(time.time())
        good = {"iss": self.issuer, "aud": AUDIENCE, "iat": now, "exp": now + 600, **MADE_UP}
        told = {name: value for name, value in (good | claims).items() if value is not None}
        answer = self.http.post("/test/sign", json={"header": header or {}, "claims": told}).raise_for_status()
        found: str = answer.json()["token"]
        return found

    def public_key(self) -> dict[str, Any]:
        """Return the newest public key as it is published."""
        found: dict[str, Any] = self.http.get("/jwks").json()["keys"][0]
        return found

    def kill(self) -> None:
        """Have it be away."""
        self.process.kill()
        self.process.wait()

    def approve(self, address: str, name: str, browser: httpx.Client) -> str:
        """Sign in as a person of this name, as a browser at this address would; return where it is sent back to."""
        for _ in range(10):
            answer = browser.get(address)
            while answer.is_redirect:
                address = urljoin(str(answer.url), answer.headers["location"])
                if not address.startswith(self.issuer):
                    return address
                answer = browser.get(address)
            form = re.search(r'<form[^>]*action="([^"]+)"', answer.text)
            assert form, answer.text
            given = dict(re.findall(r'<input[^>]*type="hidden" name="([^"]+)" value="([^"]*)"', answer.text))
            asked = given | ({"login": name, "password": "x"} if 'name="login"' in answer.text else {})
            sent = browser.post(urljoin(str(answer.url), unescape(form[1])), data=asked)
            address = urljoin(str(sent.url), sent.headers["location"])
        raise AssertionError("the provider never ended")


@contextmanager
def provider(folder: Path, modules: Path, port: int = 0) -> Iterator[OpenIdProvider]:
    """Have a provider run while inside."""
    shutil.copy(SCRIPT, folder / "provider.mjs")
    if not (folder / "node_modules").exists():
        (folder / "node_modules").symlink_to(modules)
    words = [shutil.which("node") or "node", "provider.mjs", str(port)]
    errors = folder / "errors.txt"
    with errors.open("a") as written:
        process = subprocess.Popen(
            words, cwd=folder, stdout=subprocess.PIPE, stderr=written, text=True, env=os.environ | {"NO_COLOR": "1"}
        )
    try:
        assert process.stdout is not None
        watch = threading.Timer(PATIENCE, process.kill)
        watch.start()
        issuer = next((line.strip() for line in process.stdout if line.startswith("http://")), None)
        watch.cancel()
        assert issuer, f"the provider did not start ({process.wait(PATIENCE)}): {errors.read_text()}"
        running = OpenIdProvider(issuer, process)
        yield running
        running.http.close()
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
