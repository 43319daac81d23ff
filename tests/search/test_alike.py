"""Nobody can tell which engine answered: whatever is written and asked, both give the same, in the same order."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.records import CaseId, CaseStatus, Channel, PetitionKind, Position, SubmissionId
from search.engine import (
    GRAIN,
    AllOf,
    AnyOf,
    Batch,
    Between,
    Exact,
    ExactField,
    IndexDocument,
    Lookup,
    OneOf,
    Run,
    Starting,
    Term,
    TokenField,
    leaves,
)
from search.facets import MOST
from search.recency import recency
from search.records import FacetName, SearchFilter, SearchOrder
from tests.engines import ENGINES, opening_of

if TYPE_CHECKING:
    from search.engine import Engine, Match

NUMBERS: Final = st.integers(0, 11)
DAYS: Final = st.integers(0, 5)
BEGIN: Final = datetime(2026, 3, 30, 22, 0, tzinfo=UTC)
TOKENS: Final = {
    TokenField.BIGRAMS: ("夜间", "间施", "施工", "工地", "夜", "地"),
    TokenField.CODES: ("138", "1381", "ts2026", "a3", "Kts2026", "Ka3"),
}
TOPICS: Final = ((), ("城乡",), ("城乡", "城乡/安全"), ("环保",))
DIVISIONS: Final = ((), ("43",), ("43", "4301"), ("43", "4302"), ("44",))
ORGAN_NAMES: Final = ("城管局", "430102/城市管理局", "/城市管理局")
SEEN: Final = ("open", "guarded", "division:43", "organ:o1", "accused:o2")
STRETCH: Final = 20
"""Milliseconds over which the submissions came in."""


def submission(number: int) -> SubmissionId:
    """Return an id as of a submission that came in then: in an order of its own."""
    return SubmissionId(UUID(int=((number * 7 % STRETCH) << 80) | 0x7 << 76 | number))


def texts(field: TokenField) -> st.SearchStrategy[str]:
    """Return tokens joined by blanks."""
    return st.lists(st.sampled_from(TOKENS[field]), max_size=6).map(" ".join)


@st.composite
def documents(draw: st.DrawFn) -> IndexDocument:
    """Return one of a few submissions, saying anything."""
    number, day = draw(NUMBERS), draw(DAYS)
    received = BEGIN + timedelta(days=day)
    return IndexDocument(
        submission=submission(number),
        case=CaseId(UUID(int=number)),
        bigrams=tuple(draw(st.lists(texts(TokenField.BIGRAMS), max_size=3))),
        codes=draw(texts(TokenField.CODES)),
        channel=draw(st.sampled_from(Channel)),
        kind=draw(st.sampled_from(PetitionKind)),
        status=draw(st.sampled_from(CaseStatus)),
        topics=draw(st.sampled_from(TOPICS)),
        divisions=draw(st.sampled_from(DIVISIONS)),
        organs=tuple(sorted(draw(st.sets(st.sampled_from(("o1", "o2", "o3")))))),
        organ_names=tuple(sorted(draw(st.sets(st.sampled_from(ORGAN_NAMES))))),
        month=f"{received:%Y-%m}",
        received_at=received,
        seen=tuple(sorted(draw(st.sets(st.sampled_from(SEEN))))),
    )


LEAVES: Final = st.one_of(
    *(st.builds(Term, st.just(field), st.sampled_from(tokens)) for field, tokens in TOKENS.items()),
    *(
        st.builds(OneOf, st.just(field), st.lists(st.sampled_from(tokens), min_size=1, max_size=3).map(tuple))
        for field, tokens in TOKENS.items()
    ),
    *(
        st.builds(Starting, st.just(field), st.sampled_from([token[:1] for token in tokens]))
        for field, tokens in TOKENS.items()
    ),
    st.builds(Run, st.lists(st.sampled_from(TOKENS[TokenField.BIGRAMS]), min_size=1, max_size=3).map(tuple)),
)
TIMES: Final = st.none() | DAYS.map(lambda day: BEGIN + timedelta(days=day))
PLAIN: Final = st.one_of(
    st.builds(Exact, st.just(ExactField.CHANNEL), st.sampled_from(Channel).map(str)),
    st.builds(Exact, st.just(ExactField.TOPIC), st.sampled_from(("城乡", "城乡/安全"))),
    st.builds(Exact, st.just(ExactField.ORGAN_NAME), st.sampled_from(ORGAN_NAMES)),
    st.builds(Exact, st.just(ExactField.CASE), NUMBERS.map(lambda number: str(UUID(int=number)))),
    st.builds(Between, TIMES, TIMES),
)


def inner(nodes: st.SearchStrategy[Match]) -> st.SearchStrategy[Match]:
    """Return what joins matches."""
    some = st.lists(nodes, min_size=1, max_size=4).map(tuple)
    any_of = some.flatmap(lambda found: st.builds(AnyOf, st.just(found), st.integers(1, len(found))))
    several = [st.lists(nodes, max_size=most).map(tuple) for most in (3, 2, 2)]
    return any_of | st.builds(AllOf, *several)


MATCHES: Final = st.builds(
    AllOf,
    st.lists(st.recursive(LEAVES | PLAIN, inner, max_leaves=6), max_size=3).map(tuple),
    st.lists(st.recursive(LEAVES | PLAIN, inner, max_leaves=4), max_size=2).map(tuple),
    st.lists(LEAVES, max_size=2).map(tuple),
)
TYPED: Final = (
    st.lists(LEAVES, min_size=2, max_size=5, unique=True)
    .map(tuple)
    .flatmap(lambda found: st.builds(AnyOf, st.just(found), st.integers(1, max(len(found) // 2, 1))))
    .flatmap(lambda some: st.builds(AllOf, st.just((some,)), perhaps=st.lists(LEAVES, max_size=2).map(tuple)))
)
"""As most are that people ask: some of a few tokens, which weigh differently."""
SIGHTS: Final = st.builds(Exact, st.just(ExactField.SEEN), st.sampled_from(SEEN))
AUDIENCES: Final = st.just(AllOf()) | st.builds(
    AllOf,
    st.lists(st.builds(AnyOf, st.lists(SIGHTS, max_size=2).map(tuple)), max_size=2).map(tuple),
    st.lists(SIGHTS, max_size=1).map(tuple),
)
FILTERS: Final = st.just(SearchFilter()) | st.builds(
    SearchFilter,
    channels=st.lists(st.sampled_from(Channel), max_size=2).map(tuple),
    kinds=st.lists(st.sampled_from(PetitionKind), max_size=3).map(tuple),
    topic=st.sampled_from((None, None, "城乡")),
    division=st.sampled_from((None, None, "43")),
    organs=st.sampled_from(((), (), ("o1", "o2"))),
    received_from=TIMES,
    received_until=TIMES,
)


@st.composite
def lookups(draw: st.DrawFn) -> Lookup:
    """Return any question."""
    match, order = draw(TYPED | MATCHES), draw(st.sampled_from(SearchOrder))
    plain = draw(st.booleans())
    below = draw(st.none() | st.builds(recency_of, DAYS, NUMBERS)) if order is SearchOrder.NEWEST else None
    return Lookup(
        match=match,
        filter=SearchFilter() if plain else draw(FILTERS),
        order=order,
        weights={leaf: draw(st.integers(0, 40)) / GRAIN for leaf in leaves(match)},
        limit=draw(st.sampled_from((0, 1, 3, 20))),
        below=below,
        arrived_until=draw(st.none() | st.integers(0, STRETCH)),
        facets=tuple(draw(st.sets(st.sampled_from(FacetName)))),
        audience=AllOf() if plain else draw(AUDIENCES),
    )


def recency_of(day: int, number: int) -> int:
    """Return the recency that a submission has or may have."""
    return recency(BEGIN + timedelta(days=day), submission(number))


BATCHES: Final = st.tuples(
    st.lists(documents(), min_size=3, max_size=9, unique_by=lambda one: one.submission),
    st.lists(NUMBERS, max_size=3, unique=True),
    st.lists(lookups(), min_size=2, max_size=5),
)


@pytest.fixture(params=[1, 3], ids=["whole", "three shards"])
def two(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Open both engines on an index of their own, which is not there yet; in parts where an engine has such."""
    openings = [opening_of(request, name, request.param) for name in ENGINES]
    return lambda: [opened(tmp_path_factory.mktemp("index")) for opened in openings]


