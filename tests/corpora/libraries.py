"""Whose test files are read, in which versions, and as what. They are fetched and never kept here."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from graph.records import Channel


class Registry(StrEnum):
    """Where a library comes from, by whose client."""

    PYTHON = "pip"
    RUST = "cargo"
    NODE = "npm"
    HERE = "the interpreter's own"


@dataclass(frozen=True, slots=True)
class Form:
    """What a file is taken in as: the channel it comes by, and the ending that it goes by there."""

    channel: Channel
    suffix: str


MAIL: Final = Form(Channel.LETTER, ".eml")
TEXT: Final = Form(Channel.LETTER, ".txt")
KNOWN: Final = {
    ".eml": MAIL,
    ".pdf": Form(Channel.LETTER, ".pdf"),
    ".docx": Form(Channel.LETTER, ".docx"),
    **{suffix: Form(Channel.HOTLINE, suffix) for suffix in (".xlsx", ".xlsm", ".xls", ".csv", ".tsv")},
}
"""What files are by their own endings."""


@dataclass(frozen=True, slots=True)
class Library:
    """One library: `mails` and `texts` are patterns of files that are such by another name."""

    name: str
    version: str
    registry: Registry = Registry.PYTHON
    mails: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()


LIBRARIES: Final = (
    Library("cpython", "", Registry.HERE, ("*.txt",)),
    Library("mail-parser", "1.0.1", Registry.RUST),
    Library("mail-parser", "4.8.0", mails=("tests/mails/*",)),
    Library("django-mailbox", "4.10.1"),
    Library("mailman", "3.3.10"),
    Library("talon", "1.4.4", mails=("tests/fixtures/standard_replies/*",)),
    Library("dkimpy", "1.1.8", mails=("*.msg",)),
    Library("lamson", "1.3.4", mails=("tests/*.msg",)),
    Library("salmon-mail", "3.3.0", mails=("tests/data/*.msg",)),
    Library("pypdf", "7.1.1"),
    Library("pikepdf", "10.18.0"),
    Library("ocrmypdf", "17.13.0"),
    Library("pypdfium2", "5.15.2"),
    Library("pdftotext", "4.0.0"),
    Library("img2pdf", "0.6.3"),
    Library("xlsx2csv", "0.8.6"),
    Library("csvkit", "2.2.0"),
    Library("agate", "1.14.2"),
    Library("agate-excel", "0.4.2"),
    Library("frictionless", "5.21.0"),
    Library("pyexcel", "0.7.6"),
    Library("pyexcel-xls", "0.7.1"),
    Library("pyexcel-xlsx", "0.6.1"),
    Library("python-calamine", "0.9.1"),
    Library("tablib", "3.10.0"),
    Library("xlrd2", "1.3.4"),
    Library("excelrd", "3.0.0"),
    Library("xlwt", "1.3.0"),
    Library("petl", "1.7.30"),
    Library("oletools", "0.60.2"),
    Library("mammoth", "1.13.0", Registry.NODE),
    Library("pydocx", "0.9.10"),
    Library("python-docx", "1.2.0"),
    Library("charset-normalizer", "3.5.3", texts=("data/sample-*.txt",)),
)
"""Those whose published sources hold test files: many leave them out."""
