"""`python -m tests.corpora [--cache FOLDER] [--each] [NAME…]`: print a table of what became of others' test files."""

from __future__ import annotations

import argparse
import platform
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from tests.corpora.fetching import FetchError, fetched, files_of
from tests.corpora.judging import Judgement, Verdict, judge
from tests.corpora.libraries import LIBRARIES, Library, Registry

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def main() -> int:
    """Read what the command line names, or all; 1 where something crashed or hung."""
    parser = argparse.ArgumentParser(prog="python -m tests.corpora", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="libraries; all if none is named")
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "casegraph-corpora")
    parser.add_argument("--each", action="store_true", help="tell besides of each file what became of it")
    arguments = parser.parse_args()
    rows: list[tuple[Library, list[Judgement]]] = []
    for library in LIBRARIES:
        if not arguments.names or library.name in arguments.names:
            try:
                rows.append((library, list(_judged(library, arguments.cache, each=arguments.each))))
            except FetchError as error:
                print(f"{library.name} {library.version} cannot be had: {error}", file=sys.stderr)
    print("\n".join([*table(rows), "", *reasons(rows)]))
    bad = {Verdict.CRASHED, Verdict.HUNG}
    return 1 if any(one.verdict in bad for _, found in rows for one in found) else 0


def _judged(library: Library, cache: Path, *, each: bool) -> Iterator[Judgement]:
    folder = fetched(library, cache)
    for path, form in files_of(library, folder):
        found = judge(path, form)
        if each:
            where = f"{library.name}/{path.relative_to(folder)}"
            print(f"{found.verdict:9}{where}: {' '.join(found.reasons)} {found.shown[:200]}", file=sys.stderr)
        yield found


def table(rows: Sequence[tuple[Library, Sequence[Judgement]]]) -> Iterator[str]:
    """Yield the table in Markdown, a line a library and one of their sums. Pure."""
    yield f"| library | files | {' | '.join(Verdict)} |"
    yield f"|---|{'---:|' * (1 + len(Verdict))}"
    for library, found in rows:
        yield _line(_title(library), found)
    yield _line("**all**", [one for _, found in rows for one in found])


def _line(title: str, found: Sequence[Judgement]) -> str:
    counts = Counter(one.verdict for one in found)
    return f"| {title} | {len(found)} | {' | '.join(str(counts[one]) for one in Verdict)} |"


def reasons(rows: Sequence[tuple[Library, Sequence[Judgement]]]) -> Iterator[str]:
    """Yield, in Markdown, how many files each reason was given for, the most frequent first. Pure."""
    counts = Counter(reason for _, found in rows for one in found for reason in one.reasons)
    yield "| why | files |"
    yield "|---|---:|"
    for reason, count in counts.most_common():
        yield f"| {reason} | {count} |"


def _title(library: Library) -> str:
    if library.registry is Registry.HERE:
        return f"{library.name} {platform.python_version()}"
    return f"{library.name} {library.version}" + (
        f" ({library.registry})" if library.registry is not Registry.PYTHON else ""
    )


if __name__ == "__main__":
    sys.exit(main())
