"""Reading synthesized templates: their resources, what roles may do, what the linters say."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

Resource = Mapping[str, Any]
Templates = Mapping[str, Mapping[str, Any]]
RESOURCES_UNKNOWN_TO_AWS = {
    "xray:PutTelemetryRecords": "X-Ray has no resources",
    "xray:PutTraceSegments": "X-Ray has no resources",
    "ecr:GetAuthorizationToken": "ECR's sign-in has no resource",
    "ec2:DescribeNetworkInterfaces": "describing has no resource",
    "ecs:DiscoverPollEndpoint": "the agent of a managed instance asks it before it has a cluster",
    "logs:GetQueryResults": "a query is no resource",
    "batch:ListJobs": "listing has no resource",
    "autoscaling:DescribeAutoScalingGroups": "describing has no resource",
    "cloudfront:CreateInvalidation": "CDK's own function; it knows the distribution at run time",
    "cloudfront:GetInvalidation": "CDK's own function; it knows the distribution at run time",
}
REGIONS = ["eu-central-1", "eu-west-1", "us-east-1", "us-west-2"]
"""Where SnapStart, Managed Instances and OpenSearch Serverless are to be had."""


def read_templates(folder: Path) -> dict[str, Any]:
    """Read the templates in a folder, by the name of their stack."""
    return {
        file.name.partition(".")[0]: json.loads(file.read_text("utf-8"))
        for file in sorted(folder.glob("*.template.json"))
    }


def resources(templates: Templates, kind: str) -> Iterator[tuple[str, str, Resource]]:
    """Give (stack, logical id, resource) of every resource of a type."""
    for stack, template in templates.items():
        for name, resource in template["Resources"].items():
            if resource["Type"] == kind:
                yield stack, name, resource


def properties(templates: Templates, kind: str) -> list[dict[str, Any]]:
    return [resource["Properties"] for _, _, resource in resources(templates, kind)]


def statements(templates: Templates) -> Iterator[tuple[str, str, Resource]]:
    """Give (stack, policy, statement) of every role."""
    for stack, name, policy in resources(templates, "AWS::IAM::Policy"):
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
            yield stack, name, statement
    for stack, name, role in resources(templates, "AWS::IAM::Role"):
        for policy in role["Properties"].get("Policies", []):
            for statement in policy["PolicyDocument"]["Statement"]:
                yield stack, name, statement


def listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value]


def linted(folder: Path) -> list[str]:
    """Return what cfn-lint calls an error in a folder's templates."""
    # It takes seconds, and with it comes an algebra system: not wherever tests are collected.
    from cfnlint.api import lint  # noqa: PLC0415
    from cfnlint.config import ManualArgs  # noqa: PLC0415

    return [
        f"{file.name}: {match}"
        for file in sorted(folder.glob("*.template.json"))
        for match in lint(file.read_text("utf-8"), config=ManualArgs(regions=REGIONS))
        if match.rule.severity == "error"
    ]


def unacknowledged(folder: Path) -> list[str]:
    """Return the errors of cdk-nag's report that nobody gave a reason for."""
    report = json.loads((folder / "validation-report.json").read_text("utf-8"))
    (nag,) = [each for each in report["pluginReports"] if each["pluginName"] == "AwsSolutions"]
    return [
        violation["ruleName"]
        for violation in nag["violations"]
        if not violation.get("acknowledged") and violation["severity"] == "error"
    ]
