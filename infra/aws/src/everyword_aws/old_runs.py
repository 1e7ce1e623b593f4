"""What retention's choice of runs means to a service with a bucket of its own."""

from collections.abc import Sequence

from everyword_events import Event, Handler, RunsRemoved
from everyword_storage import BlobStore, episode_prefix


def without_old_runs(handler: Handler, blobs: BlobStore) -> Handler:
    """Return the handler that also deletes the files of runs that retention removed."""

    def deleting(event: Event) -> Sequence[Event]:
        if not isinstance(event.data, RunsRemoved):
            return handler(event)
        for run_id in event.data.runs:
            blobs.delete(f"{episode_prefix(event.meta.episode_id)}{run_id}/")
        return ()

    return deleting
