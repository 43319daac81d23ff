"""With a folder of trusted documents those alone are answered, by id or by text."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest

from resolvers.limits import DocumentLimits
from resolvers.trusted import DocumentsError, digest, load
from tests.api.conftest import client_of

if TYPE_CHECKING:
    from pathlib import Path

    import httpx

    from tests.api.conftest import Api

ORGANS = "query Organs { organs { totalCount } }"
PLACES = "query Places($n: Int) { places(first: $n) { nodes { name } } }"
CASES = "query Cases { cases { totalCount } }"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a folder as each of the tools writes it."""
    (tmp_path / "organs.graphql").write_text(ORGANS + "\n", encoding="utf-8")
    (tmp_path / "relay.json").write_text(json.dumps({"0c2f": PLACES}), encoding="utf-8")
    manifest = {
        "format": "apollo-persisted-query-manifest", "version": 1,
        "operations": [{"id": digest(CASES), "name": "Cases", "type": "query", "body": CASES}],
    }  # fmt: skip
    (tmp_path / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return tmp_path


def http_of(api: Api, folder: Path) -> httpx.AsyncClient:
    """Return what asks an application that trusts a folder."""
    return client_of(api.services, DocumentLimits(introspection=False), load(folder))


@pytest.mark.parametrize(
    ("asked", "data"),
    [
        ({"query": ORGANS}, {"organs": {"totalCount": 0}}),
        ({"documentId": f"sha256:{digest(ORGANS)}"}, {"organs": {"totalCount": 0}}),
        ({"documentId": "0c2f", "variables": {"n": 0}}, {"places": {"nodes": []}}),
        (
            {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": digest(CASES)}}},
            {"cases": {"totalCount": 0}},
        ),
    ],
)
async def test_trusted_documents_are_answered(api: Api, folder: Path, asked: Any, data: Any) -> None:
    """As each client names them, by POST and by GET."""
    async with http_of(api, folder) as http:
        assert (await http.post("/graphql", json=asked)).json() == {"data": data}
        told = {name: one if isinstance(one, str) else json.dumps(one) for name, one in asked.items()}
        assert (await http.get("/graphql", params=told)).json() == {"data": data}


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"query": "{ organs { totalCount } }"}, "UNTRUSTED_DOCUMENT"),
        ({"query": "{ __schema { types { name } } }"}, "UNTRUSTED_DOCUMENT"),
        ({"documentId": "ffff"}, "PERSISTED_QUERY_NOT_FOUND"),
        ({"documentId": 5}, "BAD_REQUEST"),
        ({"extensions": {"persistedQuery": {"sha256Hash": "0"}}}, "PERSISTED_QUERY_NOT_FOUND"),
        ({}, "BAD_REQUEST"),
    ],
)
async def test_nothing_else_is(api: Api, folder: Path, asked: Any, code: str) -> None:
    """Neither another text nor another id."""
    async with http_of(api, folder) as http:
        [error] = (await http.post("/graphql", json=asked)).json()["errors"]
        assert error["extensions"]["code"] == code


async def test_without_a_folder_an_id_is_none(api: Api) -> None:
    """Apollo's clients then send the text."""
    answer = (await api.http.post("/graphql", json={"documentId": hashlib.sha256(b"x").hexdigest()})).json()
    assert answer["errors"][0]["extensions"]["code"] == "PERSISTED_QUERY_NOT_FOUND"


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("a.json", "{", "is not JSON"),
        ("a.json", "[1]", "neither a map"),
        ("a.json", '{"x": 1}', "neither a map"),
        ("a.json", '{"0c2f": "{ organs { totalCount } }"}', "another document has the id 0c2f"),
    ],
)
def test_a_folder_that_cannot_be_used_is_told(folder: Path, name: str, text: str, told: str) -> None:
    """With the file at fault, before anything is served."""
    (folder / "z").mkdir()
    (folder / "z" / name).write_text(text, encoding="utf-8")
    with pytest.raises(DocumentsError, match=told):
        load(folder)
    with pytest.raises(DocumentsError, match="is no folder"):
        load(folder / name)


async def test_introspection_can_be_off(api: Api) -> None:
    """The schema is then no business of whoever asks."""
    async with client_of(api.services, DocumentLimits(introspection=False)) as http:
        answer = (await http.post("/graphql", json={"query": "{ __schema { types { name } } }"})).json()
        assert answer["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
        assert (await http.post("/graphql", json={"query": "{ __typename }"})).json() == {
            "data": {"__typename": "Query"}
        }


async def test_a_plan_is_told_where_that_is_allowed(api: Api) -> None:
    """To nobody otherwise."""
    asked = {"query": "{ organs { totalCount } }", "extensions": {"explain": True}}
    assert "extensions" not in (await api.http.post("/graphql", json=asked)).json()
    async with client_of(api.services, DocumentLimits(explain=True)) as http:
        told = (await http.post("/graphql", json=asked)).json()["extensions"]["explain"]
        assert told.startswith("cost ")
        assert "select c0.json" in told
