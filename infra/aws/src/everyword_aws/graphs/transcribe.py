"""What of transcribe-gpu runs on Lambda: waking workers, and forgetting removed episodes."""

from collections.abc import Sequence
from functools import cache

from everyword_aws.batch import BatchConsumer
from everyword_aws.clients import client
from everyword_aws.environment import WakeEnvironment
from everyword_aws.graphs.shared import ServiceGraph
from everyword_aws.waking import EcsWorkers, GpuWorkers, GroupWorkers
from everyword_events import Event
from everyword_storage import episode_prefix

REMOVALS = "transcribe-gpu-removals"


@cache
def workers() -> GpuWorkers:
    """Return the GPU workers that an upload wakes."""
    environment = WakeEnvironment.read()
    if environment.gpu == "asg":
        return GroupWorkers(client("autoscaling"), environment.worker)
    return EcsWorkers(client("ecs"), environment.cluster, environment.worker)


@cache
def removals() -> BatchConsumer:
    """Return what deletes the transcripts of removed episodes, without loading an engine."""
    graph = ServiceGraph()

    def nothing(_: Event) -> Sequence[Event]:
        return ()

    def forget(episode_id: str) -> None:
        graph.blobs.delete(episode_prefix(episode_id))

    return graph.consumer(nothing, consumer=REMOVALS, forget=forget)
