"""A statement that reads, as a value: its text in pieces, and each table that it names as a part of it. Pure.

One seam: nothing else imports pglast, PostgreSQL's own parser. What a table is, however it is quoted, qualified,
written large or set behind a comma, is so decided as PostgreSQL decides it, and no literal or comment is taken for one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pglast
from pglast import ast
from pglast.visitors import Visitor

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

SCHEMA: Final = "public"
_WORD: Final = rb'(?:"(?:[^"]|"")+"|[\w\x80-\xff$]+)'
_NAME: Final = re.compile(_WORD + rb"(?:\s*\.\s*" + _WORD + rb")?")
RUNS_TEXT: Final = re.compile(
    r"(?:query|table|cursor|schema|database)_to_xml(?:schema|_and_xmlschema)?|dblink\w*|ts_stat|ts_rewrite|set_config"
    r"|pg_read_\w+|lo_\w+"
)
"""Functions that read what no table of the statement names, or change who reads."""


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

    @property
    def tables(self) -> tuple[Table, ...]:
        """The tables that it names, in their order."""
        return tuple(piece for piece in self.pieces if isinstance(piece, Table))

    def printed(self, source: Callable[[Table], str]) -> str:
        """Return the text with what `source` gives in the place of each table's name."""
        return "".join(source(piece) if isinstance(piece, Table) else piece for piece in self.pieces)


def parse(text: str, tables: Collection[str]) -> Sql:
    """Return a statement as a value; raise UnreadableSqlError where it does not only read, or reads another table."""
    try:
        (statement,) = pglast.parse_sql(text)
    except (ValueError, pglast.parser.ParseError) as error:
        raise UnreadableSqlError(f"This is not one statement of SQL ({type(error).__name__}).") from None
    found = _Tables(tables)
    found.checked(statement.stmt)
    found(statement)
    return Sql(tuple(_pieces(text.encode(), found.ranges())))


def _pieces(text: bytes, ranges: list[Any]) -> list[str | Table]:
    """Cut a text where tables are named. Places are of bytes, as PostgreSQL counts."""
    pieces: list[str | Table] = []
    at = 0
    for one in ranges:
        name = _NAME.match(text, one.location)
        if name is None or one.location < at:
            raise UnreadableSqlError(f"The name of the table {one.relname} cannot be told from what is around it.")
        pieces += [
            text[at : one.location].decode(),
            Table(one.relname, one.alias.aliasname if one.alias else ""),
        ]
        at = name.end()
    return [*pieces, text[at:].decode()]


class _Tables(Visitor):
    """Finds the tables of a statement, and refuses what is not to be read."""

    def __init__(self, known: Collection[str]) -> None:
        super().__init__()
        self._known = known
        self._found: list[Any] = []
        self._named: set[str] = set()

    def ranges(self) -> list[Any]:
        """Return the references to tables by their place; those to a part of the statement itself are none."""
        tables = [one for one in self._found if one.relname not in self._named]
        for one in tables:
            if one.relname not in self._known or one.schemaname not in {None, SCHEMA} or one.catalogname:
                raise UnreadableSqlError(f"The table {one.relname} is not one that viewers may read.")
        return sorted(tables, key=lambda one: one.location)

    def checked(self, statement: Any) -> None:
        """Raise unless a statement only reads."""
        if not isinstance(statement, ast.SelectStmt):
            raise UnreadableSqlError(f"This is a {type(statement).__name__}; only a select is read for a viewer.")

    def visit_SelectStmt(self, _: Any, node: Any) -> None:  # noqa: N802 - the library's name
        if node.intoClause or node.lockingClause:
            raise UnreadableSqlError("This selects into something, or locks.")

    def visit_CommonTableExpr(self, _: Any, node: Any) -> None:  # noqa: N802 - the library's name
        if node.ctename in self._known:
            raise UnreadableSqlError(f"A part of the statement has the name of the table {node.ctename}.")
        self.checked(node.ctequery)
        self._named.add(node.ctename)

    def visit_RangeVar(self, _: Any, node: Any) -> None:  # noqa: N802 - the library's name
        if not node.inh or (node.alias and node.alias.colnames):
            raise UnreadableSqlError(f"The table {node.relname} is named with `only` or with names for its columns.")
        self._found.append(node)

    def visit_RangeTableSample(self, _: Any, __: Any) -> None:  # noqa: N802 - the library's name
        raise UnreadableSqlError("A sample of a table cannot be read for a viewer.")

    def visit_FuncCall(self, _: Any, node: Any) -> None:  # noqa: N802 - the library's name
        if RUNS_TEXT.fullmatch(node.funcname[-1].sval):
            raise UnreadableSqlError(f"The function {node.funcname[-1].sval} reads what the statement does not name.")
