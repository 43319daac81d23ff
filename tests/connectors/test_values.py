"""Cells are read as what they mean, in the forms in which sheets write them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import values
from connectors.mentions import kind_of, names_of
from connectors.moments import Clock
from connectors.values import Cell, Formula, ValueFault
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
    ],
)
def test_moments_are_read_in_the_forms_in_use(cell: Cell, meant: str | None) -> None:
    """Without a zone they are of the options' zone; what cannot be read for certain is refused."""
    if meant is None:
        with pytest.raises(ValueFault):
            CLOCK.moment(cell)
    else:
        assert CLOCK.moment(cell) == instant(meant)


@pytest.mark.parametrize("cell", [None, "", " ", "　", "-", "无"])
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
        "nan",
        "0001-01-01 00:00:00",
        "9999-12-31T23:59:59-12:00",
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


def test_a_text_keeps_its_lines() -> None:
    """Paragraphs are part of what was said."""
    assert values.text("一\r\n二\r三\n四") == "一\n二\n三\n四"


@pytest.mark.parametrize(
    ("cell", "meant"), [(2549.0, "2549"), ("2549.0", "2549"), (2549, "2549"), ("'0012", "0012"), ("无", None)]
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
