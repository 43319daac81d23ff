"""Fields of one name are merged exactly where graphql-core merges them, in far fewer steps."""

from __future__ import annotations

import re

import pytest
from graphql import build_schema, parse, specified_rules, validate
from graphql.validation import OverlappingFieldsCanBeMergedRule
from hypothesis import assume, given
from hypothesis import strategies as st

from resolvers.overlaps import overlaps

SCHEMA = build_schema("""
interface Being { name: String, of(size: Int, kind: Kind): Being, many: [Being!]!, thing: Thing, odd: Int }
type Cat implements Being
  { name: String, of(size: Int, kind: Kind): Being, many: [Being!]!, thing: Thing, odd: Int, own: Int!, cat: Cat }
type Dog implements Being
  { name: String, of(size: Int, kind: Kind): Being, many: [Being!]!, thing: Thing, odd: Int, own: String, cat: [Cat] }
union Thing = Cat | Dog
enum Kind { BIG SMALL }
type Query { name: String, being(size: Int, kind: Kind): Being, cat: Cat, dog: Dog, thing: Thing, beings: [Being] }
""")
FIELDS = {
    "Query": {"name": None, "being": "Being", "cat": "Cat", "dog": "Dog", "thing": "Thing", "beings": "Being"},
    "Being": {"name": None, "of": "Being", "many": "Being", "thing": "Thing", "odd": None},
    "Cat": {"name": None, "of": "Being", "many": "Being", "thing": "Thing", "odd": None, "own": None, "cat": "Cat"},
    "Dog": {"name": None, "of": "Being", "many": "Being", "thing": "Thing", "odd": None, "own": None, "cat": "Cat"},
    "Thing": {},
}
LIKE = {
    "Query": ["Query"],
    "Being": ["Being", "Cat", "Dog", "Thing"],
    "Thing": ["Being", "Cat", "Dog", "Thing"],
    "Cat": ["Being", "Cat", "Thing"],
    "Dog": ["Being", "Dog", "Thing"],
}
"""What can be spread where."""
ARGUMENTS = ["", "(size: 1)", "(size: 2)", "(kind: BIG, size: 1)", "(size: 1, kind: BIG)", "(kind: SMALL)"]
DEEPEST = 3
TIERS = 2
SPREAD = re.compile(r"\.\.\.(\w+)")


@st.composite
def selections(draw: st.DrawFn, kind: str, tier: int, depth: int = 0) -> str:
    """Draw what is asked of a type."""
    return " ".join(draw(selection(kind, tier, depth)) for _ in range(draw(st.integers(1, 4))))


@st.composite
def selection(draw: st.DrawFn, kind: str, tier: int, depth: int) -> str:
    """Draw a field, renamed or not, or a fragment; those that are spread are of the next tier, so none is a cycle."""
    fields = {name: of for name, of in FIELDS[kind].items() if of is None or depth < DEEPEST}
    form = draw(st.sampled_from(["field", "field", "field", "spread", "inline", "typename"]))
    if form == "spread" and tier < TIERS:
        return f"...{draw(st.sampled_from(LIKE[kind]))}{tier + 1}"
    if form == "inline" and depth < DEEPEST:
        other = draw(st.sampled_from(LIKE[kind]))
        return f"... on {other} {{ {draw(selections(other, tier, depth + 1))} }}"
    if form != "field" or not fields:
        return draw(st.sampled_from(["", "", "name: ", "a: "])) + "__typename"
    name = draw(st.sampled_from(sorted(fields)))
    renamed = draw(st.sampled_from(["", "", "", "a: ", "b: ", "own: "]))
    given = draw(st.sampled_from(ARGUMENTS)) if name in {"being", "of"} else ""
    of = fields[name]
    return f"{renamed}{name}{given}" + (f" {{ {draw(selections(of, tier, depth + 1))} }}" if of else "")


@st.composite
def documents(draw: st.DrawFn) -> str:
    """Draw an operation with all fragments that it spreads."""
    text, tier = f"{{ {draw(selections('Query', 0))} }}", 0
    spread = set(SPREAD.findall(text))
    while spread:
        tier += 1
        written = [
            f"fragment {one} on {one[:-1]} {{ {draw(selections(one[:-1], tier, 1))} }}" for one in sorted(spread)
        ]
        spread = set(SPREAD.findall(" ".join(written)))
        text = " ".join([text, *written])
    return text


def told(text: str) -> bool:
    """Tell whether fields of a document cannot be merged, and check that graphql-core says the same."""
    document = parse(text)
    expected = bool(validate(SCHEMA, document, [OverlappingFieldsCanBeMergedRule]))
    found = bool(overlaps(SCHEMA, document))
    assert found == expected, text
    return found


@given(text=documents())
def test_any_document_is_told_as_graphql_core_tells_it(text: str) -> None:
    """Whatever is spread where, as long as nothing else is wrong with it."""
    others = [one for one in specified_rules if one is not OverlappingFieldsCanBeMergedRule]
    assume(not validate(SCHEMA, parse(text), others))
    told(text)


@pytest.mark.parametrize(
    ("text", "differ"),
    [
        ("{ name name }", False),
        ("{ a: name a: cat { name } }", True),
        ("{ being(size: 1) { name } being(size: 1) { odd } }", False),
        ("{ being(size: 1) { name } being(size: 2) { odd } }", True),
        ("{ being(size: 1, kind: BIG) { name } being(kind: BIG, size: 1) { odd } }", False),
        ("{ being { a: name } being { a: odd } }", True),
        ("{ thing { ... on Cat { a: name } ... on Dog { a: name } } }", False),
        ("{ thing { ... on Cat { own } ... on Dog { own } } }", True),
        ("{ thing { ... on Cat { a: name } ... on Dog { a: odd } } }", True),
        ("{ being { ... on Cat { a: of(size: 1) { name } } ... on Dog { a: of(size: 2) { name } } } }", False),
        ("{ being { ... on Cat { a: of(size: 1) { name } } ... on Being { a: of(size: 2) { name } } } }", True),
        ("{ being { ... on Cat { cat { name } } ... on Dog { cat { name } } } }", True),
        ("{ being { ... on Cat { a: of { b: name } } ... on Dog { a: of { b: odd } } } }", True),
        ("{ ...Q being { name: odd } } fragment Q on Query { being { name } }", True),
        ("{ beings { ...B } } fragment B on Being { of { name } of { odd } }", False),
    ],
)
def test_what_is_merged(text: str, differ: bool) -> None:
    """Same name, same arguments, answers that look alike; of types that no object has both, only the last."""
    assert told(text) is differ


def test_an_error_names_the_two_fields() -> None:
    """In the words of graphql-core, at both places."""
    text = "{ being(size: 1) { name } being(size: 2) { odd } }"
    [error] = overlaps(SCHEMA, parse(text))
    [theirs] = validate(SCHEMA, parse(text), [OverlappingFieldsCanBeMergedRule])
    assert error.formatted == theirs.formatted
