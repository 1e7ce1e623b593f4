"""Amazon Bedrock's Converse: structured output by a forced tool, the system prompt cached."""

import json
from collections.abc import Mapping
from typing import Any, Protocol

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    NoCredentialsError,
    ReadTimeoutError,
)

from everyword_events import InvalidInput, Misconfigured, TransientFailure
from refine.ports import Reply

_TOOL = "answer"
_BUSY = frozenset(
    {
        "ThrottlingException",
        "ModelNotReadyException",
        "ServiceUnavailableException",
        "ModelTimeoutException",
        "InternalServerException",
        "ModelErrorException",
    }
)
_NO_RIGHT = frozenset(
    {"AccessDeniedException", "UnrecognizedClientException", "ExpiredTokenException"}
)
_UNKNOWN = frozenset({"ResourceNotFoundException"})
_CUT_SHORT = frozenset({"max_tokens", "model_context_window_exceeded"})
_REFUSED = frozenset({"content_filtered", "guardrail_intervened"})


class ConverseClient(Protocol):
    """What is used of boto3's `bedrock-runtime` client."""

    def converse(self, **request: Any) -> Mapping[str, Any]:
        """Call Converse."""


class BedrockModel:
    """Asks one Bedrock model or inference profile; thread-safe, as boto3's clients are.

    Retries and time-outs are the client's: see `bedrock_client`.
    """

    def __init__(self, model_id: str, client: ConverseClient) -> None:
        self._model_id = model_id
        self._client = client
        self._caches = True

    @property
    def name(self) -> str:
        """The model's id."""
        return self._model_id

    def complete(
        self,
        *,
        system: str,
        user: str,
        schema: Mapping[str, Any],
        max_tokens: int,
        timeout_s: float,  # noqa: ARG002 - boto3 sets it for the client
    ) -> Reply:
        """Call Converse; a model that knows no prompt cache is asked again without.

        Raises:
            TransientFailure: throttled, not ready, timed out or not reachable.
            Misconfigured: no access, no credentials, no such model.
            InvalidInput: the request is refused, or the answer is malformed or filtered.
        """
        try:
            return _reply(self._converse(system, user, schema, max_tokens))
        except ClientError as error:
            raise _translated(error) from error
        except NoCredentialsError as error:
            raise Misconfigured("no AWS credentials", code="model_key") from error
        except (ConnectTimeoutError, ReadTimeoutError) as error:
            raise TransientFailure("the model took too long", code="model_timeout") from error
        except BotoCoreError as error:
            raise TransientFailure(
                f"Bedrock cannot be reached ({type(error).__name__})", code="model_unreachable"
            ) from error

    def _converse(
        self, system: str, user: str, schema: Mapping[str, Any], max_tokens: int
    ) -> Mapping[str, Any]:
        while True:
            prompt: list[dict[str, Any]] = [{"text": system}]
            if self._caches:
                prompt.append({"cachePoint": {"type": "default"}})
            try:
                return self._client.converse(
                    modelId=self._model_id,
                    system=prompt,
                    messages=[{"role": "user", "content": [{"text": user}]}],
                    inferenceConfig={"maxTokens": max_tokens, "temperature": 0.0},
                    toolConfig={
                        "tools": [
                            {
                                "toolSpec": {
                                    "name": _TOOL,
                                    "description": "Report corrected lines and speaker names.",
                                    "inputSchema": {"json": schema},
                                }
                            }
                        ],
                        "toolChoice": {"tool": {"name": _TOOL}},
                    },
                )
            except ClientError as error:
                told = error.response.get("Error", {})
                about_cache = "cach" in told.get("Message", "").lower()
                if not (self._caches and _code(error) == "ValidationException" and about_cache):
                    raise
                self._caches = False


def bedrock_client(*, region: str, timeout_s: float) -> ConverseClient:
    """Return boto3's client with bounded retries and `timeout_s` for each attempt's answer."""
    import boto3  # noqa: PLC0415 - only who uses Bedrock loads it
    from botocore.config import Config  # noqa: PLC0415

    config = Config(
        read_timeout=timeout_s,
        connect_timeout=10,
        retries={"mode": "standard", "total_max_attempts": 3},
    )
    client: ConverseClient = boto3.client(
        "bedrock-runtime", region_name=region or None, config=config
    )
    return client


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _translated(error: ClientError) -> TransientFailure | Misconfigured | InvalidInput:
    code = _code(error)
    if code in _BUSY:
        return TransientFailure(f"Bedrock answered {code}", code="model_busy")
    if code in _NO_RIGHT | _UNKNOWN:
        return Misconfigured(
            f"Bedrock answered {code}",
            hint="check the model's id, its region and whether access was granted",
            code="model_key" if code in _NO_RIGHT else "model_unknown",
        )
    return InvalidInput(f"Bedrock refuses the request ({code})", code="model_refused")


def _reply(answer: Mapping[str, Any]) -> Reply:
    reason = answer.get("stopReason")
    if reason in _REFUSED:
        raise InvalidInput(f"the model refuses to answer ({reason})", code="model_refused")
    if str(reason).startswith("malformed"):
        raise InvalidInput(f"the model's answer is broken ({reason})", code="model_reply")
    blocks = answer.get("output", {}).get("message", {}).get("content", [])
    used = [block["toolUse"]["input"] for block in blocks if "toolUse" in block]
    text = json.dumps(used[0]) if used else "".join(block.get("text", "") for block in blocks)
    usage = answer.get("usage", {})
    return Reply(
        text,
        tokens_in=sum(
            usage.get(name, 0)
            for name in ("inputTokens", "cacheReadInputTokens", "cacheWriteInputTokens")
        ),
        tokens_out=usage.get("outputTokens", 0),
        whole=reason not in _CUT_SHORT,
    )
