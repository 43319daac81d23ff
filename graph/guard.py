"""Puts what a viewer sees around every table that a statement names, so that none can be reached without it. Pure.

Everything that hangs on a case carries its case's `scope` (`graph/scope.py`); row-level security repeats the same under
the reading role.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from graph.parsed_sql import parse
from graph.scope import DIVISION, HIGH, LOW, SETTINGS, UNNAMED, Unnamed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from graph.parsed_sql import Sql, Table
    from graph.scope import Shape

CASE_OF: Final[Mapping[str, str]] = {
    "case": "{row}.id",
    "submission": "{row}.case_id",
    "event": "{row}.case_id",
    "case_place": "{row}.case_id",
    "case_organ": "{row}.case_id",
    "submission_revision": "case_of({row}.submission)",
    "document": "case_of({row}.submission)",
    "mention": "case_of({row}.submission)",
}
"""Tables whose rows carry a scope, and the case that each row hangs on."""
TOLD_OF: Final[Mapping[str, str]] = {
    "case": "{row}.id",
    "submission": "{row}.id",
    "event": "{row}.case_id",
    "case_place": "{row}.case_id",
    "case_organ": "{row}.case_id",
    "submission_revision": "{row}.submission",
    "document": "{row}.submission",
    "mention": "{row}.submission",
}
"""By which id `accusing` (migration 0005) tells of each row: its case's or its submission's."""
KEPT: Final[Mapping[str, str]] = {
    "submission_revision": (
        "{row}.kept_scope is null or seen_as_kept({row}.kept_scope, {row}.kept_organs, {row}.kept_accused)"
    ),
    "mention": "{row}.until is null or seen_revision({row}.since)",
    "event": "{row}.until is null or seen_revision({row}.since)",
    "document": "not {row}.withheld or seen_revision({row}.revision)",
}
"""Tables of which rows may hold no longer, and who still sees those that do not.

As functions (migration 0019) these are asked where a row holds no longer, which is rare; as sub-selects they would be
made ready with each statement.
"""
BOTH: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "filing": (("submission", "submission"), ("case", "case_id")),
    "same_party": (("mention", "low"), ("mention", "high")),
    "case_relation": (("case", "origin"), ("case", "target")),
    "alert": (("saved_search", "search"), ("submission", "submission")),
}
"""Tables whose rows are seen where all that they name is."""
REVEALED: Final[Mapping[str, str]] = {
    "Mention": "mention",
    "Submission": "submission",
    "Revision": "submission_revision",
    "Event": "event",
    "Document": "document",
}
"""What can be revealed, by its type, and where it stands."""
ACCUSES: Final = "{row}.state is not distinct from 'ACCUSATION' or 'case_accused' = any({row}.fields)"
"""Whether an entry tells of a revision that it accused somebody."""
COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "case": (
        "id", "number", "opened_at", "leading", "status", "kind", "topic", "division", "title", "channels",
        "submission_count", "first_received_at", "last_received_at", "last_answered_at", "last_activity_at", "leads",
        "division_2", "division_4", "division_6", "topic_1", "topic_2",
    ),
    "submission": (
        "id", "channel", "source", "external_id", "received_at", "registered_at", "kind", "topic", "division",
        "revision", "revision_count", "receipt_code", "case_id", "unnamed", "division_2", "division_4", "division_6",
        "topic_1", "topic_2",
    ),
    "submission_revision": ("id", "submission", "number", "at", "title", "body", "details", "position", "confidence"),
    "document": ("id", "submission", "revision", "name", "media_type", "size", "body", "withheld", "confidence"),
    "mention": (
        "id", "submission", "since", "until", "role", "kind", "name_masked", "identity_masked", "phone_masked",
        "address_masked", "account_masked", "email_masked", "party",
    ),
    "event": (
        "id", "submission", "case_id", "kind", "at", "at_given", "organ", "body", "satisfaction", "since", "until",
        "division_2", "division_4", "division_6",
    ),
    "filing": ("id", "submission", "case_id", "state", "score", "evidence", "decided_by", "decided_at"),
    "same_party": ("id", "low", "high", "state", "score", "evidence", "decided_by", "decided_at"),
    "case_relation": ("id", "relation", "origin", "target", "state", "score", "evidence", "decided_by", "decided_at"),
    "case_place": ("id", "case_id", "place", "submission", "state", "score", "evidence", "decided_by", "decided_at"),
    "case_organ": (
        "id", "case_id", "organ", "role", "submission", "state", "score", "evidence", "decided_by", "decided_at",
    ),
    "place": ("id", "code", "source", "name", "full_name", "level", "parent"),
    "organ": ("id", "name", "division"),
    "rejection": (
        "id", "channel", "source", "position", "reason", "message", "at", "attempts", "records", "state", "resolved_at",
        "resolved_to", "dismissed_at", "dismissed_by", "dismissal",
    ),
    "reveal": ("id", "subject_kind", "subject", "actor", "reason", "at"),
    "correction": ("id", "submission", "field", "value", "said", "reason", "state", "decided_by", "decided_at"),
    "journal": ("position", "kind", "subject", "object", "actor", "at", "state", "fields"),
    "saved_search": ("id", "owner", "name", "query", "filter", "created_at"),
    "alert": ("id", "search", "submission", "at", "number"),
}  # fmt: skip
"""What may be read of each table; a table that is not here cannot be named in a guarded statement."""
FUNCTIONS: Final = frozenset({
    "array_agg", "barrier_of", "cardinality", "chr", "clock_timestamp", "concat", "convert_to", "count", "encode",
    "extract", "gone", "index_standing", "journal_end", "length", "max", "mentions_by_account", "min",
    "percentile_cont", "position", "repeat", "round", "row_number", "string_agg", "string_to_array", "timezone",
    "to_char", "to_json", "translate", "unnest",
})  # fmt: skip
"""What statements for viewers may call; all others are refused, since what they read or do no parser can tell.

