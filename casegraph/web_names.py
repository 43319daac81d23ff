"""Under which names this server is reached by browsers, and which pages are its own. Pure.

Listening on loopback does not keep a web page away whose name was made to point here; its Host header does. Nor does
either keep away a page of another site that opens a WebSocket to this machine: its Origin header does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
PORTS: Final = {"http": 80, "https": 443}


def is_loopback(host: str) -> bool:
    """Tell whether a Host header names this machine."""
    try:
        return urlsplit(f"//{host}").hostname in LOOPBACK
    except ValueError:
        return False


def _place(address: str) -> tuple[str, str | None, int | None] | None:
    """Return scheme, host and port of an origin or address, None where it is none."""
    try:
        parts = urlsplit(address)
        return parts.scheme, parts.hostname, parts.port or PORTS.get(parts.scheme)
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Names:
    """The names that are answered: this machine's own, and the public one where there is any."""

    public: str | None = None
    """An origin, such as https://petitions.example."""
    allowed: tuple[str, ...] = ()
    """Origins of others whose pages may ask here, by tokens alone."""

    @property
    def secure(self) -> bool:
        """Whether browsers come by TLS, which a proxy before us ends."""
        return self.public is not None and self.public.startswith("https://")

    @property
    def only_this_machine(self) -> bool:
        """Whether nobody but this machine is meant to be answered."""
        return self.public is None or is_loopback(self.public.partition("://")[2])

    def answers(self, host: str) -> bool:
        """Tell whether a Host header is one of ours."""
        return is_loopback(host) or self._is_public_host(host)

    def takes(self, origin: str, host: str) -> bool:
        """Tell whether pages of an origin may ask at all.

        The public ones and those allowed may, and this machine's where it is asked.
        """
        if self._is_public(origin) or self.allows(origin):
            return True
        return is_loopback(host) and is_loopback(origin.partition("://")[2])

    def allows(self, origin: str) -> bool:
        """Tell whether an origin is one of others that were allowed. No origin at all (`null`) never is."""
        place = _place(origin)
        return place is not None and place[1] is not None and place in map(_place, self.allowed)

    def is_own(self, origin: str, host: str) -> bool:
        """Tell whether a page came from this very server, whatever else may run on this machine."""
        if self._is_public(origin):
            return True
        return is_loopback(host) and _place(origin) == _place(f"http://{host}")

    def base(self, host: str) -> str:
        """Return the origin by which whoever asked this host comes back."""
        return self.public if self.public is not None else f"http://{host}"

    def _is_public(self, origin: str) -> bool:
        return self.public is not None and _place(origin) == _place(self.public)

    def _is_public_host(self, host: str) -> bool:
        if self.public is None:
            return False
        scheme = self.public.partition("://")[0]
        return _place(f"{scheme}://{host}") == _place(self.public)
