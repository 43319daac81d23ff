"""The port that a server listens on."""

from __future__ import annotations

import errno
import socket
from typing import TYPE_CHECKING, Final

from casegraph.serving import servers
from wording import WordedError, Wording

if TYPE_CHECKING:
    from casegraph.serving import Server
    from casegraph.settings import Settings

BACKLOG: Final = 2048


class PortError(WordedError):
    """The port cannot be listened on."""


def listen(settings: Settings) -> socket.socket:
    """Open the port; raise PortError where that is not possible."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family, backlog=BACKLOG)
    except OSError as error:
        if first := _first(settings) if error.errno == errno.EADDRINUSE else None:
            raise PortError(
                Wording(
                    "Port {port} of {host} is in use: this data folder is served already, by {words}. Use that "
                    "one, end it with `kill {process}`, or choose another port with CASEGRAPH_PORT.",
                    port=settings.port,
                    host=settings.host,
                    words=first.words(),
                    process=first.process,
                )
            ) from None
        trouble = {
            errno.EADDRINUSE: "is in use",
            errno.EACCES: "may only be opened by root",
        }.get(error.errno or 0, f"cannot be opened ({error.strerror})")
        raise PortError(
            Wording(
                "Port {port} of {host} {trouble}. Choose another with CASEGRAPH_PORT.",
                port=settings.port,
                host=settings.host,
                trouble=trouble,
            )
        ) from None


def _first(settings: Settings) -> Server | None:
    """Return who serves the same folder on the same port."""
    port = f":{settings.port}/"
    return next((one for one in servers(settings.data) if port in one.address), None)


def address(opened: socket.socket) -> str:
    """Return where a browser of this machine goes."""
    host, port = opened.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  # listened on, by whoever set it
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/graphql"
