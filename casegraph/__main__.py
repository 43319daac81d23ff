"""`python -m casegraph`: see `casegraph.cli`."""

import sys

if __name__ == "__main__":
    # Not above: the processes we start import this module again, and few of them need the whole application.
    from casegraph.cli import main

    sys.exit(main())
