"""What is hidden leaves no trace: none of its ids, names, numbers, codes or words stands in an answer."""

from __future__ import annotations

import base64
import binascii
import random
import re
from random import Random
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import settings

from resolvers.asked import Asked
from schema.ids import global_id
from tests.policy.asking import QUERY
from tests.policy.test_leaks import described
from tests.policy.viewers import viewer
from tests.reference.queries import Question, question

if TYPE_CHECKING:
    from collections.abc import Iterator

    from graph.policy import Viewer
    from resolvers.execution import Executor
    from tests.policy.asking import Parts
    from tests.policy.viewers import Cast
    from tests.reference.graph import Graph, Row
    from tests.reference.values import Values

TYPES: Final = {
    "case": "Case", "submission": "Submission", "submission_revision": "Revision", "document": "Document",
    "mention": "Mention", "event": "Event", "organ": "Organ", "place": "Place",
}  # fmt: skip
TELLING: Final = {
    "submission": ("external_id", "receipt_code"), "organ": ("name",), "place": ("full_name",), "document": ("body",),
}  # fmt: skip
"""Columns whose values nothing else has."""
LONG_NUMBER: Final = 7
"""Digits of a number that stand nowhere by chance."""
SHORTEST: Final = 6
"""Bytes of what stands nowhere by chance: two Chinese characters, no short number of a source's."""
ENCODED: Final = re.compile(rb"[A-Za-z0-9_=-]{16,}")
ESCAPED: Final = re.compile(r"\\u([0-9a-f]{4})")
BROAD: Final = (
    """{ cases(first: 200) { totalCount nodes { id number title submissions { nodes { id title text externalId
       receiptCode filing { evidence } corrections { field value said reason
       decidedBy } } } parties { nodes { id names } } timeline { edges { cursor node { kind } } }
       organs { organ { name } link { evidence } } places { place { fullName } } relations { originId } } } }""",
    "{ submissions(first: 200) { edges { cursor node { id revisions { id text } mentions { id party { id } } } } } }",
    "{ parties(first: 200) { edges { cursor node { id links { one { id } other { id } link { evidence } } } } } }",
    "{ organs(first: 200) { nodes { id name cases { nodes { id } } } } changes(first: 1000) { changes { id kind } } }",
    "{ places(filter: {source: {}}) { nodes { id } } }",
    """{ places(filter: {source: "web"}, first: 200) { nodes { id fullName } } rejections(filter: {resolved: true}) {
       nodes { id submission { id } } } }""",
    "{ caseFigures(groupBy: [ORGAN, KIND, DIVISION]) { cases organ { id name } kind division } }",
    """{ savedSearches { totalCount edges { cursor node { id name query filter alerts(first: 200) { totalCount
       pageInfo { hasNextPage endCursor } edges { cursor node { at submission { id title } } } } } } } }""",
    """{ search(query: "请求查处", first: 200, facets: [KIND, TOPIC, DIVISION, MONTH, STATUS, CHANNEL]) { totalCount
       facets { name counts { value count } } edges { cursor score passages { text } node { id } } } }""",
)
"""What tells most at once. One of them is refused, which must tell nothing either."""


@pytest.mark.long
@pytest.mark.no_cover
async def test_no_answer_holds_anything_of_what_is_hidden(
    executor: Executor, parts: Parts, values: Values, cast: Cast
) -> None:
    """In data, errors, cursors and the plan that is printed; what the question itself gave is no secret of ours."""
    for _ in range(settings().max_examples // 5):
        somebody = viewer(Random(random.getrandbits(64)), cast)  # noqa: S311 - nothing secret
        hidden = secrets(parts.graph, parts.world(somebody).graph)
        asked = [question(Random(random.getrandbits(64)), values) for _ in range(10)]  # noqa: S311
        for one in [*(Question(text, {}) for text in BROAD), *asked]:
            await nothing_told(executor, somebody, one, hidden)


async def nothing_told(executor: Executor, somebody: Viewer, asked: Question, hidden: frozenset[bytes]) -> None:
    """Ask, and look through the whole answer."""
    answer = await executor.execute(Asked(asked.query, asked.variables, explain=True), somebody, QUERY)
    assert not (told := traces(hidden, asked, answer.body())), (described(somebody), asked, told)


def traces(hidden: frozenset[bytes], asked: Question, answer: bytes) -> list[str]:
    """Return what of the hidden stands in an answer and was not given by the question."""
    given = ESCAPED.sub(lambda found: chr(int(found[1], 16)), repr(asked)).encode(errors="surrogatepass")
    everything = b"\n".join([answer, *decoded(answer)])
    return [one.decode() for one in hidden if one in everything and one not in given and not within(one, given)]


def within(secret: bytes, given: bytes) -> bool:
    """Tell whether the question gave a secret encoded, as an id or a cursor."""
    return any(secret in one for one in decoded(given))


def decoded(text: bytes) -> Iterator[bytes]:
    """Yield what stands in ids and cursors that are not sealed."""
    for found in ENCODED.findall(text):
        try:
            yield base64.b64decode(found + b"=" * (-len(found) % 4), altchars=b"-_", validate=True)
        except binascii.Error:
            continue


def secrets(whole: Graph, left: Graph) -> frozenset[bytes]:
    """Return what tells of the rows that a viewer does not see, and of nothing else."""
    found: set[str] = set()
    for table, kind in TYPES.items():
        for row in whole[table]:
            if row["id"] not in left.by_id[table]:
                found |= {str(row["id"]), global_id(kind, row["id"]), *words_of(table, row)}
    # An organ accused has no part in a case; where it is a respondent's name, it stands in what is seen. And somebody
    # else may have entered something under the same id.
    said = {row["name_masked"] for row in left["mention"]}
    said |= {word for row in left["submission"] for word in words_of("submission", row)}
    # What was recorded in a case stays there when the submission that it tells of is moved.
    texts = "\n".join(row["body"] or "" for table in ("event", "submission_revision") for row in left[table])
    secret = {one.encode() for one in found - said if one not in texts}
    return frozenset(one for one in secret if len(one) >= SHORTEST)


def words_of(table: str, row: Row) -> Iterator[str]:
    """Yield what a row alone says: a case's number, a submission's word, and what no other row has."""
    yield from (row[name] for name in TELLING.get(table, ()) if row[name])
    if table == "case" and row["number"] >= 10**LONG_NUMBER:
        yield str(row["number"])
    if table == "submission" and row["external_id"].startswith("ext-"):
        yield row["external_id"].removeprefix("ext-")
