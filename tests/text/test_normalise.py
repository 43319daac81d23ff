"""Texts that a reader takes for the same have one normal form."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.text.normalise import normalise

ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


@pytest.mark.parametrize(
    ("written", "form"),
    [
        ("１３８１２３４１２３４", "13812341234"),
        ("Ａ３区", "a3区"),
        ("（岳麓区）", "(岳麓区)"),
        ("夜間施工噪聲擾民", "夜间施工噪声扰民"),
        ("臺灣", "台湾"),
        ("乾淨", "干净"),
        ("薴", "苎"),
        ("ＷＩＦＩ", "wifi"),
        ("Straße", "strasse"),
        ("①②", "12"),
        ("烧\u200b烤", "烧烤"),
        ("烧\ufeff烤", "烧烤"),
        ("ﾊﾞｽ", "バス"),
        ("", ""),
    ],
)
def test_what_looks_the_same_becomes_the_same(written: str, form: str) -> None:
    """Width, script, case and invisible signs make no difference."""
    assert normalise(written) == form


@given(ANY_TEXT)
def test_a_normal_form_is_its_own_normal_form(text: str) -> None:
    """So that a token taken from the index can be looked for as it is."""
    assert normalise(normalise(text)) == normalise(text)


@given(st.lists(st.sampled_from("夜間施工，噪聲。擾民 Ａ３1２(）！臺灣后後發髮"), max_size=30), st.data())
def test_a_part_of_a_text_has_the_form_that_it_has_in_the_text(signs: list[str], data: st.DataObject) -> None:
    """A phrase cut out of a text is found in it: no sign changes what its neighbours become."""
    cut = data.draw(st.integers(0, len(signs)))
    whole, left, right = "".join(signs), "".join(signs[:cut]), "".join(signs[cut:])
    assert normalise(whole) == normalise(left) + normalise(right)


@given(ANY_TEXT)
def test_no_normal_form_has_private_characters(text: str) -> None:
    """The tokens are cut with the help of a private plane, which must be free."""
    assert not any("\U000f0000" <= sign <= "\U0010ffff" for sign in normalise(text))
