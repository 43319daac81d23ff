"""How a source is named: the system that records come from, as an operator or a partner chose to call it. Pure.

The name stands in clear on every record of the source, so it tells of nobody.
"""

from __future__ import annotations

import re
from typing import Final

from graph.text.numbers import found
from wording import Wording

FORM: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}\Z", re.ASCII)
NAMED: Final = Wording(
    "A source is named by up to 64 small letters, digits, dots, dashes and underscores, and not by a person's number."
)


def is_source(name: str) -> bool:
    """Tell whether a source may go by a name."""
    return FORM.match(name) is not None and not found(name)
