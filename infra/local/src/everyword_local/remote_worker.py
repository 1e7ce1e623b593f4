"""A worker on another machine: the ports of transcribe-gpu over an Everyword's HTTP API."""

import base64
import io
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, BinaryIO, Final, cast

from everyword_events import (
    BlobRef,
    Delivery,
    Event,
    EventLog,
    EverywordError,
    Interrupted,
    TransientFailure,
)
from everyword_events.ports import Spends
from everyword_local.client import Api
from everyword_storage import must_have_room, scratch_file
from transcribe_gpu.config import TranscribeSettings
from transcribe_gpu.worker import JobsInHand
from transcribe_gpu.worker_api import LONGEST_WAIT_S, MOST_BYTES, DeliveryForm

_SPOOL_BYTES: Final = 32 * 2**20


class RemoteInbox:
    """The server's queue of recordings (`everyword_events.ports.AtomicInbox`)."""

    def __init__(self, api: Api, *, most_empty: int = 0) -> None:
        self._api = api
        self._most_empty = most_empty
        self._jobs = JobsInHand()
        self.log = cast("EventLog", _RemoteLog(api))

    @property
    def exhausted(self) -> bool:
        """Whether as many polls in a row as were allowed brought nothing; 0 allows any number.

        Polls beside a job in hand do not count; those that no server answered do.
        """
        return 0 < self._most_empty <= self._jobs.empty_polls

    def receive(self, *, most: int, visibility_s: float, wait_s: float = 0) -> Sequence[Delivery]:  # noqa: ARG002 - one at a time
        """Take one job, if there is one."""
        asked = {"visibility_s": visibility_s, "wait_s": min(wait_s, LONGEST_WAIT_S)}
        try:
            found = self._api.post("/v1/worker/deliveries:receive", asked)["deliveries"]
        except TransientFailure:
            self._jobs.polled(())
            raise
        jobs = [DeliveryForm.model_validate(each).delivery() for each in found]
        self._jobs.polled(jobs)
        return jobs

    def extend(self, delivery: Delivery, *, visibility_s: float) -> None:
        """Keep the job."""
        self._post("extend", delivery, visibility_s=visibility_s)

    def acknowledge(self, deliveries: Sequence[Delivery]) -> None:
        """Finish jobs that came to nothing."""
        self.append_and_acknowledge((), deliveries)

    def append_and_acknowledge(
        self, events: Sequence[Event], deliveries: Sequence[Delivery]
    ) -> None:
        """Hand in what jobs came to, and finish them."""
        done = {"deliveries": [_form(each) for each in deliveries], "events": _wire(events)}
        try:
            self._api.post("/v1/worker/deliveries:complete", done)
        finally:
            self._jobs.settled(deliveries)

    def give_back(self, delivery: Delivery, *, delay_s: float, spends: Spends = "attempt") -> None:
        """Return the job to the queue."""
        self._settle("return", delivery, delay_s=delay_s, spends=spends)

    def dead_letter(self, delivery: Delivery, *, code: str, message: str, hint: str) -> None:
        """Give the job up, with the reason."""
        self._settle("give-up", delivery, code=code, message=message, hint=hint)

    def _settle(self, how: str, delivery: Delivery, **more: Any) -> None:
        try:
            self._post(how, delivery, **more)
        finally:
            self._jobs.settled([delivery])

    def _post(self, what: str, delivery: Delivery, **more: Any) -> None:
        self._api.post(f"/v1/worker/deliveries:{what}", {"delivery": _form(delivery), **more})


class _RemoteLog:
    def __init__(self, api: Api) -> None:
        self._api = api

    def append(self, events: Sequence[Event]) -> None:
        self._api.post(
            "/v1/worker/deliveries:complete", {"deliveries": [], "events": _wire(events)}
        )


class RemoteBlobs:
    """The server's blob store (`everyword_storage.BlobStore`)."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def put(self, key: str, body: bytes | BinaryIO, *, media_type: str) -> BlobRef:
        """Store what the service made."""
        raw = body if isinstance(body, bytes) else body.read()
        made = {"key": key, "media_type": media_type, "body_base64": base64.b64encode(raw).decode()}
        return BlobRef.model_validate(self._api.post("/v1/worker/blobs:put", made)["blob"])

    def get(self, ref: BlobRef) -> bytes:
        """Return a small blob's bytes."""
        into = io.BytesIO()
        self._fetch(ref, into)
        return into.getvalue()

    def open(self, ref: BlobRef) -> BinaryIO:
        """Fetch a blob to a file without a name, and open it.

        Raises:
            TransientFailure: it does not fit on the disk.
        """
        if ref.bytes > _SPOOL_BYTES:
            must_have_room(ref.bytes)
        spool = cast("BinaryIO", tempfile.SpooledTemporaryFile(_SPOOL_BYTES))  # noqa: SIM115
        try:
            self._fetch(ref, spool)
        except BaseException:
            spool.close()
            raise
        spool.seek(0)
        return spool

    @contextmanager
    def local_copy(self, ref: BlobRef) -> Iterator[Path]:
        """Give a blob as a file with a name while the block runs."""
        must_have_room(ref.bytes)
        with scratch_file() as copy:
            self._fetch(ref, copy)
            copy.flush()
            yield Path(copy.name)

    def stat(self, key: str) -> BlobRef | None:
        """Return what lies under a key, or None."""
        found = self._api.get("/v1/worker/blobs:stat", key=key)["blob"]
        return None if found is None else BlobRef.model_validate(found)

    def delete(self, prefix: str) -> int:
        """Delete what the service made under a prefix; the server knows how many."""
        self._api.post("/v1/worker/blobs:delete", {"prefix": prefix})
        return 0

    def _fetch(self, ref: BlobRef, into: IO[bytes]) -> None:
        offset = 0
        while True:
            block = self._api.get_bytes(
                "/v1/worker/blobs", uri=ref.uri, sha256=ref.sha256, offset=offset
            )
            into.write(block)
            offset += len(block)
            if len(block) < MOST_BYTES:
                return


class RemoteProgress:
    """Shows progress on the server; a report that does not arrive is no failure."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def report(
        self, *, episode_id: str, run_id: str, stage: str, fraction: float, eta_s: float | None
    ) -> None:
        """Say how far the job is."""
        told = {"run_id": run_id, "stage": stage, "fraction": fraction, "eta_s": eta_s}
        self._tell({"episode_id": episode_id, **told})

    def clear(self, *, episode_id: str) -> None:
        """Say that it is over."""
        self._tell({"episode_id": episode_id})

    def _tell(self, told: dict[str, Any]) -> None:
        with suppress(Interrupted, EverywordError):
            self._api.post("/v1/worker/progress", told)


def cancelled_at(api: Api, episode_id: str, run_id: str) -> bool:
    """Tell whether a person called the run off; a server that does not answer did not say so."""
    with suppress(EverywordError):
        found = api.get("/v1/worker/cancelled", episode_id=episode_id, run_id=run_id)
        return bool(found["cancelled"])
    return False


def settings_from(api: Api, show: str) -> TranscribeSettings:
    """Return the settings that the server has for a show."""
    return TranscribeSettings.model_validate(api.get("/v1/worker/settings", show=show))


def _form(delivery: Delivery) -> dict[str, Any]:
    return DeliveryForm.of(delivery).model_dump(mode="json")


def _wire(events: Sequence[Event]) -> list[dict[str, Any]]:
    return [event.to_wire() for event in events]
