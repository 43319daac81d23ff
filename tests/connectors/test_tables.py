"""Registers and exports of every channel become drafts with all that their columns say."""

from __future__ import annotations

import base64
import zlib
from datetime import date

import pytest

from connectors.connector import Resource
from connectors.registry import read
from graph.records import (
    Channel,
    Draft,
    HotlineDetails,
    LetterDetails,
    MentionDraft,
    MentionRole,
    PartyKind,
    PetitionKind,
    Refusal,
    RejectionReason,
    Satisfaction,
    Urgency,
    VisitDetails,
    WebDetails,
)
from tests.connectors.factory import (
    HEADINGS,
    OPTIONS,
    ROW,
    drafts,
    instant,
    naive,
    only_refusal,
    readings,
    text_table,
    workbook,
)

TICKET_HEADINGS = (
    *("工单编号", "来电时间", "来电人", "联系电话", "身份证号", "工单类型", "问题分类", "所属区域", "标题", "诉求内容"),
    *("紧急程度", "承办单位", "办理期限", "答复内容", "答复单位", "答复时间", "回访时间", "满意度"),
    *("被反映人", "被反映单位", "事发地址"),
)
TICKET = (
    *(2549.0, "2024/5/6 7:08:09", "张三", 13812341234, "430102199001011234", "举报", "城乡建设/市容", "岳麓区"),
    *(
        "油烟扰民",
        "\n\t 楼下的烧烤店夜里还在营业。　",
        "紧急",
        "岳麓区城管局",
        "2024-05-09",
        "已责令整改。",
        "岳麓区城管局",
    ),
    *(naive("2024-05-08 09:00"), "2024年5月10日", "基本满意", "李四、王五", "某某餐饮公司", "桔园路1号"),
)


def test_a_ticket_says_all_that_its_columns_say() -> None:
    """Each column of a hotline export has its place in the draft, cleaned of blanks and of what Excel made of it."""
    (draft,) = drafts(workbook([TICKET_HEADINGS, TICKET]))
    assert (draft.channel, draft.source, draft.external_id) == (Channel.HOTLINE, "test", "2549")
    assert draft.received_at == instant("2024-05-06 07:08:09")
    assert draft.text == "楼下的烧烤店夜里还在营业。\n事发地址：桔园路1号"
    assert (draft.title, draft.topic, draft.division, draft.organ) == (
        "油烟扰民", "城乡建设/市容", "岳麓区", "岳麓区城管局",
    )  # fmt: skip
    assert draft.kind is PetitionKind.ACCUSATION
    assert draft.mentions == (
        MentionDraft(
            role=MentionRole.PETITIONER, name="张三", identity_number="430102199001011234", phone="13812341234"
        ),
        MentionDraft(role=MentionRole.RESPONDENT, name="李四"),
        MentionDraft(role=MentionRole.RESPONDENT, name="王五"),
        MentionDraft(role=MentionRole.RESPONDENT, kind=PartyKind.ORGANISATION, name="某某餐饮公司"),
    )
    (reply,) = draft.replies
    assert (reply.text, reply.organ, reply.at) == ("已责令整改。", "岳麓区城管局", instant("2024-05-08 09:00"))
    (call_back,) = draft.call_backs
    assert (call_back.at, call_back.satisfaction) == (instant("2024-05-10"), Satisfaction.PARTLY_SATISFIED)
    assert draft.details == HotlineDetails(ticket_type="举报", urgency=Urgency.URGENT, due_at=instant("2024-05-09"))
    assert draft.position == "t.xlsx row 2"


def test_a_visit_has_its_representatives_and_reception() -> None:
    """The register of visits gives head count, place, receiver, leader's reception, and each representative once."""
    rows = [
        ("来访人", "来访时间", "反映问题", "来访人数", "代表姓名", "接待地点", "接待人", "是否领导接访", "是否越级"),
        (
            "张三",
            naive("2024-05-06 09:30"),
            "要求发放工资。",
            "12人",
            "张三、李四 王五",
            "市接待中心",
            "赵科长",
            "是",
            "否",
        ),
    ]
    (draft,) = drafts(workbook(rows), channel=Channel.VISIT)
    assert [(mention.role, mention.name) for mention in draft.mentions] == [
        (MentionRole.PETITIONER, "张三"),
        (MentionRole.REPRESENTATIVE, "李四"),
        (MentionRole.REPRESENTATIVE, "王五"),
    ]
    assert draft.details == VisitDetails(
        head_count=12, reception_place="市接待中心", received_by="赵科长", leader_reception=True, skip_level=False
    )
    assert draft.external_id is None


