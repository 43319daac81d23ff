"""The graph as a picture without ids and times of registration: two graphs that say the same have the same picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from graph.database import Connection

QUERIES = {
    "submissions": """
        select s.source, s.external_id, s.channel, s.received_at, s.kind, s.topic, s.division, s.revision_count,
            r.title, r.body, r.details::text, encode(s.content_digest, 'hex') as digest
        from submission s join submission_revision r on r.id = s.revision""",
    "revisions": """
        select s.source, s.external_id, r.number, r.title, r.body, r.payload is not null as sealed
        from submission_revision r join submission s on s.id = r.submission""",
    "mentions": """
        select s.source, s.external_id, m.role, m.kind, m.name_masked, m.phone_masked, m.until is null as holds,
            encode(m.content_digest, 'hex') as digest
        from mention m join submission s on s.id = m.submission""",
    "events": """
        select s.source, s.external_id, e.kind, e.at, e.body, e.satisfaction, o.name, e.until is null as holds,
            e.case_id = s.case_id as in_case
        from event e join submission s on s.id = e.submission left join organ o on o.id = e.organ""",
    "documents": """
        select s.source, s.external_id, d.name, d.media_type, d.size, encode(d.digest, 'hex') as digest
        from document d join submission s on s.id = d.submission""",
    "places": """
        select s.source, s.external_id, p.full_name, c.state, c.case_id = s.case_id as in_case
        from case_place c join submission s on s.id = c.submission join place p on p.id = c.place""",
    "organs": """
        select s.source, s.external_id, o.name, c.role, c.state, c.case_id = s.case_id as in_case
        from case_organ c join submission s on s.id = c.submission join organ o on o.id = c.organ""",
    "accused": """
        select s.source, s.external_id, o.name, m.name_masked, c.state, c.case_id = s.case_id as in_case
        from case_accused c join submission s on s.id = c.submission
        left join organ o on o.id = c.organ left join mention m on m.id = c.mention""",
    "rejections": "select source, position, reason, message from rejection",
    "cursors": "select source, cursor from source_cursor",
    "cases": """
        select array_agg(s.source || '/' || s.external_id order by s.source, s.external_id) as filed,
            c.status, c.kind, c.topic, c.division, c.title, c.channels, c.submission_count, c.first_received_at,
            c.last_activity_at
        from "case" c join submission s on s.case_id = c.id
        group by c.id""",
    "groups": """
        select array_agg(s.source || '/' || s.external_id order by s.source, s.external_id) as led
        from "case" c join submission s on s.case_id = c.id group by c.leading""",
    "parties": """
        select array_agg(s.source || '/' || s.external_id || '/' || m.role || '/' || encode(m.content_digest, 'hex')
            order by s.source, s.external_id, m.role, m.content_digest) as members
        from mention m join submission s on s.id = m.submission group by m.party""",
}

Picture = dict[str, list[str]]


async def picture(connection: Connection) -> Picture:
    """Return what the graph says, table by table, in an order that does not depend on ids."""
    seen = {name: await connection.fetch(query) for name, query in QUERIES.items()}
    return {name: sorted(str(tuple(row.values())) for row in rows) for name, rows in seen.items()}


REFERENCES = [
    *[(table, "submission", "submission") for table in (
        "submission_revision", "document", "mention", "event", "filing", "case_place", "case_organ", "case_accused",
        "correction",
    )],
    *[(table, "case_id", "case") for table in (
        "submission", "event", "filing", "case_place", "case_organ", "case_accused",
    )],
    ("submission", "revision", "submission_revision"), ("document", "revision", "submission_revision"),
    ("mention", "since", "submission_revision"), ("mention", "until", "submission_revision"),
    ("mention", "party", "mention"), ("event", "organ", "organ"), ("case_place", "place", "place"),
    ("case_organ", "organ", "organ"), ("case_accused", "organ", "organ"), ("case_accused", "mention", "mention"),
    ("case", "leading", "case"),
]  # fmt: skip
"""Columns that name a row of another table, for which no foreign key is checked."""

DANGLING = " union all ".join(
    f"""select '{table}.{column}' from "{table}" one
    where one."{column}" is not null and not exists (select from "{target}" other where other.id = one."{column}")"""  # noqa: S608  # fixed names
    for table, column, target in REFERENCES
)
"""The columns that refer to nothing, once for each row in which they do."""

EMPTY = """truncate submission, submission_revision, document, mention, event, filing, same_party, "case",
    case_relation, case_place, case_organ, case_accused, correction, link_key, organ, rejection"""
"""Empties the graph between the examples of a property; the journal goes on, as it always does."""

EMPTY_CASES = 'select count(*) from "case" c where not exists (select from submission s where s.case_id = c.id)'
"""No case is ever without a submission."""
