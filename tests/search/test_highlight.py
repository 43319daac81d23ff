"""Marks stand where it is said in the original text, whatever its characters are."""

from __future__ import annotations

import re
import time
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from graph.text.normalise import normalise
from graph.text.tokens import CODE_JOINT, UNIT, bigrams, codes, units
from search.compile import compile_query
from search.engine import Leaf, Run, Starting, Term, TokenField
from search.highlight import GAP, Marker, mapped
from search.passages import LONGEST, MOST
from search.query import parse
from search.records import Passage
from tests.search.library import source

SIGNS = st.sampled_from("夜間间施工噪聲声扰擾，。 \n（）Ａ3ｃé한글e\u0301ﾊﾞ😀𠀀ﬁß①\u200b-1380０\ufe0f")
TEXTS = st.text(SIGNS, max_size=60)
PHRASES = ("夜间施工", "油烟扰民", "施工噪声")
PARTS = ("夜间施工", "油烟扰民", "施工噪声", "夜间", "施工", "噪声", "乙" * 90, "丙" * 200, "油烟")
ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


def terms(query: str) -> tuple[Leaf, ...]:
    """Return what a query marks."""
    return compile_query(parse(query)).marks


def cut(passage: Passage) -> list[str]:
    """Return the marked stretches as a browser cuts them, by UTF-16 code units."""
    raw = passage.text.encode("utf-16-le")
    return [raw[2 * one.start : 2 * one.end].decode("utf-16-le") for one in passage.ranges]


@pytest.mark.parametrize(
    ("query", "body", "marked"),
    [
        ("夜间施工", "工地夜間施工，擾民", ["夜間施工"]),
        ("夜間施工", "工地夜间施工，扰民", ["夜间施工"]),
        ("a3区", "住在Ａ３区。", ["Ａ３区"]),
        ("夜间", "😀😀夜间，𠀀夜间", ["夜间", "夜间"]),
        ('"噪声大凌晨"', "噪声大，凌晨", ["噪声大", "凌晨"]),
        ("烟", "油烟、烟", ["烟", "烟"]),
        ("13812345678", "电话１３８-1234-５６７８。", ["１３８-1234-５６７８"]),
        ("1234", "电话138-1234-5678。", ["1234"]),
        ("1381234*", "电话13812345678或13912345678", ["13812345678"]),
        ("电话", "电\u200b话", ["电\u200b话"]),
        ("cafe", "在cafe里", ["cafe"]),
        ("扰民 -噪声", "扰民", ["扰民"]),
    ],
)
def test_marks_are_what_was_looked_for(query: str, body: str, marked: list[str]) -> None:
    """In the characters of the original."""
    (passage,) = Marker(terms(query)).passages(source(1, body=body))
    assert passage.field == "body"
    assert cut(passage) == marked


@given(TEXTS, st.data())
@example("e\u0301夜間", None)
@example("0-ﾊ\u200bﾞ", None)
def test_what_is_marked_is_what_matches(text: str, data: st.DataObject | None) -> None:
    """The original, cut at the ranges, normalises to units of which each stands in a token that was looked for."""
    found = units(normalise(text))
    if len(found) < 2:
        return
    at = data.draw(st.integers(0, len(found) - 2)) if data else 0
    wanted = [Term(TokenField.BIGRAMS, "".join(found[at : at + 2]))]
    (passage,) = Marker(wanted).passages(source(1, body=text))
    assert passage.ranges
    marks = [units(normalise(piece)) for piece in cut(passage)]
    assert set().union(*marks) <= set(found[at : at + 2])


@given(ANY_TEXT | TEXTS)
def test_every_token_of_a_text_can_be_marked_in_it(text: str) -> None:
    """Whatever the text: what it is found by is shown in it, and the ranges are in order and within."""
    plain = normalise(text)
    tokens = [Term(TokenField.BIGRAMS, token) for token in bigrams(plain)]
    tokens += [Term(TokenField.CODES, token) for token in codes(plain)]
    for token in tokens:
        (passage,) = Marker([token]).passages(source(1, body=text))
        edges = [edge for one in passage.ranges for edge in (one.start, one.end)]
        assert edges
        assert edges == sorted(set(edges))
        assert edges[0] >= 0
        assert edges[-1] <= len(passage.text.encode("utf-16-le")) // 2


@given(TEXTS, st.data())
def test_all_that_is_said_is_marked(text: str, data: st.DataObject) -> None:
    """Every two neighbours that were looked for, and every unit, is marked: as cutting the text one by one tells."""
    cut_up = list(UNIT.finditer(normalise(text)))
    pairs = [one[0] + other[0] for one, other in pairwise(cut_up)]
    wanted = data.draw(st.lists(st.sampled_from(pairs), max_size=4)) if pairs else []
    single = data.draw(st.lists(st.sampled_from([one[0] for one in cut_up]), max_size=2)) if cut_up else []
    looked: list[Leaf] = [Term(TokenField.BIGRAMS, pair) for pair in wanted]
    looked += [Starting(TokenField.BIGRAMS, unit) for unit in single]
    said = {unit.span() for one, other in pairwise(cut_up) if one[0] + other[0] in wanted for unit in (one, other)}
    said |= {unit.span() for unit in cut_up if unit[0] in single}
    assert set(Marker(looked).stretches(normalise(text))) == said


