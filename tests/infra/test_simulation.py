"""The scaling rule of the template against ten thousand episodes in an hour."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from everyword_aws.scaling import steps_up_to
from everyword_cdk.simulation import Crowd, Scaling, drain, row

DOCUMENTED = Path(__file__).parents[2] / "docs/aws.md"


@pytest.fixture
def scaling(templates: Any) -> Scaling:
    return Scaling.of(templates["transcribe-gpu"])


def with_most(scaling: Scaling, most: int) -> Scaling:
    """Return what a deployment with another limit has; tests/infra/test_choices.py proves it."""
    return replace(scaling, steps=steps_up_to(most), most=most)


def test_the_model_reads_the_templates_own_numbers(scaling: Scaling) -> None:
    assert scaling == Scaling(steps_up_to(4), most=4, look_every_min=1, cooldown_min=3)


@pytest.mark.parametrize("most", [1, 2, 4, 8, 64])
def test_no_step_wants_more_than_the_limit_and_none_without_work(
    scaling: Scaling, most: int
) -> None:
    wanted = with_most(scaling, most).wanted
    assert (wanted(0), wanted(1), wanted(10_000)) == (0, 1, most)


def test_everything_is_done_once_whatever_is_lost(scaling: Scaling) -> None:
    for losses in (0.0, 0.5, 5.0):
        told = drain(Crowd(episodes=500, losses_an_hour=losses), scaling)
        assert told.done == 500
        assert max(told.workers) <= 4


def test_more_workers_drain_sooner_for_about_the_same_money(scaling: Scaling) -> None:
    few, many = drain(Crowd(), scaling), drain(Crowd(), with_most(scaling, 16))
    assert many.minutes < few.minutes / 3
    assert many.gpu_hours() < few.gpu_hours() * 1.3


@pytest.mark.parametrize("most", [4, 16, 64])
def test_the_documented_table_is_the_models(scaling: Scaling, most: int) -> None:
    assert row(with_most(scaling, most)) in DOCUMENTED.read_text("utf-8")
