"""What of transcribe-gpu runs on Lambda: waking workers, and forgetting removed episodes."""

from collections.abc import Sequence
from functools import cache

from everyword_aws.batch import BatchConsumer
from everyword_aws.clients import client
from everyword_aws.environment import BATCH, GROUP, WakeEnvironment
from everyword_aws.graphs.shared import ServiceGraph
from everyword_aws.scaling import steps_up_to
from everyword_aws.waking import BatchWorkers, EcsWorkers, GpuWorkers, GroupWorkers, Waker
from everyword_events import Event
from everyword_events.aws.depths import SqsDepths
from everyword_storage import episode_prefix

REMOVALS = "transcribe-gpu-removals"
_WORKER = "transcribe-gpu"


@cache
def waker() -> Waker:
    """Return what starts GPU workers."""
    environment = WakeEnvironment.read()
    depths = SqsDepths(client("sqs"), {_WORKER: environment.queue})

    def backlog() -> int:
        depth = depths()[_WORKER]
        return depth.waiting + depth.in_flight

    return Waker(backlog, steps_up_to(environment.most), _workers(environment))


def _workers(environment: WakeEnvironment) -> GpuWorkers:
    if environment.gpu == GROUP:
        return GroupWorkers(client("autoscaling"), environment.worker)
    if environment.gpu == BATCH:
        return BatchWorkers(client("batch"), environment.cluster, environment.worker)
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
