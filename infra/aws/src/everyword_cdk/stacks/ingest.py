"""Ingest: uploads straight to S3, episodes as a projection of the log, replays."""

from aws_cdk import Duration, Size
from aws_cdk import aws_iam as iam
from constructs import Construct
from everyword_aws.graphs.ingest import REPLAYS
from everyword_aws.graphs.notifications import MOMENTS
from everyword_aws.graphs.web import FEEDS
from everyword_aws.retaining import SCHEDULE

from everyword_cdk import permissions
from everyword_cdk.checks import SERVICES
from everyword_cdk.parts.queue import FEW_RECEIVES
from everyword_cdk.parts.storage import ServiceBucket, ServiceTable
from everyword_cdk.simulation import GPU
from everyword_cdk.stacks.base import DeploymentPlan
from everyword_cdk.stacks.service import BATCH, MOST_AT_ONCE, ServiceStack
from everyword_local.estimating import gpu_usd_an_hour
from everyword_local.prices import prices
from ingest.adapters.dynamodb import table_definition
from ingest.contract import CONTRACT, FETCH_CONTRACT, NOTIFY_CONTRACT

UPLOADS = "ingest-uploads"
CONSUMERS = (CONTRACT.service, FETCH_CONTRACT.service, NOTIFY_CONTRACT.service)
COLD_AFTER = Duration.days(180)
PROBE_TIMEOUT = Duration.minutes(15)
PROBE_DISK = Size.gibibytes(10)
MOST_PROBES = 10
MOST_FETCHES = 5
FEEDS_EVERY = Duration.minutes(5)
WEBHOOKS_EVERY = Duration.minutes(1)
SETTLE_EVERY = Duration.minutes(15)
RETAIN_EVERY = Duration.days(1)


class IngestStack(ServiceStack):
    """The ingest service."""

    def __init__(self, scope: Construct, plan: DeploymentPlan) -> None:
        super().__init__(
            scope,
            CONTRACT.service,
            "ingest",
            plan,
            "Everyword: uploads, episodes",
            beside=["retention"],
        )
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
            permissions.read_table(names, "transcribe-gpu"),  # how far a worker is
        ]
        queue = self.work_queue()
        queue.subscribe(self.bus, CONTRACT)
        self.events([*own, permissions.erase_events(names)]).work_on(
            queue, batch=BATCH, most_at_once=MOST_AT_ONCE
        )
        self._uploads(own, audio)
        self._replays()
        telling = [
            *own,
            permissions.invoke(names, MOMENTS),
            permissions.keep_secrets(names, "webhooks"),
        ]
        self._fetching(own)
        self._telling(telling)
        self.api_function = self.api(
            [
                *telling,
                permissions.send(names, REPLAYS),
                permissions.send(names, FEEDS),
                *permissions.read_blobs(names, "captions"),  # chapters that were made
                permissions.erase_events(names),  # of an episode that is removed
            ],
            variables=_usual_effort(),
        )

    def _fetching(self, own: list[iam.PolicyStatement]) -> None:
        """Fetch audio that is named by its address, and take feeds in."""
        names = self.plan.names
        fetch = self.work_queue(FETCH_CONTRACT.service, visibility=PROBE_TIMEOUT)
        fetch.subscribe(self.bus, FETCH_CONTRACT)
        self.function(
            "fetch",
            "Fetches audio that an episode names by its address",
            [*own, *permissions.consume(names, FETCH_CONTRACT.service)],
            timeout=PROBE_TIMEOUT,
            memory_mib=2048,
            storage=PROBE_DISK,
        ).work_on(fetch, batch=1, most_at_once=MOST_FETCHES)
        queue = self.work_queue(FEEDS, visibility=PROBE_TIMEOUT, most_receives=FEW_RECEIVES)
        feeds = self.function(
            "feeds",
            "Takes podcasts' feeds in, and polls those that are due",
            [*own, *permissions.consume(names, FEEDS)],
            timeout=PROBE_TIMEOUT,
            memory_mib=1024,
        )
        feeds.work_on(queue, batch=1, most_at_once=2)
        self.schedules.every(FEEDS_EVERY, "feeds", feeds, "Feeds are asked for new episodes")

    def _telling(self, statements: list[iam.PolicyStatement]) -> None:
        """Tell the world outside of outcomes."""
        names = self.plan.names
        notify = self.work_queue(NOTIFY_CONTRACT.service)
        notify.subscribe(self.bus, NOTIFY_CONTRACT)
        self.function(
            "notify",
            "Keeps results, queues webhooks' messages, asks saved searches",
            [*statements, *permissions.consume(names, NOTIFY_CONTRACT.service)],
        ).work_on(notify, batch=BATCH, most_at_once=2)
        webhooks = self.function(
            "webhooks",
            "Sends webhooks what is due",
            [
                permissions.use_table(names, self.service),
                permissions.keep_secrets(names, "webhooks"),
            ],
            memory_mib=256,
        )
        self.schedules.every(WEBHOOKS_EVERY, "webhooks", webhooks, "Webhooks are told what is due")

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
            "Probes what was uploaded, settles uploads that never came, keeps retention",
            [*own, *permissions.consume(self.plan.names, UPLOADS)],
            timeout=PROBE_TIMEOUT,
            memory_mib=2048,
            storage=PROBE_DISK,
        )
        uploads.work_on(queue, batch=1, most_at_once=MOST_PROBES)
        self.schedules.every(
            SETTLE_EVERY,
            "uploads",
            uploads,
            "Uploads that were never completed are completed, or expire",
        )

        self.schedules.every(
            RETAIN_EVERY, SCHEDULE, uploads, "What [retention] lets nobody keep is deleted"
        )

    def _replays(self) -> None:
        """Work off replays, one at a time, at the rate that was asked for."""
        names = self.plan.names
        queue = self.work_queue(
            REPLAYS,
            visibility=PROBE_TIMEOUT,
            most_wait=Duration.hours(12),
        )
        replays = self.function(
            "replays",
            "Publishes stored events again, at a rate",
            [
                *permissions.append_events(names),
                permissions.scan_events(names),
                permissions.use_table(names, self.service),
                permissions.count_waiting(names, *SERVICES),
                *permissions.consume(names, REPLAYS),
            ],
            timeout=PROBE_TIMEOUT,
            memory_mib=256,
            reserved=1,
        )
        replays.work_on(queue, batch=1, most_at_once=2)


def _usual_effort() -> dict[str, str]:
    """Return what an hour of audio takes on a GPU, for the first estimate of a feed."""
    known = prices()
    return {
        "usual_work_hours": f"{known['gpu'][GPU]['real_time_factor']}",
        "usual_cost_usd": f"{gpu_usd_an_hour(known, GPU, spot=True):.4f}",
    }
