"""What every stack of a deployment has in hand."""

from dataclasses import dataclass
from functools import cached_property

import aws_cdk as cdk
from aws_cdk import aws_events as events
from constructs import Construct

from everyword_cdk.deployment import Deployment
from everyword_cdk.names import Names
from everyword_cdk.parts.alarms import Alarms
from everyword_cdk.parts.schedule import Schedules
from everyword_cdk.parts.settings import DeployedSettings


@dataclass(frozen=True)
class DeploymentPlan:
    """One deployment: its choices, its names, its settings."""

    deployment: Deployment
    names: Names
    settings: DeployedSettings

    @classmethod
    def of(cls, deployment: Deployment) -> "DeploymentPlan":
        """Make the plan of a deployment."""
        return cls(deployment, Names(deployment.name), DeployedSettings(deployment))


class EverywordStack(cdk.Stack):
    """A stack of one deployment, with its alarms."""

    def __init__(self, scope: Construct, part: str, plan: DeploymentPlan, description: str) -> None:
        super().__init__(
            scope,
            part,
            stack_name=f"{plan.names.prefix}-{part}",
            description=description,
            termination_protection=plan.deployment.keep_data,
            synthesizer=cdk.DefaultStackSynthesizer(),
        )
        self.plan = plan
        self.part = part
        self.alarms = Alarms(self, plan.names)

    @cached_property
    def schedules(self) -> Schedules:
        """The stack's schedules."""
        return Schedules(self, self.plan.names, self.alarms, self.part)

    @cached_property
    def bus(self) -> events.IEventBus:
        """The deployment's bus, known by name."""
        return events.EventBus.from_event_bus_name(self, "EventBus", self.plan.names.bus)
