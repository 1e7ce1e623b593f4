"""An episode's history, read from the event log."""

from collections.abc import Sequence

from everyword_events import (
    EpisodeRemoved,
    Event,
    EventData,
    EventLog,
    TranscriptEdited,
    TranscriptReady,
    TranscriptRefined,
    VoiceForgotten,
)


class LogHistory:
    """Answers `EpisodeHistory` and `VoiceHistory` from the log; an episode's events are few."""

    def __init__(self, log: EventLog) -> None:
        self._log = log

    def newest(self, episode_id: str, kind: type[EventData]) -> Event | None:
        """Return the event of `kind` with the newest run, or None."""
        events = [
            recorded.event
            for recorded in self._log.of_episode(episode_id)
            if isinstance(recorded.event.data, kind)
        ]
        return max(events, key=lambda event: event.meta.run_id, default=None)

    def edits(self, episode_id: str) -> Sequence[Event]:
        """Return every TranscriptEdited in the order of the log, replays left out."""
        return [
            recorded.event
            for recorded in self._log.of_episode(episode_id)
            if isinstance(recorded.event.data, TranscriptEdited)
            and recorded.event.meta.replay is None
        ]

    def refinements(self, episode_id: str) -> Sequence[Event]:
        """Return every TranscriptRefined of the episode, by their runs, the oldest first."""
        return self._by_run(episode_id, TranscriptRefined)

    def ready(self, episode_id: str) -> Sequence[Event]:
        """Return every TranscriptReady of the episode, by their runs, the oldest first."""
        return self._by_run(episode_id, TranscriptReady)

    def forgotten(self, episode_id: str) -> frozenset[str]:
        """Return the ids of the edits that teach no voice any more."""
        return frozenset(
            edit
            for recorded in self._log.of_episode(episode_id)
            if isinstance(recorded.event.data, VoiceForgotten)
            for edit in recorded.event.data.edits
        )

    def with_voices(self) -> Sequence[str]:
        """Return the episodes that have voiceprints, as far as they were not all forgotten."""
        kept: dict[str, None] = {}
        for recorded in self._log.scan(types=("TranscriptReady", "VoiceForgotten")):
            data, episode_id = recorded.event.data, recorded.event.meta.episode_id
            if isinstance(data, TranscriptReady) and data.voices:
                kept[episode_id] = None
            elif isinstance(data, VoiceForgotten) and not data.name:
                kept.pop(episode_id, None)
        return list(kept)

    def _by_run(self, episode_id: str, kind: type[EventData]) -> Sequence[Event]:
        events = {
            recorded.event.meta.run_id: recorded.event
            for recorded in self._log.of_episode(episode_id)
            if isinstance(recorded.event.data, kind)
        }
        return [events[run_id] for run_id in sorted(events)]

    def of_show(self, show: str) -> Sequence[Event]:
        """Return the newest TranscriptRefined of each episode of a show that is not removed."""
        newest: dict[str, Event] = {}
        removed: set[str] = set()
        for recorded in self._log.scan(types=("TranscriptRefined", "EpisodeRemoved")):
            event, episode_id = recorded.event, recorded.event.meta.episode_id
            if isinstance(event.data, EpisodeRemoved):
                removed.add(episode_id)
            elif isinstance(event.data, TranscriptRefined) and event.data.episode.show == show:
                known = newest.get(episode_id)
                if known is None or known.meta.run_id < event.meta.run_id:
                    newest[episode_id] = event
        return [event for episode_id, event in newest.items() if episode_id not in removed]
