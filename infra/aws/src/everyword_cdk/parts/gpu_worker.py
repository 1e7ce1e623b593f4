"""What every way of running the GPU worker has in common: image, role, variables."""

import json
from dataclasses import dataclass

from aws_cdk import RemovalPolicy
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct
from everyword_aws.environment import WorkerEnvironment

from everyword_cdk import permissions
from everyword_cdk.names import Names
from everyword_cdk.parts.function import log_group, measured_as
from everyword_cdk.parts.gpu_network import GpuNetwork
from everyword_cdk.stacks.base import DeploymentPlan
from transcribe_gpu.contract import CONTRACT

KEPT_IMAGES = 5
SERVICE = CONTRACT.service


def worker_log(names: Names) -> str:
    """Return the name of the workers' log group."""
    return f"/everyword/{names.prefix}/{SERVICE}"


@dataclass(frozen=True)
class GpuWorker:
    """The worker, wherever it runs."""

    repository: ecr.Repository
    tag: str
    variables: dict[str, str]
    statements: tuple[iam.PolicyStatement, ...]
    log: logs.LogGroup
    network: GpuNetwork

    @classmethod
    def of(cls, scope: Construct, plan: DeploymentPlan) -> "GpuWorker":
        """Make the image's repository, the log and the network, and say what a worker may do."""
        names, deployment = plan.names, plan.deployment
        repository = ecr.Repository(
            scope,
            "WorkerImages",
            repository_name=f"{names.prefix}/transcribe-gpu",
            encryption=ecr.RepositoryEncryption.AES_256,
            image_scan_on_push=True,
            removal_policy=RemovalPolicy.DESTROY,
            empty_on_delete=True,
            lifecycle_rules=[ecr.LifecycleRule(max_image_count=KEPT_IMAGES)],
        )
        variables = WorkerEnvironment(
            service=SERVICE,
            prefix=names.prefix,
            bucket=names.bucket(SERVICE),
            table=names.table(SERVICE),
            event_log=names.event_log,
            queues=names.queue_url(names.queue("")),
            settings_file="-",
            settings=json.dumps(plan.settings.section("transcribe"), sort_keys=True),
            models=json.dumps(plan.settings.section("models")["general"], sort_keys=True),
            idle_polls=deployment.worker_idle_polls,
        ).variables()
        variables |= measured_as(names, SERVICE)
        return cls(
            repository=repository,
            tag=deployment.worker_image_tag,
            variables=variables,
            statements=(
                *permissions.append_events(names),
                *permissions.write_blobs(names, SERVICE),
                permissions.use_table(names, SERVICE),
                *permissions.read_blobs(names, "ingest"),
                *permissions.consume(names, SERVICE),
            ),
            log=log_group(scope, "WorkerLog", worker_log(names), deployment),
            network=GpuNetwork(scope, names, deployment),
        )
