"""`everyword shows`: which shows anybody may search and read without a key."""

from urllib.parse import quote

import click

from everyword_local.client import Json
from everyword_local.commands.context import CommandContext, pass_context, pass_reading_context


@click.group()
def shows() -> None:
    """Shows, and which of them anybody may search and read without a key."""


@shows.command("list")
@pass_reading_context
def list_(context: CommandContext) -> None:
    """List the shows, and whether they are public."""
    found = context.api.get("/v1/show-access")["shows"]
    table = context.output.table("show", "episodes", "without a key", cut="show")
    for each in found:
        table.add_row(each["name"], str(each["episodes"]), _said(each))
    context.output.result({"shows": found}, table if found else ["no shows yet"])


@shows.command()
@click.argument("show")
@pass_context
def publish(context: CommandContext, show: str) -> None:
    """Let anybody search and read a show."""
    _choose(context, show, public=True)


@shows.command()
@click.argument("show")
@pass_context
def hide(context: CommandContext, show: str) -> None:
    """Let nobody search or read a show without a key."""
    _choose(context, show, public=False)


def _choose(context: CommandContext, show: str, *, public: bool) -> None:
    chosen = context.api.put(f"/v1/show-access/{quote(show, safe='')}", {"public": public})
    context.output.result(chosen, [f"{chosen['name']}: {_said(chosen)}"])


def _said(show: Json) -> str:
    return "public" if show["public"] else "private"
