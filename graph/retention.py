"""How long what is kept, as data, and what is due at a moment. Pure.

The rules stand in `graph/rules/retention.toml`, each with its source: 个人信息保护法 (Personal Information Protection
Law) Art. 19 asks for the shortest time that is necessary, and leaves the figure to practice.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from wording import WordedError, Wording

if TYPE_CHECKING:
    from collections.abc import Sequence

FILE: Final = Path(__file__).parent / "rules" / "retention.toml"
UNCHECKED: Final = "†"


class Kept(StrEnum):
    """What a rule is about."""

    IDENTITIES = "identities"
    PAYLOADS = "payloads"
    REJECTIONS = "rejections"
    UPLOADS = "uploads"
    FILES = "files"
    REVEALS = "reveals"


class RetentionRuleError(WordedError):
    """A rule cannot be read. The message names it and says what it lacks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """How long one kind of thing is kept: so many years and days; for ever where both are None."""

    kind: Kept
    years: int | None
    days: int | None
    since: str
    """The moment that the time runs from, in words."""
    then: str
    source: str
    checked: bool
    """Whether the period was checked against a text."""

    @property
    def period(self) -> str:
        """Return the time in words, marked where it comes from practice."""
        mark = "" if self.checked else UNCHECKED
        if self.years is not None:
            return f"{self.years} year{'s' if self.years != 1 else ''}{mark}"
        if self.days is not None:
            return f"{self.days} day{'s' if self.days != 1 else ''}{mark}"
        return f"for ever{mark}"

    def due_before(self, now: datetime) -> datetime | None:
        """Return the moment of which all that is older is due, None where nothing ever is.

        Years are those of the calendar: from 29 February on counts as from 28 February in other years.
        """
        if self.years is not None:
            return _years_before(now, self.years)
        return None if self.days is None else now - timedelta(days=self.days)


def _years_before(now: datetime, years: int) -> datetime:
    try:
        return now.replace(year=now.year - years)
    except ValueError:  # 29 February
        return now.replace(year=now.year - years, day=28)


def load_rules(file: Path = FILE) -> dict[Kept, Rule]:
    """Read the rules, one for each kind; raise RetentionRuleError where one is missing, doubled or cannot be used."""
    rules: dict[Kept, Rule] = {}
    for number, said in enumerate(tomllib.loads(file.read_text(encoding="utf-8")).get("rule", []), 1):
        try:
            rule = _rule(said)
        except (KeyError, ValueError) as error:
            raise RetentionRuleError(
                Wording(
                    "Rule {number} of {name} cannot be used: {error}. Mend it.",
                    number=number,
                    name=file.name,
                    error=error,
                )
            ) from None
        if rule.kind in rules:
            raise RetentionRuleError(
                Wording("{name} has two rules for {kind}. Remove one.", name=file.name, kind=rule.kind)
            )
        rules[rule.kind] = rule
    if missing := [kind for kind in Kept if kind not in rules]:
        raise RetentionRuleError(
            Wording(
                "{name} has no rule for {missing}. Add one, `forever = true` if need be.",
                name=file.name,
                missing=missing[0],
            )
        )
    return rules


def _rule(said: dict[str, Any]) -> Rule:
    periods = [name for name in ("years", "days", "forever") if name in said]
    if len(periods) != 1:
        raise ValueError("it needs exactly one of years, days, forever")
    length = said[periods[0]]
    if periods[0] != "forever" and (not isinstance(length, int) or not 1 <= length <= 1_000):
        raise ValueError(f"{periods[0]} must be a whole number from 1 to 1000")
    return Rule(
        kind=Kept(said["kind"]), years=said.get("years"), days=said.get("days"), since=said["from"], then=said["then"],
        source=said["source"], checked=said["checked"],
    )  # fmt: skip


def readable(rules: Sequence[Rule]) -> list[str]:
    """Return the rules as lines for a person."""
    return [f"{rule.kind}: {rule.period} after {rule.since}; then {rule.then} ({rule.source})" for rule in rules]
