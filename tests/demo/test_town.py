"""The demo town's files: repeatable, in each channel's own forms, and as the summary says.

They are read here with other libraries than the connectors use, so that both cannot be wrong alike.
"""

from __future__ import annotations

import csv
import email
import email.policy
import json
from collections import Counter, defaultdict
from datetime import time
from typing import TYPE_CHECKING

import docx
import openpyxl
import pypdf
import pytest

from casegraph.demo.flaws import FILES
from casegraph.demo.forms import HOTLINE, LETTERS, VISITS, WEB
from casegraph.demo.stories import StoryPlan, Town
from casegraph.demo.town import FOLDERS, SHARES, TRUTH, make_town
from graph.records import Channel
from tests.demo.conftest import UNTIL

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import EmailMessage
    from pathlib import Path
    from typing import Any

    from tests.demo.conftest import WrittenTown

NOUGHT = time(0)
"""What the number nought is as a moment: in 1899, or no day at all."""


def sound(town: WrittenTown, channel: Channel, pattern: str) -> list[Path]:
    """Return a channel's files that are not broken."""
    paths = sorted((town.folder / FOLDERS[channel]).glob(pattern))
    return [path for path in paths if path.name not in FILES[channel]]


def sheet_rows(path: Path) -> list[dict[str, Any]]:
    with path.open("rb") as file:
        headings, *rows = openpyxl.load_workbook(file).worksheets[0].iter_rows(values_only=True)
    return [dict(zip(map(str, headings), row, strict=True)) for row in rows]


def csv_rows(path: Path) -> list[dict[str, Any]]:
    content = path.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("gb18030")
    return list(csv.DictReader(text.splitlines(keepends=True)))


def table_rows(town: WrittenTown, channel: Channel) -> list[dict[str, Any]]:
    rows = [row for path in sound(town, channel, "*.xlsx") for row in sheet_rows(path)]
    return rows + [row for path in sound(town, channel, "*.csv") for row in csv_rows(path)]


def web_items(town: WrittenTown) -> list[dict[str, Any]]:
    lists = [json.loads(path.read_bytes()) for path in sound(town, Channel.WEB, "*.json")]
    lines = [path.read_text(encoding="utf-8").splitlines() for path in sound(town, Channel.WEB, "*.jsonl")]
    return [item for items in lists for item in items] + [json.loads(line) for some in lines for line in some]


def truth(town: WrittenTown) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (town.folder / TRUTH).read_text(encoding="utf-8").splitlines()]


def mails(town: WrittenTown) -> Iterator[EmailMessage]:
    for path in sound(town, Channel.LETTER, "*.eml"):
        message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        assert not [part.defects for part in message.walk() if part.defects]
        yield message


def innermost(message: EmailMessage) -> EmailMessage:
    inner = next((part for part in message.iter_attachments() if part.get_content_type() == "message/rfc822"), None)
    return message if inner is None else inner.get_content()


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    """Workbooks, mails and PDFs carry no time of writing."""
    first = make_town(tmp_path / "first", submissions=300, until=UNTIL)
    second = make_town(tmp_path / "second", submissions=300, until=UNTIL)
    assert first == second
    assert contents(tmp_path / "first") == contents(tmp_path / "second")


def test_another_seed_is_another_town(tmp_path: Path) -> None:
    """Only the broken files are the same."""
    make_town(tmp_path / "first", submissions=60, seed=1, until=UNTIL)
    make_town(tmp_path / "second", submissions=60, seed=2, until=UNTIL)
    first, second = contents(tmp_path / "first"), contents(tmp_path / "second")
    broken = {name for files in FILES.values() for name in files}
    same = {name.rpartition("/")[2] for name in first.keys() & second.keys() if first[name] == second[name]}
    assert same == broken


def test_no_submissions_leave_the_broken_files(tmp_path: Path) -> None:
    """An empty town is a town."""
    summary = make_town(tmp_path, submissions=0, until=UNTIL)
    assert summary.submissions == 0
    assert summary.expected_rejections == {channel: len(files) for channel, files in FILES.items()}


def test_the_truth_counts_what_the_summary_says(town: WrittenTown) -> None:
    """One line a submission; each names who wrote and which matter it is."""
    lines = truth(town)
    assert Counter(Channel(line["channel"]) for line in lines) == town.summary.counts
    assert len({person for line in lines for person in line["people"]}) == town.summary.people
    assert len({line["matter"] for line in lines}) == town.summary.matters
    assert town.summary.submissions == len(lines) == 3_200
    assert all((town.folder / line["file"]).is_file() for line in lines)


