"""In which encoding a text is written, and its characters: strictly, so that no letter goes in with wrong ones.

Chinese texts come in UTF-8, UTF-16 and the family of GB2312, GBK and GB18030, of which the last contains the others. A
label is a hint: mail programs write GB2312 over any of them. What fits no encoding whole is refused, never patched.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import Final

from connectors.connector import UnreadableError
from graph.records import RejectionReason
from wording import Wording

MARKS: Final = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
GB_FAMILY: Final = frozenset(
    {"gb2312", "gbk", "gb18030", "cp936", "ms936", "xgbk", "gb231280", "csgb2312", "euccn", "chinese", "windows936"}
)
WESTERN: Final = frozenset({"ascii", "iso8859-1", "cp1252", "latin-1"})
"""Labels of programs that knew no other: under them stands anything."""
EIGHT_BITS: Final = WESTERN - {"ascii"}
"""Of these, what has letters beyond ASCII: browsers and mail programs read all of them as Windows-1252."""
COMMON: Final = frozenset(
    "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多定行学"
    "法所民得经三之进着等部度家电力里如水化高自二理起小物现实加量都两体制机当使点从业本去把性好应开它合还因由其些然前外天"
    "政四日那社义事平形相全表间样与关各重新线内数正心反你明看原又么利比或但质气第向道命此变条只没结解问意建月公无系军很情"
    "者最立代想已通并提直题党程展五果料象员革位入常文总次品式活设及管特件长求老头基资边流路级少图山统接知较将组见计别她手"
    "角期根论运农指几九区强放决西被干做必战先回则任取据处队南给色光门即保治北造百规热领七海口东导器压志世金增争济阶油思术"
    "極這為個國時來們說產種麼條電實點業應開還與關線數對發動學經進現機當從體後過會長無問題車東見計決處隊給門導壓"
    "您好尊敬请领导市县乡镇村信访电话住址姓名身份证号邮箱街道小区"
)
"""Characters that any Chinese text of some length has; texts read in a wrong encoding have hardly any."""
LONGEST_ACCENTS: Final = 3
"""Accented letters that follow one another in a European word; Chinese read as such has as many as it has bytes."""
ENOUGH: Final = 12
"""Chinese characters from which on a text must hold common ones."""
COMMON_SHARE: Final = 0.06
USUAL_SHARE: Final = 0.7
END_OF_FILE: Final = "\x1a"
"""How CP/M and DOS end a text, and fill the rest of its last block."""
_UNUSABLE: Final = re.compile("[\0\ud800-\udfff]")
_STRANGE: Final = re.compile("[\x01-\x08\x0e-\x1a\x7f-\x84\x86-\x9f\ufffd\ufffe\uffff\ue000-\uf8ff]")
_WESTERN_LETTERS: Final = re.compile(
    "[\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u00ff\u0152\u0153\u0160\u0161\u0178\u017d\u017e]+"
)
_FOREIGN: Final = re.compile("[^\0-\x7f]+")
_HAN: Final = re.compile("[\u3400-\u9fff]")


@dataclass(frozen=True, slots=True)
class Decoded:
    """A text and the encoding in which it was written."""

    text: str
    encoding: str


def decode(content: bytes, declared: str | None = None) -> Decoded:
    """Return a text's characters, whatever its label says. Raises UnreadableError where they cannot be told."""
    for mark, name in MARKS:
        if content.startswith(mark):
            return Decoded(_strictly(content[len(mark) :], name), name)
    label = _named(declared)
    if (
        label
        and label.startswith(("utf-16", "utf-32"))
        and (found := _fitting(content, label, labelled=True)) is not None
    ):
        return Decoded(found, label)
    if content.isascii():
        return _seven_bits(content, label)
    western = label in EIGHT_BITS and _looks_western(content)
    for name in _candidates(content, label):
        found = _fitting(content, name, labelled=name == label and label not in WESTERN)
        if found is not None and not (western and _is_chance(found, name)):
            return Decoded(found, name)
    if western:
        return Decoded(check_characters(content.decode("cp1252")), "cp1252")
    raise _misfit(content, label)


def check_characters(text: str) -> str:
    """Return a text that can be stored. Raises UnreadableError for NUL and half characters."""
    found = _UNUSABLE.search(text)
    if found is None:
        return text
    line = text.count("\n", 0, found.start()) + 1
    message = Wording("A NUL or half a character stands there. Save it again as UTF-8.")
    raise UnreadableError(RejectionReason.BAD_CHARACTER, message, where=Wording("line {line}", line=line))


def is_plausible(text: str, *, labelled: bool = False) -> bool:
    """Tell whether a text looks read in its own encoding: no private characters, and common ones among the Chinese.

    A short text, such as a rare name, can't tell: it is believed where it is labelled so.
    """
    if _STRANGE.search(text):
        return False
    chinese = _HAN.findall(text)
    if len(chinese) >= ENOUGH:
        return sum(char in COMMON for char in chinese) >= COMMON_SHARE * len(chinese)
    if labelled:
        return True
    foreign = [char for char in text if char > "\x7f"]
    usual = sum(bool(char.encode("gb2312", "ignore")) for char in foreign)
    return usual >= USUAL_SHARE * len(foreign)


