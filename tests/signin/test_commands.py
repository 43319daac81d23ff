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
    ],
)
def test_a_token_that_nobody_would_take_is_not_made(
    words: tuple[str, ...], settings: dict[str, Any], code: int, says: str, tmp_path: Path
) -> None:
    """One line says why."""
    done = Home(tmp_path / "data").run("token", *words, **settings)
    assert (done.returncode, done.stdout, says in done.stderr) == (code, "", True), done.stderr
    assert "110105194912310021" not in done.stderr


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
