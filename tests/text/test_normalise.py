"""Texts that a reader takes for the same have one normal form."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.text.ideographs import alike, as_ideographs
from graph.text.normalise import COMMON, INVISIBLE, is_plain, normalise

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


def test_plain_texts_have_plain_forms() -> None:
    """Their quick way gives what NFKC, case folding and the table of simplified characters give."""
    plain = [sign for sign in map(chr, range(0x10000)) if is_plain(sign)]
    assert {"a", "Z", "夜", "，", "。", "\n"} <= set(plain)
    assert not {"間", "Ａ", "é", "\u200b"} & set(plain)
    for sign in plain:
        assert not INVISIBLE.match(sign)
        assert normalise(sign) == unicodedata.normalize("NFKC", sign).casefold()
    assert all(is_plain(wide) for wide, _ in COMMON)


@given(ANY_TEXT)
def test_what_is_not_plain_changes_nothing_around_it(text: str) -> None:
    """A text of both kinds becomes what each of its plain characters becomes, where nothing combines."""
    for sign in "夜Ａ。":
        assert normalise(f"{sign} {text}") == normalise(sign) + normalise(f" {text}")


@pytest.mark.parametrize("form", sorted(map(chr, alike())))
def test_what_looks_like_an_ideograph_is_searched_as_it(form: str) -> None:
    """PDFs name radicals in place of characters, also those that NFKC does not know (⻔)."""
    assert normalise(form) == normalise(as_ideographs(form))
    assert as_ideographs(as_ideographs(form)) == as_ideographs(form) != form


@given(ANY_TEXT)
def test_ideographs_change_nothing_else(text: str) -> None:
    """What people type in full width stays as they typed it, and each character stays one."""
    for before, after in zip(text, as_ideographs(text), strict=True):
        assert before == after or before in map(chr, alike())
