"""A Lambda function as every service has it: arm64, traced, its own role, log group and alarms."""

from collections.abc import Mapping, Sequence
from typing import Final

from aws_cdk import Duration, RemovalPolicy, Size, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from everyword_cdk import permissions
from everyword_cdk.checks import accept_resource
from everyword_cdk.deployment import Deployment
from everyword_cdk.names import Names
from everyword_cdk.parts.alarms import Alarms
from everyword_cdk.parts.code import RUNTIME, code_of
from everyword_cdk.parts.queue import WorkQueue

LIVE = "live"
_RETENTION: Final = {
    1: logs.RetentionDays.ONE_DAY,
    3: logs.RetentionDays.THREE_DAYS,
    5: logs.RetentionDays.FIVE_DAYS,
    7: logs.RetentionDays.ONE_WEEK,
    14: logs.RetentionDays.TWO_WEEKS,
    30: logs.RetentionDays.ONE_MONTH,
    60: logs.RetentionDays.TWO_MONTHS,
    90: logs.RetentionDays.THREE_MONTHS,
    180: logs.RetentionDays.SIX_MONTHS,
    365: logs.RetentionDays.ONE_YEAR,
}


def log_group(scope: Construct, id_: str, name: str, deployment: Deployment) -> logs.LogGroup:
    """Make a log group that forgets in time."""
    return logs.LogGroup(
        scope,
        id_,
        log_group_name=name,
        retention=_RETENTION[deployment.log_days],
        removal_policy=RemovalPolicy.DESTROY,
    )


def measured_as(names: Names, service: str) -> dict[str, str]:
    """Return the variables that name what a process logs and measures."""
    return {
        "POWERTOOLS_SERVICE_NAME": service,
        "POWERTOOLS_METRICS_NAMESPACE": names.prefix,
    }


class ServiceFunction(Construct):
    """One handler of `everyword_aws.handlers`, and what it may do.

    `statements` are all its role has, beyond its own log and traces.
    """

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        service: str,
        handler: str,
        names: Names,
        deployment: Deployment,
        alarms: Alarms,
        environment: Mapping[str, str],
        statements: Sequence[iam.PolicyStatement],
        description: str,
        timeout: Duration,
        memory_mib: int = 512,
        storage: Size | None = None,
        layers: Sequence[lambda_.ILayerVersion] = (),
        snap_start: bool = False,
        durable: lambda_.DurableConfig | None = None,
        reserved: int | None = None,
        on_failure: lambda_.IDestination | None = None,
    ) -> None:
        super().__init__(scope, f"Function-{name}")
        self.name = name
        group = log_group(self, "Log", f"/aws/lambda/{names.function(name)}", deployment)
        self.role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            description=f"{description} ({names.function(name)})",
        )
        for statement in (
            permissions.write_logs(names, name),
            permissions.write_traces(),
            *statements,
        ):
            self.role.add_to_policy(statement)
        log_streams = permissions.log_of(names, name)
        accept_resource(self, log_streams, "The streams of its own log group")
        accept_resource(self, "*", "X-Ray knows no resources: see permissions.write_traces")
        self.function = lambda_.Function(
            self,
            "Function",
            function_name=names.function(name),
            description=description,
            runtime=RUNTIME,
            architecture=lambda_.Architecture.ARM_64,
            code=code_of(service, Stack.of(self)),
            handler=f"everyword_aws.handlers.{handler}.handler",
            role=self.role.without_policy_updates(),
            timeout=timeout,
            memory_size=memory_mib,
            ephemeral_storage_size=storage,
            log_group=group,
            logging_format=lambda_.LoggingFormat.JSON,
            application_log_level_v2=lambda_.ApplicationLogLevel.INFO,
            tracing=lambda_.Tracing.ACTIVE,
            layers=list(layers),
            environment={
                **measured_as(names, service),
                "POWERTOOLS_LOG_LEVEL": "INFO",
                "PYDANTIC_DISABLE_PLUGINS": "__all__",  # spares a look through all packages
                **environment,
            },
            snap_start=lambda_.SnapStartConf.ON_PUBLISHED_VERSIONS if snap_start else None,
            durable_config=durable,
            reserved_concurrent_executions=reserved,
            on_failure=on_failure,
        )
        self.function.node.add_dependency(self.role)
        self.live = lambda_.Alias(
            self, "Live", alias_name=LIVE, version=self.function.current_version
        )
        alarms.errors(self.function, name)

    def work_on(self, work: WorkQueue, *, batch: int, most_at_once: int) -> None:
        """Feed it the messages of a queue, each of which may fail alone."""
        lambda_.EventSourceMapping(
            self,
            f"From-{work.consumer}",
            target=self.live,
            event_source_arn=work.queue.queue_arn,
            batch_size=batch,
            report_batch_item_failures=True,
            max_concurrency=most_at_once,
        )
