"""The port that a server listens on."""

from __future__ import annotations

import errno
import socket
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from casegraph.settings import Settings

BACKLOG: Final = 2048


class PortError(Exception):
    """The port cannot be listened on."""


def listen(settings: Settings) -> socket.socket:
    """Open the port; raise PortError where that is not possible."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family, backlog=BACKLOG)
    except OSError as error:
        trouble = {
            errno.EADDRINUSE: "is in use",
            errno.EACCES: "may only be opened by root",
        }.get(error.errno or 0, f"cannot be opened ({error.strerror})")
        raise PortError(
            f"Port {settings.port} of {settings.host} {trouble}. Choose another with CASEGRAPH_PORT."
        ) from None


def address(opened: socket.socket) -> str:
    """Return where a browser of this machine goes."""
    host, port = opened.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  # listened on, by whoever set it
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/graphql"
