"""How each channel's tables tell a story: their headings, and the row that stands below them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from graph.records import Channel, PetitionKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from casegraph.demo.sheets import Cell
    from casegraph.demo.stories import Answer, Story

Row = tuple["Cell", ...]

KINDS: Final = {
    PetitionKind.SUGGESTION: "建议意见",
    PetitionKind.ACCUSATION: "检举控告",
    PetitionKind.APPEAL: "申诉求决",
}
PLATFORMS: Final = ("问政星城", "市长信箱", "社区通", "民声留言板")
RECEPTION: Final = ("市人民来访接待中心", "{q}群众来访接待中心", "{q}矛盾纠纷调处中心", "{street}信访工作站")
LIMITS: Final = {"一般": 10, "紧急": 3, "特急": 1}
"""Days to answer a ticket by its urgency."""
FIRMS: Final = ("property", "builder", "company", "firm", "factory", "shop", "platform", "hospital", "school")
"""Slots of a scene that name whom a complaint is about."""
PREFIX: Final = {Channel.LETTER: "LX", Channel.VISIT: "LF", Channel.HOTLINE: "GD", Channel.WEB: "W"}


@dataclass(frozen=True, slots=True)
class Layout:
    """A table's headings and how a story becomes its row."""

    headings: tuple[str, ...]
    row: Callable[[Story], Row]


def external_id(story: Story) -> str:
    """Return the number that the channel's own system gives."""
    at = story.at
    return f"{PREFIX[story.channel]}{at.year}{at.month:02d}{at.day:02d}{story.number:06d}"


def hotline_row(story: Story) -> Row:
    """Return the ticket as it stands."""
    return (*_ticket(story), *_outcome(story.answer), *_accused(story))


def visit_row(story: Story) -> Row:
    """Return the line of the visitors' register."""
    person, scene = story.person, story.scene
    place = RECEPTION[story.thrown(1, len(RECEPTION))].format_map(scene)
    return (
        external_id(story),
        story.at,
        person.name,
        person.identity_number if story.thrown(2) < 88 else None,
        person.phone if story.thrown(3) < 93 else None,
        person.address,
        story.head_count,
        "、".join(each.name for each in story.people) if len(story.people) > 1 else None,
        place,
        _receiver(story),
        "是" if story.thrown(5) < 8 else "否",
        "是" if story.thrown(6) < 5 else "否",
        KINDS[story.kind],
        _topic(story),
        _division(story),
        story.title,
        story.text,
        scene.organ,
    )


def letter_row(story: Story) -> Row:
    """Return the line of the letters' register."""
    person = story.person
    return (
        external_id(story),
        story.at.date(),
        story.at.date() - timedelta(days=1 + story.thrown(1, 4)),
        "、".join(each.name for each in story.people),
        person.identity_number if story.thrown(2) < 55 else None,
        person.phone if story.thrown(3) < 85 else None,
        person.address,
        story.title,
        story.text,
        KINDS[story.kind],
        _topic(story),
        _division(story),
        story.thrown(4, 4),
        story.scene.organ,
    )


def web_item(story: Story) -> Row:
    """Return the message as a platform's feed gives it."""
    answer = story.answer
    return (
        PLATFORMS[story.thrown(1, len(PLATFORMS))],
        external_id(story),
        story.person.account,
        story.title,
        _web_text(story),
        story.at,
        answer.text if answer else None,
        answer.organ if answer else None,
        answer.at if answer else None,
        story.thrown(2, 97) if story.thrown(3) < 60 else 0,
        story.thrown(4, 9) if story.thrown(3) < 30 else 0,
        story.scene.trouble.topic,
        story.scene.division if story.thrown(5) < 50 else _division(story),
        story.scene.trouble.ticket,
    )


def web_row(story: Story) -> Row:
    """Return the message as a platform's sheet gives it: less, and in another order."""
    (_, number, user, subject, text, time, reply, organ, replied, likes, dislikes, *_) = web_item(story)
    return number, user, subject, time, text, reply, organ, replied, likes, dislikes


