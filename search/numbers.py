"""Finding people by a number that their texts show only masked: from what is typed to the code that is indexed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from graph.identity import normal_phone
from graph.text.numbers import NumberKind, whole
from search.documents import number_token

if TYPE_CHECKING:
    from collections.abc import Callable

    from graph.identity import Vault

BARE: Final = re.compile(r"[\d\s()（）+＋\-－]+\Z")
"""Nothing but digits and what is typed between them."""


def tokens_of(vault: Vault) -> Callable[[str], tuple[str, ...]]:
    """Return what turns a whole number, however it is typed, into the codes of what holds it; into none any other text.

    Landlines without an area code are found in mentions alone: in texts, seven digits in a row are mostly none.
    """

    def tokens(text: str) -> tuple[str, ...]:
        if number := whole(text):
            return (number_token(vault.equality(number.kind, number.value)),)
        if BARE.match(text) and (phone := normal_phone(text)):
            return (number_token(vault.equality(NumberKind.PHONE, phone)),)
        return ()

    return tokens
