"""One recording through one engine: decode, recognise, assemble. No events, no storage."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from everyword_events import InvalidInput
from everyword_transcripts import Engine, Transcript, join_words
from transcribe_gpu.channel_pass import ChannelPass
from transcribe_gpu.config import TranscribeSettings
from transcribe_gpu.domain import (
    AUTO,
    ChannelSpeech,
    Diarization,
    LanguageDetection,
    Quality,
    Utterance,
    assemble,
    copied_channel,
    language_code,
    one_talk,
    talk_at_once,
    without_leaks,
)
from transcribe_gpu.ports import (
    Audio,
    Checkpoints,
    Diarizer,
    RecognisesPhones,
    SpeechEngine,
    StageReport,
    VoiceActivityDetector,
)
from transcribe_gpu.progress import ProgressMeter
from transcribe_gpu.selection import CPU, EngineSelector
from transcribe_gpu.speaker_pass import SpeakerPass

MOST_CHANNELS: Final = 16
STEREO: Final = 2
_ASK_S: Final = 1.0


@dataclass(frozen=True)
class Recognition:
    """A transcript, how good it is, what it took, and what to tell a person of the engine."""

    transcript: Transcript
    quality: Quality
    timings_s: dict[str, float]
    announcement: str
    diarization: Diarization | None = None


class Recogniser:
    """Recognises recordings in memory that does not grow with their length.

    Threads may share it. On a GPU their windows fill batches together; on a processor one recording
    waits for the other.
    """

    def __init__(
        self,
        selector: EngineSelector,
        detector: VoiceActivityDetector,
        *,
        diarizer: Diarizer | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._selector = selector
        self._detector = detector
        self._diarizer = diarizer
        self._clock = clock
        self._processor = threading.Lock()

    def run(
        self,
        audio: Audio,
        settings: TranscribeSettings,
        *,
        report: StageReport,
        announce: Callable[[str], None],
        check: Callable[[], None] = lambda: None,
        checkpoints: Callable[[str], Checkpoints] | None = None,
        heard: Callable[[str], None] = lambda _: None,
        voices: bool = False,
    ) -> Recognition:
        """Return the transcript; `check` is called often and may raise to end the work.

        `checkpoints` gives the store for one way of recognising, named by what decides the
        result; what it holds already is not recognised again. `heard` is told the text of each
        sentence, behind the space that the language writes before it, while the rest is still
        recognised, where all channels are recognised as one. With `voices` those of channels that
        are recognised apart are told as well.

        Raises:
            InvalidInput: undecodable audio, unknown language or engine.
            EngineUnavailable: the engine asked for cannot run here.
        """
        began = self._clock()
        language = language_code(settings.language)
        choice = self._selector.choose(settings, report=report)
        announce(choice.announcement)
        loaded = self._clock()
        meter = partial(ProgressMeter, "transcribe", report=report, check=check, clock=self._clock)
        engine = choice.engine
        if settings.sounds and isinstance(engine, RecognisesPhones):
            engine = engine.recognising_phones()
        kept = checkpoints(f"{engine.name} {engine.model} {language}") if checkpoints else None
        detection = LanguageDetection(language)
        one_pass = ChannelPass(
            engine,
            audio,
            self._detector,
            language=detection,
            checkpoints=kept,
            clock=self._clock,
        )
        told_apart, first = self._channels(audio, settings)
        by_speaker = told_apart or settings.channels == "speakers"
        with self._turn(engine, check):
            if by_speaker and audio.channels > 1:
                channels = _each_channel(one_pass, audio, meter)
            else:
                reached = meter(audio.expected_duration_s).reached
                channels = [
                    one_pass.run(
                        first, None, reached, heard=lambda each: heard(_after_others(each))
                    )
                ]
        flags = [*choice.flags, *audio.flags, *detection.flags()]
        if told_apart and len(channels) > 1:
            flags.append("channels:speakers")
        elif first is not None:
            flags.append(f"channels_delayed:{2 - first}")
        elif by_speaker and len(channels) == 1 and not told_apart:
            flags.append("channels:mono" if audio.channels == 1 else "channels:identical")
        transcript = assemble(
            channels,
            duration_s=audio.decoded_s,
            engine=Engine(engine.name, engine.model, engine.device),
            language=language if language != AUTO else "und",
            flags=flags,
        )
        timings = {"load": loaded - began, **one_pass.timings_s}
        speakers = SpeakerPass(self._diarizer, clock=self._clock)
        if not by_speaker or len(channels) == 1:
            transcript = speakers.first(transcript, audio, settings, report=report, check=check)
        elif voices:
            labels = [channel.speaker for channel in channels]
            transcript = speakers.of_channels(
                transcript, audio, settings, labels=labels, report=report, check=check
            )
        if speakers.took_s is not None:
            timings["diarize"] = speakers.took_s
        quality = Quality.of(
            transcript, windows=one_pass.windows, heard_again=one_pass.windows_heard_again
        )
        if quality.unsure and choice.unchecked_language:
            doubt = f"language_doubtful:{choice.unchecked_language}"
            transcript = replace(transcript, flags=(*transcript.flags, doubt))
        return Recognition(
            transcript, quality, _rounded(timings), choice.announcement, speakers.found
        )

    def diarize_again(
        self,
        transcript: Transcript,
        audio: Audio,
        settings: TranscribeSettings,
        *,
        report: StageReport,
        check: Callable[[], None] = lambda: None,
    ) -> Recognition:
        """Return a transcript with the same words, who says them told anew from the audio."""
        speakers = SpeakerPass(self._diarizer, clock=self._clock)
        found = speakers.again(transcript, audio, settings, report=report, check=check)
        timings = {} if speakers.took_s is None else {"diarize": speakers.took_s}
        quality = Quality.of(found)
        return Recognition(found, quality, _rounded(timings), "", speakers.found)

    def _channels(self, audio: Audio, settings: TranscribeSettings) -> tuple[bool, int | None]:
        """Tell whether each channel is another person's, or else which one holds everything."""
        if settings.channels != "auto" or audio.channels != STEREO:
            return False, None
        stretches = list(audio.stretches())
        first = copied_channel(stretches)
        if first is not None or settings.speakers == 1:
            return False, first
        return talk_at_once(stretches, self._detector.stream), None

    @contextmanager
    def _turn(self, engine: SpeechEngine, check: Callable[[], None]) -> Iterator[None]:
        """Wait until an engine on the processor is free; `check` may end the wait."""
        if engine.device != CPU:
            yield
            return
        while not self._processor.acquire(timeout=_ASK_S):
            check()
        try:
            yield
        finally:
            self._processor.release()


