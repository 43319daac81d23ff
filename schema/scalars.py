"""How values of our own kinds cross the API."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, NewType

from strawberry.exceptions import StrawberryInputCoercionError
from strawberry.schema.config import StrawberryConfig
from strawberry.types.scalar import ScalarDefinition, scalar

from graph.times import instant_of, rfc3339

BigInt = NewType("BigInt", int)
LARGEST = 2**63 - 1


def _parse_instant(value: object) -> datetime:
    try:
        return instant_of(str(value))
    except (ValueError, OverflowError):
        message = "DateTime needs RFC 3339 with an offset, as in 2026-11-24T11:58:15+08:00."
        raise StrawberryInputCoercionError(message) from None


def _parse_date(value: object) -> date:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise StrawberryInputCoercionError("Date needs the form 2026-11-24.") from None


def _parse_big(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise StrawberryInputCoercionError("BigInt needs a whole number, or its digits as a string.")
    try:
        number = int(value)
    except ValueError:
        raise StrawberryInputCoercionError("BigInt needs a whole number, or its digits as a string.") from None
    if abs(number) > LARGEST:
        raise StrawberryInputCoercionError("BigInt holds at most 64 bits.")
    return number


DATE_TIME: ScalarDefinition = scalar(
    name="DateTime",
    description="An instant as RFC 3339 prints it, answered in UTC with its offset: `2026-11-24T03:58:15+00:00`.",
    specified_by_url="https://www.rfc-editor.org/rfc/rfc3339",
    serialize=rfc3339,
    parse_value=_parse_instant,
)
DATE: ScalarDefinition = scalar(
    name="Date",
    description="A legal date, without a time: `2026-11-24`.",
    serialize=date.isoformat,
    parse_value=_parse_date,
)
BIG_INT: ScalarDefinition = scalar(
    name="BigInt",
    description="A whole number of up to 64 bits, for counts that outgrow Int.",
    serialize=int,
    parse_value=_parse_big,
)

SCALARS: dict[Any, ScalarDefinition] = {datetime: DATE_TIME, date: DATE, BigInt: BIG_INT}


def configuration() -> StrawberryConfig:
    """Return Strawberry's settings with our scalars."""
    return StrawberryConfig(scalar_map=SCALARS)
