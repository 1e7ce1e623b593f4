"""A person's corrections: recorded as events, undone, and shown with what became of them."""

from collections.abc import Callable, Sequence

from everyword_events import (
    BlobRef,
    Conflict,
    EpisodeRemoved,
    Event,
    EventLog,
    NotFound,
    TranscriptEdited,
    TranscriptRefined,
    next_run_id,
)
from everyword_storage import BlobStore
from everyword_transcripts import Transcript, read_transcript
from refine.contract import CONTRACT
from refine.domain.edit_history import EditEntry, RunEntry, edit_entries, run_entry
from refine.domain.edits import Edit, undone
from refine.domain.report import RefineReport, read_report
from refine.domain.run_diff import TextChange, text_changes
from refine.editing import Correction, recorded, renamed
from refine.ports import EpisodeHistory, KnownSpeakers
from refine.show_names import ShowNames


class Corrections:
    """Takes corrections and tells their history; each one starts a new run of refinement."""

    def __init__(
        self,
        blobs: BlobStore,
        history: EpisodeHistory,
        log: EventLog,
        *,
        known_speakers: KnownSpeakers | None = None,
        consents: Callable[[str], bool] = lambda _show: False,
    ) -> None:
        self._known_speakers = known_speakers
        self._consents = consents
        self._blobs = blobs
        self._history = history
        self._log = log

    def correct(
        self, episode_id: str, correction: Correction, *, edited_by: str = ""
    ) -> Sequence[Event]:
        """Record a correction; the first event is this episode's, others are of its show.

        Raises:
            NotFound: no such episode, or nothing refined yet, or no such segment or label.
            Conflict: the transcript or the segment's text is not what the person saw.
        """
        current = self._current(episode_id)
        if correction.run_id not in {None, current.meta.run_id}:
            raise Conflict(
                "there is a newer transcript by now",
                hint="read the transcript again",
                code="edit_outdated",
            )
        transcript = self._transcript(current)
        data = recorded(correction, transcript, edited_by=edited_by)
        show = _show(current) if correction.for_show else ""
        if not show:
            event = self._event(episode_id, data)
            self._log.append([event])
            self._teach(current, event)
            return [event]
        was = transcript.speaker_name(correction.label or "") or correction.label or ""
        data = data.model_copy(update={"was": was, "for_show": show})
        event = self._event(episode_id, data)
        self._log.append([event])
        self._teach(current, event)
        ShowNames(self._blobs, self._history).remember(show, event)
        others = self._renamed_elsewhere(current, data)
        self._log.append(others)
        return [event, *others]

    def undo(self, episode_id: str, event_id: str, *, edited_by: str = "") -> Event:
        """Record that an edit holds no longer; of an undoing, that the edit holds again.

        Raises:
            NotFound: no such episode, or no such edit of it.
        """
        self._current(episode_id)
        edits = self._history.edits(episode_id)
        if all(edit.meta.event_id != event_id for edit in edits):
            raise NotFound("no such edit of that episode", code="edit_missing")
        already = undone(_edits(edits)).get(event_id)
        if already is not None:
            return next(edit for edit in edits if edit.meta.event_id == already)
        event = self._event(episode_id, TranscriptEdited(undoes=event_id, edited_by=edited_by))
        self._log.append([event])
        return event

    def history(self, episode_id: str) -> tuple[list[RunEntry], list[EditEntry]]:
        """Return the episode's runs, the newest first, and its edits in the order they were made.

        Raises:
            NotFound: nothing of it was refined yet.
        """
        self._current(episode_id)
        runs = [
            run_entry(event, self._report(event)) for event in self._history.refinements(episode_id)
        ]
        newest = self._report(self._current(episode_id))
        return runs[::-1], edit_entries(self._history.edits(episode_id), newest)

    def difference(self, episode_id: str, old_run: str, new_run: str) -> list[TextChange]:
        """Return how the words of one run differ from another's.

        Raises:
            NotFound: no such episode or run.
        """
        self._current(episode_id)
        runs = {event.meta.run_id: event for event in self._history.refinements(episode_id)}
        missing = [run for run in (old_run, new_run) if run not in runs]
        if missing:
            raise NotFound(f"no run {missing[0]} of that episode", code="run_missing")
        return text_changes(self._transcript(runs[old_run]), self._transcript(runs[new_run]))

    def report(self, episode_id: str) -> RefineReport:
        """Return the report of the episode's newest refinement.

        Raises:
            NotFound: nothing of it was refined yet.
        """
        report = self._report(self._current(episode_id))
        if report is None:
            raise NotFound("no refined transcript of that episode", code="episode_missing")
        return report

    def _teach(self, current: Event, event: Event) -> None:
        """Let a voice be known by the name that a person gave its label, where the show consents.

        Noted after the event: an edit that is not in the log teaches nothing.
        """
        show = _show(current)
        named = isinstance(event.data, TranscriptEdited) and event.data.label is not None
        if named and self._known_speakers is not None and self._consents(show):
            self._known_speakers.remember(show, event)

    def _renamed_elsewhere(self, current: Event, edit: TranscriptEdited) -> list[Event]:
        return [
            self._event(other.meta.episode_id, data)
            for other in self._history.of_show(edit.for_show)
            if other.meta.episode_id != current.meta.episode_id
            for data in renamed(self._transcript(other), edit)
        ]

    def _current(self, episode_id: str) -> Event:
        current = self._history.newest(episode_id, TranscriptRefined)
        if current is None or self._history.newest(episode_id, EpisodeRemoved):
            raise NotFound("no transcript of that episode", code="episode_missing")
        return current

    def _event(self, episode_id: str, data: TranscriptEdited) -> Event:
        run_id = next_run_id(self._log, episode_id)
        return Event.first(CONTRACT.service, data, episode_id=episode_id, run_id=run_id)

    def _transcript(self, event: Event) -> Transcript:
        assert isinstance(event.data, TranscriptRefined)
        return read_transcript(self._blobs.get(event.data.transcript))

    def _report(self, event: Event) -> RefineReport | None:
        ref: BlobRef | None = getattr(event.data, "report", None)
        return None if ref is None else read_report(self._blobs.get(ref))


def _show(refined: Event) -> str:
    return refined.data.episode.show if isinstance(refined.data, TranscriptRefined) else ""


def _edits(events: Sequence[Event]) -> list[Edit]:
    return [
        Edit(event.meta.event_id, event.data)
        for event in events
        if isinstance(event.data, TranscriptEdited)
    ]
