"""GPU workers as AWS Batch jobs on spot machines: for back catalogues of thousands of hours.

A job is a worker: it takes messages until the queue stays empty, so that a machine that came up
for one upload works for all that wait. There are never more jobs than the backlog is worth. Batch
starts again what lost its machine.
"""

from aws_cdk import Duration, Size
from aws_cdk import aws_batch as batch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from constructs import Construct
from everyword_aws.environment import BATCH
from everyword_aws.leaving import INTERRUPTED

from everyword_cdk.checks import accept_batch
from everyword_cdk.names import Names
from everyword_cdk.parts.gpu_worker import SERVICE, GpuWorker

VCPU_OF_A_WORKER = 4
LONGEST_JOB = Duration.hours(24)
MOST_STARTS = 10
"""As often as Batch starts a job at most; what then still waits, the schedule submits anew."""
KINDS = ("g4dn.xlarge", "g5.xlarge", "g6.xlarge")


class BatchGpu(Construct):
    """The machines, the queue of jobs, and the job that is a worker."""

    def __init__(self, scope: Construct, worker: GpuWorker, names: Names, most: int) -> None:
        super().__init__(scope, "Batch")
        accept_batch(self)
        role = iam.Role(self, "JobRole", assumed_by=iam.ServicePrincipal("ecs-tasks.amazonaws.com"))
        for statement in worker.statements:
            role.add_to_policy(statement)
        machines = batch.ManagedEc2EcsComputeEnvironment(
            self,
            "Machines",
            compute_environment_name=f"{names.prefix}-gpu",
            vpc=worker.network.vpc,
            vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED),
            security_groups=[worker.network.worker_group],
            instance_types=[ec2.InstanceType(kind) for kind in KINDS],
            use_optimal_instance_classes=False,
            images=[batch.EcsMachineImage(image_type=batch.EcsMachineImageType.ECS_AL2023_NVIDIA)],
            spot=True,
            allocation_strategy=batch.AllocationStrategy.SPOT_PRICE_CAPACITY_OPTIMIZED,
            minv_cpus=0,
            maxv_cpus=most * VCPU_OF_A_WORKER,
            terminate_on_update=False,
        )
        self.queue_name = f"{names.prefix}-gpu"
        self.definition_name = f"{names.prefix}-{SERVICE}"
        self.jobs = batch.JobQueue(self, "Jobs", job_queue_name=self.queue_name)
        self.jobs.add_compute_environment(machines, 1)
        self.definition = batch.EcsJobDefinition(
            self,
            "Worker",
            job_definition_name=self.definition_name,
            container=batch.EcsEc2ContainerDefinition(
                self,
                "Container",
                image=ecs.ContainerImage.from_ecr_repository(worker.repository, worker.tag),
                cpu=VCPU_OF_A_WORKER,
                memory=Size.mebibytes(14000),
                gpu=1,
                job_role=role,
                environment=worker.variables | {"EVERYWORD_GPU": BATCH},
                logging=ecs.LogDrivers.aws_logs(stream_prefix="worker", log_group=worker.log),
            ),
            timeout=LONGEST_JOB,
            retry_attempts=MOST_STARTS,
            retry_strategies=[
                batch.RetryStrategy.of(batch.Action.RETRY, batch.Reason.SPOT_INSTANCE_RECLAIMED),
                batch.RetryStrategy.of(
                    batch.Action.RETRY, batch.Reason.custom(on_exit_code=str(INTERRUPTED))
                ),
                batch.RetryStrategy.of(batch.Action.EXIT, batch.Reason.custom(on_reason="*")),
            ],
        )
