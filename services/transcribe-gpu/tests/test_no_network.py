"""With its model here, recognition looks up no name and calls nobody, whatever the engine."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest

from support.models import model_here, speaker_models_here
from transcribe_gpu.adapters.environments import EngineEnvironments
from transcribe_gpu.testing import Clip, encoded
from transcribe_gpu.testing_parakeet import write_transducer
from transcribe_gpu.testing_whisper import write_parrot

pytestmark = pytest.mark.engines

WATCH = """
import os, sys

def watch(event, arguments):
    if event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.connect"):
        with open(os.environ["WATCHED_CALLS"], "a") as file:
            print(event, repr(arguments), file=file)

sys.addaudithook(watch)
with open(os.environ["WATCHED_PROCESSES"], "a") as file:
    print(*sys.orig_argv, file=file)
"""
"""Every Python that finds this as its `sitecustomize` tells what it looks up and calls."""

HEAR = """
import json, sys
from pathlib import Path
from transcribe_gpu.config import TranscribeSettings
from transcribe_gpu.standalone import transcribe_file

audio, wish = sys.argv[1:]
settings = TranscribeSettings.model_validate_json(wish)
heard = transcribe_file(Path(audio), settings, report=lambda *_: None, announce=lambda _: None)
print(json.dumps({"words": heard.n_words(), "flags": heard.flags}))
"""
Wish = dict[str, object]


def in_environment(engine: str, module: str, *arguments: str) -> None:
    command = EngineEnvironments().command(engine, module)
    if command is None:
        pytest.skip(f"{engine} is not installed: everyword engines install {engine}")
    subprocess.run([*command, *arguments], check=True, timeout=600)


def parrot(folder: Path) -> Wish:
    return {"model": str(write_parrot(folder / "parrot", ["polly", "wants", "a", "cracker"]))}


def pocketsphinx(_: Path) -> Wish:
    return {"engine": "pocketsphinx"}


def tiny(_: Path) -> Wish:
    return {"model": model_here("tiny.en")}


def base(_: Path) -> Wish:
    return {"model": model_here("base")}


def who_speaks(_: Path) -> Wish:
    speaker_models_here()
    return {"engine": "pocketsphinx", "diarization": "on"}


def parakeet(folder: Path) -> Wish:
    if find_spec("onnx_asr") is None:
        pytest.skip("onnx_asr is not installed: pip install onnx_asr")
    return {
        "engine": "parakeet",
        "model": str(write_transducer(folder / "transducer", ["▁the", "▁light", "house"])),
    }


def transformers(folder: Path) -> Wish:
    made = folder / "random"
    in_environment("transformers", "transcribe_gpu.testing_transformers", "whisper", str(made))
    return {"engine": "transformers", "model": str(made)}


def whisperx(_: Path) -> Wish:
    if EngineEnvironments().command("whisperx", "x") is None:
        pytest.skip("whisperx is not installed: everyword engines install whisperx")
    return {"engine": "whisperx", "model": model_here("tiny.en")}


def pipeline(folder: Path) -> Wish:
    made = folder / "pipeline"
    in_environment("whisperx", "transcribe_gpu.testing_pipeline", str(made))
    return {"engine": "pocketsphinx", "diarization": "on", "diarization_pipeline": str(made)}


SLOW = (pocketsphinx, tiny, base, who_speaks, parakeet, transformers, whisperx, pipeline)
APART = {who_speaks: "diarization.child", transformers: "engine_host", whisperx: "engine_host",
         pipeline: "pipeline_child"}  # fmt: skip
"""What works in a process of its own, and what that runs."""


@pytest.mark.parametrize(
    "wish", [parrot, *(pytest.param(each, marks=pytest.mark.slow) for each in SLOW)]
)
def test_nothing_is_called_while_recognising(
    tmp_path: Path, question: Clip, wish: Callable[[Path], Wish]
) -> None:
    settings = {"language": "en" if wish in (transformers, parakeet) else "auto", **wish(tmp_path)}
    audio, calls, processes = (tmp_path / name for name in ("talk.wav", "calls", "processes"))
    audio.write_bytes(encoded(question.samples))
    (tmp_path / "watch").mkdir()
    (tmp_path / "watch" / "sitecustomize.py").write_text(WATCH)
    watched = {
        "PYTHONPATH": str(tmp_path / "watch"),
        "WATCHED_CALLS": str(calls),
        "WATCHED_PROCESSES": str(processes),
    }
    done = subprocess.run(
        [sys.executable, "-c", HEAR, str(audio), json.dumps(settings)],
        env={**os.environ, **watched},
        capture_output=True,
        text=True,
        check=True,
        timeout=600,
    )
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["words"] > 0 or wish in (transformers, parakeet)
    assert "speakers:failed" not in found["flags"]
    assert APART.get(wish, "") in processes.read_text(), "the engine's own process was watched"
    assert not calls.exists(), calls.read_text()


def test_the_watch_sees_a_call(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(WATCH)
    calls = tmp_path / "calls"
    watched = {"WATCHED_CALLS": str(calls), "WATCHED_PROCESSES": str(tmp_path / "processes")}
    code = "import socket; socket.getaddrinfo('127.0.0.1', 9)"
    subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(tmp_path), **watched},
        check=True,
        timeout=60,
    )
    assert "127.0.0.1" in calls.read_text()
