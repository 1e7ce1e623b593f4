"""Short clips recognised in a process of their own: JSON lines in on stdin, out on stdout.

`python -m transcribe_gpu.clip_host`. Each request `{"path", "settings", "models"}` is answered with
a `{"heard": …}` for each sentence as it is recognised, then `{"transcript": …}` or
`{"error": {"kind", "code", "message", "hint"}}`. The engine stays loaded for the next request. It
ends when stdin does.
"""

import json
import os
import sys
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import IO, Any

from everyword_events import EverywordError
from everyword_transcripts import write_transcript
from transcribe_gpu.adapters.clip_process import told
from transcribe_gpu.adapters.decoding import PyAvAudio
from transcribe_gpu.adapters.silero import voice_activity
from transcribe_gpu.config import SpeechModelSettings, TranscribeSettings
from transcribe_gpu.recognition import Recogniser
from transcribe_gpu.selection import EngineSelector
from transcribe_gpu.self_test import self_test
from transcribe_gpu.standalone import known_sources, model_library


def main() -> None:
    """Serve until stdin ends."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # libraries print to stdout as they like
    for line in sys.stdin.buffer:
        _write(out, _answer(json.loads(line), lambda text: _write(out, {"heard": text})))


def _answer(request: Mapping[str, Any], heard: Callable[[str], None]) -> Mapping[str, Any]:
    settings = TranscribeSettings.model_validate(request["settings"])
    try:
        with Path(request["path"]).open("rb") as source:
            done = _recogniser(json.dumps(request["models"], sort_keys=True)).run(
                PyAvAudio(source), settings, report=_quiet, announce=_quiet, heard=heard
            )
    except EverywordError as error:
        return {"error": told(error)}
    return {"transcript": write_transcript(done.transcript).decode("utf-8")}


@cache
def _recogniser(models: str) -> Recogniser:
    library = model_library(SpeechModelSettings.model_validate_json(models))
    selector = EngineSelector(known_sources(library), self_test=self_test)
    return Recogniser(selector, voice_activity())


def _quiet(*_: object) -> None:
    """Nobody watches: the answer comes at once, or an error does."""


def _write(out: IO[bytes], answer: Mapping[str, Any]) -> None:
    out.write(json.dumps(answer).encode("utf-8") + b"\n")
    out.flush()


if __name__ == "__main__":
    main()
