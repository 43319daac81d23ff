"""Numbers inside texts: found however they are typed and whatever surrounds them, and nothing else is taken for one."""

from __future__ import annotations

from contextlib import closing
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from openpyxl import load_workbook

from graph.identity import identity_check, mask_card, mask_email, mask_identity, mask_phone, normal_identity
from graph.text import numbers
from graph.text.numbers import NumberKind, found, masked, whole
from graph.text.signs import plain_digits
from tests.text import spellings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

WIDE = {ord("0") + digit: 0xFF10 + digit for digit in range(10)} | {
    ord("X"): 0xFF38,
    ord("-"): 0xFF0D,
    ord(" "): 0x3000,
}
DIGITS = st.sampled_from("0123456789")


def digits(count: int) -> st.SearchStrategy[str]:
    """Return strategies for so many digits."""
    return st.text(DIGITS, min_size=count, max_size=count)


def grouped(number: str, sizes: tuple[int, ...], joint: str) -> str:
    """Return a number in groups."""
    parts, at = [], 0
    for size in sizes:
        parts.append(number[at : at + size])
        at += size
    return joint.join(parts)


@st.composite
def mobiles(make: st.DrawFn) -> tuple[NumberKind, str, str]:
    """Draw a mobile number: what it is, how it is typed, its normal value."""
    number = "1" + make(st.sampled_from("3456789")) + make(digits(9))
    typed = grouped(number, make(st.sampled_from([(11,), (3, 4, 4), (3, 8), (7, 4)])), make(st.sampled_from(" -")))
    prefix = make(st.sampled_from(["", "+86", "+86 ", "86-", "0086", "0086 ", "+86-", "(+86)"]))
    return NumberKind.PHONE, prefix + typed, number


@st.composite
def landlines(make: st.DrawFn) -> tuple[NumberKind, str, str]:
    """Draw a landline with its area code."""
    area = make(st.sampled_from(["010", "021", "0731", "0731", "0755"]))
    local = make(st.sampled_from("2345678")) + make(digits(make(st.sampled_from([6, 7]))))
    typed = make(st.sampled_from([f"{area}-{local}", f"({area}){local}", f"{area}{local}", f"{area} {local}"]))
    return NumberKind.PHONE, typed, area + local


@st.composite
def identities(make: st.DrawFn) -> tuple[NumberKind, str, str]:
    """Draw an identity number of today's form."""
    born = make(st.dates(date(1900, 1, 1), date(2025, 12, 31))).strftime("%Y%m%d")
    first = make(st.sampled_from(["430104", "110105", "650102"])) + born + make(digits(3))
    number = first + identity_check(first)
    sizes = make(st.sampled_from([(18,), (6, 8, 4), (6, 4, 4, 4), (4, 4, 4, 4, 2), (3, 3, 4, 4, 4)]))
    typed = grouped(number, sizes, make(st.sampled_from([" ", "-"])))
    return NumberKind.IDENTITY, make(st.sampled_from([typed, typed.lower()])), number


@st.composite
def old_identities(make: st.DrawFn) -> tuple[NumberKind, str, str]:
    """Draw an identity number of before 1999."""
    born = make(st.dates(date(1910, 1, 1), date(1998, 12, 31))).strftime("%y%m%d")
    number = "430104" + born + make(digits(3))
    longer = number[:6] + "19" + number[6:]
    return NumberKind.IDENTITY, number, longer + identity_check(longer)