def test_a_registered_letter_names_its_signatories() -> None:
    """Several names in one cell are several petitioners; what is one each is given to each, an address to the first."""
    rows = [
        ("来信编号", "收信日期", "邮戳日期", "来信人", "联系电话", "地址", "来信内容", "署名人数", "附件"),
        (
            "L1",
            date(2024, 5, 6),
            "2024.5.3",
            "张三、李四等5人",
            "13811111111/13822222222",
            "桔园路1号",
            "水管漏水。",
            5,
            "照片若干",
        ),
    ]
    (draft,) = drafts(workbook(rows), channel=Channel.LETTER)
    assert draft.mentions == (
        MentionDraft(role=MentionRole.PETITIONER, name="张三", phone="13811111111", address="桔园路1号"),
        MentionDraft(role=MentionRole.PETITIONER, name="李四", phone="13822222222"),
    )
    assert draft.details == LetterDetails(postmarked_on=date(2024, 5, 3), signatories=5, enclosures=None)
    assert draft.received_at == instant("2024-05-06")


def test_a_web_message_has_its_account_and_likes() -> None:
    """A user name is an account and no name; a reply without a text is none."""
    rows = [
        (
            "留言编号",
            "留言用户",
            "留言主题",
            "留言时间",
            "留言详情",
            "答复意见",
            "答复时间",
            "点赞数",
            "反对数",
            "来源平台",
        ),
        (7, "A0001", "路灯", "2019/4/25 9:32:09", "路灯坏了。", None, None, 3, 0, "民声"),
    ]
    (draft,) = drafts(workbook(rows), channel=Channel.WEB)
    assert draft.mentions == (MentionDraft(role=MentionRole.PETITIONER, account="A0001"),)
    assert draft.details == WebDetails(platform="民声", likes=3, dislikes=0)
    assert not draft.replies


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030", "gb2312"])
@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_text_tables_are_read_in_the_encodings_and_with_the_marks_in_use(encoding: str, mark: str) -> None:
    """The same table gives the same draft however it is written."""
    (draft,) = drafts(text_table([HEADINGS, ROW], encoding, mark), name="t.csv")
    assert (draft.external_id, draft.text, draft.mentions[0].name) == ("1", ROW[4], "张三")


def test_a_workbook_and_a_text_table_say_the_same() -> None:
    """Only the payload's way of writing may differ between forms of one table."""
    (left,) = drafts(workbook([HEADINGS, ROW]), name="a.xlsx")
    (right,) = drafts(text_table([HEADINGS, ROW]), name="a.csv")
    assert (left.text, left.mentions, left.received_at, left.details) == (
        right.text, right.mentions, right.received_at, right.details,
    )  # fmt: skip


OLD_WORKBOOK = zlib.decompress(
    base64.b64decode(
        "eNrtWF9IU2EUP9+9d3NbOrc1LS1sCJqZgyKEkHQmlPTQ0Czsv802UnQqUwND0tI9SWRERNHLwB56WeWDpRXUQ1AgGPVQBMLs70NP"
        "gf2B1Nv5zr1bbhY4KMG4v8t37jnn+875zvf/u/fZhDUSup09BQkoAxHmZCPo5+kYJmNUsADmyzJno28DJlnDsoLRgAOp18G9tPEU"
        "PoZ8vKdAgFvSI6QAbzAdhjZwt7b4HEuICorBw3gMpUgZXEONGbIoKhvR40RXEr1JJe8TLSfNOaKlWDbCDsKEy124VZ3F+4VcyjMD"
        "93uHbF6TZjNkwBM+i3sGmVJWB9sDjZ7mZZaRI6XCEOCAVvpafAEur4br2FPQhXD6/U6v19HQUOL3l7S3R8COoz4EX2QHwHR0eT90"
        "aPql1TNA/fd4fcof9AYczUT9RUEC6AX5GK2WIO7UbkmZFB0z4KGNm69wCdj7I/tqMnu+1SDrO1Hc+dU3fUlU2DE0YXt7f3QXd04O"
        "IPt0oKI5WD16CD066ozuNGDdjSvc/Sc/tr1ru3x07YHxC6/OF9Tm9We7hU0mfjrQbmKJ203SaJWlIvVCOvFWWmsWbMXMjc/Pd9dX"
        "uepI00sniHLO5PHWgAxnuAUamymHGoSTHKCQLDYSPUte1xCfTdSOZfCdX5WhMjv7qEw/5eZjPVsIL1zr5/EFyAc/Vd/NCb51bUA+"
        "XDl1yh5+6QpBLnafF+350wdFrIhdvcIx6oq+mbonTRLNWrA/GQSLGrusHqbpMAsmYq1EFYn3DotJgtpXiiSiJMYkCSVJ9cwSPJ8W"
        "TKSz0giI2Hs8chsMhob7djk/lHMPjLzrYvkixTE4sW3MWKHkS6o9r0FIqOGB2l4rxWKD8GPev9xOiPMrLPArxPkVf+NXJL9m8jtM"
        "fvWwDrWS2n5+y1AMjLCKgQdTvaFMsMEIjwi3/18wgQYNGjRo0KBBg4Y4MLplAt2rJPVurVc/Ffh/nVlMc9pvkv8We6AVnw78ltwB"
        "LfgOQFdS8ycTdCzqiy3SJvq/kKMWaw9AE9RTHE1Jz1/8CmHz27NoQ8vfW0LJ1j+XTJz/uP6fJ0wELg=="
    )
)
"""A workbook of before 2007: two tickets, and one whose text is a formula that was never computed."""


