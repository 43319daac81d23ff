"""An Elasticsearch to be measured: the one that is named, or one that is started here with memory to work with."""

from __future__ import annotations

import os
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.elasticsearch.server import OPENING, MissingError, Server

if TYPE_CHECKING:
    from collections.abc import Iterator

OPTIONS: Final = ("-Xms2g", "-Xmx2g", *OPENING)


@contextmanager
def elasticsearch() -> Iterator[str | None]:
    """Give its address: that of `CASEGRAPH_BENCH_ELASTICSEARCH_URL`, or of one that ends with this; None without Java.

    Maven must be at hand, too, as for the tests.
    """
    if named := os.environ.get("CASEGRAPH_BENCH_ELASTICSEARCH_URL"):
        yield named
        return
    with tempfile.TemporaryDirectory(prefix="casegraph-bench-", ignore_cleanup_errors=True) as name:
        server = Server(Path(name) / "node", options=OPTIONS)
        try:
            server.start()
        except MissingError as error:
            print(f"NOT MEASURED: everything on Elasticsearch, since {error}.", file=sys.stderr)
            yield None
            return
        try:
            yield server.url
        finally:
            server.end()
