"""Labelled lines of free text: which words stand before a colon, and what may stand behind it. Pure.

Only what is clearly labelled is taken: a line that begins with a label. A number amid a sentence stays where it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from connectors import mentions, values

if TYPE_CHECKING:
    from collections.abc import Iterator


class Label(Enum):
    """What a labelled line says."""

    PETITIONER = auto()
    REPRESENTATIVE = auto()
    AGENT = auto()
    RESPONDENT = auto()
    RESPONDENT_ORGANISATION = auto()
    SOMEBODY = auto()
    """Somebody who has no role here: whoever receives, handles, bears witness."""
    PHONE = auto()
    NUMBER = auto()
    ADDRESS = auto()
    EMAIL = auto()
    TRAIT = auto()
    """What is said of a person and not kept apart: sex, age, trade."""
    TITLE = auto()
    WRITTEN = auto()
    RECEIVED = auto()
    POSTMARKED = auto()


WHO: Final = frozenset({
    Label.PETITIONER, Label.REPRESENTATIVE, Label.AGENT, Label.RESPONDENT, Label.RESPONDENT_ORGANISATION,
    Label.SOMEBODY,
})  # fmt: skip
"""Labels with which another person begins."""
ACCUSED: Final = frozenset({Label.RESPONDENT, Label.RESPONDENT_ORGANISATION})
WORDS: Final = {
    Label.PETITIONER: (
        "姓名 真实姓名 本人姓名 写信人 写信人姓名 来信人 来信人姓名 信访人 信访人姓名 反映人 反映人姓名 举报人 "
        "举报人姓名 "
        "实名举报人 投诉人 投诉人姓名 检举人 控告人 申诉人 申请人 诉求人 求助人 建议人 上访人 上访人姓名 联名人 联署人 "
        "联名签名 联系人 署名 签名 签字 签名人 落款 发件人姓名 寄信人 信访群众"
    ),
    Label.REPRESENTATIVE: "代表 代表人 信访代表 信访人代表 群众代表 村民代表 业主代表 职工代表 推选代表 代表姓名",
    Label.AGENT: "代理人 委托代理人 受委托人 代理人姓名 代理律师 代书人 代写人",
    Label.RESPONDENT: "被举报人 被反映人 被投诉人 被控告人 被检举人 被申诉人 被申请人 被举报人姓名 被反映人姓名",
    Label.RESPONDENT_ORGANISATION: "被举报单位 被反映单位 被投诉单位 被控告单位 被申请单位 被投诉企业 被举报企业",
    Label.SOMEBODY: "收信人 收件人 经办人 承办人 受理人 接待人 登记人 证人 见证人 知情人 记录人 抄送 主送 抄报 转办人",
    Label.PHONE: (
        "电话 联系电话 手机 手机号 手机号码 手机电话 电话号码 联系方式 本人电话 移动电话 固定电话 座机 联系手机"
    ),
    Label.NUMBER: "身份证 身份证号 身份证号码 公民身份号码 身份证件号码 证件号 证件号码 居民身份证号码 本人身份证号",
    Label.ADDRESS: (
        "住址 地址 家庭住址 家庭地址 联系地址 通讯地址 通信地址 现住址 现住地 居住地 居住地址 住所 住所地 常住地址 "
        "户籍地址 户籍地 户口所在地 详细地址 通讯住址 联系住址"
    ),
    Label.EMAIL: "邮箱 电子邮箱 电子邮件 邮箱地址 Email E-mail e-mail email EMAIL",
    Label.TRAIT: "性别 年龄 民族 职业 职务 单位 工作单位 出生日期 出生年月 邮编 邮政编码 微信 微信号 QQ 序号",
    Label.TITLE: "标题 题目 主题 信访事由 来信标题",
    Label.WRITTEN: "日期 写信日期 写信时间 落款日期 落款时间 举报日期 投诉日期 信件日期",
    Label.RECEIVED: "收信日期 收信时间 来信日期 收到日期 收文日期 收件日期 收到时间",
    Label.POSTMARKED: "邮戳日期 邮戳 寄出日期 投递日期",
}
"""The words that letters and the forms for them use."""
LONGEST_NAME: Final = 40
LONGEST_ADDRESS: Final = 120
SURNAMES: Final = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖"
    "石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常汤康易乔文庞樊兰殷施洪翟安颜倪牛温芦季俞"
    "章鲁葛伍申尤毕聂柴焦齐梅岳庄辛管祝左涂谷祁时舒耿牟卜路詹关苗凌费纪靳盛童欧甄项曲成游阳裴席卫查屈鲍位覃霍翁隋植甘景"
    "薄单包司柏宁柯阮桂闵解强丛华车冉房边楚瞿戚娄褚臧佟桑冷艾蓝池晏党喻古卓简仇巫滕谈宫苟闻邢米冀鄢迟商晁鞠敖"
    "劉陳楊黃趙吳孫馬羅鄭許韓鄧馮蕭蔣餘葉盧鍾陸範賈鄒龍賀顧龔邵萬錢嚴湯喬龐蘭顏倪溫蘆魯聶齊莊祝費紀歐項"
)
"""First characters of the surnames that nearly everybody has: an unlabelled signature must begin with one."""
PHONE: Final = re.compile(
    r"(?<![\dA-Za-z])(?:(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}|[（(]?0\d{2,3}[）)]?[-— ]?\d{7,8}(?:[-转]\d{1,5})?"
    r"|[48]00-?\d{3}-?\d{4}|[2-8]\d{6,7})(?!\d)",
    re.ASCII,
)
NUMBER: Final = re.compile(r"(?<![\dA-Za-z])[1-9]\d{5}(?: ?\d){8,11}(?: ?[\dXx])?(?![\dA-Za-z])", re.ASCII)
PAPER: Final = re.compile(r"(?<![\dA-Za-z])[A-Z]{1,2}[A-Z0-9]{6,10}(?:[（(][\dA-Z][）)])?(?![\dA-Za-z])", re.ASCII)
"""The number of a passport or of a permit of Hong Kong, Macao or Taiwan."""
EMAIL: Final = re.compile(r"[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+", re.ASCII)
DATE: Final = re.compile(
    r"\d{4}\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,2}\s*日?|[〇○零Ｏ0一二三四五六七八九]{4}年[一二三四五六七八九十]{1,2}月"
    r"[一二三四五六七八九十]{1,3}日"
)
COUNTED: Final = re.compile(r"等\s*(\d{1,6})\s*(?:[余多]\s*)?[人名户位]")

_BULLET: Final = r"[\s*·•●○◆■\-—>]*(?:[（(]?(?:\d{1,3}|[一二三四五六七八九十]{1,3})[、.．)）]\s*)?"
_BLANK: Final = r"[^\S\n]*"


def _spaced(word: str) -> str:
    """Let blanks stand in a word, as in 姓　　名."""
    return _BLANK.join(map(re.escape, word))


_LABELS: Final = {word: label for label, words in WORDS.items() for word in words.split()}
_ANY: Final = "|".join(_spaced(word) for word in sorted(_LABELS, key=len, reverse=True))
# Blanks follow what may stand there: two runs of them with nothing sure between would be parted in all ways.
_ASIDE: Final = rf"(?:[（(][^（）()\n]{{0,12}}[）)]{_BLANK})?"
_SIGN: Final = r"(?:[:：]|\t)"
_FIRST: Final = re.compile(rf"{_BULLET}[【\[]?({_ANY}){_BLANK}{_ASIDE}(?:[】\]](?:{_BLANK}{_SIGN})?|{_SIGN})")
_APART: Final = re.compile(rf"{_BULLET}({_ANY})[ \u3000]+(?=\S)")
_NEXT: Final = re.compile(rf"(?<=[\s,，;；|。、/\dXx])({_ANY}){_BLANK}{_ASIDE}{_SIGN}")
_WITHIN_BRACKETS: Final = re.compile(r"[（(【\[][^（）()【】\[\]]*[）)】\]]")
_HONORIFIC: Final = re.compile(r"(?<=[\u4e00-\u9fff]{2})(?:先生|女士|同志|小姐)$")
_SENTENCE: Final = re.compile(r"[。！？!?：:]|\d")
_NOTHING_LEFT: Final = re.compile(r"[\s,，、;；/|.。和或及()（）]*")
_COMPOUND: Final = "欧阳|上官|司马|诸葛|夏侯|皇甫|尉迟|公孙|慕容|令狐|司徒|东方|南宫|端木|轩辕|長孫|长孙|歐陽|諸葛"
_FOREIGN: Final = re.compile(r"[\u4e00-\u9fff]{1,10}(?:[·•][\u4e00-\u9fff]{1,10})+")
_PERSON: Final = re.compile(
    rf"(?:{_COMPOUND})[\u4e00-\u9fff]{{1,2}}|[{''.join(sorted(SURNAMES))}][\u4e00-\u9fff]{{1,2}}"
)


@dataclass(frozen=True, slots=True)
class Segment:
    """A label and what stands behind it, as it stands there."""

    label: Label
    value: str
    raw: str


def segments(line: str) -> list[Segment]:
    """Return a labelled line's parts, nothing for a line of text."""
    first = _FIRST.match(line) or _apart(line)
    if first is None:
        return []
    found: list[Segment] = []
    begin, label, at = first.start(), first[1], first.end()
    for following in _NEXT.finditer(line, at):
        found.append(_segment(label, line[at : following.start()], line[begin : following.start()]))
        begin, label, at = following.start(), following[1], following.end()
    found.append(_segment(label, line[at:], line[begin:]))
    return found


