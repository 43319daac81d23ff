"""Made-up people: names by real frequencies, and numbers that are valid in form but belong to nobody."""

from __future__ import annotations

from dataclasses import dataclass
from operator import mul
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from casegraph.demo.chance import Chance
    from casegraph.demo.lexicon import Names

REGISTERED_IN: Final = ("430101", "430201", "430301", "430401", "430501", "430601", "430701", "430901", "431001")
"""The codes of the cities' 市辖区 heads in GB/T 2260: right in form, but nobody is registered there."""
PREFIXES: Final = ("142", "143", "154", "161", "163", "164", "168", "169")
"""Mobile prefixes that are given to no subscriber, so that a made-up number calls nobody."""
WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
"""Of the first seventeen digits (GB 11643, ISO 7064 MOD 11-2)."""
CHECKS: Final = "10X98765432"


@dataclass(frozen=True, slots=True, eq=False)
class Person:
    """Somebody of the town."""

    key: str
    name: str
    male: bool
    identity_number: str
    phone: str
    address: str
    account: str

    def __repr__(self) -> str:
        """Name nobody, as anywhere else in the house."""
        return f"Person({self.key})"

    @property
    def as_caller(self) -> str:
        """How a call centre writes a caller who gave a surname only."""
        surname = self.name[:2] if self.name.startswith("欧阳") else self.name[0]
        return f"{surname}{'先生' if self.male else '女士'}"


def check_digit(first: str) -> str:
    """Return the last character of the identity number that begins with these seventeen digits."""
    return CHECKS[sum(map(mul, map(int, first), WEIGHTS)) % 11]


def full_name(names: Names, chance: Chance, *, male: bool) -> str:
    """Make a name; a good two thirds of given names have two characters."""
    given = names.given_male if male else names.given_female
    rest = chance.pick(given) if chance.happens(0.68) else ""
    return f"{chance.pick(names.surnames)}{chance.pick(given)}{rest}"


def make_person(number: int, names: Names, chance: Chance, home: str) -> Person:
    """Make the person of this number, who lives at `home`."""
    male = chance.happens(0.54)
    return Person(
        key=f"P{number:06d}",
        name=full_name(names, chance, male=male),
        male=male,
        identity_number=_identity_number(chance, male=male),
        phone=f"{chance.pick(PREFIXES)}{chance.digits(8)}",
        address=home,
        account=_account(number, names, chance),
    )


def _identity_number(chance: Chance, *, male: bool) -> str:
    born = f"{chance.between(1942, 2003)}{chance.between(1, 12):02d}{chance.between(1, 28):02d}"
    order = chance.between(0, 499) * 2 + male
    first = f"{chance.pick(REGISTERED_IN)}{born}{order:03d}"
    return first + check_digit(first)


def _account(number: int, names: Names, chance: Chance) -> str:
    """Make a user name of a web platform; the number keeps two people from sharing one."""
    first, last = names.parts["accounts"]
    return f"{chance.pick(first)}{chance.pick(last)}{number}"
