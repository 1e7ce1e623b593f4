"""Use cases: refine a transcript that is ready, forget an episode that is gone."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from everyword_events import BlobRef, EpisodeRemoved, Event, TranscriptReady, TranscriptRefined
from everyword_storage import BlobStore, artifact_key, done_once, episode_prefix
from everyword_transcripts import read_transcript, write_transcript
from refine.config import RefineSettings
from refine.contract import CONTRACT
from refine.domain.report import write_report
from refine.pipeline import run_steps

REFINED = "refined.json"
REPORT = "refine-report.json"
_JSON = "application/json"


class RefineService:
    """Refines transcripts as their events arrive; `settings_for` gives a show's settings."""

    def __init__(self, blobs: BlobStore, settings_for: Callable[[str], RefineSettings]) -> None:
        self._blobs = blobs
        self._settings_for = settings_for

    def handle(self, event: Event) -> Sequence[Event]:
        """Refine on TranscriptReady, delete on EpisodeRemoved; duplicates cost nothing.

        Raises:
            InvalidInput: the transcript is none, or a claim check does not hold.
            TransientFailure: the store is out of reach.
            Misconfigured: the show's rules are not valid.
        """
        match event.data:
            case TranscriptReady() as ready:
                return [self._refine(event, ready)]
            case EpisodeRemoved():
                self._blobs.delete(episode_prefix(event.meta.episode_id))
        return []

    def _refine(self, event: Event, ready: TranscriptReady) -> Event:
        meta = event.meta
        refined = done_once(
            self._blobs,
            TranscriptRefined,
            lambda: self._work(ready, meta.episode_id, meta.run_id),
            episode_id=meta.episode_id,
            run_id=meta.run_id,
            step="refine",
        )
        return event.causes(CONTRACT.service, refined)

    def _work(self, ready: TranscriptReady, episode_id: str, run_id: str) -> TranscriptRefined:
        started = time.perf_counter()
        source = read_transcript(self._blobs.get(ready.transcript))
        source = replace(source, episode_id=episode_id, run_id=run_id)
        read_s = time.perf_counter() - started
        refined, report = run_steps(source, self._settings_for(ready.episode.show))
        started = time.perf_counter()
        transcript_ref = self._put(episode_id, run_id, REFINED, write_transcript(refined))
        write_s = time.perf_counter() - started
        report = replace(report, steps_s={"read": read_s, **report.steps_s, "write": write_s})
        return TranscriptRefined(
            episode=ready.episode,
            transcript=transcript_ref,
            report=self._put(episode_id, run_id, REPORT, write_report(report)),
            audio=ready.audio,
            language=refined.language,
            duration_s=refined.duration_s,
            words=refined.n_words(),
            speakers=tuple(speaker.name or speaker.label for speaker in refined.speakers),
            rules_applied=sum(report.rules.values()),
            degraded=report.degraded,
            timings_s=report.steps_s,
        )

    def _put(self, episode_id: str, run_id: str, name: str, body: bytes) -> BlobRef:
        return self._blobs.put(artifact_key(episode_id, run_id, name), body, media_type=_JSON)