def _apart(line: str) -> re.Match[str] | None:
    """Take a label with only a blank behind it where what follows can be nothing else."""
    match = _APART.match(line)
    if match is None:
        return None
    value = line[match.end() :].strip(values.STRIPPED)
    fits = {
        Label.PHONE: PHONE.fullmatch(value),
        Label.NUMBER: NUMBER.fullmatch(value),
        Label.EMAIL: EMAIL.fullmatch(value),
        Label.WRITTEN: DATE.fullmatch(value),
        Label.PETITIONER: signature(value),
    }
    return match if fits.get(label_of(match[1]) or Label.TRAIT) else None


def _segment(word: str, value: str, raw: str) -> Segment:
    return Segment(_LABELS[re.sub(r"\s", "", word)], value.strip(values.STRIPPED + ",，;；|"), raw)


def label_of(word: str) -> Label | None:
    """Return what a word labels, None for any other."""
    return _LABELS.get(re.sub(r"\s", "", word))


def names_in(value: str) -> list[str]:
    """Return the names that a label's value consists of, nothing where it is no list of names."""
    bare = PHONE.sub(" ", NUMBER.sub(" ", _WITHIN_BRACKETS.sub("", value)))
    bare = bare.strip(values.STRIPPED + ",，、;；_—-")
    if not bare or _SENTENCE.search(COUNTED.sub("", bare)):
        return []
    names = [_HONORIFIC.sub("", name) for name in mentions.names_of(bare)]
    return names if all(0 < len(name) <= LONGEST_NAME for name in names) else []


