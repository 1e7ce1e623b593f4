"""Retention: of finished episodes the audio, and what old runs made, is deleted in time.

The event comes first, then the files go: whoever is interrupted between the two is caught up with
when the event is delivered.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from everyword_events import (
    AudioRemoved,
    AudioUploaded,
    BlobRef,
    Event,
    EventData,
    EventLog,
    RunsRemoved,
    TranscriptReady,
    derived_event_id,
)
from everyword_events.replay import removed_audio
from everyword_storage import BlobStore, episode_prefix
from ingest.config import RetentionSettings
from ingest.contract import CONTRACT
from ingest.domain import EpisodeView
from ingest.episodes import Episodes
from ingest.ports import EpisodeCatalogue

REASON: Final = "retention"


@dataclass(frozen=True)
class Expired:
    """What of an episode is to be deleted."""

    episode: EpisodeView
    audio: tuple[BlobRef, ...] = ()
    runs: tuple[str, ...] = ()

    @property
    def audio_bytes(self) -> int:
        """How large the audio is."""
        return sum(ref.bytes for ref in self.audio)


class Retention:
    """Finds and deletes what is kept long enough, by each show's settings."""

    def __init__(
        self,
        *,
        log: EventLog,
        episodes: Episodes,
        catalogue: EpisodeCatalogue,
        blobs: BlobStore,
        settings_for: Callable[[str], RetentionSettings],
        clock: Callable[[], datetime],
    ) -> None:
        self._log = log
        self._episodes = episodes
        self._catalogue = catalogue
        self._blobs = blobs
        self._settings_for = settings_for
        self._clock = clock

    def expired(self) -> Iterator[Expired]:
        """Yield the finished episodes of which something is to be deleted, and what."""
        for episode_id in self._catalogue.ids(state="ready"):
            view = self._episodes.find(episode_id)
            if view is None or view.state != "ready":
                continue
            settings = self._settings_for(view.show)
            if not settings.deletes:
                continue
            events = [each.event for each in self._log.of_episode(episode_id)]
            audio = _old_audio(events, settings, self._clock())
            found = Expired(view, audio, _old_runs(events, settings))
            if found.audio or found.runs:
                yield found

    def apply(self, stopping: Callable[[], bool] = lambda: False) -> Sequence[Expired]:
        """Delete what is to be deleted; return what that was."""
        done = []
        for each in self.expired():
            if stopping():
                break
            if each.audio:
                addresses = [ref.uri for ref in each.audio]
                removed = AudioRemoved(audio=each.audio, reason=REASON)
                self._record(each.episode, removed, what=addresses)
            if each.runs:
                self._record(
                    each.episode, RunsRemoved(runs=each.runs, reason=REASON), what=each.runs
                )
            done.append(each)
        return done

    def delete(self, event: Event) -> None:
        """Delete the files that an event names; done twice, it is done once."""
        data, prefix = event.data, episode_prefix(event.meta.episode_id)
        if isinstance(data, AudioRemoved):
            for ref in data.audio:
                folder = ref.uri.rpartition(f"/{prefix}")[2].rpartition("/")[0]
                self._blobs.delete(f"{prefix}{folder}/")
        elif isinstance(data, RunsRemoved):
            for run_id in data.runs:
                self._blobs.delete(f"{prefix}{run_id}/")

    def _record(self, view: EpisodeView, data: EventData, *, what: Sequence[str]) -> None:
        kind, schema = data.event_type(), data.schema_version
        event = Event.first(
            CONTRACT.service,
            data,
            episode_id=view.episode_id,
            run_id=view.run_id,
            event_id=derived_event_id(view.episode_id, kind, schema, part=",".join(what)),
            occurred_at=self._clock(),
        )
        self._episodes.record(event)
        self.delete(event)


def _old_audio(
    events: Sequence[Event], settings: RetentionSettings, now: datetime
) -> tuple[BlobRef, ...]:
    """Return all audio that is still there, once the newest is old enough."""
    came_at: dict[BlobRef, datetime] = {}
    for event in events:
        if isinstance(event.data, AudioUploaded | TranscriptReady) and event.data.audio is not None:
            came_at.setdefault(event.data.audio, event.meta.occurred_at)
    gone = removed_audio(events)
    audio = sorted((ref for ref in came_at if ref.uri not in gone), key=lambda ref: ref.uri)
    if not settings.audio_days or not audio:
        return ()
    age = now - max(came_at.values())
    return tuple(audio) if age >= timedelta(days=settings.audio_days) else ()


def _old_runs(events: Sequence[Event], settings: RetentionSettings) -> tuple[str, ...]:
    """Return the runs with files beyond the newest ones, but for those that are in use.

    In use is whatever the newest event of a type refers to: a later run may have begun in the
    middle, with the transcript that an earlier one recognised. The first run, whose id is the
    episode's, stays as well: what came in lies there, chapters and imported transcripts.
    """
    if not settings.runs:
        return ()
    runs = {event.meta.run_id for event in events}
    newest: dict[str, Event] = {}
    for event in events:
        had = newest.get(event.type)
        if had is None or event.meta.run_id >= had.meta.run_id:
            newest[event.type] = event
    in_use = {events[0].meta.episode_id} | {
        run for event in newest.values() for run in _runs_referred_to(event, runs)
    }
    with_files = sorted({run for event in events for run in _runs_referred_to(event, runs)})
    gone = {run for e in events if isinstance(e.data, RunsRemoved) for run in e.data.runs}
    old = with_files[: -settings.runs]
    return tuple(run for run in old if run not in in_use | gone)


def _runs_referred_to(event: Event, runs: set[str]) -> Iterator[str]:
    """Yield the runs in whose folders files lie that an event names."""
    prefix = f"/{episode_prefix(event.meta.episode_id)}"
    for value in vars(event.data).values():
        for ref in value.values() if isinstance(value, dict) else (value,):
            if isinstance(ref, BlobRef):
                run = ref.uri.rpartition(prefix)[2].partition("/")[0]
                if run in runs:
                    yield run
