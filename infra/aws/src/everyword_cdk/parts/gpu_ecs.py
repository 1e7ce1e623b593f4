"""GPU workers as ECS tasks on Managed Instances: none while there is nothing to do.

Spot machines do the work. Where AWS has none to give, messages wait, and a second service on
on-demand machines takes over: spot capacity does not fall back by itself.
"""

from aws_cdk import Duration, Size
from aws_cdk import aws_applicationautoscaling as autoscaling
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sqs as sqs
from constructs import Construct
from everyword_aws.scaling import steps_up_to

from everyword_cdk.checks import accept_managed_instances
from everyword_cdk.names import Names
from everyword_cdk.parts.gpu_worker import SERVICE, GpuWorker

STOP_TIMEOUT = Duration.seconds(120)
"""What a spot notice leaves: time to keep a checkpoint and give the message back."""
DISK = Size.gibibytes(120)
IDLE_BEFORE_RELEASE = Duration.minutes(5)
LOOK_EVERY = Duration.minutes(1)
SPOT_FAILED_AFTER = Duration.minutes(30)
"""So long may a message wait before on-demand machines take over."""


class EcsGpu(Construct):
    """The cluster, its machines, and a service on each kind of them."""

    def __init__(
        self, scope: Construct, worker: GpuWorker, queue: sqs.IQueue, names: Names, most: int
    ) -> None:
        super().__init__(scope, "Ecs")
        accept_managed_instances(self)
        self._names = names
        self._worker = worker
        self.cluster_name = f"{names.prefix}-gpu"
        self.cluster = ecs.Cluster(
            self,
            "Cluster",
            cluster_name=self.cluster_name,
            vpc=worker.network.vpc,
            container_insights_v2=ecs.ContainerInsights.ENABLED,
        )
        self.task = self._task()
        self.spot = self._service("spot", ecs.CapacityOptionType.SPOT)
        self.on_demand = self._service("on-demand", ecs.CapacityOptionType.ON_DEMAND)
        self._scale(self.spot, "Backlog", _backlog(queue), most)
        stranded = _stranded(queue, self.cluster_name, self.service_name("spot"))
        self._scale(self.on_demand, "Stranded", stranded, most)
        self._protect_tasks()

    def service_name(self, machines: str) -> str:
        """Return the name of the service on a kind of machines."""
        return f"{self._names.prefix}-{SERVICE}-{machines}"

    def _task(self) -> ecs.TaskDefinition:
        task = ecs.TaskDefinition(
            self,
            "Task",
            family=f"{self._names.prefix}-{SERVICE}",
            compatibility=ecs.Compatibility.MANAGED_INSTANCES,
            cpu="4096",
            memory_mib="14336",
            network_mode=ecs.NetworkMode.AWS_VPC,
            runtime_platform=ecs.RuntimePlatform(
                cpu_architecture=ecs.CpuArchitecture.X86_64,
                operating_system_family=ecs.OperatingSystemFamily.LINUX,
            ),
        )
        task.add_container(
            "worker",
            image=ecs.ContainerImage.from_ecr_repository(self._worker.repository, self._worker.tag),
            gpu_count=1,
            memory_limit_mib=14000,
            stop_timeout=STOP_TIMEOUT,
            environment=self._worker.variables | {"EVERYWORD_GPU": "ecs"},
            readonly_root_filesystem=False,
            logging=ecs.LogDrivers.aws_logs(stream_prefix="worker", log_group=self._worker.log),
        )
        for statement in self._worker.statements:
            task.add_to_task_role_policy(statement)
        return task

    def _service(self, name: str, option: ecs.CapacityOptionType) -> ecs.FargateService:
        network = self._worker.network
        provider = ecs.ManagedInstancesCapacityProvider(
            self,
            f"Machines-{name}",
            capacity_provider_name=f"{self._names.prefix}-gpu-{name}",
            subnets=network.vpc.isolated_subnets,
            security_groups=[network.worker_group],
            capacity_option_type=option,
            task_volume_storage=DISK,
            propagate_tags=ecs.PropagateManagedInstancesTags.CAPACITY_PROVIDER,
            instance_requirements=ec2.InstanceRequirementsConfig(
                v_cpu_count_min=4,
                v_cpu_count_max=16,
                memory_min=Size.gibibytes(16),
                instance_generations=[ec2.InstanceGeneration.CURRENT],
                accelerator_types=[ec2.AcceleratorType.GPU],
                accelerator_manufacturers=[ec2.AcceleratorManufacturer.NVIDIA],
                accelerator_count_min=1,
                accelerator_count_max=1,
                accelerator_total_memory_min=Size.gibibytes(16),
            ),
        )
        self.cluster.add_managed_instances_capacity_provider(provider)
        raw = provider.node.default_child
        assert isinstance(raw, ecs.CfnCapacityProvider)
        raw.add_property_override(
            "ManagedInstancesProvider.InfrastructureOptimization.ScaleInAfter",
            IDLE_BEFORE_RELEASE.to_seconds(),
        )
        service = ecs.FargateService(
            self,
            f"Service-{name}",
            service_name=self.service_name(name),
            cluster=self.cluster,
            task_definition=self.task,
            desired_count=0,
            min_healthy_percent=0,
            max_healthy_percent=100,
            capacity_provider_strategies=[
                ecs.CapacityProviderStrategy(
                    capacity_provider=provider.capacity_provider_name, weight=1
                )
            ],
            vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED),
            security_groups=[network.worker_group],
            circuit_breaker=ecs.DeploymentCircuitBreaker(rollback=True),
            propagate_tags=ecs.PropagatedTagSource.SERVICE,
            enable_ecs_managed_tags=True,
        )
        service.node.add_dependency(provider)
        return service

    def _scale(
        self, service: ecs.FargateService, name: str, metric: cloudwatch.IMetric, most: int
    ) -> None:
        """Set the count of workers by steps. Busy tasks are protected: fewer never stops work."""
        scaling = service.auto_scale_task_count(min_capacity=0, max_capacity=most)
        steps = [
            autoscaling.ScalingInterval(lower=backlog, change=workers)
            for backlog, workers in steps_up_to(most).items()
        ]
        scaling.scale_on_metric(
            name,
            metric=metric,
            adjustment_type=autoscaling.AdjustmentType.EXACT_CAPACITY,
            evaluation_periods=1,
            cooldown=Duration.minutes(3),
            scaling_steps=[autoscaling.ScalingInterval(upper=0, change=0), *steps],
        )

    def _protect_tasks(self) -> None:
        """Let a busy worker ask ECS not to stop it while workers become fewer."""
        self.task.add_to_task_role_policy(
            iam.PolicyStatement(
                actions=["ecs:GetTaskProtection", "ecs:UpdateTaskProtection"],
                resources=[self._names.arn("ecs", f"task/{self.cluster_name}/*")],
            )
        )


