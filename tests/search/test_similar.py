"""What says much the same as a submission is found by its telling terms, whichever engine is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from uuid import UUID

import pytest

from graph.records import CaseId, SubmissionId
from graph.scope import scope
from search.engine import Term, TokenField
from search.similar import ASKED, TELLING, Likeness, said, telling
from tests.reference.index import _Sources
from tests.search.library import put, source
from tests.viewers import EVERYTHING

if TYPE_CHECKING:
    from search.documents import Source
    from search.engine import Engine

NOISE: Final = "工地每天夜里施工到凌晨，打桩机噪声很大，老人孩子无法休息，请求查处。"
SCHOOL: Final = "孩子九月该上小学，片区学位不足，请教育局答复今年的招生方案。"


def sources() -> list[Source]:
    """Return two matters, each told by several in their own words, and others."""
    return [
        source(1, "夜间施工噪声", NOISE),
        source(2, "打桩机太吵", "我们小区旁的工地，打桩机夜里施工到两三点，噪声让老人孩子都无法休息。"),
        source(3, "又是夜间施工", "凌晨还在施工，工地的打桩机噪声很大，请求查处！", case=CaseId(UUID(int=10_001))),
        source(4, "学位不足", SCHOOL),
        source(5, "学位", "片区小学的学位不足，招生方案什么时候公布？"),
        source(6, "路灯", "小区门口的路灯坏了，请求尽快维修。", replies=(NOISE,)),
        *(source(number, "公交", f"第{number}路公交车改线，请求增设站点。") for number in range(7, 40)),
    ]


@pytest.fixture
async def likeness(engine: Engine) -> Likeness:
    """Give what asks each engine."""
    every = sources()
    await put(engine, *every)
    return Likeness(reader=_Sources({one.id: one for one in every}), engine=engine, scope=scope(EVERYTHING))


async def ask(likeness: Likeness, number: int, *, first: int = 10, own_case: bool = False) -> list[int]:
    """Return the numbers of what is similar."""
    found = await likeness.similar(SubmissionId(UUID(int=number)), first=first, own_case=own_case)
    return [one.submission.int for one in found]


async def test_the_same_matter_in_other_words_is_found(likeness: Likeness) -> None:
    """Without the submission itself and its own case; what an organ answered makes nothing similar to it."""
    assert await ask(likeness, 1) == [2]
    assert await ask(likeness, 1, own_case=True) == [3, 2]
    assert await ask(likeness, 4) == [5]
    assert await ask(likeness, 6) == []
    assert await ask(likeness, 99) == []


async def test_it_says_where(likeness: Likeness) -> None:
    """By passages, as a search does; the score tells how much."""
    (found,) = await likeness.similar(SubmissionId(UUID(int=4)), first=1, own_case=False)
    assert found.score > 0
    assert any("学位不足" in passage.text and passage.ranges for passage in found.passages)


def test_the_rarest_and_most_said_terms_are_looked_for() -> None:
    """Not those that nobody else has, and no more than tell."""
    often = said(source(1, "学位", "学位不足。" + "学位" + "".join(chr(0x4E00 + at) for at in range(500))))
    assert next(iter(often)) == Term(TokenField.BIGRAMS, "学位")
    assert len(often) == ASKED
    found = telling(often, 1_000, [2 + at for at in range(ASKED)])
    assert len(found) == TELLING
    assert list(found.values()) == sorted(found.values(), reverse=True)
    alone = telling(often, 1_000, [1] * ASKED)
    assert alone == {}
