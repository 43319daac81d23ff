"""The one way from a plan to the database: a statement that sets its viewer, in a snapshot of its own.

The pool's connections act as a role that owns nothing and may only read, so row-level security holds for every row.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from graph.database import DatabaseError, StatementTimeout, is_open, state_of
from graph.guard import Guard, fixed
from graph.seeing import SET_VIEWER
from wording import Wording

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from graph.database import Connection, Pool, PooledConnection, Row
    from graph.scope import Scope
    from resolvers.plan import Statement

GONE: Final = "CG404"
"""What the database's function `gone` raises."""


class RowGoneError(Exception):
    """A row that another refers to is not there: the operation has to be planned with care."""


@dataclass(frozen=True, slots=True)
class Lent:
    """A connection on which a viewer reads: each statement gets the policy around its tables."""

    _connection: Connection
    _guard: Guard

    async def fetch(self, text: str, *values: object) -> list[Row]:
        """Return the rows of a statement that the viewer may see."""
        return await self._connection.fetch(self._guard.around(fixed(text)), *values)

    async def fetchval(self, text: str, *values: object) -> Any:
        """Return the first value of a statement's first row, None where there is none."""
        return await self._connection.fetchval(self._guard.around(fixed(text)), *values)


class Reader:
    """Reads for viewers.

    It keeps the pool's connections at hand, since giving one back after each statement costs a fifth of a small query's
    time. So the pool's owner terminates it; closing would wait for them.
    """

    def __init__(self, pool: Pool, timeout: int) -> None:
        self.pool = pool
        self._timeout = timeout
        self._turns: asyncio.Semaphore | None = None
        self._idle: list[PooledConnection] = []

    async def row(self, scope: Scope, statement: Statement, values: Sequence[object]) -> Row:
        """Run a plan's statement, which sets its viewer first and gives one row.

        Raises LimitError where it took too long (PostgreSQL has stopped it by then) and RowGoneError. Where the task is
        cancelled, the statement is as well.
        """
        async with self._connection() as connection:
            try:
                row = await connection.fetchrow(statement.text, *scope.values, *values)
            except StatementTimeout:
                from schema.errors import LimitError  # noqa: PLC0415  # who only takes in waits for no GraphQL

                message = Wording(
                    "This took longer than {timeout} ms and was stopped. Ask for less at once.", timeout=self._timeout
                )
                raise LimitError("LIMIT_TIME", message, limit=self._timeout, asked=self._timeout) from None
            except DatabaseError as error:
                if state_of(error) == GONE:
                    raise RowGoneError from error
                raise
        assert row is not None
        return row

    @property
    def is_busy(self) -> bool:
        """Whether whoever comes has to wait for a connection."""
        return self._turns is not None and self._turns.locked()

    async def require(self) -> None:
        """Read nothing, by a connection as everybody's; raise what others would meet."""
        async with self._connection() as connection:
            await connection.fetchval("select true")

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[PooledConnection]:
        if self._turns is None:
            self._turns = asyncio.Semaphore(self.pool.get_max_size())
        async with self._turns:
            connection = await self._open()
            try:
                yield connection
            except BaseException as error:
                if isinstance(error, TimeoutError):
                    # A server that hangs would not hear that the statement is cancelled, either.
                    connection.terminate()
                # It may be closed, or still be cancelling: the pool sees to it.
                await self.pool.release(connection)
                raise
            self._idle.append(connection)

    async def _open(self) -> PooledConnection:
        while self._idle:
            connection = self._idle.pop()
            if is_open(connection):
                return connection
            await self.pool.release(connection)
        return await self.pool.acquire()

    @asynccontextmanager
    async def lent(self, scope: Scope) -> AsyncIterator[Lent]:
        """Lend a connection to a reader that brings its own statements, in one snapshot for one viewer."""
        async with (
            self._connection() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            await connection.execute(SET_VIEWER, *scope.settings)
            yield Lent(connection, Guard(scope.shape, parameters=False))
