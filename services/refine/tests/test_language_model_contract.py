"""What every language model's adapter does, whoever answers: one suite, two of them.

OpenAI's dialect is spoken by a server on loopback; Bedrock's answers come by botocore's Stubber,
which holds them against the service's own model.
"""

import json
import socket
from collections.abc import Callable, Iterator
from typing import Any, ClassVar, Protocol

import boto3
import pytest
from botocore.exceptions import ReadTimeoutError
from botocore.stub import Stubber

from everyword_events import EverywordError, InvalidInput, Misconfigured, TransientFailure
from everyword_transcripts import Transcript
from refine.adapters.bedrock_model import BedrockModel
from refine.adapters.openai_model import OpenAiCompatibleModel
from refine.config import RefineSettings
from refine.domain.prompt import SCHEMA
from refine.ports import LanguageModel, Reply
from refine.standalone import refine_transcript

ANSWER = json.dumps({"speakers": [], "updates": [{"idx": 0, "text": "Kubernetes every day"}]})
SETTINGS = RefineSettings.model_validate(
    {"glossary": ["Kubernetes"], "model": {"provider": "bedrock", "model": "m", "timeout_s": 60}}
)


class ModelUnderTest(Protocol):
    """An adapter, and what lets the other side behave in a given way for all that is asked."""

    model: LanguageModel

    def answers(self, text: str, *, whole: bool = True) -> None:
        """Answer; not `whole`: the limit of tokens ended it. 90 tokens read, 12 written."""

    def behaves(self, how: str) -> None:
        """Answer as one of the failures of the suite below."""


class OpenAiUnderTest:
    STATUS: ClassVar = {
        "throttled": 429,
        "down": 503,
        "no right": 401,
        "unknown model": 404,
        "wrong": 400,
    }

    def __init__(self, server: Any) -> None:
        self._server = server
        self.model: LanguageModel = OpenAiCompatibleModel(server.url, "m", first_wait_s=0.001)

    def answers(self, text: str, *, whole: bool = True) -> None:
        self._completes({"content": text}, "stop" if whole else "length")

    def behaves(self, how: str) -> None:
        if how in self.STATUS:
            self._server.answer = lambda _: self.STATUS[how]
        elif how == "refused":
            self._completes({"content": None, "refusal": "I will not"}, "stop")
        elif how == "filtered":
            self._completes({"content": ""}, "content_filter")
        elif how == "malformed":
            self._server.answer = lambda _: {"choices": []}

    def _completes(self, message: dict[str, Any], finish: str) -> None:
        body = {
            "choices": [{"message": message, "finish_reason": finish}],
            "usage": {"prompt_tokens": 90, "completion_tokens": 12},
        }
        self._server.answer = lambda _: body


class BedrockUnderTest:
    CODE: ClassVar = {
        "throttled": "ThrottlingException",
        "down": "ServiceUnavailableException",
        "no right": "AccessDeniedException",
        "unknown model": "ResourceNotFoundException",
        "wrong": "ValidationException",
    }
    STOP: ClassVar = {
        "refused": "guardrail_intervened",
        "filtered": "content_filtered",
        "malformed": "malformed_model_output",
    }

    def __init__(self, client: Any, stub: Stubber) -> None:
        self._stub = stub
        self.model: LanguageModel = BedrockModel("m", client)

    def answers(self, text: str, *, whole: bool = True) -> None:
        self._completes(text, "end_turn" if whole else "max_tokens")

    def behaves(self, how: str) -> None:
        if how in self.CODE:
            for _ in range(4):
                self._stub.add_client_error("converse", self.CODE[how], "told so")
        else:
            self._completes("x", self.STOP[how])

    def _completes(self, text: str, stop: Any) -> None:
        for _ in range(4):
            self._stub.add_response(
                "converse",
                {
                    "output": {"message": {"role": "assistant", "content": [{"text": text}]}},
                    "stopReason": stop,
                    "usage": {"inputTokens": 90, "outputTokens": 12, "totalTokens": 102},
                    "metrics": {"latencyMs": 5},
                },
            )


