"""Texts are read in the encoding that fits them whole, whatever their label says, or not at all."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from connectors.connector import UnreadableError
from connectors.encodings import _is_ambiguous, decode, is_plausible
from graph.records import RejectionReason

TEXT = "尊敬的领导：您好！我是本市红星小区的居民，楼下的烧烤店夜里还在营业，油烟很大，多次反映没有结果。\r\n谢谢"
TRADITIONAL = "尊敬的領導：您好！我是本市紅星小區的居民，樓下的燒烤店夜裡還在營業，油煙很大，多次反映沒有結果。"
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "gb18030", "gbk", "gb2312"]
LABELS = [None, "utf-8", "UTF8", "gb2312", "GBK", "gb18030", "x-gbk", "iso-8859-1", "us-ascii", "big5", "nonsense"]


def fault(content: bytes, declared: str | None = None) -> UnreadableError:
    """Decode what cannot be decoded and return why."""
    with pytest.raises(UnreadableError) as caught:
        decode(content, declared)
    return caught.value


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_text_is_read_whatever_its_label_says(encoding: str, label: str | None) -> None:
    """Mail programs label everything GB2312, web pages UTF-8."""
    assert decode(TEXT.encode(encoding), label).text == TEXT


@pytest.mark.parametrize("label", ["gb2312", "gbk", "gb18030", "GB_2312-80", "cp936", None])
def test_gb2312_stands_for_the_family(label: str | None) -> None:
    """Labels say GB2312 over characters that only GB18030 has: 镕, 㙍, traditional ones."""
    for text in (TEXT + "朱镕", TEXT + "\u364d\U00020087", TRADITIONAL):
        found = decode(text.encode("gb18030"), label)
        assert (found.text, found.encoding) == (text, "gb18030")


@pytest.mark.parametrize("text", ["张三", "联通", "李四 王五", "转：举报", "Zhāng", "a", ""])
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_few_characters_are_enough(text: str, encoding: str) -> None:
    """Names and subjects are short; 联通 in GB2312 is what fools other guessers."""
    assert decode(text.encode(encoding), "gb2312").text == text


def test_a_rare_name_is_believed_where_it_is_labelled() -> None:
    """One rare character alone says nothing about its encoding."""
    assert decode("镕".encode("gb18030"), "gbk").text == "镕"


def test_what_a_label_alone_can_tell_is_read_by_it() -> None:
    """Traditional texts from Hong Kong and Taiwan, and HZ, which is ASCII to look at."""
    assert decode(TRADITIONAL.encode("big5"), "big5").text == TRADITIONAL
    assert decode(TEXT.encode("hz"), "hz-gb-2312").text == TEXT


@pytest.mark.parametrize(
    "content",
    [
        codecs.BOM_UTF8 + TEXT.encode("gb18030"),
        TEXT.encode()[:-1],
        TEXT.encode() + b"\xff\xfe\xfa",
        TEXT.encode("gb18030")[:40] + b"\xff\xff" + TEXT.encode("gb18030")[40:],
        TEXT.encode() + TEXT.encode("gb18030"),
        TRADITIONAL.encode("big5", "ignore"),
        bytes(range(128, 256)) * 8,
    ],
    ids=["mark", "cut", "tail", "amid", "both", "other", "noise"],
)
@pytest.mark.parametrize("label", [None, "utf-8", "gb2312"])
def test_a_lie_is_refused(content: bytes, label: str | None) -> None:
    """What fits no encoding whole is not patched with question marks."""
    error = fault(content, label)
    assert error.reason is RejectionReason.ENCODING
    assert "UTF-8" in error.message


def test_a_fault_says_in_which_line() -> None:
    """A person looks there."""
    assert fault("一行\n二行\n三".encode() + b"\xff\n").where == "line 3"


@pytest.mark.parametrize(
    "content",
    [
        b"abc\0def",
        "甲\0乙".encode(),
        "甲\ud800乙".encode("utf-8", "surrogatepass"),
        codecs.BOM_UTF16_LE + "甲".encode("utf-16-le") + b"\x00\xd8" + "乙".encode("utf-16-le"),
        codecs.BOM_UTF16_LE + "甲\0乙".encode("utf-16-le"),
    ],
)
def test_nul_and_half_characters_are_told(content: bytes) -> None:
    """No database keeps them."""
    assert fault(content).reason is RejectionReason.BAD_CHARACTER


def test_mojibake_is_not_plausible() -> None:
    """UTF-8 read as GB18030 gives characters, too, but none that anybody writes."""
    assert is_plausible(TEXT)
    assert is_plausible(TRADITIONAL)
    assert not is_plausible(TEXT.encode().decode("gb18030", "ignore"))
    assert not is_plausible(TEXT.encode("gb18030").decode("big5", "ignore"))


LETTERS = st.text(
    st.one_of(
        st.sampled_from("的一是在不了有和人这中大为上个国我以要他时来用们"),
        st.characters(codec="gb18030", categories=["L"]),
    ),
    max_size=200,
)


@given(LETTERS, st.sampled_from([None, "utf-8", "gb2312"]))
def test_utf8_is_always_read_as_such(text: str, label: str | None) -> None:
    """Hardly any text of another encoding is valid UTF-8."""
    assume(label == "utf-8" or not _is_ambiguous(text.encode()))  # û is 没, says a test above
    assert decode(text.encode(), label).text == text.removeprefix("\ufeff")


@given(st.text(st.sampled_from(TEXT + "王李张刘陈。，、\n 0123456789"), max_size=300))
def test_gb18030_is_read_without_a_label(drawn: str) -> None:
    """Whatever stands in a text that begins like a letter."""
    text = f"{TEXT[:10]}{drawn}"
    assert decode(text.encode("gb18030")).text == text


def test_a_common_character_is_not_taken_for_a_western_one() -> None:
    """没 in GB18030 are the bytes of û in UTF-8; the other way round it is a letter of a name."""
    assert decode("没".encode("gb18030")).text == "没"
    assert decode("没没 没".encode("gb18030"), "us-ascii").text == "没没 没"
    assert decode("Müller".encode()).text == "Müller"
    assert decode("û".encode(), "utf-8").text == "û"


@given(st.binary(max_size=400), st.sampled_from(LABELS))
def test_bytes_are_read_or_refused(content: bytes, label: str | None) -> None:
    """Nothing else is raised, and nothing that cannot be stored is returned."""
    found: str | RejectionReason
    try:
        found = decode(content, label).text
    except UnreadableError as error:
        found = error.reason
    if isinstance(found, RejectionReason):
        assert found in {RejectionReason.ENCODING, RejectionReason.BAD_CHARACTER}
    else:
        found.encode("utf-8")
        assert "\0" not in found
