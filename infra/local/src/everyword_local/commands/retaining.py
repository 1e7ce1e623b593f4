"""What is kept long enough, and goes."""

from collections.abc import Iterator
from typing import Any

import click

from everyword_local.commands.context import CommandContext, pass_reading_context
from everyword_local.output import counted


@click.command()
@click.option("--dry-run", is_flag=True, help="Only say what would be deleted.")
@click.option("--apply", "applying", is_flag=True, help="Delete it now.")
@pass_reading_context
def retention(context: CommandContext, *, dry_run: bool, applying: bool) -> None:
    """Delete audio and old runs that the [retention] settings let nobody keep any longer.

    While everyword runs it does so by itself, once a day.
    """
    if dry_run == applying:
        raise click.UsageError("say --dry-run or --apply")
    found = context.api.post("/v1/retention", {"dry_run": dry_run})
    context.output.result(found, _lines(found))


def _lines(found: dict[str, Any]) -> Iterator[str]:
    for each in found["episodes"]:
        parts = []
        if each["audio_bytes"]:
            parts.append(f"audio of {each['audio_bytes'] / 1e6:.1f} MB")
        if each["runs"]:
            parts.append(f"files of {counted(each['runs'], 'run')}")
        yield f"{each['title']}: {', '.join(parts)}"
    said = "would be deleted" if found["dry_run"] else "deleted"
    total = sum(each["audio_bytes"] for each in found["episodes"])
    yield f"of {counted(len(found['episodes']), 'episode')}, {total / 1e6:.1f} MB of audio, {said}"
