"""With its model here, recognition looks up no name and calls nobody."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from transcribe_gpu.errors import EngineUnavailable
from transcribe_gpu.standalone import model_library
from transcribe_gpu.testing import Clip, encoded
from transcribe_gpu.testing_whisper import write_parrot

WATCHED = """
import json, sys
called = []

def watch(event, arguments):
    if event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.connect"):
        called.append([event, repr(arguments[:2])])

sys.addaudithook(watch)
from pathlib import Path
from transcribe_gpu.config import TranscribeSettings
from transcribe_gpu.standalone import transcribe_file

audio, engine, model, language = sys.argv[1:]
settings = TranscribeSettings(engine=engine, model=model, language=language)
heard = transcribe_file(Path(audio), settings, report=lambda *_: None, announce=lambda _: None)
print(json.dumps({"words": heard.n_words(), "called": called}))
"""


TRAINED = ("tiny.en", "base")


def quiet(stage: str, fraction: float, eta_s: float | None) -> None:
    pass


@pytest.mark.parametrize(
    "which",
    [
        "parrot",
        *(
            pytest.param(each, marks=pytest.mark.slow)
            for each in ("pocketsphinx", "tiny.en", "base")
        ),
    ],
)
def test_nothing_is_called_while_recognising(tmp_path: Path, question: Clip, which: str) -> None:
    engine, model, language = "auto", which, "auto"
    if which == "parrot":
        model = str(write_parrot(tmp_path / "parrot", ["polly", "wants", "a", "cracker"]))
    elif which == "pocketsphinx":
        engine, model = "pocketsphinx", ""
    else:
        try:
            model_library().fetch(which, report=quiet)
        except EngineUnavailable as error:
            pytest.skip(f"{error.message}: everyword models fetch {which}")
    audio = tmp_path / "talk.wav"
    audio.write_bytes(encoded(question.samples))
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, str(audio), engine, model, language],
        capture_output=True,
        text=True,
        check=True,
        timeout=200,
    )
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["words"] > 0
    assert found["called"] == []
