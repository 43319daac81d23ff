"""The ceiling: what PostgreSQL alone answers when `pgbench` sends it the statements of our plans, prepared."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast
from uuid import UUID

from bench.graphql.load import CONNECTIONS, LONGEST, SECONDS, LoadError
from bench.viewers import EVERYTHING
from casegraph.postgres_programs import EmbeddedPostgresError, programs
from graph.identity import Vault
from resolvers.asked import Asked
from resolvers.execution import Executor
from resolvers.limits import DocumentLimits
from resolvers.reader import Reader
from resolvers.trusted import Trusted
from schema.schema import build

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from graph.database import Pool
    from schema.ports import Context

PLACES: Final = (Path("/usr/lib/postgresql/15/bin"), Path("/usr/lib/postgresql/18/bin"))
"""Where Debian has it, outside of PATH."""
READING: Final = {"PGOPTIONS": "-c role=casegraph_reader -c plan_cache_mode=force_generic_plan -c timezone=UTC"}
"""As the server's connections are opened (graph/database.py), so that row-level security is in the ceiling, too."""
SETS: Final = 16
"""Sets of arguments that clients choose from: each client plans each anew five times before it keeps a plan."""
RATE: Final = re.compile(r"^tps = ([\d.]+)", re.MULTILINE)
PARAMETER: Final = re.compile(r"\$(\d+)")
LITERAL: Final = re.compile(r"'(?:[^']|'')*'")


class NoPlanError(Exception):
    """There is no statement for a document."""


def plan_sql(document: str, variables: Mapping[str, Any]) -> tuple[str, list[object]]:
    """Return the one statement that answers a document, with its arguments; raise NoPlanError where there is none."""
    try:
        return _executor().preparation.statement(Asked(document, dict(variables)), EVERYTHING)
    except LookupError as error:
        raise NoPlanError(f"{document.splitlines()[0]}: {error}") from error


@cache
def _executor() -> Executor:
    """Return what plans as the server does, without a database: a plan needs none."""
    nowhere = Reader(cast("Pool", None), 0)
    return Executor(
        build(), reader=nowhere, vault=Vault(os.urandom(32)), limits=DocumentLimits(),
        context=lambda _: cast("Context", None), trusted=Trusted(), zone="Asia/Shanghai",
    )  # fmt: skip


def pgbench() -> str | None:
    """Return where `pgbench` is: PostgreSQL's own beside the embedded server, in PATH, or where Debian has it."""
    try:
        places = [programs(), *PLACES]
    except EmbeddedPostgresError:
        places = list(PLACES)
    found = [place / "pgbench" for place in places if (place / "pgbench").exists()]
    return str(found[0]) if found else shutil.which("pgbench")


def ceiling(program: str, url: str, document: str, variables: Sequence[Mapping[str, Any]]) -> float:
    """Return how often a second PostgreSQL answers a document's statement to as many clients as servers have."""
    planned = [plan_sql(document, one) for one in variables[:SETS]]
    with tempfile.TemporaryDirectory(prefix="casegraph-bench-") as name:
        words = [program, url, "-n", "-M", "prepared", f"-c{CONNECTIONS}", "-j1"]
        for number, (text, arguments) in enumerate(planned):
            script = Path(name) / f"{number}.sql"
            script.write_text(_script(text, arguments, number), encoding="utf-8")
            words += ["-f", str(script)]
            for place, value in enumerate(arguments, 1):
                if _bare(value) is None:
                    words += ["-D", f"a{number}_{place}={_text(value)}"]
        seconds = SECONDS
        while (rate := _rate([*words, f"-T{seconds}"])) is None:
            if seconds >= LONGEST:
                raise LoadError(f"pgbench: no answer came within {seconds} s.")
            seconds *= 2
    return rate


def _rate(words: Sequence[str]) -> float | None:
    """Return what `pgbench` measures, a second; nothing where no answer came in its time, for then it tells no rate."""
    done = subprocess.run(words, check=False, capture_output=True, text=True, env=os.environ | READING)
    if done.returncode:
        raise LoadError(f"pgbench: {done.stderr.strip()[-500:]}")
    found = RATE.search(done.stdout)
    return float(found[1]) if found else None


def _script(text: str, arguments: Sequence[object], number: int) -> str:
    """Return a statement as pgbench reads it: parameters by names, and no colon in a literal."""
    safe = LITERAL.sub(lambda found: _escaped(found[0]), text)

    def named(found: re.Match[str]) -> str:
        return _bare(arguments[int(found[1]) - 1]) or f":a{number}_{found[1]}"

    return PARAMETER.sub(named, safe).rstrip().rstrip(";") + ";\n"


def _bare(value: object) -> str | None:
    """Return how an argument stands in the statement itself: pgbench has no variables without a value."""
    if value is None:
        return "null"
    return "''" if value == "" else None


def _escaped(literal: str) -> str:
    # It would take `:MI` in a format of times for a parameter.
    return "U&" + literal.replace("\\", "\\\\").replace(":", "\\003A") if ":" in literal else literal


def _text(value: object) -> str:
    """Return an argument as PostgreSQL reads it."""
    match value:
        case list() | tuple():
            quoted = (_text(one).replace("\\", "\\\\").replace('"', '\\"') for one in value)
            return "{" + ",".join(f'"{one}"' for one in quoted) + "}"
        case bool():
            return "true" if value else "false"
        case datetime():
            return value.isoformat()
        case UUID() | str() | int() | float():
            return str(value)
        case _:
            raise TypeError(type(value).__name__)
