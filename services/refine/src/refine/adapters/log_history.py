"""An episode's history, read from the event log."""

from collections.abc import Sequence

from everyword_events import Event, EventData, EventLog, TranscriptEdited


class LogHistory:
    """Answers `EpisodeHistory` from the event log; an episode's events are few."""

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
