"""Ingest's replay port over the event log."""

import contextlib
import time
from collections.abc import Sequence

from everyword_events import EventLog, NotFound, ServiceContract
from everyword_events.replay import Replayer
from ingest.ports import ReplayJob


class LogReplay:
    """Publishes the newest event of a type of each requested episode again, as a new run."""

    def __init__(self, log: EventLog, contracts: Sequence[ServiceContract]) -> None:
        self._replayer = Replayer(log, contracts)

    def __call__(self, job: ReplayJob) -> Sequence[str]:
        """Replay as requested; return the ids of the episodes that had such an event."""
        pause_s = 1 / job.rate_per_s if job.rate_per_s else 0.0
        done = []
        for episode_id in job.episode_ids:
            with contextlib.suppress(NotFound):  # removed meanwhile, or it never came so far
                self._replayer.episode(
                    episode_id, start=job.event_type, only=job.only, reason=job.reason
                )
                done.append(episode_id)
                time.sleep(pause_s)
        return done
