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
from uuid import uuid4

import httpx
import pytest
from ruamel.yaml import YAML

from casegraph.cli import parser
from casegraph.postgres_programs import programs
from casegraph.settings import Settings
from tests.run.processes import READY, ROOT, Home, awaited

if TYPE_CHECKING:
    from tests.cluster import Cluster
    from tests.elasticsearch.server import Indices

COMPOSE: Final = ROOT / "docker-compose.yml"
DOCKERFILE: Final = (ROOT / "Dockerfile").read_text(encoding="utf-8")
DOCUMENT: Final[dict[str, Any]] = YAML(typ="safe").load(COMPOSE)
SERVICES: Final[dict[str, Any]] = DOCUMENT["services"]
OURS: Final = [name for name, service in SERVICES.items() if service["image"] == "casegraph"]
NODES: Final = {name: service for name, service in SERVICES.items() if "node.name" in service.get("environment", {})}
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
    for name in ("CASEGRAPH_DATABASE_PASSWORD", "CASEGRAPH_ELASTICSEARCH_PASSWORD"):
        assert text.count(f"${{{name}:?set a password}}") == text.count(f"{name}:")
    assert SERVICES["postgres"]["environment"]["POSTGRES_PASSWORD"].startswith("${CASEGRAPH_DATABASE_PASSWORD:?")
    for node in NODES.values():
        assert node["environment"]["ELASTIC_PASSWORD"].startswith("${CASEGRAPH_ELASTICSEARCH_PASSWORD:?")


def test_elasticsearch_is_one_node_or_three_and_answers_nobody_unasked() -> None:
    """Passwords and TLS on every way in; the first founds the cluster alone, two more join it with a profile."""
    assert {name: node.get("profiles") for name, node in NODES.items()} == {
        "elasticsearch": None,
        "elasticsearch-2": ["three"],
        "elasticsearch-3": ["three"],
    }
    certificate = " ".join(SERVICES["certificates"]["command"])
    for name, node in NODES.items():
        given = node["environment"]
        assert given["node.name"] == name
        assert given["discovery.seed_hosts"].split(",") == list(NODES)
        assert given.get("cluster.initial_master_nodes") == (None if "profiles" in node else name)
        assert {given[f"xpack.security.{way}enabled"] for way in ("", "http.ssl.", "transport.ssl.")} == {"true"}
        assert name in re.split(r"[,\s]", certificate), "the certificate names every node"
        assert node["depends_on"] == {"certificates": {"condition": "service_completed_successfully"}}
    assert len({volume for node in NODES.values() for volume in node["volumes"]}) == 1 + len(NODES)
    assert len({port for node in NODES.values() for port in node["ports"]}) == len(NODES)


@pytest.mark.parametrize("name", ["serve", "work"])
def test_the_application_waits_for_elasticsearch_and_trusts_it_alone(name: str) -> None:
    """Its settings are ones, reach the port that is open to this machine, and name the authority that signed."""
    assert SERVICES[name]["depends_on"]["elasticsearch"] == {"condition": "service_healthy"}
    given = {variable: filled(value) for variable, value in SERVICES[name]["environment"].items()}
    settings = Settings.from_environment(given)
    assert urlsplit(settings.elasticsearch_url).netloc == "elastic:hidden@127.0.0.1:9200"
    assert "127.0.0.1:9200:9200" in SERVICES["elasticsearch"]["ports"]
    assert settings.elasticsearch_ca == Path("/certificates/ca/ca.crt")
    assert "certificates:/certificates:ro" in SERVICES[name]["volumes"]
    assert "chmod 600 ca/ca.key" in SERVICES["certificates"]["command"][-1], "its key is for nobody else"


def filled(value: str) -> str:
    """Return a value of the compose file with a password put in where one must be given."""
    return re.sub(r"\$\{\w+:\?[^}]*\}", "hidden", value)


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


def test_every_command_runs(cluster: Cluster, empty_database_url: str, tmp_path: Path, elasticsearch: Indices) -> None:
    """The servers are told to be ready, `migrate` ends, `serve` and `work` run side by side and are told to be well."""
    url = cluster.url(urlsplit(empty_database_url).path.lstrip("/"), "tcp")
    prefix = f"test-{uuid4().hex[:12]}"
    home = Home(
        tmp_path / "data", database_url=url, elasticsearch_url=elasticsearch.address, elasticsearch_prefix=prefix
    )
    asked = re.search(r"https://127\.0\.0\.1:9200(/[^\s\"]*)", SERVICES["elasticsearch"]["healthcheck"]["test"][1])
    assert asked
    assert httpx.get(f"{elasticsearch.address}{asked[1]}", timeout=60).status_code == httpx.codes.OK
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
    elasticsearch.leave([prefix])


def test_the_image_starts_what_the_page_says() -> None:
    """Without a command the image serves."""
    found = re.findall(r"^CMD (\[.*\])$", DOCKERFILE, re.MULTILINE)
    assert found
    words: list[str] = json.loads(found[-1])
    assert shlex.join(words) == "python -m casegraph serve"
