"""The town's year as it happens: who sends what about which matter through which door, in the order of time.

Nothing is written here. A stream of stories depends on nothing but its plan, and holds a bounded memory of the past,
from which people come back.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import chain, repeat
from typing import TYPE_CHECKING, Final
from zlib import crc32

from casegraph.demo.chance import Chance
from casegraph.demo.lexicon import lexicon
from casegraph.demo.people import Person, make_person
from casegraph.demo.scenes import Scene
from casegraph.demo.texts import compose_reply, compose_text, compose_title, retell
from graph.records import Channel, PetitionKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

REMEMBERED: Final = 4_000
"""Past stories from which people come back; bounds the memory of a year."""
COMES_BACK: Final = 0.165
"""Of all stories; makes 15 % of people write more than once."""
SAME_MATTER: Final = 0.68
"""Of those that come back: about the same matter. The others bring a new one."""
NEIGHBOUR: Final = 0.06
"""Of all stories: somebody new about a matter that another has brought."""
ANSWERED: Final = 0.62
LATE: Final = 0.12
"""Of the answered tickets: first exported without their answer, then again with it."""
GROUP: Final[Mapping[Channel, float]] = {Channel.LETTER: 0.12, Channel.VISIT: 0.14}
"""How often several people come or sign together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryPlan:
    """What a stream of stories is made from."""

    count: int
    seed: int
    until: date
    """The last day."""
    days: int
    shares: Mapping[Channel, int]
    """In parts of a hundred."""


@dataclass(frozen=True, slots=True, eq=False)
class Matter:
    """What somebody wants settled."""

    key: str
    scene: Scene


@dataclass(frozen=True, slots=True)
class Answer:
    """What an organ answered and what became of it."""

    text: str
    organ: str
    at: datetime
    called_back_at: datetime | None
    satisfaction: str | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Story:
    """One submission before it takes its channel's form. Times are the town's clock, without a zone."""

    number: int
    channel: Channel
    at: datetime
    people: tuple[Person, ...]
    """Who signs or represents; the first is registered."""
    head_count: int
    matter: Matter
    title: str
    text: str
    answer: Answer | None
    late: bool
    """Whether the answer comes in a second export only."""
    dice: int
    """Four digits thrown for what a form leaves to chance, so that a row looks the same each time it is made."""

    @property
    def person(self) -> Person:
        """Who is registered."""
        return self.people[0]

    @property
    def scene(self) -> Scene:
        """Where its matter plays."""
        return self.matter.scene

    def thrown(self, die: int, sides: int = 100) -> int:
        """Return a number below `sides` that stays the same for this story; each die is thrown apart."""
        return crc32(b"%d.%d.%d" % (self.number, self.dice, die)) % sides

    @property
    def kind(self) -> PetitionKind:
        """What it asks."""
        return self.matter.scene.trouble.kind


