"""PocketSphinx: on any CPU, without a download, English only, draft quality.

Its wheel carries the model. Measured: a fifth of the recording's length on one core; one word in
ten wrong on clear read speech, one in five or worse on ordinary speech; word starts within 10 ms.
"""

import re
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

import numpy as np

from everyword_events import InvalidInput
from everyword_transcripts import PhoneSpan
from transcribe_gpu.domain import AUTO, HeardWord, Hypothesis, Utterance
from transcribe_gpu.errors import EngineUnavailable
from transcribe_gpu.ports import SAMPLE_RATE_HZ, Availability, Float32Array, StageReport

if TYPE_CHECKING:
    from pocketsphinx import Decoder

FRAMES_PER_S: Final = 100
"""PocketSphinx counts 10 ms frames."""
LONGEST_S: Final = 20.0
"""Longer utterances (music, no pause) are cut: the search's memory grows with their length, and
while it runs no other thread of the process does."""
_SEARCH_CUT_S: Final = 8.0
WINDOW_S: Final = 60.0
"""Decoders load in .3 s for each window."""
_STEP: Final = SAMPLE_RATE_HZ // 50
"""20 ms."""
_SMOOTH: Final = 15
"""0.3 s, in steps: longer than the closure of a consonant, shorter than most pauses."""
_VARIANT: Final = re.compile(r"\(\d+\)$")
_FILLER: Final = re.compile(r"^(<.*>|\[.*\]|\+\+.*\+\+)$")
_LONGEST_SOUNDS_S: Final = 2.0
"""Phones are kept in stretches so short that spreading them evenly misses by little."""
NAME: Final = "pocketsphinx"
MODEL: Final = "en-us"


class PocketSphinxEngine:
    """The generic US English model (`transcribe_gpu.ports.SpeechEngine`).

    Words stay as recognised: lower case, no punctuation. A word's score is its posterior
    probability in the search's lattice; it is not calibrated, but low ones are often wrong.
    """

    name = NAME
    model = MODEL
    device = "cpu"
    longest_window_s = WINDOW_S
    batch = 1
    only_language = "en"

    def __init__(self, *, phones: bool = False) -> None:
        self._phones = phones

    def recognising_phones(self) -> "PocketSphinxEngine":
        """Return an engine that reads phones as well, knowing no words."""
        return PocketSphinxEngine(phones=True)

    def recognise(
        self,
        windows: Sequence[Float32Array],
        *,
        language: str,
        attempt: int = 0,  # noqa: ARG002 - it knows one way to decode
    ) -> Sequence[Hypothesis]:
        """Recognise each window utterance by utterance, as its own voice activity cuts them.

        Raises:
            InvalidInput: the language is not English.
        """
        if language not in (AUTO, "en"):
            raise InvalidInput(
                f"the engine {NAME} knows English only, not {language!r}",
                hint="use the engine faster-whisper, which knows 99 languages",
                code="language_unsupported",
            )
        return [Hypothesis(tuple(self._utterances(window)), "en") for window in windows]

    def _utterances(self, window: Float32Array) -> Iterator[Utterance]:
        from pocketsphinx import Decoder  # noqa: PLC0415 - imported where it is used only

        # New decoders for every window: the last one's noise estimate must not leak into it.
        decoder = Decoder(samprate=float(SAMPLE_RATE_HZ), loglevel="FATAL")
        reader = _phone_reader() if self._phones else None
        for start, pcm in utterances(window):
            end = start + len(pcm) / 2 / SAMPLE_RATE_HZ
            words = tuple(_recognise(decoder, pcm, start))
            spans = tuple(_recognised_phones(reader, pcm, start)) if reader and words else ()
            if words:
                yield Utterance(start, end, words, "en", phones=spans)


class PocketSphinxSource:
    """PocketSphinx as an engine to choose (`transcribe_gpu.ports.EngineSource`)."""

    name = NAME

    def offers(self, tier: str, language: str) -> Sequence[str]:  # noqa: ARG002
        """Offer the one model for everything: it is better than nothing."""
        return [""]

    def accuracy(self, model: str) -> str:  # noqa: ARG002 - there is one model
        """Say that this is for trying things out."""
        return "draft quality: about one word in five wrong; for trying things out"

    def knows(self, language: str) -> bool:
        """Tell whether it is English."""
        return language in (AUTO, "en")

    def availability(self, model: str, *, ask_hub: bool) -> Availability:  # noqa: ARG002
        """Tell whether the wheel is installed."""
        if model not in ("", MODEL):
            return Availability(ok=False, detail=f"has no model {model!r}, only {MODEL!r}")
        if find_spec("pocketsphinx") is None:
            return Availability(ok=False, detail="the package pocketsphinx is not installed")
        return Availability(ok=True, detail="English only, model en-us in its package")

    def load(self, model: str, *, report: StageReport) -> PocketSphinxEngine:  # noqa: ARG002
        """Return the engine; its model loads in a quarter of a second with each job."""
        available = self.availability(model, ask_hub=False)
        if not available.ok:
            raise EngineUnavailable(f"{NAME}: {available.detail}", hint="pip install pocketsphinx")
        return PocketSphinxEngine()


