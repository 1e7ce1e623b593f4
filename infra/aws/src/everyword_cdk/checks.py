"""cdk-nag's AWS Solutions rules, and what we accept of their findings, each with its reason.

Synthesis fails on a finding that is not named here. A wildcard in a role is accepted by its exact
text, so that another one, or a wider one, is a finding again.
"""

from collections.abc import Iterable

import aws_cdk as cdk
from aws_cdk import Aws
from cdk_nag import AwsSolutionsChecks
from constructs import IConstruct

from everyword_cdk import permissions
from everyword_cdk.names import Names

SERVICES = ("ingest", "transcribe-gpu", "refine", "captions", "search")
_SHOWN = {
    Aws.PARTITION: "<AWS::Partition>",
    Aws.REGION: "<AWS::Region>",
    Aws.ACCOUNT_ID: "<AWS::AccountId>",
}
_EVERYWHERE = {
    "L1": "Python 3.13 is the newest that every library of ours supports; 3.14 follows with them",
    "S1": "Objects are reached by this application's roles alone; CloudTrail's data events log "
    "that where it is wanted, without a second bucket that grows for ever",
    "SQS3": "These are dead-letter queues: of the bus and of the relay's event source mapping",
}
_WEBSITE = {
    "APIG4": "Keys are checked by the services (scopes differ per route, search may be public); "
    "an authorizer here would read every key twice",
    "CFR1": "A podcast is heard everywhere",
    "CFR2": "API Gateway throttles, services limit rates; a web ACL costs more than all the rest "
    "while nothing runs, and is added in front where it is wanted",
    "CFR3": "Access logs hold listeners' addresses and what they searched for; none are kept",
    "CFR4": "Without a domain of one's own CloudFront brings its own certificate, and its minimum",
}
_DEPLOYMENT_OF_FILES = (
    "IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]",
    *(
        f"IAM5[Action::s3:{action}*]"
        for action in ("GetObject", "GetBucket", "List", "DeleteObject", "Abort")
    ),
)
_ECS = (
    "IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/"
    "AmazonECSInfrastructureRolePolicyForManagedInstances]"
)

_BATCH = (
    "IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/"
    "AmazonEC2ContainerServiceforEC2Role]"
)


def check(app: cdk.App, names: Names) -> None:
    """Let synthesis fail on any finding that is not acknowledged."""
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app, verbose=False))
    accept(app, _EVERYWHERE)
    accept(app, {_iam5(arn): why for arn, why in _wildcards(names)})
    accept(_stack(app, "website"), _WEBSITE)


def accept(scope: IConstruct, reasons: dict[str, str]) -> None:
    """Accept findings below `scope`, each with its reason."""
    cdk.Validations.of(scope).acknowledge(
        *(
            cdk.Acknowledgment(id=f"AwsSolutions::AwsSolutions-{rule}", reason=reason)
            for rule, reason in reasons.items()
        )
    )


def accept_resource(scope: IConstruct, resource: str, reason: str) -> None:
    """Accept a wildcard in the resources of the roles below `scope`."""
    accept(scope, {_iam5(resource): reason})


def accept_deployment_of_files(scope: IConstruct, bucket: str) -> None:
    """Accept what CDK's own function needs to copy files into a bucket."""
    staged = "arn:<AWS::Partition>:s3:::cdk-hnb659fds-assets-<AWS::AccountId>-<AWS::Region>/*"
    reason = "CDK's own function, which copies the widget's files into the website's bucket"
    rules = (*_DEPLOYMENT_OF_FILES, _iam5(staged), _iam5(f"<{bucket}.Arn>/*"), _iam5("*"))
    accept(scope, dict.fromkeys(rules, reason))


def accept_managed_instances(scope: IConstruct) -> None:
    """Accept what ECS needs to start and stop machines."""
    accept(
        scope,
        {
            _ECS: "AWS's own policy, which only ECS can assume, for machines that it manages",
            "ECS2": "The variables hold names and addresses; no secret is among them",
            _iam5("*"): "ecr:GetAuthorizationToken knows no resources",
        },
    )


def accept_batch(scope: IConstruct) -> None:
    """Accept what AWS Batch's machines need."""
    managed = (
        "arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonEC2ContainerServiceforEC2Role"
    )
    accept(
        scope,
        {
            f"IAM4[Policy::{managed}]": "AWS's own policy for the ECS agent on Batch's machines",
            _iam5("*"): "ecr:GetAuthorizationToken knows no resources",
        },
    )


def accept_group(scope: IConstruct, group: str) -> None:
    """Accept what machines that end themselves need."""
    accept_resource(scope, "*", "ecr:GetAuthorizationToken knows no resources")
    accept_resource(scope, group, "AWS puts an id into a group's ARN that is not known before")
    accept(
        scope,
        {
            "EC26": "The rule cannot read this launch template; its volume is encrypted, "
            "and tests/infra says so",
            "AS3": "Machines come and go with every upload: nobody wants a message for each",
        },
    )


def _wildcards(names: Names) -> Iterable[tuple[str, str]]:
    yield (
        f"{names.event_log_arn}/stream/*",
        "The stream's name ends in the time the table was made",
    )
    for service in SERVICES:
        yield (
            f"{names.bucket_arn(service)}/episodes/*",
            "Objects of one service's bucket: each episode has keys of its own there",
        )
    yield (
        f"{names.bucket_arn('refine')}/{permissions.SHOWS}",
        "What was said of whole shows: each show has keys of its own there",
    )
    yield f"{names.table_arn('ingest')}/index/*", "The table's own indexes"
    yield (
        names.arn("ssm", f"parameter/{names.prefix}/webhooks/*"),
        "The secrets of webhooks, one each, that come and go",
    )
    yield (
        names.arn("ecs", f"task/{names.prefix}-gpu/*"),
        "A worker protects its own task, whose name is not known before it runs",
    )
    yield (
        names.arn("ecs", "container-instance/*"),
        "ECS's own role for the machines of the cluster, which come and go",
    )


def _iam5(arn: str) -> str:
    for token, shown in _SHOWN.items():
        arn = arn.replace(token, shown)
    return f"IAM5[Resource::{arn}]"


def _stack(app: cdk.App, name: str) -> IConstruct:
    return app.node.find_child(name)
