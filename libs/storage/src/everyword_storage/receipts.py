"""Expensive work is never paid twice: the receipt of a finished step, kept beside its artifact."""

from collections.abc import Callable
from hashlib import sha256
from typing import TypeVar

from everyword_events import EventData
from everyword_storage.keys import artifact_key
from everyword_storage.ports import BlobStore

Data = TypeVar("Data", bound=EventData)


def done_once(
    blobs: BlobStore,
    kind: type[Data],
    work: Callable[[], Data],
    *,
    episode_id: str,
    run_id: str,
    step: str,
) -> Data:
    """Return the data of the event `work` ends in, doing the work only if it never finished.

    The receipt is written after the work's artifacts: when it is there, they are. A redelivered
    event so publishes the same data again at no cost. Of two that did the work at the same time
    the first to write its receipt wins, and both publish its data: one event.
    """
    key = artifact_key(episode_id, run_id, f"{step}.receipt.json")
    found = blobs.stat(key)
    if found is not None:
        return kind.model_validate_json(blobs.get(found))
    data = work()
    written = data.model_dump_json().encode()
    kept = blobs.put(key, written, media_type="application/json")
    if kept.sha256 == sha256(written).hexdigest():
        return data
    return kind.model_validate_json(blobs.get(kept))
