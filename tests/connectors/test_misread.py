"""A number whose digits a recogniser took for letters is put right where it proves itself; nothing else is changed."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.letters.misread import MOST, put_right
from graph.text.numbers import masked

LOOKS: dict[str, str] = {"1": "lIi|", "0": "oOQD", "2": "zZ", "5": "sS", "8": "bB", "9": "gq"}
MOBILES = st.from_regex(r"\A1[3-9][0-9]{9}\Z")
CHECKS = "10X98765432"


@st.composite
def identities(draw: st.DrawFn) -> str:
    """Draw an identity number."""
    day = draw(st.dates(date(1920, 1, 1), date(2025, 12, 31)))
    head = f"430104{day:%Y%m%d}{draw(st.integers(0, 999)):03}"
    return head + CHECKS[sum(int(digit) << 17 - place for place, digit in enumerate(head)) % 11]


@given(st.one_of(MOBILES, identities()), st.data())
def test_a_misread_number_is_the_number_and_is_masked(number: str, data: st.DataObject) -> None:
    """Whichever of its digits look like letters."""
    places = [place for place, digit in enumerate(number) if digit in LOOKS]
    chosen = data.draw(st.lists(st.sampled_from(places), max_size=MOST, unique=True)) if places else []
    signs = list(number)
    for place in chosen:
        signs[place] = data.draw(st.sampled_from(LOOKS[number[place]]))
    read = put_right(f"电话：{''.join(signs)}，请回复")
    assert read == f"电话：{number}，请回复"
    assert number not in masked(read)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ISO9001",
        "合同2021SB00123456",
        "lllllllllll",
        "车牌湘A12345",
        "SO138123412345",
        "4301O4199001011234",
        "bill@sbb.cn",
    ],
)
def test_what_is_no_number_stays(text: str) -> None:
    """A code with letters, letters alone, a number that its check digit does not prove."""
    assert put_right(text) == text


@given(st.text())
def test_a_text_keeps_its_length(text: str) -> None:
    """Each character is one still, and right texts stay as they are."""
    assert len(put_right(text)) == len(text)
    assert put_right(put_right(text)) == put_right(text)
