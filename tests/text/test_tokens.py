"""Texts are cut into the tokens by which both engines find them."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from graph.text.normalise import normalise
from graph.text.tokens import UNIT, analyse, bare, bigrams, codes, units, words

ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=80)
MIXED_TEXT = st.text(st.sampled_from("夜间施工，噪声 \nA3区-./1380０Ａéß한글_𠀀😀"), max_size=80)


def test_bigrams_are_neighbouring_units_whatever_stands_between() -> None:
    """Signs and blanks part no phrase; a number or a word of letters is one unit."""
    assert bigrams(normalise("A3区，烧烤 店")) == ["a3区", "区烧", "烧烤", "烤店"]


def test_a_single_unit_has_no_bigram() -> None:
    """One character has no neighbour."""
    assert bigrams("烤") == []
    assert bigrams("13812341234") == []
    assert bigrams("，。") == []


@given(ANY_TEXT | MIXED_TEXT)
@example("")
@example("a" * 100 + "烤")
@example("㐀𠀀a")
def test_bigrams_are_the_pairs_of_units(text: str) -> None:
    """The fast way gives what pairing one by one gives."""
    plain = normalise(text)
    assert bigrams(plain) == [one + other for one, other in pairwise(units(plain))]


@given(ANY_TEXT | MIXED_TEXT)
def test_a_bare_text_is_its_units(text: str) -> None:
    """In which every bigram stands as it is."""
    plain = normalise(text)
    assert bare(text) == bare(plain) == "".join(units(plain))
    assert all(pair in bare(text) for pair in bigrams(plain))


def test_each_usual_character_is_bare_as_it_is_cut() -> None:
    """Plain texts have a way of their own, which leaves out just what parts no units."""
    for sign in map(chr, range(0x10000)):
        if not "\ud800" <= sign <= "\udfff":
            assert bare(f"a{sign}b") == "".join(units(normalise(f"a{sign}b")))


@given(st.lists(ANY_TEXT | MIXED_TEXT, max_size=4))
def test_every_token_is_of_letters_and_digits_and_of_bounded_length(texts: list[str]) -> None:
    """Engines disagree about other blanks and cut what is too long, so nothing of that reaches them."""
    tokens = analyse([normalise(text) for text in texts])
    for token in " ".join((*tokens.bigrams, tokens.codes)).split():
        assert len(token) <= 64
        assert all(UNIT.fullmatch(sign) for sign in token)
    assert not re.search(r"[^\S ]", "".join((*tokens.bigrams, tokens.codes)))


@given(st.lists(MIXED_TEXT, max_size=4))
def test_no_bigram_reaches_from_one_text_into_the_next(texts: list[str]) -> None:
    """A title's end and a body's beginning make no phrase; the last unit of each stands alone behind its bigrams."""
    plain = [normalise(text) for text in texts]
    cut = [[one + other for one, other in pairwise(units(text))] + units(text)[-1:] for text in plain]
    assert [pairs.split() for pairs in analyse(plain).bigrams] == [pairs for pairs in cut if pairs]


def test_numbers_and_codes_are_kept_whole_and_in_parts() -> None:
    """A phone number is found as it was typed, without its hyphens, and by each of its parts."""
    assert set(codes("电话138-1234-5678，工单TS2026.001")) >= {"138", "1234", "5678", "13812345678"}
    assert "13812345678" in codes("13812345678")


def test_a_code_of_any_length_is_cut_to_tokens() -> None:
    """A pasted link or key makes no token that an engine would cut otherwise."""
    assert codes("a" * 130) == ["a" * 64, "a" * 64, "aa"]


@pytest.mark.parametrize("text", ["夜间施工噪声扰民", "物业公司乱收费", "请求解决拖欠工资问题"])
def test_words_are_chinese_and_of_two_characters_or_more(text: str) -> None:
    """Single characters and signs tell nothing; words do."""
    found = words(f"{text}，abc 123。")
    assert found
    assert all(len(word) > 1 and word in text for word in found)
