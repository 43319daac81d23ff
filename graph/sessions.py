"""Browsers' sessions that were ended before their time; one that was not needs no row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graph.database import statements

if TYPE_CHECKING:
    from datetime import datetime

    from graph.database import Connection

SQL = statements("sessions")


async def end(connection: Connection, session: bytes, until: datetime, now: datetime) -> None:
    """Remember that a session is over until it would have ended by itself; those whose time has come go."""
    await connection.execute(SQL.forget_sessions, now)
    await connection.execute(SQL.end_session, session, until)


async def is_over(connection: Connection, session: bytes, patience: float | None = None) -> bool:
    """Tell whether a session was ended. With `patience`, so many seconds are waited, and TimeoutError raised then."""
    over: bool = await connection.fetchval(SQL.session_is_over, session, timeout=patience)
    return over
