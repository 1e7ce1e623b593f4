"""Starts a GPU worker at once when an upload arrives: the metrics of an idle queue lag by minutes.

Only ever from none to one; how many more there are is the scaling rule's to say.
"""

from typing import Any, Protocol

from everyword_aws.telemetry import logger
from everyword_events.aws.errors import translated


class GpuWorkers(Protocol):
    """The GPU workers of a deployment."""

    def wake(self) -> bool:
        """Start one if none runs or starts; tell whether it did."""


class EcsWorkers:
    """An ECS service on spot machines."""

    def __init__(self, client: Any, cluster: str, service: str) -> None:
        self._client = client
        self._cluster = cluster
        self._service = service

    def wake(self) -> bool:
        """Set the service's desired count to one if it is none."""
        with translated("wake the GPU workers"):
            described = self._client.describe_services(
                cluster=self._cluster, services=[self._service]
            )
            (service,) = described["services"]
            if service["desiredCount"] > 0:
                return False
            self._client.update_service(
                cluster=self._cluster, service=self._service, desiredCount=1
            )
        logger.info("GPU worker woken", extra={"action": "woken", "worker": self._service})
        return True


class GroupWorkers:
    """An Auto Scaling group."""

    def __init__(self, client: Any, group: str) -> None:
        self._client = client
        self._group = group

    def wake(self) -> bool:
        """Ask for one machine more, up to the group's limit: it takes itself away when idle."""
        with translated("wake the GPU workers"):
            described = self._client.describe_auto_scaling_groups(
                AutoScalingGroupNames=[self._group]
            )
            (group,) = described["AutoScalingGroups"]
            if group["DesiredCapacity"] >= group["MaxSize"]:
                return False
            self._client.set_desired_capacity(
                AutoScalingGroupName=self._group,
                DesiredCapacity=group["DesiredCapacity"] + 1,
                HonorCooldown=True,
            )
        logger.info("GPU machine asked for", extra={"action": "woken", "worker": self._group})
        return True
