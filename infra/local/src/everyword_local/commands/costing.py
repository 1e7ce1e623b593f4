"""What was paid, as events say, and what AWS would cost."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import click

from everyword_local.client import Json
from everyword_local.commands.context import CommandContext, pass_reading_context
from everyword_local.estimating import USUAL_HOURS, CostLine, estimate, tables
from everyword_local.prices import price_list, prices

GPU = click.Choice(sorted(prices()["gpu"]))
NO_GPU: Final = ("", "cpu")
RECOGNITION: Final = ("load", "decode", "recognise", "diarize")
"""The steps whose seconds are a GPU's, where there is one."""


@click.command()
@click.option("--show", help="Only this show's episodes.")
@click.option("--estimate", "estimating", is_flag=True, help="What AWS would cost a month.")
@click.option("--hours", type=float, help="New hours of audio a month, for --estimate.")
@click.option("--gpu", type=GPU, default="g6.xlarge", show_default=True, help="The GPU machine.")
@click.option("--on-demand", is_flag=True, help="Not on spot machines.")
@click.option("--model", is_flag=True, help="With a language model.")
@click.option("--classic-index", is_flag=True, help="An index that never sleeps.")
@click.option("--table", is_flag=True, help="All GPU kinds side by side, in Markdown.")
@pass_reading_context
def cost(
    context: CommandContext,
    show: str | None,
    hours: float | None,
    gpu: str,
    *,
    estimating: bool,
    on_demand: bool,
    model: bool,
    classic_index: bool,
    table: bool,
) -> None:
    """Say what was paid for the archive's episodes, or with --estimate what AWS would cost."""
    if not estimating:
        _paid(context, show)
        return
    asked = (hours,) if hours is not None else USUAL_HOURS
    months = {
        each: estimate(each, gpu=gpu, spot=not on_demand, model=model, classic=classic_index)
        for each in asked
    }
    document = {
        "currency": "USD",
        "gpu": gpu,
        "spot": not on_demand,
        "months": [_month(each, lines) for each, lines in months.items()],
        "prices": [
            {"name": each.name, "usd": each.usd, "as_of": str(each.as_of), "source": each.source}
            for each in price_list()
        ],
    }
    shown = list(tables()) if table else [*_in_words(months, gpu), _dated()]
    context.output.result(document, shown)


def _month(hours: float, lines: Sequence[CostLine]) -> dict[str, Any]:
    return {
        "hours": hours,
        "total": round(sum(line.usd for line in lines), 2),
        "idle": round(sum(line.usd for line in lines if line.idle), 2),
        "lines": {line.what: round(line.usd, 2) for line in lines},
    }


def _in_words(months: Mapping[float, Sequence[CostLine]], gpu: str) -> Iterator[str]:
    for hours, lines in months.items():
        yield f"{hours:g} hours of audio a month, on {gpu}:"
        yield from (f"  {line.usd:10.2f} USD  {line.what}" for line in lines)
        yield f"  {sum(line.usd for line in lines):10.2f} USD  together"


def _dated() -> str:
    days = [each.as_of for each in price_list()]
    return (
        f"List prices written down from {min(days)} to {max(days)}, without tax (--json has each "
        "with its source); assumptions: docs/aws.md"
    )


def _paid(context: CommandContext, show: str | None) -> None:
    """Add up what the episodes' events say that they cost, by month and show."""
    episodes = list(context.api.pages("/v1/episodes", "episodes", show=show, limit=200))
    parts: dict[tuple[str, str], list[Json]] = {}
    for each in episodes:
        parts.setdefault((each["created_at"][:7], each["show"]), []).append(each)
    months = [
        {"month": month, "show": name, **_spent(parts[month, name])}
        for month, name in sorted(parts)
    ]
    document = {**_spent(episodes), "by_month_and_show": months}
    table = context.output.table(
        "month", "show", "episodes", "hours", "GPU s", "tokens", "GiB", "USD", "storage USD/month"
    )
    for each in [*months, {"month": "all", "show": "", **document}] if months else []:
        table.add_row(
            each["month"], each["show"], str(each["episodes"]), f"{each['hours']:.2f}",
            f"{each['gpu_s']:.0f}", str(each["tokens"]), f"{each['gib']:.3f}",
            f"{each['usd']:.4f}", f"{each['storage_usd_month']:.4f}",
        )  # fmt: skip
    context.output.result(document, table if months else ["nothing was paid: no episodes"])


def _spent(episodes: Sequence[Json]) -> Json:
    """Add up: money is what events say, and what S3 asks for what is stored, by the price file."""
    gib = sum(each["stored_bytes"] for each in episodes) / 2**30
    return {
        "episodes": len(episodes),
        "hours": round(sum(each.get("duration_s") or 0.0 for each in episodes) / 3600, 3),
        "gpu_s": round(sum(map(_gpu_s, episodes)), 1),
        "tokens": sum(each["tokens"] for each in episodes),
        "gib": round(gib, 4),
        "usd": round(sum(each.get("cost") or 0.0 for each in episodes), 4),
        "storage_usd_month": round(gib * prices()["s3"]["gib_month"], 4),
    }


def _gpu_s(episode: Json) -> float:
    device = (episode.get("engine") or {}).get("device", "")
    steps = episode["timings"] if device not in NO_GPU else {}
    return float(sum(steps.get(step, 0.0) for step in RECOGNITION))
