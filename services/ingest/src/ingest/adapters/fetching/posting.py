"""Posts to webhooks: to checked addresses, within a time, and to no other than was named."""

import time
from collections.abc import Mapping
from typing import Final

import httpcore

from everyword_events import TransientFailure
from ingest.adapters.fetching.addresses import (
    Allowed,
    Resolve,
    checked_url,
    is_public,
    shown,
    system_resolve,
)
from ingest.adapters.fetching.network import GuardedNetwork, OutOfTime

TOTAL_S: Final = 15.0
_USER_AGENT: Final = ("User-Agent", "Everyword/1.0 (webhook)")


class HttpPoster:
    """Posts bodies; a redirect is an answer like another, and is not followed."""

    def __init__(self, *, allowed: Allowed = is_public, resolve: Resolve = system_resolve) -> None:
        self._allowed = allowed
        self._resolve = resolve
        self._tls = httpcore.default_ssl_context()

    def __call__(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        """Post a body and return the status that came back.

        Raises:
            InvalidInput: no address, or one that is not allowed.
            TransientFailure: nothing answers in time.
        """
        network = GuardedNetwork(
            resolve=self._resolve, allowed=self._allowed, deadline=time.monotonic() + TOTAL_S
        )
        sent = [_USER_AGENT, ("Content-Length", str(len(body))), *headers.items()]
        try:
            with httpcore.ConnectionPool(ssl_context=self._tls, network_backend=network) as pool:
                answer = pool.request("POST", checked_url(url), headers=sent, content=body)
                return answer.status
        except (OutOfTime, httpcore.TimeoutException) as error:
            raise TransientFailure(
                f"{shown(url)} does not answer in time", code="webhook_unreachable"
            ) from error
        except (httpcore.NetworkError, httpcore.ProtocolError) as error:
            raise TransientFailure(
                f"cannot reach {shown(url)}: {error}", code="webhook_unreachable"
            ) from error
