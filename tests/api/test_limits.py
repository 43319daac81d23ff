"""How much a document asks is measured with its fragments spread out, whatever they refer to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from graphql import parse
from hypothesis import given
from hypothesis import strategies as st

from resolvers.limits import DocumentLimits, Extent, exceeded, extent_of
from tests.viewers import told_apart

if TYPE_CHECKING:
    from tests.api.conftest import Api


@pytest.mark.parametrize(
    ("document", "extent"),
    [
        ("{ a }", Extent(1, 0)),
        ("{ a { b { c } } d }", Extent(3, 0)),
        ("{ x: a { y: b } z: c }", Extent(2, 3)),
        ("{ a { ... { b { c } } } }", Extent(3, 0)),
        ("{ a { ... on T { x: b } } }", Extent(2, 1)),
        ("{ ...f } fragment f on Query { a { b } }", Extent(2, 0)),
        ("{ one { ...f } two { ...f } } fragment f on T { x: a }", Extent(2, 2)),
        ("{ ...missing }", Extent(0, 0)),
        ("{ ...f } fragment f on Query { a { ...f } }", Extent(1, 0)),
        ("{ ...f } fragment f on Query { ...g } fragment g on Query { ...f }", Extent(0, 0)),
        ("query A { a } query B { a { b } }", Extent(2, 0)),
        ("{ __schema { types { fields { type { ofType { name } } } } } }", Extent(0, 0)),
        ("{ __typename x: __schema { types { name } } }", Extent(0, 1)),
    ],
)
def test_the_extent_of_a_document(document: str, extent: Extent) -> None:
    """Depth and aliases of the largest operation; what spreads itself comes to an end."""
    assert extent_of(parse(document)) == extent


@given(doublings=st.integers(0, 60))
def test_fragments_that_double_are_counted_without_being_written_out(doublings: int) -> None:
    """Sixty lines can stand for 2^60 aliases: counted exactly, at once."""
    parts = ["query { ...f0 }"]
    parts += [f"fragment f{n} on Query {{ ...f{n + 1} ...f{n + 1} }}" for n in range(doublings)]
    parts.append(f"fragment f{doublings} on Query {{ x: a }}")
    assert extent_of(parse("\n".join(parts))) == Extent(1, 2**doublings)


@given(depth=st.integers(1, 30), aliases=st.integers(0, 100))
def test_a_limit_is_exceeded_by_one_more_than_it(depth: int, aliases: int) -> None:
    """At the limit a document is answered, above it each limit that it exceeds is named."""
    renamed = " ".join(f"x{n}: a" for n in range(aliases))
    document = parse("{ a " * depth + renamed + " }" * depth)
    measured = extent_of(document)
    limits = DocumentLimits(depth=12, aliases=50)
    told = {error.code: dict(error.extensions or {}) for error in exceeded(document, limits)}
    expected = {
        code: {"code": code, "limit": limit, "asked": asked}
        for code, limit, asked in (
            ("LIMIT_DEPTH", 12, measured.depth),
            ("LIMIT_ALIASES", 50, measured.aliases),
        )
        if asked > limit
    }
    assert told == expected


@pytest.mark.parametrize(
    ("document", "limit"),
    [
        ("{" + " ".join(f"x{n}: __typename" for n in range(51)) + "}", ("LIMIT_ALIASES", 50, 51)),
        ("{ a" + " a" * 5000 + " }", ("LIMIT_TOKENS", 5000, 5001)),
        ("{ cases(first: 201) { nodes { id } } }", ("LIMIT_PAGE_SIZE", 200, 201)),
        ("{ cases(last: 201) { nodes { id } } }", ("LIMIT_PAGE_SIZE", 200, 201)),
        ("{ search(first: 201) { totalCount } }", ("LIMIT_PAGE_SIZE", 200, 201)),
        ("{ changes(first: 1001) { cursor } }", ("LIMIT_PAGE_SIZE", 1000, 1001)),
        ("{ nodes(ids: [" + '"x" ' * 201 + "]) { id } }", ("LIMIT_NODES", 200, 201)),
    ],
)
async def test_each_limit_tells_itself_and_what_was_asked(api: Api, document: str, limit: tuple[str, int, int]) -> None:
    """A program reads from the answer how far it went over."""
    [error] = (await api.post(document))["errors"]
    told = {name: value for name, value in told_apart(error).items() if name != "argument"}
    assert told == dict(zip(("code", "limit", "asked"), limit, strict=True))
