"""The cost model: its terms add up, and it says no to what it does not know."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from everyword_events import InvalidInput
from everyword_local.command import everyword
from everyword_local.estimating import estimate, gpu_usd_an_hour
from everyword_local.prices import price_list, prices


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


def test_every_price_has_its_day_and_its_page() -> None:
    listed = price_list()
    assert len({each.name for each in listed}) == len(listed) > 20
    for each in listed:
        assert each.as_of.year >= 2026, each
        assert each.source.startswith("https://aws.amazon.com/"), each
        assert each.usd > 0, each


def test_the_documented_tables_are_the_commands() -> None:
    documented = (Path(__file__).parents[3] / "docs/aws.md").read_text("utf-8")
    shown = CliRunner().invoke(everyword, ["cost", "--estimate", "--table"])
    assert shown.exit_code == 0, shown.output
    assert shown.output in documented, shown.output


def test_the_command_says_what_each_price_is_and_where_from() -> None:
    told = json.loads(CliRunner().invoke(everyword, ["--json", "cost", "--estimate"]).output)
    assert {each["hours"] for each in told["months"]} == {10, 100, 1000}
    assert {each["name"] for each in told["prices"]} == {each.name for each in price_list()}
    assert all(sum(each["lines"].values()) > 0 for each in told["months"])
    words = CliRunner().invoke(everyword, ["cost", "--estimate", "--hours", "5"]).output
    assert "5 hours of audio a month" in words
    assert str(max(each.as_of for each in price_list())) in words
