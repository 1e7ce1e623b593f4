"""`everyword failed`: what a service gave up on, and what to do with it."""

from collections.abc import Iterator, Sequence

import click

from everyword_events import NotFound
from everyword_local.client import Json
from everyword_local.commands.context import CommandContext, pass_reading_context
from everyword_local.output import counted

MOST = 10_000
option_all = click.option("--all", "everything", is_flag=True, help="All of them.")
option_service = click.option("--service", help="All that this service gave up on.")


@click.group()
def failed() -> None:
    """List, read, redrive or discard the dead letters."""


@failed.command("list")
@click.option("--service", help="Only what this service gave up on.")
@pass_reading_context
def list_(context: CommandContext, service: str | None) -> None:
    """List what was given up on, with the reason."""
    dead_letters = _listed(context, service)
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
@option_all
@option_service
@pass_reading_context
def redrive(
    context: CommandContext,
    dead_letters: tuple[str, ...],
    service: str | None,
    *,
    everything: bool,
) -> None:
    """Queue dead letters again, after the cause was mended."""
    chosen = _chosen(context, dead_letters, service, everything=everything)
    done = _done(context, "redrive", chosen) if chosen else {"redriven": 0}
    if done["redriven"] and context.api.in_process:
        context.output.note("queued: `everyword up` will process it")
    context.output.result(done, [f"{done['redriven']} queued again"])


@failed.command()
@click.argument("dead_letters", nargs=-1)
@option_all
@option_service
@pass_reading_context
def discard(
    context: CommandContext,
    dead_letters: tuple[str, ...],
    service: str | None,
    *,
    everything: bool,
) -> None:
    """Drop dead letters for good; the events stay in the journal."""
    chosen = _chosen(context, dead_letters, service, everything=everything)
    done = _done(context, "discard", chosen) if chosen else {"discarded": 0}
    context.output.result(done, [f"{done['discarded']} discarded"])


def _listed(context: CommandContext, service: str | None = None) -> list[Json]:
    found: list[Json] = context.api.get("/v1/dead-letters", service=service, limit=MOST)[
        "dead_letters"
    ]
    return found


def _done(context: CommandContext, what: str, dead_letters: Sequence[str]) -> Json:
    return context.api.post(f"/v1/dead-letters:{what}", {"dead_letters": dead_letters})


def _chosen(
    context: CommandContext, dead_letters: Sequence[str], service: str | None, *, everything: bool
) -> list[str]:
    if everything or (service and not dead_letters):
        found = _listed(context, service)
        return [dead["dead_letter_id"] for dead in found]
    if not dead_letters:
        raise click.UsageError("name the dead letters, or say --all or --service")
    return [_one(context, name)["dead_letter_id"] for name in dead_letters]


def _one(context: CommandContext, name: str) -> Json:
    for dead in _listed(context):
        if name in (dead["dead_letter_id"], dead["event"]["meta"]["event_id"]):
            return dict(dead)
    raise NotFound(
        f"no dead letter {name!r}", hint="`everyword failed list`", code="dead_letter_missing"
    )


def _lines(dead: Json) -> Iterator[str]:
    meta = dead["event"]["meta"]
    yield f"{dead['dead_letter_id']}: {dead['service']} gave up on {dead['event']['type']}"
    yield f"  after {counted(dead['attempts'], 'attempt')}, {dead['died_at']}"
    yield f"  {dead['code']}: {dead['message']}"
    if dead["hint"]:
        yield f"  {dead['hint']}"
    yield f"  episode {meta['episode_id']}, run {meta['run_id']}, event {meta['event_id']}"
