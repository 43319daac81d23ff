"""Mail as programs really write it: what is wrapped, named, dated and parted against the standards arrives as meant."""

from __future__ import annotations

import base64
import binascii
import quopri
import re
from datetime import UTC, datetime
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.records import Channel, Draft, Refusal, RejectionReason
from tests.connectors.factory import instant, readings
from tests.connectors.letterbox import draft, names, people, refusal

WORDS: Final = "小区门口的路灯坏了半个月，晚上出门很不方便，请派人来修理，谢谢。"
ENCLOSED: Final = "这是附件里的话。"
AT: Final = instant("2021-03-05 09:00:00")
HEAD: Final = {
    "Message-ID": "<1@t.example>", "Date": "Fri, 05 Mar 2021 09:00:00 +0800", "MIME-Version": "1.0",
    "From": "zhang@t.example", "Subject": "=?utf-8?B?6Lev54Gv?=", "Content-Type": "text/plain; charset=utf-8",
    "Content-Transfer-Encoding": "8bit",
}  # fmt: skip


def mail(body: bytes | str = WORDS, **headers: str | bytes | None) -> bytes:
    """Return a mail with some of its headers changed, as bytes that no library put right."""
    given = HEAD | {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [
        name.encode() + b": " + (value if isinstance(value, bytes) else value.encode())
        for name, value in given.items()
        if value is not None
    ]
    return b"\r\n".join([*lines, b"", body if isinstance(body, bytes) else body.encode(), b""])


def part(body: bytes | str, *headers: str | bytes) -> bytes:
    """Return a part with these headers."""
    lines = [line if isinstance(line, bytes) else line.encode() for line in headers]
    return b"\r\n".join([*lines, b"", body if isinstance(body, bytes) else body.encode()])


def several(*parts: bytes, kind: str = "mixed", edge: str = "X", **headers: str) -> bytes:
    """Return a mail of several parts."""
    body = b"".join(b"--%s\r\n%s\r\n" % (edge.encode(), one) for one in parts) + b"--%s--" % edge.encode()
    return mail(body, Content_Type=f'multipart/{kind}; boundary="{edge}"', Content_Transfer_Encoding=None, **headers)


PLAIN: Final = part(WORDS, "Content-Type: text/plain; charset=utf-8")


def enclosure(*headers: str | bytes, content: bytes = ENCLOSED.encode()) -> bytes:
    """Return an attachment in base64."""
    return part(base64.encodebytes(content), "Content-Transfer-Encoding: base64", *headers)


def is_the_letter(found: Draft) -> None:
    """Check what all these mails say."""
    assert (found.title, found.text, found.received_at) == ("路灯", WORDS, AT)
    assert [mention.email for mention in found.mentions] == ["zhang@t.example"]


# How the words are wrapped -------------------------------------------------------------------------------------------

SPELLED: Final = ["{}", " {} ", "{};", '"{}"', "'{}'", "{} (plain)", "(plain) {}", "{};x=1", "\t{}\r\n ", "{}, 8bit"]
NAMED: Final = {
    "base64": ["base64", "BASE64", "Base-64", "base_64"],
    "quoted-printable": ["quoted-printable", "Quoted-Printable", "quoted_printable", "quotedprintable"],
    "x-uuencode": ["x-uuencode", "uuencode", "x-uue", "UUE"],
}


def wrapped(content: bytes, encoding: str) -> bytes:
    """Wrap bytes."""
    match encoding:
        case "base64":
            return base64.encodebytes(content)
        case "quoted-printable":
            return quopri.encodestring(content)
        case _:
            lines = [binascii.b2a_uu(content[at : at + 45]) for at in range(0, len(content), 45)]
            return b"begin 644 letter.txt\n" + b"".join(lines) + b"`\nend\n"


@pytest.mark.parametrize("spelled", SPELLED)
@pytest.mark.parametrize(("encoding", "name"), [(one, name) for one, names in NAMED.items() for name in names])
def test_an_encoding_is_known_in_any_spelling(encoding: str, name: str, spelled: str) -> None:
    """Blanks, quotes, remarks and semicolons around it say nothing; else the wrapping would stand as the text."""
    body = wrapped(WORDS.encode(), encoding)
    is_the_letter(draft(mail(body, Content_Transfer_Encoding=spelled.format(name)), "a.eml"))


@pytest.mark.parametrize("name", ["7bit", "8 bit", "binary", "none", "utf-8", "", "(8bit)"])
def test_what_names_no_wrapping_wraps_nothing(name: str) -> None:
    """The words stand there as they are."""
    is_the_letter(draft(mail(Content_Transfer_Encoding=name), "a.eml"))


def test_a_wrapping_that_nobody_knows_is_told() -> None:
    """Else what it looks like would stand as the text."""
    for name in ("x-gzip64", "X-Own;"):
        found = refusal(mail("H4sIAJ+A5jIAA0VP", Content_Transfer_Encoding=name), "a.eml")
        assert found.reason is RejectionReason.UNREADABLE
        assert "base64" in found.message


@given(st.text(st.sampled_from("路灯坏了ab ，。\n"), min_size=1, max_size=60).filter(str.strip), st.booleans())
def test_base64_needs_no_padding(text: str, padded: bool) -> None:
    """Nothing is lost where it is missing."""
    body = base64.b64encode(f"甲{text}".encode())
    found = draft(mail(body if padded else body.rstrip(b"="), Content_Transfer_Encoding="base64"), "a.eml")
    assert found.text.split() == f"甲{text}".split()


@pytest.mark.parametrize("text", ["路灯", "路灯a", "路灯ab"])
def test_several_streams_of_base64_are_one_text(text: str) -> None:
    """Gateways add what they have to say behind the padding."""
    body = base64.b64encode(text.encode()) + b"\r\n" + base64.b64encode(WORDS.encode())
    assert draft(mail(body, Content_Transfer_Encoding="base64"), "a.eml").text == text + WORDS


@pytest.mark.parametrize(("text", "cut"), [("abcdefg", 1), ("abcdefgh", 1), ("abcdefgh", 2), ("路灯坏了", 1)])
def test_base64_that_breaks_off_within_a_byte_is_told(text: str, cut: int) -> None:
    """It is no padding that is missing there."""
    body = base64.b64encode(text.encode()).rstrip(b"=")[:-cut]
    assert "base64 is broken" in refusal(mail(body, Content_Transfer_Encoding="base64"), "a.eml").message


def test_blanks_at_the_ends_of_quoted_lines_are_no_text() -> None:
    """Gateways add them, also behind the sign that joins two lines."""
    body = quopri.encodestring(WORDS.encode()).replace(b"=\n", b"= \t\r\n")
    is_the_letter(draft(mail(body, Content_Transfer_Encoding="quoted-printable"), "a.eml"))


# How files are called ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("charset", ["utf-8", "gb18030"])
@pytest.mark.parametrize(
    "written",
    [
        'Content-Disposition: attachment; filename="{}"',
        "Content-Disposition: attachment; filename={}",
        'Content-Type: text/plain; name="{}"\r\nContent-Disposition: attachment',
        'Content-Disposition: attachment;\r\n filename*0="{:.2}";\r\n filename*1="{:2}"',
        "Content-Disposition: attachment; filename*=''{}",
        "Content-Disposition: attachment; filename*=gb2312'zh'{}",
    ],
)
def test_a_files_name_in_raw_chinese_is_read(written: str, charset: str) -> None:
    """As many programs write it, whole or in pieces: no character becomes a question mark."""
    name = "路灯照片.txt"
    line = written.replace("{:.2}", name[:2]).replace("{:2}", name[2:]).replace("{}", name)
    (kept,) = draft(several(PLAIN, enclosure(line.encode(charset))), "a.eml").documents
    assert (kept.name, kept.text) == (name, ENCLOSED)


@pytest.mark.parametrize(
    "written",
    [
        "=?utf-8?B?6Lev54Gv54Wn54mHLnR4dA==?=",
        "=?utf-8?B?6Lev54Gv54Wn?=\r\n =?utf-8?B?54mHLnR4dA==?=",
        "=?utf-8?B?6Lev54Gv54Wn5?=\r\n =?utf-8?B?4mHLnR4dA==?=",
        "=?gb2312?Q?=C2=B7=B5=C6=D5=D5=C6=AC=2Etxt?=",
        "=?utf-8?Q?=E8=B7=AF=E7=81=AF=E7=85=A7=E7=89=87.txt?=",
    ],
)
def test_a_files_name_in_encoded_words_is_read(written: str) -> None:
    """Against the standard, as most programs here do."""
    (kept,) = draft(
        several(PLAIN, enclosure(f'Content-Disposition: attachment; filename="{written}"')), "a.eml"
    ).documents
    assert kept.name == "路灯照片.txt"


@pytest.mark.parametrize(
    "written",
    [
        "filename=\"__.txt\"; filename*=utf-8''%E8%B7%AF%E7%81%AF.txt",
        "filename*=utf-8''%E8%B7%AF%E7%81%AF.txt; filename=__.txt",
        'filename="路灯.txt',
        'FILENAME = "路灯.txt" ; size=3',
    ],
)
def test_the_fullest_name_of_several_is_read(written: str) -> None:
    """Not the one for programs that know only ASCII; a mark that was not closed is no part of it."""
    (kept,) = draft(several(PLAIN, enclosure(f"Content-Disposition: attachment; {written}")), "a.eml").documents
    assert kept.name == "路灯.txt"


def test_a_name_that_cannot_be_read_leaves_the_other() -> None:
    """Of two, one may be broken; of one, a number is what is left."""
    broken = b'Content-Disposition: attachment; filename="\xff\xff\x80.txt"'
    (kept,) = draft(several(PLAIN, enclosure(broken, "Content-Type: text/plain; name=a.txt")), "a.eml").documents
    assert kept.name == "a.txt"
    (kept,) = draft(several(PLAIN, enclosure(broken, "Content-Type: text/plain")), "a.eml").documents
    assert kept.name == "attachment 1.txt"


# When ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "hour"),
    [
        ("+0800", 1), ("+08:00", 1), ("+8", 1), ("+0800 (CST)", 1), ("+0800 CST", 1), ("GMT+0800", 1), ("UTC+08:00", 1),
        ("UTC+8", 1), ("CST", 1), ("", 1), ("(中国标准时间)", 1),
        ("-0000", 9), ("+0000", 9), ("UTC+0000", 9), ("GMT", 9), ("UT", 9), ("Z", 9), ("+0000 (UTC)", 9),
        ("GMT-0000", 9), ("-0500", 14), ("EST", 14), ("JST", 0),
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "form",
    [
        "Fri, 05 Mar 2021 09:00:00 {}",
        "Fri, 05 Mar 2021 09(x) : 00 : 00 {}",
        "5 Mar 2021 09:00 {}",
        "Fri Mar  5 09:00:00 {} 2021",
    ],
)
def test_a_zone_is_read_in_the_forms_it_has(form: str, zone: str, hour: int) -> None:
    """`-0000` is UTC; CST is China's to an office there; where none stands, the office's counts."""
    found = draft(mail(Date=form.format(zone)), "a.eml")
    assert found.received_at == datetime(2021, 3, 5, hour, tzinfo=UTC)


def test_a_zone_that_nobody_knows_is_told() -> None:
    """Hours would be guessed, and clocks begin with them. A station's stamp tells it all the same."""
    unknown = "Fri, 05 Mar 2021 09:00:00 XYZ"
    assert refusal(mail(Date=unknown), "a.eml").reason is RejectionReason.DATE
    is_the_letter(draft(b"Received: by x; Fri, 05 Mar 2021 09:00:00 +0800\r\n" + mail(Date=unknown), "a.eml"))
    is_the_letter(draft(b"Received: by x; XYZ\r\nReceived: by y\r\n" + mail(), "a.eml"))
    is_the_letter(draft(b"Received: by a station that stamps nothing\r\n" + mail(), "a.eml"))


# Headers -------------------------------------------------------------------------------------------------------------

SENDERS: Final = {
    "=?utf-8?B?5byg5LiJIDx6aGFuZ0B0LmV4YW1wbGU+?=": "张三",
    "=?utf-8?B?5byg5LiJ?= =?utf-8?B?PHpoYW5nQHQuZXhhbXBsZT4=?=": "张三",
    "=?utf-8?B?5byg5LiJ?= <zhang@t.example>": "张三",
    '"=?utf-8?B?5byg5LiJ?=" <zhang@t.example>': "张三",
    "=?utf-8?B?emhhbmdAdC5leGFtcGxl?=": None,
    "张三 <zhang@t.example>": "张三",
    "张三 zhang@t.example": "张三",
    "张三 [zhang@t.example]": "张三",
    "张三 ＜zhang@t.example＞": "张三",
    "张三 <mailto:zhang@t.example>": "张三",
    "张三 <zhang@t.example>, 李四 <li@t.example>": "张三",
    "zhang@t.example (张三)": "张三",
    "张三，市民 <zhang@t.example>": "张三，市民",
    "张三, 市民 <zhang@t.example>": "张三, 市民",
    "=?utf-8?B?PGZha2VAeC5leGFtcGxlPg==?= <zhang@t.example>": None,
}


@pytest.mark.parametrize(("written", "name"), SENDERS.items())
def test_a_sender_is_read_whichever_way_it_is_written(written: str, name: str | None) -> None:
    """An address that stands in clear counts before one that is hidden in a name."""
    (writer,) = people(draft(mail(From=written), "a.eml"))
    assert (writer.name, writer.email) == (name, "zhang@t.example")


@pytest.mark.parametrize("written", ["张三", "=?utf-8?B?5byg5LiJ?=", "=?gb2312?Q?=D5=C5=C8=FD?=", "张三 <>"])
def test_a_sender_without_an_address_has_a_name(written: str) -> None:
    """As desks write it who type a letter for somebody."""
    (writer,) = people(draft(mail(From=written), "a.eml"))
    assert (writer.name, writer.email) == ("张三", None)


TITLES: Final = st.text(st.sampled_from("关于请求解决路灯损坏问题的来信，AB1"), min_size=1, max_size=40)


@given(TITLES, st.sampled_from(["utf-8", "gb2312", "gbk", "gb18030"]), st.integers(1, 60))
def test_a_subject_is_whole_wherever_its_program_cut_it(title: str, charset: str, step: int) -> None:
    """Amid a group of base64, amid a character, padded or not: the pieces are one text."""
    content = title.encode(charset)
    stream = base64.b64encode(content).decode()
    amid_base64 = [stream[at : at + step] for at in range(0, len(stream), step)]
    amid_bytes = [base64.b64encode(content[at : at + step]).decode() for at in range(0, len(content), step)]
    for pieces in (amid_base64, amid_bytes):
        subject = "\r\n ".join(f"=?{charset}?B?{piece}?=" for piece in pieces)
        assert draft(mail(Subject=subject), "a.eml").title == title


@pytest.mark.parametrize(
    ("subject", "title"),
    [
        ("=?utf-8?B?6Lev54Gv5Z?=", "路灯…"),
        ("=?gb2312?Q?=C2=B7=B5=C6=D5?=", "路灯…"),
        ("=?utf-8?B?6Lev54Gv", "路灯"),
        ("=?utf-8*zh?B?6Lev54Gv?=", "路灯"),
        ("=?utf-8?Q?=E8=B7=AF=E7=81=AF_A 1?=", "路灯 A 1"),
        ("=?utf-8?B?6Lev?==?utf-8?B?54Gv?=", "路灯"),
        ("A =?utf-8?B?6Lev?= B =?utf-8?B?54Gv?=", "A 路 B 灯"),
        ("=?utf-8?B?6Lev?= =?gb2312?B?tcY=?=", "路灯"),
        ("=?utf-8?B?*?=", "=?utf-8?B?*?="),
        ("=?utf-8?Q??= 路灯 =?utf-8?B??=", "路灯"),
        ("=?iso-8859-1?Q?Stra=DFen?=", "Straßen"),
        ("=?iso-8859-1?Q?a=E4=F6=FC=FC?=", "=?iso-8859-1?Q?a=E4=F6=FC=FC?="),
        ("=?utf-8?B?/////w==?= 路灯", "=?utf-8?B?/////w==?= 路灯"),
    ],
)
def test_a_subject_that_is_broken_keeps_what_can_be_read(subject: str, title: str) -> None:
    """A letter is not refused for it, and nothing of it is dropped without a word."""
    found = draft(mail(Subject=subject), "a.eml")
    assert (found.title, found.text) == (title, WORDS)


@pytest.mark.parametrize("charset", ["iso-8859-1", "windows-1252", "ISO_8859-1"])
@pytest.mark.parametrize("encoding", ["quoted-printable", "base64", "8bit"])
def test_a_western_letter_is_read_where_it_is_labelled_so(charset: str, encoding: str) -> None:
    """In plain, as a page, and in its raw headers."""
    text = "Die Lampe vor dem Haus ist kaputt – „bitte“ schicken Sie jemanden. Viele Grüße, Jürgen"
    content = text.encode("cp1252")
    found = draft(
        mail(
            content if encoding == "8bit" else wrapped(content, encoding),
            Content_Type=f"text/plain; charset={charset}",
            Content_Transfer_Encoding=encoding,
            Subject="Straßenlampe".encode("cp1252"),
        ),
        "a.eml",
    )
    assert (found.title, found.text) == ("Straßenlampe", text)


@pytest.mark.parametrize("text", ["Müller", "créée à côté", "“So”\xa0it is…", "5\xa0m² each", "—", "à 5°"])
def test_a_few_western_signs_are_enough(text: str) -> None:
    """Also where their bytes would be a rare Chinese character."""
    found = draft(mail(text.encode("cp1252"), Content_Type="text/plain; charset=iso-8859-1"), "a.eml")
    assert found.text == text


@pytest.mark.parametrize("text", [WORDS, "路灯坏了", "5号楼 A栋", "啊"])
def test_chinese_under_a_western_label_stays_chinese(text: str) -> None:
    """Programs that know no other label write it over anything; what is broken there is no European text either."""
    label = "text/plain; charset=iso-8859-1"
    assert draft(mail(text.encode("gb18030"), Content_Type=label), "a.eml").text == text
    broken = WORDS.encode("gb18030") + b"\xff\xff"
    assert refusal(mail(broken, Content_Type=label), "a.eml").reason is RejectionReason.ENCODING


# The file ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("before", [b"", b"\xef\xbb\xbf", b"\r\n", b"\n \r\n\r\n", b"From zhang Fri Mar 5 2021\r\n"])
@pytest.mark.parametrize("end", [b"\r\n", b"\n", b"\r", b"\r\r\n", b"\r\r\r\n"])
def test_a_mail_is_read_whatever_its_lines_end_with(before: bytes, end: bytes) -> None:
    """And what programs put before its first line."""
    is_the_letter(draft((before + mail()).replace(b"\r\n", end), "a.eml"))
    parted = before + several(PLAIN, enclosure("Content-Disposition: attachment; filename=a.txt"))
    found = draft(re.sub(rb"\r?\n", lambda _: end, parted), "a.eml")
    is_the_letter(found)
    assert [document.text for document in found.documents] == [ENCLOSED]


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\r\r\n"])
def test_lines_of_the_words_end_in_any_way(end: str) -> None:
    """Also where they are wrapped, and the file's own lines end as they should."""
    body = base64.encodebytes(f"一行{end}二行{end}{end}三行".encode())
    assert draft(mail(body, Content_Transfer_Encoding="base64"), "a.eml").text == "一行\n二行\n\n三行"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-16-le", "utf-16-be"])
def test_a_mail_that_an_editor_saved_as_unicode_is_read(encoding: str) -> None:
    """With the mark that tells so."""
    text = mail().decode()
    is_the_letter(
        draft(("" if encoding in {"utf-16", "utf-32"} else "\ufeff").encode(encoding) + text.encode(encoding), "a.eml")
    )


@pytest.mark.parametrize(
    "line", [b"X-Note: one\rtwo\r\n", b"this is no header\r\n", b">From x\r\n", b"Subject : =?utf-8?B?6Lev54Gv?=\r\n"]
)
@pytest.mark.parametrize("place", range(4))
def test_a_line_that_is_no_header_hides_none_below(line: bytes, place: int) -> None:
    """A lone return, a broken fold, a blank before the colon."""
    lines = mail().splitlines(keepends=True)
    is_the_letter(draft(b"".join([*lines[:place], line, *lines[place:]]), "a.eml"))


# Parts ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["text/plain", "text/html"])
@pytest.mark.parametrize("disposition", ["", "Content-Disposition: inline; filename=mail.txt\r\n"])
def test_a_named_text_is_the_letter_where_there_is_no_other(kind: str, disposition: str) -> None:
    """Alone, first of several, in two forms."""
    body = WORDS if kind == "text/plain" else f"<p>{WORDS}</p>"
    header = f'{disposition}Content-Type: {kind}; charset=utf-8; name="mail.txt"'
    named = part(body, header)
    alone = mail(body, Content_Type=f'{kind}; charset=utf-8; name="mail.txt"')
    first = several(named, enclosure('Content-Disposition: attachment; filename="a.txt"'))
    both = several(named, part(f"<p>{WORDS}</p>", 'Content-Type: text/html; name="mail.html"'), kind="alternative")
    for content in (alone, first, both):
        is_the_letter(draft(content, "a.eml"))
    beside = draft(several(PLAIN, named), "a.eml")
    is_the_letter(beside)
    assert [document.name for document in beside.documents] == ["mail.txt"]


@pytest.mark.parametrize("damaged", [0, 1])
def test_a_form_of_the_words_that_is_damaged_leaves_the_other(damaged: int) -> None:
    """It is told as any broken file is; a remark that there is another form is no letter."""
    words = WORDS * 2
    forms = [part(words, "Content-Type: text/plain"), part(f"<p>{words}</p>", "Content-Type: text/html")]
    kind = ("Content-Type: text/plain", "Content-Type: text/html")[damaged]
    forms[damaged] = part("QUJD*", kind, "Content-Transfer-Encoding: base64")
    refused, letter = readings(several(*forms, kind="alternative"), "a.eml", Channel.LETTER)
    assert isinstance(refused, Refusal)
    assert isinstance(letter, Draft)
    assert (refused.position, letter.text) == ("a.eml attachment 1", words)
    forms[1 - damaged] = part("请用其他格式查看", "Content-Type: text/plain")
    assert "base64 is broken" in refusal(several(*forms, kind="alternative"), "a.eml").message


def test_a_short_file_is_the_letter_where_nothing_else_stands() -> None:
    """However few its words are."""
    found = draft(several(enclosure('Content-Disposition: attachment; filename="a.txt"', content=b"abc")), "a.eml")
    assert found.text == "abc"


def test_an_unclosed_part_breaks_nothing_off_where_the_whole_is_closed() -> None:
    """What follows it shows that nothing is missing; without its end the whole may have broken off."""
    inner = b"--Y\r\n" + PLAIN + b"\r\n--Y\r\n" + part(f"<p>{WORDS}</p>", "Content-Type: text/html")
    choice = part(inner, 'Content-Type: multipart/alternative; boundary="Y"')
    whole = several(choice, enclosure("Content-Disposition: attachment; filename=a.txt"))
    is_the_letter(draft(whole, "a.eml"))
    assert refusal(whole.replace(b"\r\n--X--", b""), "a.eml").reason is RejectionReason.UNREADABLE


@pytest.mark.parametrize("kind", ['multipart/mixed boundary="X"', 'multipart/mixed\r\n\tboundary="X"'])
def test_a_forgotten_semicolon_parts_no_mail_from_its_edge(kind: str) -> None:
    """Between the type and what is said of it."""
    content = several(PLAIN).replace(b'multipart/mixed; boundary="X"', kind.encode())
    is_the_letter(draft(content, "a.eml"))


@pytest.mark.parametrize(
    ("kind", "body", "text"),
    [
        ("format=flowed; delsp=yes", "小区门口的路灯坏 \r\n了半个月。\r\n谢谢。", "小区门口的路灯坏了半个月。\n谢谢。"),
        ("format=flowed", "one \r\ntwo\r\n \u3000缩进", "one two\n\u3000缩进"),
        ("format=flowed; delsp=yes", "> 引用 \r\n> 一段\r\n>> 更深 \r\n别的", "> 引用一段\n>> 更深\n别的"),
        ("format=flowed", "a \r\n-- \r\n张三", "a\n--\n张三"),
        ("format=fixed", "小区 \r\n门口", "小区\n门口"),
    ],
)
def test_a_paragraph_that_was_cut_into_lines_is_whole(kind: str, body: str, text: str) -> None:
    """Else words that a cut runs through are not found."""
    assert draft(mail(body, Content_Type=f"text/plain; charset=utf-8; {kind}"), "a.eml").text == text


def test_a_subject_without_end_is_cut_between_characters() -> None:
    """A letter is not refused for it."""
    assert draft(mail(Subject="灯" * 5_000), "a.eml").title == "灯" * 4_000


# Mails in mails ------------------------------------------------------------------------------------------------------

INNER: Final = mail(
    "三号楼水压太低，请尽快处理。", From="=?utf-8?B?5p2O5Zub?= <li@t.example>", Subject="=?utf-8?B?5rC05Y6L5aSq5L2O?=",
    Message_ID="<in1@t.example>",
)  # fmt: skip
COVER: Final = part("请阅处", "Content-Type: text/plain; charset=utf-8")


@pytest.mark.parametrize("encoding", ["base64", "quoted-printable", "x-uuencode", "8bit"])
@pytest.mark.parametrize(
    "kind",
    [
        "message/rfc822", 'message/rfc822; name="a.eml"', "message/global", "application/octet-stream; name=a.eml",
        'application/octet-stream; name="=?utf-8?B?5p2l5L+hLkVNTA==?="', "text/plain; name=a.eml",
    ],
)  # fmt: skip
def test_a_letter_passed_on_is_the_inner_senders(kind: str, encoding: str) -> None:
    """However its program wrapped and called it; what the office wrote is kept, its officer is nobody."""
    body = INNER if encoding == "8bit" else wrapped(INNER, encoding)
    disposition = "Content-Disposition: attachment"
    passed = part(body, f"Content-Type: {kind}", f"Content-Transfer-Encoding: {encoding}", disposition)
    found = draft(several(COVER, passed, Subject="Fwd"), "a.eml")
    assert (found.title, found.text, names(found)) == ("水压太低", "三号楼水压太低，请尽快处理。", ["李四"])
    assert [(document.name, document.text) for document in found.documents] == [("转信附言.txt", "请阅处")]


@pytest.mark.parametrize("words", ["现转去群众来信一件，请阅处。", "转来群众反映，请研究办理。", "请阅示。"])
def test_an_officer_who_is_to_be_asked_is_no_petitioner(words: str) -> None:
    """A name and a number below what offices write is theirs; it stands in the cover note."""
    cover = part(f"{words}\n联系人：王五\n电话：0731-88888888", "Content-Type: text/plain; charset=utf-8")
    found = draft(several(cover, part(INNER, "Content-Type: message/rfc822")), "a.eml")
    assert names(found) == ["李四"]
    assert "王五" in found.documents[0].text
    own = part(f"{WORDS}\n姓名：王五", "Content-Type: text/plain; charset=utf-8")
    assert names(draft(several(own, part(INNER, "Content-Type: message/rfc822")), "a.eml")) == ["王五"]


def test_an_enclosed_mail_is_found_by_all_its_words() -> None:
    """Also by those of what is attached to it, where it only is an enclosure."""
    deep = several(COVER, enclosure("Content-Disposition: attachment; filename=a.txt"), Subject="x")
    passed = part(wrapped(deep, "base64"), "Content-Type: message/rfc822", "Content-Transfer-Encoding: base64")
    found = draft(several(part(f"{WORDS}\n姓名：张三", "Content-Type: text/plain; charset=utf-8"), passed), "a.eml")
    assert [document.text for document in found.documents] == [f"请阅处\n\n{ENCLOSED}"]


def test_what_is_only_called_a_mail_stays_a_file() -> None:
    """A text under that name, or base64 that is broken."""
    found = draft(several(PLAIN, enclosure('Content-Disposition: attachment; filename="a.eml"')), "a.eml")
    assert [document.name for document in found.documents] == ["a.eml"]
    broken = part("QUJD*", "Content-Type: message/rfc822", "Content-Transfer-Encoding: base64")
    letter, refused = readings(several(PLAIN, broken), "a.eml", Channel.LETTER)[::-1]
    assert isinstance(letter, Draft)
    assert isinstance(refused, Refusal)


# What wraps the whole ------------------------------------------------------------------------------------------------


def test_a_packet_of_outlook_is_told() -> None:
    """Where the words are in it; beside words it is kept."""
    packet = base64.b64decode("eJ8+IgEAAQaQCAAEAA==")
    for header in (
        "Content-Type: application/ms-tnef; name=winmail.dat",
        "Content-Type: application/octet-stream; name=x",
    ):
        for words in ("  ", "来信见附件。"):
            hint = part(words, "Content-Type: text/plain; charset=utf-8")
            found = refusal(several(hint, enclosure(header, content=packet)), "a.eml")
            assert found.reason is RejectionReason.UNREADABLE
            assert re.search(r"winmail\.dat.*Open it in Outlook", found.message)
        is_the_letter(draft(several(PLAIN, enclosure(header, content=packet)), "a.eml"))


def test_a_quoted_subject_stays_in_the_text() -> None:
    """What others' programs wrote above an answer says nothing of the writer, and is no line of theirs."""
    quoted = (
        '------------------ 原始邮件 ------------------\n发件人: "信访局" <x@gov.example>;\n'
        '发送时间: 2021年3月4日(星期四) 上午9:00\n收件人: "张三"<zhang@t.example>;\n主题: 路灯\n\n请补充材料。'
    )
    found = draft(mail(f"三号楼路灯坏了。\n\n{quoted}", Subject="=?utf-8?B?5Zue5aSN77ya6Lev54Gv?="), "a.eml")
    assert found.text == f"三号楼路灯坏了。\n\n{quoted}"
    assert draft(mail(f"{WORDS}\n标题：别的"), "a.eml").text == f"{WORDS}\n标题：别的"
    assert draft(f"标题：路灯\n{WORDS}".encode(), "a.txt").title == "路灯"
