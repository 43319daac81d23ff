"""The command line: which commands there are, what they take, and one clear line for whatever goes wrong."""

from __future__ import annotations

import argparse
import importlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from casegraph.guarding import guarded
from casegraph.running import run
from casegraph.settings import Settings, configure_logging
from casegraph.signin.claims import division_prefix
from graph.api_keys import ROLES as KEY_ROLES
from graph.organs import normalise_organ
from graph.policy import Clearance, Role
from graph.records import RejectionState
from graph.sources import NAMED, is_source
from wording import Wording
from wording.languages import language_of_process, speak

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

MOST_WORKERS: Final = 64
MOST_LISTED: Final = 1_000_000
MOST_DAYS: Final = 3_650
"""Ten years: what holds for longer is never looked at again."""
CHANNELS: Final = ("letter", "visit", "hotline", "web")


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    made = argparse.ArgumentParser(
        prog="python -m casegraph", description=Wording("The case-graph platform for petition work.")
    )
    commands = made.add_subparsers(dest="command", metavar="COMMAND", required=True)
    _add_ingest(commands.add_parser("ingest", help=Wording("take in files, folders, the standard input or a feed")))
    serving = commands.add_parser("serve", help=Wording("answer GraphQL and partners on this machine"))
    serving.add_argument("--no-worker", action="store_true", help=Wording("leave the indexing to a `work` elsewhere"))
    serving.add_argument(
        "--workers",
        type=_count(MOST_WORKERS),
        default=1,
        metavar="N",
        help=Wording("processes that answer, all on one port (1)"),
    )
    commands.add_parser("work", help=Wording("index what is taken in, as a process of its own"))
    commands.add_parser("migrate", help=Wording("bring the database to this version"))
    commands.add_parser("reindex", help=Wording("build the search index anew"))
    rederiving = commands.add_parser(
        "rederive", help=Wording("bring what stands to where it belongs by the home that is set")
    )
    rederiving.add_argument(
        "--mapping", type=Path, metavar="FILE", help=Wording("a TOML file that says what unknown headings mean")
    )
    examining = commands.add_parser("doctor", help=Wording("check what is stored and say what to do"))
    examining.add_argument(
        "--quick", action="store_true", help=Wording("leave out what takes long: the journal's hashes, files")
    )
    rotating = commands.add_parser(
        "rotate-key", help=Wording("let a new master key seal, and wrap by it what is sealed")
    )
    rotating.add_argument(
        "--retire", action="store_true", help=Wording("take out the former keys, once nothing needs them")
    )
    _add_keeping(commands)
    commands.add_parser("demo", help=Wording("make a town, take it in, and serve it"))
    _add_rejections(
        commands.add_parser("rejections", help=Wording("list what could not be taken in, and try it again"))
    )
    _add_set_aside(
        commands.add_parser("set-aside", help=Wording("list what the index or alerts failed at, and try it again"))
    )
    _add_token(commands.add_parser("token", help=Wording("print a token to try this machine's server by")))
    _add_keys(commands.add_parser("keys", help=Wording("make, list and revoke partners' API keys")))
    commands.add_parser("policy", help=Wording("print who may see and do what, and by which law"))
    return made


def _add_ingest(command: argparse.ArgumentParser) -> None:
    command.add_argument("channel", choices=CHANNELS, help=Wording("the door it came through"))
    command.add_argument(
        "paths", nargs="+", metavar="PATH", help=Wording("a file, a folder, `-`, or the https:// of a feed")
    )
    command.add_argument(
        "--source", type=_source, help=Wording("the system it comes from; the channel's name if not given")
    )
    command.add_argument(
        "--mapping", type=Path, metavar="FILE", help=Wording("a TOML file that says what unknown headings mean")
    )
    command.add_argument(
        "--strict", action="store_true", help=Wording("refuse records that bring what would not be read")
    )
    command.add_argument("--suffix", default=".json", help=Wording("the form of what comes by `-`, such as .csv"))


