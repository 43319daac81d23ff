"""The grammar of the demo town as data: troubles, phrases and names, compiled from the TOML files beside it.

A template such as `{estate}[停水|没水]{days}天` is expanded once into its variants, which are format strings; to say it
is to pick one and fill its slots from a scene.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from itertools import chain, product, repeat
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from graph.records import PetitionKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

GRAMMAR: Final = Path(__file__).parent / "grammar"
PHRASES: Final = "phrases.toml"
NAMES: Final = "names.toml"
ENDINGS: Final = ("。", "！", "？", "!", "?", "”")
SENTENCES: Final = frozenset({"history", "effects", "reply_middles"})
"""Phrases that are whole sentences."""
_CHOICE: Final = re.compile(r"\[([^\[\]]*)\]")

Template = tuple[str, ...]
"""The variants of one sentence, each a format string of slots."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """A kind of trouble that people write about."""

    name: str
    topic: str
    organ: str
    """The key of the organ that answers for it."""
    ticket: str
    """The hotline's own type of ticket."""
    kind: PetitionKind
    weight: int
    rural: bool
    accused: str | None
    """`official` or `organ` where somebody is accused."""
    titles: tuple[Template, ...]
    facts: tuple[Template, ...]
    demands: tuple[Template, ...]
    findings: tuple[Template, ...]


@dataclass(frozen=True, slots=True)
class Phrases:
    """What people write around any matter, and what organs answer."""

    openings: tuple[Template, ...]
    history: tuple[Template, ...]
    effects: tuple[Template, ...]
    closings: tuple[Template, ...]
    copy_leads: tuple[Template, ...]
    copy_tails: tuple[Template, ...]
    reply_openings: tuple[Template, ...]
    reply_middles: tuple[Template, ...]
    reply_closings: tuple[Template, ...]
    desk_staff: tuple[Template, ...]


@dataclass(frozen=True, slots=True)
class Names:
    """The parts of which people, places and firms are named. Tuples with weights hold a name as often as it weighs."""

    city: str
    surnames: tuple[str, ...]
    given_male: str
    given_female: str
    divisions: Mapping[str, str]
    urban: tuple[str, ...]
    rural: tuple[str, ...]
    parts: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]
    organs: Mapping[str, str]
    months: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lexicon:
    """All that the town can say."""

    names: Names
    phrases: Phrases
    troubles: tuple[Trouble, ...]


def variants(template: str) -> Template:
    """Return every reading of a template, in order."""
    pieces = _CHOICE.split(template)
    choices = [piece.split("|") if index % 2 else [piece] for index, piece in enumerate(pieces)]
    return tuple("".join(chosen) for chosen in product(*choices))


@cache
def lexicon() -> Lexicon:
    """Return the compiled grammar."""
    files = sorted(path for path in GRAMMAR.glob("*.toml") if path.name not in {PHRASES, NAMES})
    entries = [entry for path in files for entry in _load(path.name)["trouble"]]
    return Lexicon(_names(_load(NAMES)), _phrases(_load(PHRASES)), tuple(_trouble(entry) for entry in entries))


def _load(name: str) -> dict[str, Any]:
    return tomllib.loads((GRAMMAR / name).read_text(encoding="utf-8"))


def _templates(texts: Iterable[str]) -> tuple[Template, ...]:
    return tuple(variants(text) for text in texts)


def _sentences(texts: Iterable[str]) -> tuple[Template, ...]:
    """Compile templates that stand in a text as sentences: each reading ends as one."""
    return tuple(tuple(map(_ended, variants(text))) for text in texts)


def _ended(sentence: str) -> str:
    return sentence if sentence.endswith(ENDINGS) else f"{sentence}。"


def _trouble(entry: dict[str, Any]) -> Trouble:
    return Trouble(
        name=entry["name"],
        topic=entry["topic"],
        organ=entry["organ"],
        ticket=entry["ticket"],
        kind=PetitionKind(entry.get("kind", PetitionKind.APPEAL)),
        weight=entry["weight"],
        rural=entry.get("where") == "village",
        accused=entry.get("accused"),
        titles=_templates(entry["titles"]),
        facts=_sentences(entry["facts"]),
        demands=_sentences(entry["demands"]),
        findings=_sentences(entry["findings"]),
    )


def _phrases(entry: dict[str, Any]) -> Phrases:
    return Phrases(
        **{name: _sentences(texts) if name in SENTENCES else _templates(texts) for name, texts in entry.items()}
    )


def _names(entry: dict[str, Any]) -> Names:
    return Names(
        city=entry["city"],
        surnames=_weighed(entry["surnames"]),
        given_male=entry["given_male"],
        given_female=entry["given_female"],
        divisions=entry["divisions"],
        urban=_weighed(entry["weights"]),
        rural=_weighed(entry["rural"]),
        parts={name: (tuple(first), tuple(last)) for name, (first, last) in entry["parts"].items()},
        organs=entry["organs"],
        months=tuple(entry["months"]),
    )


def _weighed(weights: Mapping[str, int]) -> tuple[str, ...]:
    """Repeat each as often as it weighs: picking is then one index."""
    return tuple(chain.from_iterable(repeat(name, weight) for name, weight in weights.items()))
