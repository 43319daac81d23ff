"""Files of tables for tests: small ones, written by programs that people use."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl

from connectors.connector import ReadOptions, Resource
from connectors.registry import read
from graph.records import Channel, Draft, Reading, Refusal

ZONE = ZoneInfo("Asia/Shanghai")
OPTIONS = ReadOptions(source="test", zone=ZONE)
Rows = Iterable[Sequence[Any]]
HEADINGS = ("工单编号", "来电时间", "来电人", "联系电话", "诉求内容")
ROW = ("1", "2024-05-06 07:08:09", "张三", "13812341234", "楼下的烧烤店夜里还在营业。")


def instant(text: str) -> datetime:
    """Return a local time as an instant."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE).astimezone(UTC)


def naive(text: str) -> datetime:
    """Return a time as a spreadsheet holds it: without a zone."""
    return datetime.fromisoformat(text)


def workbook(*sheets: Rows, merged: Sequence[str] = (), hidden: Sequence[int] = ()) -> bytes:
    """Return an .xlsx of these sheets; `merged` ranges are of the first."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for number, rows in enumerate(sheets):
        sheet = book.create_sheet(f"Sheet{number + 1}")
        for row in rows:
            sheet.append(list(row))
        if number in hidden:
            sheet.sheet_state = "hidden"
    for span in merged:
        book.worksheets[0].merge_cells(span)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def text_table(rows: Rows, encoding: str = "utf-8", mark: str = ",") -> bytes:
    """Return a .csv of these rows."""
    stream = io.StringIO(newline="")
    csv.writer(stream, delimiter=mark).writerows(rows)
    return stream.getvalue().encode(encoding)


def readings(
    content: bytes, name: str = "t.xlsx", channel: Channel = Channel.HOTLINE, options: ReadOptions = OPTIONS
) -> list[Reading]:
    """Read a file's bytes."""
    return list(read(channel, Resource.from_bytes(name, content), options))


def drafts(*args: Any, **named: Any) -> list[Draft]:
    """Read a file that holds nothing that is refused."""
    found = readings(*args, **named)
    assert not [reading.message for reading in found if isinstance(reading, Refusal)]
    return [reading for reading in found if isinstance(reading, Draft)]


def only_refusal(*args: Any, **named: Any) -> Refusal:
    """Read a file of which one thing is refused and return why."""
    refused = [reading for reading in readings(*args, **named) if isinstance(reading, Refusal)]
    assert len(refused) == 1
    return refused[0]
