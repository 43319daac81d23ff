"""From which address somebody comes."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.requests import HTTPConnection


def address_of(asking: HTTPConnection, proxy: str | None) -> str:
    """Return whose requests are counted together: an address, and of IPv6 the network that one household has.

    `proxy` is the address whose `X-Forwarded-For` is believed.
    """
    address = asking.client.host if asking.client else ""
    if proxy is not None and address == proxy:
        address = asking.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    return str(found.ipv4_mapped or ipaddress.ip_network((found, 64), strict=False))
