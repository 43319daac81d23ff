"""`python -m casegraph`: see `casegraph.cli`."""

import signal
import sys

if __name__ == "__main__":
    # Until the next lines are done, Ctrl-C ends us as it does any program, without a traceback.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if sys.version_info < (3, 11):  # noqa: UP036  # whoever runs us by an older one is told here
        sys.exit(f"casegraph needs Python 3.11 or newer, and {sys.executable} is older. Run it by .venv/bin/python.")
    from casegraph.ending import ENDING, OF_A_COMMAND

    ENDING.listen(OF_A_COMMAND, tells=True)
    OURS = {"casegraph", "connectors", "graph", "resolvers", "schema", "search", "sync", "wording"}
    # Not above: the processes we start import this module again, and few of them need the whole application.
    try:
        from casegraph.cli import main
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] in OURS:
            raise
        sys.exit(
            f"The library {error.name} is not installed for {sys.executable}. Run `make .venv/.installed`, then use"
            " .venv/bin/python; or `pip install -r requirements.txt`."
        )

    sys.exit(main())
