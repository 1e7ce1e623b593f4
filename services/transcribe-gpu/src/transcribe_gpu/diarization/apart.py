"""Runs a diarization process: sound goes in, turns and voices come out, within a budget."""

import contextlib
import os
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import IO, Final

import msgspec
import numpy as np

from transcribe_gpu.domain import Diarization
from transcribe_gpu.errors import DiarizationFailed
from transcribe_gpu.ports import SAMPLE_RATE_HZ, Audio, Float32Array

ANSWER: Final = msgspec.json.Decoder(Diarization)
_OFFLINE: Final = {"HF_HUB_OFFLINE": "1", "PYANNOTE_METRICS_ENABLED": "0"}
"""Models are fetched before; the process looks nothing up."""
_POLL_S: Final = 0.2
_GRACE_S: Final = 5.0
AGAIN_AFTER_S: Final = (0.0, 1.0, 2.0, 4.0, 8.0)
"""Pauses before a killed process is started again: what killed it may pass in the meantime."""
LOST_S: Final = 60.0
"""A second start is always worth it; further ones while the work lost stays below this."""


class _Killed(DiarizationFailed):
    """The process was ended by SIGKILL, and not by us."""


def diarized_apart(
    command: Sequence[str],
    audio: Audio,
    budget_s: float,
    check: Callable[[], None],
    environment: Mapping[str, str] = _OFFLINE,
) -> Diarization:
    """Run the process on a recording; `check` is called often and may raise to end the work.

    A process that was killed from outside is started again, since that says nothing of the audio:
    once in any case, and up to five times while it costs little.

    Raises:
        DiarizationFailed: it failed, was killed each time, or took too long or too much.
    """
    lost_s = 0.0
    starts = 0
    while True:
        began = time.monotonic()
        try:
            return _run(command, audio, budget_s, check, environment)
        except _Killed:
            starts += 1
            lost_s += time.monotonic() - began
            if starts > len(AGAIN_AFTER_S) or (starts > 1 and lost_s > LOST_S):
                raise
        _pause(AGAIN_AFTER_S[starts - 1], check)


def _pause(seconds: float, check: Callable[[], None]) -> None:
    until = time.monotonic() + seconds
    while (left_s := until - time.monotonic()) > 0:
        check()
        time.sleep(min(_POLL_S, left_s))


def _run(
    command: Sequence[str],
    audio: Audio,
    budget_s: float,
    check: Callable[[], None],
    environment: Mapping[str, str],
) -> Diarization:
    with (
        tempfile.TemporaryFile() as answer,
        tempfile.TemporaryFile() as complaint,
        subprocess.Popen(  # noqa: S603 - our own module
            command,
            stdin=subprocess.PIPE,
            stdout=answer,
            stderr=complaint,
            env={**os.environ, **environment},
        ) as child,
    ):
        try:
            _feed_and_wait(child, audio, budget_s, check)
        finally:
            child.kill()
        return _read(child.wait(), answer, complaint)


def _feed_and_wait(
    child: subprocess.Popen[bytes], audio: Audio, budget_s: float, check: Callable[[], None]
) -> None:
    deadline = time.monotonic() + budget_s
    over = threading.Event()
    feeder = threading.Thread(target=_feed, args=(child, audio, over), daemon=True)
    feeder.start()
    try:
        while child.poll() is None:
            check()
            if time.monotonic() > deadline:
                raise DiarizationFailed(f"it took longer than {budget_s:.0f} s", code="too_slow")
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(_POLL_S)
    finally:
        over.set()
        if child.poll() is None:
            child.kill()
        feeder.join(_GRACE_S)


def _feed(child: subprocess.Popen[bytes], audio: Audio, over: threading.Event) -> None:
    assert child.stdin is not None
    with contextlib.suppress(OSError):  # the child is gone; its exit status says why
        for block in audio.blocks(None):
            child.stdin.write(_pcm(block))
            if over.is_set():
                break
        child.stdin.close()


def _pcm(block: Float32Array) -> bytes:
    assert block.size <= SAMPLE_RATE_HZ
    return np.clip(block * 32768, -32768, 32767).astype("<i2").tobytes()


def _read(status: int, answer: IO[bytes], complaint: IO[bytes]) -> Diarization:
    answer.seek(0)
    complaint.seek(0)
    if status == -signal.SIGKILL:
        raise _Killed("its process was killed: see the machine's log for what ran out of memory")
    if status != 0:
        lines = complaint.read().decode(errors="replace").strip().splitlines()
        raise DiarizationFailed(lines[-1] if lines else f"its process ended with {status}")
    try:
        return ANSWER.decode(answer.read())
    except msgspec.DecodeError as error:
        raise DiarizationFailed("its process gave no answer") from error
