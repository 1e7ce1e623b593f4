"""Talks to OpenSearch in the dialect that OpenSearch Serverless understands, and in no other.

Every request passes one gate that refuses what Serverless lacks, so nothing tested against a
full OpenSearch can lean on it. Source: "Supported operations and plugins in Amazon OpenSearch
Serverless", AWS developer guide.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

import msgspec
from opensearchpy import JSONSerializer, OpenSearch, Urllib3AWSV4SignerAuth, Urllib3HttpConnection
from opensearchpy.exceptions import (
    ConnectionError as NotConnected,
)
from opensearchpy.exceptions import (
    OpenSearchException,
    SerializationError,
    TransportError,
)

from everyword_events import Conflict, Misconfigured, TransientFailure

Json = dict[str, Any]
_BULK_ACTIONS: Final = 1_000
_BULK_BYTES: Final = 4_000_000
_TIMEOUT_S: Final = 30.0
_NAME: Final = r"/[a-z0-9][a-z0-9,*-]*"
_ALLOWED: Final = tuple(
    (method, re.compile(path))
    for method, path in (
        ("HEAD", _NAME),
        ("PUT", _NAME),
        ("DELETE", _NAME),
        ("GET", f"{_NAME}/_mapping"),
        ("GET", f"/_alias{_NAME}"),
        ("POST", "/_aliases"),
        ("PUT", f"/_index_template{_NAME}"),
        ("POST", "/_bulk"),
        ("GET", f"{_NAME}/_doc/[^/]+"),
        ("PUT", f"{_NAME}/_doc/[^/]+"),
        ("PUT", f"{_NAME}/_create/[^/]+"),
        ("POST", f"{_NAME}/_search"),
        ("POST", f"{_NAME}/_count"),
        ("POST", "/_msearch"),
    )
)
_ALLOWED_PARAMETERS: Final = frozenset(
    {"if_seq_no", "if_primary_term", "realtime", "max_concurrent_searches"}
)
_REFUSED_IN_BODIES: Final = re.compile(rb'(?<!\\)"(script|script_fields|scroll|suggest)":')
_ENCODER: Final = msgspec.json.Encoder()
_NOT_FOUND: Final = 404
_CONFLICT: Final = 409
_BUSY: Final = frozenset({429, 500, 502, 503, 504})


class _FastJson(JSONSerializer):
    """Reads JSON four times as fast as the standard library."""

    def loads(self, s: str) -> Any:
        try:
            return msgspec.json.decode(s)
        except msgspec.DecodeError as error:
            raise SerializationError(s, error) from error


class OpenSearchClient:
    """A few requests, JSON in and out, errors in our own kinds."""

    def __init__(self, driver: OpenSearch) -> None:
        self.driver = driver

    def search(self, index: str, body: Json) -> Json:
        """Run one search; a partial answer is none."""
        return _whole(self.request("POST", f"/{index}/_search", body))

    def searches(self, asked: Sequence[tuple[str, Json]]) -> list[Json]:
        """Run several searches, each in its index, in one request, one after the other.

        Source of the order: OpenSearch documentation, "Multi-search API", query parameters.
        """
        if len(asked) == 1:
            return [self.search(*asked[0])]
        lines = [part for index, body in asked for part in ({"index": index}, body)]
        in_order = {"max_concurrent_searches": 1}
        body = b"".join(_json(line) + b"\n" for line in lines)
        reply = self.request("POST", "/_msearch", body, parameters=in_order)
        return [_whole(one) for one in reply["responses"]]

    def count(self, index: str, query: Json) -> int:
        """Return how many visible documents match."""
        return int(self.request("POST", f"/{index}/_count", {"query": query})["count"])

    def get(self, index: str, document_id: str) -> Json | None:
        """Return a document with `_seq_no` and `_primary_term`, as searches see it, or None."""
        # Serverless reads by id lag behind writes; elsewhere they must be asked to.
        path = f"/{index}/_doc/{document_id}"
        reply = self.request("GET", path, parameters={"realtime": "false"}, expects=_NOT_FOUND)
        return reply if reply.get("found") else None

    def write(self, index: str, document_id: str, body: Json, seen: Json | None) -> int:
        """Write a document if it is still as `seen` (from `get`); None: if there is none.

        Returns its new `_seq_no`.

        Raises:
            Conflict: somebody else wrote it meanwhile.
        """
        way, condition = "_create", {}
        if seen is not None:
            way = "_doc"
            condition = {"if_seq_no": seen["_seq_no"], "if_primary_term": seen["_primary_term"]}
        path = f"/{index}/{way}/{document_id}"
        reply = self.request("PUT", path, body, parameters=condition, expects=_CONFLICT)
        if reply.get("status") == _CONFLICT:
            raise Conflict("the document was written by somebody else meanwhile")
        return int(reply["_seq_no"])

    def overwrite(self, index: str, document_id: str, body: Json) -> int:
        """Write a document whatever it was; return its new `_seq_no`."""
        return int(self.request("PUT", f"/{index}/_doc/{document_id}", body)["_seq_no"])

    def bulk(self, actions: Iterable[tuple[Json, Json | None]]) -> None:
        """Send many writes, in requests of a bounded size; a `create` of what exists is done.

        Raises:
            TransientFailure: some were not accepted.
        """
        lines: list[bytes] = []
        size = 0
        for action, document in actions:
            lines.append(_json(action))
            if document is not None:
                lines.append(_json(document))
                size += len(lines[-1])
            if len(lines) >= _BULK_ACTIONS or size >= _BULK_BYTES:
                self._send_bulk(lines)
                lines, size = [], 0
        if lines:
            self._send_bulk(lines)

    def request(
        self,
        method: str,
        path: str,
        body: Json | bytes | None = None,
        *,
        parameters: Mapping[str, Any] | None = None,
        expects: int | None = None,
    ) -> Json:
        """Send one request; `expects` is an error status that is an answer like any other.

        Raises:
            TransientFailure: OpenSearch is away, busy or slow.
            Misconfigured: it refuses the request, or there is no such index.
        """
        if isinstance(body, dict):
            body = _json(body)
        _refuse_what_serverless_lacks(method, path, body or b"", parameters or {})
        try:
            reply = self.driver.transport.perform_request(
                method,
                path,
                params={**(parameters or {}), **({"ignore": expects} if expects else {})},
                body=body,
            )
        except TransportError as error:
            raise _translated(error) from error
        except OpenSearchException as error:
            raise Misconfigured(f"OpenSearch cannot be used: {error}") from error
        return reply if isinstance(reply, dict) else {"exists": bool(reply)}

    def index_behind(self, alias: str) -> str | None:
        """Return the index an alias leads to, or None."""
        reply = self.request("GET", f"/_alias/{alias}", expects=_NOT_FOUND)
        return None if "error" in reply else next(iter(reply))

    def drop(self, index: str) -> None:
        """Delete an index, if there is one."""
        self.request("DELETE", f"/{index}", expects=_NOT_FOUND)

    def exists(self, index: str) -> bool:
        """Tell whether there is such an index."""
        return bool(self.request("HEAD", f"/{index}")["exists"])

    def _send_bulk(self, lines: Sequence[bytes]) -> None:
        reply = self.request("POST", "/_bulk", b"\n".join(lines) + b"\n")
        if not reply.get("errors"):
            return
        failed = [
            result
            for item in reply["items"]
            for kind, result in item.items()
            if result["status"] >= 300  # noqa: PLR2004
            and not (kind == "create" and result["status"] == _CONFLICT)
            and not (kind == "delete" and result["status"] == _NOT_FOUND)
        ]
        if failed:
            first = failed[0].get("error", {})
            raise TransientFailure(
                f"OpenSearch did not take {len(failed)} documents: {first.get('reason', first)}",
                code="index_refused",
            )


def driver_for(url: str, *, aws_region: str = "", credentials: Any = None) -> OpenSearch:
    """Return the driver for a URL; with a region and credentials, requests are signed (aoss)."""
    auth = None
    if aws_region:
        auth = Urllib3AWSV4SignerAuth(credentials, aws_region, "aoss")
    return OpenSearch(
        hosts=[url],
        http_auth=auth,
        connection_class=Urllib3HttpConnection,
        serializer=_FastJson(),
        timeout=_TIMEOUT_S,
        max_retries=2,
        retry_on_timeout=False,
        retry_on_status=(429, 502, 503, 504),
        pool_maxsize=32,
    )


def _refuse_what_serverless_lacks(
    method: str, path: str, body: bytes, parameters: Mapping[str, Any]
) -> None:
    if not _is_allowed(method, path):
        raise Misconfigured(f"OpenSearch Serverless has no {method} {path}")
    extra = parameters.keys() - _ALLOWED_PARAMETERS
    if extra:
        raise Misconfigured(f"OpenSearch Serverless takes no parameter {', '.join(extra)}")
    if path != "/_bulk" and (refused := _REFUSED_IN_BODIES.search(body)):
        raise Misconfigured(f"OpenSearch Serverless takes no {refused[1].decode()}")


@lru_cache
def _is_allowed(method: str, path: str) -> bool:
    return any(method == known and pattern.fullmatch(path) for known, pattern in _ALLOWED)


def _json(part: Json) -> bytes:
    try:
        return _ENCODER.encode(part)
    except UnicodeEncodeError:
        # Half of a surrogate pair, out of a file's name or a terminal: escaped, it is JSON.
        return json.dumps(part).encode()


def _whole(reply: Json) -> Json:
    if "error" in reply:
        raise TransientFailure(f"OpenSearch failed to search: {reply['error'].get('type')}")
    if reply.get("timed_out") or reply.get("_shards", {}).get("failed"):
        raise TransientFailure(
            "OpenSearch did not finish the search in time",
            hint="look for fewer or rarer words",
            code="search_timed_out",
        )
    return reply


def _translated(error: TransportError) -> Exception:
    if isinstance(error, NotConnected):
        return TransientFailure(
            f"OpenSearch cannot be reached: {error.error}",
            hint="check that it runs at the url in [search]",
            code="index_away",
        )
    status = error.status_code
    reason = _reason(error)
    if status in _BUSY:
        return TransientFailure(f"OpenSearch is busy ({status}: {reason})", code="index_busy")
    return Misconfigured(
        f"OpenSearch refused a request ({status}: {reason})",
        hint="check its version (2.19 or newer) and access",
    )


def _reason(error: TransportError) -> str:
    info = error.info if isinstance(error.info, dict) else {}
    causes = (
        info.get("error", {}).get("root_cause") if isinstance(info.get("error"), dict) else None
    )
    return str(causes[0].get("reason")) if causes else str(error.error)
