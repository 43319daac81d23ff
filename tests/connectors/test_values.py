"""Cells are read as what they mean, in the forms in which sheets write them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import values
from connectors.mentions import kind_of, names_of
from connectors.moments import Clock
from connectors.values import UNSEEN, Cell, Formula, ValueFault
from connectors.written import HALVES
from graph.records import PartyKind, PetitionKind, RejectionReason, Satisfaction, Urgency
from tests.connectors.factory import ZONE, instant, naive

NOW = datetime(2026, 11, 24, tzinfo=UTC)
CLOCK = Clock.at(ZONE, NOW)


@pytest.mark.parametrize(
    ("cell", "meant"),
    [
        ("2019/4/25 9:32:09", "2019-04-25 09:32:09"),
        ("2017-06-08 17:31:20", "2017-06-08 17:31:20"),
        ("2017-06-08T17:31:20", "2017-06-08 17:31:20"),
        ("2019年4月25日", "2019-04-25"),
        ("2019年4月25日9时32分", "2019-04-25 09:32"),
        ("2019年4月25日 9时32分09秒", "2019-04-25 09:32:09"),
        ("2019年4月25日9时", "2019-04-25 09:00"),
        ("2019年4月25日 9点整", "2019-04-25 09:00"),
        ("2019-04-25 09:", None),
        ("2019.4.25", "2019-04-25"),
        ("２０１９－０４－２５ ０９：３２", "2019-04-25 09:32"),
        ("2019-04-25 09:32:09.123", "2019-04-25 09:32:09"),
        ("2019-04-25 下午3:20", "2019-04-25 15:20"),
        ("2019-04-25 上午12:05", "2019-04-25 00:05"),
        ("2019年4月25日星期四 9:32", "2019-04-25 09:32"),
        ("20190425", "2019-04-25"),
        ("20190425093209", "2019-04-25 09:32:09"),
        (20190425, "2019-04-25"),
        (43580.397326, "2019-04-25 09:32:09"),
        ("43580", "2019-04-25"),
        (43580, "2019-04-25"),
        (1556155929, "2019-04-25 09:32:09"),
        (1556155929000, "2019-04-25 09:32:09"),
        ("2019-04-25T01:32:09Z", "2019-04-25 09:32:09"),
        ("2019-04-25 01:32:09+00:00", "2019-04-25 09:32:09"),
        (naive("2019-04-25 09:32:09"), "2019-04-25 09:32:09"),
        (date(2019, 4, 25), "2019-04-25"),
        ("\t2019-04-25　", "2019-04-25"),
        ("2021-03-05 24:00:00", "2021-03-06"),
        ("2021年3月5日 24时", "2021-03-06"),
        ("2021年3月5号 9点", "2021-03-05 09:00"),
        ("2021 年 3 月 5 日", "2021-03-05"),
        ("2021年3月5日9点半", "2021-03-05 09:30"),
        ("2021年3月5日 9点一刻", "2021-03-05 09:15"),
        ("二〇二一年十二月二十五日上午十点三刻", "2021-12-25 10:45"),
        ("2021/3/5 晚上12:10", "2021-03-06 00:10"),
        ("2021/3/5 晚上12点", "2021-03-06"),
        ("2021/3/5 凌晨12:10", "2021-03-05 00:10"),
        ("2021/3/5 凌晨3点", "2021-03-05 03:00"),
        ("2021/3/5 中午12点半", "2021-03-05 12:30"),
        ("2021/3/5 中午1点", "2021-03-05 13:00"),
        ("2021/3/5 中午11:40", "2021-03-05 11:40"),
        ("2021/3/5 晚上8点", "2021-03-05 20:00"),
        ("2021/3/5 傍晚6:30", "2021-03-05 18:30"),
        ("2021/3/5 下午15:20", "2021-03-05 15:20"),
        ("2021/3/5 3:20 PM", "2021-03-05 15:20"),
        ("2021/3/5 3:20:07pm", "2021-03-05 15:20:07"),
        ("2021/3/5 12:20 a.m.", "2021-03-05 00:20"),
        ("2021/3/5 12:20 PM", "2021-03-05 12:20"),
        ("2021年3月5日上午", "2021-03-05"),
        ("Fri Mar 05 09:00:00 CST 2021", "2021-03-05 09:00"),
        ("Fri Mar 05 01:00:00 UTC 2021", "2021-03-05 09:00"),
        ("Fri Mar 05 09:00:00 GMT+08:00 2021", "2021-03-05 09:00"),
        ("Fri Mar 05 2021 09:00:00 GMT+0800 (中国标准时间)", "2021-03-05 09:00"),
        ("Fri, 05 Mar 2021 01:00:00 GMT", "2021-03-05 09:00"),
        ("Mar 5, 2021 3:20:00 PM", "2021-03-05 15:20"),
        ("5-Mar-2021", "2021-03-05"),
        ("2021-W09-5T09:00", "2021-03-05 09:00"),
        ("2021-03-05T09:00:00 Friday", "2021-03-05 09:00"),
        ("2021-03-05（周五）09:00", "2021-03-05 09:00"),
        ("2021-03-05T09:00:00.123456+0800", "2021-03-05 09:00"),
        ("2021-03-05T09:00+08:00[Asia/Shanghai]", "2021-03-05 09:00"),
        ("2021-03-05 09:00:00 -0500", "2021-03-05 22:00"),
        ("20210305T093000", "2021-03-05 09:30"),
        ("2021.3.5 9.30", "2021-03-05 09:30"),
        ("2021—03—05", "2021-03-05"),
        ("2021、3、5", "2021-03-05"),
        ("\u200e2021/\u200e3/\u200e5 \u200f9:00", "2021-03-05 09:00"),
        ('="2021-03-05"', "2021-03-05"),
    ],
)
def test_moments_are_read_in_the_forms_in_use(cell: Cell, meant: str | None) -> None:
    """Without a zone they are of the options' zone; what cannot be read for certain is refused."""
    if meant is None:
        with pytest.raises(ValueFault):
            CLOCK.moment(cell)
    else:
        assert CLOCK.moment(cell) == instant(meant)