@pytest.mark.parametrize("channel", list(Channel))
def test_every_form_of_the_channel_occurs(town: WrittenTown, channel: Channel) -> None:
    """The town is there to show them."""
    forms = {
        Channel.LETTER: {".eml", ".docx", ".pdf", ".txt", ".xlsx"},
        Channel.VISIT: {".xlsx", ".csv"},
        Channel.HOTLINE: {".xlsx", ".csv"},
        Channel.WEB: {".json", ".jsonl", ".xlsx"},
    }
    assert {path.suffix for path in sound(town, channel, "*")} == forms[channel]
    assert town.summary.files[channel] == len(list((town.folder / FOLDERS[channel]).iterdir()))


@pytest.mark.parametrize(
    ("channel", "number", "at", "text"),
    [
        (Channel.HOTLINE, "工单编号", "来电时间", "诉求内容"),
        (Channel.VISIT, "登记编号", "来访时间", "反映内容"),
        (Channel.LETTER, "来信编号", "收信日期", "信访事项内容"),
    ],
)
def test_tables_hold_what_the_truth_says(town: WrittenTown, channel: Channel, number: str, at: str, text: str) -> None:
    """Each number of the truth has its row; two rows more are spoiled, one without text and one of 1899."""
    rows = table_rows(town, channel)
    expected = {line["external_id"] for line in truth(town) if line["channel"] == channel and line["external_id"]}
    spoiled = [row for row in rows if row[number] not in expected]
    assert {row[number] for row in rows} - {row[number] for row in spoiled} == expected
    assert len(spoiled) == 2
    assert not spoiled[0][text]
    assert spoiled[1][text]
    assert spoiled[1][at] == NOUGHT


def test_headings_are_those_that_the_channels_use(town: WrittenTown) -> None:
    """Readers find their columns by them."""
    for channel, layout in ((Channel.HOTLINE, HOTLINE), (Channel.VISIT, VISITS), (Channel.LETTER, LETTERS)):
        assert tuple(table_rows(town, channel)[0]) == layout.headings
    assert tuple(sheet_rows(sound(town, Channel.WEB, "*.xlsx")[0])[0]) == WEB.headings


def test_tickets_come_again_with_their_answers(town: WrittenTown) -> None:
    """The later export differs from the first in the outcome only."""
    later = {row["工单编号"]: row for row in table_rows(town, Channel.HOTLINE) if row["答复内容"]}
    rows = defaultdict(list)
    for row in table_rows(town, Channel.HOTLINE):
        rows[row["工单编号"]].append(row)
    revised = [number for number, some in rows.items() if len({row["答复内容"] or "" for row in some}) > 1]
    assert len(revised) == town.summary.expected_revisions > 20
    for number in revised:
        opened = next(row for row in rows[number] if not row["答复内容"])
        for heading in ("来电人", "联系电话", "标题", "诉求内容", "承办单位", "被反映单位"):
            assert (opened[heading] or "") == (later[number][heading] or "")


def test_some_rows_stand_twice(town: WrittenTown) -> None:
    """As they do in any export that was put together by hand."""
    tables = [table_rows(town, channel) for channel in (Channel.HOTLINE, Channel.VISIT, Channel.LETTER)]
    web = [sheet_rows(path) for path in sound(town, Channel.WEB, "*.xlsx")]
    rows = Counter(repr(row) for table in [*tables, *web, web_items(town)] for row in table)
    assert sum(count - 1 for count in rows.values()) == town.summary.expected_duplicate_rows > 0


def test_mail_comes_in_all_its_forms_and_decodes(town: WrittenTown) -> None:
    """Three encodings, HTML with and without text, enclosures, forwards: all end in the labelled lines."""
    charsets: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    for message in mails(town):
        letter = innermost(message)
        kinds["forward"] += letter is not message
        body = letter.get_body(("plain", "html"))
        assert body is not None
        charsets[str(body.get_content_charset())] += 1
        kinds.update(part.get_content_type() for part in letter.walk())
        assert "姓名：" in body.get_content()
        assert "住址：" in body.get_content()
        assert "�" not in body.get_content() + letter["subject"] + letter["from"]
    assert set(charsets) == {"utf-8", "gb18030", "gb2312"}
    assert kinds["forward"]
    assert kinds["text/html"] > kinds["multipart/alternative"] > 0
    assert kinds["application/pdf"]
    assert kinds["application/vnd.openxmlformats-officedocument.wordprocessingml.document"]


