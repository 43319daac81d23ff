"""`python -m casegraph`: see `casegraph.cli`."""

import signal
import sys

if __name__ == "__main__":
    # Until the next lines are done, Ctrl-C ends us as it does any program, without a traceback.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from casegraph.ending import ENDING, OF_A_COMMAND

    ENDING.listen(OF_A_COMMAND, tells=True)
    # Not above: the processes we start import this module again, and few of them need the whole application.
    from casegraph.cli import main

    sys.exit(main())