def _backlog(queue: sqs.IQueue) -> cloudwatch.MathExpression:
    """Count what waits and what is worked on; without FILL the sum of nothing is no number."""
    return cloudwatch.MathExpression(
        expression="FILL(visible,0)+FILL(held,0)",
        using_metrics={
            "visible": queue.metric_approximate_number_of_messages_visible(
                period=LOOK_EVERY, statistic="max"
            ),
            "held": queue.metric_approximate_number_of_messages_not_visible(
                period=LOOK_EVERY, statistic="max"
            ),
        },
        period=LOOK_EVERY,
        label="messages waiting and in flight",
    )


def _stranded(queue: sqs.IQueue, cluster: str, spot_service: str) -> cloudwatch.MathExpression:
    """Count what waits, once it has waited too long while no spot machine works."""
    limit_s = int(SPOT_FAILED_AFTER.to_seconds())
    return cloudwatch.MathExpression(
        expression=f"IF(FILL(age,0)>{limit_s} AND FILL(spot,0)<1,FILL(visible,0),0)",
        using_metrics={
            "age": queue.metric_approximate_age_of_oldest_message(
                period=LOOK_EVERY, statistic="max"
            ),
            "visible": queue.metric_approximate_number_of_messages_visible(
                period=LOOK_EVERY, statistic="max"
            ),
            "spot": cloudwatch.Metric(
                namespace="ECS/ContainerInsights",
                metric_name="RunningTaskCount",
                dimensions_map={"ClusterName": cluster, "ServiceName": spot_service},
                period=LOOK_EVERY,
                statistic="max",
            ),
        },
        period=LOOK_EVERY,
        label="messages that no spot machine takes",
    )
