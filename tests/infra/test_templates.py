"""What must never vanish from the templates, whoever changes the application."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from everyword_aws.show_access import PUBLIC_SHOWS
from everyword_cdk import roles

import captions.contract
import ingest.contract
import refine.contract
import search.contract
import transcribe_gpu.contract
from everyword_events.aws.log import table_definition
from everyword_local import estimating
from ingest.adapters.dynamodb import table_definition as ingest_table
from support.templates import (
    RESOURCES_UNKNOWN_TO_AWS,
    Resource,
    Templates,
    linted,
    listed,
    properties,
    resources,
    statements,
    unacknowledged,
)

SERVICES = ("ingest", "transcribe-gpu", "refine", "captions", "search")
PARTS = {"fetch": "ingest", "notify": "ingest", "keys": "website"}
"""Consumers and tables that are a part of a service, or of the website."""
CONTRACTS = (
    ingest.contract.CONTRACT,
    ingest.contract.FETCH_CONTRACT,
    ingest.contract.NOTIFY_CONTRACT,
    transcribe_gpu.contract.CONTRACT,
    refine.contract.CONTRACT,
    captions.contract.CONTRACT,
    search.contract.CONTRACT,
)
READS = {
    "ingest": {"captions"},
    "transcribe-gpu": {"ingest"},
    "refine": {"ingest", "transcribe-gpu"},
    "captions": {"refine"},
    "search": {"refine"},
    "website": set(),
    "bus": set(),
    "admin": set(),
    "operations": set(),
}
"""Whose buckets a service may read: those of the services whose events it consumes."""
OWN_OF_CDK = re.compile(r"^Custom(CDK|S3)")


def text(value: object) -> str:
    """Write an intrinsic as one text: enough to recognise a name in it."""
    return json.dumps(value)


@pytest.mark.slow
def test_cfn_lint_finds_no_error(synthesized: Callable[..., Path]) -> None:
    assert linted(synthesized()) == []


def test_cdk_nag_has_looked_and_is_content(synthesized: Callable[..., Path]) -> None:
    assert unacknowledged(synthesized()) == []


def test_every_bucket_is_private_encrypted_and_reached_by_tls(templates: Templates) -> None:
    buckets = list(resources(templates, "AWS::S3::Bucket"))
    assert {stack for stack, _, _ in buckets} == {*SERVICES, "website"} - {"search"}
    for stack, name, bucket in buckets:
        own = bucket["Properties"]
        assert set(own["PublicAccessBlockConfiguration"].values()) == {True}
        assert own["BucketEncryption"]
        aborts = [
            rule["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"]
            for rule in own["LifecycleConfiguration"]["Rules"]
            if "AbortIncompleteMultipartUpload" in rule
        ]
        assert aborts == [7]
        (policy,) = [
            each
            for each in properties({stack: templates[stack]}, "AWS::S3::BucketPolicy")
            if each["Bucket"] == {"Ref": name}
        ]
        denied = [
            statement["Condition"]
            for statement in policy["PolicyDocument"]["Statement"]
            if statement["Effect"] == "Deny"
        ]
        assert {"Bool": {"aws:SecureTransport": "false"}} in denied, stack


def test_every_queue_is_encrypted_and_has_dead_letters_that_are_watched(
    templates: Templates,
) -> None:
    for stack, name, queue in resources(templates, "AWS::SQS::Queue"):
        own = queue["Properties"]
        assert own["SqsManagedSseEnabled"] is True
        alarms = [
            alarm
            for alarm in properties({stack: templates[stack]}, "AWS::CloudWatch::Alarm")
            if name in text(alarm)
        ]
        assert alarms, f"nobody is told of {own['QueueName']}"
        assert all(alarm["AlarmActions"] for alarm in alarms)
        if not own["QueueName"].endswith("-dead-letters"):
            assert own["RedrivePolicy"]["deadLetterTargetArn"]
            assert own["VisibilityTimeout"] >= 300
        denied = [
            statement
            for policy in properties({stack: templates[stack]}, "AWS::SQS::QueuePolicy")
            for statement in policy["PolicyDocument"]["Statement"]
            if statement["Effect"] == "Deny" and name in text(policy["Queues"])
        ]
        assert any("aws:SecureTransport" in text(statement) for statement in denied)


def test_every_table_is_encrypted_and_can_be_restored(templates: Templates) -> None:
    tables = properties(templates, "AWS::DynamoDB::Table")
    assert {table["TableName"] for table in tables} == {
        "everyword-event-log",
        "everyword-ingest",
        "everyword-transcribe-gpu",
        "everyword-captions",
        "everyword-keys",
    }
    for table in tables:
        assert table["SSESpecification"]["SSEEnabled"]
        assert table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"]
        assert table["BillingMode"] == "PAY_PER_REQUEST"
        assert table["DeletionProtectionEnabled"]


@pytest.mark.parametrize(
    ("name", "definition"),
    [("everyword-event-log", table_definition), ("everyword-ingest", ingest_table)],
)
def test_a_table_has_the_shape_its_adapter_needs(
    templates: Templates, name: str, definition: Callable[[str], dict[str, Any]]
) -> None:
    (table,) = [
        each for each in properties(templates, "AWS::DynamoDB::Table") if each["TableName"] == name
    ]
    shape = definition(name)
    shape.get("StreamSpecification", {}).pop("StreamEnabled", None)
    for key, value in shape.items():
        if key == "AttributeDefinitions":
            by_name = sorted(table[key], key=lambda each: str(each["AttributeName"]))
            assert by_name == sorted(value, key=lambda each: str(each["AttributeName"]))
        else:
            assert table[key] == value, key


def test_the_data_outlives_its_stacks(templates: Templates) -> None:
    for kind in ("AWS::DynamoDB::Table", "AWS::S3::Bucket"):
        for _, name, resource in resources(templates, kind):
            assert resource["DeletionPolicy"] == "Retain", name


HOLD_RUNS = {"transcribe-gpu", "refine", "captions"}
"""Services with a bucket for what runs made: one machine has one folder for all of them."""
ERASES_VOICES = {"transcribe-gpu": {"VoiceForgotten"}, "refine": set()}
"""The one has the voiceprints in its bucket, and deletes them; on one machine the other does."""


def test_rules_say_what_contracts_say(templates: Templates) -> None:
    rules = properties(templates, "AWS::Events::Rule")
    patterns = [rule["EventPattern"] for rule in rules if "EventPattern" in rule]
    for contract in CONTRACTS:
        wanted = contract.event_pattern()
        mine = [
            pattern
            for pattern in patterns
            if pattern.get("detail", {}).get("meta", {}).get("audience")
            == ["all", contract.service]
        ]
        delivered = {kind for pattern in mine for kind in pattern["detail-type"]}
        runs = {"RunsRemoved"} if contract.service in HOLD_RUNS else set()
        told = set(wanted["detail-type"])
        if contract.service in ERASES_VOICES:
            told = told - {"VoiceForgotten"} | ERASES_VOICES[contract.service]
        assert delivered == told | runs, contract.service
        assert all(pattern["source"] == wanted["source"] for pattern in mine)


def test_a_removal_never_starts_a_gpu(templates: Templates) -> None:
    for _, _, rule in resources(templates, "AWS::Events::Rule"):
        own = rule["Properties"]
        targets = text(own["Targets"])
        if "Queuetranscribegpu" in targets and "removals" not in targets:
            assert own["EventPattern"]["detail-type"] == ["AudioUploaded"]


def test_what_a_rule_cannot_deliver_is_kept(templates: Templates) -> None:
    for _, _, rule in resources(templates, "AWS::Events::Rule"):
        for target in rule["Properties"]["Targets"]:
            if "Queue" in text(target["Arn"]):
                assert target["DeadLetterConfig"]["Arn"]
                assert target["RetryPolicy"]["MaximumEventAgeInSeconds"] == 86400


def test_no_role_has_a_wildcard_action_or_an_unexplained_wildcard_resource(
    templates: Templates,
) -> None:
    seen = 0
    for stack, name, statement in statements(templates):
        if OWN_OF_CDK.match(name):
            continue
        seen += 1
        actions = listed(statement["Action"])
        assert not [action for action in actions if "*" in action], (stack, name, actions)
        if "*" in listed(statement["Resource"]):
            assert set(actions) <= set(RESOURCES_UNKNOWN_TO_AWS), (stack, name, actions)
    assert seen > 50


def test_only_the_relay_puts_events_on_the_bus(templates: Templates) -> None:
    able = {
        name
        for _, name, statement in statements(templates)
        if "events:PutEvents" in listed(statement["Action"])
    }
    assert len(able) == 2
    assert all(re.search("Function(relay|sweep)", name) for name in able), able


WRITES = re.compile(r"s3:(Put|Delete|Abort)|dynamodb:(Put|Update|Delete|BatchWrite)|sqs:Send")


def test_a_service_writes_its_own_storage_alone(templates: Templates) -> None:
    for stack, name, statement in statements(templates):
        if OWN_OF_CDK.match(name):
            continue
        for action in listed(statement["Action"]):
            for resource in listed(statement["Resource"]):
                target = text(resource)
                owner = _owner(target)
                if action == "sqs:SendMessage" and "Functionadminapi" in name:
                    continue  # a redrive
                if _chooses_shows(name, statement):
                    continue
                if WRITES.match(action):
                    log = "event-log" in target
                    assert log or owner == stack or name in target or "GetAtt" in target, (
                        f"{stack} may {action} on {target}"
                    )
                elif action == "s3:GetObject":
                    assert owner in {stack, *READS[stack]}, f"{stack} reads {target}"


def test_only_the_operators_api_changes_keys_and_dead_letters(templates: Templates) -> None:
    for _, name, statement in statements(templates):
        for resource in listed(statement["Resource"]):
            if "everyword-keys" in text(resource):
                actions = set(listed(statement["Action"]))
                reads = actions == {"dynamodb:GetItem"}
                assert reads or "Functionadminapi" in name or _chooses_shows(name, statement)
            if "-dead-letters" in text(resource) and "sqs:DeleteMessage" in statement["Action"]:
                assert "Functionadminapi" in name


def _chooses_shows(name: str, statement: Resource) -> bool:
    """Tell whether search's API keeps which shows are public: one item beside the keys."""
    if "Functionsearchapi" not in name or listed(statement["Action"]) != ["dynamodb:UpdateItem"]:
        return False
    limited = statement["Condition"]["ForAllValues:StringEquals"]
    return limited == {"dynamodb:LeadingKeys": [PUBLIC_SHOWS]}


