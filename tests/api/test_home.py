"""Who opens the address is led somewhere."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.api.conftest import Api


async def test_the_address_itself_says_what_is_here(api: Api) -> None:
    """To whoever asks, without a token; every link leads to something, and nothing is loaded from elsewhere."""
    del api.http.headers["authorization"]
    page = await api.http.get("/", headers={"accept": "text/html"})
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    links = re.findall(r'<a href="([^"]+)"', page.text)
    assert {"/graphql", "/session", "/readyz"} == set(links)
    await api.services.watch.look()
    for link in links:
        response = await api.http.get(link, headers={"accept": "text/html"})
        assert response.status_code in {200, 503}, link
    assert "//" not in page.text
    assert (await api.http.head("/")).status_code == 200
    assert (await api.http.post("/")).status_code == 405
