"""The worker's way in over HTTP: a machine elsewhere takes jobs and brings back what it made.

It needs outbound connections only. A delivery goes to the worker whole and comes back whole: the
server keeps nothing between two requests but its queue.
"""

import base64
import binascii
from collections.abc import Callable
from typing import Annotated, Any, Final

from fastapi import Query, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from everyword_events import (
    BlobRef,
    Delivery,
    Event,
    EventLog,
    Inbox,
    InvalidInput,
    parse_event,
)
from everyword_events.ports import AtomicInbox, Spends
from everyword_http import Router, needs
from everyword_storage import BlobStore, episode_prefix
from transcribe_gpu.cancelling import Cancellations
from transcribe_gpu.config import TranscribeSettings
from transcribe_gpu.contract import CONTRACT
from transcribe_gpu.ports import ProgressSink

LONGEST_WAIT_S: Final = 20.0
MOST_BYTES: Final = 8 * 2**20
_OWNED: Final = f"/{CONTRACT.service}"


class ReceiveRequest(BaseModel):
    """Asks for work; waits for it a little where there is none."""

    visibility_s: float = Field(gt=0, le=3600)
    wait_s: float = Field(default=0, ge=0, le=LONGEST_WAIT_S)


class DeliveryForm(BaseModel):
    """One job in a worker's hands."""

    model_config = ConfigDict(extra="forbid")

    event: dict[str, Any]
    attempt: int
    receipt: str = Field(max_length=200)
    retries: int = 0
    failing_since: AwareDatetime | None = None

    @classmethod
    def of(cls, delivery: Delivery) -> "DeliveryForm":
        """Write a delivery down."""
        return cls(
            event={"type": delivery.event.type, **delivery.event.to_wire()},
            attempt=delivery.attempt,
            receipt=delivery.receipt,
            retries=delivery.retries,
            failing_since=delivery.failing_since,
        )

    def delivery(self) -> Delivery:
        """Read it again."""
        return Delivery(
            parse_event(self.event),
            CONTRACT.service,
            self.attempt,
            self.receipt,
            self.retries,
            self.failing_since,
        )


class JobsReply(BaseModel):
    """What there is to do."""

    deliveries: list[DeliveryForm]


class ExtendRequest(BaseModel):
    """The heartbeat of a worker that is still at it."""

    delivery: DeliveryForm
    visibility_s: float = Field(gt=0, le=3600)


class CompleteRequest(BaseModel):
    """What the work ended in; the events are kept and the deliveries finished together."""

    deliveries: list[DeliveryForm] = Field(max_length=100)
    events: list[dict[str, Any]] = Field(max_length=100)


class ReturnRequest(BaseModel):
    """Gives a job back."""

    delivery: DeliveryForm
    delay_s: float = Field(ge=0, le=3600)
    spends: Spends = "attempt"


class DeadLetterRequest(BaseModel):
    """Gives a job up."""

    delivery: DeliveryForm
    code: str = Field(max_length=200)
    message: str = Field(max_length=4000)
    hint: str = Field(default="", max_length=4000)


class ProgressRequest(BaseModel):
    """How far a job is; without a stage it is over."""

    episode_id: str
    run_id: str = ""
    stage: str | None = None
    fraction: float = Field(default=0.0, ge=0, le=1)
    eta_s: float | None = None


class PutRequest(BaseModel):
    """Stores something the service made."""

    key: str = Field(max_length=512)
    media_type: str = Field(max_length=200)
    body_base64: str


class CancelledReply(BaseModel):
    """Whether a person called the run off."""

    cancelled: bool


class DeleteRequest(BaseModel):
    """Deletes what the service made under a prefix."""

    prefix: str = Field(max_length=512)


class DoneReply(BaseModel):
    """It is done."""

    ok: bool = True


class KeptReply(BaseModel):
    """What lies under a key."""

    blob: BlobRef | None