def _named(declared: str | None) -> str | None:
    """Return Python's name of a label, GB18030 for all of its family, None where there is no such encoding."""
    if declared is None:
        return None
    label = re.sub(r"[^a-z0-9]", "", declared.lower())
    if label in GB_FAMILY:
        return "gb18030"
    try:
        found = codecs.lookup(declared.strip())
    except (LookupError, ValueError):
        return None
    return found.name if found._is_text_encoding else None  # noqa: SLF001 - else rot13 and base64 are encodings


def _candidates(content: bytes, label: str | None) -> list[str]:
    """Return the encodings to try, the likeliest first. A text that fits UTF-8 is hardly ever of another encoding."""
    names = ["utf-8"]
    if b"\0" in content:
        names = [_of_zeros(content), *names]
    elif label != "utf-8" and _is_ambiguous(content):
        names = ["gb18030", *names]
    if label in WESTERN:
        names += ["gb18030", label]
    else:
        names += [label or "gb18030", "gb18030"]
    if len(content) % 2 == 0:
        names += ["utf-16-le", "utf-16-be"]  # without a mark and without a blank; only plausible texts pass
    return list(dict.fromkeys(names))


def _is_chance(text: str, name: str) -> bool:
    """Tell whether bytes of a European text are Chinese by chance."""
    return name.startswith("utf-16") or (name == "gb18030" and COMMON.isdisjoint(text))


def _looks_western(content: bytes) -> bool:
    """Tell whether a text is a European one in Windows-1252: its accents stand few by few amid plain letters."""
    try:
        text = content.decode("cp1252")
    except UnicodeDecodeError:
        return False
    if _STRANGE.search(text) or any(len(run) > LONGEST_ACCENTS for run in _WESTERN_LETTERS.findall(text)):
        return False
    foreign = [len(run) for run in _FOREIGN.findall(text)]
    plain = sum(char.isascii() and char.isalpha() for char in text)
    return sum(foreign) <= plain or max(foreign) == 1


def _is_ambiguous(content: bytes) -> bool:
    """Tell whether valid UTF-8 is a few common Chinese characters in GB18030: 没 is written as û is there."""
    try:
        western, chinese = content.decode("utf-8"), content.decode("gb18030")
    except UnicodeDecodeError:
        return False
    foreign = [char for char in chinese if char > "\x7f"]
    return bool(foreign) and max(western) < "\u0800" and sum(char in COMMON for char in foreign) * 2 >= len(foreign)


def _of_zeros(content: bytes) -> str:
    """Tell the order of bytes of UTF-16 without a mark: blanks and line ends have their zero on one side."""
    return "utf-16-le" if content[1::2].count(0) >= content[::2].count(0) else "utf-16-be"


def _seven_bits(content: bytes, label: str | None) -> Decoded:
    """Read ASCII, and what hides Chinese in it: HZ and the ISO-2022 encodings, where a label says so."""
    if b"\0" in content:
        name = _of_zeros(content)
        found = _fitting(content, name)
        if found is not None and b"\0" in content[:4]:
            return Decoded(found, name)
    if label is not None and label.startswith(("hz", "iso2022", "utf-7")):
        return Decoded(_strictly(content, label), label)
    return Decoded(_strictly(content, "ascii"), "utf-8")


def _fitting(content: bytes, name: str, *, labelled: bool = False) -> str | None:
    """Return the text if all of it fits an encoding, and looks so."""
    try:
        text = _characters(content, name)
    except (UnicodeDecodeError, UnicodeError):
        return None
    if name == "utf-8":
        return check_characters(text)
    return text if is_plausible(text, labelled=labelled) and not _UNUSABLE.search(text) else None


def _characters(content: bytes, name: str) -> str:
    """Return a text without the mark of its end. Raises UnicodeError."""
    text = content.decode(name)
    bare = text.rstrip(f"{END_OF_FILE}\0 \t\r\n")
    return bare if END_OF_FILE in text[len(bare) :] else text


def _strictly(content: bytes, name: str) -> str:
    try:
        text = _characters(content, name)
    except UnicodeDecodeError as error:
        if name.startswith("utf-16") and error.reason.startswith("illegal"):
            message = Wording("Half a character stands there. Save it again as UTF-8.")
            raise UnreadableError(RejectionReason.BAD_CHARACTER, message) from error
        raise _lie(name, _line(content, error.start)) from error
    return check_characters(text)


def _misfit(content: bytes, label: str | None) -> UnreadableError:
    """Say where a text leaves the encoding that it fits furthest."""
    try:
        content.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        pass
    else:
        message = Wording("Half a character stands there, written as bytes of its own. Save it again as UTF-8.")
        return UnreadableError(RejectionReason.BAD_CHARACTER, message)
    ends = {name: _end(content, name) for name in dict.fromkeys([label or "utf-8", "utf-8", "gb18030"])}
    furthest = max(ends, key=lambda name: ends[name])
    return _lie(furthest, _line(content, ends[furthest]))


def _end(content: bytes, name: str) -> int:
    try:
        content.decode(name)
    except UnicodeDecodeError as error:
        return error.start
    except UnicodeError:
        return 0
    return 0  # all of it fits, and makes no sense


def _line(content: bytes, at: int) -> int:
    return content.count(b"\n", 0, at) + 1


def _lie(name: str, line: int) -> UnreadableError:
    message = Wording(
        "The characters cannot be told: it is neither UTF-8 nor GB18030, and {upper} breaks there. "
        "Open it in its own program and save it as UTF-8.",
        upper=name.upper(),
    )
    return UnreadableError(RejectionReason.ENCODING, message, where=Wording("line {line}", line=line))
