"""The doctor opens every database, and asks the model that the settings name."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from everyword_local import doctor
from everyword_local.data_check import damaged_databases
from everyword_local.data_folder import DataFolder
from everyword_local.doctor import Finding, examine
from everyword_local.settings import SettingsFile
from support.stack import Everyword, write_transcript_file
from support.waiting import PATIENCE_S


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder in which every database is."""
    everyword = Everyword(tmp_path_factory.mktemp("archive") / "data")
    talk = write_transcript_file(everyword.data.with_name("talk.json"), "the storm took the horn")
    everyword("add", "--transcript", str(talk), "--wait")
    with everyword.up():
        pass
    return everyword.data


NAMES = ("bus", "episodes", "captions", "words", "replays", "feeds", "notifications", "keys")
DAMAGE = {
    "garbage": lambda raw: b"garbage" * (len(raw) // 7),
    "truncated": lambda raw: raw[: len(raw) // 2 - 100],
    "emptied": lambda _raw: b"",
}


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("name", NAMES)
def test_a_damaged_database_is_named_with_what_to_do(archive: Path, name: str, damage: str) -> None:
    folder = DataFolder(archive)
    path = archive / f"{name}.sqlite"
    raw = path.read_bytes()
    assert list(damaged_databases(folder)) == []
    path.write_bytes(DAMAGE[damage](raw))
    try:
        (found,) = damaged_databases(folder)
        findings = list(examine(archive, lambda: SettingsFile(None))) if name == "bus" else []
    finally:
        path.write_bytes(raw)
    assert found[0] == path
    assert all(found[1:])
    if name == "bus":
        (said,) = [each for each in findings if each.name == "database"]
        assert not said.ok
        assert str(path) in said.detail
        assert "backup" in said.detail


@pytest.fixture
def model_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    class Models(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps({"data": [{"id": "small"}]}).encode()
            self.send_response(200 if self.path == "/v1/models" else 404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    monkeypatch.setattr(doctor, "ANSWERS_IN_S", PATIENCE_S)
    with HTTPServer(("127.0.0.1", 0), Models) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def language_model(tmp_path: Path, url: str, model: str) -> Finding:
    file = tmp_path / "everyword.toml"
    file.write_text(f'[refine.model]\nprovider = "openai"\nurl = "{url}"\nmodel = "{model}"\n')
    found = examine(tmp_path / "none", lambda: SettingsFile(file))
    return next(each for each in found if each.name == "language model")


def test_the_language_model_of_the_settings_is_asked(tmp_path: Path, model_server: str) -> None:
    assert language_model(tmp_path, f"{model_server}/v1", "small").ok
    absent = language_model(tmp_path, f"{model_server}/v1", "large")
    assert (absent.ok, "does not list 'large'" in absent.detail) == (False, True)
    wrong = language_model(tmp_path, f"{model_server}/v9", "small")
    assert (wrong.ok, "answers 404" in wrong.detail) == (False, True)
    away = language_model(tmp_path, "http://127.0.0.1:9/v1", "small")
    assert (away.ok, "does not answer" in away.detail) == (False, True)


def test_the_speech_model_of_the_settings_is_looked_at(tmp_path: Path) -> None:
    file = tmp_path / "everyword.toml"
    file.write_text('[transcribe]\nengine = "nonesuch"\n')
    found = examine(tmp_path / "none", lambda: SettingsFile(file))
    said = next(each for each in found if each.name in {"speech model", "settings"} and not each.ok)
    assert "nonesuch" in said.detail
