"""The smallest document that still shows what a large one showed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from graphql import (
    REMOVE,
    FragmentDefinitionNode,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    Visitor,
    parse,
    print_ast,
    validate,
    visit,
)

from tests.reference.executor import SCHEMA
from tests.reference.queries import Question

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

MOST_TRIES = 500
SELECTIONS = {"field", "inline_fragment", "fragment_spread"}
REMOVABLE = {*SELECTIONS, "argument", "directive", "object_field"}


class Without(Visitor):
    """Leaves one node out, by its number."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.left = number
        self.done = False

    def enter(self, node: Any, _: object, beside: Any, *__: object) -> Any:
        alone = node.kind in SELECTIONS and len(beside) == 1
        if node.kind not in REMOVABLE or alone or self.done:
            return None
        self.left -= 1
        self.done = self.left < 0
        return REMOVE if self.done else None


class Names(Visitor):
    """Collects which fragments are spread and which variables are used."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def enter_fragment_spread(self, node: Any, *_: object) -> None:
        self.found.add(node.name.value)

    def enter_variable(self, node: Any, _: object, parent: Any, *__: object) -> None:
        if getattr(parent, "kind", "") != "variable_definition":
            self.found.add("$" + node.name.value)


def tidied(text: str) -> str:
    """Return a document without the fragments and variables that nothing uses."""
    names = Names()
    document = parse(text)
    visit(document, names)
    kept = []
    for one in document.definitions:
        if isinstance(one, OperationDefinitionNode):
            used = [each for each in one.variable_definitions or () if "$" + each.variable.name.value in names.found]
            declared = f"({', '.join(map(print_ast, used))})" if used else ""
            kept.append(f"query {declared} {print_ast(one.selection_set)}")
        elif isinstance(one, FragmentDefinitionNode) and one.name.value in names.found:
            kept.append(print_ast(one))
    return "\n".join(kept)


def candidate(question: Question, number: int) -> Question | None:
    """Return a question without one of its nodes; None where that is no question any more."""
    without = Without(number)
    try:
        text = print_ast(visit(parse(question.query), without))
        while (less := tidied(text)) != text:
            text = less
        document = parse(text)
    except (GraphQLSyntaxError, ValueError):
        return None
    if validate(SCHEMA, document):
        return None
    variables = {name: value for name, value in question.variables.items() if f"${name}" in text}
    return replace(question, query=text, variables=variables)


async def smallest(question: Question, shows: Callable[[Question], Awaitable[object]]) -> Question:
    """Return what is left when nothing more can be left out."""
    number, tried = 0, 0
    while number < sizeof(question.query) and tried < MOST_TRIES:
        less = candidate(question, number)
        tried += less is not None
        if less is not None and await shows(less):
            question = less
        else:
            number += 1
    return question


def sizeof(text: str) -> int:
    """Return how many nodes of a document might be left out."""
    counted = Without(1_000_000)
    visit(parse(text), counted)
    return 1_000_000 - counted.left
