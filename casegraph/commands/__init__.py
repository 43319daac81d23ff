"""The commands of `python -m casegraph`: one module each, `run(settings, arguments)` returns the exit code."""
