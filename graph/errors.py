"""What can be wrong with what was asked of the graph.

    GraphError
    ├── NotFoundError      nothing has this id
    ├── ConflictError      what was asked contradicts what is already so
    ├── InvalidError       a value cannot be used as it is
    ├── InvalidFieldsError several values cannot be used as they are
    ├── UncertainError     the database went away, and whether something was done is not known
    ├── DatabaseStateError the database is not one this version can work on
    └── MasterKeyError     a key is missing, damaged, or another one

Messages tell what is wrong and what to do; they know nothing of HTTP or GraphQL and hold no identity data.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class GraphError(Exception):
    """Something asked of the graph cannot be done."""


class NotFoundError(GraphError):
    """Nothing has this id. Check that it was copied whole and is of the right type."""

    def __init__(self, what: str, key: object) -> None:
        super().__init__(f"There is no {what} {key}.")


class ConflictError(GraphError):
    """What was asked contradicts what is already so. Read the present state and decide again."""


class InvalidError(GraphError):
    """A value cannot be used as it is. `field` names it."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message


class InvalidFieldsError(GraphError):
    """Several values cannot be used as they are. `faults` tells of each."""

    def __init__(self, faults: Sequence[InvalidError]) -> None:
        super().__init__("; ".join(map(str, faults)))
        self.faults = tuple(faults)


class UncertainError(GraphError):
    """The database went away before it said whether something was done. The message says how to find out."""


class DatabaseStateError(GraphError):
    """The database is not in a state that this version can work on. The message says which command mends it."""


class MasterKeyError(GraphError):
    """The master key is missing, damaged, or not the one this data was sealed with."""
