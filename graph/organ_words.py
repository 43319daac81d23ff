"""What stands beside an authority's name: units, posts and persons behind it, and names that are no authority's.

Each pattern repeats within fixed bounds only, so that what it costs grows with the text alone.
"""

from __future__ import annotations

import re
from typing import Final

from graph.organ_functions import Form, names_an_authority

_HAN: Final = "[\u4e00-\u9fff]"
_SURNAMES: Final = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高郑梁谢宋唐许邓韩冯曹彭曾肖萧田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔"
    "谭陆范汪廖石金韦贾夏付傅方邹熊白孟秦邱侯江尹薛阎闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向汤常温康施牛樊葛邢安"
    "齐易乔伍庞颜庄聂章鲁岳翟殷詹申耿关兰焦俞左柳甘祝包宁符阮纪梅童凌毕裴霍涂成苗谷盛曲翁冉骆蓝路游辛欧管柴蒙鲍华喻"
    "祁房滕屈饶解牟艾尤时穆司卓古吉缪简车项连芦麦褚娄窦戚岑景宫费卜冷晏席卫米柏宗瞿桂全佟应臧闵苟邬边卞姬师仇栾隋商"
)
_DOUBLE_SURNAMES: Final = "欧阳|司马|上官|诸葛|东方|皇甫|尉迟|公孙|慕容|司徒|令狐|夏侯|端木"
# What ends the name of an office or a place is no part of a person's; nor are conjunctions.
_GIVEN: Final = r"(?:(?![局委办厅院所队部处科站街镇乡村组会室政融装管执监稽校联协群机场位和与及等])[\u4e00-\u9fff])"
_PERSON: Final = rf"(?:(?:{_DOUBLE_SURNAMES}|[{_SURNAMES}])(?:[某x*×○]{{1,2}}|{_GIVEN}{{1,2}})|某{{1,3}})"
_RANK: Final = (
    r"(?:原|前任?|时任|现任|副|常务|代理|党组成?|党委|党支部|党总支|党工委|分管|主要|办公室"
    r"|[某该一二三两几名个位]){0,4}"
)
# The head of any office, who behind a comma is still the head of the office before it.
_HEAD: Final = (
    "局长|书记|主任|科长|股长|队长|大队长|支队长|中队长|分局长|科员|组员|成员|一把手|领导班子|领导干部|领导|干部|工作人员|执法人员"
    "|办事人员|窗口人员|职工|员工|执法队员|城管队员|协管员|办事员|公务员|负责人|负责同志"
)
_OTHERS: Final = "厅长|部长|主席|处长|所长|站长|组长|总队长|委员|常委|秘书长|秘书|值班人员|办案人员|人员|队员|副职"
# Those that only one function has: the police and the courts. At another office they are of an organ that is not named.
_OF_FUNCTION: Final = {
    "公安局": ("民警", "辅警", "警察", "警官", "交警"),
    "人民法院": ("院长", "庭长", "法官"),
    "人民检察院": ("检察长", "检察官"),
}
_POST: Final = "|".join((_HEAD, _OTHERS, *(post for posts in _OF_FUNCTION.values() for post in posts)))
_LOCAL_POST: Final = "镇长|乡长|村长|村支书|支书"
_WHO: Final = rf"(?:{_PERSON}|[{_SURNAMES}])?{_RANK}"
_POSTED: Final = rf"{_WHO}(?:{_POST}|{_LOCAL_POST})"
_PEOPLE: Final = (
    rf"长?(?:及其|的)?(?:有关|相关|部分|个别|全体)?(?:(?:{_POSTED})兼?){{0,3}}"
    rf"(?P<person>{_PERSON})?(?:同志|先生|女士)?"
)
_UNIT: Final = (
    rf"[{_HAN[1:-1]}0-9]{{0,8}}?(?:分局|总队|支队|大队|中队|小队|执法队|科|股|室|处|所|队|窗口|党组|党委)|办公室|机关"
)
_LOCAL_UNIT: Final = (
    rf"[{_HAN[1:-1]}0-9]{{0,8}}?(?:办公室|办|站|所|科|室|中心|大队|中队|执法队|队|窗口)|党工委|党委|党支部|党总支|支部"
)
_JOINT: Final = r"(?:以及|[和与及暨])"
_ENDS: Final = rf"(?={_JOINT}.|$)"

