"""Fetches a file over HTTP: guarded, bounded, resumable, polite."""

import email.message
import errno
import http
import time
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import unquote, urljoin, urlsplit

import httpcore

from everyword_events import EverywordError, InvalidInput, TransientFailure
from ingest.adapters.fetching.addresses import (
    Allowed,
    Resolve,
    checked_url,
    is_public,
    shown,
    system_resolve,
)
from ingest.adapters.fetching.body import decoded
from ingest.adapters.fetching.network import CONNECT_S, GuardedNetwork, OutOfTime
from ingest.adapters.fetching.partial import Partial, validator_of
from ingest.adapters.fetching.politeness import Politeness
from ingest.domain import human_bytes
from ingest.domain.audio import human_duration
from ingest.domain.sniffing import HEAD_BYTES
from ingest.domain.stated_numbers import stated_number
from ingest.ports import Fetched, FetchRequest

MOST_REDIRECTS: Final = 10
MOST_TRIES: Final = 4
SILENCE_S: Final = 30.0
"""How long a server may say nothing."""
RETRY_PAUSE_S: Final = 0.5
USER_AGENT: Final = "Everyword/1.0 (podcast archive)"

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_LATER: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
_RANGE_UNSATISFIABLE: Final = 416
_BROKEN: Final = (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException)


@dataclass(frozen=True)
class _Hop:
    """One request of a chain of redirects."""

    url: str
    authorization: str = ""

    @classmethod
    def first(cls, url: str) -> "_Hop":
        url = checked_url(url)
        parts = urlsplit(url)
        name, _, password = parts.netloc.rpartition("@")[0].partition(":")
        if not name:
            return cls(url)
        pair = f"{unquote(name)}:{unquote(password)}".encode()
        return cls(shown(url), f"Basic {b64encode(pair).decode()}")

    @property
    def origin(self) -> tuple[str, str | None, int | None]:
        parts = urlsplit(self.url)
        return parts.scheme, parts.hostname, parts.port

    def next(self, location: str) -> "_Hop":
        """Follow a redirect; a password stays with the server it was given for."""
        try:
            target = urljoin(self.url, location)
        except ValueError:
            target = location  # refused as any address that is none
        following = _Hop.first(target)
        same = following.origin == self.origin and not following.authorization
        return replace(following, authorization=self.authorization) if same else following


class HttpFetcher:
    """The Fetcher over HTTP/1.1. It uses no proxy: a proxy would resolve names unchecked."""

    def __init__(
        self,
        *,
        allowed: Allowed = is_public,
        politeness: Politeness | None = None,
        resolve: Resolve = system_resolve,
    ) -> None:
        self._allowed = allowed
        self._politeness = politeness or Politeness()
        self._resolve = resolve
        self._tls = httpcore.default_ssl_context()

    def fetch(self, request: FetchRequest) -> Fetched:
        """Fetch to a file; see the port. A connection that breaks is taken up where it broke."""
        deadline = time.monotonic() + request.total_s
        partial = Partial(request.to, request.url)
        for tries_left in reversed(range(MOST_TRIES)):
            try:
                return self._fetch(request, partial, deadline)
            except OutOfTime:
                raise _too_slow(request.url, request.total_s) from None
            except _BROKEN as error:
                if time.monotonic() >= deadline:
                    raise _too_slow(request.url, request.total_s) from error
                done, validator = partial.resume()
                if not tries_left or not (done and validator):
                    raise _unreachable(request.url, error) from error
            except InvalidInput:
                partial.discard()
                raise
            except OSError as error:
                raise _disk(error) from error
            time.sleep(min(RETRY_PAUSE_S, max(0.0, deadline - time.monotonic())))
        raise AssertionError("unreachable")

    def peek(self, url: str, *, total_s: float) -> bytes:
        """Return a file's first bytes; see the port."""
        deadline = time.monotonic() + total_s
        try:
            with self._opened(url, deadline) as (answer, hop):
                headers = _plain(answer)
                if answer.status not in {http.HTTPStatus.OK, http.HTTPStatus.PARTIAL_CONTENT}:
                    raise _refused(hop.url, answer.status, headers)
                head = b""
                for block in decoded(answer.iter_stream(), headers.get("content-encoding", "")):
                    head += block
                    if len(head) >= HEAD_BYTES:
                        break
                return head[:HEAD_BYTES]
        except OutOfTime:
            raise _too_slow(url, total_s) from None
        except _BROKEN as error:
            raise _unreachable(url, error) from error

    def _fetch(self, request: FetchRequest, partial: Partial, deadline: float) -> Fetched:
        done, validator = partial.resume()
        wanted = [("Range", f"bytes={done}-"), ("If-Range", validator)] if done else []
        if not done and request.etag:
            wanted.append(("If-None-Match", request.etag))
        if not done and request.last_modified:
            wanted.append(("If-Modified-Since", request.last_modified))
        with self._opened(request.url, deadline, wanted) as (answer, hop):
            return self._received(request, partial, answer, hop)

    @contextmanager
    def _opened(
        self, url: str, deadline: float, wanted: Sequence[tuple[str, str]] = ()
    ) -> Iterator[tuple[httpcore.Response, _Hop]]:
        """Follow redirects to the reply that is none; its body is still to be read."""
        hop, seen = _Hop.first(url), set[tuple[str, str]]()
        network = GuardedNetwork(resolve=self._resolve, allowed=self._allowed, deadline=deadline)
        with httpcore.ConnectionPool(ssl_context=self._tls, network_backend=network) as pool:
            while True:
                if (hop.url, hop.authorization) in seen or len(seen) > MOST_REDIRECTS:
                    raise InvalidInput(
                        f"{shown(url)} redirects in a circle",
                        hint="open it in a browser, and use the address that it ends at",
                        code="redirect_loop",
                    )
                seen.add((hop.url, hop.authorization))
                headers = [*_headers(hop), *wanted]
                with (
                    self._politeness.towards(urlsplit(hop.url).hostname or ""),
                    pool.stream("GET", hop.url, headers=headers, extensions=_TIMEOUTS) as answer,
                ):
                    location = _plain(answer).get("location")
                    if answer.status not in _REDIRECTS or not location:
                        yield answer, hop
                        return
                    hop = hop.next(location)

    def _received(
        self, request: FetchRequest, partial: Partial, answer: httpcore.Response, hop: _Hop
    ) -> Fetched:
        headers = _plain(answer)
        fetched = Fetched(
            path=request.to,
            url=hop.url,
            media_type=headers.get("content-type", ""),
            filename=_filename(headers, hop.url),
            etag=headers.get("etag", ""),
            last_modified=headers.get("last-modified", ""),
        )
        if answer.status == http.HTTPStatus.NOT_MODIFIED:
            return replace(fetched, not_modified=True)
        if answer.status == _RANGE_UNSATISFIABLE:  # it became shorter: its old part is worthless
            partial.discard()
            raise httpcore.RemoteProtocolError("the file changed meanwhile")
        if answer.status not in {http.HTTPStatus.OK, http.HTTPStatus.PARTIAL_CONTENT}:
            raise _refused(hop.url, answer.status, headers)
        _store(request, partial, answer, headers)
        return fetched


