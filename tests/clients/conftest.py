"""The clients, installed once for all runs, and a server for them."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from tests.cluster import locked
from tests.conftest import LOUD, ROOT
from tests.run.processes import PATIENCE, READY, Home
from tests.scratch import cache
from tests.viewers import token_of

if TYPE_CHECKING:
    from collections.abc import Iterator

NODE: Final = Path(__file__).parent / "node"
PACKAGES: Final = ("package.json", "package-lock.json")
OLDEST: Final = 20
"""The first version of Node that all of the clients run on."""
UNREACHED: Final = re.compile(r"code \w*(AI_AGAIN|CONN\w+|HOSTUNREACH|NETUNREACH|NOTFOUND|TIMED?OUT)\b")
"""How npm tells that its registry does not answer."""


class Workshop:
    """A copy of the scenarios, where programs of Node's run and may leave what they generate."""

    def __init__(self, folder: Path, modules: Path) -> None:
        self.folder = folder
        shutil.copytree(NODE, folder, ignore=shutil.ignore_patterns("node_modules"))
        shutil.copy(ROOT / "schema.graphql", folder)
        (folder / "node_modules").symlink_to(modules)

    def run(self, program: str, *words: str, **settings: str) -> str:
        """Run a program that has to succeed, asking as a viewer of everything, and return what it said."""
        path = self.folder / "node_modules" / ".bin" / program
        given = {"TOKEN": token_of()} | settings
        done = node([str(path) if path.exists() else program, *words], self.folder, **given)
        assert done.returncode == 0, f"{program} {' '.join(words)} ended with {done.returncode}:\n{done.stdout}"
        return done.stdout


def node(words: list[str], folder: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run a program of Node's to its end, with all that it says in one stream."""
    return subprocess.run(
        words, cwd=folder, env=os.environ | {"NO_COLOR": "1"} | settings, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, timeout=5 * PATIENCE, check=False,
    )  # fmt: skip


@pytest.fixture(scope="session")
def modules() -> Path:
    """The folder of the installed packages, in the user's cache: a lock file is installed only once."""
    if not (shutil.which("node") and shutil.which("npm")):
        pytest.skip(f"{LOUD}no front end's client, since node and npm are not on this machine")
    version = node(["node", "--version"], NODE).stdout.strip()
    if int(version.removeprefix("v").partition(".")[0]) < OLDEST:
        pytest.skip(f"{LOUD}no front end's client, since node is {version} and not {OLDEST} or newer")
    digest = hashlib.sha256(b"".join((NODE / name).read_bytes() for name in PACKAGES)).hexdigest()
    folder = cache() / f"clients-{digest[:16]}"
    folder.mkdir(exist_ok=True)
    with locked(folder / "lock"):
        if not (folder / "installed").exists():
            install(folder)
            (folder / "installed").touch()
    return folder / "node_modules"


def install(folder: Path) -> None:
    """Install what the lock file names."""
    for name in PACKAGES:
        shutil.copy(NODE / name, folder)
    look_up = ["npm", "view", "graphql", "version"]  # alone, since each of hundreds may be waited for
    ci = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline"]
    for words in (look_up, ci):
        done = node([*words, "--fetch-retries=1", "--fetch-retry-mintimeout=1000"], folder)
        if done.returncode and UNREACHED.search(done.stdout):
            pytest.skip(f"{LOUD}no front end's client, since npm does not reach its registry")
        assert done.returncode == 0, done.stdout


@pytest.fixture
def workshop(modules: Path, tmp_path: Path) -> Workshop:
    """A workshop of the test's own."""
    return Workshop(tmp_path / "node", modules)


@pytest.fixture
def address(workshop: Workshop, database_url: str) -> Iterator[str]:
    """The address of a server on an empty graph of the test's own."""
    with Home(workshop.folder.parent / "data", database_url=database_url).running("serve", "--no-worker") as server:
        yield server.line(READY)
        server.end()
