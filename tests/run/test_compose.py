"""The scaled form of docker-compose.yml, without Docker: its file is valid, and each command in it works."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from ruamel.yaml import YAML

from casegraph.postgres_programs import programs
from tests.run.processes import READY, Home, awaited

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = YAML(typ="safe").load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
PACKAGES = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"bench", "tests"}


def words(service: str, *, healthcheck: bool = False) -> list[str]:
    """Return a service's command, or that of its health check, for this interpreter."""
    told = COMPOSE["services"][service]
    found: list[str] = told["healthcheck"]["test"][1:] if healthcheck else told["command"]
    return [sys.executable if word == "python" else word for word in found]


def test_the_file_fits_the_specification() -> None:
    """It is checked against the compose specification's own schema."""
    done = subprocess.run(
        [str(Path(sys.executable).with_name("check-jsonschema")), "--builtin-schema", "vendor.compose-spec",
         "docker-compose.yml"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


def test_nothing_is_open_to_others_and_nothing_is_lost() -> None:
    """Ports are of loopback alone, data is in named volumes, nobody is root, and passwords have no default."""
    services = COMPOSE["services"]
    assert all(port.startswith("127.0.0.1:") for told in services.values() for port in told.get("ports", []))
    for told in services.values():
        assert {volume.partition(":")[0] for volume in told["volumes"]} <= COMPOSE["volumes"].keys()
    assert re.search(r"^USER casegraph$", DOCKERFILE, re.MULTILINE)
    assert ":?" in services["postgres"]["environment"]["POSTGRES_PASSWORD"]


def test_the_image_holds_all_of_us() -> None:
    """Every package is copied in, and let through to be copied."""
    copied = set(re.findall(r"^COPY (\w+) \1$", DOCKERFILE, re.MULTILINE))
    assert copied == PACKAGES
    let_through = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert {f"!{name}" for name in PACKAGES} <= set(let_through)


@pytest.mark.parametrize("transport", ["tcp"])
def test_each_command_works(empty_database_url: str, tmp_path: Path) -> None:
    """Migrated, indexed and served over TCP with a password; every health check says so."""
    home = Home(tmp_path / "data", database_url=empty_database_url)
    port = re.search(r":(\d+)/", empty_database_url)
    assert port is not None
    ready = [str(programs() / words("postgres", healthcheck=True)[0]), "--host=127.0.0.1", f"--port={port[1]}"]
    assert home.run_program(ready).returncode == 0
    migrated = home.run_program(words("migrate"))
    assert migrated.returncode == 0, migrated.stderr
    with home.running(*words("work")[3:]) as worker, home.running(*words("serve")[3:]) as server:
        worker.line("Working")
        address = server.line(READY)
        awaited(lambda: httpx.get(address.replace("graphql", "readyz")).status_code == 200)
        assert home.run_program(words("work", healthcheck=True)).returncode == 0
        [check] = re.findall(r"^    CMD (\[.*\])$", DOCKERFILE, re.MULTILINE)
        _, option, script = json.loads(check)
        local = script.replace("http://127.0.0.1:8000", address.removesuffix("/graphql"))
        assert home.run_program([sys.executable, option, local]).returncode == 0
        assert server.end() in {0, 130}