def test_a_workbook_of_before_2007_is_read() -> None:
    """Numbers come as fractions and dates without time there; a formula is told only by having no result."""
    found = readings(OLD_WORKBOOK, name="t.xls")
    first, second, third = found
    assert isinstance(first, Draft)
    assert isinstance(second, Draft)
    assert isinstance(third, Refusal)
    assert (first.external_id, first.received_at) == ("1", instant("2024-05-06 07:08:09"))
    assert first.mentions == (MentionDraft(role=MentionRole.PETITIONER, name="张三", phone="13812341234"),)
    assert second.received_at == instant("2024-05-07")


def test_blank_sheets_are_passed_over_unless_all_are() -> None:
    """New workbooks used to have three sheets, of which one was filled."""
    assert len(drafts(workbook([HEADINGS, ROW], [], []))) == 1
    assert only_refusal(workbook([], [], [])).reason is RejectionReason.EMPTY


def test_titles_above_the_headings_are_passed_over() -> None:
    """The heading row is the first that names text and time; rows keep the numbers a spreadsheet program shows."""
    rows = [["2024年5月热线工单登记表"], [], ["制表：热线办"], HEADINGS, ROW, [], ROW]
    assert [draft.position for draft in drafts(workbook(rows, merged=["A1:E1"]))] == ["t.xlsx row 5", "t.xlsx row 7"]


def test_headings_under_a_merged_heading_are_read_together() -> None:
    """Where one heading spans columns that have headings of their own, these count."""
    rows = [
        ("编号", "来电人信息", None, "来电时间", "诉求内容"),
        (None, "姓名", "电话", None, None),
        ("1", "张三", "13812341234", "2024-05-06", "路灯坏了。"),
    ]
    (draft,) = drafts(workbook(rows, merged=["B1:C1", "A1:A2", "D1:D2", "E1:E2"]))
    assert draft.mentions == (MentionDraft(role=MentionRole.PETITIONER, name="张三", phone="13812341234"),)
    assert draft.position == "t.xlsx row 3"


def test_all_visible_sheets_are_read() -> None:
    """A year's workbook has a sheet a month; hidden ones hold lists to choose from and are left out."""
    content = workbook([HEADINGS, ROW], [HEADINGS, ROW], [["一般"], ["紧急"]], hidden=[2])
    assert [draft.position for draft in drafts(content)] == ["t.xlsx row 2", "t.xlsx sheet 2 row 2"]


def test_a_sheet_that_is_no_register_is_told_and_the_others_go_in() -> None:
    """A visible sheet without headings may hold records, so it is refused aloud."""
    found = readings(workbook([HEADINGS, ROW], [["填表说明"], ["每行一件"]]))
    assert [type(reading) for reading in found] == [Draft, Refusal]
    assert isinstance(found[1], Refusal)
    assert (found[1].reason, found[1].position) == (RejectionReason.HEADINGS, "t.xlsx")


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_text_table_may_say_that_its_digits_are_texts(encoding: str) -> None:
    """As `="00123"`, which keeps a spreadsheet from making a number of it; headings and times are written so, too."""
    rows = [[f'="{cell}"' for cell in row] for row in (HEADINGS, ROW, [""] * 5)]
    content = "\r\n".join(",".join(row) for row in rows).encode(encoding)
    for given in (content, text_table(rows, encoding)):
        (draft,) = drafts(given, "t.csv")
        assert (draft.external_id, draft.received_at, draft.text) == (ROW[0], instant(ROW[1]), ROW[4])
        assert draft.mentions[0].phone == ROW[3]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("marks", [0, 1, 2, 3])
