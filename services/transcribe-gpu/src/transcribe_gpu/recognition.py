"""One recording through one engine: decode, recognise, assemble. No events, no storage."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final

from everyword_events import InvalidInput
from everyword_transcripts import Engine, Transcript
from transcribe_gpu.config import TranscribeSettings
from transcribe_gpu.domain import AUTO, ChannelSpeech, assemble, language_code, one_talk
from transcribe_gpu.ports import (
    SAMPLE_RATE_HZ,
    Audio,
    Float32Array,
    ReadsSounds,
    SpeechEngine,
    StageReport,
)
from transcribe_gpu.progress import ProgressMeter
from transcribe_gpu.selection import EngineSelector

MOST_CHANNELS: Final = 16


@dataclass(frozen=True)
class Recognition:
    """A transcript, what its making took, and what to tell a person about the engine."""

    transcript: Transcript
    timings_s: dict[str, float]
    announcement: str


class Recogniser:
    """Recognises one recording at a time, in memory that does not grow with its length."""

    def __init__(
        self, selector: EngineSelector, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._selector = selector
        self._clock = clock

    def run(
        self,
        audio: Audio,
        settings: TranscribeSettings,
        *,
        report: StageReport,
        announce: Callable[[str], None],
        check: Callable[[], None] = lambda: None,
    ) -> Recognition:
        """Return the transcript; `check` is called often and may raise to end the work.

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
        if settings.sounds and isinstance(engine, ReadsSounds):
            engine = engine.reading_sounds()
        job = _Job(engine, audio, language, self._clock, meter)
        by_speaker = settings.channels == "speakers"
        channels = job.each_channel() if by_speaker and audio.channels > 1 else [job.mix()]
        flags = [*choice.flags, *audio.flags]
        if by_speaker and len(channels) == 1:
            flags.append("channels:mono" if audio.channels == 1 else "channels:identical")
        elif not by_speaker and settings.speakers > 1:
            flags.append("speakers:not_separated")
        transcript = assemble(
            channels,
            duration_s=audio.decoded_s,
            engine=Engine(engine.name, engine.model, engine.device),
            language=language if language != AUTO else "und",
            flags=flags,
        )
        spent = self._clock() - loaded
        timings = {
            "load": loaded - began,
            "decode": job.decode_s,
            "recognise": max(0.0, spent - job.decode_s),
        }
        return Recognition(
            transcript, {k: round(v, 3) for k, v in timings.items()}, choice.announcement
        )


def _reached_after(meter: ProgressMeter, before_s: float, done_s: float) -> None:
    meter.reached(before_s + done_s)


class _Job:
    """The channels of one recording, one after the other."""

    def __init__(
        self,
        engine: SpeechEngine,
        audio: Audio,
        language: str,
        clock: Callable[[], float],
        meter: Callable[[float | None], ProgressMeter],
    ) -> None:
        self._engine = engine
        self._audio = audio
        self._language = language
        self._clock = clock
        self._meter = meter
        self.decode_s = 0.0

    def mix(self) -> ChannelSpeech:
        """Recognise all channels as one."""
        meter = self._meter(self._audio.expected_duration_s)
        return self._recognise(None, None, meter.reached)

    def each_channel(self) -> list[ChannelSpeech]:
        """Recognise every channel as one speaker; one without a speaker if all say the same.

        Raises:
            InvalidInput: more channels than any interview has.
        """
        count = self._audio.channels
        if count > MOST_CHANNELS:
            raise InvalidInput(
                f"{count} channels are too many to be one speaker each",
                hint='use channels = "mix"',
                code="channels_too_many",
            )
        expected_s = self._audio.expected_duration_s
        meter = self._meter(None if expected_s is None else expected_s * count)
        heard: list[ChannelSpeech] = []
        before_s = 0.0
        for channel in range(count):
            heard.append(
                self._recognise(
                    channel, f"SPEAKER_{channel:02d}", partial(_reached_after, meter, before_s)
                )
            )
            if channel == 0 and self._audio.one_sound:
                return [ChannelSpeech(None, heard[0].utterances, heard[0].loudness)]
            before_s += self._audio.decoded_s
        same = one_talk(heard)
        return heard if same is None else [same]

    def _recognise(
        self, channel: int | None, speaker: str | None, reached: Callable[[float], None]
    ) -> ChannelSpeech:
        speech = ChannelSpeech(speaker)
        blocks = self._measured(channel, speech)
        speech.utterances.extend(
            self._engine.transcribe(blocks, language=self._language, heard_until=reached)
        )
        for _ in blocks:  # an engine may stop early; the length and loudness are of the whole
            pass
        reached(self._audio.decoded_s)
        return speech

    def _measured(self, channel: int | None, speech: ChannelSpeech) -> Iterator[Float32Array]:
        blocks = self._audio.blocks(channel)
        while True:
            began = self._clock()
            block = next(blocks, None)
            self.decode_s += self._clock() - began
            if block is None:
                return
            assert block.size <= SAMPLE_RATE_HZ
            speech.loudness.add(block)
            yield block
