"""`GET /`: where somebody who typed the address finds what is here."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Final

from starlette.responses import HTMLResponse

if TYPE_CHECKING:
    from starlette.requests import Request

ADDRESS: Final = "/"
STYLE: Final = "body{font:1rem/1.6 system-ui,sans-serif;max-width:42rem;margin:3rem auto;padding:0 1rem}"
PAGE: Final = f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>casegraph</title>
<link rel="icon" href="data:,">
<style>{STYLE}</style>
</head>
<body>
<h1>casegraph</h1>
<p>The case graph of petitions (信访): letters, visits, hotline tickets and web messages.</p>
<ul>
<li><a href="/graphql">Sign in and ask</a>: GraphiQL, with the documentation of every type and field of the API.</li>
<li><a href="/session">Who is signed in here</a>, and how one may sign in.</li>
<li><a href="/readyz">How it stands</a>: whether the database and the search index answer.</li>
</ul>
<p>Petitioners look up how their matter stands at <code>/receipts/</code> followed by the code of their receipt
(查询码).</p>
<p>Programs ask <code>/graphql</code> by POST, with a token; <code>docs/graphql.md</code> is the guide, and
<code>schema.graphql</code> the whole schema.</p>
</body>
</html>
"""
_DIGEST: Final = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
HEADERS: Final = {
    "content-security-policy": (
        f"default-src 'none'; style-src 'sha256-{_DIGEST}'; img-src data:; base-uri 'none'; form-action 'none';"
        " frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}


async def answer(_: Request) -> HTMLResponse:
    """Answer with the page, which tells nothing that this page of code does not."""
    return HTMLResponse(PAGE, headers=HEADERS)
