"""faster-whisper: OpenAI's Whisper on CTranslate2, 8-bit on a CPU, float16 on an NVIDIA GPU.

Previous text is no context for the next (it is what makes Whisper loop), silence is cut out
before decoding (it is what makes Whisper invent), and a file goes through in windows of 5
minutes, so memory does not grow with its length.
"""

from collections.abc import Callable, Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from everyword_events import InvalidInput
from everyword_transcripts import WordPiece, join_pieces
from transcribe_gpu.adapters.model_hub import REPOSITORIES, ModelHub, known_models, repository_of
from transcribe_gpu.adapters.windows import windows
from transcribe_gpu.domain import AUTO, HeardWord, Utterance
from transcribe_gpu.errors import EngineUnavailable
from transcribe_gpu.ports import SAMPLE_RATE_HZ, Availability, Float32Array, StageReport

if TYPE_CHECKING:
    from faster_whisper import WhisperModel

NAME: Final = "faster-whisper"
CPU_MODEL: Final = "base"
"""145 MB and faster than real time on two cores; `small` has a third fewer errors at a third of
the speed, so it is for whoever can wait."""
GPU_MODEL: Final = "large-v3-turbo"
WINDOW_S: Final = 300.0
SEARCH_S: Final = 30.0
SURE: Final = 0.5
"""Below this probability a detected language is only a guess."""
LOOPING: Final = 2.4
"""gzip compression above which Whisper's authors call a text repetitive (arXiv 2212.04356, 4.5)."""
NO_SPEECH: Final = 0.6


class FasterWhisperEngine:
    """A loaded Whisper (`transcribe_gpu.ports.SpeechEngine`).

    A word's score is the mean probability of its tokens; times come from cross-attention.
    """

    name = NAME

    def __init__(self, inner: "WhisperModel", *, model: str, window_s: float = WINDOW_S) -> None:
        self._inner = inner
        self.model = model
        self.device: str = inner.model.device
        self._window_s = window_s

    def transcribe(
        self,
        blocks: Iterable[Float32Array],
        *,
        language: str,
        heard_until: Callable[[float], None],
    ) -> Iterator[Utterance]:
        """Recognise window by window; a language to be detected is pinned by the first speech.

        Raises:
            InvalidInput: the model does not know the language.
        """
        known = self._inner.supported_languages
        if language not in (AUTO, *known):
            raise InvalidInput(
                f"the model {self.model} does not know the language {language!r}",
                hint='give a code such as "en", or "auto"',
                code="language_unsupported",
            )
        pinned = None if language == AUTO else language
        if len(known) == 1:
            pinned = known[0]
        flags: tuple[str, ...] = ()
        for start, samples in windows(blocks, longest_s=self._window_s, search_s=SEARCH_S):
            segments, info = self._inner.transcribe(
                samples,
                language=pinned,
                beam_size=5,
                word_timestamps=True,
                vad_filter=True,
                condition_on_previous_text=False,
                language_detection_segments=4,
            )
            spoken = info.duration_after_vad > 0
            if pinned is None and spoken:
                pinned = info.language
                if info.language_probability < SURE:
                    flags = ("language_uncertain",)
            for segment in segments:
                utterance = _utterance(segment, start, pinned or info.language, flags)
                heard_until(utterance.end)
                if utterance.words:
                    yield utterance
            heard_until(start + samples.size / SAMPLE_RATE_HZ)


def _utterance(segment: Any, start: float, language: str, flags: tuple[str, ...]) -> Utterance:
    """Turn a faster_whisper Segment, timed within its window, into an utterance of the stream."""
    pieces = (
        WordPiece(
            word.word, start + float(word.start), start + float(word.end), float(word.probability)
        )
        for word in segment.words or ()
    )
    words = tuple(HeardWord(*word) for word in join_pieces(pieces))
    signs = []
    if segment.compression_ratio > LOOPING:
        signs.append("repetitive_text")
    if segment.no_speech_prob > NO_SPEECH:
        signs.append("doubtful_speech")
    return Utterance(
        start + float(segment.start),
        start + float(segment.end),
        words,
        language,
        (*flags, *signs),
    )


class FasterWhisperSource:
    """faster-whisper as an engine to choose (`transcribe_gpu.ports.EngineSource`)."""

    name = NAME

    def __init__(self, hub: ModelHub | None = None) -> None:
        self._hub = hub or ModelHub()

    def accuracy(self, model: str) -> str:
        """Grade the models by their size; one from elsewhere is only as good as it is."""
        size = (model or default_model()).split(".")[0]
        if size in ("tiny", "base"):
            return "fair quality: names, numbers and rare words are often wrong"
        if size in REPOSITORIES:
            return "good quality: names and rare words still need an eye"
        return "a model of your own"

    def knows(self, language: str) -> bool:  # noqa: ARG002 - 99 languages; the model has the word
        """Tell that any language is worth asking the model for."""
        return True

    def availability(self, model: str, *, ask_hub: bool) -> Availability:
        """Look for the package, then the model: in a folder, the cache, and on the hub."""
        if find_spec("faster_whisper") is None:
            return Availability(ok=False, detail="the package faster-whisper is not installed")
        model = model or default_model()
        if self._hub.here(model) is not None:
            return Availability(ok=True, detail=f"model {model} is on this machine")
        if repository_of(model) is None:
            return Availability(ok=False, detail=f"there is no model {model!r}; {known_models()}")
        if not ask_hub:
            return Availability(ok=False, detail=f"model {model} is not on this machine yet")
        if self._hub.offers(model):
            return Availability(ok=True, detail=f"model {model} will be downloaded")
        return Availability(
            ok=False, detail=f"model {model} is not on this machine and no hub answers for it"
        )

    def load(self, model: str, *, report: StageReport) -> FasterWhisperEngine:
        """Load the model, downloading it where needed.

        Raises:
            EngineUnavailable: the model cannot be had or read.
        """
        from faster_whisper import WhisperModel  # noqa: PLC0415

        model = model or default_model()
        folder = self._hub.fetch(model, report=report)
        device = "cuda" if _has_gpu() else "cpu"
        try:
            inner = WhisperModel(
                str(folder),
                device=device,
                compute_type="float16" if device == "cuda" else "int8",
                local_files_only=True,
            )
        except (RuntimeError, ValueError, OSError) as error:
            raise EngineUnavailable(
                f"the model {model} cannot be loaded: {str(error)[:200]}",
                hint="delete it from the cache, or name another model",
            ) from error
        return FasterWhisperEngine(inner, model=folder.name if Path(model).is_dir() else model)


def default_model() -> str:
    """Return the model for this machine."""
    return GPU_MODEL if _has_gpu() else CPU_MODEL


def _has_gpu() -> bool:
    import ctranslate2  # noqa: PLC0415

    return bool(ctranslate2.get_cuda_device_count() > 0)
