"""What this service needs from the world: engines, audio, and somebody to tell its progress."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from transcribe_gpu.domain import Diarization, Hypothesis, SpeechProbabilities

Float32Array = NDArray[np.float32]
"""Samples: float32, (n_samples,), 16 kHz mono, full scale 1."""

SAMPLE_RATE_HZ = 16_000

StageReport = Callable[[str, float, float | None], None]
"""Called with (stage, fraction in 0..1, seconds left or None); may raise to end the work."""


class SpeechEngine(Protocol):
    """A loaded recogniser. One job at a time; jobs do not influence each other."""

    @property
    def name(self) -> str:
        """The name it is asked for by."""

    @property
    def model(self) -> str:
        """The model's name."""

    @property
    def device(self) -> str:
        """Where it computes: `cpu`, `cuda`."""

    @property
    def longest_window_s(self) -> float:
        """How much sound one window may hold, in seconds."""

    @property
    def batch(self) -> int:
        """How many windows it recognises best at once."""

    def recognise(
        self, windows: Sequence[Float32Array], *, language: str, attempt: int = 0
    ) -> Sequence[Hypothesis]:
        """Recognise windows (float32, (n_samples,), 16 kHz mono), each by itself.

        Returns one hypothesis for each, its times in seconds from its window's start. The same
        windows give the same hypotheses, whatever was recognised before. `language` is a code or
        `auto`. `attempt` counts from 0; a higher one is asked for where the one before gave
        doubtful text, and should decode differently (temperature, another beam).

        Raises:
            InvalidInput: the engine does not know the language.
        """


@runtime_checkable
class RecognisesPhones(Protocol):
    """An engine that can also recognise phones beside words."""

    def recognising_phones(self) -> SpeechEngine:
        """Return the same engine, whose utterances carry their phones."""


@runtime_checkable
class KnowsOneLanguage(Protocol):
    """An engine that takes everything for one language, and cannot tell when it is not."""

    @property
    def only_language(self) -> str:
        """The language's code."""


@dataclass(frozen=True)
class Availability:
    """Whether an engine can run here now, and in plain words why or why not.

    `remedy` is the command that mends it, where there is one.
    """

    ok: bool
    detail: str
    remedy: str = ""


class EngineSource(Protocol):
    """An engine that may be loaded; looking at it is cheap."""

    @property
    def name(self) -> str:
        """The engine's name."""

    def offers(self, tier: str, language: str) -> Sequence[str]:
        """Return the models to try for a tier (or `auto`) and a language (or `auto`), best first.

        None where the engine has nothing for it; "" is a model that has no name.
        """

    def accuracy(self, model: str) -> str:
        """Say what to expect of a model, in one plain sentence part."""

    def knows(self, language: str) -> bool:
        """Tell whether it can recognise the language, as far as is known before loading."""

    def availability(self, model: str, *, ask_hub: bool) -> Availability:
        """Tell within about 3 s whether `load` would work; without `ask_hub`, off the network."""

    def load(self, model: str, *, report: StageReport) -> SpeechEngine:
        """Load the engine, downloading its model where needed (stage `download`).

        Raises:
            EngineUnavailable: it cannot be loaded.
        """


class Audio(Protocol):
    """One recording, decoded as often as it is asked for and never held whole."""

    @property
    def channels(self) -> int:
        """How many channels there are."""

    @property
    def expected_duration_s(self) -> float | None:
        """About how long it is, before it is decoded; the file may be wrong."""

    def blocks(self, channel: int | None = None) -> Iterator[Float32Array]:
        """Decode the mix, or one channel, to blocks of at most a second.

        Raises:
            InvalidInput: nothing can be decoded.
        """

    def stretches(self) -> Iterator[Float32Array]:
        """Decode up to three minutes, spread over it: float32, (n_channels, n_samples), 16 kHz."""

    @property
    def decoded_s(self) -> float:
        """How much the last complete `blocks` gave."""

    @property
    def flags(self) -> tuple[str, ...]:
        """What was wrong with the audio, as far as it was decoded."""

    @property
    def one_sound(self) -> bool:
        """Whether all channels, as far as decoded, carry the same sound."""


class VoiceActivityDetector(Protocol):
    """Tells speech from everything else, 32 ms by 32 ms."""

    def stream(self) -> SpeechProbabilities:
        """Return the detector of a new stream; streams do not influence each other."""


class Diarizer(Protocol):
    """Tells who speaks when, from the sound alone."""

    @property
    def name(self) -> str:
        """Its name."""

    def ready(self) -> bool:
        """Tell whether it can work now, without a download."""

    def diarize(self, audio: Audio, *, speakers: int, check: Callable[[], None]) -> Diarization:
        """Return the turns and voices of the mix; 0 `speakers` is unknown.

        `check` is called often and may raise to end the work.

        Raises:
            DiarizationFailed: the transcript has to do without.
        """


@runtime_checkable
class RunsPipelines(Protocol):
    """A diarizer beside which a pipeline of one's own can be run."""

    def running(self, folder: str) -> Diarizer:
        """Return the diarizer that runs the pipeline of a folder."""


class Checkpoints(Protocol):
    """What was recognised of a recording so far; it outlives the worker."""

    def get(self, name: str) -> Hypothesis | None:
        """Return the hypothesis kept under `name`, or None."""

    def put(self, name: str, hypothesis: Hypothesis) -> None:
        """Keep a hypothesis durably under `name`; what is there already stays."""


class ProgressSink(Protocol):
    """Where a job's progress is shown."""

    def report(
        self, *, episode_id: str, run_id: str, stage: str, fraction: float, eta_s: float | None
    ) -> None:
        """Say how far the job is: `fraction` in 0..1, `eta_s` seconds left where known."""

    def clear(self, *, episode_id: str) -> None:
        """Forget the episode's progress: the job ended, one way or the other."""
