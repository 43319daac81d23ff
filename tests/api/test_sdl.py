"""The printed schema is the schema, and says what each part is."""

from __future__ import annotations

from pathlib import Path

from graphql import GraphQLObjectType, build_schema

from schema.schema import print_sdl

PRINTED = Path(__file__).parents[2] / "schema.graphql"


def test_the_printed_schema_is_up_to_date() -> None:
    """Whoever changes the API sees it in the diff."""
    assert PRINTED.read_text(encoding="utf-8") == print_sdl()


def test_every_type_and_field_is_described() -> None:
    """A person who reads the schema alone understands it."""
    schema = build_schema(print_sdl())
    bare = [name for name, kind in schema.type_map.items() if not name.startswith("__") and not kind.description]
    assert set(bare) <= {"String", "Int", "Float", "Boolean", "ID"}
    for name, kind in schema.type_map.items():
        if isinstance(kind, GraphQLObjectType) and not name.startswith("__"):
            assert not [field for field, told in kind.fields.items() if not told.description], name
