"""What deletes the transcripts of removed episodes and forgotten voices, without an engine."""

from functools import cache

from everyword_aws.batch import BatchConsumer, consumer_of
from everyword_aws.graphs.shared import ServiceGraph
from everyword_aws.voices import ForgottenVoices
from everyword_storage.keys import episode_prefix

REMOVALS = "transcribe-gpu-removals"


@cache
def removals() -> BatchConsumer:
    """Return what works on removals."""
    graph = ServiceGraph()

    def forget(episode_id: str) -> None:
        graph.blobs.delete(episode_prefix(episode_id))

    voices = ForgottenVoices(graph.blobs, graph.log)
    return consumer_of(graph, voices.handle, consumer=REMOVALS, forget=forget)
