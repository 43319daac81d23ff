"""GraphiQL on a browser's GET, from files of our own: nothing is loaded from elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from starlette.responses import HTMLResponse
from starlette.staticfiles import StaticFiles

FOLDER: Final = Path(__file__).parent / "static" / "graphiql"
ADDRESS: Final = "/static/graphiql"

PAGE: Final = f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>casegraph</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="{ADDRESS}/graphiql.min.css">
<link rel="stylesheet" href="{ADDRESS}/page.css">
</head>
<body>
<header id="who"></header>
<main id="graphiql">Loading…</main>
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
    return HTMLResponse(PAGE, headers=HEADERS)


def files() -> StaticFiles:
    """Return the page's files."""
    return StaticFiles(directory=FOLDER)
