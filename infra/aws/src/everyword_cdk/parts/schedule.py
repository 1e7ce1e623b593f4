"""Calls of a stack's functions by the clock: EventBridge Scheduler, with a role for that alone.

A call that fails is not repeated: the next one comes in minutes and does what both would have done.
The alarm tells when Scheduler itself cannot call.
"""

import json
from typing import Final

from aws_cdk import Aws, Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_scheduler as scheduler
from constructs import Construct

from everyword_cdk.names import Names
from everyword_cdk.parts.alarms import Alarms
from everyword_cdk.parts.function import ServiceFunction

OLDEST_CALL: Final = Duration.minutes(5)


class Schedules(Construct):
    """The schedules of one stack, in a group of their own."""

    def __init__(self, scope: Construct, names: Names, alarms: Alarms, part: str) -> None:
        super().__init__(scope, "Schedules")
        self._names = names
        self._group = scheduler.CfnScheduleGroup(self, "Group", name=f"{names.prefix}-{part}")
        for metric in ("TargetErrorCount", "InvocationDroppedCount"):
            alarms.when(
                f"schedules-{metric}",
                cloudwatch.Metric(
                    namespace="AWS/Scheduler",
                    metric_name=metric,
                    dimensions_map={"ScheduleGroup": f"{names.prefix}-{part}"},
                    period=Duration.minutes(5),
                    statistic="sum",
                ),
                above=0,
                todo="a schedule cannot call its function: look at its role, and at throttling",
                periods=3,
            )

    def every(self, rate: Duration, name: str, function: ServiceFunction, why: str) -> None:
        """Call a function again and again, with the schedule's name as what it is told."""
        role = iam.Role(
            self,
            f"Role-{name}",
            description=f"Lets EventBridge Scheduler call {function.name}",
            assumed_by=iam.ServicePrincipal(
                "scheduler.amazonaws.com",
                conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
            ),
        )
        calls = iam.PolicyStatement(
            actions=["lambda:InvokeFunction"], resources=[function.live.function_arn]
        )
        role.add_to_policy(calls)
        schedule = scheduler.CfnSchedule(
            self,
            name,
            name=f"{self._names.prefix}-{name}",
            group_name=self._group.name,
            description=why,
            schedule_expression=f"rate({_in_words(rate)})",
            flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
            target=scheduler.CfnSchedule.TargetProperty(
                arn=function.live.function_arn,
                role_arn=role.role_arn,
                input=json.dumps({"schedule": name}),
                retry_policy=scheduler.CfnSchedule.RetryPolicyProperty(
                    maximum_event_age_in_seconds=OLDEST_CALL.to_seconds(),
                    maximum_retry_attempts=0,
                ),
            ),
        )
        schedule.node.add_dependency(role, self._group)


def _in_words(rate: Duration) -> str:
    """Write a rate as Scheduler reads it, which is particular about the plural."""
    minutes = int(rate.to_minutes())
    days, rest = divmod(minutes, 24 * 60)
    number, unit = (days, "day") if days and not rest else (minutes, "minute")
    return f"{number} {unit}{'s' * (number > 1)}"
