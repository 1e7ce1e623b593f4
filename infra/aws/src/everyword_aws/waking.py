"""Starts GPU workers at once when an upload arrives: the metrics of an idle queue lag by minutes.

An upload is not all that puts work on the queue: a retry that becomes due, a redriven dead letter,
a job that a lost machine gave back. So the schedule looks as well, and starts what is missing.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

from everyword_aws.scaling import wanted
from everyword_aws.telemetry import logger
from everyword_events.aws.errors import translated

_UNDER_WAY: Final = ("SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING")
"""The states of a job that works, or will without anybody's doing."""


class GpuWorkers(Protocol):
    """The GPU workers of a deployment."""

    def start_up_to(self, workers: int) -> int:
        """Start what is missing of so many workers; return how many were started."""


class Waker:
    """Starts as many workers as what waits is worth."""

    def __init__(
        self, backlog: Callable[[], int], steps: Mapping[int, int], workers: GpuWorkers
    ) -> None:
        self._backlog = backlog
        self._steps = steps
        self._workers = workers

    def wake(self, *, at_least: int) -> int:
        """Start workers; an upload's own message may not be on the queue yet: `at_least` is one."""
        backlog = self._backlog()
        missing = max(at_least, wanted(backlog, self._steps))
        started = self._workers.start_up_to(missing) if missing else 0
        if started:
            logger.info(
                "GPU workers woken",
                extra={"action": "woken", "workers": started, "backlog": backlog},
            )
        return started


class EcsWorkers:
    """An ECS service: it is set from none to one, for how many more is its scaling policy's say."""

    def __init__(self, client: Any, cluster: str, service: str) -> None:
        self._client = client
        self._cluster = cluster
        self._service = service

    def start_up_to(self, workers: int) -> int:
        """Start one if none runs or starts."""
        with translated("wake the GPU workers"):
            described = self._client.describe_services(
                cluster=self._cluster, services=[self._service]
            )
            (service,) = described["services"]
            if service["desiredCount"] > 0 or not workers:
                return 0
            self._client.update_service(
                cluster=self._cluster, service=self._service, desiredCount=1
            )
        return 1


class GroupWorkers:
    """An Auto Scaling group, whose machines take themselves away."""

    def __init__(self, client: Any, group: str) -> None:
        self._client = client
        self._group = group

    def start_up_to(self, workers: int) -> int:
        """Raise the desired capacity, up to the group's limit."""
        with translated("wake the GPU workers"):
            described = self._client.describe_auto_scaling_groups(
                AutoScalingGroupNames=[self._group]
            )
            (group,) = described["AutoScalingGroups"]
            desired = min(workers, int(group["MaxSize"]))
            missing = desired - int(group["DesiredCapacity"])
            if missing <= 0:
                return 0
            self._client.set_desired_capacity(
                AutoScalingGroupName=self._group, DesiredCapacity=desired, HonorCooldown=False
            )
        return missing


class BatchWorkers:
    """Jobs of AWS Batch, each of which works until the queue stays empty."""

    def __init__(self, client: Any, jobs: str, definition: str) -> None:
        self._client = client
        self._jobs = jobs
        self._definition = definition

    def start_up_to(self, workers: int) -> int:
        """Submit the jobs that are missing, whatever came in meanwhile: one too many just ends."""
        with translated("wake the GPU workers"):
            missing = max(0, workers - self._under_way())
            for _ in range(missing):
                self._client.submit_job(
                    jobName=self._definition, jobQueue=self._jobs, jobDefinition=self._definition
                )
        return missing

    def _under_way(self) -> int:
        pages = self._client.get_paginator("list_jobs")
        return sum(
            len(page["jobSummaryList"])
            for state in _UNDER_WAY
            for page in pages.paginate(jobQueue=self._jobs, jobStatus=state)
        )
