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
from everyword_events import AudioUploaded, EpisodeRemoved
from transcribe_gpu.contract import CONTRACT

REMOVALS = "transcribe-gpu-removals"
CLAIM = Duration.minutes(5)
"""How long a dead worker's message stays hidden; a living one extends it."""
LONGEST_WAIT = Duration.hours(4)


class TranscribeStack(ServiceStack):
    """The transcribe-gpu service.

    Removals have a queue and a function of their own: they must never start a GPU.
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
        queue.subscribe(self.bus, replace(CONTRACT, consumes=(EpisodeRemoved,)))
        removals = self.function(
            "removals",
            "Deletes what transcribe-gpu holds of removed episodes",
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
        most = self.plan.deployment.most_gpu_workers
        gpu = EcsGpu(self, worker, self.work.queue, self.plan.names, most)
        service = gpu.service_name("spot")
        arn = self.plan.names.arn("ecs", f"service/{gpu.cluster_name}/{service}")
        self._wake(
            WakeEnvironment(gpu="ecs", cluster=gpu.cluster_name, worker=service),
            iam.PolicyStatement(
                actions=["ecs:DescribeServices", "ecs:UpdateService"], resources=[arn]
            ),
        )

    def _on_group(self, worker: GpuWorker) -> None:
        most = self.plan.deployment.most_gpu_workers
        gpu = GroupGpu(self, worker, self.plan.names, most)
        accept_resource(self, gpu.arn, "AWS puts an id into a group's ARN that is not known before")
        self._wake(
            WakeEnvironment(gpu="asg", worker=gpu.group_name),
            iam.PolicyStatement(actions=["autoscaling:SetDesiredCapacity"], resources=[gpu.arn]),
            # AWS: describing groups knows no resources, so `*` is the only one it accepts.
            iam.PolicyStatement(actions=["autoscaling:DescribeAutoScalingGroups"], resources=["*"]),
        )

    def _on_batch(self, worker: GpuWorker) -> None:
        gpu = BatchGpu(self, worker, self.plan.names, self.plan.deployment.most_gpu_workers)
        gpu.submit_on(self._upload_rule(), self.work.dead_letters)

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

    def _wake(self, environment: WakeEnvironment, *statements: iam.PolicyStatement) -> None:
        wake = ServiceFunction(
            self,
            "transcribe-gpu-wake",
            service=self.service,
            handler="transcribe_gpu_wake",
            names=self.plan.names,
            deployment=self.plan.deployment,
            alarms=self.alarms,
            environment=environment.variables(),
            statements=statements,
            description="Starts a GPU worker when an upload arrives and none runs",
            timeout=Duration.seconds(30),
            memory_mib=256,
        )
        # Lost, it costs minutes and no work: the backlog starts a worker as well.
        self._upload_rule().add_target(
            targets.LambdaFunction(wake.live, retry_attempts=2, max_event_age=Duration.minutes(10))
        )
