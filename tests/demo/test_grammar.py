"""The grammar: whatever the demo town can say comes out whole, and stays within the project's own tables."""

from __future__ import annotations

from datetime import date
from string import Formatter
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casegraph.demo.chance import Chance
from casegraph.demo.lexicon import lexicon, variants
from casegraph.demo.scenes import Scene
from casegraph.demo.texts import LONGEST, compose_reply, compose_text, compose_title, retell
from graph.divisions import divisions
from graph.records import PetitionKind
from graph.topics import topic_paths

if TYPE_CHECKING:
    from collections.abc import Iterator

    from casegraph.demo.lexicon import Template, Trouble

LEXICON = lexicon()
TODAY = date(2026, 3, 14)
TROUBLES = st.sampled_from(LEXICON.troubles)
WORDS = st.text(st.characters(exclude_characters="[]|{}", exclude_categories=["Cs"]), max_size=6)


def scene_of(trouble: Trouble, seed: int = 1) -> Scene:
    return Scene(LEXICON, trouble, Chance(seed), TODAY)


def sayings() -> Iterator[Template]:
    """Yield every template that goes into a text."""
    for trouble in LEXICON.troubles:
        yield from (*trouble.titles, *trouble.facts, *trouble.demands, *trouble.findings)
    phrases = LEXICON.phrases
    for name in phrases.__slots__:
        yield from getattr(phrases, name)


@given(st.lists(st.one_of(WORDS, st.lists(WORDS, min_size=1, max_size=3)), max_size=5))
def test_a_template_is_read_in_as_many_ways_as_its_choices_allow(parts: list[str | list[str]]) -> None:
    """The readings are the product of the choices, each of them without brackets."""
    template = "".join(part if isinstance(part, str) else f"[{'|'.join(part)}]" for part in parts)
    readings = variants(template)
    expected = 1
    for part in parts:
        expected *= 1 if isinstance(part, str) else len(part)
    assert len(readings) == expected
    assert not any(mark in reading for reading in readings for mark in "[]|")


def test_every_slot_of_every_template_can_be_filled() -> None:
    """A slot that no scene knows would break the town at some seed only."""
    slots = {
        slot for template in sayings() for reading in template for _, slot, _, _ in Formatter().parse(reading) if slot
    }
    scene = scene_of(LEXICON.troubles[0])
    scene["title"] = "标题"
    assert slots
    assert all(scene[slot] for slot in slots)


def test_no_template_has_a_stray_bracket() -> None:
    """Choices do not stand in choices, and all are closed."""
    assert not [reading for template in sayings() for reading in template if set("[]|") & set(reading)]


def test_more_than_forty_kinds_of_trouble_stand_in_the_taxonomy() -> None:
    """Topics are paths of the project's own table, over most of its top level."""
    topics = {trouble.topic for trouble in LEXICON.troubles}
    assert len(LEXICON.troubles) >= 40
    assert topics <= set(topic_paths())
    assert len({topic.partition("/")[0] for topic in topics}) >= 10
    assert {trouble.kind for trouble in LEXICON.troubles} == set(PetitionKind)


def test_the_town_is_a_city_of_the_national_table() -> None:
    """Its divisions are those of GB/T 2260, by code and name."""
    names = LEXICON.names
    known = {division.code: division.name for division in divisions().values()}
    assert dict(names.divisions).items() <= known.items()
    assert set(names.urban) | set(names.rural) <= set(names.divisions)


@given(TROUBLES, st.integers(0, 10_000))
def test_a_text_is_whole_and_no_longer_than_a_message_can_be(trouble: Trouble, seed: int) -> None:
    """No slot stays open, whatever the trouble and the dice."""
    scene = scene_of(trouble, seed)
    title = compose_title(scene)
    text = compose_text(scene, LEXICON.phrases)
    reply = compose_reply(scene, LEXICON.phrases, title)
    again = retell(scene, LEXICON.phrases, text)
    assert not set("{}[]|") & set(title + text + reply + again)
    assert 0 < len(text) < LONGEST + 200
    assert scene["organ"]
    assert scene.place.startswith(scene["q"])


@given(TROUBLES, st.integers(0, 10_000))
def test_two_texts_of_one_matter_name_the_same_things(trouble: Trouble, seed: int) -> None:
    """What a scene has named stays; dates and sums differ."""
    scene = scene_of(trouble, seed)
    named = {slot: scene[slot] for slot in ("estate", "street", "block", "road", "company")}
    compose_text(scene, LEXICON.phrases)
    assert {slot: scene[slot] for slot in named} == named
    assert len({scene["money"] for _ in range(40)}) > 1


def test_an_unknown_slot_is_an_error() -> None:
    """A slip in the grammar fails loudly."""
    with pytest.raises(KeyError):
        scene_of(LEXICON.troubles[0])["nothing_of_the_kind"]


def test_different_matters_of_one_trouble_do_not_look_the_same() -> None:
    """A hundred matters of each kind hardly share a title, and share no text."""
    for trouble in LEXICON.troubles:
        scenes = [scene_of(trouble, seed) for seed in range(100)]
        texts = {compose_text(scene, LEXICON.phrases) for scene in scenes}
        assert len(texts) >= 90, trouble.name
