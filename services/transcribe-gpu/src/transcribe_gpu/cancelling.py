"""A person calls a recognition off: the episode ends failed, and whoever works on it stops.

The event that says so has the id that the run's own failure would have: it is kept once, and a
replay from AudioUploaded, which is a new run, recognises after all.
"""

from typing import Final

from everyword_events import (
    AudioUploaded,
    Conflict,
    EventLog,
    NotFound,
    TranscriptionFailed,
    TranscriptReady,
)
from transcribe_gpu.contract import CONTRACT

CANCELLED: Final = "cancelled"


class Cancellations:
    """Calls recognitions off, and knows which were, by the event log alone."""

    def __init__(self, log: EventLog) -> None:
        self._log = log

    def cancel(self, episode_id: str) -> str:
        """Call off the recognition that the episode waits for; return its run.

        Raises:
            NotFound: there is no such episode, or nothing was to be recognised of it.
            Conflict: nothing of it is waiting or under way (code `nothing_to_cancel`).
        """
        events = [recorded.event for recorded in self._log.of_episode(episode_id)]
        uploads = [event for event in events if isinstance(event.data, AudioUploaded)]
        if not uploads:
            raise NotFound(
                f"there is nothing to call off: episode {episode_id} is not being recognised",
                hint="`everyword status` says how far it is",
                code="audio_missing",
            )
        newest = max(uploads, key=lambda event: event.meta.run_id)
        run_id = newest.meta.run_id
        ended = any(
            isinstance(event.data, TranscriptReady | TranscriptionFailed)
            and event.meta.run_id == run_id
            for event in events
        )
        if ended:
            raise Conflict(
                f"no recognition of episode {episode_id} is waiting or under way",
                hint="everyword status shows where it is",
                code="nothing_to_cancel",
            )
        called_off = TranscriptionFailed(
            code=CANCELLED,
            message="the recognition was called off",
            hint=f"everyword replay {episode_id} --from AudioUploaded starts it again",
        )
        self._log.append([newest.causes(CONTRACT.service, called_off)])
        return run_id

    def is_cancelled(self, episode_id: str, run_id: str) -> bool:
        """Tell whether the run was called off."""
        return any(
            isinstance(recorded.event.data, TranscriptionFailed)
            and recorded.event.data.code == CANCELLED
            and recorded.event.meta.run_id == run_id
            for recorded in self._log.of_episode(episode_id)
        )
