"""Whether EC2 is about to take this spot machine back, asked of its instance metadata (IMDSv2).

EC2 User Guide, "Spot Instance interruption notices": two minutes before, `spot/instance-action`
answers; until then it is 404. The address and the way to turn it off are those of AWS's own SDKs.
"""

import logging
import os
import threading
import urllib.error
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import Final

log = logging.getLogger(__name__)

ENDPOINT: Final = "AWS_EC2_METADATA_SERVICE_ENDPOINT"
DISABLED: Final = "AWS_EC2_METADATA_DISABLED"
POLL_S: Final = 5.0
"""As often as AWS recommends."""
_LINK_LOCAL: Final = "http://169.254.169.254"
_TOKEN_TTL_S: Final = 6 * 3600
_TIMEOUT_S: Final = 2.0
_MISSES: Final = 3


class NoMetadata(Exception):
    """Nobody answers for the machine: it is none of EC2's, or hides its metadata."""


class NoSuchMetadata(NoMetadata):
    """The machine has no such fact to tell."""


class InstanceMetadata:
    """What EC2 tells a machine about itself; keeps the session token that each question needs."""

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        self._endpoint = (environ.get(ENDPOINT) or _LINK_LOCAL).rstrip("/")
        self.enabled = environ.get(DISABLED, "").lower() != "true"
        self._token = ""
        self._open = urllib.request.build_opener(urllib.request.ProxyHandler({})).open

    def read(self, name: str) -> str:
        """Return one fact, below `/latest/meta-data/`.

        Raises:
            NoSuchMetadata: there is none of this name, now.
            NoMetadata: nobody answers.
        """
        for renewed in (False, True):
            try:
                return self._asked(name)
            except urllib.error.HTTPError as error:
                if error.code == HTTPStatus.NOT_FOUND:
                    raise NoSuchMetadata(name) from error
                if error.code != HTTPStatus.UNAUTHORIZED or renewed:
                    raise NoMetadata(str(error)) from error
                self._token = ""  # it has expired
            except OSError as error:
                raise NoMetadata(str(error)) from error
        raise NoMetadata(name)

    def _asked(self, name: str) -> str:
        if not self._token:
            ttl = {"X-aws-ec2-metadata-token-ttl-seconds": str(_TOKEN_TTL_S)}
            self._token = self._said("PUT", "/latest/api/token", ttl)
        known = {"X-aws-ec2-metadata-token": self._token}
        return self._said("GET", f"/latest/meta-data/{name}", known)

    def _said(self, method: str, path: str, headers: Mapping[str, str]) -> str:
        request = urllib.request.Request(  # noqa: S310 - the machine's own metadata
            self._endpoint + path, headers=dict(headers), method=method
        )
        with self._open(request, timeout=_TIMEOUT_S) as reply:
            return str(reply.read(4096).decode("utf-8", "replace"))


class SpotNotice:
    """Asks for the notice."""

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        self._metadata = InstanceMetadata(environ)
        self.enabled = self._metadata.enabled

    def due(self) -> bool:
        """Tell whether the machine is about to be stopped or ended.

        Raises:
            NoMetadata: nobody answers.
        """
        try:
            said = self._metadata.read("spot/instance-action")
        except NoSuchMetadata:
            return False
        log.warning("spot interruption notice", extra={"action": "spot_notice", "notice": said})
        return True


def stop_on_spot_notice(
    stop: threading.Event, notice: SpotNotice | None = None, *, poll_s: float = POLL_S
) -> threading.Thread:
    """Set `stop` when the notice comes, watched for on a thread of its own.

    Where nobody ever answered a few times in a row the machine is none of EC2's: it ends.
    """
    asked = notice or SpotNotice()

    def watch() -> None:
        misses, known = 0, False
        while asked.enabled and not stop.is_set() and (known or misses < _MISSES):
            with suppress(NoMetadata):
                misses += 1
                if asked.due():
                    stop.set()
                known = True
            stop.wait(poll_s)

    thread = threading.Thread(target=watch, name="spot-notice", daemon=True)
    thread.start()
    return thread
