"""The scaling rule against ten thousand episodes in an hour."""

from pathlib import Path
from typing import Any

import pytest
from everyword_cdk.parts.gpu_ecs import steps_up_to
from everyword_cdk.simulation import Crowd, drain, table, wanted


def test_the_model_scales_by_the_templates_own_numbers(templates: Any) -> None:
    policies = [
        resource["Properties"]["StepScalingPolicyConfiguration"]
        for resource in templates["transcribe-gpu"]["Resources"].values()
        if resource["Type"] == "AWS::ApplicationAutoScaling::ScalingPolicy"
    ]
    steps = {step["ScalingAdjustment"] for policy in policies for step in policy["StepAdjustments"]}
    assert steps == {0, *(workers for _, workers in steps_up_to(4))}


@pytest.mark.parametrize("most", [1, 2, 4, 8, 64])
def test_no_step_wants_more_than_the_limit_and_none_without_work(most: int) -> None:
    assert wanted(0, most) == 0
    assert wanted(1, most) == 1
    assert wanted(10_000, most) == most


def test_everything_is_done_once_whatever_is_lost() -> None:
    for losses in (0.0, 0.5, 5.0):
        told = drain(Crowd(episodes=500, losses_an_hour=losses))
        assert told.done == 500
        assert max(told.workers) <= 4


def test_more_workers_drain_sooner_for_about_the_same_money() -> None:
    few, many = drain(Crowd(most_workers=4)), drain(Crowd(most_workers=16))
    assert many.minutes < few.minutes / 3
    assert many.gpu_hours() < few.gpu_hours() * 1.3


def test_the_documented_table_is_the_models() -> None:
    documented = (Path(__file__).parents[2] / "docs/aws.md").read_text("utf-8")
    assert table() in documented
