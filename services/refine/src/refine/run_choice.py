"""Which run a refinement belongs to, so that the newest run always knows everything."""

from everyword_events import (
    Event,
    TranscriptEdited,
    TranscriptReady,
    TranscriptRefined,
    later_run_id,
)
from everyword_storage import BlobStore, artifact_key
from refine.domain.report import read_report
from refine.ports import EpisodeHistory

_TEXT = "text/plain"


def run_for(event: Event, history: EpisodeHistory | None, blobs: BlobStore) -> str:
    """Return the event's own run, or a new one where a newer run does not know of the event.

    Two corrections, or a correction and a new recognition, may be made at the same time and be
    refined in the other order. The newest run wins everywhere, so the one left out of it is
    refined under a run that is newer still. The choice is kept: a redelivery makes the same.
    """
    episode_id, run_id = event.meta.episode_id, event.meta.run_id
    if history is None or blobs.stat(artifact_key(episode_id, run_id, "refine.receipt.json")):
        return run_id
    kept = blobs.stat(artifact_key(episode_id, run_id, "refine/later-run.txt"))
    if kept is not None:
        return blobs.get(kept).decode()
    newest = history.newest(episode_id, TranscriptRefined)
    if newest is None or newest.meta.run_id <= run_id or _knows(newest, event, blobs):
        return run_id
    later = later_run_id(newest.meta.run_id)
    blobs.put(
        artifact_key(episode_id, run_id, "refine/later-run.txt"), later.encode(), media_type=_TEXT
    )
    return later


def _knows(newest: Event, event: Event, blobs: BlobStore) -> bool:
    """Tell whether the newest refinement had what `event` says, or something newer."""
    data = newest.data
    if not isinstance(data, TranscriptRefined) or data.report is None:
        return True
    report = read_report(blobs.get(data.report))
    if isinstance(event.data, TranscriptReady):
        return report.base_run_id is None or report.base_run_id >= event.meta.run_id
    if isinstance(event.data, TranscriptEdited) and event.meta.replay is None:
        return event.meta.event_id in report.edits
    return True
