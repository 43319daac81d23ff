"""What goes wrong in any town: files that cannot be read, rows without a text, dates of 1899.

Each flaw here is one refusal when the town is read.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Final

from casegraph.demo.papers import docx
from graph.records import Channel

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from casegraph.demo.sheets import Cell
    from casegraph.demo.stories import Story
    from casegraph.demo.tables import Tables

NO_DATE: Final = datetime(1899, 12, 31)  # noqa: DTZ001 - what a sheet makes of the number nought
SPOILED: Final = 900_000_000
"""Added to the number of a spoiled row, so that it has an id of its own."""
_OLE: Final = bytes.fromhex("d0cf11e0a1b11ae1")
PROTECTED: Final = _OLE.ljust(512, b"\0") + "EncryptionInfo\0EncryptedPackage\0".encode("utf-16-le").ljust(1_536, b"\0")
"""How a workbook with a password begins: an OLE file that holds the encrypted package."""
NO_ARCHIVE: Final = b"PK\x03\x04" + bytes(range(256)) * 2

FILES: Final[Mapping[Channel, Mapping[str, bytes]]] = {
    Channel.HOTLINE: {
        "工单导出_加密.xlsx": PROTECTED,
        "工单导出_损坏.xlsx": NO_ARCHIVE,
        "工单导出_空.csv": b"",
    },
    Channel.WEB: {
        "留言_截断.json": '[{"platform": "社区通", "id": "W0", "text": "小区门口的路'.encode(),
        "留言_空.jsonl": b"",
        "留言_断行.jsonl": '{"platform": "社区通", "id": "W1", "text":\n'.encode(),
    },
    Channel.VISIT: {
        "来访登记表_加密.xlsx": PROTECTED,
        "来访登记表_空.csv": b"",
    },
    Channel.LETTER: {
        "来信_空白.txt": b"",
        "来信_损坏.pdf": b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n" + bytes(range(128)),
        "来信_截断.docx": docx(["一封没有传完的信"])[:300],
        "来信登记表_加密.xlsx": PROTECTED,
    },
}
"""Files that cannot be read."""

TEXT: Final = {
    Channel.HOTLINE: "诉求内容",
    Channel.WEB: "text",
    Channel.VISIT: "反映内容",
    Channel.LETTER: "信访事项内容",
}
TITLE: Final = {Channel.HOTLINE: "标题", Channel.WEB: "subject", Channel.VISIT: "标题", Channel.LETTER: "标题"}
TIME: Final = {Channel.HOTLINE: "来电时间", Channel.WEB: "time", Channel.VISIT: "来访时间", Channel.LETTER: "收信日期"}


FLAWS: Final[Mapping[Channel, tuple[Mapping[str, Cell], ...]]] = {
    channel: ({TEXT[channel]: None, TITLE[channel]: None}, {TIME[channel]: NO_DATE}) for channel in Channel
}
"""What is wrong in a row: no text (nor a title that could stand for it), no possible date."""


def write_broken_files(folder: Path, channel: Channel) -> int:
    """Write the files of a channel that cannot be read, and return how many."""
    for name, content in FILES[channel].items():
        (folder / name).write_bytes(content)
    return len(FILES[channel])


class Spoiler:
    """Spoils two rows of each channel's first table."""

    def __init__(self) -> None:
        self.spoiled: Counter[Channel] = Counter()

    def after(self, story: Story, tables: Tables) -> None:
        """Write a spoiled row behind a good one, while there is one to write."""
        done = self.spoiled[story.channel]
        if done >= len(FLAWS[story.channel]):
            return
        tables.spoil(replace(story, number=SPOILED + story.number), FLAWS[story.channel][done])
        self.spoiled[story.channel] += 1
