"""Ingest: uploads straight to S3, episodes as a projection of the log, replays."""

from aws_cdk import Duration, Size, aws_events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from constructs import Construct

from everyword_cdk import permissions
from everyword_cdk.parts.queue import FEW_RECEIVES
from everyword_cdk.parts.storage import ServiceBucket, ServiceTable
from everyword_cdk.stacks.base import Plan
from everyword_cdk.stacks.service import BATCH, MOST_AT_ONCE, ServiceStack
from ingest.adapters.dynamodb import table_definition
from ingest.contract import CONTRACT

UPLOADS = "ingest-uploads"
REPLAYS = "ingest-replays"
COLD_AFTER = Duration.days(180)
PROBE_TIMEOUT = Duration.minutes(15)
PROBE_DISK = Size.gibibytes(10)
MOST_PROBES = 10
SETTLE_EVERY = Duration.minutes(15)


class IngestStack(ServiceStack):
    """The ingest service."""

    def __init__(self, scope: Construct, plan: Plan) -> None:
        super().__init__(scope, CONTRACT.service, "ingest", plan, "Everyword: uploads, episodes")
        names = plan.names
        audio = ServiceBucket(
            self,
            self.service,
            names,
            plan.deployment,
            versioned=True,
            uploads=True,
            cold_after=COLD_AFTER,
        )
        ServiceTable(self, "Episodes", plan.deployment, table_definition(names.table(self.service)))
        own = [
            *permissions.append_events(names),
            permissions.scan_events(names),
            *permissions.write_blobs(names, self.service),
            permissions.use_table(names, self.service),
        ]
        queue = self.work_queue()
        queue.subscribe(self.bus, CONTRACT)
        self.events([*own, permissions.erase_events(names)]).work_on(
            queue, batch=BATCH, most_at_once=MOST_AT_ONCE
        )
        self._uploads(own, audio)
        self._replays()
        self.api_function = self.api(
            [
                *own,
                permissions.send(names, REPLAYS),
                permissions.read_table(names, "transcribe-gpu"),  # how far a worker is
            ],
        )

    def _uploads(self, own: list[iam.PolicyStatement], audio: ServiceBucket) -> None:
        """Check what was uploaded: S3 tells the account's default bus, a rule there tells us."""
        queue = self.work_queue(UPLOADS, visibility=PROBE_TIMEOUT, most_receives=FEW_RECEIVES)
        queue.fill(
            None,
            {
                "source": ["aws.s3"],
                "detail-type": ["Object Created"],
                "detail": {
                    "bucket": {"name": [audio.bucket.bucket_name]},
                    "object": {"key": [{"prefix": "episodes/"}]},
                },
            },
        )
        uploads = self.function(
            "uploads",
            "Probes what was uploaded, and settles uploads that never came",
            [*own, *permissions.consume(self.plan.names, UPLOADS)],
            timeout=PROBE_TIMEOUT,
            memory_mib=2048,
            storage=PROBE_DISK,
        )
        uploads.work_on(queue, batch=1, most_at_once=MOST_PROBES)
        aws_events.Rule(
            self,
            "SettleSchedule",
            description="Uploads that were never completed are completed, or expire",
            schedule=aws_events.Schedule.rate(SETTLE_EVERY),
            targets=[targets.LambdaFunction(uploads.live, retry_attempts=0)],
        )

    def _replays(self) -> None:
        """Work off replays, one job at a time, at the rate that was asked for."""
        names = self.plan.names
        queue = self.work_queue(
            REPLAYS,
            visibility=PROBE_TIMEOUT,
            most_wait=Duration.hours(12),
            most_receives=FEW_RECEIVES,
        )
        replays = self.function(
            "replays",
            "Publishes stored events again, at a rate",
            [
                *permissions.append_events(names),
                permissions.scan_events(names),
                permissions.read_table(names, self.service),
                *permissions.consume(names, REPLAYS),
            ],
            timeout=PROBE_TIMEOUT,
            memory_mib=256,
        )
        replays.work_on(queue, batch=1, most_at_once=2)
