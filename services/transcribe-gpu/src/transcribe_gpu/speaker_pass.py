"""Who says the words of a transcript: a pass of its own, which may fail and leave the words."""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from everyword_transcripts import Transcript
from transcribe_gpu.config import TranscribeSettings
from transcribe_gpu.domain import (
    Diarization,
    SpeakerTurn,
    Voice,
    labelled_as_before,
    with_speakers,
    with_speakers_anew,
)
from transcribe_gpu.errors import DiarizationFailed
from transcribe_gpu.ports import Audio, Diarizer, RunsPipelines, StageReport
from transcribe_gpu.spoken_part import LEAST_S, SpokenPart, spoken_spans

log = logging.getLogger(__name__)

NOT_SEPARATED = "speakers:not_separated"
FAILED = "speakers:failed"
VOICES_FAILED = "voices:failed"


class SpeakerPass:
    """Tells the speakers of one recording apart, where there is a diarizer."""

    def __init__(
        self, diarizer: Diarizer | None, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._diarizer = diarizer
        self._clock = clock
        self.took_s: float | None = None
        self.found: Diarization | None = None

    def first(
        self,
        transcript: Transcript,
        audio: Audio,
        settings: TranscribeSettings,
        *,
        report: StageReport,
        check: Callable[[], None],
    ) -> Transcript:
        """Return the transcript with its speakers; without, flagged, if that cannot be done."""
        several = settings.speakers > 1
        diarizer = self._chosen(settings) if settings.diarization != "off" else None
        asked = several or settings.diarization == "on"
        wanted = settings.speakers != 1 and transcript.segments
        if diarizer is None or not (asked or diarizer.ready()) or not wanted:
            return transcript.with_flag(NOT_SEPARATED) if several else transcript
        found = self._diarized(diarizer, audio, settings, report, check)
        if found is None:
            return transcript.with_flag(FAILED)
        self.found = found
        return with_speakers(transcript, found.turns)

    def of_channels(
        self,
        transcript: Transcript,
        audio: Audio,
        settings: TranscribeSettings,
        *,
        labels: Sequence[str | None],
        report: StageReport,
        check: Callable[[], None],
    ) -> Transcript:
        """Find the voices of channels whose speakers are known, `labels` by their channels.

        Returns the transcript, flagged if that cannot be done.
        """
        diarizer = self._chosen(settings) if settings.diarization != "off" else None
        asked = settings.speakers > 1 or settings.diarization == "on"
        if diarizer is None or not (asked or diarizer.ready()):
            return transcript
        alone = settings.model_copy(update={"speakers": 1})
        took_s = 0.0
        voices: list[Voice] = []
        for label, part in _parts(transcript, audio, labels):
            found = self._diarized(diarizer, part, alone, report, check)
            if found is None:
                return transcript.with_flag(VOICES_FAILED)
            took_s += self.took_s or 0.0
            heard = max(found.voices, key=lambda voice: voice.speech_s, default=None)
            if heard is not None:
                voices.append(replace(heard, speaker=label))
            self.found = Diarization((), tuple(voices), found.voice_model)
        self.took_s = took_s
        return transcript

    def again(
        self,
        transcript: Transcript,
        audio: Audio,
        settings: TranscribeSettings,
        *,
        report: StageReport,
        check: Callable[[], None],
    ) -> Transcript:
        """Return a transcript with its speakers told anew; as it was, flagged, if that fails."""
        flags = tuple(flag for flag in transcript.flags if flag not in {FAILED, NOT_SEPARATED})
        plain = replace(transcript, flags=flags)
        if not transcript.segments:
            return plain
        if settings.speakers == 1:  # a person's word
            return with_speakers_anew(plain, [SpeakerTurn(0, transcript.duration_s, "SPEAKER_00")])
        diarizer = self._chosen(settings)
        if diarizer is None:
            return plain.with_flag(NOT_SEPARATED)
        found = self._diarized(diarizer, audio, settings, report, check)
        if found is None:
            return plain.with_flag(FAILED)
        self.found = labelled_as_before(plain, found)
        return with_speakers_anew(plain, found.turns)

    def _chosen(self, settings: TranscribeSettings) -> Diarizer | None:
        folder = settings.diarization_pipeline
        if folder and isinstance(self._diarizer, RunsPipelines):
            return self._diarizer.running(folder)
        return self._diarizer

    def _diarized(
        self,
        diarizer: Diarizer,
        audio: Audio,
        settings: TranscribeSettings,
        report: StageReport,
        check: Callable[[], None],
    ) -> Diarization | None:
        report("diarize", 0.0, None)
        began = self._clock()
        try:
            found = diarizer.diarize(audio, speakers=settings.speakers, check=check)
        except DiarizationFailed as error:
            log.warning(
                "diarization failed",
                extra={"code": error.code, "reason": error.message, "remedy": error.hint},
            )
            return None
        self.took_s = self._clock() - began
        return found


def _parts(
    transcript: Transcript, audio: Audio, labels: Sequence[str | None]
) -> Iterator[tuple[str, SpokenPart]]:
    """Yield what each channel's own speaker says in it, where that is enough to know a voice by."""
    for channel, label in enumerate(labels):
        if label is not None:
            words = (word for word in transcript.words() if word.speaker == label)
            part = SpokenPart(audio, channel, spoken_spans(words))
            if part.spoken_s >= LEAST_S:
                yield label, part