def worker_router(
    inbox: Inbox,
    log: EventLog,
    blobs: BlobStore,
    *,
    progress: ProgressSink,
    settings_for: Callable[[str], TranscribeSettings],
    cancellations: Cancellations,
) -> Router:
    """Return the routes of remote workers; each needs the scope `admin`."""
    router = Router(tags=["worker"], dependencies=[needs("admin")])

    @router.post("/v1/worker/deliveries:receive")
    def receive(asked: ReceiveRequest) -> JobsReply:
        found = inbox.receive(most=1, visibility_s=asked.visibility_s, wait_s=asked.wait_s)
        return JobsReply(deliveries=[DeliveryForm.of(each) for each in found])

    @router.post("/v1/worker/deliveries:extend")
    def extend(held: ExtendRequest) -> DoneReply:
        inbox.extend(held.delivery.delivery(), visibility_s=held.visibility_s)
        return DoneReply()

    @router.post("/v1/worker/deliveries:complete")
    def complete(done: CompleteRequest) -> DoneReply:
        events = [_own(parse_event(event)) for event in done.events]
        deliveries = [each.delivery() for each in done.deliveries]
        if isinstance(inbox, AtomicInbox):
            inbox.append_and_acknowledge(events, deliveries)
        else:
            log.append(events)
            inbox.acknowledge(deliveries)
        return DoneReply()

    @router.post("/v1/worker/deliveries:return")
    def give_back(held: ReturnRequest) -> DoneReply:
        inbox.give_back(held.delivery.delivery(), delay_s=held.delay_s, spends=held.spends)
        return DoneReply()

    @router.post("/v1/worker/deliveries:give-up")
    def give_up(held: DeadLetterRequest) -> DoneReply:
        inbox.dead_letter(
            held.delivery.delivery(), code=held.code, message=held.message, hint=held.hint
        )
        return DoneReply()

    _add_job_routes(router, progress, settings_for, cancellations)
    _add_blob_routes(router, blobs)
    return router


def _add_job_routes(
    router: Router,
    progress: ProgressSink,
    settings_for: Callable[[str], TranscribeSettings],
    cancellations: Cancellations,
) -> None:
    @router.post("/v1/worker/progress")
    def report(told: ProgressRequest) -> DoneReply:
        if told.stage is None:
            progress.clear(episode_id=told.episode_id)
        else:
            progress.report(
                episode_id=told.episode_id,
                run_id=told.run_id,
                stage=told.stage,
                fraction=told.fraction,
                eta_s=told.eta_s,
            )
        return DoneReply()

    @router.get("/v1/worker/settings")
    def settings(show: str = "") -> TranscribeSettings:
        return settings_for(show)

    @router.get("/v1/worker/cancelled")
    def is_cancelled(episode_id: str, run_id: str) -> CancelledReply:
        return CancelledReply(cancelled=cancellations.is_cancelled(episode_id, run_id))


def _add_blob_routes(router: Router, blobs: BlobStore) -> None:
    @router.get("/v1/worker/blobs", response_class=Response)
    def read(
        uri: Annotated[str, Query(max_length=2000)],
        sha256: Annotated[str, Query(pattern="^[0-9a-f]{64}$")],
        offset: Annotated[int, Query(ge=0, le=2**50)] = 0,
    ) -> Response:
        ref = BlobRef(uri=uri, sha256=sha256, bytes=0, media_type="application/octet-stream")
        with blobs.open(ref) as source:
            source.seek(offset)
            return Response(source.read(MOST_BYTES), media_type="application/octet-stream")

    @router.get("/v1/worker/blobs:stat")
    def stat(key: Annotated[str, Query(max_length=512)]) -> KeptReply:
        return KeptReply(blob=blobs.stat(key))

    @router.post("/v1/worker/blobs:put")
    def put(made: PutRequest) -> KeptReply:
        try:
            body = base64.b64decode(made.body_base64, validate=True)
        except (binascii.Error, ValueError) as error:
            raise InvalidInput("the body is no base64", code="request_invalid") from error
        return KeptReply(blob=blobs.put(_own_key(made.key), body, media_type=made.media_type))

    @router.post("/v1/worker/blobs:delete")
    def delete(made: DeleteRequest) -> DoneReply:
        blobs.delete(_own_key(made.prefix))
        return DoneReply()


def _own(event: Event) -> Event:
    if not isinstance(event.data, CONTRACT.emits):
        raise InvalidInput(f"a worker does not emit {event.type}", code="event_foreign")
    return event


def _own_key(key: str) -> str:
    """Return a key that this service may write.

    Raises:
        InvalidInput: it is another service's.
    """
    parts = key.split("/")
    if not key.startswith(episode_prefix(parts[1] if len(parts) > 1 else "")) or _OWNED not in key:
        raise InvalidInput(f"not this service's key: {key[:80]!r}", code="key_foreign")
    return key
