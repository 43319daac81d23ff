"""Answers come in as few bytes as a client can read, and are the same."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Final

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from casegraph.compression import ENCODINGS, LEAST, LONG, encoding_of
from tests.viewers import headers_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.api.conftest import Api

PLACES: Final = "{ places(first: 200) { nodes { id name fullName } } }"
READ: Final[dict[str, Callable[[bytes], bytes]]] = {
    "gzip": lambda body: zlib.decompress(body, 31),
    "br": brotli.decompress,
    "zstd": lambda body: zstandard.ZstdDecompressor().decompress(body),
}
WEIGHTS: Final = st.sampled_from(["", ";q=0", ";q=1", ";q=0.5", "; q=0.25", ";q=0.001", ";q=2", ";q=x", ";q=-1"])
NAMES: Final = st.sampled_from([*ENCODINGS, "identity", "*", "deflate", "GZIP", "x"])


@pytest.mark.parametrize(
    ("header", "encoding"),
    [
        ("gzip, deflate, br, zstd", "zstd"),
        ("gzip, deflate, br", "br"),
        ("gzip, deflate", "gzip"),
        ("GZIP", "gzip"),
        ("br;q=0.5, gzip;q=0.9", "gzip"),
        ("zstd;q=0, br;q=0, gzip", "gzip"),
        ("*", "zstd"),
        ("*;q=0.1, zstd;q=0", "br"),
        ("identity, gzip;q=0.5", None),
        ("identity;q=0.5, gzip", "gzip"),
        ("identity;q=0, *;q=0", None),
        ("gzip;q=0", None),
        ("gzip;q=high", None),
        ("deflate", None),
        ("", None),
    ],
)
def test_the_client_s_wish_is_met(header: str, encoding: str | None) -> None:
    """By its weights; of two alike the one that takes less time."""
    assert encoding_of(header) == encoding


@given(st.lists(st.builds("{}{}".format, NAMES, WEIGHTS), max_size=6))
def test_what_a_client_refuses_is_never_chosen(parts: list[str]) -> None:
    """Whatever stands in the header; what it does not name is not chosen either, unless it takes anything."""
    chosen = encoding_of(", ".join(parts))
    if chosen is not None:
        named = [part for part in parts if part.lower().startswith((chosen, "*"))]
        assert named
        last = next((part for part in reversed(parts) if part.lower().startswith(chosen)), None) or named[-1]
        assert not last.endswith(("q=0", "q=2", "q=x", "q=-1"))


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("media", ["application/json", "application/graphql-response+json"])
async def test_an_answer_is_the_same_in_fewer_bytes(api: Api, encoding: str, media: str) -> None:
    """As it is without, to the last byte."""
    asked = {"accept": media, "accept-encoding": "identity"}
    plain = await api.http.post("/graphql", json={"query": PLACES}, headers=asked)
    async with api.http.stream(
        "POST", "/graphql", json={"query": PLACES}, headers=asked | {"accept-encoding": encoding}
    ) as response:
        body = b"".join([part async for part in response.aiter_raw()])
    assert (response.status_code, response.headers["content-encoding"]) == (200, encoding)
    assert int(response.headers["content-length"]) == len(body) < len(plain.content) / 2
    assert READ[encoding](body) == plain.content
    assert "accept-encoding" in response.headers["vary"]
    assert "content-encoding" not in plain.headers
    assert "accept-encoding" in plain.headers["vary"]


@pytest.mark.parametrize("encoding", ENCODINGS)
async def test_a_long_answer_is_compressed_beside_the_loop(api: Api, encoding: str) -> None:
    """And is the same."""
    fields = " ".join(f"a{n}: fullName" for n in range(49))
    asked = {"query": f"{{ places(first: 200) {{ nodes {{ id name {fields} }} }} }}"}
    plain = await api.http.post("/graphql", json=asked, headers={"accept-encoding": "identity"})
    assert len(plain.content) > LONG
    again = await api.http.post("/graphql", json=asked, headers={"accept-encoding": encoding})
    assert again.content == plain.content
    assert again.headers["content-encoding"] == encoding


async def test_what_is_short_is_left(api: Api) -> None:
    """It comes in one packet anyway."""
    response = await api.http.post("/graphql", json={"query": "{ __typename }"}, headers={"accept-encoding": "gzip"})
    assert len(response.content) < LEAST
    assert "content-encoding" not in response.headers


async def test_what_comes_in_parts_is_left(api: Api) -> None:
    """Files of the page: nobody holds them whole."""
    path = "/static/graphiql/graphiql.min.js"
    async with api.http.stream("GET", path, headers={"accept-encoding": "gzip"}) as response:
        size = sum([len(part) async for part in response.aiter_raw()])
    assert "content-encoding" not in response.headers
    assert size == int(response.headers["content-length"])


async def test_head_has_no_body(api: Api) -> None:
    """Whatever encoding is asked for."""
    asked = {"accept": "application/json", "accept-encoding": "gzip"}
    response = await api.http.head("/graphql", params={"query": PLACES}, headers=asked)
    assert (response.status_code, response.content) == (200, b"")
    assert "content-encoding" not in response.headers


async def test_other_addresses_are_compressed_as_well(api: Api) -> None:
    """The changes, the figures of operation, the page at the address itself."""
    await api.take_in()
    for path in ("/metrics", "/"):
        response = await api.http.get(path, headers={"accept-encoding": "gzip"})
        assert response.headers["content-encoding"] == "gzip"


@pytest.mark.parametrize(
    ("site", "compressed"), [("same-origin", True), ("same-site", False), ("cross-site", False), ("none", False)]
)
async def test_what_a_page_from_elsewhere_may_have_asked_is_left(api: Api, site: str, compressed: bool) -> None:
    """By the session's cookie: who chooses a part of an answer and sees its length could guess the rest (BREACH)."""
    began = await api.http.post("/session", headers=headers_of())
    cookie = began.headers["set-cookie"].partition(";")[0]
    api.http.cookies.clear()
    del api.http.headers["authorization"]
    asked = {"cookie": cookie, "accept": "application/json", "accept-encoding": "gzip", "sec-fetch-site": site}
    response = await api.http.get("/graphql", params={"query": PLACES}, headers=asked)
    assert response.status_code == 200
    assert ("content-encoding" in response.headers) is compressed
