"""The messages that are searched, real ones where they are, made ones elsewhere; and what is asked of them."""

from __future__ import annotations

import csv
import random
import re
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import opencc

from casegraph.demo.town import FOLDERS
from casegraph.demo.year import make_year
from connectors.connector import ReadOptions, Resource
from connectors.registry import read
from graph.records import Channel, Draft
from graph.text.normalise import normalise
from graph.text.sounds import TABLE
from graph.text.tokens import words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

REAL: Final = Path(__file__).parent.parent.parent.parent / "shared" / "data"
SHEETS: Final = ("messages_with_replies.xlsx", "messages.xlsx")
MATTERS: Final = "matters.tsv"
MADE: Final = 4_000
QUERIES: Final = 600
SEED: Final = 7
SIGNS: Final = str.maketrans(dict.fromkeys('-()（）"“”:：|*', " "))
"""What the query language gives a meaning; a person who types a subject leaves them out."""
NAME: Final = re.compile(
    "(?<=[区县市镇])([\u4e00-\u9fff]{2,5})(?:小区|花园|花苑|社区|新城|公寓|大道|广场|医院|中学|小学|学校|公司|集团|国际|路|街|镇|村)"
)
"""A name of a place or a body, without what kind it is: 麓谷 of A3区麓谷小镇."""
NUMBER: Final = re.compile("[0-9]{6,}")


@dataclass(frozen=True, slots=True)
class Question:
    """What is typed, and the message that is looked for by it."""

    wanted: int
    text: str


def drafts() -> Iterator[Draft]:
    """Yield the real messages, made ones where those are not."""
    options = ReadOptions(source="bench", zone=ZoneInfo("Asia/Shanghai"))
    with tempfile.TemporaryDirectory(prefix="casegraph-bench-") as name:
        paths = [REAL / sheet for sheet in SHEETS if (REAL / sheet).exists()]
        if not paths:
            make_year(Path(name), submissions=MADE)
            paths = [path for path in (Path(name) / FOLDERS[Channel.WEB]).rglob("*") if path.is_file()]
        for path in paths:
            for reading in read(Channel.WEB, Resource.from_path(path), options):
                if isinstance(reading, Draft):
                    yield reading


def messages() -> list[tuple[str, str]]:
    """Return subjects and bodies; of those with the same body, one."""
    return [(title, body) for body, title in {draft.text: draft.title for draft in drafts()}.items()]


def matters() -> dict[str, list[tuple[str, str]]]:
    """Return the labelled matters of more than one message, as subjects and bodies; none where there are no labels."""
    if not (REAL / MATTERS).exists():
        return {}
    options = ReadOptions(source="bench", zone=ZoneInfo("Asia/Shanghai"))
    sheet = read(Channel.WEB, Resource.from_path(REAL / SHEETS[1]), options)
    known = {one.external_id: (one.title, one.text) for one in sheet if isinstance(one, Draft)}
    found: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    with (REAL / MATTERS).open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            if row["message_id"] in known:
                found[row["matter"]].append(known[row["message_id"]])
    return {matter: several for matter, several in found.items() if len(several) > 1}


def typed(subject: str) -> str:
    """Return a subject as a person types it."""
    return " ".join(subject.translate(SIGNS).split())


# What is asked -----------------------------------------------------------------------------------------------------


def questions(known: Sequence[tuple[str, str]], kind: str) -> list[Question]:
    """Return the questions of one kind, always the same for the same messages."""
    chance = random.Random(SEED)  # noqa: S311  # the same questions each time
    ask = KINDS[kind]
    found = []
    for number in chance.sample(range(len(known)), len(known)):
        subject, body = known[number]
        if text := ask(typed(subject), body, random.Random(f"{SEED} {number}")):  # noqa: S311
            found.append(Question(number, text))
        if len(found) == QUERIES:
            break
    return found


def _two_words(subject: str, _body: str, chance: random.Random) -> str:
    found = list(dict.fromkeys(words(normalise(subject))))
    if len(found) < 2:
        return ""
    first, second = sorted(chance.sample(range(len(found)), 2))
    return f"{found[first]} {found[second]}"


def _slip(subject: str, body: str, chance: random.Random) -> str:
    """Return two words with one character that sounds the same in the place of another."""
    right = _two_words(subject, body, chance)
    places = [place for place, sign in enumerate(right) if len(_homophones(sign)) > 1]
    if not places:
        return ""
    place = chance.choice(places)
    wrong = chance.choice(_homophones(right[place]).replace(right[place], ""))
    return right[:place] + wrong + right[place + 1 :]


def _traditional(subject: str, _body: str, _chance: random.Random) -> str:
    return _to_traditional()(subject)


def _place_by_sound(subject: str, _body: str, _chance: random.Random) -> str:
    name = NAME.search(subject)
    sounds = [_sound(sign) for sign in name[1]] if name else []
    return "".join(sounds) if all(sounds) else ""


def _part_of_a_name(subject: str, _body: str, chance: random.Random) -> str:
    name = NAME.search(subject)
    if name is None or len(name[1]) < 3:
        return ""
    start = chance.randrange(len(name[1]) - 1)
    return name[1][start : start + 2]


def _digits(_subject: str, body: str, chance: random.Random) -> str:
    numbers = NUMBER.findall(normalise(body))
    if not numbers:
        return ""
    number = chance.choice(numbers)
    start = chance.randrange(len(number) - 3)
    return str(number[start : start + max(4, len(number) - 2)])


KINDS: Final[dict[str, Callable[[str, str, random.Random], str]]] = {
    "subject": lambda subject, _body, _chance: subject,
    "two_words": _two_words,
    "slip": _slip,
    "traditional": _traditional,
    "place_by_sound": _place_by_sound,
    "digits": _digits,
    "part_of_a_name": _part_of_a_name,
}


@cache
def _to_traditional() -> Callable[[str], str]:
    return opencc.OpenCC("s2t").convert


@cache
def _syllables() -> dict[str, tuple[str, str]]:
    """Return of each character how it is read, and all that are usually read so."""
    found: dict[str, tuple[int, str, str]] = {}
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        syllable, _, characters = line.partition("\t")
        for place, character in enumerate(characters):
            # Where a character is read in several ways, it stands first among those that are usually read so.
            if character not in found or place < found[character][0]:
                found[character] = (place, syllable, characters)
    return {character: (syllable, characters) for character, (_, syllable, characters) in found.items()}


def _sound(character: str) -> str:
    return _syllables().get(character, ("", ""))[0]


def _homophones(character: str) -> str:
    return _syllables().get(character, ("", ""))[1]
