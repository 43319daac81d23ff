"""Three queries that are worth trying on the demo town; the start prints them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from wording import Wording


@dataclass(frozen=True, slots=True)
class Query:
    """A GraphQL document and what it shows."""

    caption: Wording
    document: str


WORTH_TRYING: Final = (
    Query(
        Wording(
            "Who cannot sleep for building sites? Hits with the places that say so, counted by district and channel."
        ),
        """\
{
  search(query: "工地 夜间施工 噪音", filter: {topic: "环境保护"}, facets: [DIVISION, CHANNEL], first: 5) {
    totalCount
    facets { name counts { value count } }
    edges {
      score
      passages { field text ranges { start end } }
      node { title receivedAt divisionPlace { name } case { number status submissionCount } }
    }
  }
}
""",
    ),
    Query(
        Wording("What came by letter: who is named in it (masked), and what makes us think who they are."),
        """\
{
  submissions(filter: {channel: {equals: LETTER}}, first: 3) {
    totalCount
    nodes {
      title
      details { ... on LetterDetails { postmarkedOn signatories } }
      mentions {
        role
        name
        phone
        party { names submissionCount links { link { state evidence decidedBy } } }
      }
    }
  }
}
""",
    ),
    Query(
        Wording(
            "The latest answered cases of Yuelu district with who answers for them and what happened, step by step."
        ),
        """\
{
  cases(
    filter: {division: {within: "430104"}, status: {equals: ANSWERED}}
    orderBy: {field: LAST_ACTIVITY_AT}
    first: 5
  ) {
    totalCount
    nodes {
      number
      title
      topic
      channels
      organs { role organ { name } }
      events(first: 5) { nodes { kind at } }
      timeline(first: 10) { nodes { kind at actor state } }
    }
  }
}
""",
    ),
)
