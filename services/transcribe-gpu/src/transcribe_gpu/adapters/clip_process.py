"""Recognises short clips in a child process, so that whoever serves requests never waits for it."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from everyword_events import EverywordError, InvalidInput, Misconfigured, NotFound, TransientFailure
from everyword_transcripts import Transcript, read_transcript
from transcribe_gpu.config import SpeechModelSettings, TranscribeSettings

IDLE_S: Final = 600.0
"""So long the process and its model are kept for the next clip."""
PATIENCE_S: Final = 120.0
PATIENCE_PER_S: Final = 20.0
"""How long a clip may take: a model to fetch, then twenty times its length."""
_KINDS: Final = {kind.__name__: kind for kind in (NotFound, InvalidInput, Misconfigured)}


class ClipProcess:
    """One child process, started when the first clip comes; clips wait for one another."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._idle: threading.Timer | None = None

    def recognise(
        self,
        path: Path,
        settings: TranscribeSettings,
        models: SpeechModelSettings,
        *,
        length_s: float,
    ) -> Iterator[str | Transcript]:
        """Yield the text of each sentence of a file as it is recognised, then the transcript.

        Who does not read to the end leaves work behind: the process is ended with it.

        Raises:
            InvalidInput: undecodable audio, unknown language or engine.
            Misconfigured: no engine can run here.
            TransientFailure: it takes too long, or the process died.
        """
        request = {
            "path": str(path),
            "settings": settings.model_dump(mode="json"),
            "models": models.model_dump(mode="json"),
        }
        with self._lock:
            self._keep()
            process = self._running()
            patience_s = PATIENCE_S + PATIENCE_PER_S * length_s
            watchdog = threading.Timer(patience_s, process.kill)
            watchdog.daemon = True
            watchdog.start()
            answered = False
            try:
                answer = _ask(process, json.dumps(request))
                while "heard" in answer:
                    yield str(answer["heard"])
                    answer = _answer(process)
                answered = True
            finally:
                watchdog.cancel()
                if not answered:
                    self.close()
                self._forget_later()
        if "error" in answer:
            raise raised(answer["error"])
        yield read_transcript(answer["transcript"])

    def close(self) -> None:
        """End the process."""
        self._keep()
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    with suppress(OSError):
                        pipe.close()

    def _running(self) -> "subprocess.Popen[str]":
        if self._process is None or self._process.poll() is not None:
            self.close()
            self._process = subprocess.Popen(
                [sys.executable, "-m", "transcribe_gpu.clip_host"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
        return self._process

    def _keep(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None

    def _forget_later(self) -> None:
        self._idle = threading.Timer(IDLE_S, self._forget)
        self._idle.daemon = True
        self._idle.start()

    def _forget(self) -> None:
        if self._lock.acquire(blocking=False):
            try:
                self.close()
            finally:
                self._lock.release()


def _ask(process: "subprocess.Popen[str]", line: str) -> Mapping[str, Any]:
    assert process.stdin is not None
    with suppress(OSError):
        process.stdin.write(line + "\n")
        process.stdin.flush()
    return _answer(process)


def _answer(process: "subprocess.Popen[str]") -> Mapping[str, Any]:
    assert process.stdout is not None
    said = process.stdout.readline()
    if not said:
        raise TransientFailure(
            "the clip took too long, or its process ended",
            hint="try again; POST /v1/episodes takes recordings of any length",
            code="clip_failed",
        )
    answer: Mapping[str, Any] = json.loads(said)
    return answer


def told(error: EverywordError) -> Mapping[str, str]:
    """Return what an error says, for another process."""
    kind = next((name for name, each in _KINDS.items() if isinstance(error, each)), "")
    return {"kind": kind, "code": error.code, "message": error.message, "hint": error.hint}


def raised(said: Mapping[str, str]) -> EverywordError:
    """Return the error of which another process told."""
    kind = _KINDS.get(said["kind"], TransientFailure)
    return kind(said["message"], hint=said["hint"], code=said["code"])
