"""Front ends' tools and clients, as published, on the printed schema and a live server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.clients.conftest import Workshop

CLIENTS = pytest.mark.parametrize("client", ["apollo", "urql"])


def test_relay_compiles_and_runs(workshop: Workshop, address: str) -> None:
    """Its compiler takes the schema as it is, and its store the server's pages, nodes and payloads."""
    said = workshop.run("relay-compiler", "relay.config.json")
    assert "Done." in said
    assert "WARN" not in said.upper(), said
    workshop.run("node", "scenarios/relay.mjs", address)


@CLIENTS
@pytest.mark.parametrize("scenario", ["pages", "writes", "errors"])
def test_a_client_works(workshop: Workshop, address: str, client: str, scenario: str) -> None:
    """Pages, writes that a normalised cache takes up, and errors with their codes; each scenario says what it asks."""
    workshop.run("node", f"scenarios/{scenario}.mjs", client, address)


@pytest.mark.long
@CLIENTS
@pytest.mark.parametrize("scenario", ["receipts", "changes"])
def test_a_client_follows(workshop: Workshop, address: str, client: str, scenario: str) -> None:
    """Over a WebSocket, and after it was cut without a gap or a repetition."""
    workshop.run("node", f"scenarios/{scenario}.mjs", client, address)


def test_a_socket_resumes_by_itself(workshop: Workshop, address: str) -> None:
    """graphql-ws, left to connect again, goes on from the last cursor."""
    workshop.run("node", "scenarios/resume.mjs", "apollo", address)


def test_the_server_passes_the_audits(workshop: Workshop, address: str) -> None:
    """GraphQL over HTTP as its working group checks it, without a warning."""
    workshop.run("node", "scenarios/audits.mjs", address)


def test_types_are_generated_alike_from_the_file_and_the_server(workshop: Workshop, address: str) -> None:
    """Without a warning, and a front end's program compiles on them, strictly."""
    generated = workshop.folder / "program" / "generated" / "graphql.ts"
    texts = []
    for schema in ("schema.graphql", address):
        said = workshop.run("graphql-codegen", "--config", "codegen.yml", SCHEMA=schema)
        assert "WARN" not in said.upper(), said
        texts.append(generated.read_text(encoding="utf-8"))
    assert texts[0] == texts[1]
    workshop.run("tsc", "--noEmit", "--strict", "--project", ".")