def _store(
    request: FetchRequest,
    partial: Partial,
    answer: httpcore.Response,
    headers: Mapping[str, str],
) -> None:
    """Append the reply's body to the partial file, or begin it, and finish it."""
    done, _ = partial.resume()
    if answer.status != http.HTTPStatus.PARTIAL_CONTENT or _range_start(headers) != done:
        if answer.status == http.HTTPStatus.PARTIAL_CONTENT and _range_start(headers):
            partial.discard()
            raise httpcore.RemoteProtocolError("it sends another part than was asked for")
        done = 0
        partial.begin("" if headers.get("content-encoding") else validator_of(headers))
    length = stated_number(headers.get("content-length", ""))
    total = None if length is None else done + length
    if total is not None and total > request.max_bytes:
        raise _too_large(request)
    with partial.path.open("ab") as file:
        for block in decoded(answer.iter_stream(), headers.get("content-encoding", "")):
            done += len(block)
            if done > request.max_bytes:
                raise _too_large(request)
            file.write(block)
            request.on_progress(done, total)
    partial.finish()


_TIMEOUTS: Final = {
    "timeout": {"connect": CONNECT_S, "read": SILENCE_S, "write": SILENCE_S, "pool": SILENCE_S}
}


def _headers(hop: _Hop) -> list[tuple[str, str]]:
    headers = [
        ("Host", urlsplit(hop.url).netloc),
        ("User-Agent", USER_AGENT),
        ("Accept", "*/*"),
        ("Accept-Encoding", "identity"),
    ]
    return [*headers, ("Authorization", hop.authorization)] if hop.authorization else headers


def _plain(answer: httpcore.Response) -> dict[str, str]:
    return {
        name.decode("latin-1").lower(): value.decode("latin-1") for name, value in answer.headers
    }


def _range_start(headers: Mapping[str, str]) -> int | None:
    """Return where a 206's bytes begin (RFC 9110, section 14.4)."""
    start = headers.get("content-range", "").removeprefix("bytes ").partition("-")[0]
    return stated_number(start)


def _filename(headers: Mapping[str, str], url: str) -> str:
    message = email.message.Message()
    message["content-disposition"] = headers.get("content-disposition", "")
    return message.get_filename() or PurePosixPath(unquote(urlsplit(url).path)).name


def _refused(url: str, status: int, headers: Mapping[str, str]) -> EverywordError:
    try:
        phrase = http.HTTPStatus(status).phrase
    except ValueError:
        phrase = ""
    words = f"{shown(url)} answers {status} {phrase}".rstrip()
    if status in _LATER:
        return TransientFailure(
            words,
            hint="the server may answer later",
            code="download_failed",
            retry_after_s=_retry_after_s(headers.get("retry-after", "")),
        )
    return InvalidInput(words, hint="check the address in a browser", code="download_failed")


def _retry_after_s(stated: str) -> float | None:
    if (seconds := stated_number(stated)) is not None:
        return float(seconds)
    try:
        return max(0.0, parsedate_to_datetime(stated).timestamp() - time.time())
    except ValueError:
        return None


def _too_large(request: FetchRequest) -> InvalidInput:
    return InvalidInput(
        f"{shown(request.url)} has more than the {human_bytes(request.max_bytes)} allowed",
        hint="raise max_bytes under [ingest] in everyword.toml if that is meant",
        code="too_large",
    )


def _too_slow(url: str, total_s: float) -> TransientFailure:
    return TransientFailure(
        f"{shown(url)} took longer than {human_duration(total_s)}",
        hint="the server is slow; what came is kept, and it goes on from there",
        code="download_too_slow",
    )


def _disk(error: OSError) -> TransientFailure:
    return TransientFailure(
        f"cannot keep what is fetched: {error.strerror or error}",
        hint="free some disk space; the download goes on where it was",
        code="disk_full" if error.errno == errno.ENOSPC else "storage_failed",
    )


def _unreachable(url: str, error: Exception) -> TransientFailure:
    words = str(error) or type(error).__name__
    if isinstance(error, httpcore.TimeoutException):
        words = "it does not answer"
    elif isinstance(error, httpcore.RemoteProtocolError):
        words = f"it broke off ({words.rstrip('.')})"
    return TransientFailure(
        f"cannot fetch {shown(url)}: {words}", hint="try again later", code="download_failed"
    )