@pytest.fixture
def bedrock_client() -> Any:
    return boto3.client(
        "bedrock-runtime",
        region_name="eu-north-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


@pytest.fixture(params=["openai", "bedrock"])
def under_test(
    request: pytest.FixtureRequest, server: Any, bedrock_client: Any
) -> Iterator[ModelUnderTest]:
    if request.param == "openai":
        yield OpenAiUnderTest(server)
        return
    with Stubber(bedrock_client) as stub:
        yield BedrockUnderTest(bedrock_client, stub)


def ask(model: LanguageModel, *, timeout_s: float = 60.0) -> Reply:
    return model.complete(
        system="proofread", user='{"lines": []}', schema=SCHEMA, max_tokens=50, timeout_s=timeout_s
    )


def test_an_answer_comes_whole_and_its_tokens_are_counted(under_test: ModelUnderTest) -> None:
    under_test.answers(ANSWER)
    assert ask(under_test.model) == Reply(ANSWER, 90, 12, whole=True)


def test_an_answer_cut_at_the_limit_says_so_and_is_counted(under_test: ModelUnderTest) -> None:
    under_test.answers('{"speakers": [], "upda', whole=False)
    assert ask(under_test.model) == Reply('{"speakers": [], "upda', 90, 12, whole=False)


@pytest.mark.parametrize("text", ["", "I would rather talk about the weather", "{}"])
def test_what_a_model_says_instead_of_json_is_the_callers_to_judge(
    under_test: ModelUnderTest, text: str
) -> None:
    under_test.answers(text)
    assert ask(under_test.model).text == text


@pytest.mark.parametrize(
    ("how", "kind", "code"),
    [
        ("throttled", TransientFailure, "model_busy"),
        ("down", TransientFailure, "model_busy"),
        ("no right", Misconfigured, "model_key"),
        ("unknown model", Misconfigured, "model_unknown"),
        ("wrong", InvalidInput, "model_refused"),
        ("refused", InvalidInput, "model_refused"),
        ("filtered", InvalidInput, "model_refused"),
        ("malformed", InvalidInput, "model_reply"),
    ],
)
def test_failures_have_one_kind_and_one_code(
    under_test: ModelUnderTest, how: str, kind: type[EverywordError], code: str
) -> None:
    under_test.behaves(how)
    with pytest.raises(kind) as failure:
        ask(under_test.model)
    assert failure.value.code == code
    assert "proofread" not in failure.value.message


@pytest.mark.parametrize("how", ["throttled", "refused", "filtered", "malformed", "no right"])
def test_a_transcript_degrades_and_keeps_its_words(
    under_test: ModelUnderTest, transcribe: Callable[..., Transcript], how: str
) -> None:
    under_test.behaves(how)
    got, report = refine_transcript(transcribe("Some words"), SETTINGS, model=under_test.model)
    assert got.segments[0].text == "Some words"
    assert "1 of 1 chunks without the model" in (report.degraded or "")


def test_an_answer_cut_short_degrades_and_its_tokens_are_counted(
    under_test: ModelUnderTest, transcribe: Callable[..., Transcript]
) -> None:
    under_test.answers('{"speakers": [], "upda', whole=False)
    _, report = refine_transcript(transcribe("Some words"), SETTINGS, model=under_test.model)
    assert report.degraded
    assert report.tokens_in >= 90


def test_openai_that_does_not_answer_in_time_is_transient() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:  # accepts, and says nothing
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/v1"
        with pytest.raises(TransientFailure) as failure:
            ask(OpenAiCompatibleModel(url, "m"), timeout_s=0.2)
    assert failure.value.code == "model_timeout"


def test_bedrock_that_does_not_answer_in_time_is_transient(bedrock_client: Any) -> None:
    def late(**_: Any) -> None:
        raise ReadTimeoutError(endpoint_url="https://bedrock")

    bedrock_client.meta.events.register_first("before-call.bedrock-runtime.Converse", late)
    with pytest.raises(TransientFailure) as failure:
        ask(BedrockModel("m", bedrock_client))
    assert failure.value.code == "model_timeout"