class Town:
    """The town's people and matters, as far as they are remembered."""

    def __init__(self, plan: StoryPlan) -> None:
        self.plan = plan
        self.chance = Chance(plan.seed)
        self.lexicon = lexicon()
        self.people = 0
        self.matters = 0
        self._past: deque[Story] = deque(maxlen=REMEMBERED)
        self._doors = tuple(chain.from_iterable(repeat(channel, share) for channel, share in plan.shares.items()))
        self._troubles = tuple(chain.from_iterable(repeat(each, each.weight) for each in self.lexicon.troubles))

    def stories(self) -> Iterator[Story]:
        """Yield them in the order of their times."""
        step = timedelta(days=self.plan.days) / max(self.plan.count, 1)
        start = datetime.combine(self.plan.until - timedelta(days=self.plan.days - 1), time())
        for number in range(1, self.plan.count + 1):
            story = self._story(number, _office_hours(start + step * (number - 1), self.chance))
            self._past.append(story)
            yield story

    def _story(self, number: int, at: datetime) -> Story:
        chance = self.chance
        channel = chance.pick(self._doors)
        people, matter, told = self._who_and_what(channel, at)
        scene = matter.scene
        scene.today = at.date()
        if told is None:
            title, text = compose_title(scene), compose_text(scene, self.lexicon.phrases)
        else:
            title, text = told.title, retell(scene, self.lexicon.phrases, told.text)
        answer = self._answer(scene, title, at) if chance.happens(ANSWERED) else None
        return Story(
            number=number,
            channel=channel,
            at=at,
            people=people,
            head_count=self._head_count(channel, len(people)),
            matter=matter,
            title=title,
            text=text,
            answer=answer,
            late=answer is not None and chance.happens(LATE),
            dice=chance.between(0, 9_999),
        )

    def _who_and_what(self, channel: Channel, at: datetime) -> tuple[tuple[Person, ...], Matter, Story | None]:
        """Choose the people, the matter, and the story that is told again where one is."""
        chance = self.chance
        fate = chance.random()
        if self._past and fate < COMES_BACK:
            past = chance.pick(self._past)
            if chance.happens(SAME_MATTER):
                return past.people if channel in GROUP else (past.person,), past.matter, past
            return (past.person,), self._matter(at), None
        if self._past and fate < COMES_BACK + NEIGHBOUR:
            matter = chance.pick(self._past).matter
            return self._group(channel, matter), matter, None
        matter = self._matter(at)
        return self._group(channel, matter), matter, None

    def _matter(self, at: datetime) -> Matter:
        self.matters += 1
        scene = Scene(self.lexicon, self.chance.pick(self._troubles), self.chance, at.date())
        return Matter(f"M{self.matters:06d}", scene)

    def _group(self, channel: Channel, matter: Matter) -> tuple[Person, ...]:
        together = self.chance.happens(GROUP.get(channel, 0.0))
        count = self.chance.between(2, 5) if together else 1
        return tuple(self._person(matter.scene) for _ in range(count))

    def _person(self, scene: Scene) -> Person:
        """Make somebody who lives where the matter is."""
        self.people += 1
        names, chance = self.lexicon.names, self.chance
        if scene.trouble.rural:
            home = f"{names.city}{scene['q']}{scene['street']}{scene['village']}{chance.between(1, 12)}组"
        else:
            door = f"{chance.between(1, 32)}栋{chance.between(1, 3)}单元{chance.between(1, 33)}0{chance.between(1, 4)}"
            home = f"{names.city}{scene['q']}{scene['street']}{scene['estate']}{door}"
        return make_person(self.people, names, chance, home)

    def _head_count(self, channel: Channel, people: int) -> int:
        if channel is not Channel.VISIT or people == 1:
            return people
        return people + self.chance.between(0, 30)

    def _answer(self, scene: Scene, title: str, at: datetime) -> Answer | None:
        """Answer after some days, if those have passed by the last day."""
        chance = self.chance
        answered = at + timedelta(days=chance.between(2, 20), hours=chance.between(0, 6))
        if answered.date() > self.plan.until:
            return None
        scene.today = answered.date()
        text = compose_reply(scene, self.lexicon.phrases, title)
        called = answered + timedelta(days=chance.between(1, 4), hours=1) if chance.happens(0.6) else None
        if called is None or called.date() > self.plan.until:
            return Answer(text, scene.organ, answered, None, None)
        return Answer(text, scene.organ, answered, called, chance.pick(("满意", "满意", "基本满意", "不满意")))


def _office_hours(at: datetime, chance: Chance) -> datetime:
    """Keep the day, and put the hour between seven in the morning and half past nine in the evening.

    Stories of one day keep their order: the hours are squeezed, not drawn.
    """
    seconds = at.hour * 3_600 + at.minute * 60 + at.second
    squeezed = 7 * 3_600 + int(seconds * 14.5 / 24)
    return datetime.combine(at.date(), time()) + timedelta(seconds=squeezed + chance.between(0, 3))
