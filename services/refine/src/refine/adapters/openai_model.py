"""Any server that speaks OpenAI's chat completions: Ollama, vLLM, llama.cpp, OpenAI itself."""

import json
import time
from collections.abc import Mapping
from typing import Any

import httpx
import tenacity

from everyword_events import EverywordError, InvalidInput, Misconfigured, TransientFailure
from refine.ports import Reply

LARGEST_REPLY_BYTES = 4 << 20
ATTEMPTS = 3
_FIRST_WAIT_S = 0.5
_LONGEST_WAIT_S = 10.0
_BUSY = frozenset({429, 500, 502, 503, 504, 529})
_ADJUSTMENTS = 3


class _Busy(TransientFailure):
    """The server said 429 or 5xx: worth another attempt."""


class OpenAiCompatibleModel:
    """Asks `{url}/chat/completions`; thread-safe. `api_key` is sent as a bearer token."""

    def __init__(
        self,
        url: str,
        model: str,
        *,
        api_key: str = "",
        client: httpx.Client | None = None,
        first_wait_s: float = _FIRST_WAIT_S,
    ) -> None:
        self._url = f"{url.rstrip('/')}/chat/completions"
        self._model = model
        self._headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._client = client or httpx.Client()
        self._first_wait_s = first_wait_s
        self._refused: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """The model's name at the server."""
        return self._model

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def complete(
        self,
        *,
        system: str,
        user: str,
        schema: Mapping[str, Any],
        max_tokens: int,
        timeout_s: float,
    ) -> Reply:
        """Ask the server; 429 and 5xx are tried again with growing waits, within `timeout_s`.

        Raises:
            TransientFailure: still busy, timed out, or not reachable.
            Misconfigured: the key, the model or the address is refused.
            InvalidInput: the prompt is refused, or the answer is no chat completion.
        """
        deadline = time.monotonic() + timeout_s
        messages = [{"role": "system", "content": system}, {"role": "user", "content": user}]
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(_Busy),
            stop=tenacity.stop_after_attempt(ATTEMPTS) | tenacity.stop_after_delay(timeout_s),
            wait=_wait(self._first_wait_s, deadline),
            reraise=True,
        )
        return _reply(retrying(self._ask, messages, schema, max_tokens, deadline))

    def _ask(
        self,
        messages: list[dict[str, str]],
        schema: Mapping[str, Any],
        max_tokens: int,
        deadline: float,
    ) -> bytes:
        """Post once; leave out or rename, for good, what the server says it does not know."""
        for _ in range(_ADJUSTMENTS):
            body = self._body(messages, schema, max_tokens)
            status, raw, retry_after_s = self._post(body, deadline)
            if status == httpx.codes.OK:
                return raw
            refused = _refused_field(status, raw, body)
            if refused is None:
                raise _failure(status, retry_after_s)
            self._refused |= {refused}
        raise _failure(status, retry_after_s)

    def _body(
        self, messages: list[dict[str, str]], schema: Mapping[str, Any], max_tokens: int
    ) -> dict[str, Any]:
        body: dict[str, Any] = {"model": self._model, "messages": messages, "stream": False}
        if "temperature" not in self._refused:
            body["temperature"] = 0
        limit = "max_completion_tokens" if "max_tokens" in self._refused else "max_tokens"
        body[limit] = max_tokens
        if "response_format" not in self._refused:
            body["response_format"] = {
                "type": "json_schema",
                "json_schema": {"name": "answer", "strict": True, "schema": schema},
            }
        return body

    def _post(self, body: dict[str, Any], deadline: float) -> tuple[int, bytes, float | None]:
        left_s = deadline - time.monotonic()
        if left_s <= 0:
            raise TransientFailure("the model took too long", code="model_timeout")
        try:
            with self._client.stream(
                "POST", self._url, json=body, headers=self._headers, timeout=left_s
            ) as response:
                chunks = bytearray()
                for chunk in response.iter_bytes():
                    chunks += chunk
                    if len(chunks) > LARGEST_REPLY_BYTES:
                        raise InvalidInput(
                            "the model's reply is larger than 4 MiB", code="model_reply"
                        )
                    if time.monotonic() > deadline:
                        raise TransientFailure("the model took too long", code="model_timeout")
                return response.status_code, bytes(chunks), _retry_after(response)
        except httpx.TimeoutException as error:
            raise TransientFailure("the model took too long", code="model_timeout") from error
        except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            raise Misconfigured(f"not an address of a model: {error}") from error
        except httpx.HTTPError as error:
            kind = type(error).__name__
            raise TransientFailure(
                f"the model cannot be reached ({kind})", code="model_unreachable"
            ) from error


def _wait(first_s: float, deadline: float) -> Any:
    grow = tenacity.wait_exponential(first_s, _LONGEST_WAIT_S) + tenacity.wait_random(0, first_s)

    def wait(state: tenacity.RetryCallState) -> float:
        failure = state.outcome.exception() if state.outcome else None
        asked_s = getattr(failure, "retry_after_s", None)
        wait_s = grow(state) if asked_s is None else min(asked_s, _LONGEST_WAIT_S)
        return max(0.0, min(wait_s, deadline - time.monotonic()))

    return wait


def _retry_after(response: httpx.Response) -> float | None:
    try:
        return max(0.0, float(response.headers.get("retry-after", "")))
    except ValueError:
        return None


def _refused_field(status: int, raw: bytes, body: Mapping[str, Any]) -> str | None:
    """Return the optional field that a 400 or 422 is about, when there is one to leave out."""
    if status not in {400, 422}:
        return None
    said = raw[:4000].decode(errors="replace")
    for name in ("max_tokens", "temperature", "response_format"):
        if name in body and name in said:
            return name
    return "response_format" if "response_format" in body and "schema" in said else None


def _failure(status: int, retry_after_s: float | None) -> EverywordError:
    if status in _BUSY:
        return _Busy(f"the model answered {status}", code="model_busy", retry_after_s=retry_after_s)
    if status in {401, 403}:
        return Misconfigured(
            f"the model's server refuses the key ({status})",
            hint="set EVERYWORD_MODEL_KEY",
            code="model_key",
        )
    if status == httpx.codes.NOT_FOUND:
        return Misconfigured(
            "the model or its address is not known there (404)",
            hint="see [refine.model] model and url; Ollama's url ends in /v1",
            code="model_unknown",
        )
    return InvalidInput(f"the model's server refuses the request ({status})", code="model_refused")


def _reply(raw: bytes) -> Reply:
    try:
        form = json.loads(raw)
        choice = form["choices"][0]
        message = choice["message"]
        content = message.get("content")
        usage = form.get("usage") or {}
        tokens = [int(usage.get(name) or 0) for name in ("prompt_tokens", "completion_tokens")]
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise InvalidInput("what the server sent is no completion", code="model_reply") from error
    if isinstance(content, list):
        content = "".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    finish = choice.get("finish_reason")
    if message.get("refusal") or finish == "content_filter" or not isinstance(content, str):
        raise InvalidInput("the model refuses to answer", code="model_refused")
    return Reply(content, max(0, tokens[0]), max(0, tokens[1]), whole=finish != "length")
