"""The bus and its log: table -> stream -> relay -> bus, and what watches over them."""

import json

from aws_cdk import Duration
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from constructs import Construct
from everyword_aws.environment import RelayEnvironment

from everyword_cdk import permissions
from everyword_cdk.parts.function import ServiceFunction
from everyword_cdk.parts.queue import KEPT
from everyword_cdk.parts.storage import ServiceTable
from everyword_cdk.stacks.base import DeploymentPlan, EverywordStack
from everyword_events.aws.log import table_definition
from everyword_events.contract import OURS

RELAY_BATCH = 100
SWEEP_EVERY = Duration.minutes(5)
APPENDED = {
    "eventName": ["INSERT"],
    "dynamodb": {"NewImage": {"wire": {"S": [{"exists": True}]}}},
}
"""Which records of the stream are events; marking one as relayed changes the table too."""
RELAY_RETRIES = 50
"""Then the on-failure queue tells of it; the sweep goes on trying."""
LATE = Duration.minutes(15)


class BusStack(EverywordStack):
    """The event log comes first: only its relay puts events on the bus."""

    def __init__(self, scope: Construct, plan: DeploymentPlan) -> None:
        super().__init__(scope, "bus", plan, "Everyword: event log, relay, event bus, alarm topic")
        self.topic = self._topic()
        self.log = self._log()
        self.failed = self._undeliverable("relay")
        self.event_bus = self._bus()
        self.relay = self._relay()
        self._sweep()

    def _topic(self) -> sns.Topic:
        topic = sns.Topic(self, "AlarmTopic", topic_name=self.plan.names.alarms, enforce_ssl=True)
        topic.grant_publish(iam.ServicePrincipal("cloudwatch.amazonaws.com"))
        topic.grant_publish(iam.ServicePrincipal("budgets.amazonaws.com"))
        if self.plan.deployment.alarm_email:
            topic.add_subscription(
                subscriptions.EmailSubscription(self.plan.deployment.alarm_email)
            )
        return topic

    def _log(self) -> dynamodb.Table:
        shape = table_definition(self.plan.names.event_log)
        view = dynamodb.StreamViewType[shape["StreamSpecification"]["StreamViewType"]]
        return ServiceTable(self, "EventLog", self.plan.deployment, shape, stream=view).table

    def _undeliverable(self, of: str) -> sqs.Queue:
        queue = sqs.Queue(
            self,
            f"Undeliverable-{of}",
            queue_name=self.plan.names.dead_letters(of),
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=KEPT,
        )
        self.alarms.dead_letters(queue, of)
        return queue

    def _bus(self) -> events.EventBus:
        bus = events.EventBus(
            self,
            "Bus",
            event_bus_name=self.plan.names.bus,
            description="Everyword's events, put here by the relay of the event log alone",
            dead_letter_queue=self._undeliverable("bus"),
        )
        bus.archive(
            "Archive",
            archive_name=self.plan.names.prefix,
            description="Every event, for EventBridge's own replay; the log is the truth",
            event_pattern=events.EventPattern(source=events.Match.prefix(OURS)),
            retention=Duration.days(self.plan.deployment.archive_days),
        )
        return bus

    def _relay(self) -> ServiceFunction:
        relay = self._publishing("relay", "Puts what the log took on the bus", Duration.minutes(1))
        stream = self.log.table_stream_arn
        assert stream is not None
        relay.role.add_to_policy(permissions.read_stream(self.plan.names))
        failed = iam.PolicyStatement(actions=["sqs:SendMessage"], resources=[self.failed.queue_arn])
        relay.role.add_to_policy(failed)
        lambda_.CfnEventSourceMapping(
            self,
            "Stream",
            function_name=relay.live.function_arn,
            event_source_arn=stream,
            starting_position="TRIM_HORIZON",
            batch_size=RELAY_BATCH,
            function_response_types=["ReportBatchItemFailures"],
            bisect_batch_on_function_error=True,
            maximum_retry_attempts=RELAY_RETRIES,
            maximum_record_age_in_seconds=int(Duration.hours(23).to_seconds()),
            filter_criteria=lambda_.CfnEventSourceMapping.FilterCriteriaProperty(
                filters=[lambda_.CfnEventSourceMapping.FilterProperty(pattern=json.dumps(APPENDED))]
            ),
            destination_config=lambda_.CfnEventSourceMapping.DestinationConfigProperty(
                on_failure=lambda_.CfnEventSourceMapping.OnFailureProperty(
                    destination=self.failed.queue_arn
                )
            ),
        ).node.add_dependency(relay.role)
        self.alarms.when(
            "relay-late",
            relay.function.metric("IteratorAge", period=Duration.minutes(1), statistic="max"),
            above=LATE.to_milliseconds(),
            todo="the relay does not keep up with the log's stream; records live 24 hours there",
            periods=3,
        )
        return relay

    def _sweep(self) -> None:
        sweep = self._publishing(
            "sweep", "Publishes what the log took and the relay missed", Duration.minutes(5)
        )
        self.schedules.every(
            SWEEP_EVERY, "sweep", sweep, "What the relay missed is published within minutes"
        )

    def _publishing(self, name: str, description: str, timeout: Duration) -> ServiceFunction:
        names = self.plan.names
        return ServiceFunction(
            self,
            name,
            service="bus",
            handler=name,
            names=names,
            deployment=self.plan.deployment,
            alarms=self.alarms,
            environment=RelayEnvironment(bus=names.bus, event_log=names.event_log).variables(),
            statements=[
                permissions.put_events(names),
                *permissions.mark_relayed(names),
            ],
            description=description,
            timeout=timeout,
            memory_mib=256,
            reserved=1 if name == "sweep" else None,
        )
