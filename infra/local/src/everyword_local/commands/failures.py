"""`everyword failed`: what a service gave up on, and what to do with it."""

from collections.abc import Iterator, Sequence

import click

from everyword_events import NotFound
from everyword_local.client import Json
from everyword_local.commands.context import CommandContext, pass_context


@click.group()
def failed() -> None:
    """List, read, redrive or discard the dead letters."""


@failed.command("list")
@click.option("--service", help="Only what this service gave up on.")
@pass_context
def list_(context: CommandContext, service: str | None) -> None:
    """List what was given up on, with the reason."""
    letters = context.api.get("/v1/dead-letters", service=service)["dead_letters"]
    table = context.output.table("letter", "service", "event", "episode", "reason")
    for letter in letters:
        meta = letter["event"]["meta"]
        table.add_row(
            letter["letter_id"],
            letter["service"],
            letter["event"]["type"],
            meta["episode_id"],
            letter["message"],
        )
    nothing = ["nothing failed"]
    context.output.result({"dead_letters": letters}, table if letters else nothing)


@failed.command()
@click.argument("letter")
@pass_context
def show(context: CommandContext, letter: str) -> None:
    """Show one dead letter whole."""
    found = _one(context, letter)
    context.output.result(found, _lines(found))


@failed.command()
@click.argument("letters", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="All of them.")
@pass_context
def redrive(context: CommandContext, letters: tuple[str, ...], *, everything: bool) -> None:
    """Queue dead letters again, after the cause was mended."""
    chosen = _chosen(context, letters, everything=everything)
    done = _done(context, "redrive", chosen) if chosen else {"redriven": 0}
    context.output.result(done, [f"{done['redriven']} queued again"])


@failed.command()
@click.argument("letters", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="All of them.")
@pass_context
def discard(context: CommandContext, letters: tuple[str, ...], *, everything: bool) -> None:
    """Drop dead letters for good; the events stay in the journal."""
    chosen = _chosen(context, letters, everything=everything)
    done = _done(context, "discard", chosen) if chosen else {"discarded": 0}
    context.output.result(done, [f"{done['discarded']} discarded"])


def _done(context: CommandContext, what: str, letters: Sequence[str]) -> Json:
    return context.api.post(f"/v1/dead-letters:{what}", {"letters": letters})


def _chosen(context: CommandContext, letters: Sequence[str], *, everything: bool) -> list[str]:
    if everything:
        found = context.api.get("/v1/dead-letters")["dead_letters"]
        return [letter["letter_id"] for letter in found]
    if not letters:
        raise click.UsageError("name the letters, or say --all")
    return [_one(context, letter)["letter_id"] for letter in letters]


def _one(context: CommandContext, name: str) -> Json:
    for letter in context.api.get("/v1/dead-letters")["dead_letters"]:
        if name in (letter["letter_id"], letter["event"]["meta"]["event_id"]):
            return dict(letter)
    raise NotFound(
        f"no dead letter {name!r}", hint="`everyword failed list`", code="letter_missing"
    )


def _lines(letter: Json) -> Iterator[str]:
    meta = letter["event"]["meta"]
    yield f"{letter['letter_id']}: {letter['service']} gave up on {letter['event']['type']}"
    yield f"  after {letter['attempts']} attempts, {letter['died_at']}"
    yield f"  {letter['code']}: {letter['message']}"
    if letter["hint"]:
        yield f"  {letter['hint']}"
    yield f"  episode {meta['episode_id']}, run {meta['run_id']}, event {meta['event_id']}"