@pytest.mark.parametrize("cell", [None, "", " ", "　", "-", "无", r"\N", "NULL", "(null)", "NaN", "未填写"])
def test_no_moment_is_none(cell: Cell) -> None:
    """A blank is no fault."""
    assert CLOCK.moment(cell) is None


@pytest.mark.parametrize(
    "cell",
    [
        "4/25/2019",
        "2019-02-30",
        "2019-04-25 25:00",
        "今天",
        0,
        1.5,
        True,
        "1949-12-31",
        "0001-01-01 00:00:00",
        "9999-12-31T23:59:59-12:00",
        "2021-03-05 24:10",
        "2021-03-05 晚上1点",
        "2021-03-05 半夜2:30",
        "2021-03-05 上午13:20",
        "2021-03-05 凌晨9点",
        "2021-03-05 0:10 PM",
        "2021-03-05 09:00-10:00",
        "2021-03-05至2021-03-08",
        "Fri Mar 05 09:00:00 EST 2021",
        "21-3-5",
        "3月5日",
        "2021年3月",
        "2019-04-255",
        "2021-W60-1",
        "2021-03-05 上午3点下午",
    ],
)
def test_what_is_no_moment_is_refused(cell: Cell) -> None:
    """A guess would start the wrong clocks."""
    with pytest.raises(ValueFault) as fault:
        CLOCK.moment(cell)
    assert fault.value.reason is RejectionReason.DATE


@given(st.datetimes(datetime(1992, 1, 1), NOW.replace(tzinfo=None)), st.sampled_from(["-", "/", "."]))  # noqa: DTZ001
def test_a_written_moment_is_read_back(moment: datetime, between: str) -> None:
    """Every second since summer time ended, in each way of writing it."""
    whole = moment.replace(microsecond=0)
    written = whole.strftime(f"%Y{between}%m{between}%d %H:%M:%S")
    assert CLOCK.moment(written) == whole.replace(tzinfo=ZONE)
    serial = (whole - naive("1899-12-30")) / timedelta(days=1)
    assert CLOCK.moment(serial) == whole.replace(tzinfo=ZONE)


@pytest.mark.parametrize(
    ("at", "meant"),
    [
        ("24:00", "2021-03-06"),
        ("晚上12:10", "2021-03-06 00:10"),
        ("3:20 PM", "2021-03-05 15:20"),
        ("9点半", "2021-03-05 09:30"),
        ("上午", "2021-03-05"),
        ("\u200b９：３０", "2021-03-05 09:30"),
        (timedelta(hours=9), "2021-03-05 09:00"),
        ("-", "2021-03-05"),
        ("2021-03-05 10:00", "2021-03-05 10:00"),
    ],
)
def test_a_time_of_day_may_stand_apart(at: Cell, meant: str) -> None:
    """As it is written, and as a spreadsheet holds it."""
    assert CLOCK.join("2021-03-05", at) == instant(meant)


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        ("2021-03-05 晚上1点", "either of two days"),
        ("2021-03-05 上午13:20", "part of the day"),
        ("Fri Mar 05 09:00:00 EST 2021", "time zone"),
    ],
)
def test_what_can_be_meant_in_two_ways_says_how_to_write_it(cell: str, says: str) -> None:
    """The clocks of a case begin with it."""
    with pytest.raises(ValueFault, match=says):
        CLOCK.moment(cell)


