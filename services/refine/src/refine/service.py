"""Use cases: refine what is ready, take corrections, forget episodes that are gone."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from everyword_events import (
    BlobRef,
    EpisodeCreated,
    EpisodeRemoved,
    Event,
    EventLog,
    Misconfigured,
    SuggestedChapter,
    TranscriptEdited,
    TranscriptReady,
    TranscriptRefined,
    TransientFailure,
    VoiceForgotten,
)
from everyword_storage import BlobStore, artifact_key, done_once, episode_prefix
from everyword_transcripts import read_transcript, write_transcript
from refine.asking import ModelQuestions
from refine.chapter_step import ChapterStep
from refine.checkpoints import BlobReplyCheckpoints
from refine.config import LanguageModelSettings, RefineSettings
from refine.contract import CONTRACT
from refine.corrections import Corrections
from refine.domain.edits import Edit
from refine.domain.report import write_report
from refine.domain.speakers import RECOGNISED
from refine.domain.voices import SpeakerMatch
from refine.model_step import ModelStep
from refine.pipeline import RefineInputs, run_steps
from refine.ports import EpisodeHistory, KnownSpeakers, LanguageModel
from refine.run_choice import run_for
from refine.show_names import ShowNames

REFINED = "refine/transcript.json"
REPORT = "refine/report.json"
_JSON = "application/json"

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Job:
    """What to refine: the transcript that is ready, for which run, with which corrections."""

    ready: TranscriptReady
    base_run_id: str
    episode_id: str
    run_id: str
    edits: tuple[Edit, ...]


class RefineService:
    """Refines transcripts as their events arrive; `settings_for` gives a show's settings.

    Without a `history` there are no corrections, without `models` no language model is asked.
    `consents` tells whether a show's speakers agreed to be known by their voices.
    """

    def __init__(
        self,
        blobs: BlobStore,
        settings_for: Callable[[str], RefineSettings],
        *,
        history: EpisodeHistory | None = None,
        log: EventLog | None = None,
        models: Callable[[LanguageModelSettings], LanguageModel | None] | None = None,
        known_speakers: KnownSpeakers | None = None,
        consents: Callable[[str], bool] = lambda _show: False,
    ) -> None:
        self._blobs = blobs
        self._settings_for = settings_for
        self._history = history
        self._log = log
        self._models = models
        self._known_speakers = known_speakers
        self._consents = consents

    def handle(self, event: Event) -> Sequence[Event]:
        """Refine on TranscriptReady and TranscriptEdited, delete on EpisodeRemoved.

        Duplicates cost nothing. An event of an episode that was removed leaves nothing behind.

        Raises:
            InvalidInput: the transcript is none, or a claim check does not hold.
            TransientFailure: the store is out of reach, or the transcript is not known yet.
            Misconfigured: the show's rules are not valid.
        """
        if isinstance(event.data, EpisodeRemoved):
            self.forget(event.meta.episode_id)
        if isinstance(event.data, VoiceForgotten) and self._known_speakers is not None:
            self._known_speakers.delete(event)
        if not isinstance(event.data, TranscriptReady | TranscriptEdited):
            return []
        return [self._refined(event, *self._base(event))]

    def forget(self, episode_id: str) -> None:
        """Delete what is held of a removed episode."""
        self._blobs.delete(episode_prefix(episode_id))

    @property
    def corrections(self) -> Corrections:
        """Return the use cases of people's corrections.

        Raises:
            Misconfigured: there is no history or no log.
        """
        if self._history is None or self._log is None:
            raise Misconfigured("corrections need a history and a log")
        return Corrections(
            self._blobs,
            self._history,
            self._log,
            known_speakers=self._known_speakers,
            consents=self._consents,
        )

    def _base(self, event: Event) -> tuple[TranscriptReady, str]:
        """Return the transcript to start from, and its run."""
        if isinstance(event.data, TranscriptReady):
            return event.data, event.meta.run_id
        if self._history is None:
            raise Misconfigured("corrections need a history")
        newest = self._history.newest(event.meta.episode_id, TranscriptReady)
        if newest is None or not isinstance(newest.data, TranscriptReady):
            raise TransientFailure(
                "the transcript that was corrected is not known yet", code="transcript_unknown"
            )
        return newest.data, newest.meta.run_id

    def _refined(self, event: Event, ready: TranscriptReady, base_run_id: str) -> Event:
        meta = event.meta
        run_id = run_for(event, self._history, self._blobs)
        job = _Job(ready, base_run_id, meta.episode_id, run_id, self._edits(event))
        data = done_once(
            self._blobs,
            TranscriptRefined,
            lambda: self._work(job),
            episode_id=meta.episode_id,
            run_id=run_id,
            step="refine",
        )
        caused = event.causes(CONTRACT.service, data)
        return caused.model_copy(update={"meta": caused.meta.model_copy(update={"run_id": run_id})})

    def _edits(self, event: Event) -> tuple[Edit, ...]:
        """Return every correction there is, the one at hand too if the log lags behind."""
        if self._history is None:
            return ()
        events = list(self._history.edits(event.meta.episode_id))
        at_hand = isinstance(event.data, TranscriptEdited) and event.meta.replay is None
        if at_hand and all(event.meta.event_id != other.meta.event_id for other in events):
            events.append(event)
        return tuple(
            Edit(other.meta.event_id, other.data)
            for other in events
            if isinstance(other.data, TranscriptEdited)
        )

    def _work(self, job: _Job) -> TranscriptRefined:
        started = time.perf_counter()
        ready = job.ready
        source = read_transcript(self._blobs.get(ready.transcript))
        source = replace(source, episode_id=job.episode_id, run_id=job.run_id)
        read_s = time.perf_counter() - started
        settings = self._settings_for(ready.episode.show)
        questions = self._questions(settings, job)
        inputs = RefineInputs(
            show=ready.episode.show,
            model=None if questions is None else ModelStep(questions, settings),
            chapters=self._chapter_step(questions, settings, job.episode_id),
            voices=self._recognised(job),
            edits=job.edits,
            renames=self._renames(ready.episode.show, job.edits),
        )
        refined, report = run_steps(source, settings, inputs)
        if report.degraded:
            fields = {
                "action": "degraded",
                "episode_id": job.episode_id,
                "run_id": job.run_id,
                "reason": report.degraded,
            }
            logger.warning("refined without all that was asked for", extra=fields)
        started = time.perf_counter()
        transcript_ref = self._put(job, REFINED, write_transcript(refined))
        write_s = time.perf_counter() - started
        steps_s = {"read": read_s, **report.steps_s, "write": write_s}
        report = replace(report, base_run_id=job.base_run_id, steps_s=steps_s)
        return TranscriptRefined(
            episode=ready.episode,
            transcript=transcript_ref,
            report=self._put(job, REPORT, write_report(report)),
            audio=ready.audio,
            language=refined.language,
            duration_s=refined.duration_s,
            words=refined.n_words(),
            speakers=tuple(speaker.name or speaker.label for speaker in refined.speakers),
            recognised=tuple(
                flag.removeprefix(RECOGNISED)
                for flag in refined.flags
                if flag.startswith(RECOGNISED)
            ),
            rules_applied=sum(report.rules.values()),
            suggestions_accepted=report.accepted(),
            suggestions_rejected=report.rejected(),
            degraded=report.degraded,
            tokens=report.tokens_in + report.tokens_out,
            cost_usd=report.cost_usd,
            timings_s=report.steps_s,
            chapters=tuple(
                SuggestedChapter(start=each.start, title=each.title) for each in report.chapters
            ),
        )

    def _recognised(self, job: _Job) -> Sequence[SpeakerMatch]:
        show, voices = job.ready.episode.show, job.ready.voices
        if self._known_speakers is None or not voices or not self._consents(show):
            return ()
        return self._known_speakers.match(show, job.episode_id, voices)

    def _renames(self, show: str, edits: Sequence[Edit]) -> Sequence[tuple[str, str]]:
        return (
            () if self._history is None else ShowNames(self._blobs, self._history).of(show, edits)
        )

    def _chapter_step(
        self, questions: ModelQuestions | None, settings: RefineSettings, episode_id: str
    ) -> ChapterStep | None:
        """Return the step, unless nobody can be asked, is to be, or the creator gave chapters."""
        if questions is None or not settings.model.chapters:
            return None
        created = self._history and self._history.newest(episode_id, EpisodeCreated)
        data = created.data if created else None
        origin = data.origin if isinstance(data, EpisodeCreated) else None
        given = origin is not None and origin.chapters is not None
        return None if given else ChapterStep(questions, settings)

    def _questions(self, settings: RefineSettings, job: _Job) -> ModelQuestions | None:
        model = self._models(settings.model) if self._models is not None else None
        if model is None:
            return None
        checkpoints = BlobReplyCheckpoints(self._blobs, job.episode_id, job.run_id)
        return ModelQuestions(model, settings.model, checkpoints, run_id=job.run_id)

    def _put(self, job: _Job, name: str, body: bytes) -> BlobRef:
        key = artifact_key(job.episode_id, job.run_id, name)
        return self._blobs.put(key, body, media_type=_JSON)
