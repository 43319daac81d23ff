"""Tokens of this machine by command, and the policy as a lawyer reads it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

import httpx
import pytest

from casegraph.plain_table import width
from graph.policy import TABLE
from tests.run.processes import READY, Home

if TYPE_CHECKING:
    from pathlib import Path

PROVIDER: Final = {"oidc_issuer": "https://login.example", "oidc_audience": "casegraph"}


def test_a_token_signs_in_on_this_machine(database_url: str, tmp_path: Path) -> None:
    """A server that runs takes it at once, as who was named; its key is its owner's alone."""
    home = Home(tmp_path / "data", database_url=database_url)
    with home.running("serve", "--no-worker") as server:
        address = server.line(READY)
        (home.data / "development.key").unlink()
        assert httpx.get(address.replace("graphql", "metrics")).status_code == 401
        token = home.run("token", "--role", "administrator", "--division", "430100", "--subject", "li").stdout.strip()
        headers = {"authorization": f"Bearer {token}"}
        assert httpx.get(address.replace("graphql", "metrics"), headers=headers).status_code == 200
        told = httpx.get(address.replace("graphql", "session"), headers=headers).json()
        assert told["signedIn"]["name"] == "development:li"
        server.end()
    assert (home.data / "development.key").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("words", "settings", "code", "says"),
    [
        (("--role", "auditor"), PROVIDER, os.EX_CONFIG, "CASEGRAPH_OIDC_ISSUER"),
        (("--role", "auditor"), {"public_url": "https://petitions.example"}, os.EX_CONFIG, "CASEGRAPH_PUBLIC_URL"),
        (("--role", "emperor"), {}, 2, "invalid"),
        ((), {}, 2, "--role"),
        (("--role", "auditor", "--division", "长沙"), {}, 2, "GB/T 2260"),
        (("--role", "auditor", "--organ", " "), {}, 2, "organ"),
        (("--role", "auditor", "--identity", "110105194912310021"), {}, os.EX_USAGE, "identity_number"),
        (("--role", "handler"), {}, os.EX_USAGE, "handler may see and push is named by --organ: add it."),
        (("--role", "handler", "--division", "430100"), {}, os.EX_USAGE, "named by --organ: add it."),
        (("--role", "leader"), {}, os.EX_USAGE, "leader may see and push is named by --division or --organ: add it."),
        (("--role", "partner"), {}, os.EX_USAGE, "named by --division or --organ or --source: add it."),
    ],
)
def test_a_token_that_nobody_would_take_is_not_made(
    words: tuple[str, ...], settings: dict[str, Any], code: int, says: str, tmp_path: Path
) -> None:
    """One line says why."""
    done = Home(tmp_path / "data").run("token", *words, **settings)
    assert (done.returncode, done.stdout, says in done.stderr) == (code, "", True), done.stderr
    assert "110105194912310021" not in done.stderr


@pytest.mark.parametrize(
    ("role", "sees"), [("auditor", "auditor may see"), ("registrar", "registrar may see"), ("administrator", None)]
)
def test_a_token_that_shows_no_case_says_so(role: str, sees: str | None, tmp_path: Path) -> None:
    """It is made, since its bearer may do something; whoever never sees cases is told nothing."""
    done = Home(tmp_path / "data").run("token", "--role", role)
    assert done.returncode == 0
    assert done.stdout.count(".") == 2
    assert (sees is None) == (done.stderr == "")
    assert (sees or "") in done.stderr


def test_a_key_by_which_nothing_could_be_done_is_not_made(database_url: str, tmp_path: Path) -> None:
    """And one of before is named by `doctor` as long as it holds."""
    home = Home(tmp_path / "data", database_url=database_url)
    refused = home.run("keys", "create", "--name", "呼叫中心")
    assert (refused.returncode, refused.stdout) == (os.EX_USAGE, "")
    assert "--division or --organ or --source: add it." in refused.stderr
    assert home.run("keys", "list").stdout == "There are no keys.\n"
    assert home.run("keys", "create", "--name", "呼叫中心", "--source", "centre").returncode == 0
    assert home.run("keys", "create", "--name", "prometheus", "--role", "administrator").returncode == 0
    assert "ok   API keys: 2 that hold" in home.run("doctor", "--quick").stdout


def test_the_policy_is_printed_as_it_is(tmp_path: Path) -> None:
    """Every row with its law, the columns aligned though some characters are wide."""
    lines = Home(tmp_path / "data").run("policy").stdout.splitlines()
    words = " ".join(lines)
    for rule in TABLE:
        assert rule.law in words
        assert str(rule.action).split()[0] in words
    law = width(lines[1].rpartition("  ")[0]) + 2
    assert [line for line in lines[2:] if "个保法" in line]
    for line in lines[2:]:
        cells = line.rpartition("  ")
        if cells[2].startswith(("Art.", "个保法")):
            assert width(cells[0]) + 2 == law