def _rounded(timings_s: dict[str, float]) -> dict[str, float]:
    return {step: round(seconds, 3) for step, seconds in timings_s.items()}


def _each_channel(
    one_pass: ChannelPass, audio: Audio, meter: Callable[[float | None], ProgressMeter]
) -> list[ChannelSpeech]:
    """Recognise every channel as one speaker; one without a speaker if all say the same.

    Raises:
        InvalidInput: more channels than any interview has.
    """
    count = audio.channels
    if count > MOST_CHANNELS:
        raise InvalidInput(
            f"{count} channels are too many to be one speaker each",
            hint='use channels = "mix"',
            code="channels_too_many",
        )
    expected_s = audio.expected_duration_s
    progress = meter(None if expected_s is None else expected_s * count)
    heard: list[ChannelSpeech] = []
    before_s = 0.0
    for channel in range(count):
        reached = partial(_reached_after, progress, before_s)
        heard.append(one_pass.run(channel, f"SPEAKER_{channel:02d}", reached))
        if channel == 0 and audio.one_sound:
            return [ChannelSpeech(None, heard[0].utterances, heard[0].loudness)]
        before_s += audio.decoded_s
    heard = without_leaks(heard)
    same = one_talk(heard)
    return heard if same is None else [same]


def _reached_after(meter: ProgressMeter, before_s: float, done_s: float) -> None:
    meter.reached(before_s + done_s)


def _after_others(utterance: Utterance) -> str:
    return join_words(["", utterance.text], utterance.language)
