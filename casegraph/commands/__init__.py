"""What can be asked of it on the command line? One module each; `run(settings, arguments)` returns the exit code."""
