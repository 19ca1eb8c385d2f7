"""Addresses in settings: one that no client can connect to is told at the start."""

import httpx

_LAST_PORT = 65_535


def leads_to_a_host(address: str) -> bool:
    """Whether it is `http` or `https` to a name or number that can be one, and a port likewise."""
    try:
        url = httpx.URL(address)
        url.raw_host.decode().encode("idna")
    except (httpx.InvalidURL, UnicodeError):  # the latter of `a..b`, at the first look-up
        return False
    port_can_be = url.port is None or 0 < url.port <= _LAST_PORT
    return url.scheme in ("https", "http") and bool(url.host) and port_can_be
