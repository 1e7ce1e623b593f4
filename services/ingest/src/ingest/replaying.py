"""Ingest's replay port: one episode at once, many in the background."""

import contextlib

from everyword_events import NotFound
from everyword_events.replay import Replayer
from everyword_events.replay_jobs import ReplayJobs, ReplayRequest
from ingest.ports import ReplayJob, ReplayTaken


class LogReplay:
    """Appends the newest event of a type of each requested episode again, as a new run."""

    def __init__(self, replayer: Replayer, replays: ReplayJobs) -> None:
        self._replayer = replayer
        self._replays = replays

    def __call__(self, job: ReplayJob) -> ReplayTaken:
        """Replay one episode now; keep many to be done. Return which episodes were taken.

        Raises:
            InvalidInput: an unknown type of event, or one that nobody asked for takes.
        """
        ids = list(job.episode_ids)
        if len(ids) == 1:
            with contextlib.suppress(NotFound):  # it never came so far
                self._replayer.episode(
                    ids[0],
                    start=job.event_type,
                    only=job.only,
                    reason=job.reason,
                    speakers=job.speakers,
                )
                return ReplayTaken(ids)
            return ReplayTaken([])
        self._replayer.check(job.event_type, job.only)
        request = ReplayRequest(
            job.event_type, tuple(job.only), job.reason, job.show, job.rate_per_s, job.speakers
        )
        if not ids:
            return ReplayTaken([])
        return ReplayTaken(ids, self._replays.start(request, ids).replay_id)
