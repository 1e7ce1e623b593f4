"""What was paid, as events say, and what AWS would cost."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import click

from everyword_local.commands.context import CommandContext, pass_reading_context
from everyword_local.estimating import USUAL_HOURS, CostLine, estimate, tables
from everyword_local.output import counted
from everyword_local.prices import price_list, prices

GPU = click.Choice(sorted(prices()["gpu"]))


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
    """Add up what the episodes' events say that they cost."""
    episodes = list(context.api.pages("/v1/episodes", "episodes", show=show, limit=200))
    known = [each["cost"] for each in episodes if each.get("cost") is not None]
    hours = sum(each.get("duration_s") or 0.0 for each in episodes) / 3600
    document = {"episodes": len(episodes), "hours": round(hours, 3), "usd": round(sum(known), 4)}
    words = f"{document['usd']} USD for {counted(len(episodes), 'episode')} of {hours:.2f} hours"
    context.output.result(document, [words])
