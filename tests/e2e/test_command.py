"""Wrong use, wrong settings and a wrong data folder each end with a line that says what to do."""

import json
import socket
from pathlib import Path

import pytest

from support.stack import Everyword


def test_a_wrong_key_names_file_line_key_and_the_nearest(everyword: Everyword) -> None:
    settings = everyword.data / "everyword.toml"
    settings.write_text('[transcribe]\nengine = "pocketsphinx"\nlangauge = "en"\n')
    said = everyword.error("search", "word", code=2)
    assert f"{settings}: line 3: unknown key 'transcribe.langauge'" in said
    assert "'language'" in said


def test_a_wrong_key_in_a_shows_table_is_found_there(everyword: Everyword) -> None:
    settings = everyword.data / "everyword.toml"
    settings.write_text('[captions]\nprofile = "web"\n\n[shows."A B".captions]\nprofil = "web"\n')
    assert "line 5" in everyword.error("search", "word", code=2)


def test_a_missing_settings_file_is_wrong_use(everyword: Everyword) -> None:
    assert "no such file" in everyword.error("--config", "nowhere.toml", "search", "x", code=2)


def test_a_wrong_rule_is_refused_with_its_place(everyword: Everyword) -> None:
    settings = everyword.data / "everyword.toml"
    settings.write_text('[[refine.replacements]]\nkind = "regex"\nfrom = "("\nto = "x"\n')
    said = everyword.error("search", "word", code=2)
    assert str(settings) in said
    assert "refine.replacements" in said


def test_a_newer_data_folder_is_left_alone(everyword: Everyword) -> None:
    (everyword.data / "format.json").write_text(json.dumps({"format": 99}))
    assert "newer" in everyword.error("status", code=4)


def test_a_data_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    said = Everyword(tmp_path / "file").error("status", code=4)
    assert "cannot write to the data folder" in said


def test_a_port_in_use(everyword: Everyword) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said = everyword.error("up", "--port", str(port), code=4)
    assert f"cannot listen on 127.0.0.1:{port}" in said
    assert "--port" in said


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["fly"], 2),
        (["search"], 2),
        (["search", '"open'], 2),
        (["status", "no-such-episode"], 3),
        (["transcript", "no-such-episode"], 3),
        (["add", "nowhere.mp3"], 3),
        (["add"], 2),
        (["replay", "--from", "AudioUploaded"], 2),
        (["replay", "x", "--from", "Nothing"], 2),
        (["transcribe", "nowhere.mp3", "-o", "x.json"], 3),
        (["captions", "nowhere.json", "--format", "vtt"], 3),
        (["failed", "show", "none"], 3),
        (["--api", "http://127.0.0.1:9", "status"], 4),
    ],
)
def test_exit_codes(everyword: Everyword, arguments: list[str], code: int) -> None:
    said = everyword.error(*arguments, code=code)
    assert said.startswith("everyword: ")
    document = json.loads(everyword.run(*arguments, "--json").stdout)
    assert set(document["error"]) == {"code", "message", "hint"}


def test_an_empty_archive_says_what_to_do(everyword: Everyword) -> None:
    assert "everyword add" in everyword("status")
    assert everyword.json("search", "word")["hits"] == 0


def test_the_doctor_looks_at_everything(everyword: Everyword) -> None:
    names = {finding["name"] for finding in everyword.json("doctor")["findings"]}
    assert {"python", "index", "decoders", "engine pocketsphinx", "data folder"} <= names


def test_broken_events_are_named_with_their_line(everyword: Everyword, tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    file.write_text('{"type": "Nothing", "meta": {}, "data": {}}\nnot json\n')
    done = everyword.run("check-events", str(file))
    assert done.returncode == 1
    assert "line 1" in done.stdout
    assert "line 2" in done.stdout
