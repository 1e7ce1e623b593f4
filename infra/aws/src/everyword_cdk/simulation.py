"""How a back catalogue drains: the template's own scaling steps against a crowd of uploads.

A discrete model in steps of a minute: uploads arrive, the scaling rule looks at what waits and what
is worked on, machines take minutes to come, spot machines are lost at a rate, and what they worked
on goes back to where its checkpoint was.
"""

import json
import random
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from everyword_local.prices import prices

GPU: Final = "g6.xlarge"
BACKLOG: Final = "visible,0)+"
"""What only the metric of the spot machines' scaling adds up."""


@dataclass(frozen=True)
class Scaling:
    """What the template says of scaling: steps, limit, how often it looks, its pauses."""

    steps: Mapping[int, int]
    most: int
    look_every_min: int
    cooldown_min: int

    @classmethod
    def of(cls, template: Mapping[str, Any]) -> "Scaling":
        """Read the scaling policy of the spot machines off a synthesized template."""
        resources = template["Resources"]
        steps: dict[int, int] = {}
        cooldown_s = look_every_s = most = 0
        for alarm in _of_type(resources, "AWS::CloudWatch::Alarm"):
            metrics = alarm.get("Metrics", [])
            if not any(BACKLOG in each.get("Expression", "") for each in metrics):
                continue
            periods = [each["MetricStat"]["Period"] for each in metrics if "MetricStat" in each]
            look_every_s = max(periods) * alarm["EvaluationPeriods"]
            policy = resources[alarm["AlarmActions"][0]["Ref"]]["Properties"]
            rule = policy["StepScalingPolicyConfiguration"]
            cooldown_s = rule["Cooldown"]
            most = resources[policy["ScalingTargetId"]["Ref"]]["Properties"]["MaxCapacity"]
            steps |= dict(_steps(rule["StepAdjustments"], int(alarm["Threshold"])))
        return cls(dict(sorted(steps.items())), most, look_every_s // 60, cooldown_s // 60)

    def wanted(self, backlog: int) -> int:
        """Return how many workers a backlog is worth."""
        return max((n for least, n in self.steps.items() if backlog >= least), default=0)


def _of_type(resources: Mapping[str, Any], kind: str) -> Iterator[Mapping[str, Any]]:
    return (each["Properties"] for each in resources.values() if each["Type"] == kind)


def _steps(adjustments: Sequence[Mapping[str, int]], threshold: int) -> Iterator[tuple[int, int]]:
    for step in adjustments:
        if "MetricIntervalLowerBound" in step:
            yield threshold + step["MetricIntervalLowerBound"], step["ScalingAdjustment"]


@dataclass(frozen=True)
class Crowd:
    """What arrives, and what the machines are like."""

    episodes: int = 10_000
    arriving_h: float = 1.0
    audio_h: float = 1.0
    start_min: int = 4
    metric_lag_min: int = 2
    losses_an_hour: float = 0.05
    checkpoint_audio_min: float = 10.0
    gpu: str = GPU
    seed: int = 1

    @property
    def real_time_factor(self) -> float:
        """GPU time over audio time."""
        return float(prices()["gpu"][self.gpu]["real_time_factor"])

    @property
    def usd_h(self) -> float:
        """What a machine's hour costs on spot, the fee for managing it included."""
        known = prices()
        machine, fee = known["gpu"][self.gpu], known["managed_instances"]["fee_share_of_on_demand"]
        return float(machine["spot_h"] + fee * machine["on_demand_h"])


@dataclass
class Drained:
    """How it went."""

    done: int = 0
    minutes: int = 0
    highest_backlog: int = 0
    worker_min: int = 0
    losses: int = 0
    workers: list[int] = field(default_factory=list)

    def gpu_hours(self) -> float:
        """Return the machine hours that are paid."""
        return self.worker_min / 60


def drain(crowd: Crowd, scaling: Scaling) -> Drained:
    """Let the crowd arrive and be worked off."""
    draw = random.Random(crowd.seed)  # noqa: S311 - a model, no secret
    told = Drained()
    need_min = crowd.audio_h * 60 * crowd.real_time_factor
    redone_min = crowd.checkpoint_audio_min * crowd.real_time_factor
    arriving_min = max(1, round(crowd.arriving_h * 60))
    waiting, arrived = 0, 0
    quiet_until = 0
    coming: list[int] = []
    left: list[float] = []
    seen: list[int] = []
    while told.done < crowd.episodes:
        due = min(crowd.episodes, crowd.episodes * (told.minutes + 1) // arriving_min)
        waiting, arrived = waiting + due - arrived, due
        seen.append(waiting + sum(job > 0 for job in left))
        told.highest_backlog = max(told.highest_backlog, seen[-1])
        workers = len(left) + len(coming)
        missing = 1 if arrived and not workers else 0  # the upload's own wake-up
        if told.minutes >= quiet_until and told.minutes % scaling.look_every_min == 0:
            backlog = seen[max(0, len(seen) - 1 - crowd.metric_lag_min)]
            missing = max(missing, scaling.wanted(backlog) - workers)
        if missing > 0:
            quiet_until = told.minutes + scaling.cooldown_min
        coming += [crowd.start_min] * max(0, missing)
        coming = [each - 1 for each in coming]
        left += [0.0] * sum(each <= 0 for each in coming)
        coming = [each for each in coming if each > 0]
        waiting = _work(told, left, waiting, need_min)
        waiting += _lose(told, left, crowd, draw, redone_min)
        told.worker_min += len(left) + len(coming)
        told.workers.append(len(left))
        told.minutes += 1
    return told


def _work(told: Drained, left: list[float], waiting: int, need_min: float) -> int:
    """Let every worker work for a minute, one job after the other."""
    for place in range(len(left)):
        time_min = 1.0
        while time_min > 0:
            if left[place] <= 0:
                if not waiting:
                    break
                waiting -= 1
                left[place] = need_min
            spent = min(time_min, left[place])
            left[place] -= spent
            time_min -= spent
            if left[place] <= 1e-9:  # noqa: PLR2004 - what floats leave over
                left[place] = 0.0
                told.done += 1
    return waiting


def _lose(
    told: Drained, left: list[float], crowd: Crowd, draw: random.Random, redone_min: float
) -> int:
    """Lose spot machines; their jobs go back, less what was checkpointed."""
    back = 0
    for place in reversed(range(len(left))):
        if draw.random() < crowd.losses_an_hour / 60:
            lost = left.pop(place)
            told.losses += 1
            back += lost > 0
            told.worker_min += round(redone_min)
    return back


HEAD: Final = (
    "| workers at most | highest backlog | drained after | GPU hours | spot losses | cost |",
    "|---|---|---|---|---|---|",
)


def row(scaling: Scaling, crowd: Crowd | None = None) -> str:
    """Return one row of the documentation's table."""
    crowd = crowd or Crowd()
    told = drain(crowd, scaling)
    return (
        f"| {scaling.most} | {told.highest_backlog:,} | {told.minutes / 60:.1f} h "
        f"| {told.gpu_hours():.0f} | {told.losses} | {told.gpu_hours() * crowd.usd_h:.0f} USD |"
    )


def main() -> None:
    """Print the table's rows for the templates in the folders that are named."""
    folders = [Path(each) for each in sys.argv[1:]] or [Path("infra/aws/cdk.out")]
    lines = list(HEAD)
    for folder in folders:
        template = (folder / "transcribe-gpu.template.json").read_text("utf-8")
        lines.append(row(Scaling.of(json.loads(template))))
    print("\n".join(lines))  # noqa: T201 - what docs/aws.md quotes


if __name__ == "__main__":
    main()
