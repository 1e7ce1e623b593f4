"""What the stacks of the services have in common."""

from collections.abc import Mapping, Sequence

from aws_cdk import Duration, Size
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct
from everyword_aws.environment import ServiceEnvironment

from everyword_cdk import permissions
from everyword_cdk.parts.function import ServiceFunction
from everyword_cdk.parts.queue import MOST_RECEIVES, WorkQueue
from everyword_cdk.parts.settings import LAYER_FILE
from everyword_cdk.stacks.base import DeploymentPlan, EverywordStack

API_TIMEOUT = Duration.seconds(29)
"""One second less than API Gateway waits."""
EVENTS_TIMEOUT = Duration.minutes(5)
BATCH = 10
"""How many quick events one invocation takes."""
MOST_AT_ONCE = 5
"""How many invocations work on one consumer's queue at once."""
VISIBILITY = Duration.minutes(30)
"""Six times the time-out, as AWS advises for a queue that feeds a function."""
MOST_WAIT = Duration.hours(1)


class ServiceStack(EverywordStack):
    """One service: its storage, its queue, its functions, and nothing of another's."""

    def __init__(
        self,
        scope: Construct,
        service: str,
        section: str,
        plan: DeploymentPlan,
        description: str,
        *,
        beside: Sequence[str] = (),
    ) -> None:
        super().__init__(scope, service, plan, description)
        self.service = service
        self.layer = plan.settings.layer(self, section, beside=beside)

    def variables(self, **more: str) -> dict[str, str]:
        """Return the variables of the service's functions."""
        names = self.plan.names
        given = {
            "service": self.service,
            "prefix": names.prefix,
            "bucket": names.bucket(self.service),
            "table": names.table(self.service),
            "event_log": names.event_log,
            "queues": names.queue_url(names.queue("")),
            "settings_file": LAYER_FILE,
        }
        return ServiceEnvironment.model_validate(given | more).variables()

    def work_queue(
        self,
        consumer: str | None = None,
        *,
        visibility: Duration = VISIBILITY,
        most_wait: Duration = MOST_WAIT,
        most_receives: int = MOST_RECEIVES,
    ) -> WorkQueue:
        """Make the queue of the service, or of a part of it."""
        return WorkQueue(
            self,
            consumer or self.service,
            self.plan.names,
            self.alarms,
            visibility=visibility,
            most_wait=most_wait,
            most_receives=most_receives,
        )

    def api(
        self,
        statements: Sequence[iam.PolicyStatement],
        *,
        memory_mib: int = 1024,
        variables: Mapping[str, str] | None = None,
    ) -> ServiceFunction:
        """Make the function behind the service's HTTP routes."""
        public = self.plan.deployment.public_search
        self.alarms.server_errors(self.service)
        return self.function(
            "api",
            f"HTTP API of {self.service}",
            [permissions.read_keys(self.plan.names), *statements],
            timeout=API_TIMEOUT,
            memory_mib=memory_mib,
            snap_start=True,
            variables={"public_search": "yes" if public else "", **(variables or {})},
        )

    def events(
        self, statements: Sequence[iam.PolicyStatement], *, memory_mib: int = 512, **more: str
    ) -> ServiceFunction:
        """Make the function that handles the service's events."""
        return self.function(
            "events",
            f"Handles the events of {self.service}",
            [*permissions.consume(self.plan.names, self.service), *statements],
            memory_mib=memory_mib,
            variables=more,
        )

    def function(
        self,
        part: str,
        description: str,
        statements: Sequence[iam.PolicyStatement],
        *,
        timeout: Duration = EVENTS_TIMEOUT,
        memory_mib: int = 512,
        storage: Size | None = None,
        snap_start: bool = False,
        durable: lambda_.DurableConfig | None = None,
        reserved: int | None = None,
        on_failure: lambda_.IDestination | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> ServiceFunction:
        """Make one of the service's functions."""
        return ServiceFunction(
            self,
            f"{self.service}-{part}",
            service=self.service,
            handler=f"{self.service.replace('-', '_')}_{part.replace('-', '_')}",
            names=self.plan.names,
            deployment=self.plan.deployment,
            alarms=self.alarms,
            environment=self.variables(**(variables or {})),
            statements=statements,
            description=description,
            timeout=timeout,
            memory_mib=memory_mib,
            storage=storage,
            layers=[self.layer],
            snap_start=snap_start,
            durable=durable,
            reserved=reserved,
            on_failure=on_failure,
        )
