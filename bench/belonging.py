"""Where real messages belong: by the words that they pass by, as it was, and by home, fields and titles, as it is.

Made messages where the real ones are not. The places of the real ones are letters; where their divisions were labelled
by reading, letters are put back to the districts of one real city.
"""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING, Final, NamedTuple

from bench.search import messages
from bench.table import Row
from graph.belonging import Said, belonging
from graph.gazetteer import Gazetteer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from graph.records import Draft

LABELS: Final = "objects.tsv"
PROVINCE: Final = "43"
"""The messages were left for leaders of one province."""
CITY: Final = "4301"
LETTERS: Final = {
    "西地省": "湖南省", "A市": "长沙市", "A1区": "芙蓉区", "A2区": "天心区", "A3区": "岳麓区", "A4区": "开福区",
    "A5区": "雨花区", "A6区": "望城区", "A7县": "长沙县", "A8县": "宁乡市", "A9市": "浏阳市", "B市": "株洲市",
    "C市": "湘潭市", "D市": "衡阳市", "E市": "邵阳市", "F市": "岳阳市", "G市": "常德市", "H市": "张家界市",
    "I市": "益阳市", "J市": "郴州市", "K市": "永州市", "L市": "怀化市", "M市": "娄底市",
}  # fmt: skip
_LETTERED: Final = re.compile("|".join(map(re.escape, LETTERS)))


class _Told(NamedTuple):
    """How many were told a division, and of how many that is wrong or elsewhere."""

    told: int
    wrong: int


def real(text: str) -> str:
    """Return a text with the names of real places for its letters."""
    return _LETTERED.sub(lambda found: LETTERS[found[0]], text)


def _named(draft: Draft, home: Gazetteer) -> str | None:
    """Return the division that the words of a message name: what decided until there were homes."""
    found = home.find(real(f"{draft.title}\n{draft.text}"))
    return found.prefix if found else None


def _said(draft: Draft, home: Gazetteer) -> str | None:
    return belonging(Said(title=real(draft.title)), home).division


def _labelled(drafts: dict[str, Draft], home: Gazetteer) -> Iterator[tuple[Draft, str]]:
    """Yield the messages of the city whose division was told by reading, with it."""
    if not (messages.REAL / LABELS).exists():
        return
    with (messages.REAL / LABELS).open(encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            name = LETTERS.get(row["division"] or "")
            division = home.by_name(name) if name else None
            if row["message_id"] in drafts and division and division.prefix.startswith(CITY):
                yield drafts[row["message_id"]], division.prefix


def _districts(told: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(truth, found) for truth, found in told if len(found) > len(CITY)]


def _wrong(told: list[tuple[str, str]]) -> _Told:
    """Count what was told; what is wider than the truth is not wrong."""
    return _Told(len(told), sum(not truth.startswith(found) for truth, found in told))


def _rows(name: str, before: _Told, after: _Told, what: str) -> Row:
    return Row(
        name=f"belonging.{name}", value=after.wrong, unit=f"of {after.told:,} {what}",
        reference=f"by the words {before.wrong:,} of {before.told:,}", goal="= 0", holds=after.wrong == 0,
    )  # fmt: skip


def measure() -> list[Row]:
    """Count the messages that would belong elsewhere than where they were sent, and the labelled ones told wrongly."""
    drafts = {one.external_id or "": one for one in messages.drafts()}
    home = Gazetteer(PROVINCE)
    before = [found for one in drafts.values() if (found := home.find(f"{one.title}\n{one.text}"))]
    after = [belonging(Said(title=one.title), home).division or "" for one in drafts.values()]
    outside = _Told(len(before), sum(not one.code.startswith(PROVINCE) for one in before))
    left = _Told(len(after), sum(not one.startswith(PROVINCE) for one in after))
    city = Gazetteer(CITY)
    told = [(truth, _named(one, city) or "", _said(one, city) or "") for one, truth in _labelled(drafts, city)]
    words = [(truth, found) for truth, found, _ in told if found]
    homes = [(truth, said) for truth, _, said in told]
    opened = sum((_said(one, city) or CITY) != CITY for one in drafts.values())
    return [
        _rows("sent elsewhere", outside, left, "messages"),
        _rows("told wrongly", _wrong(words), _wrong(homes), "labelled"),
        _rows("districts told wrongly", _wrong(_districts(words)), _wrong(_districts(homes)), "labelled"),
        Row(name="belonging.districts by title", value=opened, unit=f"of {len(drafts):,} messages"),
    ]
