"""The tests' Elasticsearch: what is missing is said, and nothing of it outlives who uses it."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from tests.elasticsearch import server
from tests.elasticsearch.server import PREFIX, MissingError, Server, find_java, find_parts

if TYPE_CHECKING:
    pass

ROOT = Path(__file__).parent.parent.parent
KILLED = """
import os, signal, sys
from pathlib import Path
from tests.elasticsearch.server import Server
Server(Path(sys.argv[1])).start()
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_is_missing_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """So that a run tells what it left out, or fails where that was asked for."""
    monkeypatch.setattr(server, "OLDEST_JAVA", 999)
    with pytest.raises(MissingError, match="Java 999"):
        find_java()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingError, match="Maven"):
        find_parts()


@pytest.mark.usefixtures("elasticsearch")
def test_a_node_ends_after_a_run_that_was_killed() -> None:
    """With its folder, though nobody told it."""
    folder = Path(tempfile.gettempdir()) / f"{PREFIX}run-{uuid4().hex[:16]}"
    try:
        done = subprocess.run([sys.executable, "-c", KILLED, folder], cwd=ROOT, check=False, timeout=300)
        assert done.returncode == -9
        process = Server(folder).process()
        if process is not None:
            process.wait(60)
        assert not folder.exists()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
