"""One engine in a process of its own: JSON lines in on stdin, out on stdout.

`python -m transcribe_gpu.engine_host NAME FOLDER MODEL`. It says `{"ready": …}` once the model is
loaded, then answers each `{"windows": […], "language", "attempt"}` with `{"hypotheses": […]}`, or
either with `{"error": {"code", "message", "hint"}}`, whose code is `engine_failed` where the engine
broke off by itself. It ends when stdin does.
"""

import base64
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import msgspec
import numpy as np

from everyword_events import EverywordError
from transcribe_gpu.adapters.isolated import FAILED
from transcribe_gpu.adapters.loading import load_engine
from transcribe_gpu.ports import SpeechEngine


def main() -> None:
    """Serve until stdin ends."""
    name, folder, model = sys.argv[1:]
    out = _own_stdout()
    try:
        engine = load_engine(name, Path(folder), model=model)
    except EverywordError as error:
        _write(out, _told(error))
        return
    ready = {
        "model": engine.model,
        "device": engine.device,
        "longest_window_s": engine.longest_window_s,
        "batch": engine.batch,
    }
    _write(out, {"ready": ready})
    for line in sys.stdin.buffer:
        out.write(_answer(engine, json.loads(line)) + b"\n")
        out.flush()


def _own_stdout() -> IO[bytes]:
    """Keep stdout for the answers: libraries print to it as they like."""
    kept = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return kept


def _answer(engine: SpeechEngine, request: Mapping[str, Any]) -> bytes:
    windows = [np.frombuffer(base64.b64decode(raw), np.float32) for raw in request["windows"]]
    try:
        found = engine.recognise(windows, language=request["language"], attempt=request["attempt"])
        return msgspec.json.encode({"hypotheses": list(found)})
    except EverywordError as error:
        return msgspec.json.encode(_told(error))
    except Exception as error:  # noqa: BLE001 - libraries' own; the other process decides
        said = {"code": FAILED, "message": f"{type(error).__name__}: {error}"[:500], "hint": ""}
        return msgspec.json.encode({"error": said})


def _told(error: EverywordError) -> Mapping[str, Any]:
    return {"error": {"code": error.code, "message": error.message, "hint": error.hint}}


def _write(out: IO[bytes], answer: Mapping[str, Any]) -> None:
    out.write(msgspec.json.encode(answer) + b"\n")
    out.flush()


if __name__ == "__main__":
    main()