def accused_in(value: str) -> str | None:
    """Return the name at the beginning of what is said about an accused."""
    name = re.split(r"[\s,，;；。（(、]", value, maxsplit=1)[0]
    return name if 0 < len(name) <= LONGEST_NAME and name not in values.UNNAMED else None


def phones_in(value: str) -> list[str]:
    """Return the phone numbers that stand in a value."""
    return [match[0] for match in PHONE.finditer(NUMBER.sub(" ", value))]


def numbers_in(value: str) -> list[str]:
    """Return the numbers of identity cards, else of other papers, that stand in a value."""
    found = [match[0].replace(" ", "") for match in NUMBER.finditer(value)]
    return [one for one in found if len(one) in {15, 18}] or [match[0] for match in PAPER.finditer(value)]


def is_all(value: str, pattern: re.Pattern[str]) -> bool:
    """Tell whether nothing but what a pattern finds stands in a value, remarks in brackets aside."""
    return bool(_NOTHING_LEFT.fullmatch(_WITHIN_BRACKETS.sub("", pattern.sub("", value))))


def looks_like_person(name: str) -> bool:
    """Tell whether an unlabelled word is a Chinese name beyond doubt, as far as there is such a thing."""
    return bool(_PERSON.fullmatch(name) or _FOREIGN.fullmatch(name))


def signature(line: str) -> list[str]:
    """Return the names that a line without a label consists of, nothing for any other line."""
    names = list(_words(line))
    return names if all(looks_like_person(name) for name in names) else []


def _words(line: str) -> Iterator[str]:
    bare = _WITHIN_BRACKETS.sub("", line).strip(values.STRIPPED)
    if re.fullmatch(r"[\u4e00-\u9fff]\s+[\u4e00-\u9fff]", bare):
        yield bare[0] + bare[-1]  # 张　三, set as wide as a name of three characters
        return
    yield from (word for word in re.split(r"[、,，;；\s]+", bare) if word)