@given(TEXTS | st.text(st.sampled_from("哈呵，"), max_size=60), st.data())
def test_of_a_phrase_the_phrase_alone_is_marked(text: str, data: st.DataObject) -> None:
    """Wherever its bigrams stand in a row, and nowhere else: as going through the text unit by unit tells."""
    cut_up = [unit.span() for unit in UNIT.finditer(mapped(text).plain)]
    pairs = bigrams(normalise(text))
    if not pairs:
        return
    start = data.draw(st.integers(0, len(pairs) - 1))
    run = pairs[start : data.draw(st.integers(start + 1, min(start + 7, len(pairs))))]
    places = {
        at + inside
        for at in range(len(pairs) - len(run) + 1)
        if pairs[at : at + len(run)] == run
        for inside in range(len(run) + 1)
    }
    passages = Marker([Run(tuple(run))]).passages(source(1, body=text))
    alone = Marker([])
    alone.stretches = lambda plain: (cut_up[at] for at in places if plain)  # type: ignore[method-assign]
    assert passages == alone.passages(source(1, body=text))


@given(st.lists(st.sampled_from(PARTS), min_size=2, max_size=30), st.sets(st.sampled_from(PHRASES), min_size=1))
def test_each_phrase_that_is_said_is_shown(parts: list[str], asked: set[str]) -> None:
    """Be they far apart, in one text or in several; the passages that hold phrases come first."""
    half = len(parts) // 2
    said = source(1, title=parts[0], body="".join(parts[1:half]), replies=("".join(parts[half:]),))
    passages = Marker(terms(" ".join(f'"{phrase}"' for phrase in sorted(asked)) + " 噪声")).passages(said)
    shown = [{phrase for phrase in asked if any(phrase in mark for mark in cut(one))} for one in passages]
    assert len(passages) <= MOST
    assert set().union(*shown) == {phrase for phrase in asked if any(phrase in text for text in said.texts())}
    assert [bool(one) for one in shown] == sorted((bool(one) for one in shown), reverse=True)
    for passage in passages:
        assert all(not mark.replace("噪声", "") or any(phrase in mark for phrase in asked) for mark in cut(passage))


def test_a_phrase_is_shown_before_a_title_that_lacks_it() -> None:
    """Who asks for a phrase looks for it first; a phrase longer than a passage is shown from its beginning."""
    one = source(1, title="噪声", body="乙" * 300 + "夜间施工" + "丙" * 300 + "噪声，噪声，夜间，有施工队")
    passages = Marker(terms('"夜间施工" 噪声')).passages(one)
    assert [passage.field for passage in passages] == ["body", "title"]
    assert cut(passages[0]) == ["夜间施工"]
    long = "".join(chr(0x4E00 + at) for at in range(300))
    (passage,) = Marker(terms(f'"{long}"')).passages(source(1, body="，" * 300 + long))
    assert cut(passage) == [passage.text[-len(cut(passage)[0]) :]]
    assert long.startswith(cut(passage)[0])


@given(ANY_TEXT | TEXTS)
def test_the_mapped_form_is_the_normal_form(text: str) -> None:
    """So that what is marked is what was indexed; the way back never runs backwards."""
    form = mapped(text)
    assert form.plain == normalise(text)
    assert len(form.origin) == len(form.plain) + 1
    assert list(form.origin) == sorted(form.origin)


LONG_TEXTS = st.lists(
    st.sampled_from(["夜间", "施工", "夜間施工" * 60, "乙", "😀" * 20, "丙" * 37, "丁" * 90]), max_size=25
)


@given(LONG_TEXTS.map("".join))
@example("乙" * 300 + "夜间" + "丙" * 45 + "施工" + "丙" * 70 + "施工夜间" + "丁" * 300)
def test_a_passage_of_a_long_text_cuts_through_no_mark(text: str) -> None:
    """Each mark that is shown holds what was looked for, and a passage begins with a mark or a little before."""
    for passage in Marker(terms("夜间 施工")).passages(source(1, body=text)):
        marks = cut(passage)
        assert marks
        assert all("夜间" in normalise(mark) or "施工" in normalise(mark) for mark in marks)
        assert len(passage.text) <= LONGEST
        assert passage.text in text


def test_a_long_document_is_marked_as_fast_as_it_is_read() -> None:
    """Twice the text with twice the marks takes about twice the work: an enclosed file may be a book."""
    wanted, took = terms("的 施工"), []
    Marker(wanted).passages(source(1, body="夜间的施工"))  # so that nothing is done for the first time below
    for pieces in (1_000, 8_000):
        text = "夜间的施工" * pieces + "乙" * 4 * pieces
        began = time.process_time()
        Marker(wanted).passages(source(1, body=text))
        took.append(time.process_time() - began)
    assert took[1] < 60 * took[0]


def test_a_title_is_shown_first_and_then_the_passages_that_say_most() -> None:
    """At most so many, each a window of a long text."""
    long = "甲" * 500 + "夜间施工噪声扰民" + "乙" * 500 + "扰民" + "丙" * 500
    replies = tuple(f"第{number}次答复：扰民" for number in range(6))
    found = Marker(terms("夜间施工 噪声 扰民")).passages(source(1, title="关于扰民", body=long, replies=replies))
    assert [one.field for one in found[:2]] == ["title", "body"]
    assert len(found) == MOST
    assert all(len(one.text) <= LONGEST for one in found)
    assert "夜间施工噪声扰民" in found[1].text


def test_a_code_that_is_joined_is_marked_whole() -> None:
    """As it is written."""
    text = "编号 TS-2026/001"
    (passage,) = Marker(terms("TS2026001")).passages(source(1, body=text))
    (marked,) = cut(passage)
    assert CODE_JOINT.sub("", marked) == "TS2026001"


def test_nothing_looked_for_shows_nothing() -> None:
    """A hit by its filters alone has no passage."""
    assert Marker(terms("channel:hotline")).passages(source(1, body="扰民")) == ()


def test_what_may_stand_between_two_units_is_all_that_is_none() -> None:
    """Of every character there is."""
    every = "".join(map(chr, (*range(0xD800), *range(0xE000, 0x110000))))
    assert re.sub(GAP, "", every) == "".join(UNIT.findall(every))
