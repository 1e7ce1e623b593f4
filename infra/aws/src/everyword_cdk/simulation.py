"""How a back catalogue drains: the template's own scaling steps against a crowd of uploads.

A discrete model in steps of a minute: uploads arrive, the scaling rule looks at what waits and what
is worked on, machines take minutes to come, spot machines are lost at a rate, and what they worked
on goes back to where its checkpoint was.
"""

import random
from dataclasses import dataclass, field

from everyword_cdk.parts.gpu_ecs import steps_up_to


@dataclass(frozen=True)
class Crowd:
    """What arrives, and what the machines are like."""

    episodes: int = 10_000
    arriving_h: float = 1.0
    audio_h: float = 1.0
    real_time_factor: float = 0.01
    most_workers: int = 4
    start_min: int = 4
    metric_lag_min: int = 2
    losses_an_hour: float = 0.05
    checkpoint_audio_min: float = 10.0
    usd_h: float = 0.36
    seed: int = 1


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


def wanted(backlog: int, most: int) -> int:
    """Return how many workers the scaling steps want for so many messages."""
    fitting = [workers for least, workers in steps_up_to(most) if backlog >= least]
    return max(fitting, default=0)


def drain(crowd: Crowd) -> Drained:
    """Let the crowd arrive and be worked off."""
    draw = random.Random(crowd.seed)  # noqa: S311 - a model, no secret
    told = Drained()
    need_min = crowd.audio_h * 60 * crowd.real_time_factor
    redone_min = crowd.checkpoint_audio_min * crowd.real_time_factor
    arriving_min = max(1, round(crowd.arriving_h * 60))
    waiting, arrived = 0, 0
    coming: list[int] = []
    left: list[float] = []
    seen: list[int] = []
    while told.done < crowd.episodes:
        due = min(crowd.episodes, crowd.episodes * (told.minutes + 1) // arriving_min)
        waiting, arrived = waiting + due - arrived, due
        seen.append(waiting + sum(job > 0 for job in left))
        told.highest_backlog = max(told.highest_backlog, seen[-1])
        backlog = seen[max(0, len(seen) - 1 - crowd.metric_lag_min)]
        woken = 1 if arrived and not left and not coming else 0
        missing = max(woken, wanted(backlog, crowd.most_workers)) - len(left) - len(coming)
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


def table(most: tuple[int, ...] = (4, 16, 64)) -> str:
    """Return the documentation's table."""
    lines = [
        "| workers at most | highest backlog | drained after | GPU hours | spot losses | cost |",
        "|---|---|---|---|---|---|",
    ]
    for workers in most:
        crowd = Crowd(most_workers=workers)
        told = drain(crowd)
        lines.append(
            f"| {workers} | {told.highest_backlog:,} | {told.minutes / 60:.1f} h "
            f"| {told.gpu_hours():.0f} | {told.losses} | {told.gpu_hours() * crowd.usd_h:.0f} USD |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())  # noqa: T201 - what docs/aws.md quotes
