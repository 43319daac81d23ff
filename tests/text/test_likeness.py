"""How alike two texts are."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from graph.text.likeness import bigram_set, likeness

TEXT = st.text(st.sampled_from("夜间施工噪声扰民，请处理 abc"), max_size=30)


def test_the_same_words_in_another_script_are_alike() -> None:
    """Width, script and blanks make no difference."""
    assert likeness(bigram_set("夜間施工 噪聲擾民"), bigram_set("夜间施工噪声扰民")) == 1.0


def test_texts_that_share_nothing_are_not_alike() -> None:
    """Nor are two empty ones: nothing speaks for it."""
    assert likeness(bigram_set("夜间施工"), bigram_set("拖欠工资")) == 0.0
    assert likeness(bigram_set(""), bigram_set("")) == 0.0


@given(TEXT, TEXT)
def test_likeness_is_symmetric_and_between_none_and_all(one: str, other: str) -> None:
    """It is a share."""
    there = likeness(bigram_set(one), bigram_set(other))
    assert 0.0 <= there <= 1.0
    assert there == likeness(bigram_set(other), bigram_set(one))


@given(TEXT)
def test_a_text_is_like_itself(text: str) -> None:
    """Where there is anything in it."""
    found = bigram_set(text)
    assert likeness(found, found) == (1.0 if found else 0.0)
