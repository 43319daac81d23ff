"""The command line with limits of fractions of seconds: `python -m tests.run.impatient COMMAND`.

Processes that are started beside a command import this module as well, so the limits are theirs, too.
"""

from __future__ import annotations

import sys

from casegraph import children
from casegraph.cli import main
from casegraph.ending import ENDING, OF_A_COMMAND
from graph import database, followers, lookout

lookout.LOOK_EVERY = 0.2  # type: ignore[misc]
lookout.LOOK_AT_OWN_EVERY = 0.2  # type: ignore[misc]
lookout.ANSWER_WITHIN = 2.0  # type: ignore[misc]
database.CONNECTING = 3.0  # type: ignore[misc]
database.CLOSE_WITHIN = 0.5  # type: ignore[misc]
followers.ANSWER_WITHIN = 2.0  # type: ignore[misc]
followers.BEAT_EVERY = 0.2  # type: ignore[misc]
followers.STAND_BY = 0.05  # type: ignore[misc]
followers.AGAIN = 0.1  # type: ignore[misc]
followers.LONGEST_PAUSE = 0.5  # type: ignore[misc]
followers.LOOK_EVERY = 0.5  # type: ignore[misc]
children.RESTART_AFTER = 0.1  # type: ignore[misc]

if __name__ == "__main__":
    ENDING.listen(OF_A_COMMAND, tells=True)
    sys.exit(main())
