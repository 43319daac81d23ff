"""The command line: which commands there are, what they take, and one clear line for whatever goes wrong."""

from __future__ import annotations

import argparse
import importlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from casegraph.running import run
from casegraph.settings import Settings, configure_logging
from casegraph.troubles import guarded

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

MOST_WORKERS: Final = 64
MOST_LISTED: Final = 1_000_000
CHANNELS: Final = ("letter", "visit", "hotline", "web")


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    made = argparse.ArgumentParser(prog="python -m casegraph", description="The case-graph platform for petition work.")
    commands = made.add_subparsers(dest="command", metavar="COMMAND", required=True)
    _add_ingest(commands.add_parser("ingest", help="take in files, folders, the standard input or a feed"))
    serving = commands.add_parser("serve", help="answer GraphQL and partners on this machine")
    serving.add_argument("--no-worker", action="store_true", help="leave the indexing to a `work` elsewhere")
    serving.add_argument(
        "--workers",
        type=_count(MOST_WORKERS),
        default=1,
        metavar="N",
        help="processes that answer, all on one port (1)",
    )
    commands.add_parser("work", help="index what is taken in, as a process of its own")
    commands.add_parser("migrate", help="bring the database to this version")
    commands.add_parser("reindex", help="build the search index anew")
    examining = commands.add_parser("doctor", help="check what is stored and say what to do")
    examining.add_argument(
        "--quick", action="store_true", help="leave out what takes long: the journal's hashes, files"
    )
    rotating = commands.add_parser("rotate-key", help="let a new master key seal, and wrap by it what is sealed")
    rotating.add_argument("--retire", action="store_true", help="take out the former keys, once nothing needs them")
    _add_keeping(commands)
    commands.add_parser("demo", help="make a town, take it in, and serve it")
    _add_rejections(commands.add_parser("rejections", help="list what could not be taken in, and try it again"))
    return made


def _add_ingest(command: argparse.ArgumentParser) -> None:
    command.add_argument("channel", choices=CHANNELS, help="the door it came through")
    command.add_argument("paths", nargs="+", metavar="PATH", help="a file, a folder, `-`, or the https:// of a feed")
    command.add_argument("--source", type=_source, help="the system it comes from; the channel's name if not given")
    command.add_argument(
        "--mapping", type=Path, metavar="FILE", help="a TOML file that says what unknown headings mean"
    )
    command.add_argument("--suffix", default=".json", help="the form of what comes by `-`, such as .csv")


def _add_keeping(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    erasing = commands.add_parser("erase", help="take a person out of all that is kept")
    named = erasing.add_mutually_exclusive_group(required=True)
    named.add_argument("--mention", metavar="ID", help="a person as one submission names them")
    named.add_argument("--party", metavar="ID", help="a person in all submissions that are linked")
    named.add_argument("--submission", metavar="ID", help="all persons of a submission, and its attachments")
    named.add_argument("--unfinished", action="store_true", help="carry out what the erasure list has and we have not")
    erasing.add_argument("--reason", help="why, kept in the database; name nobody")
    erasing.add_argument("--actor", help="who decided, kept in the journal")
    retaining = commands.add_parser("retain", help="destroy what was kept as long as the rules allow")
    retaining.add_argument("--dry-run", action="store_true", help="only tell the rules and what is due")
    for command in (erasing, retaining):
        command.add_argument(
            "--thorough", action="store_true", help="write the tables anew at once; each stands still meanwhile"
        )
    backing_up = commands.add_parser("backup", help="copy all that is kept into a new folder, while it is used")
    backing_up.add_argument("folder", type=Path, metavar="FOLDER", help="a folder that is not there yet")
    backing_up.add_argument("--with-key", action="store_true", help="put the master key beside it, in clear")
    restoring = commands.add_parser("restore", help="bring a backup back, without those who were erased since")
    restoring.add_argument("folder", type=Path, metavar="FOLDER", help="a folder that `backup` wrote")
    restoring.add_argument("--erasures", type=Path, metavar="FILE", help="the newest copy of the erasure list")


def _count(most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not text.isascii() or not text.isdecimal() or not 1 <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"must be a whole number from 1 to {most}")
        return int(text)

    return read


def _source(text: str) -> str:
    if not text.isascii() or not all(one.isalnum() or one in "._-" for one in text) or len(text) > 64 or not text:
        raise argparse.ArgumentTypeError("a source is named by up to 64 letters, digits, dots, dashes, underscores")
    return text.lower()


def _add_rejections(command: argparse.ArgumentParser) -> None:
    actions = command.add_subparsers(dest="action", metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="the latest that are open")
    listing.add_argument("--limit", type=_count(MOST_LISTED), default=100, help="how many at most (100)")
    retry = actions.add_parser("retry", help="read them again")
    retry.add_argument("ids", nargs="+", metavar="ID", help="an id of `rejections list`, or `all`")
    retry.add_argument("--mapping", type=Path, metavar="FILE", help="a TOML file that says what unknown headings mean")


def main(words: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code."""
    arguments = parser().parse_args(words)
    return guarded(lambda: _run(arguments))


def _run(arguments: argparse.Namespace) -> int:
    settings = Settings.from_environment(os.environ)
    configure_logging(settings)
    # One command's parts, not those of all: each start would wait for them.
    command = importlib.import_module(f"casegraph.commands.{arguments.command.replace('-', '_')}")
    return guarded(lambda: run(command.run(settings, arguments)), settings.data)
