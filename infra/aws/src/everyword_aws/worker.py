"""The GPU worker: the same loop as everywhere, over the consumer's SQS queue.

It protects its task while it holds a job, leaves after so many empty polls, and on SIGTERM (a spot
notice, a deployment, scaling in) keeps a checkpoint, gives the job back unharmed and ends. What
runs it is told how it ended: see `leaving`.
"""

import json
import logging
import os
import sys
import threading
import urllib.request
from collections.abc import Mapping, Sequence
from typing import Final

from everyword_aws.blobs import ServiceBlobs
from everyword_aws.clients import client
from everyword_aws.environment import WorkerEnvironment
from everyword_aws.leaving import leave
from everyword_aws.measuring import measured
from everyword_aws.progress import DynamoProgress
from everyword_aws.settings import ShippedSettings
from everyword_aws.telemetry import log_libraries
from everyword_events import Delivery, EverywordError, Inbox
from everyword_events.aws.log import DynamoConsumerStates, DynamoEventLog
from everyword_events.aws.sqs import SqsInbox
from everyword_events.consumer.pause import PauseGate
from everyword_events.consumer.runner import ConsumerRunner
from everyword_events.ports import Spends
from everyword_events.removal import guarded
from everyword_storage import sweep_scratch
from transcribe_gpu.adapters.decoding import PyAvAudio
from transcribe_gpu.adapters.silero import voice_activity
from transcribe_gpu.adapters.spot_notice import stop_on_spot_notice
from transcribe_gpu.cancelling import Cancellations
from transcribe_gpu.config import SpeechModelSettings, TranscribeSettings
from transcribe_gpu.diarization.process import ProcessDiarizer
from transcribe_gpu.recognition import Recogniser
from transcribe_gpu.selection import EngineSelector
from transcribe_gpu.self_test import self_test
from transcribe_gpu.service import TranscribeService
from transcribe_gpu.standalone import known_sources, model_library
from transcribe_gpu.worker import JobsInHand, jobs_at_once, stop_on_signals

log = logging.getLogger(__name__)

POLL_S: Final = 20.0
VISIBILITY_S: Final = 300.0
PROTECTED_MIN: Final = 120
_AGENT: Final = "ECS_AGENT_URI"


class TaskProtection:
    """ECS's promise not to stop this task while workers become fewer; none where there is no ECS.

    It does not hold against a spot notice: the worker is ready for that at any time.
    """

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        self._agent = environ.get(_AGENT, "")

    def set(self, *, enabled: bool) -> None:
        """Ask for it, or give it back; refused, the job is merely less safe."""
        if not self._agent:
            return
        wanted = {"ProtectionEnabled": enabled}
        body = wanted | ({"ExpiresInMinutes": PROTECTED_MIN} if enabled else {})
        request = urllib.request.Request(  # noqa: S310 - the agent's own address
            f"{self._agent}/task-protection/v1/state",
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
            method="PUT",
        )
        try:
            with urllib.request.urlopen(request, timeout=5):  # noqa: S310
                pass
        except OSError as error:
            log.warning("task not protected", extra={"action": "protection", "reason": str(error)})


class WorkersInbox:
    """The queue as a worker on rented machines sees it."""

    def __init__(
        self, inbox: Inbox, stop: threading.Event, *, idle_polls: int, protection: TaskProtection
    ) -> None:
        self._inbox = inbox
        self._stop = stop
        self._idle_polls = idle_polls
        self._protection = protection
        self._jobs = JobsInHand()
        self.is_idle = False
        """Whether it stopped for want of work."""

    def receive(self, *, most: int, visibility_s: float, wait_s: float = 0) -> Sequence[Delivery]:
        """Take a job, protected; after so many polls without one, end the worker."""
        found = self._inbox.receive(most=most, visibility_s=visibility_s, wait_s=wait_s)
        if found:
            self._protection.set(enabled=True)
        self._jobs.polled(found)
        polls = self._jobs.empty_polls
        if polls >= self._idle_polls:
            log.info("nothing to do, leaving", extra={"action": "left", "polls": polls})
            self.is_idle = True
            self._stop.set()
        return found

    def extend(self, delivery: Delivery, *, visibility_s: float) -> None:
        """Keep the job."""
        self._inbox.extend(delivery, visibility_s=visibility_s)

    def acknowledge(self, deliveries: Sequence[Delivery]) -> None:
        """Finish jobs; after the last the task may be stopped again."""
        try:
            self._inbox.acknowledge(deliveries)
        finally:
            self._settled(deliveries)

    def give_back(self, delivery: Delivery, *, delay_s: float, spends: Spends = "attempt") -> None:
        """Return the job."""
        try:
            self._inbox.give_back(delivery, delay_s=delay_s, spends=spends)
        finally:
            self._settled([delivery])

    def dead_letter(self, delivery: Delivery, *, code: str, message: str, hint: str) -> None:
        """Give the job up."""
        try:
            self._inbox.dead_letter(delivery, code=code, message=message, hint=hint)
        finally:
            self._settled([delivery])

    def _settled(self, deliveries: Sequence[Delivery]) -> None:
        if self._jobs.settled(deliveries):
            self._protection.set(enabled=False)


def work(environment: WorkerEnvironment, stop: threading.Event, *, poll_s: float = POLL_S) -> bool:
    """Work on the queue until `stop` is set, or nothing came for so many polls: True says that."""
    event_log = DynamoEventLog(client("dynamodb"), environment.event_log)
    settings = ShippedSettings(TranscribeSettings, json.loads(environment.settings))
    name = environment.service
    inbox = SqsInbox(
        client("sqs"),
        environment.queue(name),
        name,
        dead_letter_url=environment.dead_letters(name),
        log=event_log,
    )
    shipped = SpeechModelSettings.model_validate_json(environment.models)
    models = model_library(shipped)
    service = TranscribeService(
        ServiceBlobs(client("s3"), environment.bucket),
        Recogniser(
            EngineSelector(known_sources(models), self_test=self_test),
            voice_activity(),
            diarizer=ProcessDiarizer(models),
        ),
        open_audio=PyAvAudio,
        settings_for=settings.for_show,
        progress=DynamoProgress(client("dynamodb"), environment.table),
        stopping=stop.is_set,
        cancelled=Cancellations(event_log).is_cancelled,
        keeps_voices=True,
    )
    idle_polls = int(environment.idle_polls)
    handler = measured(guarded(service.handle, event_log, service.forget), name)
    own = WorkersInbox(inbox, stop, idle_polls=idle_polls, protection=TaskProtection())
    gate = PauseGate(name, DynamoConsumerStates(client("dynamodb"), environment.event_log))
    ConsumerRunner(
        own,
        event_log,
        handler,
        batch=1,
        threads=jobs_at_once(shipped),
        visibility_s=VISIBILITY_S,
        wait_s=poll_s,
        gate=gate,
    ).run_forever(stop)
    return own.is_idle


def main() -> None:
    """Run the worker as the container's one process."""
    log_libraries()
    stop = threading.Event()
    stop_on_signals(stop)
    stop_on_spot_notice(stop)
    sweep_scratch()
    try:
        environment = WorkerEnvironment.read()
        idle = work(environment, stop)
        sys.exit(leave(environment.gpu, idle=idle, client=client))
    except EverywordError as error:
        hint = f" - {error.hint}" if error.hint else ""
        sys.exit(f"everyword: {error.message}{hint}")


if __name__ == "__main__":
    main()
