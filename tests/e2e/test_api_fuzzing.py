"""Whatever is sent, the API answers as its own OpenAPI document says."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import schemathesis
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from starlette.testclient import TestClient

from everyword_local.application import application
from everyword_local.composition import Composition
from everyword_local.data_folder import DataFolder
from everyword_local.settings import SettingsFile
from support.stack import write_transcript_file

EXAMPLES = 60
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    folder = tmp_path_factory.mktemp("fuzzed")
    settings = Path(folder / "everyword.toml")
    settings.write_text("[search]\nsearches_per_s = 0\n")
    with Composition(DataFolder(folder / "data"), SettingsFile(settings)) as composition:
        file = write_transcript_file(folder / "talk.json", "the storm took the fog horn")
        app = application(composition)
        episode = {"title": "A", "show": "B", "transcript": json.loads(file.read_text())}
        assert TestClient(app).post("/v1/episodes", json=episode).status_code == 201
        with composition.at_work():
            while TestClient(app).get("/v1/health").json()["pending"]:
                time.sleep(0.1)
        yield schemathesis.openapi.from_asgi("/v1/openapi.json", app)


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_every_reply_is_a_documented_one(api: Any) -> None:
    operations = [found.ok() for found in api.get_all_operations()]
    assert len(operations) > 20
    for operation in operations:

        @hypothesis.settings(
            max_examples=EXAMPLES,
            deadline=None,
            suppress_health_check=list(hypothesis.HealthCheck),
        )
        @hypothesis.given(case=operation.as_strategy())
        def is_as_documented(case: Any) -> None:
            for given in (case.query, case.body):  # a long poll is only long
                if isinstance(given, dict) and isinstance(given.get("wait_s"), int | float):
                    given["wait_s"] = min(given["wait_s"], 0.01)
            case.call_and_validate(checks=CHECKS)

        began = time.monotonic()
        is_as_documented()
        print(f"{time.monotonic() - began:6.1f} s  {operation.label}")  # noqa: T201 - for -s
