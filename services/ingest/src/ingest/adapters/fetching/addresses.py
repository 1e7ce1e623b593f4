"""Which addresses may be fetched from: public ones, unless the settings allow the others."""

import ipaddress
import socket
from collections.abc import Callable, Sequence
from typing import Final
from urllib.parse import urlsplit

import httpx

from everyword_events import InvalidInput, TransientFailure

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Sequence[str]]
"""Returns the addresses of a host as text; raises OSError when there are none."""

Allowed = Callable[[str], bool]
"""Tells whether an address may be connected to."""

SCHEMES: Final = frozenset({"http", "https"})
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052: an IPv4 address at the end
_MOST_URL_CHARACTERS: Final = 4000
_HIGHEST_PORT: Final = 65535


def system_resolve(host: str, port: int) -> Sequence[str]:
    """Ask the operating system, as every other program here does."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def is_public(address: str) -> bool:
    """Tell whether an address is one of the public Internet's.

    Loopback, private, link-local (cloud metadata), shared, reserved and multicast ones are not, in
    whatever form of IPv6 an IPv4 address is wrapped.
    """
    parsed = ipaddress.ip_address(address.partition("%")[0])
    return all(
        each.is_global and not each.is_multicast and not each.is_unspecified
        for each in (parsed, *_wrapped(parsed))
    )


def any_address(_: str) -> bool:
    """Allow every address: where `allow_private_addresses` says so."""
    return True


def checked_addresses(host: str, port: int, *, resolve: Resolve, allowed: Allowed) -> Sequence[str]:
    """Resolve a host once and return the addresses that may be connected to.

    Raises:
        InvalidInput: all of them are private (code `address_not_allowed`).
        TransientFailure: the name is not known now (code `name_unknown`).
    """
    try:
        found = resolve(host, port)
    except (OSError, UnicodeError) as error:
        raise TransientFailure(
            f"no server is known by the name {host!r}",
            hint="check the address and this machine's network",
            code="name_unknown",
        ) from error
    usable = [each for each in found if allowed(each)]
    if not usable:
        raise InvalidInput(
            f"{host!r} is on this machine or a private network",
            hint="set allow_private_addresses = true under [ingest] in everyword.toml to allow it",
            code="address_not_allowed",
        )
    return usable


def checked_url(url: str) -> str:
    """Return an address that can be fetched, in its plain form: ASCII only, without a fragment.

    Raises:
        InvalidInput: it is no http or https address (code `address_invalid`).
    """
    wrong = InvalidInput(
        f"not a web address: {url[:80]!r}",
        hint="it starts with https:// or http://",
        code="address_invalid",
    )
    url = url.strip()
    if len(url) > _MOST_URL_CHARACTERS or any(c.isspace() or not c.isprintable() for c in url):
        raise wrong
    try:
        parts = httpx.URL(url)
    except (httpx.InvalidURL, UnicodeError) as error:
        raise wrong from error
    if (
        parts.scheme not in SCHEMES
        or not parts.raw_host
        or not 0 < (1 if parts.port is None else parts.port) <= _HIGHEST_PORT
    ):
        raise wrong
    user = f"{parts.userinfo.decode()}@" if parts.userinfo else ""
    return f"{parts.scheme}://{user}{parts.netloc.decode()}{parts.raw_path.decode()}"


def shown(url: str) -> str:
    """Return an address as it may be shown and logged: without the user's name and password."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def _wrapped(address: Address) -> Sequence[ipaddress.IPv4Address]:
    """Return the IPv4 addresses that an IPv6 address leads to."""
    if not isinstance(address, ipaddress.IPv6Address):
        return ()
    inner = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if address in _NAT64:
        inner.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return [each for each in inner if each is not None]
