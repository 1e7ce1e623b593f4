"""Models and engines by command, as a person and a script ask for them."""

import json
from pathlib import Path

from support.stack import Everyword
from transcribe_gpu.testing import encoded, tone
from transcribe_gpu.testing_whisper import write_parrot


def test_models_and_engines_are_listed_with_what_to_do(tmp_path: Path) -> None:
    everyword = Everyword(tmp_path)
    (tmp_path / "everyword.toml").write_text(
        f'[models]\ncache = "{tmp_path / "models"}"\noffline = true\n'
    )
    listed = {model["name"]: model for model in everyword.json("models", "list")["models"]}
    assert {"tiny.en", "base", "small", "large-v3-turbo"} <= set(listed)
    assert all(model["bytes"] > 0 and model["licence"] for model in listed.values())
    engines = {each["name"]: each for each in everyword.json("engines", "list")["engines"]}
    assert engines["pocketsphinx"]["works"]
    assert all(each["works"] or each["detail"] for each in engines.values())
    assert "no model" in everyword.error("models", "path", "nonsense", code=3)
    assert "everyword models fetch" in everyword.error("models", "fetch", "small.en", code=4)
    assert "not fetched" in everyword.error("models", "remove", "small.en", code=3)
    assert "whisperx" in everyword.error("engines", "install", "nonsense", code=2)


def test_several_files_are_transcribed_by_one_command_and_a_bad_one_holds_up_none(
    tmp_path: Path,
) -> None:
    everyword = Everyword(tmp_path)
    model = write_parrot(tmp_path / "models", ["polly", "wants", "a", "cracker"])
    for name in ("one.wav", "two.wav"):
        (tmp_path / name).write_bytes(encoded(tone(2.0)))
    (tmp_path / "bad.wav").write_text("these are words")
    files = [str(tmp_path / name) for name in ("one.wav", "bad.wav", "two.wav")]
    chosen = ("--engine", "faster-whisper", "--model", str(model), "--language", "en")
    done = everyword.run("--json", "transcribe", *files, *chosen, "-o", str(tmp_path / "out"))
    assert done.returncode == 1, done.stderr
    assert f"{tmp_path / 'bad.wav'}: " in done.stderr
    one, bad, two = json.loads(done.stdout)["files"]
    assert bad["error"]["code"] == "not_audio"
    for each in (one, two):
        assert json.loads(Path(each["output"]).read_text())["engine"]["name"] == "faster-whisper"
    assert "need a folder" in everyword.error(
        "transcribe", *files, *chosen, "-o", str(tmp_path / "all.json"), code=2
    )
