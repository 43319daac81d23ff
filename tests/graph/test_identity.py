"""Identities: sealed values open only where they belong, equal values are found, masks tell little."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.errors import InvalidError, MasterKeyError
from graph.identity import (
    Vault,
    mask_address,
    mask_email,
    mask_identity,
    mask_name,
    mask_phone,
    normal_identity,
    normal_name,
    normal_phone,
)

VAULT = Vault(bytes(range(32)))


@given(st.binary(max_size=500), st.binary(min_size=16, max_size=16))
def test_a_sealed_value_opens_for_its_own_subject_only(plain: bytes, context: bytes) -> None:
    """What is sealed comes back whole, also through the wrapped key; moved to another subject it does not open."""
    key = VAULT.new_key()
    sealed = key.seal(plain, context)
    assert VAULT.unwrap(key.wrapped).open(sealed, context) == plain
    with pytest.raises(MasterKeyError):
        key.open(sealed, bytes(16) if context != bytes(16) else bytes(15) + b"\x01")


@given(st.integers(min_value=0, max_value=70))
def test_a_changed_bit_is_noticed(place: int) -> None:
    """A wrapped key or a sealed value that was tampered with does not open."""
    key = VAULT.new_key()
    sealed = bytearray(key.seal(b"x" * 43, b"subject"))
    sealed[place] ^= 1
    with pytest.raises(MasterKeyError):
        key.open(bytes(sealed), b"subject")


def test_another_master_key_opens_nothing() -> None:
    """Data keys are of use to the master key that wrapped them alone, and equality hashes differ."""
    other = Vault(bytes(32))
    with pytest.raises(MasterKeyError):
        other.unwrap(VAULT.new_key().wrapped)
    assert other.equality("phone", "1") != VAULT.equality("phone", "1")


def test_the_master_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    """The first start makes a key that only its owner can read; later starts read it."""
    path = tmp_path / "master.key"
    first = Vault.load(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert Vault.load(path).unwrap(first.new_key().wrapped)


def test_a_damaged_master_key_is_refused(tmp_path: Path) -> None:
    """A key file cut short says how long it is and how long it must be."""
    path = tmp_path / "master.key"
    path.write_bytes(os.urandom(31))
    with pytest.raises(MasterKeyError, match="31 bytes; it must have 32"):
        Vault.load(path)


@given(st.binary(max_size=40))
def test_a_cursor_opens_in_its_own_scope_only(value: bytes) -> None:
    """Cursors come back whole in their scope; in another, cut, or made up, they are refused, never a crash."""
    token = VAULT.seal_cursor("changes", value)
    assert VAULT.open_cursor("changes", token) == value
    for bad in (token[:-3], token + "AAAA", ""):
        with pytest.raises(InvalidError):
            VAULT.open_cursor("changes", bad)
    with pytest.raises(InvalidError):
        VAULT.open_cursor("search", token)


@given(st.text(max_size=60))
def test_any_text_as_a_cursor_is_refused(token: str) -> None:
    """Whatever a client sends as a cursor gets the one clear error."""
    with pytest.raises(InvalidError):
        VAULT.open_cursor("changes", token)


@pytest.mark.parametrize(
    ("given_as", "normal"),
    [
        ("138 1234 1234", "13812341234"),
        ("+86-138-1234-1234", "13812341234"),
        ("１３８１２３４１２３４", "13812341234"),
        ("0731-8222 1234", "073182221234"),
        ("无", None),
        ("00000000", None),
        ("12345", None),
    ],
)
def test_telephone_numbers_are_equal_however_they_are_typed(given_as: str, normal: str | None) -> None:
    """Blanks, full width and the country's prefix do not count; what is no number is never a key."""
    assert normal_phone(given_as) == normal


def test_an_identity_number_needs_its_check_digit() -> None:
    """GB 11643: one wrong digit and the number is not used to link anybody."""
    assert normal_identity("11010519491231002x") == "11010519491231002X"
    assert normal_identity("110105194912310021") is None
    assert normal_identity("430103") is None


@given(st.text(min_size=1, max_size=12))
def test_a_mask_never_shows_more_than_the_first_character_of_a_name(name: str) -> None:
    """Names of three characters and more look alike in length."""
    assert mask_name(name)[1:].strip("*") == ""
    assert normal_name(normal_name(name)) == normal_name(name)


def test_masks_keep_what_helps_to_recognise() -> None:
    """The forms that everybody sees."""
    assert mask_phone("13812341234") == "138****1234"
    assert mask_phone("82221234") == "****34"
    assert mask_identity("11010519491231002X") == "11**************2X"
    assert mask_address("湖南省长沙市岳麓区桔园路12号3栋") == "湖南省长沙市岳麓区***"
    assert mask_address("桔园小区3栋") == "***"
    assert mask_email("zhang@example.org") == "z***@example.org"
