"""No pattern of ours parts a run of characters in all ways: that takes the square of what a stranger sends."""

from __future__ import annotations

import importlib
import pkgutil
import re
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGES: Final = ("connectors", "graph", "search", "sync", "schema", "resolvers", "casegraph", "wording")
OPTIONAL: Final = frozenset({"numpy", "onnxruntime", "PIL", "pypdfium2", "rapidocr"})
"""Libraries that are not there everywhere; what stands in modules that need them is tried where they are."""
BOUND: Final = 50
"""Repetitions up to which a repeat costs the same for any text."""
SIGNS: Final = (*map(chr, range(0x80)), *"　，。：；（）【】、—·年月日共页等余多人名第一二三张王姓")
PARSER: Final[Any] = importlib.import_module("re._parser")
CATEGORIES: Final = {"SPACE": r"\s", "WORD": r"\w", "DIGIT": r"\d"}


def patterns() -> Iterator[tuple[str, re.Pattern[Any]]]:
    """Yield the patterns that our modules keep, with their names."""
    for package in map(importlib.import_module, PACKAGES):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if found.name.endswith("__main__") or ".rules." in found.name:
                continue
            try:
                module = importlib.import_module(found.name)
            except ModuleNotFoundError as error:
                if error.name not in OPTIONAL:
                    raise
                continue
            yield from ((f"{found.name}.{k}", v) for k, v in vars(module).items() if isinstance(v, re.Pattern))


def admits(item: tuple[Any, Any], sign: str) -> bool:
    """Tell whether one element of a parsed pattern matches a sign."""
    operation, given = str(item[0]), item[1]
    match operation:
        case "LITERAL" | "NOT_LITERAL":
            return (ord(sign) == given) is (operation == "LITERAL")
        case "ANY":
            return sign != "\n"
        case "RANGE":
            return bool(given[0] <= ord(sign) <= given[1])
        case "CATEGORY":
            _, *negated, kind = str(given).split("_")
            return bool(re.match(CATEGORIES[kind], sign)) is not bool(negated)
        case "IN":
            negated = [one for one in given if str(one[0]) == "NEGATE"]
            return any(admits(one, sign) for one in given if one not in negated) is not bool(negated)
        case _:
            return False


def flat(parsed: Any) -> Iterator[tuple[Any, Any]]:
    """Yield a sequence's elements, those of plain groups among them; what takes no sign is left out."""
    for item in parsed:
        if str(item[0]) == "SUBPATTERN":
            yield from flat(item[1][3])
        elif str(item[0]) not in {"ASSERT", "ASSERT_NOT", "AT"}:
            yield item


def within(item: tuple[Any, Any]) -> list[Any]:
    """Return the sequences that stand within an element: of a repeat, of alternatives, of a group."""
    operation, given = str(item[0]), item[1]
    if operation.endswith("REPEAT"):
        return [given[2]]
    if operation == "BRANCH":
        return list(given[1])
    return [given] if operation == "ATOMIC_GROUP" else []


def edge(parsed: Any, *, last: bool = False) -> Iterator[tuple[Any, Any]]:
    """Yield the elements with which a sequence may begin, or end."""
    for item in reversed(list(flat(parsed))) if last else flat(parsed):
        yield item
        if not may_be_missing(item):
            return


def may_be_missing(item: tuple[Any, Any]) -> bool:
    """Tell whether an element is a repeat of no times or more."""
    return str(item[0]).endswith("REPEAT") and item[1][0] == 0


def begins(parsed: Any) -> frozenset[str]:
    """Return the signs with which a sequence may begin."""
    found: frozenset[str] = frozenset()
    for item in edge(parsed):
        inner = [begins(one) for one in within(item)]
        found |= frozenset().union(*inner) if inner else frozenset(sign for sign in SIGNS if admits(item, sign))
    return found


def running(item: tuple[Any, Any], *, last: bool = False) -> frozenset[str]:
    """Return the signs of which an element may take any number where it begins, or ends, and give them back."""
    if str(item[0]) in {"MAX_REPEAT", "MIN_REPEAT"} and item[1][1] > BOUND:
        return begins([item])
    return frozenset().union(*(running(one, last=last) for part in within(item) for one in edge(part, last=last)))


def squared(parsed: Any) -> bool:
    """Tell whether two repeats without bound stand side by side, with nothing sure between, and share a sign."""
    items = list(flat(parsed))
    if any(squared(part) for item in items for part in within(item)):
        return True
    return any(
        running(item, last=True) & running(following)
        for at, item in enumerate(items)
        for following in edge(items[at + 1 :])
    )


def test_no_pattern_parts_a_run_in_all_ways() -> None:
    """A run of blanks between two of which only something that may be missing stands is tried at each of its places."""
    found = dict(patterns())
    assert len(found) > 80
    assert [name for name, pattern in found.items() if squared(PARSER.parse(pattern.pattern, pattern.flags))] == []


@pytest.mark.parametrize(
    ("pattern", "wrong"),
    [
        (r"等\s*(\d{1,6})\s*[余多]?\s*[人名]", True),
        (r"等\s*(\d{1,6})\s*(?:[余多]\s*)?[人名]", False),
        (r"第\d页(?:\s*[共/]?\s*共?\s*\d页)?", True),
        (r"[^\S\n]*(?:\([^)]*\))?[^\S\n]*:", True),
        (r"\w+\s*\w+", True),
        (r"\w+\s+\w+", False),
        (r"\s*+\s*x", False),
    ],
)
def test_what_is_sought_is_found(pattern: str, *, wrong: bool) -> None:
    """In the forms that patterns of ours had."""
    assert squared(PARSER.parse(pattern)) is wrong
