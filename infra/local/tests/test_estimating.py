"""The cost model: its terms add up, and it says no to what it does not know."""

import re
from pathlib import Path

import pytest

from everyword_events import InvalidInput
from everyword_local.estimating import estimate, gpu_usd_an_hour, prices


def total(hours: float, **choices: object) -> float:
    return sum(line.usd for line in estimate(hours, **choices))  # type: ignore[arg-type]


def test_spot_a_small_index_and_no_model_are_cheaper() -> None:
    for gpu in prices()["gpu"]:
        assert total(100, gpu=gpu) < total(100, gpu=gpu, spot=False)
        assert total(100, gpu=gpu) < total(100, gpu=gpu, classic=True)
        assert total(100, gpu=gpu) < total(100, gpu=gpu, model=True)


def test_an_idle_month_costs_what_never_sleeps() -> None:
    idle = sum(line.usd for line in estimate(0) if line.idle)
    assert 0 < idle <= total(0)
    assert total(1000) - total(0) == pytest.approx(10 * (total(100) - total(0)))


def test_a_faster_gpu_pays_for_less_machine_time() -> None:
    known = prices()
    kind = known["gpu"]["g5.xlarge"]
    assert gpu_usd_an_hour(known, "g5.xlarge", spot=False) > kind["on_demand_h"] * 0.01


@pytest.mark.parametrize(
    ("hours", "gpu"), [(-1, "g6.xlarge"), (float("nan"), "g6.xlarge"), (1, "x")]
)
def test_what_cannot_be_priced_is_refused(hours: float, gpu: str) -> None:
    with pytest.raises(InvalidInput):
        estimate(hours, gpu=gpu)


def test_every_price_is_dated_and_in_one_file() -> None:
    assert prices()["as_of"].year >= 2026
    documented = (Path(__file__).parents[3] / "docs/aws.md").read_text("utf-8")
    for hours in (10, 100, 1000):
        shown = f"| {hours:,} | {total(hours):.0f} | {total(hours, spot=False):.0f} |"
        assert shown in re.sub(" +", " ", documented), shown