JOINT: Final = re.compile(_JOINT)
BEHIND: Final = re.compile(rf"(?P<units>(?!{_JOINT})(?:{_UNIT})(?:{_UNIT})?)?(?P<people>{_PEOPLE}){_ENDS}")
"""What may follow an office's name: units of it, then people there."""
BEHIND_LOCAL: Final = re.compile(rf"(?P<units>(?!{_JOINT})(?:{_LOCAL_UNIT}))?{_PEOPLE}{_ENDS}")
"""What may follow the name of a street office, a town or a village, whose units carry the names of functions."""
POSTS_ALONE: Final = re.compile(rf"(?!某){_WHO}(?:{_HEAD})(?P<person>{_PERSON})?(?:同志|先生|女士)?")
"""People at the organ named before: 党组书记、局长张某."""
NOTE: Final = re.compile(rf"[\d\W]*|(?:{_POSTED})?(?P<person>{_PERSON})?(?:同志|先生|女士)?")
"""What a note in brackets may say without naming an organ."""
TELEPHONE: Final = re.compile(r"(?:联系)?(?:电话|手机|tel)?号?码?:?\+?\d[\d -]{5,}\d")
LABEL: Final = re.compile(r"(?:被)?(?:举报|反映|投诉|信访|控告|检举)?(?:单位|部门|机关|对象|人)(?:名称)?[:：]")

# A place, a firm or an institution that wields no power of an authority; 人民银行 and 党校 do, or are of one.
_NO_AUTHORITY: Final = re.compile(
    r"[\u4e00-\u9fffa-z0-9·&.]{2,}(?:公司|集团|商店|商行|商场|商城|超市|便利店|饭店|饭馆|餐馆|餐厅|餐饮店|酒店|酒楼|宾馆|旅馆|酒吧|网吧|[^\W店]店"
    r"|业委会|业主委员会|业主大会|合作社|工厂|[^\W厂]厂|经营部|项目部|工地|农贸市场|批发市场|小区|花园|公寓|幼儿园|小学|中学|学校|大学|学院"
    r"|医院|卫生院|诊所|药房|药店|(?<!人民)银行|律师事务所|培训机构|物业)"
)
# Words of which a name that has them may be an authority's, or of more than one.
_OF_AUTHORITIES: Final = re.compile(
    r"[局厅府警的、]|部门|机关|机构(?<!培训机构)|单位|街道|办事处"
    r"|(?:省|市|区|县|镇|乡)长|(?<!业)(?<!业主)委"
)


_NO_NAME: Final = "等某他她我其该省市区县"
_ABBREVIATED: Final = frozenset({"高新", "高速", "高铁", "金霞", "路政", "方志", "文明", "安居", "江北", "江南"})
"""What looks like a person's name behind an organ, and is a zone or an office."""


def names_no_authority(text: str) -> bool:
    """Tell whether a whole text is the name of something that surely is no authority, and of nothing else."""
    # 人和集团 has a conjunction for a character of its name, 等和红星公司 has not.
    joined = any(at.start() > 1 or text[0] in _NO_NAME for at in JOINT.finditer(text))
    plain = _NO_AUTHORITY.fullmatch(text) and not joined and not _OF_AUTHORITIES.search(text)
    return bool(plain) and not names_an_authority(text.removesuffix("业主委员会"))


def tells_a_person(match: re.Match[str]) -> bool:
    """Tell whether what stands where a person's name may stand, if anything does, is no authority's (安监, 纪检)."""
    person = match["person"] or ""
    return person not in _ABBREVIATED and not names_an_authority(person, Form.STEM)


def fits_people(people: str, functions: tuple[str, ...]) -> bool:
    """Tell whether all posts that are named may be at an office of these functions."""
    others = (posts for function, posts in _OF_FUNCTION.items() if function not in functions)
    return not any(post in people for posts in (*others, _LOCAL_POST.split("|")) for post in posts)