def _owner(target: str) -> str:
    """Return the service whose storage an ARN names."""
    names = (*SERVICES, *PARTS, "website")
    found = max((each for each in names if f"everyword-{each}" in target), key=len, default="")
    return PARTS.get(found, found)


def test_no_stack_exports_to_another(templates: Templates) -> None:
    assert "Fn::ImportValue" not in text(templates)


def test_functions_are_arm64_traced_logged_for_a_time_and_bounded(templates: Templates) -> None:
    groups = properties(templates, "AWS::Logs::LogGroup")
    assert all(group["RetentionInDays"] == 30 for group in groups)
    functions = [
        (stack, resource["Properties"])
        for stack, name, resource in resources(templates, "AWS::Lambda::Function")
        if not OWN_OF_CDK.match(name)
    ]
    assert len(functions) >= 14
    for stack, function in functions:
        assert function["Architectures"] == ["arm64"]
        assert function["TracingConfig"] == {"Mode": "Active"}
        assert function["LoggingConfig"]["LogGroup"]
        assert function["Runtime"] == "python3.13"
        if function["FunctionName"].endswith("-api"):
            assert function["SnapStart"] == {"ApplyOn": "PublishedVersions"}, stack


def test_every_handler_exists(templates: Templates) -> None:
    folder = Path(__file__).parents[2] / "infra/aws/src"
    for function in properties(templates, "AWS::Lambda::Function"):
        module, _, name = str(function["Handler"]).rpartition(".")
        if not module.startswith("everyword_aws"):
            continue
        file = folder / f"{module.replace('.', '/')}.py"
        source = file.read_text("utf-8")
        assert re.search(rf"^(def {name}\(|{name} = )", source, re.MULTILINE), file
        assert len(source.splitlines()) <= 40, f"{file.name} does more than a handler should"


