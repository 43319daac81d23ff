"""`GET /`: where somebody who typed the address finds what is here."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Final

from starlette.responses import HTMLResponse

from wording import Wording
from wording.catalogue import told
from wording.languages import spoken

if TYPE_CHECKING:
    from starlette.requests import Request

ADDRESS: Final = "/"
STYLE: Final = "body{font:1rem/1.6 system-ui,sans-serif;max-width:42rem;margin:3rem auto;padding:0 1rem}"
WORDS: Final = {
    "what": Wording("The case graph of petitions (信访): letters, visits, hotline tickets and web messages."),
    "ask": Wording("Sign in and ask"),
    "asking": Wording("GraphiQL, with the documentation of every type and field of the API."),
    "who": Wording("Who is signed in here, and how one may sign in"),
    "state": Wording("How it stands: whether the database and the search index answer"),
    "receipts": Wording(
        "Petitioners look up how their matter stands by the code of their receipt (查询码), at this address:"
    ),
    "programs": Wording("Programs ask at this address by POST, with a token:"),
    "guides": Wording("The guide for them, and the whole schema:"),
}
"""What the page says."""
PAGE: Final = f"""<!doctype html>
<html lang="{{language}}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>casegraph</title>
<link rel="icon" href="data:,">
<style>{STYLE.replace("{", "{{").replace("}", "}}")}</style>
</head>
<body>
<h1>casegraph</h1>
<p>{{what}}</p>
<ul>
<li><a href="/graphql">{{ask}}</a>: {{asking}}</li>
<li><a href="/session">{{who}}</a></li>
<li><a href="/readyz">{{state}}</a></li>
</ul>
<p>{{receipts}} <code>/receipts/…</code></p>
<p>{{programs}} <code>/graphql</code>. {{guides}} <code>docs/graphql.md</code>, <code>schema.graphql</code></p>
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
    words = {name: told(wording) for name, wording in WORDS.items()}
    return HTMLResponse(PAGE.format(language=spoken(), **words), headers=HEADERS)