HOTLINE: Final = Layout(
    (
        "工单编号",
        "来电时间",
        "来电人",
        "联系电话",
        "身份证号",
        "工单类型",
        "问题分类",
        "所属区域",
        "标题",
        "诉求内容",
        "紧急程度",
        "承办单位",
        "办理期限",
        "答复内容",
        "答复时间",
        "回访时间",
        "满意度",
        "被反映人",
        "被反映单位",
    ),
    hotline_row,
)
VISITS: Final = Layout(
    (
        "登记编号",
        "来访时间",
        "姓名",
        "身份证号",
        "联系电话",
        "住址",
        "来访人数",
        "代表姓名",
        "接待地点",
        "接待人",
        "是否领导接访",
        "是否越级",
        "信访类型",
        "问题分类",
        "所属区域",
        "标题",
        "反映内容",
        "承办单位",
    ),
    visit_row,
)
LETTERS: Final = Layout(
    (
        "来信编号",
        "收信日期",
        "邮戳日期",
        "来信人",
        "身份证号",
        "联系电话",
        "地址",
        "标题",
        "信访事项内容",
        "信访类型",
        "问题分类",
        "所属区域",
        "附件数",
        "承办单位",
    ),
    letter_row,
)
WEB_ITEMS: Final = Layout(
    (
        "platform",
        "id",
        "user",
        "subject",
        "text",
        "time",
        "reply",
        "reply_organ",
        "reply_time",
        "likes",
        "dislikes",
        "topic",
        "division",
        "kind",
    ),
    web_item,
)
WEB: Final = Layout(
    (
        "留言编号",
        "留言用户",
        "留言主题",
        "留言时间",
        "留言详情",
        "答复意见",
        "答复单位",
        "答复时间",
        "点赞数",
        "反对数",
    ),
    web_row,
)


def _ticket(story: Story) -> Row:
    person = story.person
    anonymous = story.thrown(1) < 3
    urgency = "一般" if story.thrown(2) < 86 else "紧急" if story.thrown(2) < 97 else "特急"
    return (
        external_id(story),
        story.at,
        "匿名" if anonymous else person.as_caller if story.thrown(3) < 22 else person.name,
        None if anonymous else person.phone,
        person.identity_number if not anonymous and story.thrown(4) < 12 else None,
        story.scene.trouble.ticket,
        _topic(story),
        _division(story),
        story.title,
        story.text,
        urgency,
        story.scene.organ,
        story.at.date() + timedelta(days=LIMITS[urgency]),
    )


def _outcome(answer: Answer | None) -> Row:
    if answer is None:
        return None, None, None, None
    return answer.text, answer.at, answer.called_back_at, answer.satisfaction


def _accused(story: Story) -> Row:
    scene = story.scene
    if scene.trouble.accused == "official":
        return scene["official_name"], scene["street"]
    if scene.trouble.accused == "organ":
        return None, scene["accused_organ"]
    named = next((scene[slot] for slot in FIRMS if slot in scene), None)
    return None, named if story.thrown(7) < 60 else None


def _receiver(story: Story) -> str:
    surnames = story.scene.lexicon.names.surnames
    surname = surnames[story.thrown(4, len(surnames))]
    return f"{surname}{('同志', '科长', '主任', '副局长')[story.thrown(8, 4)]}"


def _topic(story: Story) -> str:
    """Most desks pick the whole path, some the lowest two levels."""
    topic = story.scene.trouble.topic
    return topic if story.thrown(9) < 80 else topic.partition("/")[2]


def _division(story: Story) -> str:
    name = story.scene["q"]
    return name if story.thrown(10) < 60 else f"{story.scene.lexicon.names.city}{name}"


def _web_text(story: Story) -> str:
    """Write the text as it is typed there: some indent as on paper, some leave their name and number in the text."""
    text = story.text
    if story.thrown(11) < 12:
        text = "　　" + text.replace("\n", "\n　　")
    if story.thrown(12) < 10:
        text = f"{text}\n联系人：{story.person.name}，电话：{story.person.phone}"
    return text
