"""Who wrote a letter: what its labelled and closing lines say, and nothing that they do not clearly say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.labels import Label, segments
from connectors.letters.signing import Signed, read_signed
from graph.records import MentionDraft, MentionRole, PartyKind

BODY = "楼下的烧烤店夜里还在营业，油烟很大。\n我们多次反映，没有结果。"
NUMBER = "430103197803141234"
ADDRESS = "长沙市芙蓉区望麓街道碧溪国际14栋1单元804"


def signed(*lines: str) -> Signed:
    """Read a letter that ends in these lines; its text must be left alone."""
    found = read_signed("\n".join((BODY, *lines)))
    assert found.text.startswith(BODY)
    return found


def only(*lines: str) -> MentionDraft:
    """Read a letter that one person signed."""
    found = signed(*lines)
    assert found.text == BODY
    (mention,) = found.mentions
    assert mention.role is MentionRole.PETITIONER
    return mention


ALL = MentionDraft(
    role=MentionRole.PETITIONER, name="张三", identity_number=NUMBER, phone="13812341234", address=ADDRESS
)


@pytest.mark.parametrize(
    "lines",
    [
        ("姓名：张三", "电话：13812341234", f"身份证号：{NUMBER}", f"住址：{ADDRESS}"),
        (f"反映人: 张三  联系电话: 13812341234  身份证号码: {NUMBER}", f"家庭住址: {ADDRESS}"),
        ("　　姓　　名：张三", "　　电　　话：13812341234", f"　　身份证：{NUMBER}", f"　　地　　址：{ADDRESS}"),
        (
            "1、姓名：张三",
            "2、手机号码：13812341234（微信同号）",
            f"3、公民身份号码：{NUMBER}",
            f"4、现住址：{ADDRESS}",
        ),
        (f"姓名\t张三\t电话\t13812341234\t身份证号\t{NUMBER}", f"住址\t{ADDRESS}"),
        (f"举报人：张三（签名），身份证号：{NUMBER}，电话：13812341234", f"联系地址：{ADDRESS}"),
        ("【姓名】张三", "【电话】13812341234", f"【身份证号】{NUMBER}", f"【住址】{ADDRESS}"),
        (f"电话：13812341234，身份证号：{NUMBER}", f"住址：{ADDRESS}", "写信人：张三"),
        (f"写信人：张三，13812341234，{NUMBER}", f"地址：{ADDRESS}"),
        ("信访人 张三", "联系电话 13812341234", f"身份证号 {NUMBER}", f"住址：{ADDRESS}"),
    ],
)
def test_one_writer_in_any_layout(lines: tuple[str, ...]) -> None:
    """The usual words, in the usual order or not, blanks in them, several on a line; all leave the text."""
    assert only(*lines) == ALL


@pytest.mark.parametrize(
    ("line", "phone"),
    [
        ("电话：0731-85551234", "0731-85551234"),
        ("电话：138 1234 1234", "138 1234 1234"),
        ("电话：+86 13812341234", "+86 13812341234"),
        ("座机：85551234", "85551234"),
        ("电话：13812341234、13912341234", "13812341234"),
    ],
)
def test_a_phone_is_kept_as_it_is_written(line: str, phone: str) -> None:
    """Its form is the graph's matter; of several the first counts."""
    assert only("姓名：张三", line).phone == phone


def test_a_number_that_is_none_stays_in_the_text() -> None:
    """Somebody wrote something else there."""
    found = signed("姓名：张三", "电话：找我儿子问", "身份证号：忘记带了")
    assert found.text.endswith("电话：找我儿子问\n身份证号：忘记带了")
    assert found.mentions == (MentionDraft(role=MentionRole.PETITIONER, name="张三"),)


def test_a_paper_of_hong_kong_is_a_number_too() -> None:
    """Permits and passports."""
    assert only("姓名：陈大文", "证件号码：H12345678").identity_number == "H12345678"


def test_several_sign() -> None:
    """One line of names; numbers one each where there are as many, else all to the first."""
    found = signed("联名人：张三、李四、王五", "电话：13812341234")
    assert [(one.name, one.phone) for one in found.mentions] == [
        ("张三", "13812341234"),
        ("李四", None),
        ("王五", None),
    ]
    assert found.signatories == 3
    found = signed("姓名：张三、李四", "电话：13812341234、13912341234")
    assert [one.phone for one in found.mentions] == ["13812341234", "13912341234"]


def test_each_signs_with_a_number() -> None:
    """Groups of lines, one a person."""
    found = signed("姓名：张三", "电话：13812341234", "", "姓名：李四", "电话：13912341234", f"身份证号：{NUMBER}")
    assert [(one.name, one.phone, one.identity_number) for one in found.mentions] == [
        ("张三", "13812341234", None),
        ("李四", "13912341234", NUMBER),
    ]


def test_a_list_of_signatures_below_its_label() -> None:
    """With or without numbers in front and behind."""
    found = signed("联名签名：", "1. 张三 13812341234", "2. 李四", "王五  赵六", "以上情况属实。")
    assert [(one.name, one.phone) for one in found.mentions] == [
        ("张三", "13812341234"),
        ("李四", None),
        ("王五", None),
        ("赵六", None),
    ]
    assert found.text.endswith("以上情况属实。")


def test_a_table_of_signatures() -> None:
    """As Word documents have them."""
    found = signed("序号\t姓名\t电话\t身份证号\t签名", f"1\t张三\t13812341234\t{NUMBER}\t", "2\t李四\t\t\t", "完。")
    assert [(one.name, one.phone, one.identity_number) for one in found.mentions] == [
        ("张三", "13812341234", NUMBER),
        ("李四", None, None),
    ]


