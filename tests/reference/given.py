"""What arguments are given in a document: values of their place, whole or in part as variables."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLList, GraphQLNonNull, is_required_input_field

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from random import Random

    from graphql import GraphQLInputType

    from tests.reference.values import Values


@dataclass(frozen=True)
class Word:
    """A value without quotes: an enum's, or a variable."""

    text: str


def literal(value: Any) -> str:
    """Write a value as GraphQL does."""
    if isinstance(value, Word):
        return value.text
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {literal(one)}" for name, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(literal, value)) + "]"
    return json.dumps(value)


def told(value: Any) -> Any:
    """Return a value as JSON holds it."""
    if isinstance(value, dict):
        return {name: told(one) for name, one in value.items()}
    if isinstance(value, list):
        return [told(one) for one in value]
    return value.text if isinstance(value, Word) else value


@dataclass
class Giver:
    """Gives values, and remembers the variables that it declares for them."""

    random: Random
    values: Values
    declared: list[str] = field(default_factory=list)
    given: dict[str, Any] = field(default_factory=dict)

    # Choices ---------------------------------------------------------------------------------------------------

    def rarely(self, times: int) -> bool:
        """Tell whether something is done that is done once in so many times."""
        return self.random.randrange(times) == 0

    def one_of(self, choices: Sequence[Any]) -> Any:
        """Choose one."""
        return self.random.choice(choices)

    def some(self, choices: Sequence[Any], most: int, least: int = 0) -> list[Any]:
        """Choose several, each at most once."""
        return self.random.sample(choices, self.random.randint(least, min(most, len(choices))))

    # Values ----------------------------------------------------------------------------------------------------

    def value(self, kind: GraphQLInputType, place: str, hint: dict[str, Any], *, has_default: bool) -> Any:
        """Return a value that may be, or hold, a variable."""
        if self.rarely(6):
            return self.variable(kind, place, hint, has_default=has_default)
        return self.constant(kind, place, hint, inner=self.value)

    def constant(
        self, kind: GraphQLInputType, place: str, hint: dict[str, Any], *, inner: Callable[..., Any] | None = None
    ) -> Any:
        """Return a value; what is in it is a constant, too, or what `inner` gives."""
        write = inner or (lambda kind, place, hint, **_: self.constant(kind, place, hint))
        if isinstance(kind, GraphQLNonNull):
            kind = kind.of_type
        elif self.rarely(20):
            return None
        if isinstance(kind, GraphQLList):
            count = self.random.randint(0, 3)
            return [write(kind.of_type, place, hint, has_default=False) for _ in range(count)]
        if isinstance(kind, GraphQLInputObjectType):
            return self.object(kind, write)
        if isinstance(kind, GraphQLEnumType):
            return Word(self.one_of(list(kind.values)))
        return self.scalar(place, hint)

    def object(self, kind: GraphQLInputObjectType, write: Callable[..., Any]) -> dict[str, Any]:
        """Return an input with some of its fields."""
        required = [name for name, one in kind.fields.items() if is_required_input_field(one)]
        optional = [name for name in kind.fields if name not in required]
        chosen = [*required, *self.some(optional, 2, least=min(1, len(optional)))]
        if kind.name == "CaseFilter" and "organRole" in chosen and "organ" not in chosen and not self.rarely(4):
            chosen.append("organ")
        return {
            name: write(
                kind.fields[name].type, f"{kind.name}.{name}", {}, has_default=kind.fields[name].ast_node is not None
                and kind.fields[name].ast_node.default_value is not None,
            )
            for name in chosen
        }  # fmt: skip

    def scalar(self, place: str, hint: dict[str, Any]) -> Any:
        """Return what fits a place, rarely what does not."""
        choice = self.values.at(place, hint.get("order"))
        if choice is None:
            return self.rarely(2)
        good = hint.get("ids") or choice.good
        return self.one_of(choice.bad if self.rarely(20) else good)

    def variable(self, kind: GraphQLInputType, place: str, hint: dict[str, Any], *, has_default: bool) -> Word:
        """Declare a variable that fits a place: of its type, or of the nullable one with a default."""
        name = f"v{len(self.declared)}"
        self.declared.append("")  # Its number is taken.
        value = self.constant(kind, place, hint)
        needed = isinstance(kind, GraphQLNonNull)
        nullable = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
        forms = ["as it is"]
        if value is not None:
            forms += ["default", "default and value", "never null"]
        if not needed or has_default:
            forms += ["left out", "null"]
        form = self.one_of(forms)
        declared = f"{nullable}!" if form == "never null" else str(kind)
        if form.startswith("default"):
            declared = f"{nullable} = {literal(value)}"
            value = self.constant(kind, place, hint)
        elif form in {"left out", "null"}:
            declared, value = str(nullable), None if self.rarely(4) or not needed else value
        self.declared[int(name[1:])] = f"${name}: {declared}"
        if form not in {"default", "left out"}:
            self.given[name] = told(value)
        return Word(f"${name}")
