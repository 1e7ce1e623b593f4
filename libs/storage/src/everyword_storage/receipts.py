"""Expensive work is never paid twice: the receipt of a finished step, kept beside its artifact."""

from collections.abc import Callable
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
    event so publishes the same data again at no cost.
    """
    key = artifact_key(episode_id, run_id, f"{step}.receipt.json")
    found = blobs.stat(key)
    if found is not None:
        return kind.model_validate_json(blobs.get(found))
    data = work()
    blobs.put(key, data.model_dump_json().encode(), media_type="application/json")
    return data
