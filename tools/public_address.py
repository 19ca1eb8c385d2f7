"""Where a host name leads, when it must not lead into the company's own network."""

import asyncio
import socket
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

_NAT64 = ip_network("64:ff9b::/96")
_UNICAST = ip_network("2000::/3")
"""All that IANA gives out of IPv6. The rest is local or carries an IPv4 address, in forms such as
`::127.0.0.1`, `::ffff:0:10.0.0.1` and `64:ff9b:1::10.0.0.1` that Python takes for global."""


class NotPublic(Exception):
    """The name leads to an address that is not on the public internet."""


async def resolve(host: str, port: int, *, allow_private: bool) -> str:
    """One address of the host, to connect to as it is: asked twice, a name may answer otherwise.

    Raises NotPublic when any of its addresses is private, loopback, link-local or reserved, and
    OSError when it has none.
    """
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [str(entry[4][0]) for entry in found]
    if not allow_private and not all(map(is_public, addresses)):
        raise NotPublic("the address is in a private network")
    return addresses[0]


def is_public(address: str) -> bool:
    """Whether an address is one of the public internet, also where it carries another in it."""
    known = ip_address(address.partition("%")[0])
    return all(map(_is_public, _inside(known)))


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    given_out = isinstance(address, IPv4Address) or address in _UNICAST
    return given_out and address.is_global and not address.is_multicast


def _inside(address: IPv4Address | IPv6Address) -> list[IPv4Address | IPv6Address]:
    if isinstance(address, IPv4Address):
        return [address]
    if address.ipv4_mapped:
        return [address.ipv4_mapped]
    if address in _NAT64:
        return [IPv4Address(int(address) & 0xFFFF_FFFF)]
    carried = [address.sixtofour, *(address.teredo or ())]
    return [address, *(one for one in carried if one)]
