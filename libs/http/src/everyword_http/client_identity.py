"""Whom a request is counted for: the address it comes from.

Behind a proxy, uvicorn's proxy headers (or API Gateway) have put the client's address in its place.
"""

from ipaddress import IPv6Address, ip_address, ip_network
from typing import Annotated, Final

from fastapi import Depends, Request

_IPV6_CUSTOMER_BITS: Final = 64
"""So many bits of an IPv6 address are somebody's own network, in which any address is free."""


def client_identity(request: Request) -> str:
    """Return a name for the client, the same for all addresses of one IPv6 network."""
    host = request.client.host if request.client else ""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if not isinstance(address, IPv6Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ip_network((int(address), _IPV6_CUSTOMER_BITS), strict=False))


async def _identified(request: Request) -> str:
    return client_identity(request)


Client = Annotated[str, Depends(_identified)]
"""A route's parameter: the client's identity."""
