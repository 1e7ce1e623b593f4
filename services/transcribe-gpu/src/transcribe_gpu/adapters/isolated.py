"""An engine that runs in another process, seen from here (`transcribe_gpu.engine_host`)."""

import base64
import json
import subprocess
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from everyword_events import InvalidInput, TransientFailure
from transcribe_gpu.domain import Hypothesis
from transcribe_gpu.errors import EngineUnavailable
from transcribe_gpu.ports import Float32Array

_READER: Final = msgspec.json.Decoder(list[Hypothesis])
FAILED: Final = "engine_failed"
HOST: Final = "transcribe_gpu.engine_host"
_OFFLINE: Final = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "PYANNOTE_METRICS_ENABLED": "0",
    "PYTHONWARNINGS": "ignore",
}
"""Models are fetched before; an engine looks nothing up."""


class IsolatedEngine:
    """A loaded engine (`transcribe_gpu.ports.SpeechEngine`); a process that died starts anew."""

    def __init__(self, host: Sequence[str], name: str, folder: Path, model: str) -> None:
        """Start it; `host` is the command that runs `HOST`."""
        self.name = name
        self._command = [*host, name, str(folder), model]
        self._process = self._started()
        ready = self._read()["ready"]
        self.model: str = ready["model"]
        self.device: str = ready["device"]
        self.longest_window_s: float = ready["longest_window_s"]
        self.batch: int = ready["batch"]

    def recognise(
        self, windows: Sequence[Float32Array], *, language: str, attempt: int = 0
    ) -> Sequence[Hypothesis]:
        """Recognise windows, as the engine does.

        Raises:
            InvalidInput: the engine refuses them.
            RuntimeError: the engine broke off, as it would have done here (out of memory).
            TransientFailure: the engine's process ended.
        """
        if self._process.poll() is not None:
            self._process = self._started()
            self._read()
        coded = [base64.b64encode(window.tobytes()).decode("ascii") for window in windows]
        request = {"windows": coded, "language": language, "attempt": attempt}
        answer = self._ask(json.dumps(request))
        return _READER.decode(msgspec.json.encode(answer["hypotheses"]))

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()

    def _started(self) -> "subprocess.Popen[str]":
        import os  # noqa: PLC0415 - the environment is read when a process starts, not at import

        process = subprocess.Popen(  # noqa: S603 - an interpreter that we set up
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, **_OFFLINE},
        )
        weakref.finalize(self, _end, process)
        return process

    def _ask(self, line: str) -> Mapping[str, Any]:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()
        except OSError as error:
            raise self._died() from error
        return self._read()

    def _read(self) -> Mapping[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise self._died()
        answer: Mapping[str, Any] = json.loads(line)
        if "error" in answer:
            said = answer["error"]
            if said["code"] == FAILED:
                raise RuntimeError(said["message"])
            kind = InvalidInput if said["code"] == "language_unsupported" else EngineUnavailable
            raise kind(said["message"], hint=said["hint"], code=said["code"])
        return answer

    def _died(self) -> TransientFailure:
        code = self._process.wait()
        return TransientFailure(
            f"the process of the engine {self.name} ended with {code}",
            hint="it starts again by itself; if it happens again, memory may be short",
            code="engine_died",
        )


def _end(process: "subprocess.Popen[str]") -> None:
    if process.poll() is None:
        process.kill()
        process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
