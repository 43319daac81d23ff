"""A statement that reads, as a value: its text in pieces, and each table that it names as a part of it. Pure.

One seam: nothing else imports pgparse, PostgreSQL's own parser. What a table is, however it is quoted, qualified,
written large or set behind a comma, is so decided as PostgreSQL decides it, and no literal or comment is taken for one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pgparse

from wording import Wording

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

SCHEMA: Final = "public"
_WORD: Final = rb'(?:"(?:[^"]|"")+"|[\w\x80-\xff$]+)'
_NAME: Final = re.compile(rb"(?:" + _WORD + rb"\s*\.\s*)?(?P<table>" + _WORD + rb")")
BUILT_IN: Final = "pg_catalog"
UNREADABLE: Final = {
    "intoClause": "This selects into something.",
    "lockingClause": "This locks what it reads.",
    "RangeTableSample": "A sample of a table cannot be read for a viewer.",
}


class UnreadableSqlError(ValueError):
    """A statement of ours cannot be read for a viewer. The message says which rule it breaks; it is a fault of ours."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table that a statement names. `alias` is empty where it goes by its own name."""

    name: str
    alias: str


@dataclass(frozen=True, slots=True)
class Sql:
    """A statement that only reads. It is made by `parse` alone."""

    pieces: tuple[str | Table, ...]
    functions: frozenset[str] = frozenset()
    """The names of the functions that it calls."""

    @property
    def tables(self) -> tuple[Table, ...]:
        """The tables that it names, in their order."""
        return tuple(piece for piece in self.pieces if isinstance(piece, Table))

    @property
    def unguarded(self) -> str:
        """The text with its tables as they are: what one lock is tried by without the other."""
        return self.printed(lambda table: f'"{table.name}"' if table.alias else f'"{table.name}" "{table.name}"')

    def printed(self, source: Callable[[Table], str]) -> str:
        """Return the text with what `source` gives in the place of each table's name."""
        return "".join(source(piece) if isinstance(piece, Table) else piece for piece in self.pieces)


def parse(text: str, tables: Collection[str], functions: Collection[str]) -> Sql:
    """Return a statement as a value.

    Raises UnreadableSqlError where it does not only read, or reads a table or calls a function that is not of these.
    """
    try:
        statements = pgparse.parse(text)
    except (ValueError, RecursionError, pgparse.PGQueryError) as error:
        raise UnreadableSqlError(Wording("This is no SQL ({kind}).", kind=type(error).__name__)) from None
    if len(statements) != 1:
        raise UnreadableSqlError(Wording("This is not one statement."))
    _require_select(statements[0]["stmt"])
    named, called = _named(statements[0], tables)
    for function in called:
        _require_allowed(function, functions)
    return Sql(tuple(_pieces(text.encode(), named)), frozenset(function[-1] for function in called))


def _named(statement: Any, known: Collection[str]) -> tuple[list[dict[str, Any]], set[tuple[str, ...]]]:
    """Return the references to tables by their place, and the functions called by their names.

    References to a part of the statement itself are no tables.
    """
    tables: list[dict[str, Any]] = []
    functions: set[tuple[str, ...]] = set()
    for name, node, parts in _nodes(statement):
        if name == "RangeVar":
            if "schemaname" in node or node["relname"] not in parts:
                _require_known(node, known)
                tables.append(node)
        elif name == "CommonTableExpr":
            _require_part(node, known)
        elif name == "FuncCall":
            functions.add(tuple(part["String"]["sval"] for part in node["funcname"]))
        elif name in UNREADABLE:
            raise UnreadableSqlError(UNREADABLE[name])
    return sorted(tables, key=lambda one: int(one["location"])), functions


def _nodes(statement: Any) -> Iterator[tuple[str, Any, frozenset[str]]]:
    """Yield each node of the tree by its name, and the parts of the statement that can be named there."""
    stack: list[tuple[Any, frozenset[str]]] = [(statement, frozenset())]
    while stack:
        node, parts = stack.pop()
        if isinstance(node, list):
            stack += [(one, parts) for one in node]
        elif isinstance(node, dict) and "ctes" in node:
            stack += _named_in(node, parts)
        elif isinstance(node, dict):
            within = parts.union(_names(node["withClause"])) if "withClause" in node else parts
            for name, value in node.items():
                if isinstance(value, (dict, list)):
                    yield name, value, within
                    stack.append((value, parts if name == "withClause" else within))


def _names(clause: Mapping[str, Any]) -> list[str]:
    return [one["CommonTableExpr"]["ctename"] for one in clause["ctes"]]


def _named_in(clause: Mapping[str, Any], parts: frozenset[str]) -> Iterator[tuple[Any, frozenset[str]]]:
    """Yield the parts that a `with` makes, and what each can name: those before it, or with `recursive` all of them."""
    names = _names(clause)
    for place, one in enumerate(clause["ctes"]):
        yield one, parts.union(names if clause.get("recursive") else names[:place])


def _require_select(statement: Mapping[str, Any]) -> None:
    if statement.keys() != {"SelectStmt"}:
        raise UnreadableSqlError(
            Wording("This is a {statement}; only a select is read for a viewer.", statement=min(statement))
        )


def _require_part(part: Mapping[str, Any], known: Collection[str]) -> None:
    _require_select(part["ctequery"])
    if part["ctename"] in known:
        raise UnreadableSqlError(
            Wording("A part of the statement has the name of the table {part}.", part=part["ctename"])
        )


def _require_allowed(function: tuple[str, ...], allowed: Collection[str]) -> None:
    *schema, name = function
    if name not in allowed or schema not in ([], [BUILT_IN]):
        raise UnreadableSqlError(
            Wording("The function {function} is not one that may be called for viewers.", function=".".join(function))
        )


def _require_known(table: Mapping[str, Any], known: Collection[str]) -> None:
    name = table["relname"]
    if name not in known or table.get("schemaname", SCHEMA) != SCHEMA or "catalogname" in table:
        raise UnreadableSqlError(Wording("The table {name} is not one that viewers may read.", name=name))
    if not table.get("inh") or "colnames" in table.get("alias", ()):
        raise UnreadableSqlError(
            Wording("The table {name} is named with `only` or with names for its columns.", name=name)
        )


def _pieces(text: bytes, tables: list[dict[str, Any]]) -> list[str | Table]:
    """Cut a text where tables are named. Places are of bytes, as PostgreSQL counts."""
    pieces: list[str | Table] = []
    at = 0
    for one in tables:
        start = int(one["location"])
        name = _NAME.match(text, start)
        if name is None or start < at or _folded(name["table"]) != one["relname"]:
            raise UnreadableSqlError(
                Wording("The name of the table {one} cannot be told from what is around it.", one=one["relname"])
            )
        pieces += [text[at:start].decode(), Table(one["relname"], one.get("alias", {}).get("aliasname", ""))]
        at = name.end()
    return [*pieces, text[at:].decode()]


def _folded(word: bytes) -> str:
    """Return a name as PostgreSQL understands it, from how it is spelled."""
    return word[1:-1].replace(b'""', b'"').decode() if word.startswith(b'"') else word.lower().decode()
