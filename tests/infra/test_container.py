"""The worker's container, without Docker: its recipe is linted, its entry point is run."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml
from everyword_aws.worker import TaskProtection, WorkersInbox

from everyword_events import Delivery
from everyword_events.testing import ready

FOLDER = Path(__file__).parents[2] / "infra/aws"
LOCAL = FOLDER.parent / "local/deploy"
WORKER = [sys.executable, "-m", "everyword_aws.worker"]


def test_hadolint_has_nothing_to_say() -> None:
    hadolint = Path(sys.executable).parent / "hadolint"
    done = subprocess.run(
        [hadolint, str(FOLDER / "Dockerfile")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    assert not done.stdout


@pytest.mark.parametrize("file", [FOLDER / "compose.gpu.yml", LOCAL / "compose.yaml"])
def test_compose_files_are_what_the_compose_specification_takes(file: Path) -> None:
    checker = Path(sys.executable).parent / "check-jsonschema"
    asked = [checker, "--builtin-schema", "vendor.compose-spec", str(file)]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_machine_with_a_gpu_gives_it_to_the_container_and_keeps_its_data() -> None:
    (service,) = yaml.safe_load((FOLDER / "compose.gpu.yml").read_text("utf-8"))[
        "services"
    ].values()
    (device,) = service["deploy"]["resources"]["reservations"]["devices"]
    assert (device["driver"], device["count"], device["capabilities"]) == ("nvidia", 1, ["gpu"])
    assert service["stop_grace_period"] == "100s"
    assert (FOLDER / service["build"]["context"] / service["build"]["dockerfile"]).is_file()
    assert service["volumes"] == ["everyword-data:/data"]


def test_the_image_runs_as_nobody_in_particular_offline_and_is_stopped_gently() -> None:
    recipe = (FOLDER / "Dockerfile").read_text("utf-8")
    final = recipe.rpartition("\nFROM ")[2]
    assert re.search(r"^USER \d+$", final, re.MULTILINE)
    assert "HF_HUB_OFFLINE=1" in final
    assert '["python", "-m", "everyword_aws.worker"]' in final
    assert "type=secret" in recipe
    assert "ARG HF_TOKEN" not in recipe


def test_the_entry_point_says_what_it_lacks() -> None:
    clean = {name: value for name, value in os.environ.items() if "EVERYWORD" not in name}
    done = subprocess.run(
        WORKER, capture_output=True, text=True, check=False, env=clean, timeout=120
    )
    assert done.returncode == 1
    assert "EVERYWORD_QUEUES" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_entry_point_ends_on_sigterm() -> None:
    """Nothing answers at the address of AWS here: the worker keeps trying until it is told."""
    given = {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "EVERYWORD_SERVICE": "transcribe-gpu",
        "EVERYWORD_PREFIX": "everyword",
        "EVERYWORD_BUCKET": "b",
        "EVERYWORD_TABLE": "t",
        "EVERYWORD_EVENT_LOG": "l",
        "EVERYWORD_QUEUES": "http://127.0.0.1:9/everyword-",
        "EVERYWORD_SETTINGS_FILE": "-",
        "EVERYWORD_SETTINGS": json.dumps({"general": {}, "shows": {}}),
        "EVERYWORD_IDLE_POLLS": "3",
    }
    with subprocess.Popen(
        WORKER, env=os.environ | given, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        told = [json.loads(process.stdout.readline())["action"] for _ in range(2)]
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=100)
    assert process.returncode == 0
    assert told == ["pause_not_noted", "receive_failed"]


class _Agent(BaseHTTPRequestHandler):
    asked: list[tuple[str, Any]] = []  # noqa: RUF012 - shared on purpose

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.asked.append((self.path, json.loads(body)))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def agent() -> Iterator[str]:
    _Agent.asked.clear()
    server = HTTPServer(("127.0.0.1", 0), _Agent)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


class _Queue:
    def __init__(self, *found: list[Any]) -> None:
        self.found = list(found)

    def receive(self, **_: Any) -> list[Any]:
        return self.found.pop(0) if self.found else []

    def acknowledge(self, deliveries: list[Delivery]) -> None:
        self.done = deliveries


def test_a_busy_task_is_protected_and_an_idle_worker_leaves(agent: str) -> None:
    stop = threading.Event()
    queue: Any = _Queue([Delivery(ready(), "transcribe-gpu", 1, "receipt")], [], [])
    inbox = WorkersInbox(
        queue, stop, idle_polls=2, protection=TaskProtection({"ECS_AGENT_URI": agent})
    )
    found = inbox.receive(most=1, visibility_s=60)
    inbox.acknowledge(found)
    assert [body["ProtectionEnabled"] for _, body in _Agent.asked] == [True, False]
    assert _Agent.asked[0][0] == "/task-protection/v1/state"
    inbox.receive(most=1, visibility_s=60)
    assert not stop.is_set()
    inbox.receive(most=1, visibility_s=60)
    assert stop.is_set()
