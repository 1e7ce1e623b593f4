"""GPU workers as an Auto Scaling group of spot machines that end themselves when idle.

The plainest way, on any AMI with Docker and NVIDIA's runtime: an upload sets the group's desired
capacity to what the backlog is worth, up to its limit; a worker that polled in vain takes its
machine out of the group. One that was interrupted leaves the group's number alone, and another
machine comes for the work it gave back.
"""

from aws_cdk import Duration, Stack
from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from constructs import Construct
from everyword_aws.environment import GROUP

from everyword_cdk.checks import accept_group
from everyword_cdk.names import Names
from everyword_cdk.parts.gpu_worker import SERVICE, GpuWorker

KINDS = ("g4dn.xlarge", "g5.xlarge", "g6.xlarge")
DISK_GIB = 120
GPU_IMAGE = "/aws/service/ecs/optimized-ami/amazon-linux-2023/gpu/recommended/image_id"


class GroupGpu(Construct):
    """The launch template and the group."""

    def __init__(self, scope: Construct, worker: GpuWorker, names: Names, most: int) -> None:
        super().__init__(scope, "Group")
        self.group_name = f"{names.prefix}-gpu"
        self._arn = names.arn(
            "autoscaling", f"autoScalingGroup:*:autoScalingGroupName/{self.group_name}"
        )
        accept_group(self, self._arn)
        role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"))
        for statement in (*worker.statements, self._leave()):
            role.add_to_policy(statement)
        worker.repository.grant_pull(role)
        worker.log.grant_write(role)
        template = ec2.LaunchTemplate(
            self,
            "Template",
            launch_template_name=self.group_name,
            machine_image=ec2.MachineImage.from_ssm_parameter(GPU_IMAGE),
            security_group=worker.network.worker_group,
            role=role,
            require_imdsv2=True,
            http_put_response_hop_limit=2,
            detailed_monitoring=True,
            instance_initiated_shutdown_behavior=ec2.InstanceInitiatedShutdownBehavior.TERMINATE,
            user_data=self._start(worker),
            block_devices=[
                ec2.BlockDevice(
                    device_name="/dev/xvda",
                    volume=ec2.BlockDeviceVolume.ebs(
                        DISK_GIB, encrypted=True, volume_type=ec2.EbsDeviceVolumeType.GP3
                    ),
                )
            ],
        )
        self.group = autoscaling.AutoScalingGroup(
            self,
            "Group",
            auto_scaling_group_name=self.group_name,
            vpc=worker.network.vpc,
            vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED),
            min_capacity=0,
            max_capacity=most,
            health_checks=autoscaling.HealthChecks.ec2(grace_period=Duration.minutes(10)),
            new_instances_protected_from_scale_in=True,
            mixed_instances_policy=autoscaling.MixedInstancesPolicy(
                launch_template=template,
                launch_template_overrides=[
                    autoscaling.LaunchTemplateOverrides(instance_type=ec2.InstanceType(kind))
                    for kind in KINDS
                ],
                instances_distribution=autoscaling.InstancesDistribution(
                    on_demand_percentage_above_base_capacity=0,
                    spot_allocation_strategy=(
                        autoscaling.SpotAllocationStrategy.PRICE_CAPACITY_OPTIMIZED
                    ),
                ),
            ),
        )

    @property
    def arn(self) -> str:
        """The group's ARN; AWS puts an id in it that is not known before."""
        return self._arn

    def _leave(self) -> iam.PolicyStatement:
        return iam.PolicyStatement(
            actions=["autoscaling:TerminateInstanceInAutoScalingGroup"], resources=[self._arn]
        )

    def _start(self, worker: GpuWorker) -> ec2.UserData:
        stack = Stack.of(self)
        registry = f"{stack.account}.dkr.ecr.{stack.region}.{stack.url_suffix}"
        image = f"{worker.repository.repository_uri}:{worker.tag}"
        variables = worker.variables | {"EVERYWORD_GPU": GROUP, "AWS_REGION": stack.region}
        data = ec2.UserData.for_linux()
        data.add_commands(
            "set -u",
            "systemctl disable --now ecs || true",
            # The image may lack it. Amazon Linux has its packages in S3, reached from here.
            "command -v aws > /dev/null || dnf install -y awscli-2",
            "cat > /etc/everyword.env <<'EVERYWORD'",
            *(f"{name}={value}" for name, value in sorted(variables.items())),
            "EVERYWORD",
            "leave() {",
            "  token=$(curl -sX PUT http://169.254.169.254/latest/api/token "
            "-H 'X-aws-ec2-metadata-token-ttl-seconds: 60')",
            '  machine=$(curl -sH "X-aws-ec2-metadata-token: $token" '
            "http://169.254.169.254/latest/meta-data/instance-id)",
            "  aws autoscaling terminate-instance-in-auto-scaling-group "
            f"--region {stack.region} --instance-id $machine "
            "--should-decrement-desired-capacity || shutdown -h now",
            "}",
            f"aws ecr get-login-password --region {stack.region} "
            f"| docker login --username AWS --password-stdin {registry}",
            "docker run --rm --gpus all --env-file /etc/everyword.env --stop-timeout 100 "
            "--log-driver awslogs "
            f"--log-opt awslogs-region={stack.region} "
            f"--log-opt awslogs-group={worker.log.log_group_name} "
            f"--log-opt awslogs-stream={SERVICE}-$(hostname) {image} || leave",
        )
        return data
