"""What people write about a matter, and what organs answer: sentences of the grammar strung to a length."""

from __future__ import annotations

from functools import cache
from itertools import chain, cycle, islice
from math import exp
from operator import itemgetter
from typing import TYPE_CHECKING, Final

from casegraph.demo.chance import Chance

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from casegraph.demo.lexicon import Phrases, Template
    from casegraph.demo.scenes import Scene

SHORTEST: Final = 30
LONGEST: Final = 2_950
"""So that the sentence that crosses it ends below 3,000."""
MEDIAN: Final = 215
SPREAD: Final = 1.02
"""Lengths are log-normal: half under 215 characters, some 370 in the mean, one in ten over 750."""
ORDERS: Final = 512
"""Ways in which a story's sentences can follow each other."""


def say(scene: Scene, template: Template) -> str:
    """Pick one reading of a sentence and fill its slots."""
    return template[int(scene.chance.random() * len(template))].format_map(scene)


def compose_title(scene: Scene) -> str:
    """Write a title."""
    return say(scene, scene.chance.pick(scene.trouble.titles))


def compose_text(scene: Scene, phrases: Phrases) -> str:
    """Write a text of a length as people's texts have."""
    chance = scene.chance
    target = _length(chance)
    closing = say(scene, chance.pick(phrases.closings)) if target > 60 else ""
    demand = say(scene, chance.pick(scene.trouble.demands)) if target > 90 else ""
    opening = say(scene, chance.pick(phrases.openings)) if target > 120 else ""
    room = target - len(closing) - len(demand) - len(opening)
    breaks = target > 500 and chance.happens(0.6)
    body: list[str] = []
    for template in _told(scene, phrases):
        sentence = say(scene, template)
        body.append(f"{sentence}\n" if breaks and chance.happens(0.3) else sentence)
        room -= len(sentence)
        if room <= 0:
            break
    return f"{opening}{''.join(body)}{demand}{closing}"


def retell(scene: Scene, phrases: Phrases, text: str) -> str:
    """Write the same text again as people do: as it was, with a word before or behind it, or without a sentence."""
    chance = scene.chance
    way = chance.random()
    if way < 0.35:
        return text
    if way < 0.55:
        sentences = text.split("。")
        if len(sentences) > 4:
            del sentences[chance.between(1, len(sentences) - 3)]
        text = "。".join(sentences)
    lead = say(scene, chance.pick(phrases.copy_leads)) if chance.happens(0.6) else ""
    tail = say(scene, chance.pick(phrases.copy_tails)) if chance.happens(0.6) else ""
    return f"{lead}{text}{tail}"


def compose_reply(scene: Scene, phrases: Phrases, title: str) -> str:
    """Write an organ's answer."""
    chance = scene.chance
    scene["title"] = title
    middles = _shuffled(phrases.reply_middles, chance)[: chance.between(1, 3)]
    parts = [chance.pick(phrases.reply_openings), chance.pick(scene.trouble.findings), *middles]
    return "".join([say(scene, part) for part in parts]) + say(scene, chance.pick(phrases.reply_closings))


def _told(scene: Scene, phrases: Phrases) -> Iterator[Template]:
    """Yield what can be told: the facts first, what was done about them, what it does to people; then once more.

    Who writes on and on comes back to the facts with other dates and words.
    """
    chance = scene.chance
    facts = _shuffled(scene.trouble.facts, chance)
    around = _shuffled((*phrases.history, *phrases.effects), chance)
    early = chance.between(2, len(facts))
    rest = iter(around)
    first = chain(facts[:early], islice(rest, chance.between(1, 4)), facts[early:], rest)
    return chain(first, cycle([*facts, *_shuffled(phrases.history, chance)]))


def _length(chance: Chance) -> int:
    target = int(MEDIAN * exp(SPREAD * chance.source.gauss(0, 1)))
    return min(max(target, SHORTEST), LONGEST)


def _shuffled(items: Sequence[Template], chance: Chance) -> tuple[Template, ...]:
    return chance.pick(_orders(len(items)))(items)


@cache
def _orders(count: int) -> tuple[Callable[[Sequence[Template]], tuple[Template, ...]], ...]:
    """Return ways to put so many things in order: drawn once, since shuffling each time is a tenth of a year's work."""
    source = Chance(count).source
    return tuple(itemgetter(*source.sample(range(count), count)) for _ in range(ORDERS))
