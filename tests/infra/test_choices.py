"""The switches of a deployment, and what becomes of a wrong one."""

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from everyword_aws.leaving import INTERRUPTED
from everyword_cdk.deployment import Deployment

from everyword_events import Misconfigured
from support.templates import (
    RESOURCES_UNKNOWN_TO_AWS,
    linted,
    listed,
    read_templates,
    statements,
    unacknowledged,
)

Synthesized = Callable[..., Path]
Attempt = Callable[[Path, Mapping[str, object]], Any]


def template(folder: Path, stack: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / f"{stack}.template.json").read_text("utf-8"))
    return found["Resources"]


def kinds(resources: Mapping[str, Any]) -> set[str]:
    return {resource["Type"] for resource in resources.values()}


SWITCHES: Mapping[str, Mapping[str, object]] = {
    "batch": {"gpu": "batch", "index": "classic", "model_key": "true", "most_gpu_workers": "64"},
    "asg": {"gpu": "asg"},
}
"""Two syntheses beside the default one: between them they have every switch."""


@pytest.fixture(params=SWITCHES)
def switched(request: pytest.FixtureRequest, synthesized: Synthesized) -> Path:
    return synthesized(**SWITCHES[request.param])


def of_kind(resources: Mapping[str, Any], kind: str) -> list[dict[str, Any]]:
    return [each["Properties"] for each in resources.values() if each["Type"] == kind]


@pytest.mark.slow
def test_every_switch_is_clean_for_cfn_lint_and_cdk_nag(switched: Path) -> None:
    assert linted(switched) == []
    assert unacknowledged(switched) == []


@pytest.mark.slow
def test_no_switch_opens_the_network_or_a_role(switched: Path) -> None:
    resources = template(switched, "transcribe-gpu")
    for kind in ("InternetGateway", "NatGateway", "EIP"):
        assert not of_kind(resources, f"AWS::EC2::{kind}")
    for group in of_kind(resources, "AWS::EC2::SecurityGroup"):
        assert "0.0.0.0/0" not in json.dumps(group.get("SecurityGroupIngress", []))
    for _, _, statement in statements(read_templates(switched)):
        actions, targets = listed(statement["Action"]), listed(statement["Resource"])
        assert "*" not in actions
        if "*" in targets and "s3:GetObject*" not in actions:
            assert set(actions) <= set(RESOURCES_UNKNOWN_TO_AWS), actions
    for kind in ("AWS::SQS::Queue", "AWS::DynamoDB::Table", "AWS::S3::Bucket"):
        assert of_kind(resources, kind)
    queues = of_kind(resources, "AWS::SQS::Queue")
    assert all(each.get("RedrivePolicy") or "dead" in each["QueueName"] for each in queues)


@pytest.mark.slow
def test_every_switch_wakes_a_worker_for_an_upload_and_for_what_else_waits(switched: Path) -> None:
    resources = template(switched, "transcribe-gpu")
    wakes = [each for each in of_kind(resources, "AWS::Events::Rule") if "wake" in str(each)]
    (wake,) = wakes
    assert wake["EventPattern"]["detail-type"] == ["AudioUploaded"]
    (schedule,) = of_kind(resources, "AWS::Scheduler::Schedule")
    assert schedule["ScheduleExpression"] == "rate(5 minutes)"


@pytest.mark.slow
def test_batch_runs_one_gpu_a_job_on_spot_and_starts_lost_ones_again(
    synthesized: Synthesized,
) -> None:
    resources = template(synthesized(**SWITCHES["batch"]), "transcribe-gpu")
    assert "AWS::ECS::Service" not in kinds(resources)
    (compute,) = of_kind(resources, "AWS::Batch::ComputeEnvironment")
    machines = compute["ComputeResources"]
    assert (machines["Type"], machines["AllocationStrategy"]) == (
        "SPOT",
        "SPOT_PRICE_CAPACITY_OPTIMIZED",
    )
    assert (machines["MinvCpus"], machines["MaxvCpus"]) == (0, 64 * 4)
    (job,) = of_kind(resources, "AWS::Batch::JobDefinition")
    needs = job["ContainerProperties"]["ResourceRequirements"]
    assert {"Type": "GPU", "Value": "1"} in needs
    assert job["Timeout"]["AttemptDurationSeconds"] == 24 * 3600
    assert job["RetryStrategy"]["Attempts"] == 10
    again = [each for each in job["RetryStrategy"]["EvaluateOnExit"] if each["Action"] == "RETRY"]
    assert {"Action": "RETRY", "OnExitCode": str(INTERRUPTED)} in again
    assert any("Host EC2" in each.get("OnStatusReason", "") for each in again)
    given = {each["Name"]: each["Value"] for each in job["ContainerProperties"]["Environment"]}
    assert given["EVERYWORD_GPU"] == "batch"
    may = {
        action: listed(statement["Resource"])
        for _, name, statement in statements({"t": {"Resources": resources}})
        for action in listed(statement["Action"])
        if "wake" in name
    }
    assert "*" not in may["batch:SubmitJob"]
    assert "events:PutEvents" not in may


