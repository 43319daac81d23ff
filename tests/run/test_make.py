"""A Python that is too old, or not there, is told before anything is made; so are missing libraries."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.run.processes import ROOT, Home

OLD = """#!/bin/sh
[ "$1" = -V ] && { echo "Python 3.10.13"; exit 0; }
exit 1
"""


def made(*words: str, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run make."""
    kept = {name: value for name, value in os.environ.items() if name not in {"PYTHON", "MAKEFLAGS", "MAKELEVEL"}}
    return subprocess.run(
        ["/usr/bin/env", "make", *words], cwd=cwd, env=kept | environment, capture_output=True, text=True, check=False
    )


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A Python that is too old."""
    path = tmp_path / "python3.10"
    path.write_text(OLD)
    path.chmod(0o755)
    return path


def test_a_python_that_is_of_no_use_is_told(old: Path) -> None:
    """Named by word or by the environment, though `.venv` be there; one that is good is taken."""
    for done in (made(f"PYTHON={old}", "demo"), made("demo", PYTHON=str(old))):
        assert done.returncode == 2
        assert f"casegraph needs Python 3.11 or newer. PYTHON={old} is Python 3.10.13: name another" in done.stderr
        assert not done.stdout
    assert "PYTHON=nowhere is not there: name another" in made("PYTHON=nowhere", "demo").stderr
    assert "make demo" in made(f"PYTHON={sys.executable}", "help").stdout


def test_an_environment_of_an_older_python_is_told(old: Path, tmp_path: Path) -> None:
    """With what to do: it is not made anew by itself, since somebody else's may be in it."""
    (tmp_path / "Makefile").write_bytes((ROOT / "Makefile").read_bytes())
    (tmp_path / "requirements.txt").touch()
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    old.rename(tmp_path / ".venv" / "bin" / "python")
    done = made(f"PYTHON={sys.executable}", "demo", cwd=tmp_path)
    assert done.returncode == 2
    assert "rm -r .venv" in done.stdout


def test_missing_libraries_are_told(tmp_path: Path) -> None:
    """By a Python without them, in one line with the way to get them; none of our own is meant by it."""
    done = Home(tmp_path / "data").run_program([sys.executable, "-S", "-m", "casegraph", "policy"])
    assert done.returncode == 1
    assert "is not installed for" in done.stderr
    assert "requirements.txt" in done.stderr
    assert done.stderr.count("\n") == 1
