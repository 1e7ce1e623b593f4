"""`everyword failed`: what a service gave up on, and what to do with it."""

from collections.abc import Iterator, Sequence

import click

from everyword_events import NotFound
from everyword_local.client import Json
from everyword_local.commands.context import CommandContext, pass_context, pass_reading_context


@click.group()
def failed() -> None:
    """List, read, redrive or discard the dead letters."""


@failed.command("list")
@click.option("--service", help="Only what this service gave up on.")
@pass_reading_context
def list_(context: CommandContext, service: str | None) -> None:
    """List what was given up on, with the reason."""
    dead_letters = context.api.get("/v1/dead-letters", service=service)["dead_letters"]
    table = context.output.table(
        "dead letter", "service", "event", "episode", "reason", cut="reason"
    )
    for dead in dead_letters:
        meta = dead["event"]["meta"]
        table.add_row(
            dead["dead_letter_id"],
            dead["service"],
            dead["event"]["type"],
            meta["episode_id"],
            dead["message"],
        )
    nothing = ["nothing failed"]
    context.output.result({"dead_letters": dead_letters}, table if dead_letters else nothing)


@failed.command()
@click.argument("dead_letter")
@pass_reading_context
def show(context: CommandContext, dead_letter: str) -> None:
    """Show one dead letter whole."""
    found = _one(context, dead_letter)
    context.output.result(found, _lines(found))


@failed.command()
@click.argument("dead_letters", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="All of them.")
@pass_context
def redrive(context: CommandContext, dead_letters: tuple[str, ...], *, everything: bool) -> None:
    """Queue dead letters again, after the cause was mended."""
    chosen = _chosen(context, dead_letters, everything=everything)
    done = _done(context, "redrive", chosen) if chosen else {"redriven": 0}
    context.output.result(done, [f"{done['redriven']} queued again"])


@failed.command()
@click.argument("dead_letters", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="All of them.")
@pass_context
def discard(context: CommandContext, dead_letters: tuple[str, ...], *, everything: bool) -> None:
    """Drop dead letters for good; the events stay in the journal."""
    chosen = _chosen(context, dead_letters, everything=everything)
    done = _done(context, "discard", chosen) if chosen else {"discarded": 0}
    context.output.result(done, [f"{done['discarded']} discarded"])


def _done(context: CommandContext, what: str, dead_letters: Sequence[str]) -> Json:
    return context.api.post(f"/v1/dead-letters:{what}", {"dead_letters": dead_letters})


def _chosen(context: CommandContext, dead_letters: Sequence[str], *, everything: bool) -> list[str]:
    if everything:
        found = context.api.get("/v1/dead-letters")["dead_letters"]
        return [dead["dead_letter_id"] for dead in found]
    if not dead_letters:
        raise click.UsageError("name the dead letters, or say --all")
    return [_one(context, name)["dead_letter_id"] for name in dead_letters]


def _one(context: CommandContext, name: str) -> Json:
    for dead in context.api.get("/v1/dead-letters")["dead_letters"]:
        if name in (dead["dead_letter_id"], dead["event"]["meta"]["event_id"]):
            return dict(dead)
    raise NotFound(
        f"no dead letter {name!r}", hint="`everyword failed list`", code="dead_letter_missing"
    )


def _lines(dead: Json) -> Iterator[str]:
    meta = dead["event"]["meta"]
    yield f"{dead['dead_letter_id']}: {dead['service']} gave up on {dead['event']['type']}"
    yield f"  after {dead['attempts']} attempts, {dead['died_at']}"
    yield f"  {dead['code']}: {dead['message']}"
    if dead["hint"]:
        yield f"  {dead['hint']}"
    yield f"  episode {meta['episode_id']}, run {meta['run_id']}, event {meta['event_id']}"
