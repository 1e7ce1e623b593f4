"""The variables of a function's environment, typed: written while synthesizing, read once here."""

import os
from collections.abc import Mapping
from typing import Self

from pydantic import BaseModel, ConfigDict, ValidationError

from everyword_events import Misconfigured

PREFIX = "EVERYWORD_"
BATCH, GROUP = "batch", "asg"
"""What runs a GPU worker, where it is not ECS: AWS Batch, an Auto Scaling group."""


class Environment(BaseModel):
    """Variables named `EVERYWORD_` and the field's name."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    def variables(self) -> dict[str, str]:
        """Return the variables, for the function's definition; empty ones are left out."""
        return {
            f"{PREFIX}{name.upper()}": str(value)
            for name, value in self.model_dump().items()
            if value
        }

    @classmethod
    def read(cls, environ: Mapping[str, str] = os.environ) -> Self:
        """Read the variables.

        Raises:
            Misconfigured: one is missing: the function was not deployed by this application.
        """
        given = {name: environ.get(f"{PREFIX}{name.upper()}") for name in cls.model_fields}
        try:
            return cls.model_validate({name: value for name, value in given.items() if value})
        except ValidationError as error:
            missing = ", ".join(
                f"{PREFIX}{str(each['loc'][0]).upper()}" for each in error.errors(include_url=False)
            )
            raise Misconfigured(
                f"environment variables are missing or wrong: {missing}",
                hint="deploy the function with infra/aws",
                code="environment_invalid",
            ) from error


class RelayEnvironment(Environment):
    """What the relay and the sweep know."""

    bus: str
    event_log: str


class ApiEnvironment(Environment):
    """What every HTTP API knows, and how queues are called."""

    prefix: str
    event_log: str
    queues: str
    public_search: str = ""

    def queue(self, consumer: str) -> str:
        """Return the address of a consumer's queue."""
        return f"{self.queues}{consumer}"

    def dead_letters(self, consumer: str) -> str:
        """Return the address of a consumer's dead-letter queue."""
        return f"{self.queues}{consumer}-dead-letters"


class AdminEnvironment(ApiEnvironment):
    """What the operator's API knows: the names of all queues and logs, separated by commas."""

    consumers: str
    log_groups: str


class ServiceEnvironment(ApiEnvironment):
    """What a service's functions know. What is empty, this function does not use."""

    service: str
    bucket: str
    table: str
    settings_file: str
    index_url: str = ""
    durable_function: str = ""
    model_key_parameter: str = ""
    usual_work_hours: float = 0.0
    usual_cost_usd: float = 0.0


class WakeEnvironment(Environment):
    """Which GPU workers an upload wakes, how many at most, and the queue that they work on."""

    gpu: str
    cluster: str = ""
    worker: str
    queue: str
    most: int


class WorkerEnvironment(ServiceEnvironment):
    """What the GPU worker in its container knows besides."""

    settings: str
    models: str = "{}"
    idle_polls: int
    gpu: str = ""
