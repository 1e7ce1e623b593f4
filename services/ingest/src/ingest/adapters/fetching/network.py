"""Connections to addresses that were checked, each operation within one deadline.

httpcore resolves no name here: a name is resolved once, its addresses are checked, and it is they
that are connected to. A name that answers otherwise a moment later (DNS rebinding) changes nothing.
"""

import ssl
import time
from collections.abc import Iterable
from typing import Any, Final

import httpcore

from ingest.adapters.fetching.addresses import Allowed, Resolve, checked_addresses

CONNECT_S: Final = 20.0


class GuardedNetwork(httpcore.NetworkBackend):
    """Connects for one fetch, until `deadline` (of `time.monotonic`)."""

    def __init__(self, *, resolve: Resolve, allowed: Allowed, deadline: float) -> None:
        self._resolve = resolve
        self._allowed = allowed
        self._deadline = deadline
        self._network = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first address of the host that answers."""
        addresses = checked_addresses(host, port, resolve=self._resolve, allowed=self._allowed)
        failure: Exception | None = None
        for address in addresses:
            left = _left(self._deadline, min(timeout or CONNECT_S, CONNECT_S))
            try:
                stream = self._network.connect_tcp(
                    address, port, left, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
                continue
            return _Timed(stream, self._deadline)
        raise failure or httpcore.ConnectError("no address")


class _Timed(httpcore.NetworkStream):
    """A stream whose every operation ends with the fetch's deadline, however it drips."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: float) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(self._deadline, timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(self._deadline, timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        stream = self._stream.start_tls(
            ssl_context, server_hostname, _left(self._deadline, timeout)
        )
        return _Timed(stream, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class OutOfTime(Exception):
    """The fetch's total time is over."""


def _left(deadline: float, timeout: float | None) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise OutOfTime
    return left if timeout is None else min(left, timeout)