def test_queues_feed_functions_with_partial_failures(templates: Templates) -> None:
    for mapping in properties(templates, "AWS::Lambda::EventSourceMapping"):
        assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_refine_is_durable_and_as_slow_as_its_model_allows(templates: Templates) -> None:
    (durable,) = [
        function
        for function in properties(templates, "AWS::Lambda::Function")
        if "DurableConfig" in function
    ]
    assert durable["FunctionName"] == "everyword-refine-durable"
    assert durable["ReservedConcurrentExecutions"] == 3
    assert durable["DurableConfig"]["ExecutionTimeout"] == 2 * 24 * 3600


def test_gpu_workers_start_from_nothing_and_are_stopped_gently(templates: Templates) -> None:
    services = properties(templates, "AWS::ECS::Service")
    assert {service["DesiredCount"] for service in services} == {0}
    (task,) = properties(templates, "AWS::ECS::TaskDefinition")
    (container,) = task["ContainerDefinitions"]
    assert container["StopTimeout"] == 120
    assert container["ResourceRequirements"] == [{"Type": "GPU", "Value": "1"}]
    assert task["RequiresCompatibilities"] == ["MANAGED_INSTANCES"]
    assert not [name for name in text(container["Environment"]).split() if "SECRET" in name]
    kinds = {
        provider["ManagedInstancesProvider"]["InstanceLaunchTemplate"]["CapacityOptionType"]
        for provider in properties(templates, "AWS::ECS::CapacityProvider")
    }
    assert kinds == {"SPOT", "ON_DEMAND"}
    for target in properties(templates, "AWS::ApplicationAutoScaling::ScalableTarget"):
        assert (target["MinCapacity"], target["MaxCapacity"]) == (0, 4)


