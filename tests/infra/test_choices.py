"""The switches of a deployment, and what becomes of a wrong one."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from everyword_cdk.deployment import Deployment
from everyword_cdk.names import Names

from everyword_events import Misconfigured

Synthesized = Callable[..., Path]
Attempt = Callable[[Path, Mapping[str, object]], Any]


def template(folder: Path, stack: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / f"{stack}.template.json").read_text("utf-8"))
    return found["Resources"]


def kinds(resources: Mapping[str, Any]) -> set[str]:
    return {resource["Type"] for resource in resources.values()}


@pytest.mark.slow
def test_batch_on_spot_is_submitted_a_worker_for_every_upload(synthesized: Synthesized) -> None:
    resources = template(synthesized(gpu="batch"), "transcribe-gpu")
    assert "AWS::ECS::Service" not in kinds(resources)
    (machines,) = [
        each["Properties"]["ComputeResources"]
        for each in resources.values()
        if each["Type"] == "AWS::Batch::ComputeEnvironment"
    ]
    assert machines["Type"] == "SPOT"
    assert (machines["MinvCpus"], machines["MaxvCpus"]) == (0, 16)
    rules = [
        each["Properties"] for each in resources.values() if each["Type"] == "AWS::Events::Rule"
    ]
    (wake,) = [rule for rule in rules if "BatchParameters" in json.dumps(rule)]
    assert wake["EventPattern"]["detail-type"] == ["AudioUploaded"]


@pytest.mark.slow
def test_a_group_of_spot_machines_ends_itself(synthesized: Synthesized) -> None:
    resources = template(synthesized(gpu="asg"), "transcribe-gpu")
    (group,) = [
        each["Properties"]
        for each in resources.values()
        if each["Type"] == "AWS::AutoScaling::AutoScalingGroup"
    ]
    assert (group["MinSize"], group["MaxSize"]) == ("0", "4")
    (launch,) = [
        each["Properties"]["LaunchTemplateData"]
        for each in resources.values()
        if each["Type"] == "AWS::EC2::LaunchTemplate"
    ]
    assert launch["BlockDeviceMappings"][0]["Ebs"]["Encrypted"] is True
    assert launch["MetadataOptions"]["HttpTokens"] == "required"
    assert "terminate-instance-in-auto-scaling-group" in json.dumps(launch["UserData"])
    assert not [kind for kind in kinds(resources) if kind.endswith(("NatGateway", "EIP"))]


@pytest.mark.slow
def test_a_classic_collection_never_sleeps_and_a_trial_leaves_nothing(
    synthesized: Synthesized,
) -> None:
    folder = synthesized(index="classic", keep_data="false", name="trial")
    assert "AWS::OpenSearchServerless::CollectionGroup" not in kinds(template(folder, "search"))
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
    names = Names("a" * 20)
    assert len(names.function("transcribe-gpu-removals")) <= 64
    assert len(names.dead_letters("transcribe-gpu-removals")) <= 80
    assert len("a" * 20 + "-transcribe-gpu-123456789012-ap-southeast-2") <= 63
