"""What a reader of a Word document's page sees is its text, each piece once, and nothing else."""

from __future__ import annotations

import io
import zipfile
from typing import Any
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casegraph.demo.papers import docx
from connectors.connector import Limits
from connectors.letters import word
from tests.connectors.letterbox import draft

NAMES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:w14="http://schemas.microsoft.com/office/word/2010/wordml" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" '
    'xmlns:v="urn:schemas-microsoft-com:vml" '
    'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'
)
FOOTNOTES = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes"


def run(text: str, properties: str = "") -> str:
    """Return a run of a text."""
    return f"<w:r><w:rPr>{properties}</w:rPr><w:t>{escape(text)}</w:t></w:r>"


def paragraph(inside: str) -> str:
    """Return a paragraph of runs."""
    return f"<w:p>{inside}</w:p>"


def table(*rows: tuple[str, ...]) -> str:
    """Return a table of cells that hold blocks."""
    cells = ("".join(f"<w:tc><w:tcPr/>{cell}</w:tc>" for cell in row) for row in rows)
    return f"<w:tbl><w:tblPr/>{''.join(f'<w:tr>{row}</w:tr>' for row in cells)}</w:tbl>"


def document(body: str, footnotes: str = "") -> bytes:
    """Return a Word document of a body as it stands in the file, and of footnotes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(docx([]))) as plain, zipfile.ZipFile(buffer, "w") as made:
        for name in plain.namelist():
            if name != "word/document.xml":
                made.writestr(name, plain.read(name))
        made.writestr("word/document.xml", f"<w:document {NAMES}><w:body>{body}</w:body></w:document>")
        if footnotes:
            made.writestr("word/footnotes.xml", f"<w:footnotes {NAMES}>{footnotes}</w:footnotes>")
            made.writestr(
                "word/_rels/document.xml.rels",
                '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
                f'<Relationship Id="r1" Type="{FOOTNOTES}" Target="footnotes.xml"/></Relationships>',
            )
    return buffer.getvalue()


def text_of(body: str, footnotes: str = "") -> str:
    """Return the text of a Word document of a body."""
    return word.text_of(document(body, footnotes), Limits())


@pytest.mark.parametrize(
    ("font", "code", "sign"),
    [
        ("Wingdings", "F0FE", "☑"), ("Wingdings", "F0A8", "☐"), ("Wingdings", "F06F", "☐"), ("Wingdings", "FE", "☑"),
        ("Wingdings", "F0FD", "☒"), ("Wingdings", "F0FC", "✓"), ("Wingdings", "F0E0", "→"), ("Wingdings", "F0D8", "➢"),
        ("Wingdings 2", "F052", "☑"), ("Wingdings 2", "F0A3", "☐"), ("Wingdings 3", "F07D", "▶"),
        ("Symbol", "F0B7", "·"), ("Symbol", "F061", "α"), ("SimSun", "F0B7", "·"), ("宋体", "4E00", "一"),
    ],
)  # fmt: skip
def test_a_sign_is_what_its_font_draws(font: str, code: str, sign: str) -> None:
    """A sign that a document names by font and code is read as people type it."""
    assert text_of(paragraph(f'<w:r><w:sym w:font="{font}" w:char="{code}"/></w:r>{run("同意")}')) == f"{sign}同意"


@pytest.mark.parametrize(("font", "text", "sign"), [("Wingdings", "þ", "☑"), ("Wingdings", "\uf06f", "☐"),
                                                    ("Wingdings 2", "R", "☑"), ("Symbol", "\uf0b7", "·")])  # fmt: skip
def test_letters_of_a_font_of_signs_are_signs(font: str, text: str, sign: str) -> None:
    """Other programs write the code as a letter in that font."""
    assert text_of(paragraph(run(text, f'<w:rFonts w:ascii="{font}"/>') + run("R 是"))) == f"{sign}R 是"


@pytest.mark.parametrize("char", ["", "zz", "110000", "FFFFFFFFFF"])
def test_a_sign_without_a_code_is_none(char: str) -> None:
    """What names no character leaves the letter readable."""
    assert text_of(paragraph(f'<w:r><w:sym w:font="Wingdings" w:char="{char}"/></w:r>{run("同意")}')) == "同意"


@pytest.mark.parametrize(("state", "sign"), [("1", "☑"), ("0", "☐"), ("true", "☑"), ("false", "☐")])
def test_a_check_box_says_its_state(state: str, sign: str) -> None:
    """Whether it shows a sign of its own or none."""
    properties = f'<w:sdtPr><w14:checkbox><w14:checked w14:val="{state}"/></w14:checkbox></w:sdtPr>'
    bare = f"<w:sdt>{properties}<w:sdtContent/></w:sdt>"
    shown = f"<w:sdt>{properties}<w:sdtContent>{run(sign)}</w:sdtContent></w:sdt>"
    assert text_of(paragraph(bare + run("公开")) + paragraph(shown + run("不公开"))) == f"{sign}公开\n{sign}不公开"


@pytest.mark.parametrize(
    ("field", "shown"),
    [
        ('<w:checkBox><w:default w:val="0"/><w:checked/></w:checkBox>', "☑"),
        ('<w:checkBox><w:default w:val="1"/><w:checked w:val="0"/></w:checkBox>', "☐"),
        ('<w:checkBox><w:default w:val="1"/></w:checkBox>', "☑"),
        ("<w:checkBox/>", "☐"),
        ('<w:ddList><w:result w:val="1"/><w:listEntry w:val="来信"/><w:listEntry w:val="来访"/></w:ddList>', "来访"),
        ('<w:ddList><w:listEntry w:val="来信"/></w:ddList>', "来信"),
        ('<w:ddList><w:result w:val="7"/><w:listEntry w:val="来信"/></w:ddList>', ""),
    ],
)
def test_a_forms_older_fields_say_what_they_show(field: str, shown: str) -> None:
    """A box and a choice have no text of their own, and their instruction is none."""
    begin = f'<w:r><w:fldChar w:fldCharType="begin"><w:ffData>{field}</w:ffData></w:fldChar></w:r>'
    code = "<w:r><w:instrText> FORMCHECKBOX </w:instrText></w:r>"
    assert text_of(paragraph(run("形式：") + begin + code)) == f"形式：{shown}"


def test_a_prompt_is_not_what_somebody_wrote() -> None:
    """A control that still shows its prompt says nothing; one that was filled in says what stands there."""
    prompt = f"<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent>{run('单击此处输入')}</w:sdtContent></w:sdt>"
    filled = f"<w:sdt><w:sdtPr/><w:sdtContent>{run('张三')}</w:sdtContent></w:sdt>"
    assert text_of(paragraph(run("姓名：") + filled) + paragraph(run("备注：") + prompt)) == "姓名：张三\n备注："


def test_a_text_box_is_read_once() -> None:
    """It stands there for newer programs and again for older ones."""
    inner = f"<w:txbxContent>{paragraph(run('加急'))}</w:txbxContent>"
    both = f"<mc:Choice Requires='wps'><wps:txbx>{inner}</wps:txbx></mc:Choice><mc:Fallback><w:pict><v:textbox>{inner}"
    box = f"<w:r><mc:AlternateContent>{both}</v:textbox></w:pict></mc:Fallback></mc:AlternateContent></w:r>"
    assert text_of(paragraph(box + run("路灯坏了"))).split() == ["加急", "路灯坏了"]
    twice = f"<mc:Choice Requires='wps'><wps:txbx>{inner}</wps:txbx></mc:Choice>" * 2
    box = f"<w:r><mc:AlternateContent>{twice}</mc:AlternateContent></w:r>"
    assert text_of(paragraph(box)) == "加急"


def test_a_text_box_that_only_older_programs_show_is_read() -> None:
    """Where the newer form holds no text, the older one does."""
    older = f"<w:pict><v:textbox><w:txbxContent>{paragraph(run('加急'))}</w:txbxContent></v:textbox></w:pict>"
    both = f"<mc:Choice Requires='wps'/><mc:Fallback>{older}</mc:Fallback>"
    box = f"<w:r><mc:AlternateContent>{both}</mc:AlternateContent></w:r>"
    assert text_of(paragraph(box)) == "加急"


def test_a_table_in_a_text_box_keeps_its_rows() -> None:
    """Its cells are told apart as those of any table."""
    form = table((paragraph(run("姓名")), paragraph(run("张三"))))
    box = f"<w:pict><v:textbox><w:txbxContent>{form}</w:txbxContent></v:textbox></w:pict>"
    assert text_of(paragraph(f"<w:r>{box}</w:r>")) == "姓名\t张三"


def test_what_was_struck_out_or_hidden_is_not_read() -> None:
    """Deletions that are tracked, text moved away, hidden text, and how a character is read."""
    struck = f"<w:del>{run('三').replace('w:t>', 'w:delText>')}</w:del><w:moveFrom>{run('四')}</w:moveFrom>"
    moved = f"<w:ins>{run('五')}</w:ins><w:moveTo>{run('六')}</w:moveTo>"
    hidden = run("七", "<w:vanish/>") + run("八", '<w:vanish w:val="0"/>')
    ruby = f"<w:r><w:ruby><w:rt>{run('jiǔ')}</w:rt><w:rubyBase>{run('九')}</w:rubyBase></w:ruby></w:r>"
    assert text_of(paragraph(struck + moved + hidden + ruby)) == "五六八九"


def test_notes_stand_below_the_text() -> None:
    """Each once, in the order of their marks, with its number."""
    notes = "".join(
        f'<w:footnote w:id="{key}">{paragraph(run(text))}</w:footnote>' for key, text in (("2", "甲"), ("3", "乙"))
    )
    marks = [f'<w:r><w:footnoteReference w:id="{key}"/></w:r>' for key in ("3", "2", "3", "9")]
    said = text_of(paragraph(run("一") + marks[0] + run("二") + marks[1] + marks[2] + marks[3]), notes)
    assert said == "一[1]二[2][1]\n[1] 乙\n[2] 甲"


def test_a_formula_is_read() -> None:
    """Its characters stand in elements of their own."""
    assert text_of(paragraph("<m:oMath><m:r><m:t>3×5</m:t></m:r></m:oMath>")) == "3×5"


Blocks = list[tuple[str, Any]]
PLAIN: st.SearchStrategy[Blocks] = st.just([])


def _nested(inner: st.SearchStrategy[Blocks]) -> st.SearchStrategy[Blocks]:
    cells = st.lists(inner, min_size=1, max_size=3)
    kinds = st.tuples(st.sampled_from(["p", "sdt", "box"]), inner) | st.tuples(st.just("table"), cells)
    return st.lists(kinds, max_size=3)


BLOCKS = st.recursive(PLAIN, _nested, max_leaves=12)


class Numbers:
    """Writes a number in each paragraph, so that each is told from all others."""

    def __init__(self) -> None:
        self.given = 0

    def paragraph(self, more: str = "") -> str:
        self.given += 1
        return paragraph(run(f"«{self.given}»") + more)

    def blocks(self, blocks: Blocks) -> str:
        return "".join(self._block(kind, inner) for kind, inner in blocks) + self.paragraph()

    def _block(self, kind: str, inner: Any) -> str:
        match kind:
            case "table":
                return table(tuple(self.blocks(cell) for cell in inner))
            case "sdt":
                return f"<w:sdt><w:sdtContent>{self.blocks(inner)}</w:sdtContent></w:sdt>"
            case "box":
                said = f"<w:txbxContent>{self.blocks(inner)}</w:txbxContent>"
                both = f"<mc:Choice>{said}</mc:Choice><mc:Fallback>{said}</mc:Fallback>"
                return paragraph(f"<w:r><mc:AlternateContent>{both}</mc:AlternateContent></w:r>")
        return self.paragraph()


@given(BLOCKS)
def test_each_paragraph_is_read_once_however_it_nests(blocks: Blocks) -> None:
    """Tables in cells, in text boxes, in controls, and any of these in each other."""
    numbers = Numbers()
    said = text_of(numbers.blocks(blocks))
    assert sorted(said.count(f"«{number}»") for number in range(1, numbers.given + 1)) == [1] * numbers.given


def test_a_register_of_one_letter_says_each_cell_once() -> None:
    """A table within a cell of a form, as petition offices print them."""
    inner = table((paragraph(run("北门的路灯坏了半个月。")), paragraph(run("请派人来修理。"))))
    form = table((paragraph(run("反映内容")), inner + paragraph(run("谢谢。"))))
    found = draft(document(paragraph(run("信访登记表")) + form), "a.docx")
    assert found.title == "信访登记表"
    assert [found.text.count(one) for one in ("北门的路灯坏了半个月。", "请派人来修理。", "谢谢。")] == [1, 1, 1]