def test_a_short_name_of_a_zone_is_that_of_the_reader() -> None:
    """CST is China's in China, and that of a part of America elsewhere: Java writes it so."""
    chicago = Clock.at(ZoneInfo("America/Chicago"), NOW)
    assert chicago.moment("Fri Mar 05 09:00:00 CST 2021") == datetime(2021, 3, 5, 15, tzinfo=UTC)
    with pytest.raises(ValueFault, match="time zone"):
        chicago.moment("Mon Jul 05 09:00:00 CST 2021")


HOURS = st.tuples(st.sampled_from(sorted(HALVES)), st.integers(0, 24), st.integers(0, 59))


@given(HOURS)
def test_an_hour_of_a_part_of_the_day_lies_in_that_part_or_is_refused(hour: tuple[str, int, int]) -> None:
    """None is moved by half a day unseen: 晚上12:10 was noon, 晚上1点 was at one in the afternoon."""
    half, number, minute = hour
    try:
        moment = CLOCK.moment(f"2021-03-05 {half}{number}:{minute:02}")
    except ValueFault:
        return
    assert moment is not None
    since = (moment - instant("2021-03-05")) / timedelta(hours=1)
    begin, end = PARTS[half]
    assert begin <= since < end


PARTS = {
    **dict.fromkeys(["凌晨"], (0, 7)),
    **dict.fromkeys(["清晨", "清早", "早晨", "早上", "早"], (4, 12)),
    **dict.fromkeys(["上午", "am"], (0, 12)),
    **dict.fromkeys(["中午", "正午"], (10, 15)),
    **dict.fromkeys(["下午", "午后", "pm"], (12, 24)),
    **dict.fromkeys(["傍晚"], (16, 21)),
    **dict.fromkeys(["晚上", "晚间", "夜晚", "晚", "夜间", "夜里", "夜", "深夜", "半夜", "午夜"], (17, 25)),
}
WRITTEN = st.text(
    st.sampled_from(
        "0123456789０９年月日号时点分秒半刻整上午下晚凌晨夜PMam:：-/.、, TZ+()（）周五星期MarFriCSTGMT二〇一十\u200b"
    ),
    max_size=40,
)


@given(st.sampled_from(["", "2021-03-05", "2021年3月5日", "Fri Mar 05 "]), WRITTEN)
def test_whatever_is_written_is_a_moment_or_is_refused(begin: str, rest: str) -> None:
    """Nothing else is raised."""
    for read in (CLOCK.moment, lambda cell: CLOCK.join("2021-03-05", cell)):
        try:
            read(begin + rest)
        except ValueFault as fault:
            assert fault.reason is RejectionReason.DATE  # noqa: PT017 - some are no fault


LIKE_A_MOMENT = st.from_regex(
    r"[0-9]{1,4}[-/年.][0-9]{1,2}[-/月.][0-9]{1,2}日?[ T]?[0-9:时分秒点上下午]{0,9}(Z|[+-][0-9]{4})?", fullmatch=True
)


@given(LIKE_A_MOMENT)
def test_what_looks_like_a_moment_is_one_or_is_refused(cell: str) -> None:
    """Days and hours that are not."""
    try:
        CLOCK.moment(cell)
    except ValueFault as fault:
        assert fault.reason is RejectionReason.DATE  # noqa: PT017 - some are no fault


@given(st.text(max_size=30) | st.floats() | st.integers() | st.none() | st.times() | st.timedeltas())
def test_no_cell_makes_reading_raise_anything_else(cell: Any) -> None:
    """A cell is read or is a fault."""
    readers = (CLOCK.moment, values.text, values.code, values.count, values.flag, values.urgency, names_of)
    for read in readers:
        try:
            read(cell)
        except ValueFault as fault:
            # The bound of what is read, and the example, whatever the cell holds.
            said = fault.message.replace("1950", "").replace("2019-04-25 09:32", "")
            assert str(cell) not in said or len(str(cell)) < 3


@given(st.text(st.sampled_from(" \t\n\r　\u200b\ufeffab"), max_size=12))
def test_a_text_has_no_blanks_around_it(cell: str) -> None:
    """Tabs, ends of lines, full-width blanks and characters without width say nothing."""
    found = values.text(cell)
    assert found is None or (found[0] in "ab" and found[-1] in "ab" and "\r" not in found)