def test_nothing_reaches_a_gpu_machine_from_outside(templates: Templates) -> None:
    for kind in ("InternetGateway", "NatGateway", "EIP"):
        assert not properties(templates, f"AWS::EC2::{kind}")
    for group in properties(templates, "AWS::EC2::SecurityGroup"):
        assert "0.0.0.0/0" not in text(group.get("SecurityGroupIngress", []))
    for subnet in properties(templates, "AWS::EC2::Subnet"):
        assert subnet["MapPublicIpOnLaunch"] is False


def test_the_index_is_reached_by_two_roles_and_sleeps(templates: Templates) -> None:
    policies = properties(templates, "AWS::OpenSearchServerless::AccessPolicy")
    assert len(policies) == 2
    for policy in policies:
        assert "aoss:*" not in text(policy)
        assert text(policy).count("AWS::IAM::Role") == 0
    read = next(text(policy) for policy in policies if "read" in policy["Name"])
    assert "WriteDocument" not in read
    assert "DeleteIndex" not in read
    (group,) = properties(templates, "AWS::OpenSearchServerless::CollectionGroup")
    assert group["Generation"] == "NEXTGEN"
    assert set(group["CapacityLimits"].values()) == {0, 4}


def test_money_is_watched(templates: Templates) -> None:
    (budget,) = properties(templates, "AWS::Budgets::Budget")
    thresholds = [
        each["Notification"]["Threshold"] for each in budget["NotificationsWithSubscribers"]
    ]
    assert thresholds == [80, 100]


def test_everything_is_tagged(templates: Templates) -> None:
    tagged = {"Key": "project", "Value": "everyword"}
    kinds = set()
    for template in templates.values():
        for name, resource in template["Resources"].items():
            tags = resource.get("Properties", {}).get("Tags")
            if tags is not None:
                kinds.add(resource["Type"])
                told = (
                    tags
                    if isinstance(tags, list)
                    else [{"Key": "project", "Value": tags.get("project")}]
                )
                assert tagged in told, name
    of_data = {"S3::Bucket", "DynamoDB::Table", "SQS::Queue", "Logs::LogGroup", "ECR::Repository"}
    of_work = {"Lambda::Function", "ECS::Service", "ECS::TaskDefinition", "EC2::VPCEndpoint"}
    of_rest = {"OpenSearchServerless::Collection", "CloudFront::Distribution", "IAM::Role"}
    assert {f"AWS::{each}" for each in of_data | of_work | of_rest} <= kinds, "what is paid for"


