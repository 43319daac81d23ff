"""The errors whose message is all that a person needs: what is wrong, where, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wording.wording import Wording


class WordedError(Exception):
    """Something cannot be done, and `wording` tells a person why."""

    def __init__(self, wording: Wording) -> None:
        super().__init__(wording)
        self.wording = wording
