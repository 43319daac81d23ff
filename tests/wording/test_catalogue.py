"""Whatever people are told stands in the catalogue in Chinese, with the same arguments, and nothing else does."""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Final

import pytest
from babel.messages.extract import extract_from_dir
from hypothesis import given
from hypothesis import strategies as st

from graph.policy import TABLE, Action, Role
from wording import Wording, joined
from wording.catalogue import told, translations
from wording.languages import Language, language_of, language_of_header, language_of_process, speaking
from wording.wording import fields_of

ROOT: Final = Path(__file__).parents[2]
PACKAGES: Final = ("casegraph", "connectors", "graph", "resolvers", "schema", "search", "sync", "wording")
WORDS: Final = re.compile(r"[A-Za-z]")
CHINESE: Final = re.compile(r"[\u4e00-\u9fff]")
NAMES: Final = frozenset({"API key", "`name:`", "Python {python_version}, {versions}"})
"""What needs no Chinese word, or is a name."""


def templates() -> dict[str, str]:
    """Return every template of the code, with where it stands; of enumerations each member is one."""
    found = {str(member.value): f"{kind.__name__}.{member.name}" for kind in (Action, Role) for member in kind}
    found |= {rule.condition: f"{rule.action.name} in TABLE" for rule in TABLE if rule.condition}
    for package in PACKAGES:
        for file, line, message, _, _ in extract_from_dir(ROOT / package, keywords={"Wording": None}):
            found.setdefault(message if isinstance(message, str) else message[0], f"{package}/{file}:{line}")
    return found


ALL: Final = templates()
TEMPLATES: Final = {one: place for one, place in ALL.items() if WORDS.search(re.sub(r"\{[^}]*\}", "", one))}
"""Those that have words of their own; the others put others together."""


def test_there_are_templates() -> None:
    """Those who look for none find none wrong."""
    assert len(TEMPLATES) > 500


def test_every_message_is_in_chinese_too() -> None:
    """With the same arguments; names alone need no Chinese word."""
    chinese = translations(Language.CHINESE)
    missing = [f"{place}: {template}" for template, place in TEMPLATES.items() if template not in chinese]
    assert not missing, "Add these to wording/zh.po:\n" + "\n".join(missing)
    for template in TEMPLATES.keys() - NAMES:
        assert CHINESE.search(chinese[template]), template
        assert fields_of(chinese[template]) == fields_of(template), template


def test_nothing_is_translated_that_nobody_says() -> None:
    """What a change made dead goes with it."""
    assert not translations(Language.CHINESE).keys() - ALL.keys()


def test_a_message_is_told_with_what_stands_within_it() -> None:
    """Messages within messages are translated, too; numbers and texts stay as they are."""
    wording = Wording("There is no {what} {key}.", what=Wording("case"), key="a{b}")
    assert wording == "There is no case a{b}."
    assert told(wording, Language.CHINESE) == "没有这个信访事项：a{b}。"
    with speaking(Language.CHINESE):
        assert told(wording) == told(wording, Language.CHINESE)
    assert told(wording) == wording
    assert joined([Wording("case"), Wording("party")]) == "case, party"
    assert told(joined([Wording("case"), Wording("party")]), Language.CHINESE) == "信访事项、当事人"


def test_what_an_error_says_can_still_be_translated() -> None:
    """`str` of an error is the message itself, and so are copies."""
    wording = Wording("A page has at most {largest} changes.", largest=5)
    for one in (str(ValueError(wording)), copy.deepcopy(wording), copy.copy(wording)):
        assert isinstance(one, Wording)
        assert one.template == wording.template
        assert one.arguments == {"largest": 5}


def test_an_argument_that_is_missing_is_seen_at_once() -> None:
    """When the message is made, not when somebody reads it."""
    with pytest.raises(KeyError):
        Wording("There is no {what} {key}.", what="case")


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", Language.CHINESE),
        ("zh-CN,zh;q=0.9,en;q=0.8", Language.CHINESE),
        ("en-GB", Language.ENGLISH),
        ("en;q=0.3, zh;q=0.7", Language.CHINESE),
        ("fr, de;q=0.9", Language.CHINESE),
        ("fr, en;q=0.1", Language.ENGLISH),
        ("zh;q=0, en;q=0.1", Language.ENGLISH),
        ("*", Language.CHINESE),
        ("zh-Hant-TW", Language.CHINESE),
        ("en;q=x", Language.CHINESE),
    ],
)
def test_the_language_that_is_liked_best_is_spoken(header: str, language: Language) -> None:
    """As RFC 9110 has it; the instance's own where none of ours is named."""
    assert language_of_header(header, Language.CHINESE) is language


@given(st.text(max_size=200))
def test_any_header_has_a_language(header: str) -> None:
    """Whatever a stranger sends."""
    assert language_of_header(header, Language.ENGLISH) in Language


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, Language.ENGLISH),
        ({"LANG": "zh_CN.UTF-8"}, Language.CHINESE),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, Language.ENGLISH),
        ({"LANG": "C.UTF-8", "LC_MESSAGES": "zh_TW"}, Language.CHINESE),
        ({"LANG": "en_US.UTF-8", "CASEGRAPH_LANGUAGE": "zh"}, Language.CHINESE),
        ({"LANG": "de_DE@euro"}, Language.ENGLISH),
    ],
)
def test_a_process_speaks_as_its_variables_say(environment: dict[str, str], language: Language) -> None:
    """Our setting first, then as POSIX has it."""
    assert language_of_process(environment) is language


def test_no_language_is_made_up() -> None:
    """A tag that is none, or of a language that is not spoken here."""
    assert language_of("x" * 1_000) is None
    assert language_of("fr") is None