@pytest.mark.slow
def test_a_group_of_spot_machines_ends_itself(synthesized: Synthesized) -> None:
    resources = template(synthesized(**SWITCHES["asg"]), "transcribe-gpu")
    (group,) = of_kind(resources, "AWS::AutoScaling::AutoScalingGroup")
    assert (group["MinSize"], group["MaxSize"]) == ("0", "4")
    policy = group["MixedInstancesPolicy"]
    assert policy["InstancesDistribution"]["OnDemandPercentageAboveBaseCapacity"] == 0
    offered = {each["InstanceType"] for each in policy["LaunchTemplate"]["Overrides"]}
    assert all(re.match(r"g\d", each) for each in offered)
    (launch,) = (
        each["LaunchTemplateData"] for each in of_kind(resources, "AWS::EC2::LaunchTemplate")
    )
    assert launch["BlockDeviceMappings"][0]["Ebs"]["Encrypted"] is True
    assert launch["MetadataOptions"] == {"HttpTokens": "required", "HttpPutResponseHopLimit": 2}
    assert launch["InstanceInitiatedShutdownBehavior"] == "terminate"
    commands = json.dumps(launch["UserData"])
    assert "EVERYWORD_GPU=asg" in commands
    assert "--stop-timeout 100" in commands
    assert re.search(r"docker run .* \|\| leave", commands), "a worker that fails keeps its machine"
    (may,) = (
        listed(statement["Resource"])
        for _, _, statement in statements({"t": {"Resources": resources}})
        if "autoscaling:TerminateInstanceInAutoScalingGroup" in listed(statement["Action"])
    )
    assert all("autoScalingGroupName/everyword-gpu" in json.dumps(each) for each in may)


@pytest.mark.slow
def test_many_workers_have_steps_that_cloudformation_takes(synthesized: Synthesized) -> None:
    """Intervals that meet and never overlap, up to the limit (here without Batch's switch)."""
    resources = template(synthesized(most_gpu_workers="16"), "transcribe-gpu")
    policies = of_kind(resources, "AWS::ApplicationAutoScaling::ScalingPolicy")
    counts = {
        step["ScalingAdjustment"]
        for policy in policies
        for step in policy["StepScalingPolicyConfiguration"]["StepAdjustments"]
    }
    assert counts == {0, 1, 2, 4, 8, 16}
    for policy in policies:
        for step in policy["StepScalingPolicyConfiguration"]["StepAdjustments"]:
            lower, upper = (
                step.get("MetricIntervalLowerBound"),
                step.get("MetricIntervalUpperBound"),
            )
            assert lower is None or upper is None or lower < upper


@pytest.mark.slow
def test_a_models_key_is_read_by_who_asks_the_model_and_nobody_else(
    synthesized: Synthesized,
) -> None:
    folder = synthesized(**SWITCHES["batch"])
    readers = [
        name
        for _, name, statement in statements(read_templates(folder))
        if "parameter/everyword/refine/model-key" in json.dumps(statement["Resource"])
    ]
    assert len(readers) == 2
    assert all(re.search("refine(durable|api)", name) for name in readers), readers
    given = {
        each["FunctionName"]: each["Environment"]["Variables"].get("EVERYWORD_MODEL_KEY_PARAMETER")
        for each in of_kind(template(folder, "refine"), "AWS::Lambda::Function")
    }
    assert {name for name, value in given.items() if value == "/everyword/refine/model-key"} == {
        "everyword-refine-durable",
        "everyword-refine-api",
    }
    assert not [name for name, value in given.items() if value and "model-key" not in value]


@pytest.mark.slow
def test_a_classic_collection_never_sleeps_and_a_trial_leaves_nothing(
    synthesized: Synthesized,
) -> None:
    classic = template(synthesized(**SWITCHES["batch"]), "search")
    assert "AWS::OpenSearchServerless::CollectionGroup" not in kinds(classic)
    folder = synthesized(keep_data="false", name="trial")
    for stack in ("bus", "ingest", "captions", "website"):
        for name, resource in template(folder, stack).items():
            if resource["Type"] in {"AWS::DynamoDB::Table", "AWS::S3::Bucket"}:
                assert resource["DeletionPolicy"] == "Delete", name


@pytest.mark.slow
def test_settings_are_checked_and_shipped_by_section(
    synthesized: Synthesized, attempt: Attempt, tmp_path: Path
) -> None:
    good = tmp_path / "everyword.toml"
    good.write_text('[captions]\nprofile = "podcast-srt"\n[shows."A".refine]\nglossary = ["Ada"]\n')
    folder = synthesized(settings=str(good))
    shipped = [json.loads(file.read_text()) for file in folder.glob("asset.*/everyword/*.json")]
    assert any(each["general"].get("profile") == "podcast-srt" for each in shipped)
    (refine,) = [each for each in shipped if "glossary" in each["general"]]
    assert refine["shows"]["A"]["glossary"] == [{"term": "Ada", "heard": []}]
    assert all("profile" not in each["general"] for each in shipped if "glossary" in each)
    bad = tmp_path / "bad.toml"
    bad.write_text('[captions]\nprofil = "web"\n')
    done = attempt(tmp_path, {"settings": str(bad)})
    assert done.returncode == 1
    assert "line 2" in done.stderr
    assert "profil" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "choices",
    [{"gpu": "tpu"}, {"name": "Not A Name"}, {"most_gpu_workers": "0"}, {"colour": "red"}],
)
def test_a_wrong_choice_is_named(choices: Mapping[str, str]) -> None:
    with pytest.raises(Misconfigured) as caught:
        Deployment.read(choices)
    assert next(iter(choices)) in caught.value.message


def test_choices_come_as_text_from_a_command_line() -> None:
    read = Deployment.read(
        {
            "most_gpu_workers": "8",
            "keep_data": "false",
            "page_origins": "https://a.example,https://b",
        }
    )
    assert read.most_gpu_workers == 8
    assert not read.keep_data
    assert read.page_origins == ("https://a.example", "https://b")


def test_names_fit_what_aws_allows() -> None:
    from everyword_cdk.names import Names  # noqa: PLC0415  (aws_cdk starts Node)

    names = Names("a" * 20)
    assert len(names.function("transcribe-gpu-removals")) <= 64
    assert len(names.dead_letters("transcribe-gpu-removals")) <= 80
    assert len("a" * 20 + "-transcribe-gpu-123456789012-ap-southeast-2") <= 63
