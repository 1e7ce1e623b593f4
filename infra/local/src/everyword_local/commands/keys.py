"""`everyword keys`: who may do what over HTTP."""

from collections.abc import Iterator

import click

from everyword_local.client import Json
from everyword_local.commands.context import CommandContext, pass_context, pass_reading_context

SCOPES = ("search", "upload", "edit", "admin")


@click.group()
def keys() -> None:
    """API keys: create, list, rotate and revoke them."""


@keys.command()
@click.option(
    "--scope", "scopes", type=click.Choice(SCOPES), multiple=True, required=True,
    help="What it may do; may be said more than once.",
)  # fmt: skip
@click.option("--name", default="", help="What it is for.")
@pass_context
def create(context: CommandContext, scopes: tuple[str, ...], name: str) -> None:
    """Make a key; it is shown this once."""
    _show(context, context.api.post("/v1/keys", {"scopes": list(scopes), "name": name}))


@keys.command("list")
@pass_reading_context
def list_(context: CommandContext) -> None:
    """List the keys; their secrets are kept nowhere."""
    found = context.api.get("/v1/keys")
    table = context.output.table("id", "scopes", "created", "name", cut="name")
    for each in found["keys"]:
        table.add_row(each["id"], " ".join(each["scopes"]), each["created_at"][:10], each["name"])
    context.output.result(found, table if found["keys"] else ["no keys"])


@keys.command()
@click.argument("key_id", metavar="ID")
@pass_reading_context
def rotate(context: CommandContext, key_id: str) -> None:
    """Give a key another secret; the old one is no longer taken."""
    _show(context, context.api.post(f"/v1/keys/{key_id}:rotate"))


@keys.command()
@click.argument("key_id", metavar="ID")
@pass_reading_context
def revoke(context: CommandContext, key_id: str) -> None:
    """Take a key back, and the sessions it opened."""
    context.api.delete(f"/v1/keys/{key_id}")
    context.output.result({"revoked": key_id}, [f"revoked {key_id}"])


def _show(context: CommandContext, issued: Json) -> None:
    context.output.note("keep it well: it is shown this once")
    context.output.result(issued, _lines(issued))


def _lines(issued: Json) -> Iterator[str]:
    yield f"{issued['id']}  {' '.join(issued['scopes'])}  {issued['name']}".rstrip()
    yield str(issued["key"])
