"""The query language: every input is a tree, or an error that points at the character."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.compile import compile_query
from search.engine import Leaf, Term, TokenField
from search.query import (
    DEEPEST,
    And,
    Is,
    Node,
    Not,
    Or,
    Phrase,
    Prefix,
    Received,
    Words,
    parse,
)
from search.query_tokens import LONGEST, QuerySyntaxError
from search.understanding import ROOM, ROOM_SHARE, common

PIECES = st.sampled_from(
    [
        "烧烤", "油烟", "a", "138-1234", "(", ")", "（", "）", '"', "“", "”", "-", "OR", "|", "*", ":", "channel:",
        "hotline", "place:", "岳麓区", "430104", "before:", "2026-01-01", "number:", "topic:", "/", " ", "　", "，",
        "😀", "\u0301", "NOT", "AND", "&&", "||", "和", "或", "＂", "－",
    ]
)  # fmt: skip
BOTH = And((Words("噪音"), Words("油烟")))
ANY_QUERY = (
    st.text(max_size=40) | st.lists(PIECES, max_size=25).map("".join) | st.lists(PIECES, max_size=25).map(" ".join)
)


@pytest.mark.parametrize(
    ("text", "nodes"),
    [
        ("", ()),
        ("  　\n", ()),
        ("烧烤", (Words("烧烤"),)),
        ("烧烤　油烟", (Words("烧烤"), Words("油烟"))),
        ('"夜间施工"', (Phrase("夜间施工"),)),
        ("“夜间施工”", (Phrase("夜间施工"),)),
        ("烧烤 -物业", (Words("烧烤"), Not(Words("物业")))),
        ("-物业", (Not(Words("物业")),)),
        ('-"物业公司"', (Not(Phrase("物业公司")),)),
        ("烧烤 OR 夜宵", (Or((Words("烧烤"), Words("夜宵"))),)),
        ("烧烤|夜宵", (Or((Words("烧烤"), Words("夜宵"))),)),
        ("烧烤 || 夜宵", (Or((Words("烧烤"), Words("夜宵"))),)),
        ("烧烤||夜宵", (Or((Words("烧烤"), Words("夜宵"))),)),
        ("烧烤 或者 夜宵", (Or((Words("烧烤"), Words("夜宵"))),)),
        ("烧烤 或 夜宵", (Or((Words("烧烤"), Words("夜宵"))),)),
        ("烧烤 或", (Words("烧烤"), Words("或"))),
        ("噪音 AND 油烟", (BOTH,)),
        ("噪音 ＡＮＤ 油烟", (BOTH,)),
        ("噪音 && 油烟", (BOTH,)),
        ("噪音&&油烟", (BOTH,)),
        ("噪音 & 油烟", (BOTH,)),
        ("噪音 和 油烟", (BOTH,)),
        ("噪音 与 油烟", (BOTH,)),
        ("(噪音 AND 油烟)", (BOTH,)),
        ("噪音 AND 油烟 烧烤", (BOTH, Words("烧烤"))),
        ("噪音 AND NOT 油烟", (And((Words("噪音"), Not(Words("油烟")))),)),
        ("噪音 AND 油烟 OR 烧烤", (Or((And((BOTH,)), Words("烧烤"))),)),
        ("噪音 AND (油烟 OR 烧烤)", (And((Words("噪音"), Or((Words("油烟"), Words("烧烤"))))),)),
        ("和", (Words("和"),)),
        ("和 平", (Words("和"), Words("平"))),
        ("(和 平)", (Words("和"), Words("平"))),
        ("油烟 和", (Words("油烟"), Words("和"))),
        ("油烟 NOT 物业", (Words("油烟"), Not(Words("物业")))),
        ("NOT 物业", (Not(Words("物业")),)),
        ("NOT (烧烤 OR 夜宵)", (Not(Or((Words("烧烤"), Words("夜宵")))),)),
        ("油烟 and 噪音", (Words("油烟"), Words("and"), Words("噪音"))),
        ("or", (Words("or"),)),
        ("Not a", (Words("Not"), Words("a"))),
        ("R&B", (Words("R&B"),)),
        ('"AND"', (Phrase("AND"),)),
        ("＂夜间施工＂", (Phrase("夜间施工"),)),
        ('"TS 2026"*', (Prefix("TS 2026"),)),
        ("）", ()),
        ("油烟）", (Words("油烟"),)),
        ("1）油烟 2）噪音", (Words("1"), Words("油烟"), Words("2"), Words("噪音"))),
        ("油烟 ) 噪音", (Words("油烟"), Words("噪音"))),
        ("油烟 （", (Words("油烟"),)),
        ("油烟 ()", (Words("油烟"),)),
        ("-()油烟", (Words("油烟"),)),
        ("油烟 ，", (Words("油烟"),)),
        ("油烟 - 噪音", (Words("油烟"), Words("噪音"))),
        ("油烟 -", (Words("油烟"),)),
        ("-， 油烟", (Words("油烟"),)),
        ("| 油烟 | 噪音 |", (Or((Words("油烟"), Words("噪音"))),)),
        ("& 油烟 &", (Words("油烟"),)),
        ('油烟 ""', (Words("油烟"),)),
        ('油烟 "', (Words("油烟"),)),
        ("*", ()),
        ("……！？", ()),
        ("烧烤 ｜ 夜宵", (Or((Words("烧烤"), Words("夜宵"))),)),
        ("烧烤 ＯＲ 夜宵", (Or((Words("烧烤"), Words("夜宵"))),)),
        ("烧烤　－物业", (Words("烧烤"), Not(Words("物业")))),
        ("1381234＊", (Prefix("1381234"),)),
        ("烧烤 | 夜宵", (Or((Words("烧烤"), Words("夜宵"))),)),
        ("a b OR c", (Or((And((Words("a"), Words("b"))), Words("c"))),)),
        ("(烧烤 OR 夜宵) 油烟", (Or((Words("烧烤"), Words("夜宵"))), Words("油烟"))),
        ("（烧烤 OR 夜宵） -餐饮", (Or((Words("烧烤"), Words("夜宵"))), Not(Words("餐饮")))),
        ("1381234*", (Prefix("1381234"),)),
        ("138-1234-5678", (Words("138-1234-5678"),)),
        ("channel:hotline", (Is("channel", "HOTLINE"),)),
        ("渠道:热线", (Is("channel", "HOTLINE"),)),
        ("渠道：来信", (Is("channel", "LETTER"),)),
        ("渠道：來訪", (Is("channel", "VISIT"),)),
        ("渠道: 网上信访", (Is("channel", "WEB"),)),
        ("ＣＨＡＮＮＥＬ：ｗｅｂ", (Is("channel", "WEB"),)),
        ("狀態:已答复", (Is("status", "ANSWERED"),)),
        ("渠道：HOTLINE", (Is("channel", "HOTLINE"),)),
        ("status:answered", (Is("status", "ANSWERED"),)),
        ("topic:城乡建设/安全生产/", (Is("topic", "城乡建设/安全生产"),)),
        ('topic:"城乡建设"', (Is("topic", "城乡建设"),)),
        ("place:430100", (Is("division", "4301"),)),
        ("division:430104", (Is("division", "430104"),)),
        ("place:430104001000", (Is("division", "430104001"),)),
        ("place:４３", (Is("division", "43"),)),
        ("place:岳麓区", (Is("division", "430104"),)),
        ("organ:岳麓区教育局", (Is("organ", "岳麓区教育局"),)),
        ("单位：“【岳麓区 教育局】”", (Is("organ", "岳麓区教育局"),)),
        ("-place:43", (Not(Is("division", "43")),)),
        ("after:2026-01-01", (Received(since=date(2026, 1, 1)),)),
        ("before:2026-07-01", (Received(before=date(2026, 7, 1)),)),
        ("before:２０２６－０７－０１", (Received(before=date(2026, 7, 1)),)),
        ("after:2026/7/1", (Received(since=date(2026, 7, 1)),)),
        ("after:2026年7月1日", (Received(since=date(2026, 7, 1)),)),
        ("number:138-1234-5678", (Phrase("138-1234-5678"),)),
        ("编号: TS2026*", (Prefix("TS2026"),)),
        ("时间：三点", (Words("时间：三点"),)),
        ("http://a.b/c", (Words("http://a.b/c"),)),
    ],
)
def test_what_is_typed_is_understood(text: str, nodes: tuple[Node, ...]) -> None:
    """Each form of the language, as a person types it, with Chinese signs as well."""
    assert parse(text).nodes == nodes


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("烧烤 (油烟", 3),
        ('烧烤 "油烟', 3),
        ("OR 烧烤", 0),
        ("烧烤 OR", 3),
        ("a OR OR b", 2),
        ("AND 烧烤", 0),
        ("烧烤 AND", 3),
        ("烧烤 AND OR 油烟", 3),
        ("烧烤 OR AND 油烟", 6),
        ("烧烤 NOT", 3),
        ("(烧烤 NOT) 油烟", 4),
        ("😀 OR", 3),
        ("😀😀 (油烟", 5),
        ("𠀀 channel:fax", 11),
        ("😀" * (LONGEST + 1), 2 * LONGEST),
        ("after:2026-W01-1", 6),
        ("name:，", 5),
        ("channel:fax", 8),
        ("status:sleeping", 7),
        ("before:2026-13-01", 7),
        ("after:昨天", 6),
        ("place:无此地", 6),
        ("place:123", 6),
        ("place:4301041", 6),
        ('topic:""', 6),
        ("烧烤 topic:/", 9),
        ("烧烤 channel:(", 3),
        ("(" * (DEEPEST + 2) + "a" + ")" * (DEEPEST + 2), DEEPEST + 1),
        ("烧" * (LONGEST + 1), LONGEST),
    ],
)
def test_an_error_points_at_the_character(text: str, at: int) -> None:
    """So that a front end can mark it: in UTF-16 code units, as ranges are."""
    with pytest.raises(QuerySyntaxError) as caught:
        parse(text)
    assert caught.value.position == at
    assert caught.value.message


@given(ANY_QUERY)
def test_every_input_is_a_query_or_a_syntax_error(text: str) -> None:
    """Whatever is pasted into the box, nothing else is raised, and what is understood can be asked."""
    try:
        compile_query(parse(text))
    except QuerySyntaxError as error:
        at = error.position
    else:
        at = 0
    assert 0 <= at <= len(text.encode("utf-16-le")) // 2


def position_of(text: str) -> int | None:
    """Return where a query goes wrong, None where it does not."""
    try:
        parse(text)
    except QuerySyntaxError as error:
        return error.position
    return None


@given(st.lists(PIECES, max_size=25).map("".join), st.integers(0, 5))
def test_an_error_is_told_in_utf_16(text: str, before: int) -> None:
    """What stands before it, two units each, moves it by as many."""
    wrong = position_of(f"a {text}")
    assert position_of(f"a{'𠀀' * before} {text}") == (None if wrong is None else wrong + 2 * before)


@given(st.lists(st.sampled_from(["烧烤", "油烟", "夜间施工"]), min_size=1, max_size=4), st.data())
def test_a_sign_that_belongs_to_nothing_changes_nothing(found: list[str], data: st.DataObject) -> None:
    """Wherever it stands alone, as in pasted texts."""
    place = data.draw(st.integers(0, len(found)))
    sign = data.draw(
        st.sampled_from([")", "）", "，", "。", "-", "－", "—", "()", "（）", '""', "!", "*", "/", "】", "&&"])
    )
    if sign == "&&":
        place = data.draw(st.sampled_from([0, len(found)]))
    assert parse(" ".join([*found[:place], sign, *found[place:]])) == parse(" ".join(found))


@given(st.lists(st.sampled_from(["烧烤", "油烟", "夜间", "物业"]), min_size=1, max_size=6))
def test_brackets_change_nothing_that_is_weighed(found: list[str]) -> None:
    """A query in brackets is weighed and marked as it is without."""
    text = " ".join(found)
    bare, bracketed = compile_query(parse(text)), compile_query(parse(f"({text})"))
    assert (bare.leaves, bare.words) == (bracketed.leaves, bracketed.words)


@given(st.data())
def test_what_is_rare_makes_hits_and_what_all_say_does_not(data: st.DataObject) -> None:
    """Of a query asked loosely: what hits hold is the rarest, at least one that anything holds, and room for all is."""
    compiled = compile_query(parse("反映夜间施工噪声扰民"))
    total = data.draw(st.integers(100_000, 2_000_000))
    counts: dict[Leaf, int] = {leaf: data.draw(st.integers(0, total)) for leaf in compiled.leaves}
    often = {pair: counts[Term(TokenField.BIGRAMS, pair)] for pair in compiled.typed}
    needed = set(compiled.typed) - common(compiled, total, counts)
    others = set(compiled.typed) - needed
    assert all(often[one] <= often[other] for one in needed for other in others)
    assert not any(often.values()) or any(often[one] for one in needed)
    room = max(ROOM, total * ROOM_SHARE)
    assert sum(often[one] for one in needed) <= room or sum(1 for one in needed if often[one]) == 1
    if others:
        assert sum(often[one] for one in needed) + min(often[one] for one in others) > room


def test_among_few_texts_all_that_is_said_makes_hits() -> None:
    """There it costs nothing to look at all of them."""
    compiled = compile_query(parse("夜间施工噪声"))
    assert common(compiled, 600, dict.fromkeys(compiled.leaves, 600)) == frozenset()
