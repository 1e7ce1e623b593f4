"""The language model's key: made by hand in Parameter Store, read by refine, in no template."""

import json
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from everyword_aws.environment import ServiceEnvironment
from everyword_aws.graphs import refine
from everyword_aws.parameters import secret

from everyword_events import Misconfigured
from support.aws import mocked_aws
from support.deployed import forget
from support.lowering import REGION

NAME = "/everyword/refine/model-key"


@pytest.fixture(autouse=True)
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    with mocked_aws():
        forget()
        yield
        forget()


def test_the_key_is_what_was_put_there() -> None:
    ssm = boto3.client("ssm")
    ssm.put_parameter(Name=NAME, Value="sk-of-nobody", Type="SecureString")
    assert secret(ssm, NAME) == "sk-of-nobody"


def test_without_a_name_nobody_is_asked() -> None:
    assert secret(None, "") == ""


def test_a_key_that_nobody_put_there_is_said_with_what_to_do() -> None:
    with pytest.raises(Misconfigured) as caught:
        secret(boto3.client("ssm"), NAME)
    assert caught.value.code == "secret_missing"
    assert NAME in caught.value.hint
    assert "put-parameter" in caught.value.hint


def test_refine_is_not_made_without_the_key_that_its_template_names(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings = tmp_path / "settings.json"
    for shipped in (settings, settings.with_name("transcribe.json")):
        shipped.write_text(json.dumps({"general": {}, "shows": {}}))
    environment = ServiceEnvironment(
        prefix="everyword",
        event_log="everyword-event-log",
        queues="https://queues.example/everyword-",
        service="refine",
        bucket="everyword-refine",
        table="everyword-refine",
        settings_file=str(settings),
        model_key_parameter=NAME,
    )
    for name, value in environment.variables().items():
        monkeypatch.setenv(name, value)
    with pytest.raises(Misconfigured, match=NAME):
        refine.service()
    boto3.client("ssm").put_parameter(Name=NAME, Value="sk-of-nobody", Type="SecureString")
    assert refine.service() is refine.service()