def _add_keeping(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    erasing = commands.add_parser("erase", help=Wording("take a person out of all that is kept"))
    named = erasing.add_mutually_exclusive_group(required=True)
    named.add_argument("--mention", metavar="ID", help=Wording("a person as one submission names them"))
    named.add_argument("--party", metavar="ID", help=Wording("a person in all submissions that are linked"))
    named.add_argument("--submission", metavar="ID", help=Wording("all persons of a submission, and its attachments"))
    named.add_argument(
        "--unfinished", action="store_true", help=Wording("carry out what the erasure list has and we have not")
    )
    erasing.add_argument("--reason", help=Wording("why, kept in the database; name nobody"))
    erasing.add_argument("--actor", help=Wording("who decided, kept in the journal"))
    retaining = commands.add_parser("retain", help=Wording("destroy what was kept as long as the rules allow"))
    retaining.add_argument("--dry-run", action="store_true", help=Wording("only tell the rules and what is due"))
    for command in (erasing, retaining):
        command.add_argument(
            "--thorough",
            action="store_true",
            help=Wording("write the tables anew at once; each stands still meanwhile"),
        )
    backing_up = commands.add_parser(
        "backup", help=Wording("copy all that is kept into a new folder, while it is used")
    )
    backing_up.add_argument("folder", type=Path, metavar="FOLDER", help=Wording("a folder that is not there yet"))
    backing_up.add_argument("--with-key", action="store_true", help=Wording("put the master key beside it, in clear"))
    restoring = commands.add_parser("restore", help=Wording("bring a backup back, without those who were erased since"))
    restoring.add_argument("folder", type=Path, metavar="FOLDER", help=Wording("a folder that `backup` wrote"))
    restoring.add_argument("--erasures", type=Path, metavar="FILE", help=Wording("the newest copy of the erasure list"))


def _count(most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not text.isascii() or not text.isdecimal() or not 1 <= int(text) <= most:
            raise argparse.ArgumentTypeError(Wording("must be a whole number from 1 to {most}", most=most))
        return int(text)

    return read


def _source(text: str) -> str:
    name = text.lower()
    if not is_source(name):
        raise argparse.ArgumentTypeError(NAMED)
    return name


def _add_rejections(command: argparse.ArgumentParser) -> None:
    actions = command.add_subparsers(dest="action", metavar="ACTION", required=True)
    listing = actions.add_parser("list", help=Wording("the latest that are open"))
    listing.add_argument("--limit", type=_count(MOST_LISTED), default=100, help=Wording("how many at most (100)"))
    listing.add_argument(
        "--state", type=RejectionState, choices=list(RejectionState), default=RejectionState.OPEN,
        help=Wording("those that ended so instead (OPEN)"),
    )  # fmt: skip
    retry = actions.add_parser("retry", help=Wording("read them again"))
    retry.add_argument("ids", nargs="+", metavar="ID", help=Wording("an id of `rejections list`, or `all`"))
    retry.add_argument(
        "--mapping", type=Path, metavar="FILE", help=Wording("a TOML file that says what unknown headings mean")
    )
    dismiss = actions.add_parser("dismiss", help=Wording("decide that they need not be taken in; they stay on record"))
    dismiss.add_argument("ids", nargs="+", metavar="ID", help=Wording("an id of `rejections list`"))
    dismiss.add_argument("--reason", required=True, help=Wording("why, kept with them; name nobody"))
    dismiss.add_argument("--actor", required=True, help=Wording("who decided, kept with them"))


def _add_set_aside(command: argparse.ArgumentParser) -> None:
    actions = command.add_subparsers(dest="action", metavar="ACTION", required=True)
    listing = actions.add_parser("list", help=Wording("what it is and why, the oldest first"))
    listing.add_argument("--limit", type=_count(MOST_LISTED), default=100, help=Wording("how many at most (100)"))
    retry = actions.add_parser("retry", help=Wording("have them tried again"))
    retry.add_argument("ids", nargs="+", metavar="ID", help=Wording("an id of `set-aside list`, or `all`"))


def _add_token(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--role",
        action="append",
        required=True,
        type=Role,
        choices=list(Role),
        help=Wording("what the bearer's work is"),
    )
    _add_scope(command)
    command.add_argument(
        "--clearance",
        action="append",
        default=[],
        type=Clearance,
        choices=list(Clearance),
        help=Wording("what for besides"),
    )
    command.add_argument(
        "--subject", default="developer", metavar="WORD", help=Wording("who is put on record (developer)")
    )
    command.add_argument("--name", help=Wording("the bearer's own name: what accuses it is then hidden"))
    command.add_argument("--phone", metavar="NUMBER", help=Wording("the bearer's own telephone, for the same"))
    command.add_argument("--identity", metavar="NUMBER", help=Wording("the bearer's own identity number, for the same"))
    command.add_argument(
        "--days", type=_count(MOST_DAYS), default=1, metavar="N", help=Wording("how long it holds (1)")
    )


def _add_scope(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--division",
        action="append",
        default=[],
        type=_division,
        metavar="CODE",
        help=Wording("a GB/T 2260 code, or * for all"),
    )
    command.add_argument(
        "--organ", action="append", default=[], type=_organ, metavar="NAME", help=Wording("an organ by its full name")
    )
    command.add_argument(
        "--source", action="append", default=[], type=_source, metavar="NAME", help=Wording("what it pushes")
    )


def _division(text: str) -> str:
    try:
        division_prefix(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return text


def _organ(text: str) -> str:
    if not normalise_organ(text):
        raise argparse.ArgumentTypeError(Wording("an organ has a name, as 长沙市住房和城乡建设局"))
    return text


def _add_keys(command: argparse.ArgumentParser) -> None:
    actions = command.add_subparsers(dest="action", metavar="ACTION", required=True)
    create = actions.add_parser("create", help=Wording("make a key and show it, this once"))
    create.add_argument("--name", required=True, help=Wording("the system that asks by it"))
    create.add_argument(
        "--role", action="append", type=Role, choices=sorted(KEY_ROLES), help=Wording("what the system is (partner)")
    )
    _add_scope(create)
    create.add_argument(
        "--days", type=_count(MOST_DAYS), default=365, metavar="N", help=Wording("how long it holds (365)")
    )
    actions.add_parser("list", help=Wording("every key, and whether it holds"))
    revoke = actions.add_parser("revoke", help=Wording("end a key"))
    revoke.add_argument("id", metavar="ID", help=Wording("an id of `keys list`"))


def main(words: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code."""
    speak(language_of_process(os.environ))
    arguments = parser().parse_args(words)
    return guarded(lambda: _run(arguments))


def _run(arguments: argparse.Namespace) -> int:
    settings = Settings.from_environment(os.environ)
    configure_logging(settings)
    # One command's parts, not those of all: each start would wait for them.
    command = importlib.import_module(f"casegraph.commands.{arguments.command.replace('-', '_')}")
    return guarded(lambda: run(command.run(settings, arguments)), settings.data)
