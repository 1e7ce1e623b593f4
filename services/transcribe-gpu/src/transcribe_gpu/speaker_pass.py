"""Who says the words of a transcript: a pass of its own, which may fail and leave the words."""

import logging
import time
from collections.abc import Callable
from dataclasses import replace

from everyword_transcripts import Transcript
from transcribe_gpu.config import TranscribeSettings
from transcribe_gpu.domain import SpeakerTurn, with_speakers, with_speakers_anew
from transcribe_gpu.errors import DiarizationFailed
from transcribe_gpu.ports import Audio, Diarizer, StageReport

log = logging.getLogger(__name__)

NOT_SEPARATED = "speakers:not_separated"
FAILED = "speakers:failed"


class SpeakerPass:
    """Tells the speakers of one recording after the other apart, where there is a diarizer."""

    def __init__(
        self, diarizer: Diarizer | None, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._diarizer = diarizer
        self._clock = clock
        self.took_s: float | None = None

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
        self.took_s = None
        several = settings.speakers > 1
        diarizer = self._diarizer if settings.diarization != "off" else None
        asked = several or settings.diarization == "on"
        wanted = settings.speakers != 1 and transcript.segments
        if diarizer is None or not (asked or diarizer.ready()) or not wanted:
            return transcript.with_flag(NOT_SEPARATED) if several else transcript
        turns = self._turns(diarizer, audio, settings, report, check)
        return transcript.with_flag(FAILED) if turns is None else with_speakers(transcript, turns)

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
        self.took_s = None
        flags = tuple(flag for flag in transcript.flags if flag not in {FAILED, NOT_SEPARATED})
        plain = replace(transcript, flags=flags)
        if not transcript.segments:
            return plain
        if settings.speakers == 1:  # a person's word
            return with_speakers_anew(plain, [SpeakerTurn(0, transcript.duration_s, "SPEAKER_00")])
        if self._diarizer is None:
            return plain.with_flag(NOT_SEPARATED)
        turns = self._turns(self._diarizer, audio, settings, report, check)
        return plain.with_flag(FAILED) if turns is None else with_speakers_anew(plain, turns)

    def _turns(
        self,
        diarizer: Diarizer,
        audio: Audio,
        settings: TranscribeSettings,
        report: StageReport,
        check: Callable[[], None],
    ) -> tuple[SpeakerTurn, ...] | None:
        report("diarize", 0.0, None)
        began = self._clock()
        try:
            found = diarizer.diarize(audio, speakers=settings.speakers, check=check)
        except DiarizationFailed as error:
            log.warning("diarization failed", extra={"code": error.code, "reason": error.message})
            return None
        self.took_s = self._clock() - began
        return found.turns
