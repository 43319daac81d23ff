"""A person's values are found in the forms in which people type them, and nothing else is touched."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.occurrences import REPLACEMENT, Occurrences
from graph.records import MentionDraft, MentionRole, PartyKind

PERSON = MentionDraft(
    role=MentionRole.PETITIONER, name="欧阳建国", phone="13812341234", identity_number="43010419800101123X",
    address="湖南省长沙市岳麓区桔园小区3栋502室", account="star_gazer", email="ouyang.jg@example.org",
)  # fmt: skip
GONE = Occurrences.of([PERSON])


@pytest.mark.parametrize(
    "typed",
    [
        "欧阳建国", "欧 阳 建 国", "歐陽建國", "欧阳\u200b建国", "欧阳某", "欧阳某某", "欧**", "欧阳＊国",
        "13812341234", "138-1234-1234", "138 1234 1234", "１３８１２３４１２３４",
        "+86 13812341234", "0086-138.1234.1234",
        "138****1234", "138xxxx1234", "138＊＊＊＊１２３４", "尾号1234", "尾号为：1234",
        "43010419800101123X", "43010419800101123x", "430104 19800101 123X", "430104********123X", "43**************3X",
        "湖南省长沙市岳麓区桔园小区3栋502室", "桔园小区3栋502室", "桔园小区 3栋 502室",
        "star_gazer", "STAR_GAZER", "st***", "ouyang.jg@example.org", "Ouyang.JG@Example.org", "o***@example.org",
    ],
)  # fmt: skip
def test_a_value_is_found_as_it_is_typed(typed: str) -> None:
    """NFKC, full width, traditional, blanks, dashes, masks: nothing of it is left, and all around it stays."""
    said = GONE.without(f"来信人：{typed}。路灯坏了。")
    assert said == f"来信人：{REPLACEMENT}。路灯坏了。"


@pytest.mark.parametrize(
    "text",
    ["", "建国路的路灯坏了", "桔园小区的烧烤店", "拨打12345", "13912341234", "stargazer", "第1234号", "欧洲"],
)
def test_what_is_nobodys_stays(text: str) -> None:
    """Words that share characters with the person's values are left alone."""
    assert GONE.without(text) is text


def test_short_and_common_names() -> None:
    """A family name alone goes where an honorific follows; what stands for no name at all stays."""
    one = Occurrences.of([MentionDraft(role=MentionRole.PETITIONER, name="李")])
    assert one.without("李先生种了李子树") == f"{REPLACEMENT}先生种了李子树"
    nobody = Occurrences.of([MentionDraft(role=MentionRole.PETITIONER, name="网友")])
    assert nobody.without("一位网友说") == "一位网友说"
    latin = Occurrences.of([MentionDraft(role=MentionRole.PETITIONER, name="Ann Li")])
    assert latin.without("ANN  LI and Hannli") == f"{REPLACEMENT} and Hannli"


def test_a_landline_within_its_town() -> None:
    """The area code is left out in town; digits of another number are no telephone."""
    home = Occurrences.of([MentionDraft(role=MentionRole.PETITIONER, phone="0731-88881234")])
    assert home.without("电话8888-1234，单号2288881234") == f"电话{REPLACEMENT}，单号2288881234"


def test_an_organisation_is_not_masked_like_a_person() -> None:
    """某 after its first characters is somebody else."""
    shop = Occurrences.of([MentionDraft(role=MentionRole.RESPONDENT, kind=PartyKind.ORGANISATION, name="长乐烧烤店")])
    assert shop.without("长某说长乐烧烤店吵") == f"长某说{REPLACEMENT}吵"


def test_values_inside_of_json() -> None:
    """Every text of a JSON value is looked through; numbers and nulls stay."""
    value = {"by": "欧阳建国", "of": ["13812341234", 7, None]}
    assert GONE.without_any(value) == {"by": REPLACEMENT, "of": [REPLACEMENT, 7, None]}


@given(st.text(max_size=40), st.text(max_size=40), st.sampled_from([PERSON.name, PERSON.phone, PERSON.account]))
def test_whatever_stands_around_it(before: str, after: str, value: str) -> None:
    """No text around a value keeps it: what is left has it no more, in whatever width; the rest is there in order."""
    said = GONE.without(f"{before} {value}\n{after}")
    assert value not in unicodedata.normalize("NFKC", said)
    kept = said.split(REPLACEMENT)
    assert f"{before} {value}\n{after}".startswith(kept[0])
    assert f"{before} {value}\n{after}".endswith(kept[-1])