def test_byte_order_marks_are_no_part_of_the_first_heading(encoding: str, marks: int) -> None:
    """Two programs on the way put one each, before a quotation mark as well."""
    quoted = text_table([HEADINGS, ROW], encoding).replace(
        HEADINGS[0].encode(encoding), f'"{HEADINGS[0]}"'.encode(encoding)
    )
    (draft,) = drafts("\ufeff".encode(encoding) * marks + quoted, "t.csv")
    assert draft.external_id == ROW[0]


@pytest.mark.parametrize("end", [b"\x1a", b"\r\n\x1a", b"\x1a\x1a"])
def test_a_text_table_may_end_as_those_of_dos(end: bytes) -> None:
    """With a mark, which is no record."""
    assert len(drafts(text_table([HEADINGS, ROW]).rstrip() + end, "t.csv")) == 1


def test_a_text_table_may_name_its_mark() -> None:
    """In a first line that is for Excel."""
    assert len(drafts(b"sep=;\r\n" + text_table([HEADINGS, ROW], mark=";"), "t.csv")) == 1


@pytest.mark.parametrize("ends", ["\n", "\r", "\r\n"])
def test_lines_may_end_in_each_way(ends: str) -> None:
    """Also within a cell, and where a block that is decoded at once ends between the two characters."""
    long = "路灯坏了。" * 5_000
    content = ends.join(["工单编号,来电时间,诉求内容", *[f'{at},2021-3-5,"{long}{ends}{at}"' for at in range(20)]])
    found = drafts(content.encode("gb18030"), "t.csv")
    assert [draft.text.endswith(f"\n{at}") for at, draft in enumerate(found)] == [True] * 20


@pytest.mark.parametrize("nothing", [r"\N", "NULL", "(null)", "无", "-", "NaN"])
def test_words_for_nothing_are_nothing(nothing: str) -> None:
    """As databases export what they do not have: a title is taken from the text, and nobody is called NULL."""
    headings = (*HEADINGS, "标题", "承办单位", "答复内容", "答复时间", "办理期限", "紧急程度")
    (draft,) = drafts(text_table([headings, ("1", ROW[1], nothing, nothing, "路灯坏了。", *[nothing] * 6)]), "t.csv")
    assert (draft.title, draft.organ, draft.replies, draft.mentions) == ("路灯坏了", None, (), ())
    assert draft.details == HotlineDetails()


def test_blank_rows_are_passed_over_in_silence() -> None:
    """A row of blanks is no record."""
    assert len(drafts(workbook([HEADINGS, ROW, [None] * 5, [" ", "\t", "　", None, ""], ROW]))) == 2


def test_a_day_and_a_time_in_two_columns_are_one_moment() -> None:
    """Registers write the day and the time of day apart."""
    rows = [
        ("来访日期", "来访时间", "来访事由"),
        ("2024-05-06", "下午3:20", "要求发放工资。"),
        ("2024-05-06", None, "工资。"),
    ]
    assert [draft.received_at for draft in drafts(workbook(rows), channel=Channel.VISIT)] == [
        instant("2024-05-06 15:20"),
        instant("2024-05-06"),
    ]


def test_a_title_is_taken_from_the_text_where_none_is_given() -> None:
    """Its first sentence, cut where that is long."""
    long = "某" * 60
    first, second = drafts(workbook([HEADINGS, ROW, (*ROW[:4], long)]))
    assert first.title == "楼下的烧烤店夜里还在营业"
    assert second.title == "某" * 39 + "…"


def test_nobody_is_named_by_a_word_for_nobody() -> None:
    """匿名 and 无 are no names: equal ones would make strangers one party."""
    (draft,) = drafts(workbook([HEADINGS, ("1", ROW[1], "匿名", "无", "路灯坏了。")]))
    assert draft.mentions == ()


def test_a_file_is_read_as_it_is_asked_for() -> None:
    """The stream is lazy: the first record comes before the rest is parsed."""
    rows = [HEADINGS, *([ROW] * 50)]
    stream = read(Channel.HOTLINE, Resource.from_bytes("t.csv", text_table(rows)), OPTIONS)
    assert isinstance(next(stream), Draft)


def test_a_row_keeps_its_cells_as_received() -> None:
    """The payload is the row under its own headings, so that a refused one can be read again."""
    refusal = only_refusal(workbook([(*HEADINGS, "备注"), ("1", None, "张三", None, "x", "是"), (*ROW, None)]))
    assert b'"\xe5\xa4\x87\xe6\xb3\xa8":"\xe6\x98\xaf"' in refusal.payload
    assert refusal.reason is RejectionReason.MISSING_FIELD
