"""Finding people by what texts show only masked: from a number or name that is typed to the code that is indexed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from graph.identity import normal_name, normal_phone
from graph.text.numbers import NumberKind, whole
from search.documents import name_token, number_token

if TYPE_CHECKING:
    from graph.identity import Vault

BARE: Final = re.compile(r"[\d\s()（）+＋\-－]+\Z")
"""Nothing but digits and what is typed between them."""


class Hidden:
    """Makes the codes, under the keys of one instance."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def number(self, text: str) -> tuple[str, ...]:
        """Return the codes of the whole number that a text is, however it is typed; none where it is anything else.

        Landlines without an area code are found in mentions alone: in texts, seven digits in a row are mostly none.
        """
        if number := whole(text):
            return (number_token(self._vault.equality(number.kind, number.value)),)
        if BARE.match(text) and (phone := normal_phone(text)):
            return (number_token(self._vault.equality(NumberKind.PHONE, phone)),)
        return ()

    def name(self, name: str) -> str:
        """Return the code of whoever is named so in a submission."""
        return name_token(self._vault.equality("name", normal_name(name)))
