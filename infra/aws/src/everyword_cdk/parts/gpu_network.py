"""A network that nothing outside can reach, and that reaches only what a GPU worker needs."""

from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from everyword_cdk.deployment import Deployment
from everyword_cdk.names import Names
from everyword_cdk.parts.function import log_group

_ENDPOINTS = {
    "Sqs": ec2.InterfaceVpcEndpointAwsService.SQS,
    "EcrApi": ec2.InterfaceVpcEndpointAwsService.ECR,
    "EcrDocker": ec2.InterfaceVpcEndpointAwsService.ECR_DOCKER,
    "Logs": ec2.InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS,
}
_FOR_ECS = {
    "Ecs": ec2.InterfaceVpcEndpointAwsService.ECS,
    "EcsAgent": ec2.InterfaceVpcEndpointAwsService.ECS_AGENT,
    "EcsTelemetry": ec2.InterfaceVpcEndpointAwsService.ECS_TELEMETRY,
}
_FOR_GROUP = {"AutoScaling": ec2.InterfaceVpcEndpointAwsService.AUTOSCALING}


class GpuNetwork(Construct):
    """Two zones of isolated subnets: no internet gateway, no NAT, no public address.

    S3 and DynamoDB are reached through gateways, which cost nothing; the rest through interface
    endpoints in one zone, which both zones use: half the price, and a zone's loss is survived by
    deploying again.
    """

    def __init__(self, scope: Construct, names: Names, deployment: Deployment) -> None:
        super().__init__(scope, "Network")
        gateway = ec2.GatewayVpcEndpointAwsService
        self.vpc = ec2.Vpc(
            self,
            "Vpc",
            vpc_name=f"{names.prefix}-gpu",
            max_azs=2,
            nat_gateways=0,
            subnet_configuration=[
                ec2.SubnetConfiguration(
                    name="gpu", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED, cidr_mask=20
                )
            ],
            gateway_endpoints={
                "S3": ec2.GatewayVpcEndpointOptions(service=gateway.S3),
                "DynamoDb": ec2.GatewayVpcEndpointOptions(service=gateway.DYNAMODB),
            },
        )
        group = log_group(self, "FlowLog", f"/everyword/{names.prefix}/gpu-network", deployment)
        self.vpc.add_flow_log(
            "Rejected",
            destination=ec2.FlowLogDestination.to_cloud_watch_logs(group),
            traffic_type=ec2.FlowLogTrafficType.REJECT,
        )
        self.worker_group = ec2.SecurityGroup(
            self,
            "WorkerGroup",
            vpc=self.vpc,
            description="GPU workers: nothing in, HTTPS out",
            allow_all_outbound=False,
        )
        self.worker_group.add_egress_rule(
            ec2.Peer.any_ipv4(), ec2.Port.tcp(443), "AWS services, by endpoints"
        )
        endpoint_group = ec2.SecurityGroup(
            self,
            "EndpointGroup",
            vpc=self.vpc,
            description="Endpoints: HTTPS from GPU workers",
            allow_all_outbound=False,
        )
        endpoint_group.add_ingress_rule(self.worker_group, ec2.Port.tcp(443), "GPU workers")
        one_zone = ec2.SubnetSelection(subnets=[self.vpc.isolated_subnets[0]])
        for_mode = _FOR_GROUP if deployment.gpu == "asg" else _FOR_ECS
        for name, service in (_ENDPOINTS | for_mode).items():
            self.vpc.add_interface_endpoint(
                name,
                service=service,
                subnets=one_zone,
                security_groups=[endpoint_group],
                open=False,
                private_dns_enabled=True,
            )
