"""The scaled form: the compose file and the image keep their rules, and every command in them runs without Docker."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import pytest
from ruamel.yaml import YAML

from casegraph.cli import parser
from casegraph.postgres_programs import programs
from tests.run.processes import READY, ROOT, Home, awaited

if TYPE_CHECKING:
    from tests.cluster import Cluster

COMPOSE: Final = ROOT / "docker-compose.yml"
DOCKERFILE: Final = (ROOT / "Dockerfile").read_text(encoding="utf-8")
DOCUMENT: Final[dict[str, Any]] = YAML(typ="safe").load(COMPOSE)
SERVICES: Final[dict[str, Any]] = DOCUMENT["services"]
OURS: Final = [name for name, service in SERVICES.items() if service["image"] == "casegraph"]
PYTHON: Final = ["python"]


def words_of(service: str) -> list[str]:
    """Return a service's command as this checkout runs it."""
    command: list[str] = SERVICES[service]["command"]
    assert command[:3] == [*PYTHON, "-m", "casegraph"]
    return command[3:]


def healthcheck_of_the_image() -> list[str]:
    """Return the command by which the image is told to be well."""
    found = re.search(r"^HEALTHCHECK[^\[]*(\[.*\])$", DOCKERFILE, re.MULTILINE | re.DOTALL)
    assert found
    words: list[str] = json.loads(found[1].split("\nCMD")[0])
    assert words[:1] == PYTHON
    return [sys.executable, *words[1:]]


def test_the_compose_file_keeps_the_specification() -> None:
    """Checked against the compose specification's own schema, which comes with the checker."""
    checker = Path(sys.executable).with_name("check-jsonschema")
    done = subprocess.run(
        [checker, "--builtin-schema", "vendor.compose-spec", COMPOSE], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_nothing_is_open_to_others_and_nothing_is_lost() -> None:
    """Ports are this machine's alone, data is on named volumes, nobody is root or can become it, health is checked."""
    volumes = DOCUMENT["volumes"]
    for name, service in SERVICES.items():
        assert {volume.split(":")[0] for volume in service["volumes"]} <= set(volumes), name
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", [])), name
    for name in OURS:
        assert SERVICES[name]["read_only"]
        assert SERVICES[name]["cap_drop"] == ["ALL"]
    assert "healthcheck" in SERVICES["postgres"]
    assert re.search(r"^USER (?!root|0)\w+$", DOCKERFILE, re.MULTILINE)


def test_no_password_is_written_down() -> None:
    """Whoever starts it gives one, or it does not start."""
    text = COMPOSE.read_text(encoding="utf-8")
    assert text.count("${CASEGRAPH_DATABASE_PASSWORD:?set a password}") == text.count("CASEGRAPH_DATABASE_PASSWORD:")
    assert SERVICES["postgres"]["environment"]["POSTGRES_PASSWORD"].startswith("${CASEGRAPH_DATABASE_PASSWORD:?")


def test_the_image_holds_what_the_application_imports() -> None:
    """Every top-level package is copied, and nothing that the image lacks is excluded from its context."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    packages = set(project["tool"]["importlinter"]["root_packages"])
    assert set(re.findall(r"^COPY (\w+) \1$", DOCKERFILE, re.MULTILINE)) == packages
    let_in = set(re.findall(r"^!(\S+)$", (ROOT / ".dockerignore").read_text(encoding="utf-8"), re.MULTILINE))
    assert let_in == packages | {"requirements.txt"}


@pytest.mark.parametrize("name", OURS)
def test_every_command_is_one(name: str) -> None:
    """The words that a service is started with are understood."""
    assert parser().parse_args(words_of(name)).command


def test_every_command_runs(cluster: Cluster, empty_database_url: str, tmp_path: Path) -> None:
    """PostgreSQL is told to be ready, `migrate` ends, `serve` and `work` run side by side and are told to be well."""
    url = cluster.url(urlsplit(empty_database_url).path.lstrip("/"), "tcp")
    home = Home(tmp_path / "data", database_url=url)
    ready = SERVICES["postgres"]["healthcheck"]["test"]
    assert ready[:2] == ["CMD", "pg_isready"]
    place = ["--host=127.0.0.1", f"--port={urlsplit(url).port}"]
    assert home.run_program([str(programs() / ready[1]), *ready[2:], *place]).returncode == 0
    migrated = home.run(*words_of("migrate"))
    assert migrated.returncode == 0, migrated.stderr
    with home.running(*words_of("serve")) as server, home.running(*words_of("work")) as worker:
        port = str(urlsplit(server.line(READY)).port)
        worker.line("Working")
        check = healthcheck_of_the_image()
        awaited(lambda: home.run_program(check, port=port).returncode == 0)
        test = SERVICES["work"]["healthcheck"]["test"]
        assert test[:4] == ["CMD", *PYTHON, "-m", "casegraph"]
        examined = home.run(*test[4:])
        assert examined.returncode == 0, examined.stdout
        server.end()
        worker.end()


def test_the_image_starts_what_the_page_says() -> None:
    """Without a command the image serves."""
    found = re.findall(r"^CMD (\[.*\])$", DOCKERFILE, re.MULTILINE)
    assert found
    words: list[str] = json.loads(found[-1])
    assert shlex.join(words) == "python -m casegraph serve"
