"""Bedrock's client is real; botocore's Stubber checks what is sent and answers or fails."""

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError, NoCredentialsError
from botocore.stub import ANY, Stubber

from everyword_events import InvalidInput, Misconfigured, TransientFailure
from everyword_transcripts import Transcript
from refine.adapters.bedrock_model import BedrockModel, bedrock_client
from refine.adapters.choice import Models, build_model
from refine.config import LanguageModelSettings, RefineSettings
from refine.domain.prompt import SCHEMA
from refine.ports import Reply
from refine.standalone import refine_transcript

ANSWER = {"speakers": [], "updates": [{"idx": 0, "text": "We use Kubernetes every single day now"}]}


@pytest.fixture
def client() -> Any:
    return boto3.client(
        "bedrock-runtime",
        region_name="eu-north-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


@pytest.fixture
def stub(client: Any) -> Any:
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def answered(content: Any, stop: Any = "tool_use", **usage: Any) -> Any:
    return {
        "output": {"message": {"role": "assistant", "content": content}},
        "stopReason": stop,
        "usage": {"inputTokens": 90, "outputTokens": 12, "totalTokens": 102, **usage},
        "metrics": {"latencyMs": 5},
    }


def used(form: Any) -> Any:
    return [{"toolUse": {"toolUseId": "t1", "name": "answer", "input": form}}]


def asked(*, cached: Any = True) -> Any:
    point = [{"cachePoint": {"type": "default"}}] if cached else []
    return {
        "modelId": "eu.model-1",
        "system": [{"text": "proofread"}, *point],
        "messages": [{"role": "user", "content": [{"text": "these lines"}]}],
        "inferenceConfig": {"maxTokens": 500, "temperature": 0.0},
        "toolConfig": {
            "tools": [
                {
                    "toolSpec": {
                        "name": "answer",
                        "description": ANY,
                        "inputSchema": {"json": SCHEMA},
                    }
                }
            ],
            "toolChoice": {"tool": {"name": "answer"}},
        },
    }


def complete(client: Any) -> Any:
    return BedrockModel("eu.model-1", client).complete(
        system="proofread", user="these lines", schema=SCHEMA, max_tokens=500, timeout_s=10
    )


def test_the_answer_is_the_forced_tools_input(client: Any, stub: Any) -> None:
    stub.add_response("converse", answered(used(ANSWER), cacheReadInputTokens=400), asked())
    assert complete(client) == Reply(json.dumps(ANSWER), 490, 12, whole=True)


def test_a_model_that_answers_in_text_is_read_too(client: Any, stub: Any) -> None:
    stub.add_response("converse", answered([{"text": "{}"}], "end_turn"), asked())
    assert complete(client).text == "{}"


@pytest.mark.parametrize("stop", ["max_tokens", "model_context_window_exceeded"])
def test_an_answer_cut_short_says_so(client: Any, stub: Any, stop: Any) -> None:
    stub.add_response("converse", answered(used(ANSWER), stop), asked())
    assert not complete(client).whole


@pytest.mark.parametrize(
    "stop",
    ["content_filtered", "guardrail_intervened", "malformed_model_output", "malformed_tool_use"],
)
def test_a_refused_or_broken_answer_is_invalid(client: Any, stub: Any, stop: Any) -> None:
    stub.add_response("converse", answered([{"text": "x"}], stop), asked())
    with pytest.raises(InvalidInput, match=stop):
        complete(client)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("ThrottlingException", TransientFailure),
        ("ModelNotReadyException", TransientFailure),
        ("ServiceUnavailableException", TransientFailure),
        ("ModelTimeoutException", TransientFailure),
        ("InternalServerException", TransientFailure),
        ("AccessDeniedException", Misconfigured),
        ("ResourceNotFoundException", Misconfigured),
        ("ValidationException", InvalidInput),
    ],
)
def test_errors_have_a_kind(client: Any, stub: Any, code: Any, kind: str) -> None:
    stub.add_client_error("converse", code, "told so", expected_params=asked())
    with pytest.raises(kind, match=code):
        complete(client)


def test_a_model_without_prompt_cache_is_asked_without(client: Any, stub: Any) -> None:
    model = BedrockModel("eu.model-1", client)
    stub.add_client_error(
        "converse", "ValidationException", "cachePoint is not supported", expected_params=asked()
    )
    for _ in range(2):
        stub.add_response("converse", answered(used(ANSWER)), asked(cached=False))
        reply = model.complete(
            system="proofread", user="these lines", schema=SCHEMA, max_tokens=500, timeout_s=10
        )
        assert reply.whole


class Failing:
    def __init__(self, error: Any) -> None:
        self.error = error

    def converse(self, **_: Any) -> None:
        raise self.error


def test_without_network_or_credentials() -> None:
    with pytest.raises(TransientFailure, match="EndpointConnectionError"):
        complete(Failing(EndpointConnectionError(endpoint_url="https://bedrock")))
    with pytest.raises(Misconfigured, match="credentials"):
        complete(Failing(NoCredentialsError()))


def test_a_throttled_model_degrades_the_transcript(
    client: Any, stub: Any, transcribe: Callable[..., Transcript]
) -> None:
    stub.add_client_error("converse", "ThrottlingException", "slow down")
    settings = RefineSettings.model_validate({"model": {"provider": "bedrock", "model": "eu.m"}})
    model = build_model(settings.model, client=client)
    got, report = refine_transcript(transcribe("Some words"), settings, model=model)
    assert got.segments[0].text == "Some words"
    assert "ThrottlingException" in (report.degraded or "")


def test_a_corrected_line_comes_through(
    client: Any, stub: Any, transcribe: Callable[..., Transcript]
) -> None:
    stub.add_response("converse", answered(used(ANSWER)))
    settings = RefineSettings.model_validate(
        {"glossary": ["Kubernetes"], "model": {"provider": "bedrock", "model": "eu.m"}}
    )
    model = build_model(settings.model, client=client)
    spoken = transcribe("We use cooper netties every single day now")
    got, _ = refine_transcript(spoken, settings, model=model)
    assert got.segments[0].text == "We use Kubernetes every single day now"


def test_the_settings_choose_the_model() -> None:
    assert build_model(LanguageModelSettings()) is None
    models = Models(api_key="k")
    ollama = LanguageModelSettings(
        provider="openai", model="llama", url="http://127.0.0.1:11434/v1"
    )
    assert models(ollama) is models(ollama)
    assert models(LanguageModelSettings()) is None
    models.close()
    runtime = bedrock_client(region="eu-north-1", timeout_s=20)
    assert runtime.meta.config.read_timeout == 20
    assert runtime.meta.config.retries["total_max_attempts"] == 3
