"""What deletes the transcripts of removed episodes, without loading an engine."""

from collections.abc import Sequence
from functools import cache

from everyword_aws.batch import BatchConsumer, consumer_of
from everyword_aws.graphs.shared import ServiceGraph
from everyword_events import Event
from everyword_storage.keys import episode_prefix

REMOVALS = "transcribe-gpu-removals"


@cache
def removals() -> BatchConsumer:
    """Return what works on removals."""
    graph = ServiceGraph()

    def nothing(_: Event) -> Sequence[Event]:
        return ()

    def forget(episode_id: str) -> None:
        graph.blobs.delete(episode_prefix(episode_id))

    return consumer_of(graph, nothing, consumer=REMOVALS, forget=forget)
