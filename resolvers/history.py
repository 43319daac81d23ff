"""What `history` reads: the journal's entries about a party, case, place or division, at their own time. Pure.

The journal is in the order in which things became known here; a history is in the order in which they were said and
done: a submission when it was received, a reply when it was given, what was decided here when it was decided.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

from graph.divisions import divisions
from resolvers.conditions import DIVISION_LEVELS, Condition, behind_all, clean, division_prefix
from schema.bindings import MEMBERS, answering, stood_for
from schema.errors import RequestError, argument
from schema.ids import key_of
from wording import Wording

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from resolvers.conditions import Given

SUBJECTS: Final = {"party": "Party", "case": "Case", "place": "Place"}
"""What a history is of by an id: the type of that, by the argument."""


def _told(at: str, submission: str) -> str:
    """Return the columns of an entry: at its own time, with the submission that it tells of."""
    names = ("position", "kind", "subject", "object", "actor", "state", "fields")
    own = ", ".join(f"journal.{name}" for name in names)
    return f"{own}, {at} as at, {submission}.channel, {submission}.id as submission"


# Of a party, a case or a place: few enough to be gathered and sorted -------------------------------------------------

_ANSWERING: Final = f"""{stood_for(answering("asked"))} join "case" answering on answering.id = found.id"""
_MEMBER: Final = f"""member as materialized (
    select distinct member.id from parent join "case" member on {MEMBERS.replace("{parent}", "parent")}
)"""
_FILED: Final = """filed as materialized (
    select submission.id, submission.channel, submission.received_at
    from member join submission on submission.case_id = member.id
)"""
GATHERED: Final[Mapping[str, str]] = {
    "case": f"""parent as materialized (
        select answering.id, answering."leading", answering.leads from "case" asked {_ANSWERING}
        where asked.id = {{0}}::uuid
    ), {_MEMBER}, {_FILED}""",
    "place": f"""parent as materialized (
        select answering.id, answering."leading", answering.leads
        from case_place tie join "case" asked on asked.id = tie.case_id {_ANSWERING}
        where tie.place = {{0}}::uuid and tie.state = 'ACCEPTED'
    ), {_MEMBER}, {_FILED}""",
    "party": f"""named as materialized (
        select distinct mention.submission as id
        from mention asked join mention on mention.party = asked.party
        where asked.id = {{0}}::uuid and mention.until is null
    ), filed as materialized (
        select submission.id, submission.channel, submission.received_at, submission.case_id
        from named join submission on submission.id = named.id
    ), parent as materialized (
        select answering.id, answering."leading", answering.leads
        from (select distinct filed.case_id from filed) own join "case" asked on asked.id = own.case_id {_ANSWERING}
    ), {_MEMBER}""",
}
"""The submissions (`filed`) and cases (`member`) that a history tells of: of a party those that name it, and the
matters that they are part of."""
ENTRIES: Final = f"""(
    with {{subject}}
    select {_told("case journal.kind when 'SUBMISSION_RECEIVED' then filed.received_at else journal.at end", "filed")}
    from filed join journal on journal.subject = filed.id
    where journal.kind <> 'IDENTITY_REVEALED'
    union
    select {_told("event.at", "submission")}
    from member join event on event.case_id = member.id join journal on journal.subject = event.id
    left join submission on submission.id = event.submission
    where journal.kind = 'EVENT_RECORDED'
    union
    select {_told("journal.at", "submission")}
    from member join journal on journal.subject = member.id
    left join submission on submission.id = journal.object
    union
    select {_told("journal.at", "submission")}
    from member join journal on journal.object = member.id
    left join submission on submission.id = journal.subject
    where journal.kind in ('SUBMISSION_FILED', 'SUBMISSION_PARTED', 'CASES_JOINED', 'CASES_PARTED')
) {{row}}"""

# Of a division: too many to be gathered, so each branch comes in the order of an index -------------------------------

SELDOM: Final = (
    "'SUBMISSION_REVISED', 'SUBMISSION_PARTED', 'CASES_JOINED', 'CASES_PARTED', 'ACCUSED_NAMED',"
    " 'SUBMISSION_CLASSIFIED', 'SUBMISSION_CORRECTED', 'PERSON_ERASED', 'REVISION_REFUSED'"
)
"""Entries of a division's history that no index of submissions or events leads to; they have one of their own
(migration 0023). What opening, filing and moving wrote is told by the histories of cases alone."""
RECEIVED: Final = f"""(
    select {_told("submission.received_at", "submission")}
    from submission join journal on journal.subject = submission.id
    where {{submission}} and journal.kind = 'SUBMISSION_RECEIVED'
) {{row}}"""
DONE: Final = f"""(
    select {_told("event.at", "submission")}
    from event join journal on journal.subject = event.id
    left join submission on submission.id = event.submission
    where {{event}} and journal.kind = 'EVENT_RECORDED'
) {{row}}"""
DECIDED: Final = f"""(
    select {_told("journal.at", "submission")}
    from journal left join submission on submission.id = journal.subject
    left join "case" decided on decided.id = journal.subject
    where journal.kind in ({SELDOM}) and ({{submission}} or {{case}})
) {{row}}"""


def branches_of(given: Given) -> tuple[Condition, ...]:
    """Return the `from` items whose rows together are a history; raise RequestError unless one thing is named."""
    named = [name for name in (*SUBJECTS, "division") if given.get(name) is not None]
    if len(named) != 1:
        message = Wording("Name one thing to tell the history of: `party`, `case`, `place` or `division`.")
        raise RequestError("INVALID_VALUE", message, argument=named[-1] if named else "case")
    if prefix := _division(given):
        return tuple(_of_division(prefix))
    (name,) = named
    with argument(name):
        return (Condition(ENTRIES.replace("{subject}", GATHERED[name]), (key_of(SUBJECTS[name], given[name]),)),)


@cache
def _codes() -> dict[UUID, str]:
    """Return the codes of the places that are divisions: their ids are the same on every instance."""
    return {division.id: division.prefix for division in divisions().values()}


def _division(given: Given) -> str | None:
    """Return the division that is named by its code or as a place, None where it is none."""
    for name, read in (("division", division_prefix), ("place", lambda one: _codes().get(key_of("Place", one)))):
        if given.get(name) is not None:
            with argument(name):
                return read(given[name])
    return None


def _of_division(prefix: str) -> list[Condition]:
    level = max(digits for digits in DIVISION_LEVELS if digits <= len(prefix))
    equal, below = f"division_{level} = {{0}}::text", ""
    values: tuple[str, ...] = (prefix[:level],)
    if len(prefix) > level:
        below = " and {table}.division >= {1}::text and {table}.division < {2}::text"
        values = (prefix[:level], prefix, behind_all(prefix))
    own = 'select true from "case" own where own.id = event.case_id' + below.replace("{table}", "own")
    places = {
        "{submission}": f"submission.{equal}{below.replace('{table}', 'submission')}",
        "{event}": f"event.{equal}" + (f" and ({own})" if below else ""),
        "{case}": f"decided.{equal}{below.replace('{table}', 'decided')}",
    }
    found = []
    for text in (RECEIVED, DONE, DECIDED):
        for name, place in places.items():
            text = text.replace(name, place)  # noqa: PLW2901 - filled in one after the other
        found.append(Condition(text, values))
    return found


# What its submissions must match --------------------------------------------------------------------------------------

OF_CASES_ALONE: Final = Condition("{row}.kind not in ('CASE_OPENED', 'CASE_MOVED', 'SUBMISSION_FILED')")
"""How files were kept is told by the histories of cases, not by those of people and places."""
MOST_MATCHES: Final = 10_000
"""Submissions that `matching` takes at most, the latest received: their ids travel as one parameter of 160 kB."""


@dataclass(frozen=True, slots=True)
class Matching:
    """Stands for the ids of the submissions that match, until they were searched for: one more where it is cut."""

    text: str
    division: str | None
    """Within which they all are, where that is known."""


def matching_of(given: Given) -> Matching | None:
    """Return what a history's submissions must match, None where nothing is asked."""
    with argument("matching"):
        text = clean("matching", given.get("matching") or "")
    return Matching(text, _division(given)) if text.strip() else None


def restrictions_of(given: Given) -> tuple[Condition, ...]:
    """Return the conditions over entries: that of `matching`, and which kinds are told of what is named."""
    kinds = (OF_CASES_ALONE,) if given.get("case") is None else ()
    found = matching_of(given)
    return kinds if found is None else (*kinds, Condition("{row}.submission = any({0}::uuid[])", (found,)))


def cut_of(given: Given) -> Condition | None:
    """Return the expression that tells whether more match than are told apart, None where nothing must match."""
    found = matching_of(given)
    return None if found is None else Condition(f"cardinality({{0}}::uuid[]) > {MOST_MATCHES}", (found,))
