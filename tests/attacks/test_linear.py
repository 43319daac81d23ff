"""Whatever a stranger sends is read in time that grows with it alone.

Steps of Python are counted, for one size and twice as much. What a library's loop does in one step of ours is given so
much that its square would never end (half a million characters, of which a thousand took a noticeable while).
"""

from __future__ import annotations

import io
import threading
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import docx
import pytest

from connectors import labels, values
from connectors.connector import Limits
from connectors.jsonfiles import records_of
from connectors.letters import forwards, headers, markup, message, misread, paragraphs, plain, symbols, word
from connectors.letters.flowed import unflowed
from connectors.letters.framing import framed
from connectors.letters.senders import name_and_address
from connectors.letters.signed import signed_content
from connectors.letters.signing import read_signed
from connectors.letters.transfer import encoding_of, unwrapped
from connectors.letters.words import read_words
from connectors.moments import Clock
from connectors.objects import ObjectReader
from connectors.push import read_push
from connectors.values import ValueFault
from graph import linking
from graph.divisions import divisions
from graph.drafts import Preparer
from graph.gazetteer import Gazetteer
from graph.identity import normal_name
from graph.occurrences import Occurrences
from graph.records import CaseId, Channel, Draft, MentionId, PartyId, RejectionReason, SubmissionId
from graph.text.nfkc import MOST_MARKS, nfkc
from graph.text.normalise import normalise
from graph.text.sounds import heard
from graph.text.tokens import analyse, bigrams
from search.compile import compile_query
from search.engine import Run, Starting, TokenField
from search.highlight import Marker, mapped
from search.query import parse
from search.understanding import MOST_SLIPS, suspects
from tests.connectors.envelopes import opaque
from tests.connectors.factory import OPTIONS, ZONE, instant
from tests.connectors.letterbox import refusal
from tests.graph.factory import draft, make_intake, petitioner
from tests.search.library import source
from tests.steps import LINEAR, growth, steps

if TYPE_CHECKING:
    from collections.abc import Callable

    from graph.database import Pool
    from graph.identity import Vault

MANY: Final = 500_000
HEAD: Final = "From: a@b.example\nSubject: x\n"


def _marking(*phrases: str) -> Callable[[str], object]:
    """Return what shows phrases in a text."""
    marker = Marker([Run(tuple(bigrams(phrase))) for phrase in phrases])
    return lambda text: marker.passages(source(1, body=text))


