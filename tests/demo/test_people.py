"""Made-up people: their numbers are right in form and belong to nobody."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casegraph.demo.chance import Chance
from casegraph.demo.lexicon import lexicon
from casegraph.demo.people import PREFIXES, Person, check_digit, make_person

NAMES = lexicon().names


def somebody(seed: int) -> Person:
    return make_person(seed, NAMES, Chance(seed), "长沙市岳麓区")


def test_the_check_digit_is_that_of_the_standard() -> None:
    """The example that GB 11643 itself gives."""
    assert check_digit("11010519491231002") == "X"
    assert check_digit("44052418800101001") == "4"


@given(st.integers(0, 100_000))
def test_identity_numbers_are_valid(seed: int) -> None:
    """By ISO 7064 MOD 11-2 the weighted sum of all characters is 1."""
    number = somebody(seed).identity_number
    total = sum((10 if digit == "X" else int(digit)) * pow(2, 17 - place, 11) for place, digit in enumerate(number))
    assert len(number) == 18
    assert total % 11 == 1


@given(st.integers(0, 100_000))
def test_the_number_says_what_the_person_is(seed: int) -> None:
    """The last digit of the order is odd for men."""
    person = somebody(seed)
    assert int(person.identity_number[16]) % 2 == person.male
    assert person.as_caller.endswith("先生" if person.male else "女士")


@given(st.integers(0, 100_000))
def test_phone_numbers_ring_nobody(seed: int) -> None:
    """Eleven digits of a mobile number, under a prefix that is given to no subscriber."""
    phone = somebody(seed).phone
    assert len(phone) == 11
    assert phone.isdecimal()
    assert phone.startswith(PREFIXES)


def test_surnames_are_as_frequent_as_in_the_country() -> None:
    """The five commonest make up about a third."""
    surnames = Counter(somebody(seed).name[0] for seed in range(3_000))
    share = sum(surnames[name] for name in "王李张刘陈") / 3_000
    assert 0.27 < share < 0.42


def test_a_person_is_never_named_by_accident() -> None:
    """Tracebacks and logs show a key."""
    person = somebody(4)
    assert repr(person) == f"Person({person.key})"
    with pytest.raises(AttributeError):
        person.name = "王"  # type: ignore[misc]