@st.composite
def cards(make: st.DrawFn) -> tuple[NumberKind, str, str]:
    """Draw a bank card of 13 to 19 digits."""
    first = make(st.sampled_from(["4", "51", "62", "62", "95"]))
    number = first + make(digits(make(st.sampled_from([13, 16, 18, 19])) - 1 - len(first)))
    total = sum(sum(divmod(int(digit) * 2, 10)) for digit in number[::-2]) + sum(map(int, number[-2::-2]))
    number += str(-total % 10)
    sizes = (4,) * (len(number) // 4) + ((len(number) % 4,) if len(number) % 4 else ())
    typed = make(st.sampled_from([number, grouped(number, sizes, " "), grouped(number, sizes, "-")]))
    return NumberKind.CARD, typed, number


@st.composite
def emails(make: st.DrawFn) -> tuple[NumberKind, str, str]:
    """Draw an e-mail address."""
    local = make(st.from_regex(r"[a-zA-Z0-9][a-zA-Z0-9._-]{0,20}", fullmatch=True))
    address = f"{local}@{make(st.sampled_from(['qq.com', '163.com', 'mail.gov.cn']))}"
    return NumberKind.EMAIL, address, address.lower()


NUMBERS = st.one_of(mobiles(), landlines(), identities(), old_identities(), cards(), emails())
CHINESE = st.text(
    st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF).filter(lambda sign: not plain_digits(sign).isascii()),
    max_size=8,
)
"""But words for digits, which `test_words_that_are_digits_hide_no_number` has."""
SIGNS = st.sampled_from(["", "，", "。", "：", "；", "“", "、", "\n", "！"])


@given(NUMBERS, CHINESE, CHINESE, SIGNS, SIGNS, st.booleans())
def test_a_number_is_found_whatever_surrounds_it(
    number: tuple[NumberKind, str, str], before: str, after: str, left: str, right: str, wide: bool
) -> None:
    """Glued to Chinese characters, behind a colon, in full width: its kind, its place and its normal value."""
    kind, typed, value = number
    if wide and kind is not NumberKind.EMAIL:
        typed = typed.translate(WIDE)
    text = f"{before}{left}{typed}{right}{after}"
    (one,) = found(text)
    start = len(before) + len(left)
    # A bracket around a country's prefix belongs to the number where both are there.
    assert (one.kind, one.value, one.start, one.end) == (kind, value, start, start + len(typed))
    assert whole(typed) is not None
    assert typed not in masked(text)
    assert masked(text).startswith(before + left)
    assert masked(text).endswith(right + after)


@given(
    st.lists(st.one_of(NUMBERS.map(lambda one: one[1]), CHINESE, SIGNS, st.text("0123456789 -()*+@xX.", max_size=12)))
)
def test_masking_what_is_masked_changes_nothing(pieces: list[str]) -> None:
    """Whatever stands next to each other, also masks that a source has put."""
    once = masked("".join(pieces))
    assert masked(once) == once
    assert found(once) == ()


@given(st.lists(NUMBERS, min_size=1, max_size=4))
def test_several_numbers_are_found_one_by_one(several: list[tuple[NumberKind, str, str]]) -> None:
    """A list of them with what people put between."""
    assert [(one.kind, one.value) for one in found("、".join(one[1] for one in several))] == [
        (kind, value) for kind, _, value in several
    ]


@given(st.text(st.characters(exclude_categories=["Nd", "Nl", "No", "Cs"]), max_size=200))
def test_a_text_without_digits_has_no_number_but_addresses(text: str) -> None:
    """Whatever else it holds."""
    assert all(one.kind is NumberKind.EMAIL for one in found(text))


@given(NUMBERS, digits(3))
def test_a_part_of_a_longer_run_is_no_number(number: tuple[NumberKind, str, str], more: str) -> None:
    """Ticket numbers of 25 digits hold telephone numbers by chance."""
    kind, typed, _ = number
    assume(kind is not NumberKind.EMAIL and typed.isdigit())
    long = typed + "0" * max(0, 25 - len(typed)) + more
    assert found(f"工单编号{long}。") == ()


