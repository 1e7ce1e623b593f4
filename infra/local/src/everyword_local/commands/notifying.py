"""`everyword webhooks` and `everyword saved`: be told what happens, and what is said."""

import click

from everyword_local.commands.context import CommandContext, pass_context, pass_reading_context


@click.group()
def webhooks() -> None:
    """Tell an address when episodes are ready or fail, and when a saved search matches."""


@webhooks.command("add")
@click.argument("url")
@click.option(
    "--event", "events", multiple=True, metavar="EVENT", help="Only these; by default all."
)
@pass_context
def add_webhook(context: CommandContext, url: str, events: tuple[str, ...]) -> None:
    """Tell an address from now on; prints its id and the secret that signs its requests."""
    made = context.api.post("/v1/webhooks", {"url": url, "events": list(events)})
    context.output.result(
        made, [f"{made['id']}  secret {made['secret']}", "keep the secret: it is not shown again"]
    )


@webhooks.command("list")
@pass_reading_context
def list_webhooks(context: CommandContext) -> None:
    """List webhooks."""
    found = context.api.get("/v1/webhooks")["webhooks"]
    table = context.output.table("webhook", "events", "address")
    for each in found:
        table.add_row(each["id"], ", ".join(each["events"]) or "all", each["url"])
    nothing = ["no webhooks - `everyword webhooks add URL` adds one"]
    context.output.result({"webhooks": found}, table if found else nothing)


@webhooks.command("test")
@click.argument("webhook")
@pass_reading_context
def test_webhook(context: CommandContext, webhook: str) -> None:
    """Send a webhook a message now, and say how that went."""
    tried = context.api.post(f"/v1/webhooks/{webhook}:test")
    context.output.result(tried, [_line(tried)])
    if tried["state"] != "delivered":
        context.failed()


@webhooks.command("log")
@click.argument("webhook")
@pass_reading_context
def webhook_log(context: CommandContext, webhook: str) -> None:
    """Show a webhook's newest deliveries."""
    found = context.api.get(f"/v1/webhooks/{webhook}/deliveries")
    context.output.result(found, [_line(each) for each in found["deliveries"]] or ["none yet"])


@webhooks.command("remove")
@click.argument("webhook")
@pass_reading_context
def remove_webhook(context: CommandContext, webhook: str) -> None:
    """Tell a webhook no more."""
    context.api.delete(f"/v1/webhooks/{webhook}")
    context.output.result({"removed": webhook}, [f"{webhook} is told no more"])


@click.group()
def saved() -> None:
    """Be told when something is spoken: queries that new episodes are asked."""


@saved.command("add")
@click.argument("query")
@click.option("--show", default="", help="Only this show's episodes.")
@pass_context
def add_search(context: CommandContext, query: str, show: str) -> None:
    """Ask a query of every episode that is new or processed again."""
    made = context.api.post("/v1/saved-searches", {"query": query, "show": show})
    context.output.result(made, [f"{made['search_id']}  {made['query']}"])


@saved.command("list")
@pass_reading_context
def list_searches(context: CommandContext) -> None:
    """List saved searches."""
    found = context.api.get("/v1/saved-searches")["saved_searches"]
    lines = [f"{each['search_id']}  {each['query']}  {each['show']}".rstrip() for each in found]
    nothing = ["no saved searches - `everyword saved add QUERY` adds one"]
    context.output.result({"saved_searches": found}, lines or nothing)


@saved.command("remove")
@click.argument("search")
@pass_reading_context
def remove_search(context: CommandContext, search: str) -> None:
    """Remove a saved search."""
    context.api.delete(f"/v1/saved-searches/{search}")
    context.output.result({"removed": search}, [f"removed {search}"])


def _line(delivery: dict[str, object]) -> str:
    why = f" - {delivery['error']}" if delivery["error"] else ""
    went = f"{delivery['state']}, tries {delivery['tries']}{why}"
    return f"{delivery['made_at']}  {delivery['type']}  {went}"