def test_dead_letters_and_old_messages_are_told_of_each_queue(templates: Templates) -> None:
    for stack, name, queue in resources(templates, "AWS::SQS::Queue"):
        told = {
            alarm["MetricName"]: alarm
            for alarm in properties({stack: templates[stack]}, "AWS::CloudWatch::Alarm")
            if any(
                each["Value"] == {"Fn::GetAtt": [name, "QueueName"]}
                for each in alarm.get("Dimensions", ())
            )
        }
        if queue["Properties"]["QueueName"].endswith("-dead-letters"):
            alarm = told["ApproximateNumberOfMessagesVisible"]
            assert (alarm["Threshold"], alarm["EvaluationPeriods"]) == (0, 1), name
        else:
            alarm = told["ApproximateAgeOfOldestMessage"]
            redrive = queue["Properties"]["RedrivePolicy"]
            assert redrive["maxReceiveCount"] >= 5, name
        assert alarm["ComparisonOperator"] == "GreaterThanThreshold"
        assert alarm["AlarmActions"]


def test_no_function_logs_for_ever(templates: Templates) -> None:
    """CDK's own function, which copies the widget's files, makes a log of its own if it may."""
    for stack, name, function in resources(templates, "AWS::Lambda::Function"):
        group = function["Properties"]["LoggingConfig"]["LogGroup"]["Ref"]
        kept = templates[stack]["Resources"][group]["Properties"]["RetentionInDays"]
        assert kept == 30, name


def test_the_documented_table_of_roles_is_the_templates(templates: Templates) -> None:
    documented = (Path(__file__).parents[2] / "docs/aws.md").read_text("utf-8").splitlines()
    first = documented.index(roles.HEAD[0])
    told = roles.table(templates)
    assert documented[first : first + len(told)] == told
    assert not documented[first + len(told)]


def test_the_cost_model_counts_what_the_templates_have(templates: Templates) -> None:
    watched = sum(
        sum("MetricStat" in each for each in alarm["Metrics"]) if "Metrics" in alarm else 1
        for alarm in properties(templates, "AWS::CloudWatch::Alarm")
    )
    assert watched == estimating.ALARM_METRICS
    endpoints = properties(templates, "AWS::EC2::VPCEndpoint")
    kinds = [endpoint["VpcEndpointType"] for endpoint in endpoints]
    assert kinds.count("Interface") == estimating.ENDPOINTS
    assert len(properties(templates, "AWS::CloudWatch::Dashboard")) == 1
    minutes = {"minute": 1, "minutes": 1, "day": 1440, "days": 1440}
    calls = 0.0
    for schedule in properties(templates, "AWS::Scheduler::Schedule"):
        number, unit = schedule["ScheduleExpression"].removeprefix("rate(")[:-1].split()
        calls += estimating.HOURS_A_MONTH * 60 / (int(number) * minutes[unit])
    assert calls == pytest.approx(estimating.SCHEDULED_A_MONTH, rel=0.02)


def test_schedules_call_by_roles_that_may_do_nothing_else(templates: Templates) -> None:
    schedules = list(resources(templates, "AWS::Scheduler::Schedule"))
    told = {schedule["Properties"]["Name"] for _, _, schedule in schedules}
    assert told == {
        f"everyword-{each}"
        for each in ("sweep", "feeds", "webhooks", "uploads", "wake", "retention", "voices")
    }
    for stack, name, schedule in schedules:
        target = schedule["Properties"]["Target"]
        assert json.loads(target["Input"]) == {"schedule": schedule["Properties"]["Name"][10:]}
        role = target["RoleArn"]["Fn::GetAtt"][0]
        (own,) = [
            policy["PolicyDocument"]["Statement"]
            for policy in properties({stack: templates[stack]}, "AWS::IAM::Policy")
            if policy["Roles"] == [{"Ref": role}]
        ]
        assert [(each["Action"], each["Resource"]) for each in own] == [
            ("lambda:InvokeFunction", target["Arn"])
        ], name
        trusted = templates[stack]["Resources"][role]["Properties"]["AssumeRolePolicyDocument"]
        assert trusted["Statement"][0]["Condition"]["StringEquals"]["aws:SourceAccount"]
