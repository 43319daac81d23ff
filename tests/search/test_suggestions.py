"""What is typed is completed to what a search can be narrowed to, by names that are public."""

from __future__ import annotations

from typing import Final

import pytest

from graph.divisions import divisions
from graph.text.normalise import normalise
from graph.topics import topic_paths
from search.query import Is, parse
from search.suggestions import (
    Suggestion,
    holds,
    organ_suggestions,
    place_suggestions,
    suggested,
    topic_suggestions,
    vocabulary_of,
)

TOPICS: Final = topic_paths()


def typed(text: str, first: int = 5, organs: tuple[str, ...] = ()) -> list[str]:
    """Return what goes into the query for the first suggestions."""
    plain = normalise(text)
    found = [
        *vocabulary_of(TOPICS).holding(plain),
        *(one for one in organ_suggestions(organs) if holds(one, plain)),
    ]
    return [one.query for one in suggested(found, plain, first)]


def test_a_beginning_comes_before_a_part_and_a_short_name_before_a_long_one() -> None:
    """In traditional characters, too; of what has one name, places come before topics before organs."""
    assert typed("岳麓")[0] == typed("嶽麓")[0] == typed("麓")[0] == "place:430104"
    assert typed("长沙")[:2] == ["place:430121", "place:4301"] or typed("长沙")[:2] == ["place:4301", "place:430121"]
    organs = ("岳麓区教育局", "长沙市岳麓区教育局")
    assert typed("岳麓区", organs=organs) == ["place:430104", "organ:岳麓区教育局", "organ:长沙市岳麓区教育局"]
    assert typed("没有这样的名字") == []


@pytest.mark.parametrize("letters", ["yuelu", "yuel", "yue lu qu", "YueLu", "ｙｕｅｌｕ"])
def test_names_are_suggested_by_their_sound(letters: str) -> None:
    """However the syllables are parted; of as good names the higher level first, and what is written so before."""
    assert "place:430104" in typed(letters)
    assert typed(letters, 50, ("岳麓区城管局",))[-1] == "organ:岳麓区城管局"
    assert typed("cs")[0] == "place:4301"
    assert typed("xi'an")[0] == "place:6101"
    assert typed("ylq", 50, ("YLQ 办公室",))[0] == 'organ:"YLQ 办公室"'


def test_one_letter_is_no_sound() -> None:
    """Half the names there are would be suggested."""
    assert typed("y") == []


def test_what_is_found_is_what_reading_every_name_finds() -> None:
    """The sorted endings leave nothing out and add nothing."""
    every = [*place_suggestions(), *topic_suggestions(TOPICS)]
    for text in ("区", "山", "长沙", "安全", "湘西州", "自治", "a", "yl", "xi an", "chsh"):
        expected = {one for one in every if holds(one, text)}
        assert set(vocabulary_of(TOPICS).holding(text)) == expected


@pytest.mark.parametrize("one", [*list(place_suggestions())[::200], *list(topic_suggestions(TOPICS))[::40]], ids=str)
def test_what_is_suggested_is_understood_by_the_search(one: Suggestion) -> None:
    """As the very thing that is meant."""
    (node,) = parse(one.query).nodes
    assert isinstance(node, Is)
    assert node.value in (one.label, one.query.partition(":")[2])


def test_organs_are_quoted_where_they_must_be() -> None:
    """One whose name holds a quotation mark itself is left out."""
    found = list(organ_suggestions(["岳麓区(新)教育局", "岳麓区“三创”办公室", "岳麓区教育局", "水务|环保&&局"]))
    assert [one.query for one in found] == ['organ:"岳麓区(新)教育局"', "organ:岳麓区教育局", 'organ:"水务|环保&&局"']
    for one in found:
        assert parse(one.query).nodes == (Is("organ", one.label),)


def test_every_division_is_suggested_by_its_name() -> None:
    """Within the first fifty, even of names that many have."""
    for one in list(divisions().values())[::37]:
        assert f"place:{one.prefix}" in typed(one.name, first=50), one.full_name