@given(batches=st.lists(BATCHES, min_size=1, max_size=3))
@settings(max_examples=10)
async def test_both_engines_answer_the_same(two: Any, batches: list[Any]) -> None:
    """After every batch of new, changed and removed documents: hits, order, scores, totals, facets, frequencies."""
    engines: list[Engine] = two()
    for position, (written, gone, asked) in enumerate(batches):
        removed = [submission(number) for number in gone if submission(number) not in {d.submission for d in written}]
        batch = Batch(documents=written, gone=removed, after=Position(position), position=Position(position + 1))
        for engine in engines:
            await engine.apply(batch)
        for lookup in asked:
            one, other = [await engine.find(lookup) for engine in engines]
            assert one == other
            counted = [await engine.frequencies(leaves(lookup.match), lookup.audience) for engine in engines]
            assert counted[0] == counted[1]
    for engine in engines:
        await engine.close()


@pytest.mark.parametrize("more", [-1, 0, 50])
async def test_a_facet_of_many_values_is_cut_at_the_same_place(two: Any, more: int) -> None:
    """The most frequent are told, of those as frequent the first by their value."""
    engines: list[Engine] = two()
    count = MOST + more
    base = IndexDocument(
        submission=submission(0), case=CaseId(UUID(int=0)), bigrams=(), codes="", channel="WEB", kind="APPEAL",
        status="REGISTERED", topics=(), divisions=(), organs=(), organ_names=(), month="2026-03",
        received_at=BEGIN, seen=(),
    )  # fmt: skip
    organs = [f"o{number * 37 % count:04}" for number in range(count)]
    written = [
        replace(base, submission=submission(number), organs=(organ, *organs[:3])) for number, organ in enumerate(organs)
    ]
    found = []
    for engine in engines:
        await engine.apply(Batch(documents=written, gone=(), after=Position(0), position=Position(1)))
        found.append(await engine.find(Lookup(match=AllOf(), facets=(FacetName.ORGAN,), limit=0)))
        await engine.close()
    assert found[0] == found[1]
    told = found[0].facets[FacetName.ORGAN]
    assert [one.count for one in told[:4]] == [count, count, count, 1]
    assert [one.value for one in told[3:]] == sorted(set(organs) - set(organs[:3]))[: MOST - 3]
