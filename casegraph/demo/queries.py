"""Three queries that are worth trying on the demo town; the start prints them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Query:
    """A GraphQL document and what it shows."""

    caption: str
    document: str


WORTH_TRYING: Final = (
    Query(
        "Who cannot sleep for building sites? Hits with the places that say so, counted by district and channel.",
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
        "Who came more than once, through which doors, about what, and why we think it was the same person.",
        """\
{
  parties(filter: {kind: PERSON, role: PETITIONER, leastMentions: 3}, first: 5) {
    totalCount
    nodes {
      names
      phones
      submissionCount
      mentions(first: 10) { nodes { submission { channel receivedAt title case { number } } } }
      links { link { state evidence decidedBy } }
    }
  }
}
""",
    ),
    Query(
        "The latest answered cases of Yuelu district with who answers for them and what happened, step by step.",
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
