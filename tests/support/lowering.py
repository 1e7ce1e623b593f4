"""Lowers synthesized templates to what moto can create, and says what it left out.

What stays is the template's own: its rules and patterns, queues with their redrive policies,
buckets, tables with their keys, indexes and streams, the bus and its archive. Of functions their
environment and event source mappings are read, for the harness to play Lambda with. A rule's Lambda
target becomes a queue of that function's, since moto delivers to queues only.
"""

import copy
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

ACCOUNT = "123456789012"
REGION = "eu-west-1"
PSEUDO = {
    "AWS::AccountId": ACCOUNT,
    "AWS::Region": REGION,
    "AWS::Partition": "aws",
    "AWS::URLSuffix": "amazonaws.com",
}
KEPT = {
    "AWS::Events::EventBus",
    "AWS::Events::Rule",
    "AWS::Events::Archive",
    "AWS::SQS::Queue",
    "AWS::S3::Bucket",
    "AWS::DynamoDB::Table",
}
LEFT_OUT = {
    "AWS::ApiGatewayV2::Api": "the harness sends API Gateway's events by the routes itself",
    "AWS::ApiGatewayV2::Integration": "as above",
    "AWS::ApiGatewayV2::Route": "read by the harness",
    "AWS::ApiGatewayV2::Stage": "as above",
    "AWS::ApplicationAutoScaling::ScalableTarget": "scaling is simulated elsewhere",
    "AWS::ApplicationAutoScaling::ScalingPolicy": "scaling is simulated elsewhere",
    "AWS::CloudFront::CachePolicy": "moto serves nothing",
    "AWS::CloudFront::Function": "moto serves nothing",
    "AWS::CloudFront::Distribution": "moto serves nothing",
    "AWS::CloudFront::OriginAccessControl": "moto serves nothing",
    "AWS::CloudWatch::Alarm": "moto never evaluates one",
    "AWS::EC2::FlowLog": "no machine runs",
    "AWS::EC2::Route": "no machine runs",
    "AWS::EC2::RouteTable": "no machine runs",
    "AWS::EC2::SecurityGroup": "no machine runs",
    "AWS::EC2::SecurityGroupEgress": "no machine runs",
    "AWS::EC2::SecurityGroupIngress": "no machine runs",
    "AWS::EC2::Subnet": "no machine runs",
    "AWS::EC2::SubnetRouteTableAssociation": "no machine runs",
    "AWS::EC2::VPC": "no machine runs",
    "AWS::EC2::VPCEndpoint": "no machine runs",
    "AWS::ECR::Repository": "the worker runs outside a container",
    "AWS::ECS::CapacityProvider": "moto knows none",
    "AWS::ECS::Cluster": "the worker runs outside a container",
    "AWS::ECS::ClusterCapacityProviderAssociations": "moto knows none",
    "AWS::ECS::Service": "the worker runs outside a container",
    "AWS::ECS::TaskDefinition": "read by the harness",
    "AWS::IAM::InstanceProfile": "moto checks no rights; tests/infra/test_templates.py does",
    "AWS::IAM::Policy": "moto checks no rights; tests/infra/test_templates.py does",
    "AWS::IAM::Role": "moto checks no rights; tests/infra/test_templates.py does",
    "AWS::Lambda::Alias": "read by the harness",
    "AWS::Lambda::EventInvokeConfig": "the harness plays Lambda",
    "AWS::Lambda::EventSourceMapping": "read by the harness: moto's eats messages",
    "AWS::Lambda::Function": "read by the harness",
    "AWS::Lambda::LayerVersion": "the harness writes the settings itself",
    "AWS::Lambda::Permission": "moto checks no rights",
    "AWS::Lambda::Version": "read by the harness",
    "AWS::Logs::LogGroup": "nothing logs to it",
    "AWS::Logs::MetricFilter": "nothing logs to it",
    "AWS::OpenSearchServerless::AccessPolicy": "a real OpenSearch stands in for the data plane",
    "AWS::OpenSearchServerless::Collection": "a real OpenSearch stands in for the data plane",
    "AWS::OpenSearchServerless::CollectionGroup": "as above",
    "AWS::OpenSearchServerless::SecurityPolicy": "as above",
    "AWS::S3::BucketPolicy": "moto checks no rights",
    "AWS::Scheduler::Schedule": "read by the harness, which calls its target",
    "AWS::Scheduler::ScheduleGroup": "as above",
    "AWS::SNS::Topic": "moto raises no alarm",
    "AWS::SNS::TopicPolicy": "moto raises no alarm",
    "AWS::SQS::QueuePolicy": "moto checks no rights",
    "AWS::CDK::Metadata": "says which CDK wrote the template",
    "Custom::CDKBucketDeployment": "copies the widget's files",
}
"""Every type that may be left out, and why; another one fails the test."""


@dataclass
class Lowered:
    """What of a stack moto creates, and what the harness plays."""

    template: dict[str, Any]
    functions: dict[str, dict[str, str]] = field(default_factory=dict)
    feeds: list[tuple[str, str, int]] = field(default_factory=list)
    """(queue, function, batch size) of every event source mapping of a queue."""
    streams: list[tuple[str, int]] = field(default_factory=list)
    """(function, batch size) of every mapping of the log's stream."""
    schedules: dict[str, tuple[str, dict[str, Any]]] = field(default_factory=dict)
    """(function, what it is told) of every schedule, by the schedule's name."""
    worker: dict[str, str] = field(default_factory=dict)
    routes: list[str] = field(default_factory=list)
    left_out: set[str] = field(default_factory=set)