Each is PostgreSQL's own and tells but of its arguments or the time, or ours and made to be asked for viewers.
"""


def sql(text: str) -> Sql:
    """Return a statement as a value.

    Raises UnreadableSqlError where it names a table that is not of `COLUMNS`, or a function not of `FUNCTIONS`.
    """
    return parse(text, COLUMNS, FUNCTIONS)


@lru_cache(maxsize=512)
def fixed(text: str) -> Sql:
    """Return a statement that is written down (`graph/sql`) as a value, made once."""
    return sql(text)


class Guard:
    """Puts the condition around every table that a statement names.

    The statement's first parameters are `Scope.values`, and its first row, `viewer`, is made of `SET`; or the settings
    stand already, and it has neither.
    """

    def __init__(self, shape: Shape, *, parameters: bool = True) -> None:
        self._shape = shape
        self._parameters = parameters

    def around(self, statement: Sql) -> str:
        """Return the text of a statement in which each table is what of it the viewer may see."""
        return statement.printed(self._guarded)

    def _guarded(self, table: Table) -> str:
        name = f'"{table.name}"'
        shown = "" if table.alias else f" {name}"
        condition = self.condition(table.name, "seen")
        if condition == "true":
            return f"{name}{shown}"
        columns = ", ".join(f'seen."{column}"' for column in COLUMNS[table.name])
        return f"(select {columns} from {name} seen where {condition}){shown}"

    def condition(self, table: str, row: str) -> str:
        """Return the condition under which a row of a table is seen."""
        if table in CASE_OF:
            own = (self._scoped(table, row), self._kept(table, row))
            return " and ".join(part for part in own if part != "true") or "true"
        if table in BOTH:
            parts = [self._there(other, f"{row}.{column}") for other, column in BOTH[table]]
            return " and ".join(part for part in parts if part != "true") or "true"
        return {
            "organ": f"({row}.known or seen_organ({row}.id))",
            "place": f"({row}.known or seen_place({row}.id))",
            "rejection": "true" if self._shape.rejections else "false",
            "reveal": self._audited(row),
            "journal": self._entry(row),
            "saved_search": self._owned(row),
            "correction": (
                f"{row}.state = 'ACCEPTED' and {self._there('submission', f'{row}.submission')}"
                f" and ({row}.field <> 'KIND' or {self._accuser(row, 'submission')})"
            ),
        }[table]

    def _scoped(self, table: str, row: str) -> str:
        shape, case = self._shape, CASE_OF[table].format(row=row)
        if shape.everywhere:
            return self._open(table, row)
        if not (shape.ranges or shape.by_organ):
            return "false"
        if shape.by_organ and not shape.ranges and table in {"case", "submission"}:
            # From an organ's parts to its cases, which are few.
            parts = "select part.case_id from case_organ part where part.organ = any((select viewer_organs())::uuid[])"
            reached = f"{case} in ({parts} and part.state = 'ACCEPTED')"
        else:
            reached = f"({' or '.join(filter(None, (self._within(row), self._handled(row, case))))})"
        if shape.level and table == "case" and self._parameters:
            # By the column that has an index in the order of lists.
            reached = f"{row}.division_{shape.level} = ${DIVISION}::text and {reached}"
        unless = self._open(table, row)
        return reached if unless == "true" else f"{reached} and {unless}"

    def _kept(self, table: str, row: str) -> str:
        """Return the condition that what no longer holds is seen by nobody who could not see it when it did.

        A superseded revision is seen by those who saw it last, a person or a step that was named once by those who see
        the revision that named it first, an attachment that only an accusation brought by those who see its revision.
        """
        if self._scoped(table, row) == "true":
            return "true"  # who sees all that is saw all that was
        kept = KEPT.get(table)
        return f"({kept.format(row=row)})" if kept else "true"

    def _open(self, table: str, row: str) -> str:
        """Return the condition that an accusation, which is below zero, does not keep the viewer away."""
        shape = self._shape
        if not shape.accusations:
            return f"{row}.scope > 0"
        conditions = []
        if kept_away := self._unnamed(f"{row}.scope"):
            conditions.append(kept_away)
        if shape.accusable:
            told = TOLD_OF[table].format(row=row)
            conditions.append(f"({row}.scope > 0 or {told} <> all({self._accusing}::uuid[]))")
        return " and ".join(conditions) or "true"

    @property
    def _accusing(self) -> str:
        """What `accusing` told of the viewer."""
        return "viewer.accusing" if self._parameters else "(select viewer_accused_in())"

    def _unnamed(self, scope: str) -> str:
        """Return the condition that an unnamed accusation does not keep the viewer away, empty where none does."""
        match self._shape.unnamed:
            case Unnamed.NONE:
                return f"{scope} > -{UNNAMED}"
            case Unnamed.SOME if self._shape.everywhere:
                return f"({scope} > -{UNNAMED} or {scope} <@ (select viewer_ranges()))"
            case _:  # by its ranges
                return ""

    def _handled(self, row: str, case: str) -> str:
        """Return the condition that an organ's part reaches the row, which none does where it is unnamed."""
        if not self._shape.by_organ:
            return ""
        named = "" if self._shape.unnamed is Unnamed.NONE else f"{row}.scope > -{UNNAMED} and "
        return f"{named}handled({case})"

    def _within(self, row: str) -> str:
        match self._shape.ranges:
            case 0:
                return ""
            case 1 if self._parameters and self._shape.unnamed is not Unnamed.SOME:
                whole = self._shape.unnamed is Unnamed.ALL
                number = f"abs({row}.scope) % {UNNAMED}" if whole else f"abs({row}.scope)"
                return f"{number} >= ${LOW}::bigint and {number} < ${HIGH}::bigint"
            case _:
                return f"{row}.scope <@ (select viewer_ranges())"

    def _there(self, table: str, key: str) -> str:
        """Return the condition that the row of a key is seen."""
        condition = self.condition(table, "named")
        if condition == "true":
            return condition
        # No `exists`, which PostgreSQL would answer by reading the whole table once where it expects many rows.
        return f'(select true from "{table}" named where named.id = {key} and {condition})'

    def _revealed(self, row: str, kind: str) -> str:
        """Return the condition of who may know that something was revealed: auditors who see it."""
        if not self._shape.reveals:
            return "false"
        kinds = [f"when '{name}' then {self._there(table, f'{row}.subject')}" for name, table in REVEALED.items()]
        return f"case {row}.{kind} {' '.join(kinds)} else false end"

    def _audited(self, row: str) -> str:
        """Return the condition that what is told of a revealing is seen: its reason may tell of an accusation."""
        return f"{self._revealed(row, 'subject_kind')} and ({row}.accuses is null or {self._accuser(row, 'accuses')})"

    def _owned(self, row: str) -> str:
        """Return the condition that a row is the viewer's own."""
        name = "$1::text" if self._parameters else f"(select current_setting('{SETTINGS[0]}', true))"
        return f"{row}.owner = {name}"

    def _accuser(self, row: str, submission: str = "subject") -> str:
        """Return the condition that the viewer may know that a submission is or was an accusation."""
        if not self._shape.accusations:
            return "false"
        return f"not accused_once({row}.{submission})" if self._shape.accusable else "true"

    def _entry(self, row: str) -> str:
        """Return the condition that all that an entry names is seen."""

        def there(table: str, key: str) -> str:
            return self._there(table, f"{row}.{key}")

        filed = f"{there('submission', 'subject')} and ({row}.object is null or {there('case', 'object')})"
        kinds = {
            "'SUBMISSION_RECEIVED', 'SUBMISSION_FILED', 'SUBMISSION_PARTED'": filed,
            "'SUBMISSION_REVISED'": f"{filed} and (not ({ACCUSES.format(row=row)}) or {self._accuser(row)})",
            "'CASE_OPENED'": f"{there('case', 'subject')} and {there('submission', 'object')}",
            "'CASE_MOVED'": there("case", "subject"),
            "'CASES_JOINED', 'CASES_PARTED'": f"{there('case', 'subject')} and {there('case', 'object')}",
            "'EVENT_RECORDED'": there("event", "subject"),
            "'PARTIES_JOINED', 'PARTIES_PROPOSED', 'PARTIES_PARTED'": (
                f"{there('mention', 'subject')} and {there('mention', 'object')}"
            ),
            "'ACCUSED_NAMED', 'SUBMISSION_CLASSIFIED'": f"{there('submission', 'subject')} and {self._accuser(row)}",
            "'SUBMISSION_CORRECTED', 'PERSON_ERASED', 'REVISION_REFUSED', 'PAYLOAD_EXPIRED', 'TEXTS_MASKED'": there(
                "submission", "subject"
            ),
            "'RECORD_REJECTED', 'REJECTION_RESOLVED', 'REJECTION_DISMISSED', 'REJECTION_EXPIRED'": (
                "true" if self._shape.rejections else "false"
            ),
            "'IDENTITY_REVEALED'": self._revealed(row, "state"),
        }
        cases = " ".join(f"when {row}.kind in ({kind}) then {condition}" for kind, condition in kinds.items())
        return f"case {cases} else false end"