def test_papers_open_and_say_who_wrote(town: WrittenTown) -> None:
    """Word documents open in another library; the PDFs' Chinese can be read off."""
    for path in sound(town, Channel.LETTER, "*.docx"):
        paragraphs = [paragraph.text for paragraph in docx.Document(str(path)).paragraphs]
        assert any(text.startswith("姓名：") for text in paragraphs)
    pdfs = sound(town, Channel.LETTER, "*.pdf")
    for path in pdfs:
        lines = "\n".join(page.extract_text() for page in pypdf.PdfReader(path).pages).splitlines()
        assert any(line.startswith("姓名：") for line in lines)
        assert any(line.startswith("日期：20") for line in lines)
    assert pdfs


def test_text_files_are_in_either_encoding(town: WrittenTown) -> None:
    """UTF-8 and GB18030, with nothing lost."""
    encodings = Counter[str]()
    for path in sound(town, Channel.LETTER, "*.txt"):
        content = path.read_bytes()
        encoding = "gb18030"
        try:
            content.decode("utf-8")
            encoding = "utf-8"
        except UnicodeDecodeError:
            pass
        assert "姓名：" in content.decode(encoding)
        encodings[encoding] += 1
    assert set(encodings) == {"utf-8", "gb18030"}


def test_joint_letters_and_group_visits_name_several(town: WrittenTown) -> None:
    """Signatories and representatives are joined by the enumeration comma."""
    visits = [row for row in table_rows(town, Channel.VISIT) if row["代表姓名"]]
    assert visits
    assert all(int(row["来访人数"]) >= len(row["代表姓名"].split("、")) >= 2 for row in visits)
    assert [row for row in table_rows(town, Channel.LETTER) if "、" in row["来信人"]]


def test_accusations_name_whom_they_accuse(town: WrittenTown) -> None:
    """An official by name, or an organ."""
    accused = [row for row in table_rows(town, Channel.HOTLINE) if row["被反映人"]]
    assert accused
    assert all(row["被反映单位"] for row in accused)
    assert any(row["被反映人"] in row["诉求内容"] for row in accused)


def test_about_one_in_seven_people_writes_more_than_once() -> None:
    """Across channels, about the same matter or another; the same text lightly changed or copied."""
    plan = StoryPlan(count=4_000, seed=11, until=UNTIL, days=180, shares=SHARES)
    stories = list(Town(plan).stories())
    times = Counter(person.key for story in stories for person in story.people)
    channels = defaultdict(set)
    matters = defaultdict(set)
    for story in stories:
        channels[story.person.key].add(story.channel)
        matters[story.person.key].add(story.matter.key)
    assert 0.12 < sum(count > 1 for count in times.values()) / len(times) < 0.18
    assert [key for key, some in channels.items() if len(some) > 1]
    assert [key for key, some in matters.items() if len(some) > 1]
    assert [key for key, count in times.items() if count > 1 and len(matters[key]) == 1]


def test_stories_come_in_order_and_answers_after_them() -> None:
    """Time never runs backwards, nothing lies behind the last day."""
    plan = StoryPlan(count=1_000, seed=5, until=UNTIL, days=90, shares=SHARES)
    stories = list(Town(plan).stories())
    assert [story.at for story in stories] == sorted(story.at for story in stories)
    assert stories[-1].at.date() == UNTIL
    for story in stories:
        if story.answer is not None:
            assert story.at < story.answer.at
            assert story.answer.at.date() <= UNTIL
            assert story.answer.called_back_at is None or story.answer.called_back_at > story.answer.at


def test_texts_are_as_long_as_real_ones() -> None:
    """Some 370 characters in the mean, most much shorter, a few up to 3,000."""
    plan = StoryPlan(count=4_000, seed=3, until=UNTIL, days=365, shares=SHARES)
    lengths = sorted(len(story.text) for story in Town(plan).stories())
    assert 330 < sum(lengths) / len(lengths) < 410
    assert 180 < lengths[2_000] < 270
    assert 2_000 < lengths[-1] < 3_200
