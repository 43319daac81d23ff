"""What is asked: each question in casegraph's words and in PostGraphile's, with variables drawn from the database.

PostGraphile is asked for what its relations give at once, even where ours mean more: mentions for parties (we join the
mentions of one person), the case's own rows for those of all cases joined to it. So the comparison leans its way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from bench.search.messages import SIGNS
from graph.times import rfc3339
from schema.ids import global_id

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from graph.database import Connection, Row

Variables = dict[str, Any]

DRAWN: Final = 200
"""Sets of variables of each question: enough that not always the same rows are read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One question. `rows` draws $1 rows, each of which gives one set of variables."""

    name: str
    document: str
    rival: str | None
    rows: str
    variables: Callable[[Row], Variables]
    rival_variables: Callable[[Row], Variables] | None = None
    """Where they are not the same."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with its variables, ready to be sent to casegraph and to PostGraphile."""

    query: Query
    ours: Sequence[Variables]
    theirs: Sequence[Variables]


CASE: Final = Query(
    name="case",
    document="""\
query Case($id: ID!) {
  case(id: $id) {
    id number status kind title topic division channels submissionCount openedAt lastActivityAt
    parties(first: 20) { nodes { id kind names phones mentionCount submissionCount } }
    submissions(first: 20) {
      nodes { id channel source externalId kind title text topic division receivedAt receiptCode }
    }
    events(first: 20) { nodes { id kind at atGiven text satisfaction organ { id name } } }
  }
}""",
    rival="""\
query Case($id: UUID!) {
  case: caseByRowId(rowId: $id) {
    id: rowId number status kind title topic division channels submissionCount openedAt lastActivityAt
    submissions(first: 20, orderBy: [RECEIVED_AT_DESC, ROW_ID_DESC]) {
      nodes {
        id: rowId channel source externalId kind latest { title text: body } topic division receivedAt receiptCode
        mentions(first: 20) { nodes { id: rowId role kind name: nameMasked phone: phoneMasked address: addressMasked } }
      }
    }
    events(first: 20, orderBy: [AT_ASC, ROW_ID_ASC]) {
      nodes { id: rowId kind at atGiven text: body satisfaction organ: organByOrgan { id: rowId name } }
    }
  }
}""",
    rows="""select id from "case" where "leading" = id order by md5(id::text) limit $1""",
    variables=lambda row: {"id": global_id("Case", row["id"])},
    rival_variables=lambda row: {"id": str(row["id"])},
)

FILTERED: Final = Query(
    name="filtered",
    document="""\
query Filtered($division: String!, $until: DateTime!) {
  cases(
    filter: {status: {equals: ANSWERED}, division: {within: $division}, openedAt: {until: $until}}
    first: 50
  ) {
    nodes { id number status kind title topic division submissionCount openedAt lastActivityAt }
    pageInfo { hasNextPage endCursor }
  }
}""",
    rival="""\
query Filtered($division: String!, $until: String!) {
  cases: allCases(
    condition: {status: "ANSWERED", divisionWithin: $division, openedUntil: $until}
    orderBy: [OPENED_AT_DESC, ROW_ID_DESC]
    first: 50
  ) {
    nodes { id: rowId number status kind title topic division submissionCount openedAt lastActivityAt }
    pageInfo { hasNextPage endCursor }
  }
}""",
    rows="""
        select division, opened_at from "case"
        where division is not null and opened_at > (select min(opened_at) + (max(opened_at) - min(opened_at)) / 2
            from "case")
        order by md5(id::text) limit $1
    """,
    variables=lambda row: {"division": row["division"], "until": rfc3339(row["opened_at"])},
)

NESTED: Final = Query(
    name="nested",
    document="""\
query Nested($until: DateTime!) {
  cases(filter: {openedAt: {until: $until}}, first: 20) {
    nodes {
      id number title status openedAt
      parties(first: 5) { nodes { id kind names phones } }
      events(first: 5) { nodes { id kind at text } }
      relations { relation target { id title } }
    }
  }
}""",
    rival="""\
query Nested($until: String!) {
  cases: allCases(condition: {openedUntil: $until}, orderBy: [OPENED_AT_DESC, ROW_ID_DESC], first: 20) {
    nodes {
      id: rowId number title status openedAt
      submissions { nodes { mentions(first: 5) { nodes { id: rowId kind name: nameMasked phone: phoneMasked } } } }
      events(first: 5, orderBy: [AT_ASC, ROW_ID_ASC]) { nodes { id: rowId kind at text: body } }
      relations { nodes { relation target: targetCase { id: rowId title } } }
      relationsTo { nodes { relation target: targetCase { id: rowId title } } }
    }
  }
}""",
    rows="""
        select opened_at from "case" where opened_at > (select min(opened_at) from "case")
        order by md5(id::text) limit $1
    """,
    variables=lambda row: {"until": rfc3339(row["opened_at"])},
)

FLAT: Final = Query(
    name="flat",
    document="""\
query Flat($until: DateTime!) {
  cases(filter: {openedAt: {until: $until}}, first: 200) {
    nodes {
      id number status kind title topic division channels submissionCount openedAt firstReceivedAt lastActivityAt
    }
  }
}""",
    rival="""\
query Flat($until: String!) {
  cases: allCases(condition: {openedUntil: $until}, orderBy: [OPENED_AT_DESC, ROW_ID_DESC], first: 200) {
    nodes {
      id: rowId number status kind title topic division channels submissionCount openedAt firstReceivedAt
      lastActivityAt
    }
  }
}""",
    rows=NESTED.rows,
    variables=NESTED.variables,
)

SEARCH: Final = Query(
    name="search",
    document="""\
query Search($query: String!) {
  search(query: $query, facets: [STATUS], first: 20) {
    totalCount
    edges { score passages { text ranges { start end } } node { id title channel } }
    facets { name counts { value count } }
  }
}""",
    rival=None,
    rows="""
        select revision.title from submission join submission_revision revision on revision.id = submission.revision
        order by md5(submission.id::text) limit $1
    """,
    variables=lambda row: {"query": row["title"].translate(SIGNS)},
)

QUERIES: Final = (CASE, FILTERED, NESTED, FLAT, SEARCH)


async def draw(connection: Connection) -> list[Asked]:
    """Draw each question's variables: different rows, the same in every run on the same data."""
    asked = []
    for query in QUERIES:
        rows = await connection.fetch(query.rows, DRAWN)
        theirs = query.rival_variables or query.variables
        asked.append(Asked(query, [query.variables(row) for row in rows], [theirs(row) for row in rows]))
    return asked