@pytest.mark.parametrize(
    "text",
    [
        "请拨打12345或110，服务热线400-820-8820、800-810-8888、95588、0731-12345",
        "湘政发〔2020〕12号，2020-01-12 12:30:11，2019年12月31日至2020年1月15日",
        "共计12345678.90元，面积1234.5平方米，1998-2005 2006-2010",
        "工单编号20200112345678901，430104202001120002，地块编号430104001002GB00123，GD2020011200012345",
        "公交有19、812、501、213、139、602、701等，7、55、802、147、226、262、26、38栋，+86 400-820-8820",
        "写给a@b。谢谢，发到a@b. 谢谢",
        "2026.11.29 10:30，2026/11/29 10:30:11，1.3812341234，0.7318888888，①②③ 二〇二六年十一月二十九日",
        "一二三四五六七八九十，138号楼1501室",
        "卡号6222021234567890124",  # fails Luhn
        "GB 51039-2014，长发改[2017]236号，邮编410000，3.14159265358979",
        "138****1234，43**************1X，6222****0123，z***@qq.com",
        "",
    ],
)
def test_what_is_no_number_of_a_person_stays(text: str) -> None:
    """Service numbers, dates, amounts, documents, tickets, and what is masked already."""
    assert masked(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("电话13812341234谢谢", "电话138****1234谢谢"),
        ("卡号 6222 0212 3456 7890 128。", "卡号 6222****0128。"),
        ("身份证１１０１０５１９４９１２３１００２ｘ", "身份证11**************2X"),
        ("老证430104800101123", "老证43**************23"),
        ("(0731)8888888，（0731）88881234转2", "073****8888，073****1234转2"),
        ("（+86）13812341234", "138****1234"),
        ("一三八一二三四五六七八", "138****5678"),
        ("电话幺叁八一二三四五六七〇。", "电话138****5670。"),
        ("①③⑧①②③④①②③④", "138****1234"),
        ("①13812341234", "①138****1234"),
        ("١٣٨١٢٣٤١٢٣٤", "138****1234"),
        ("1\u00ad3\u200b8\u200e12341234", "138****1234"),
        ("138.1234.1234、138/1234/1234、138_1234_1234", "138****1234、138****1234、138****1234"),
        ("138   1234\r\n1234", "138****1234"),
        ("1381 2341 234", "138****1234"),
        ("1381234123413912341234", "138****1234139****1234"),
        ("11010519491231001113812341234", "11**************11138****1234"),
        ("110105194912310021", "11**************21"),
        ("zhang @ qq.com，zhang＠qq．com", "z***@qq.com，z***@qq.com"),
        ("wx13812341234", "wx138****1234"),
        ("**138 1234 1234**，*13812341234*", "**138****1234**，*138****1234*"),
        ("***13812341234***", "***138****1234***"),
        ("13812341234/13912341234 430104", "138****1234/139****1234 430104"),
        ("11010519491231002X13812341234", "11**************2X138****1234"),
        ("13812341234110105194912310021", "138****123411**************21"),
        ("一三八、一二三四、五六七八", "138****5678"),
        ("幺 三 八，一 二 三 四", "幺 三 八，一 二 三 四"),
        ("1三八1二3四1二三4", "138****1234"),
        ("张三一三八一二三四五六七八一直没人接", "张三138****5678一直没人接"),
        ("138-12\n34-1234", "138****1234"),
        ("138\u00ad\u200b\u200e\u200f12341234", "138****1234"),
        ("1️⃣3️⃣8️⃣1️⃣2️⃣3️⃣4️⃣1️⃣2️⃣3️⃣4️⃣", "138****1234"),
        ("11010519491231002×", "11**************2X"),
        ("110105 19491331 0021", "11**************21"),
        ("a @ b . com，zhang\u200bsan@q\u00adq.com，li@qq。com。", "a***@b.com，z***@qq.com，l***@qq.com。"),
        ("0735---3323506", "073****3506"),
        ("邮箱Zhang.San@qq.com谢谢", "邮箱z***@qq.com谢谢"),
    ],
)
def test_masks_are_those_of_mentions(text: str, shown: str) -> None:
    """What everybody sees of a text is what they see of a person."""
    assert masked(text) == shown


@pytest.mark.parametrize("name", spellings.NAMES)
@given(data=st.data())
def test_a_number_is_found_in_every_spelling(name: str, data: st.DataObject) -> None:
    """Any script or several, signs that nobody sees, any joint, a line's end inside a group; all of it is masked."""
    one = spellings.spelling(lambda several: data.draw(st.sampled_from(several)), name)
    told = found(f"电话{one.typed}谢谢")
    if name == "service":
        assert told == ()
        return
    assert [(number.start, number.end) for number in told] == [(2, 2 + len(one.typed))]
    if one.kind:
        assert (told[0].kind, told[0].value) == (one.kind, one.value)
    assert found(masked(f"电话{one.typed}谢谢")) == ()


