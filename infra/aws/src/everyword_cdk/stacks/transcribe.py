"""Transcription: its queue, its workers on GPUs that exist only while there is work."""

from dataclasses import replace

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct
from everyword_aws.environment import WakeEnvironment

from everyword_cdk import permissions
from everyword_cdk.checks import accept_resource
from everyword_cdk.parts.function import ServiceFunction
from everyword_cdk.parts.gpu_batch import BatchGpu
from everyword_cdk.parts.gpu_ecs import EcsGpu
from everyword_cdk.parts.gpu_group import GroupGpu
from everyword_cdk.parts.gpu_worker import GpuWorker
from everyword_cdk.parts.storage import ServiceBucket, ServiceTable, key_table
from everyword_cdk.stacks.base import DeploymentPlan
from everyword_cdk.stacks.service import BATCH, ServiceStack
from everyword_events import AudioUploaded, EpisodeRemoved, VoiceForgotten
from transcribe_gpu.contract import CONTRACT

REMOVALS = "transcribe-gpu-removals"
CLAIM = Duration.minutes(5)
"""How long a dead worker's message stays hidden; a living one extends it."""
LONGEST_WAIT = Duration.hours(4)
WAKE_EVERY = Duration.minutes(5)


class TranscribeStack(ServiceStack):
    """The transcribe-gpu service.

    Removals have a queue and a function of their own: they must never start a GPU. Voices that
    are forgotten are removals too, since their voiceprints lie in this service's bucket.
    """

    def __init__(self, scope: Construct, plan: DeploymentPlan) -> None:
        super().__init__(
            scope, CONTRACT.service, "transcribe", plan, "Everyword: speech recognition on GPUs"
        )
        ServiceBucket(self, self.service, plan.names, plan.deployment)
        progress = key_table(plan.names.table(self.service), "pk", "sk")
        ServiceTable(self, "Progress", plan.deployment, progress)
        self.work = self.work_queue(visibility=CLAIM, most_wait=LONGEST_WAIT)
        uploads = replace(CONTRACT, consumes=(AudioUploaded,))
        self.work.subscribe(self.bus, uploads)
        self._removals()
        worker = GpuWorker.of(self, plan)
        self._watch(worker)
        match plan.deployment.gpu:
            case "ecs":
                self._on_ecs(worker)
            case "batch":
                self._on_batch(worker)
            case "asg":
                self._on_group(worker)

    def _removals(self) -> None:
        names = self.plan.names
        queue = self.work_queue(REMOVALS)
        gone = replace(CONTRACT, consumes=(EpisodeRemoved, VoiceForgotten))
        queue.subscribe(self.bus, gone, holds_runs=True)
        removals = self.function(
            "removals",
            "Deletes what is held of removed episodes, removed runs and forgotten voices",
            [
                *permissions.append_events(names),
                *permissions.write_blobs(names, self.service),
                *permissions.consume(names, REMOVALS),
            ],
            memory_mib=256,
        )
        removals.work_on(queue, batch=BATCH, most_at_once=2)

    def _watch(self, worker: GpuWorker) -> None:
        """Tell of errors in the workers' log."""
        failures = worker.log.add_metric_filter(
            "Failures",
            filter_pattern=logs.FilterPattern.string_value("$.level", "=", "ERROR"),
            metric_namespace=self.plan.names.prefix,
            metric_name="WorkerFailures",
        )
        self.alarms.when(
            "worker-failures",
            failures.metric(period=Duration.minutes(5), statistic="sum"),
            above=0,
            todo="a GPU worker failed: its log says why; a broken host gives its job back first",
        )

    def _on_ecs(self, worker: GpuWorker) -> None:
        names = self.plan.names
        gpu = EcsGpu(self, worker, self.work.queue, names, self.plan.deployment.most_gpu_workers)
        service = gpu.service_name("spot")
        self._wake(
            iam.PolicyStatement(
                actions=["ecs:DescribeServices", "ecs:UpdateService"],
                resources=[names.arn("ecs", f"service/{gpu.cluster_name}/{service}")],
            ),
            cluster=gpu.cluster_name,
            worker=service,
        )

    def _on_group(self, worker: GpuWorker) -> None:
        names = self.plan.names
        gpu = GroupGpu(self, worker, names, self.plan.deployment.most_gpu_workers)
        accept_resource(self, gpu.arn, "AWS puts an id into a group's ARN that is not known before")
        self._wake(
            iam.PolicyStatement(actions=["autoscaling:SetDesiredCapacity"], resources=[gpu.arn]),
            # AWS: describing groups knows no resources, so `*` is the only one it accepts.
            iam.PolicyStatement(actions=["autoscaling:DescribeAutoScalingGroups"], resources=["*"]),
            worker=gpu.group_name,
        )

    def _on_batch(self, worker: GpuWorker) -> None:
        names = self.plan.names
        gpu = BatchGpu(self, worker, names, self.plan.deployment.most_gpu_workers)
        revisions = names.arn("batch", f"job-definition/{gpu.definition_name}:*")
        accept_resource(self, revisions, "Every revision of the one job definition")
        self._wake(
            iam.PolicyStatement(
                actions=["batch:SubmitJob"],
                resources=[
                    names.arn("batch", f"job-queue/{gpu.queue_name}"),
                    names.arn("batch", f"job-definition/{gpu.definition_name}"),
                    revisions,
                ],
            ),
            # AWS: listing jobs knows no resources, so `*` is the only one it accepts.
            iam.PolicyStatement(actions=["batch:ListJobs"], resources=["*"]),
            cluster=gpu.queue_name,
            worker=gpu.definition_name,
        )

    def _wake(self, *statements: iam.PolicyStatement, worker: str, cluster: str = "") -> None:
        """Start workers for an upload at once, and by the clock for whatever else waits."""
        names, deployment = self.plan.names, self.plan.deployment
        environment = WakeEnvironment(
            gpu=deployment.gpu,
            cluster=cluster,
            worker=worker,
            queue=names.queue_url(names.queue(self.service)),
            most=deployment.most_gpu_workers,
        )
        wake = ServiceFunction(
            self,
            f"{self.service}-wake",
            service=self.service,
            handler="transcribe_gpu_wake",
            names=names,
            deployment=deployment,
            alarms=self.alarms,
            environment=environment.variables(),
            statements=[*statements, permissions.count_waiting(names, self.service)],
            description="Starts GPU workers when work waits and too few run",
            timeout=Duration.seconds(30),
            memory_mib=256,
        )
        # Lost, it costs minutes and no work: the schedule looks as well.
        self._upload_rule().add_target(
            targets.LambdaFunction(wake.live, retry_attempts=2, max_event_age=Duration.minutes(10))
        )
        self.schedules.every(WAKE_EVERY, "wake", wake, "Work that no upload announced is begun")

    def _upload_rule(self) -> events.Rule:
        """Match uploads once more: to wake a worker at once, for metrics lag by minutes."""
        rule = events.Rule(
            self,
            "WakeRule",
            event_bus=self.bus,
            event_pattern=events.EventPattern(source=["overridden below"]),
        )
        raw = rule.node.default_child
        assert isinstance(raw, events.CfnRule)
        raw.event_pattern = replace(CONTRACT, consumes=(AudioUploaded,)).event_pattern()
        return rule