def lower(template: Mapping[str, Any]) -> Lowered:
    """Lower one stack's template."""
    resources = template["Resources"]
    resolve = Resolver(resources)
    lowered = Lowered({"Resources": {}})
    for name, resource in resources.items():
        kind = resource["Type"]
        own = resolve(copy.deepcopy(resource.get("Properties", {})))
        if kind not in KEPT:
            lowered.left_out.add(kind)
            _play(lowered, kind, own)
        elif kind == "AWS::Events::Rule":
            _rule(lowered, name, own)
        else:
            lowered.template["Resources"][name] = {"Type": kind, "Properties": _mended(kind, own)}
    return lowered


def _play(lowered: Lowered, kind: str, own: dict[str, Any]) -> None:
    if kind == "AWS::Lambda::Function" and "FunctionName" in own:
        lowered.functions[own["FunctionName"]] = {
            **own["Environment"]["Variables"],
            "HANDLER": own["Handler"],
        }
    elif kind == "AWS::Lambda::EventSourceMapping":
        function = own["FunctionName"].removesuffix(":live").rpartition(":")[2]
        source = own["EventSourceArn"]
        if ":sqs:" in source:
            lowered.feeds.append((source.rpartition(":")[2], function, own["BatchSize"]))
        else:
            lowered.streams.append((function, own["BatchSize"]))
    elif kind == "AWS::ECS::TaskDefinition":
        (container,) = own["ContainerDefinitions"]
        lowered.worker = {each["Name"]: str(each["Value"]) for each in container["Environment"]}
    elif kind == "AWS::Scheduler::Schedule":
        target = own["Target"]
        function = target["Arn"].removesuffix(":live").rpartition(":")[2]
        lowered.schedules[own["Name"]] = function, json.loads(target["Input"])
    elif kind == "AWS::ApiGatewayV2::Route":
        lowered.routes.append(own["RouteKey"])


def _rule(lowered: Lowered, name: str, own: dict[str, Any]) -> None:
    for target in own["Targets"]:
        service, function = target["Arn"].split(":")[2], target["Arn"].split(":")[6:7]
        if service == "lambda":
            queue = f"target-{function[0]}"
            target["Arn"] = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{queue}"
            lowered.template["Resources"][f"Target{name}"] = {
                "Type": "AWS::SQS::Queue",
                "Properties": {"QueueName": queue},
            }
        else:
            assert service == "sqs", target
    lowered.template["Resources"][name] = {"Type": "AWS::Events::Rule", "Properties": own}


def _mended(kind: str, own: dict[str, Any]) -> dict[str, Any]:
    if kind == "AWS::Events::Archive":
        own["EventPattern"] = json.dumps(own["EventPattern"])
    if kind == "AWS::DynamoDB::Table":
        own.pop("PointInTimeRecoverySpecification", None)
        own.pop("SSESpecification", None)
        own.pop("DeletionProtectionEnabled", None)
    if kind == "AWS::Events::EventBus":
        own = {"Name": own["Name"]}
    if kind == "AWS::S3::Bucket":
        own = {
            key: value
            for key, value in own.items()
            if key in {"BucketName", "NotificationConfiguration", "VersioningConfiguration"}
        }
    return own


class Resolver:
    """Writes intrinsics as the names and ARNs that they will be."""

    def __init__(self, resources: Mapping[str, Any]) -> None:
        self._resources = resources

    def __call__(self, value: Any) -> Any:  # noqa: PLR0911 - one return an intrinsic
        if isinstance(value, list):
            return [self(each) for each in value]
        if not isinstance(value, dict):
            return value
        if set(value) == {"Ref"}:
            return self._ref(value["Ref"])
        if set(value) == {"Fn::GetAtt"}:
            return self._attribute(*value["Fn::GetAtt"])
        if set(value) == {"Fn::Join"}:
            separator, parts = value["Fn::Join"]
            return separator.join(str(self(part)) for part in parts)
        if set(value) == {"Fn::Select"}:
            place, parts = value["Fn::Select"]
            found = self(parts)
            return found[int(place)] if isinstance(found, list) else f"zone-{place}"
        if set(value) == {"Fn::Split"}:
            separator, text = value["Fn::Split"]
            return str(self(text)).split(separator)
        return {key: self(each) for key, each in value.items()}

    def _ref(self, name: str) -> str:
        if name in PSEUDO:
            return PSEUDO[name]
        kind = self._resources.get(name, {}).get("Type")
        if kind == "AWS::Lambda::Alias":
            return self._function_arn(name)
        return self._name_of(name)

    def _attribute(self, name: str, attribute: str) -> str:
        kind = self._resources[name]["Type"]
        if attribute == "CollectionEndpoint":
            return "collection-endpoint"
        if kind == "AWS::SQS::Queue" and attribute == "Arn":
            return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{self._name_of(name)}"
        if kind == "AWS::S3::Bucket" and attribute == "Arn":
            return f"arn:aws:s3:::{self._name_of(name)}"
        if kind == "AWS::DynamoDB::Table":
            return f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{self._name_of(name)}"
        if kind == "AWS::Events::EventBus" and attribute == "Arn":
            return f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/{self._name_of(name)}"
        return f"arn:aws:{kind.split('::')[1].lower()}:{REGION}:{ACCOUNT}:{name}.{attribute}"

    def _function_arn(self, alias: str) -> str:
        function = self._resources[alias]["Properties"]["FunctionName"]
        name = self._name_of(function["Ref"])
        return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}:live"

    def _name_of(self, name: str) -> str:
        own = self._resources.get(name, {}).get("Properties", {})
        for key in ("QueueName", "BucketName", "TableName", "FunctionName", "Name"):
            if key in own:
                return str(self(own[key]))
        return name
