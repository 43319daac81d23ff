"""The order of the best candidates is ours, and of their texts alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.compile import compile_query
from search.engine import Leaf, OneOf, Starting, Term, TokenField
from search.query import parse
from search.score import WORD, Scorer, weights
from tests.search.library import source

if TYPE_CHECKING:
    from search.documents import Source
    from search.score import Weight

TEXT = st.text(st.sampled_from("夜间施工噪声扰民，请"), max_size=60)


def weighed(query: str, total: int = 1_000, count: int = 10) -> tuple[Weight, ...]:
    """Return a query's weights where each term stands in so many documents."""
    compiled = compile_query(parse(query))
    return weights(total, dict.fromkeys(compiled.leaves, count), compiled.words)


def points(query: str, one: Source) -> float:
    """Return how well a submission answers."""
    return Scorer(weighed(query)).score(one)


@given(TEXT, TEXT, st.integers(1, 999), st.integers(1, 999))
def test_equal_texts_score_equal(title: str, body: str, one: int, other: int) -> None:
    """Whoever sent them, however often they were indexed."""
    first = source(one, title, body)
    second = source(other, title, body, channel="LETTER", received_at=first.received_at)
    assert points("夜间施工 噪声", first) == points("夜间施工 噪声", second)


def test_of_equal_texts_the_later_scores_a_little_higher() -> None:
    """A year weighs less than any word."""
    early, late, more = source(1, body="油烟"), source(366, body="油烟"), source(1, body="油烟扰民")
    assert points("油烟 扰民", more) > points("油烟 扰民", late) > points("油烟 扰民", early) > 0


def test_what_stands_first_scores_higher() -> None:
    """A petition says at once what it is about."""
    first, last = ("油烟".ljust(400, "甲"), "油烟".rjust(400, "甲"))
    assert points("油烟", source(1, body=first)) > points("油烟", source(1, body=last)) > 0


def test_what_sounds_the_same_is_counted_where_it_is_asked_for() -> None:
    """As often as any of the pairs stands there."""
    leaf = OneOf(TokenField.BIGRAMS, ("由烟", "游烟", "油颜", "油言"))
    one, twice, none = (Scorer([(leaf, 1.0)]).score(source(1, body=text)) for text in ("由烟", "由烟，油言", "由言"))
    assert twice > one > none == 0.0


def test_more_of_what_was_asked_scores_higher() -> None:
    """And none of it nothing."""
    some, more, none = (source(1, body=body.ljust(60, "甲")) for body in ("夜间", "夜间施工", "停车收费"))
    assert points("夜间施工", more) > points("夜间施工", some) > points("夜间施工", none) == 0.0


def test_a_title_says_more_than_a_text() -> None:
    """It names the matter."""
    assert points("油烟", source(1, "油烟", "扰民")) > points("油烟", source(1, "扰民", "油烟"))


def test_a_short_text_says_it_with_more_weight() -> None:
    """The same word among many others tells less."""
    assert points("油烟", source(1, body="油烟扰民")) > points("油烟", source(1, body="油烟" + "甲" * 800))


@pytest.mark.parametrize("sign", ["，", " ", "\n", "（", "😀"])
def test_signs_between_make_no_score(sign: str) -> None:
    """What is found across a sign or a blank is weighed as it is found."""
    parted, whole = sign.join(["西门", "B9", "栋", "漏水"]), "西门B9栋漏水" + sign * 3
    assert points("西门B9栋漏水", source(1, body=parted)) == points("西门B9栋漏水", source(1, body=whole)) > 0.0


def test_a_rare_term_weighs_more_than_a_frequent_one() -> None:
    """One that all documents hold weighs next to nothing, and never less than nothing."""
    rare, usual, everywhere = (weighed("油烟", 1_000, count)[0][1] for count in (1, 100, 1_000))
    assert rare > usual > everywhere >= 0.0


def test_a_word_weighs_as_its_rarest_bigram() -> None:
    """Words are not indexed, but no word is more frequent than any of its bigrams."""
    pairs: dict[Leaf, int] = {Term(TokenField.BIGRAMS, "电梯"): 5, Term(TokenField.BIGRAMS, "梯间"): 500}
    by = dict(weights(1_000, pairs, ["电梯间", "没有"]))
    assert by["电梯间"] == pytest.approx(WORD * by[Term(TokenField.BIGRAMS, "电梯")], abs=1e-4)
    assert by["没有"] == 0.0


def test_a_character_weighs_as_its_most_frequent_bigram() -> None:
    """No character is rarer than any of its bigrams."""
    pairs: dict[Leaf, int] = {Term(TokenField.BIGRAMS, "电梯"): 5, Term(TokenField.BIGRAMS, "梯间"): 500}
    by = dict(weights(1_000, pairs, ["梯"]))
    assert by["梯"] == pytest.approx(WORD * by[Term(TokenField.BIGRAMS, "梯间")], abs=1e-4)


def test_codes_are_counted_whole_or_by_their_beginning() -> None:
    """138 is not in 13812345678, but begins it."""
    one = source(1, body="电话13812345678")
    whole, part = Term(TokenField.CODES, "13812345678"), Term(TokenField.CODES, "138")
    assert Scorer([(whole, 1.0)]).score(one) > 0.0
    assert Scorer([(part, 1.0)]).score(one) == 0.0
    assert Scorer([(Starting(TokenField.CODES, "138"), 1.0)]).score(one) > 0.0
    assert Scorer([(Starting(TokenField.CODES, "139"), 1.0)]).score(one) == 0.0


@given(st.lists(st.sampled_from(["夜间", "施工", "噪声", "扰民"]), min_size=1, unique=True), TEXT)
def test_the_order_of_the_words_asked_makes_no_score(found: list[str], body: str) -> None:
    """Adding in another order must not part equals."""
    one = source(1, body=body)
    assert points(" ".join(found), one) == points(" ".join(reversed(found)), one)