ENDLESS: Final[dict[str, Callable[[], object]]] = {
    "blanks behind a label": lambda: read_signed("姓名" + " " * MANY + "x"),
    "returns amid headers": lambda: framed(b"A: b\n" + b"\r" * MANY + b"x\n\n"),
    "returns before a mail": lambda: framed(b"\r" * MANY + b" x\n"),
    "blanks before a mail": lambda: framed(b" " * MANY + b"x\n"),
    "blanks before a colon": lambda: framed(b"A" * MANY + b" " * MANY + b"\nSubject: x\n\n"),
    "remarks on an encoding": lambda: encoding_of("(" * MANY),
    "blanks amid quoted words": lambda: unwrapped(b" " * MANY + b"x", "quoted-printable"),
    "padding amid base64": lambda: read_words(f"=?utf-8?B?{'QQ==' * MANY}*?="),
    "lines of one paragraph": lambda: unflowed("a \n" * MANY, delete=True),
    "signatures in signatures": lambda: signed_content(b"\x30\x80" * MANY),
    "blanks behind a label in brackets": lambda: read_signed("【姓名" + " " * MANY + "x"),
    "blanks behind a label within a line": lambda: read_signed("姓名：张三 电话" + " " * MANY + "x"),
    "blanks behind a number of signatories": lambda: labels.names_in("张三等5" + " " * MANY + "x"),
    "blanks behind a page's number": lambda: paragraphs.without_marks(["第1页" + " " * MANY + "x"], str),
    "blanks in a scanner's mark": lambda: paragraphs.without_marks(["AB" + " " * MANY + "x", " " * MANY + "由x"], str),
    "marks of a text's end": lambda: plain.text_of(b"\x1a" * MANY + b"x"),
    "digits that letters may be": lambda: misread.put_right("1l" * MANY),
    "codes of signs": lambda: symbols.as_typed(symbols.drawn("\uf0b7\ufb01\ufe35" * MANY, "Wingdings")),
    "marks of having been passed on": lambda: forwards.bare("Fw:" * MANY),
    "attributes of a tag": lambda: markup.text_of_page("<p " + " ".join(f"a{one}" for one in range(MANY)) + ">x"),
    "tags that are never closed": lambda: markup.text_of_page("<a" * MANY),
    "marks on a character": lambda: normalise("a" + "\u0315\u0300" * MANY),
    "marks on a name": lambda: normal_name("a" + "ﾞ\u0300" * MANY),
    "a phrase that overlaps itself": lambda: _marking("哈" * 400)("哈" * MANY),
    "a phrase that nearly overlaps itself": lambda: _marking("哈" * 400 + "呵")("哈" * MANY),
    "letters in a row": lambda: analyse(["a" * MANY + " -"]),
    "a mask without a number": lambda: Occurrences.of([petitioner()]).without("*" * (MANY // 10)),
}


@pytest.mark.parametrize("work", ENDLESS.values(), ids=ENDLESS)
def test_what_would_never_end_by_its_square_is_read(work: Callable[[], object]) -> None:
    """Gone through once, or a fixed number of times."""
    work()


NAMED: Final = "".join(one.name for one in list(divisions().values())[::7])
COUNTED: Final[dict[str, tuple[Callable[[int], Any], Callable[[Any], object], int]]] = {
    "divisions and their namesakes": (lambda size: NAMED[:size] + "鼓楼区" * size, Gazetteer().find_all, 400),
    "divisions one after the other": (lambda size: NAMED[:size], Gazetteer().find_all, 1_000),
    "a sound of many ways": (lambda size: [("aa",)] * size, lambda read: heard("a" * 99 + "b", read), 200),
    "letters that make one character": (
        lambda size: "ᄀ" + "ᅡ" * size,
        lambda text: Marker([Starting(TokenField.BIGRAMS, "ᅡ" * 32)])._marked("body", text),
        4_000,
    ),
    "lines amid headers": (lambda size: b"x\n" * size + b"Subject: x\n\n", framed, 100),
    "words that are cut": (lambda size: "=?utf-8?B?Q?= " * size, read_words, 50),
    "words of many encodings": (lambda size: "=?utf-8?B?QQ==?= =?gb2312?Q?B?= " * size, read_words, 50),
    "words in words": (lambda size: "=?a?q?=" * size, read_words, 100),
    "pieces of what was signed": (lambda size: opaque(b"\x04\x01x" * size), signed_content, 100),
    "phrases that stand far apart": (
        lambda size: ("夜间施工" + "乙" * 200 + "油烟扰民" + "丙" * 200) * size,
        _marking("夜间施工", "油烟扰民", "乙丙"),
        60,
    ),
    "lines of a letter": (lambda size: "姓名：张三\n电话：13812341234\n" * size, read_signed, 50),
    "headers within a letter": (lambda size: "发件人：a\n\n" * size, lambda text: forwards.passed_on(text, "Fw:"), 100),
}


@pytest.mark.parametrize(("make", "read", "size"), COUNTED.values(), ids=COUNTED)
def test_twice_as_much_takes_twice_the_steps(
    make: Callable[[int], Any], read: Callable[[Any], object], size: int
) -> None:
    """Of what is compared with what else stands there."""
    assert growth(make, read, size) <= LINEAR


def test_numbers_are_marked_however_many_are_looked_for() -> None:
    """A text is not gone through for each of them."""
    text = "A1234567890123456789 " * 50

    def marked(codes: int) -> int:
        marker = Marker([Starting(TokenField.CODES, f"9{code:03}") for code in range(codes)])
        return steps(lambda: marker._marked("body", text))

    marked(1)  # what is imported and compiled at the first use is no work of this text
    assert marked(200) <= 1.1 * marked(100)


def test_a_query_has_so_many_slips_and_no_more() -> None:
    """Each is looked for and marked as a hundred pairs of characters."""
    compiled = compile_query(parse("油烟扰民夜间施工" * 10 + "".join(one.name for one in divisions().values())[:800]))
    assert len(compiled.typed) > MOST_SLIPS * 3
    assert list(suspects(compiled, 1_000_000, Counter())) == list(compiled.typed[:MOST_SLIPS])


def test_texts_are_compared_once_however_many_they_are_of(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two letters of a thousand neighbours, and sixty of one, of which each has the latest twenty for company."""
    compared: list[object] = []

    def noted(*given: object) -> float:
        compared.append(given)
        return 0.0

    monkeypatch.setattr(linking, "likeness", noted)
    people = [MentionId(UUID(int=one)) for one in range(1_000)]
    parties = {one: PartyId(one) for one in people}

    def letters(count: int, petitioners: list[MentionId]) -> None:
        compared.clear()
        submissions = [
            linking.NewSubmission(
                id=SubmissionId(UUID(int=number)), received_at=instant("2026-01-01"), places=frozenset(),
                title="x", body=f"{number}", petitioners=tuple(petitioners),
            )
            for number in range(count)
        ]  # fmt: skip
        cases = {one.id: CaseId(one.id) for one in submissions}
        assert linking.decide_filings(submissions, parties, cases, {}) == {}

    letters(2, people)
    assert len(compared) == 1
    letters(60, people[:1])
    assert len(compared) == sum(min(before, linking.CANDIDATES) for before in range(60))


def test_a_mention_is_linked_to_the_first_that_have_its_key() -> None:
    """A thousand signatories of one name and number are not each compared with all before them."""

    def people(count: int) -> list[linking.NewMention]:
        return [
            linking.NewMention(
                id=MentionId(UUID(int=one)), name_hash=b"n", identity_hash=None, phone_hash=b"p", account_hash=None
            )
            for one in range(count)
        ]

    assert growth(people, lambda found: linking.decide_parties(found, linking.Known({})), 200) <= LINEAR
    assert len(set(linking.decide_parties(people(200), linking.Known({})).parties.values())) == 1


class _Key(str):
    """A key that counts how often it is compared."""

    __slots__ = ()
    compared = 0

    def __eq__(self, other: object) -> bool:
        _Key.compared += 1
        return str.__eq__(self, other)

    __hash__ = str.__hash__


def test_a_key_that_is_spelled_in_many_ways_is_looked_up() -> None:
    """`replies`, `_replies`, `__replies`: each is one, and none is sought among the others."""

    def compared(size: int) -> int:
        record: dict[str, object] = {"text": "x", "receivedAt": "2024-05-06 07:08:09"}
        record |= {_Key("_" * one + "replies"): ["y"] for one in range(size)}
        _Key.compared = 0
        reading = ObjectReader(Channel.WEB, OPTIONS).read(record, "1")
        assert isinstance(reading, Draft)
        assert len(reading.replies) == size
        return _Key.compared

    assert compared(80) <= LINEAR * compared(40)


def test_a_cell_of_a_table_in_a_table_is_read_once() -> None:
    """It was read once for each way to come to it, of which twenty tables have a million."""
    document = docx.Document()
    cell = document.add_table(1, 1).cell(0, 0)
    for _ in range(20):
        cell = cell.add_table(1, 1).cell(0, 0)
    cell.text = "烧烤店"
    kept = io.BytesIO()
    document.save(kept)
    assert word.text_of(kept.getvalue(), Limits()) == "烧烤店"


def test_parts_in_parts_are_a_bomb_before_each_line_is_compared_with_all_of_them() -> None:
    """A mail that a person wrote has a few levels; one of hundreds ended in the interpreter's own limit."""
    for levels in (message.MOST_LEVELS + 1, 600):
        edges = "".join(f'Content-Type: multipart/mixed; boundary="b{one}"\n\n--b{one}\n' for one in range(levels))
        assert refusal(f"{HEAD}{edges}\nhi".encode(), "a.eml").reason is RejectionReason.BOMB


@pytest.mark.parametrize("header", ["Content-Type: text/plain", "Content-Disposition: inline"])
def test_a_header_without_end_is_a_bomb(header: str) -> None:
    """The library goes back to its beginning at each semicolon."""
    content = f'{HEAD}{header}; x="{";" * MANY}\n\nhi'.encode()
    found = refusal(content, "a.eml")
    assert (found.reason, str(headers.LONGEST) in found.message) == (RejectionReason.BOMB, True)


def test_brackets_in_brackets_name_no_sender() -> None:
    """In a header, and in a mail that another quotes."""
    assert name_and_address("(" * MANY) == ("", "")
    said = forwards.passed_on(f"forwarded message\nFrom: {'(' * MANY}\nTo: b\nDate: c\n\nhi", None)
    assert said is not None
    assert said.email is None


@pytest.mark.parametrize("cell", ["上午" * 1_000 + "1", "1" * MANY, "2024-01-01" + " " * MANY + "x"])
def test_a_text_is_no_date(cell: str) -> None:
    """Each half of a day in it was read in a call within the one before."""
    with pytest.raises(ValueFault, match="no date"):
        Clock.at(ZONE, instant("2026-01-01")).moment(cell)


def test_a_number_without_end_is_no_count() -> None:
    """Python reads no number of five thousand digits."""
    with pytest.raises(ValueFault, match="no count"):
        values.count("1" + ",000" * 5_000)


def test_envelopes_in_envelopes_are_opened_one_after_the_other() -> None:
    """As deep as JSON may be."""
    document: object = [{"text": "x"}]
    for _ in range(5_000):
        document = {"data": document}
    assert records_of(document) == [{"text": "x"}]


@pytest.mark.parametrize("mark", ["\u0300", "\u0315\u0300", "\u0344", "ﾞ\u0300", "\u0f73\u0315"])
def test_a_character_keeps_as_many_marks_as_any_script_puts_there(mark: str) -> None:
    """The normal form of that is itself, and marks carry over as the rest of a text does."""
    for base in ("", "a", "ṩ", "中"):
        text = f"é{base}{mark * 100}é"
        assert len(nfkc(text)) <= 3 + MOST_MARKS
        assert nfkc(nfkc(text)) == nfkc(text)
        assert normalise(normalise(text)) == normalise(text)
        assert mapped(text).plain == normalise(text)


def test_texts_are_normalised_in_one_place() -> None:
    """The library's own function takes the square of the marks on a character; a table of single signs has one each."""
    root = Path(__file__).parents[2]
    packages = ("casegraph", "connectors", "graph", "resolvers", "schema", "search", "sync", "wording")
    sources = [path for package in packages for path in (root / package).rglob("*.py")]
    using = {path.name for path in sources if "unicodedata.normalize(" in path.read_text(encoding="utf-8")}
    assert using == {"nfkc.py", "signs.py"}


async def test_records_are_read_and_checked_beside_the_loop(
    pool: Pool, vault: Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits for the hundred thousand characters of another."""
    real, threads = Preparer.prepare, []

    def noted(self: Preparer, *given: Any) -> Any:
        threads.append(threading.current_thread())
        return real(self, *given)

    monkeypatch.setattr(Preparer, "prepare", noted)
    readings = [draft()]
    await make_intake(pool, vault, tmp_path).take_in(readings, actor="a", now=instant("2026-01-01"))
    assert threads
    assert threading.main_thread() not in threads


def test_a_push_of_many_records_takes_as_many_steps() -> None:
    """Each with keys of its own, and in one list."""

    def body(size: int) -> bytes:
        return b"[" + b",".join(b'{"k%d": 1, "text": "x"}' % one for one in range(size)) + b"]"

    assert growth(body, lambda content: read_push(Channel.WEB, content, OPTIONS), 20) <= LINEAR