@given(st.text(st.sampled_from(UNSEEN), max_size=4), st.text(st.sampled_from(UNSEEN), max_size=4))
def test_marks_without_width_around_a_cell_say_nothing(before: str, after: str) -> None:
    """Nor within a number, where nobody sees them."""
    assert values.text(f"{before}路灯{after}") == "路灯"
    assert values.code(f"{before}138{after}1234{before}") == "1381234"
    assert values.short(f"{before}NULL{after}") is None


@pytest.mark.parametrize(
    ("cell", "meant"), [(r"\N", None), ("NULL", None), ("-", None), ("无", "无"), ("NULL 值", "NULL 值")]
)
def test_a_text_is_nothing_where_no_text_says_so(cell: str, meant: str | None) -> None:
    """What a program writes for nothing is no petition; what a person wrote is read."""
    assert values.said(cell) == meant


def test_a_text_keeps_its_lines() -> None:
    """Paragraphs are part of what was said."""
    assert values.text("一\r\n二\r三\n四") == "一\n二\n三\n四"


@pytest.mark.parametrize(
    ("cell", "meant"),
    [
        *((2549.0, "2549"), ("2549.0", "2549"), (2549, "2549"), ("'0012", "0012"), ("无", None)),
        *(('="0012"', "0012"), ('="13812341234"', "13812341234"), ('=""', None), ('="a""b"', 'a"b')),
        *((r"\N", None), ("NULL", None), ("<null>", None), ("\u202d13812341234\u202c", "13812341234")),
    ],
)
def test_an_id_is_text(cell: Cell, meant: str | None) -> None:
    """Whatever a spreadsheet made of it."""
    assert values.code(cell) == meant


@pytest.mark.parametrize(("cell", "meant"), [("12人", 12), (3, 3), (3.0, 3), ("1,234", 1234), ("", None), ("无", None)])
def test_a_count_is_read(cell: Cell, meant: int | None) -> None:
    """With its measure word or without."""
    assert values.count(cell) == meant


@pytest.mark.parametrize("cell", ["三五个", -1, "1.5", 10**12])
def test_what_is_no_count_is_refused(cell: Cell) -> None:
    """A head count decides whether a visit is a joint one."""
    with pytest.raises(ValueFault):
        values.count(cell)


def test_words_are_known_by_their_variants() -> None:
    """Of satisfaction, urgency, kind, yes and no."""
    assert values.satisfaction("非常满意") is Satisfaction.SATISFIED
    assert values.satisfaction("不满意") is Satisfaction.DISSATISFIED
    assert values.satisfaction("无法接通") is None
    assert values.urgency("特急") is Urgency.CRITICAL
    assert values.kind("投诉举报") is PetitionKind.ACCUSATION
    assert values.kind("意见建议") is PetitionKind.SUGGESTION
    assert values.kind("咨询") is PetitionKind.APPEAL
    assert (values.flag("是"), values.flag("否"), values.flag(None), values.flag("√")) == (True, False, None, True)


def test_a_formula_is_never_a_value() -> None:
    """Whichever reader it comes to."""
    for read in (values.text, values.code, values.count, values.flag, CLOCK.moment):
        with pytest.raises(ValueFault) as fault:
            read(Formula("x"))
        assert fault.value.reason is RejectionReason.FORMULA


@pytest.mark.parametrize(
    ("cell", "names"),
    [
        ("张三", ["张三"]),
        ("张三、李四，王五;赵六", ["张三", "李四", "王五", "赵六"]),
        ("张三 李四等12名业主", ["张三", "李四"]),
        ("John Smith", ["John Smith"]),
        ("买买提·艾力", ["买买提·艾力"]),
        ("匿名", []),
        ("欧阳 锋", ["欧阳 锋"]),
        ("红星公司（张三、李四）、某某厂", ["红星公司（张三、李四）", "某某厂"]),
        ("张三（代表）、李四等", ["张三（代表）", "李四"]),
    ],
)
def test_names_are_told_apart(cell: Cell, names: list[str]) -> None:
    """By marks between them; a blank within one name, or a foreign name's, parts nothing."""
    assert names_of(cell) == names


@pytest.mark.parametrize(
    ("name", "kind"),
    [("某某物业公司", PartyKind.ORGANISATION), ("岳麓区城管局", PartyKind.ORGANISATION), ("张行", PartyKind.PERSON)],
)
def test_an_organisation_is_told_by_its_name(name: str, kind: PartyKind) -> None:
    """Its last characters say what it is; a short name is a person's."""
    assert kind_of(name) is kind
