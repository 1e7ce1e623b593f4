"""What of transcribe-gpu runs on Lambda beside its removals: waking workers."""

from functools import cache

from everyword_aws.clients import client
from everyword_aws.environment import BATCH, GROUP, WakeEnvironment
from everyword_aws.scaling import steps_up_to
from everyword_aws.waking import BatchWorkers, EcsWorkers, GpuWorkers, GroupWorkers, Waker
from everyword_events.aws.depths import SqsDepths

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
