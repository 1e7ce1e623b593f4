"""The use cases: audio becomes a transcript; a removed episode leaves nothing behind."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from functools import partial
from hashlib import sha256
from typing import BinaryIO, Final

from everyword_events import (
    AudioUploaded,
    BlobRef,
    EngineInfo,
    EpisodeRemoved,
    Event,
    Interrupted,
    InvalidInput,
    Misconfigured,
    TranscriptionFailed,
    TranscriptQuality,
    TranscriptReady,
)
from everyword_storage import BlobStore, artifact_key, done_once, episode_prefix
from everyword_transcripts import (
    Transcript,
    Voiceprint,
    read_transcript,
    voiceprint_name,
    write_transcript,
    write_voiceprint,
)
from transcribe_gpu.checkpoints import BlobCheckpoints, forget_checkpoints
from transcribe_gpu.config import TranscribeSettings
from transcribe_gpu.contract import CONTRACT
from transcribe_gpu.domain import Quality
from transcribe_gpu.errors import CalledOff, EngineUnavailable
from transcribe_gpu.ports import Audio, ProgressSink
from transcribe_gpu.recognition import Recogniser, Recognition
from transcribe_gpu.selection import ENGINE_UNKNOWN

log = logging.getLogger(__name__)

CANCEL_POLL_S: Final = 2.0


class TranscribeService:
    """Handles this service's events, one at a time.

    `settings_for` gives a show's settings; `stopping` is asked often during a job, and ends it
    with `Interrupted` when it says yes. `keeps_voices` tells that what is kept of voices can be
    deleted again here; a show's consent is asked besides.
    """

    def __init__(
        self,
        blobs: BlobStore,
        recogniser: Recogniser,
        *,
        open_audio: Callable[[BinaryIO], Audio],
        settings_for: Callable[[str], TranscribeSettings],
        progress: ProgressSink,
        stopping: Callable[[], bool] = lambda: False,
        cancelled: Callable[[str, str], bool] = lambda _episode, _run: False,
        keeps_voices: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._blobs = blobs
        self._keeps_voices = keeps_voices
        self._recogniser = recogniser
        self._open_audio = open_audio
        self._settings_for = settings_for
        self._progress = progress
        self._stopping = stopping
        self._cancelled = cancelled
        self._clock = clock

    def handle(self, event: Event) -> Sequence[Event]:
        """Answer AudioUploaded with TranscriptReady or TranscriptionFailed, EpisodeRemoved not.

        Input that can never work is a fact about the episode, so it is published as
        TranscriptionFailed and acknowledged; only what may pass by itself is raised.

        Raises:
            TransientFailure: the blob store did not answer, or the process is stopping.
            EngineUnavailable: what the settings ask for cannot run here; the job is unharmed.
            BrokenHost: this process can recognise nothing any more; the job is unharmed.
        """
        match event.data:
            case AudioUploaded() as uploaded:
                try:
                    return [event.causes(CONTRACT.service, self._outcome(event, uploaded))]
                except CalledOff:
                    log.info("called off", extra={"episode_id": event.meta.episode_id})
            case EpisodeRemoved():
                self.forget(event.meta.episode_id)
        return []

    def _outcome(
        self, event: Event, uploaded: AudioUploaded
    ) -> TranscriptReady | TranscriptionFailed:
        episode_id, run_id = event.meta.episode_id, event.meta.run_id
        try:
            return done_once(
                self._blobs,
                TranscriptReady,
                lambda: self._transcribe(event, uploaded),
                episode_id=episode_id,
                run_id=run_id,
                step=CONTRACT.service,
            )
        except (InvalidInput, EngineUnavailable) as error:
            if isinstance(error, EngineUnavailable) and not _wishes(uploaded):
                raise  # it is no fault of this job: all others would fail as well
            if error.code == ENGINE_UNKNOWN and not uploaded.hints.engine:
                raise Misconfigured(error.message, hint=error.hint, code=error.code) from error
            log.warning(
                "transcription failed",
                extra={"episode_id": episode_id, "run_id": run_id, "code": error.code},
            )
            return TranscriptionFailed(
                code=error.code,
                message=error.message,
                hint=error.hint,
                retryable=isinstance(error, EngineUnavailable),
            )
        finally:
            self._progress.clear(episode_id=episode_id)

    def _transcribe(self, event: Event, uploaded: AudioUploaded) -> TranscriptReady:
        episode_id, run_id = event.meta.episode_id, event.meta.run_id
        settings = self._settings_for(uploaded.episode.show).with_hints(uploaded.hints)

        check = self._checker(episode_id, run_id)

        def report(stage: str, fraction: float, eta_s: float | None) -> None:
            check()
            self._progress.report(
                episode_id=episode_id, run_id=run_id, stage=stage, fraction=fraction, eta_s=eta_s
            )

        report("transcribe" if uploaded.words_of is None else "diarize", 0.0, None)
        began = time.monotonic()
        with self._blobs.open(uploaded.audio) as source:
            audio = self._open_audio(source)
            if uploaded.words_of is None:
                done = self._recogniser.run(
                    audio,
                    settings,
                    report=report,
                    announce=lambda line: log.info("engine chosen", extra={"engine": line}),
                    check=check,
                    checkpoints=partial(BlobCheckpoints, self._blobs, episode_id, run_id),
                    voices=self._keeps_voices and settings.known_voices,
                )
            else:
                words = read_transcript(self._blobs.get(uploaded.words_of))
                done = self._recogniser.diarize_again(
                    words, audio, settings, report=report, check=check
                )
        took_s = time.monotonic() - began
        self._checker(episode_id, run_id)()
        transcript = replace(done.transcript, episode_id=episode_id, run_id=run_id)
        quality = done.quality
        voices: dict[str, BlobRef] = {}
        written = write_transcript(transcript)
        ref = self._blobs.put(
            artifact_key(episode_id, run_id, "transcribe-gpu/transcript.json"),
            written,
            media_type="application/json",
        )
        if ref.sha256 != sha256(written).hexdigest():  # another worker was first: its words count
            transcript = read_transcript(self._blobs.get(ref))
            quality = Quality.of(transcript)
        elif self._keeps_voices and settings.known_voices:
            voices = self._kept_voices(done, transcript)
        forget_checkpoints(self._blobs, episode_id, run_id)
        engine = transcript.engine
        return TranscriptReady(
            episode=uploaded.episode,
            transcript=ref,
            audio=uploaded.audio,
            language=transcript.language,
            duration_s=transcript.duration_s,
            words=transcript.n_words(),
            engine=EngineInfo(name=engine.name, model=engine.model, device=engine.device),
            timings_s=done.timings_s,
            flags=transcript.flags,
            cost_usd=settings.cost_usd(engine.device, took_s),
            quality=TranscriptQuality(**asdict(quality)),
            voices=voices,
        )

    def _kept_voices(self, done: Recognition, transcript: Transcript) -> dict[str, BlobRef]:
        """Keep the voiceprints of those who speak in the transcript, one by one."""
        found = done.diarization
        if found is None:
            return {}
        spoken = {speaker.label for speaker in transcript.speakers}
        kept: dict[str, BlobRef] = {}
        for voice in found.voices:
            if voice.speaker in spoken:
                name = voiceprint_name(voice.speaker)
                voiceprint = Voiceprint(
                    model=found.voice_model, embedding=voice.embedding, speech_s=voice.speech_s
                )
                kept[voice.speaker] = self._blobs.put(
                    artifact_key(transcript.episode_id or "", transcript.run_id or "", name),
                    write_voiceprint(voiceprint),
                    media_type="application/json",
                )
        return kept

    def _checker(self, episode_id: str, run_id: str) -> Callable[[], None]:
        """Return what ends the job when the worker stops or a person calls the job off."""
        asked_at = float("-inf")

        def check() -> None:
            nonlocal asked_at
            self._check()
            if self._clock() - asked_at >= CANCEL_POLL_S:
                asked_at = self._clock()
                if self._cancelled(episode_id, run_id):
                    forget_checkpoints(self._blobs, episode_id, run_id)
                    raise CalledOff("a person called the recognition off")

        return check

    def _check(self) -> None:
        if self._stopping():
            raise Interrupted("the worker is stopping", hint="the job goes on by itself")

    def forget(self, episode_id: str) -> None:
        """Delete what a job that was running when the episode was removed wrote after that."""
        self._blobs.delete(episode_prefix(episode_id))
        self._progress.clear(episode_id=episode_id)


def _wishes(uploaded: AudioUploaded) -> bool:
    """Tell whether the job itself asks for an engine, a model or a language."""
    hints = uploaded.hints
    return bool(hints.engine or hints.model or hints.language)
