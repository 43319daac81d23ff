"""GraphiQL on a browser's GET, from files of our own: nothing is loaded from elsewhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from starlette.responses import HTMLResponse
from starlette.staticfiles import StaticFiles

from wording import Wording
from wording.catalogue import told
from wording.languages import spoken

FOLDER: Final = Path(__file__).parent / "static" / "graphiql"
ADDRESS: Final = "/static/graphiql"

WORDS: Final = {
    "heading": Wording("Sign in to ask."),
    "loading": Wording("Loading…"),
    "nobody": Wording("Nobody can sign in here by a browser: no provider is set."),
    "noToken": Wording("This is no token. Paste it as it was given."),
    "signIn": Wording("Sign in"),
    "signOut": Wording("Sign out"),
    "token": Wording("Token"),
    "useToken": Wording("Use this token"),
    "welcome": Wording(
        "# Cases opened last, with who is in them and how they were answered.\n"
        "# Press Ctrl-Enter, or the button above. Ctrl-Space tells what fits."
    ),
}
"""What the page says, by the names that its script has for it."""


def html() -> str:
    """Return the page in the language of whoever asks."""
    words = {name: told(wording) for name, wording in WORDS.items()}
    return PAGE.format(language=spoken(), words=json.dumps(words, ensure_ascii=False).replace("<", "\\u003c"), **words)


PAGE: Final = f"""<!doctype html>
<html lang="{{language}}">
<head>
<meta charset="utf-8">
<title>casegraph</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="{ADDRESS}/graphiql.min.css">
<link rel="stylesheet" href="{ADDRESS}/page.css">
</head>
<body>
<header id="who"></header>
<main id="graphiql">{{loading}}</main>
<script type="application/json" id="words">{{words}}</script>
<script src="{ADDRESS}/react.production.min.js"></script>
<script src="{ADDRESS}/react-dom.production.min.js"></script>
<script src="{ADDRESS}/graphiql.min.js"></script>
<script src="{ADDRESS}/page.js"></script>
</body>
</html>
"""

HEADERS: Final = {
    # GraphiQL's editor sets styles on elements, which counts as inline style.
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self' data:;"
        " img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}


def page() -> HTMLResponse:
    """Return the page, which may load and reach nothing but this server."""
    return HTMLResponse(html(), headers=HEADERS)


def files() -> StaticFiles:
    """Return the page's files."""
    return StaticFiles(directory=FOLDER)
