"""Whom a request is counted for: the address it comes from, or whom a trusted proxy names."""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import Final

_Address = IPv4Address | IPv6Address
_IPV6_CUSTOMER: Final = 64
"""So many bits of an IPv6 address are somebody's own network, in which any address is free."""


def client_identity(peer: str, headers: Mapping[str, str], proxies: Sequence[str]) -> str:
    """Return a name for who asks, the same for all addresses of one IPv6 network.

    `peer` is the address at the other end of the connection. Each proxy adds at the end of
    X-Forwarded-For, or of Forwarded (RFC 7239), whom it was asked by. Such a word counts only
    if it was added by one of `proxies` (addresses, or networks as `10.0.0.0/8`): everything
    before may be made up. Two headers that name different askers are not believed: a proxy
    that writes one of them passes on the other as it came.
    """
    at = _parsed(peer)
    if at is None:
        return peer
    sent = {name.lower(): value for name, value in headers.items()}
    ways = (_listed(sent.get("x-forwarded-for", "")), _forwarded(sent.get("forwarded", "")))
    named = {_first_untrusted(at, way, _networks(tuple(proxies))) for way in ways if way}
    return _counted(named.pop() if len(named) == 1 else at)


def is_trusted(peer: str, proxies: Sequence[str]) -> bool:
    """Tell whether an address is one of the proxies'."""
    at = _parsed(peer)
    return at is not None and any(at in network for network in _networks(tuple(proxies)))


def networks_of(proxies: Sequence[str]) -> tuple[IPv4Network | IPv6Network, ...]:
    """Read addresses and networks.

    Raises:
        ValueError: one is neither.
    """
    return tuple(ip_network(proxy) for proxy in proxies)


_networks = lru_cache(maxsize=4)(networks_of)


def _first_untrusted(
    at: _Address, way: Sequence[str], trusted: Sequence[IPv4Network | IPv6Network]
) -> _Address:
    """Walk from proxy to proxy towards who asked, as far as they can be believed."""
    for hop in reversed(way):
        before = _parsed(hop)
        if before is None or not any(at in network for network in trusted):
            break
        at = before
    return at


def _listed(header: str) -> list[str]:
    return [hop for hop in header.split(",") if hop.strip()]


def _forwarded(header: str) -> list[str]:
    return [_named_in(hop) for hop in _listed(header)]


def _named_in(hop: str) -> str:
    return next((value for name, value in _pairs(hop) if name == "for"), "")


def _pairs(hop: str) -> Iterator[tuple[str, str]]:
    for pair in hop.split(";"):
        name, _, value = pair.partition("=")
        yield name.strip().lower(), value


def _parsed(text: str) -> _Address | None:
    """Read an address, with a port and in quotes or brackets as proxies write it."""
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _counted(address: _Address) -> str:
    if isinstance(address, IPv4Address):
        return str(address)
    return str(ip_network((int(address), _IPV6_CUSTOMER), strict=False))
