"""How names are read, and what people type of that."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.text.sounds import heard, is_syllable, readings

NAME = st.text(st.sampled_from("岳麓区长沙市安西重庆A8"), min_size=1, max_size=6)


@pytest.mark.parametrize(
    "letters", ["yuelu", "yueluqu", "yuelq", "ylq", "yl", "yuel", "yue lu", "yue lu qu", "y l q", "yuelu q"]
)
def test_a_name_is_heard_by_whole_syllables_initials_and_a_beginning_of_the_last(letters: str) -> None:
    """And so in any mix of those."""
    assert heard(letters, readings("岳麓区"))


@pytest.mark.parametrize("letters", ["lu", "yuelux", "yle", "yu elu", "yueluquz", "ylqq"])
def test_what_is_no_beginning_is_not_heard(letters: str) -> None:
    """Nor what goes on behind its end, or is parted within a syllable."""
    assert not heard(letters, readings("岳麓区"))


def test_characters_of_several_readings_are_heard_by_each() -> None:
    """Zhang and chang, by both ways to type an initial; what is no Chinese is heard as it is written."""
    for letters in ("changsha", "zhangsha", "cs", "chs", "zhs"):
        assert heard(letters, readings("长沙"))
    assert heard("a8qu", readings("a8区"))


@given(NAME, st.data())
def test_every_way_to_type_a_name_is_heard(name: str, data: st.DataObject) -> None:
    """However it is read, and however much of each syllable but the last is typed."""
    read = readings(name)
    assert len(read) == len(name)
    assert all(is_syllable(one) or one == character for character, ways in zip(name, read, strict=True) for one in ways)
    typed = [data.draw(st.sampled_from(ways)) for ways in read]
    cut = [data.draw(st.sampled_from([one, one[0]])) for one in typed[:-1]]
    last = typed[-1][: data.draw(st.integers(1, len(typed[-1])))]
    joint = data.draw(st.sampled_from(["", " "]))
    assert heard(joint.join([*cut, last]), read)
