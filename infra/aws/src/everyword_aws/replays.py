"""Replays of many episodes, asynchronous: a job in a queue, worked off in slices at its rate.

The API looks up which episodes a replay concerns, and queues them in jobs of a bounded size; a
worker appends one episode's event after the other, and puts what is left of a job back into the
queue before its function's time ends. A job's slice that is delivered twice replays nothing twice:
each job has an id, which the replayed events' ids are derived from.
"""

import contextlib
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from everyword_aws.telemetry import logger
from everyword_events import InvalidInput, NotFound
from everyword_events.aws.errors import translated
from everyword_events.replay import Replayer
from ingest.ports import ReplayJob, ReplayTaken

MOST_IDS: Final = 2_000
"""Of 36 characters each: well under what one message carries."""
SLICE_S: Final = 600.0
"""After so long what is left goes back into the queue; the function may run 15 minutes."""
LONGEST_PAUSE_S: Final = 60.0


class Slice(BaseModel):
    """A part of a replay, as it lies in the queue."""

    request_id: str
    event_type: str
    episode_ids: list[str]
    only: list[str] = []
    reason: str = ""
    rate_per_s: float | None = None
    speakers: int | None = None


class QueuedReplay:
    """Ingest's `Replay` port: takes a job into the queue, and answers at once."""

    def __init__(self, client: Any, queue_url: str, replayer: Replayer) -> None:
        self._client = client
        self._queue_url = queue_url
        self._replayer = replayer

    def __call__(self, job: ReplayJob) -> ReplayTaken:
        """Replay one episode now; queue many. Return which episodes were taken."""
        if len(job.episode_ids) == 1:
            return ReplayTaken(list(_replayed(self._replayer, _slice(job, list(job.episode_ids)))))
        self._replayer.check(job.event_type, job.only)
        ids = list(job.episode_ids)
        for first in range(0, len(ids), MOST_IDS):
            put_back(self._client, self._queue_url, _slice(job, ids[first : first + MOST_IDS]))
        return ReplayTaken(ids)


class ReplayWorker:
    """Works off slices."""

    def __init__(
        self,
        client: Any,
        queue_url: str,
        replayer: Replayer,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._queue_url = queue_url
        self._replayer = replayer
        self._clock = clock
        self._sleep = sleep

    def work(self, body: str) -> int:
        """Replay a slice's episodes at its rate; return how many were.

        Raises:
            InvalidInput: the message is no slice.
        """
        try:
            job = Slice.model_validate_json(body)
        except ValidationError as error:
            raise InvalidInput(f"no replay: {error}", code="replay_invalid") from error
        pause_s = min(LONGEST_PAUSE_S, 1 / job.rate_per_s) if job.rate_per_s else 0.0
        until = self._clock() + SLICE_S
        done = 0
        for place, episode_id in enumerate(job.episode_ids):
            if self._clock() >= until:
                left = job.model_copy(update={"episode_ids": job.episode_ids[place:]})
                put_back(self._client, self._queue_url, left)
                break
            one = job.model_copy(update={"episode_ids": [episode_id]})
            done += len(list(_replayed(self._replayer, one)))
            self._sleep(pause_s)
        logger.info("replayed", extra={"action": "replayed", "episodes": done})
        return done


def put_back(client: Any, queue_url: str, job: Slice) -> None:
    """Queue a slice."""
    with translated("queue a replay"):
        client.send_message(QueueUrl=queue_url, MessageBody=job.model_dump_json())


def _slice(job: ReplayJob, ids: list[str]) -> Slice:
    return Slice(
        request_id=str(uuid.uuid4()),
        event_type=job.event_type,
        episode_ids=ids,
        only=list(job.only),
        reason=job.reason,
        rate_per_s=job.rate_per_s,
        speakers=job.speakers,
    )


def _replayed(replayer: Replayer, job: Slice) -> Iterator[str]:
    for episode_id in job.episode_ids:
        with contextlib.suppress(NotFound):  # removed meanwhile, or it never came so far
            replayer.episode(
                episode_id,
                start=job.event_type,
                only=job.only,
                reason=job.reason,
                request_id=job.request_id,
                speakers=job.speakers,
            )
            yield episode_id