def utterances(window: Float32Array) -> Iterator[tuple[float, bytes]]:
    """Cut a window at pauses: yield (start in seconds, int16 PCM of at most 20 s)."""
    from pocketsphinx import Endpointer  # noqa: PLC0415

    endpointer = Endpointer(sample_rate=SAMPLE_RATE_HZ)
    frame_bytes: int = endpointer.frame_bytes
    longest = int(LONGEST_S / endpointer.frame_length) * frame_bytes
    speech = bytearray()
    start = 0.0
    for frame in _frames(window, frame_bytes):
        whole = len(frame) == frame_bytes
        voiced = endpointer.process(frame) if whole else endpointer.end_stream(frame)
        if voiced is None:
            continue
        if not speech:
            start = endpointer.speech_start
        speech += voiced
        if whole and not endpointer.in_speech:
            yield start, bytes(speech)
            speech.clear()
        elif len(speech) >= longest:
            cut = 2 * quietest(
                np.frombuffer(bytes(speech), "<i2").astype(np.float32), _SEARCH_CUT_S
            )
            yield start, bytes(speech[:cut])
            del speech[:cut]
            start += cut / 2 / SAMPLE_RATE_HZ
    if speech:
        yield start, bytes(speech)


def _frames(window: Float32Array, frame_bytes: int) -> Iterator[bytes]:
    """Yield int16 PCM frame by frame; the last one is shorter, as the endpointer wants its end."""
    pcm = np.clip(window * 32768, -32768, 32767).astype("<i2").tobytes()
    whole = len(pcm) // frame_bytes * frame_bytes
    for at in range(0, whole, frame_bytes):
        yield pcm[at : at + frame_bytes]
    yield pcm[whole:] or b"\0\0"


def quietest(samples: Float32Array, search_s: float) -> int:
    """Return the index in the middle of the quietest 0.3 s of the last `search_s`."""
    first = max(0, samples.size - round(search_s * SAMPLE_RATE_HZ))
    tail = samples[first:]
    steps = tail[: tail.size // _STEP * _STEP].reshape(-1, _STEP)
    if len(steps) < _SMOOTH:
        return int(samples.size)
    power = np.einsum("ij,ij->i", steps, steps)
    smooth = np.convolve(power, np.ones(_SMOOTH), mode="valid")
    return max(1, first + (int(np.argmin(smooth)) + _SMOOTH // 2) * _STEP)


def _recognise(decoder: "Decoder", pcm: bytes, start: float) -> Iterator[HeardWord]:
    decoder.start_utt()
    decoder.process_raw(pcm, full_utt=True)
    decoder.end_utt()
    for piece in decoder.seg() or ():
        if not _FILLER.match(piece.word):
            yield HeardWord(
                _VARIANT.sub("", piece.word),
                start + piece.start_frame / FRAMES_PER_S,
                start + (piece.end_frame + 1) / FRAMES_PER_S,
                float(piece.prob),
            )


def _phone_reader() -> "Decoder":
    """Return a decoder of phones alone, by the phone model in the wheel (PocketSphinx: allphone).

    Narrow beams: 4 % of the recording's length on one core.
    """
    from pocketsphinx import Decoder, get_model_path  # noqa: PLC0415

    return Decoder(
        samprate=float(SAMPLE_RATE_HZ),
        loglevel="FATAL",
        allphone=get_model_path("en-us/en-us-phone.lm.bin"),
        lm=None,
        lw=1.0,
        beam=1e-20,
        pbeam=1e-20,
    )


def _recognised_phones(reader: "Decoder", pcm: bytes, start: float) -> Iterator[PhoneSpan]:
    """Yield the phones of an utterance, in stretches without a pause in them."""
    reader.start_utt()
    reader.process_raw(pcm, full_utt=True)
    reader.end_utt()
    phones: list[str] = []
    since = until = 0.0
    for piece in reader.seg() or ():
        silent = not piece.word.isalpha() or piece.word == "SIL"
        if phones and (silent or until - since >= _LONGEST_SOUNDS_S):
            yield PhoneSpan(since, until, " ".join(phones))
            phones = []
        if silent:
            continue
        if not phones:
            since = start + piece.start_frame / FRAMES_PER_S
        phones.append(piece.word)
        until = start + (piece.end_frame + 1) / FRAMES_PER_S
    if phones:
        yield PhoneSpan(since, until, " ".join(phones))