WORDS_BEFORE = st.sampled_from(["张三", "李四", "王五", "第一", "①", "共三", "住户二", ""])
WORDS_BEHIND = st.sampled_from(["一直没人接", "三天", "一下", "二楼", "③", ""])


@given(WORDS_BEFORE, mobiles() | identities(), WORDS_BEHIND, st.sampled_from(spellings.WORDS) | st.none())
def test_words_that_are_digits_hide_no_number(
    before: str, number: tuple[NumberKind, str, str], behind: str, words: str | None
) -> None:
    """A name before and an adverb behind, where the number is in digits and where it is dictated."""
    kind, _, value = number
    typed = value if words is None else value.translate({ord(digit): words[int(digit)] for digit in "0123456789"})
    assert (kind, value) in [(one.kind, one.value) for one in found(f"{before}{typed}{behind}")]


SURE = st.one_of(mobiles(), identities())
GLUED = st.one_of(SURE, landlines(), old_identities())


@given(st.lists(GLUED, min_size=1, max_size=3), SURE, st.lists(GLUED, max_size=2))
def test_numbers_without_a_gap_are_all_masked(
    before: list[tuple[NumberKind, str, str]],
    sure: tuple[NumberKind, str, str],
    behind: list[tuple[NumberKind, str, str]],
) -> None:
    """One behind the other in one run, an X in the middle of it too: no two digits of them are left side by side."""
    parts = ["".join(sign for sign in number[1] if sign in "0123456789xX") for number in [*before, sure, *behind]]
    told = found("".join(parts))
    assert sum(one.end - one.start for one in told) == len("".join(parts))


@pytest.mark.parametrize(
    "piece",
    [
        "1 ",
        "13812341234 ",
        "1-2.",
        "1\n",
        "12345678901234 ",
        "13812341234",
        "三",
        "一、",
        "1三",
        "1X",
        "a . ",
        "1\u200b",
    ],
)
def test_work_grows_as_the_text_does(piece: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twice the text is at most a little more than twice the digits looked at, and their readings."""
    steps = 0
    readings, candidate = numbers._Cluster._readings, numbers._Cluster._candidate

    def counted(cluster: numbers._Cluster, start: int, may_end: Callable[[int], bool]) -> Iterator[Any]:
        nonlocal steps
        steps += 1
        return readings(cluster, start, may_end)

    def weighed(cluster: numbers._Cluster, start: int, end: int) -> Any:
        nonlocal steps
        steps += end - start
        return candidate(cluster, start, end)

    monkeypatch.setattr(numbers._Cluster, "_readings", counted)
    monkeypatch.setattr(numbers._Cluster, "_candidate", weighed)
    taken = []
    for count in (1_000, 2_000):
        steps = 0
        masked(piece * count + "@")
        taken.append(steps)
    assert taken[1] <= 2.2 * taken[0]


def test_values_are_those_of_mentions() -> None:
    """A number of a text and one of a form have the same keyed hash."""
    assert found("110105 19491231 002x")[0].value == normal_identity("11010519491231002x")
    assert mask_phone("13812341234") == masked("13812341234")
    assert mask_identity("11010519491231002X") == masked("11010519491231002X")
    assert mask_card("4111111111111111") == masked("4111 1111 1111 1111")
    assert mask_email("zhang@qq.com") == masked("zhang@qq.com")


def test_found_tells_no_number_in_a_traceback() -> None:
    """Kind and place alone."""
    assert repr(found("电话13812341234")) == "(Found(phone, 2, 13),)"


def test_nearly_nothing_is_found_in_real_messages(shared_data: Path) -> None:
    """Their numbers were replaced by zeros, so what is found are offices' landlines, and next to nothing else."""
    texts: list[str] = []
    for name in ("messages.xlsx", "messages_with_replies.xlsx"):
        with closing(load_workbook(shared_data / name, read_only=True)) as book:
            rows = book[book.sheetnames[0]].iter_rows(values_only=True)
            texts += [cell for row in rows for cell in row if isinstance(cell, str)]
    told = [one for text in texts for one in found(text)]
    assert len(texts) > 10_000
    assert {one.kind for one in told} <= {NumberKind.PHONE}
    assert sum(not one.value.startswith("07") for one in told) <= 3