def test_and_others_are_counted() -> None:
    """张三等12人: one name, twelve who signed."""
    found = signed("信访人：张三等12人")
    assert [one.name for one in found.mentions] == ["张三"]
    assert found.signatories == 12


def test_others_have_their_own_roles() -> None:
    """Representatives, agents; an organisation that writes."""
    found = signed("信访人：长沙红星贸易有限公司", "代表人：李四", "委托代理人：王五", "电话：13812341234")
    assert [(one.role, one.kind, one.name, one.phone) for one in found.mentions] == [
        (MentionRole.PETITIONER, PartyKind.ORGANISATION, "长沙红星贸易有限公司", None),
        (MentionRole.REPRESENTATIVE, PartyKind.PERSON, "李四", None),
        (MentionRole.AGENT, PartyKind.PERSON, "王五", "13812341234"),
    ]


def test_the_accused_stays_in_the_text() -> None:
    """Who is complained of, and what is said of them, is what the letter is about."""
    lines = ("被举报人：刘某某，某局副局长", "电话：13700001111", "被反映单位：红星物业公司", "举报内容如下。")
    found = signed(*lines, "举报人：张三", "电话：13812341234")
    assert [(one.role, one.kind, one.name, one.phone) for one in found.mentions] == [
        (MentionRole.RESPONDENT, PartyKind.PERSON, "刘某某", "13700001111"),
        (MentionRole.RESPONDENT, PartyKind.ORGANISATION, "红星物业公司", None),
        (MentionRole.PETITIONER, PartyKind.PERSON, "张三", "13812341234"),
    ]
    assert lines[0] in found.text
    assert lines[2] in found.text


def test_numbers_of_somebody_else_are_not_the_writers() -> None:
    """A witness, an official; nor does a number belong to who stands three paragraphs above."""
    found = signed("证人：王五", "电话：13700001111", "举报人：张三")
    assert found.mentions == (MentionDraft(role=MentionRole.PETITIONER, name="张三"),)
    found = signed("被举报单位：红星公司", "他们夜里施工。", "电话：13812341234")
    assert [(one.role, one.phone) for one in found.mentions] == [
        (MentionRole.RESPONDENT, None),
        (MentionRole.PETITIONER, "13812341234"),
    ]


@pytest.mark.parametrize("line", ["姓名：匿名", "署名：不详", "姓名：", "姓名：_______"])
def test_nobody_is_nobody(line: str) -> None:
    """An anonymous letter names no one."""
    assert signed(line).mentions == ()


@pytest.mark.parametrize(
    "line",
    [
        "开发商的电话：0731-85551234，打了没有人接。",
        "业主张三说：他家也一样。",
        "经办人姓名：我们不知道。",
        "问题：张三什么时候退钱？",
        "我的邻居张三住在3栋。",
    ],
)
def test_a_sentence_is_no_label(line: str) -> None:
    """Only what is clearly labelled is taken."""
    found = signed(line)
    assert found.mentions == ()
    assert found.text.endswith(line)


@pytest.mark.parametrize(
    ("lines", "names"),
    [
        (("此致", "敬礼！", "张三", "2024年5月6日"), ["张三"]),
        (("此致敬礼", "", "　　　　张 三", "　　二〇二四年五月六日"), ["张三"]),
        (("望尽快解决为盼", "张三 2024.5.6"), ["张三"]),
        (("谢谢！", "张三、李四、王五"), ["张三", "李四", "王五"]),
        (("此致", "敬礼", "2024年5月6日", "阿不都·买买提"), ["阿不都·买买提"]),
        (("此致", "敬礼", "全体业主", "2024年5月6日"), []),
        (("谢谢大家",), []),
    ],
)
def test_closing_lines_are_read_without_labels(lines: tuple[str, ...], names: list[str]) -> None:
    """A name by the date or after the salute: only what is a name beyond doubt."""
    found = signed(*lines)
    assert [mention.name for mention in found.mentions] == names
    assert not any(name in found.text for name in names)


def test_a_signature_goes_with_its_numbers() -> None:
    """The name unlabelled, the number below it labelled."""
    found = signed("此致", "敬礼", "张三", "电话：13812341234", "2024年5月6日")
    assert [(one.name, one.phone) for one in found.mentions] == [("张三", "13812341234")]


def test_a_writer_who_signs_twice_is_one() -> None:
    """A form at the head, a signature at the foot."""
    found = signed("姓名：张三", "电话：13812341234", "下面是经过。", "签名：张三", "日期：2024年5月6日")
    assert [(one.name, one.phone) for one in found.mentions] == [("张三", "13812341234")]
    assert found.dates == {Label.WRITTEN: "2024年5月6日"}


def test_title_and_days_are_taken() -> None:
    """Letters on forms have them."""
    found = read_signed(f"标题：油烟扰民\n收信日期：2024-05-08\n邮戳日期：2024-05-07\n{BODY}\n日期：2024年5月6日")
    assert found.title == "油烟扰民"
    assert found.dates == {Label.RECEIVED: "2024-05-08", Label.POSTMARKED: "2024-05-07", Label.WRITTEN: "2024年5月6日"}
    assert found.text == BODY


@given(
    st.text(
        st.sampled_from("姓名电话住址身份证号：: 、，张三李四13812345\t\n（）等人签字被举报 　·一.年月日"), max_size=200
    )
)
def test_any_lines_are_read(text: str) -> None:
    """However labels and names stand together, nothing is raised and nobody is named by a blank."""
    for mention in read_signed(text).mentions:
        assert mention.name is None or mention.name.strip()


@given(st.text(max_size=100))
def test_segments_keep_what_a_line_says(line: str) -> None:
    """A labelled line is cut, not shortened."""
    assert all(segment.raw in line for segment in segments(line))
