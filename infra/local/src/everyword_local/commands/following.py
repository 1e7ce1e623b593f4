"""`everyword feeds`: podcast feeds that are followed."""

from collections.abc import Callable, Iterator
from typing import Any

import click

from everyword_local.client import Json
from everyword_local.commands.context import CommandContext, pass_context


def option_selection(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that choose among a feed's episodes."""
    for option in (
        click.option("--newest", type=click.IntRange(1), help="Of a feed, only so many episodes."),
        click.option("--since", metavar="DATE", help="Of a feed, only those published since."),
        click.option("--dry-run", is_flag=True, help="Only say what a feed would bring."),
    ):
        command = option(command)
    return command


@click.group()
def feeds() -> None:
    """Follow podcasts: their back catalogue, and new episodes as they come."""


@feeds.command("add")
@click.argument("url")
@click.option("--show", default="", help="The show's name; by default the feed's title.")
@click.option("--language", default="", help="By default what the feed says.")
@option_selection
@pass_context
def add_feed(context: CommandContext, /, **wanted: Any) -> None:
    """Follow a feed and take in its episodes."""
    report = follow(context, wanted)
    context.output.result(report, report_lines(report))
    _end(context, report)


@feeds.command("list")
@pass_context
def list_feeds(context: CommandContext) -> None:
    """List the feeds that are followed."""
    found = context.api.get("/v1/feeds")["feeds"]
    table = context.output.table("feed", "show", "polled", "next", "address")
    for each in found:
        polled = (each["polled_at"] or "")[:16]
        table.add_row(
            each["feed_id"], each["show"], polled, each["next_poll_at"][:16],
            f"{each['url']}  {each['error']}".rstrip(),
        )  # fmt: skip
    nothing = ["no feeds yet - `everyword feeds add URL` follows one"]
    context.output.result({"feeds": found}, table if found else nothing)


@feeds.command()
@click.argument("feed", required=False)
@pass_context
def poll(context: CommandContext, feed: str | None) -> None:
    """Ask a feed, or all, for what is new."""
    known = context.api.get("/v1/feeds")["feeds"]
    wanted = [each["feed_id"] for each in known if feed in {None, each["feed_id"], each["url"]}]
    wanted = wanted or ([feed] if feed else [])
    reports = [context.api.post(f"/v1/feeds/{each}:poll") for each in wanted]
    lines = [line for report in reports for line in report_lines(report)]
    context.output.result({"feeds": reports}, lines or ["no feeds are followed"])
    for report in reports:
        _end(context, report)


@feeds.command("remove")
@click.argument("feed")
@pass_context
def remove_feed(context: CommandContext, feed: str) -> None:
    """Follow a feed no more; its episodes stay."""
    known = context.api.get("/v1/feeds")["feeds"]
    ids = [each["feed_id"] for each in known if each["url"] == feed]
    feed_id = ids[0] if ids else feed
    context.api.delete(f"/v1/feeds/{feed_id}")
    context.output.result({"removed": feed_id}, [f"{feed} is followed no more"])


def follow(context: CommandContext, wanted: Json) -> Json:
    """Follow a feed; return the report of its items."""
    return context.api.post(
        "/v1/feeds", {name: value for name, value in wanted.items() if value is not None}
    )


def report_lines(report: Json) -> Iterator[str]:
    """Say what came of a feed: a line an item, and the sum."""
    if report["not_modified"]:
        yield f"{report['show']}: nothing new"
        return
    counts: dict[str, int] = {}
    for item in report["items"]:
        counts[item["action"]] = counts.get(item["action"], 0) + 1
        if item["action"] != "known":
            why = f" - {item['message']}" if item["message"] else ""
            yield f"{item['action']:8} {item['title']}{why}"
    summed = ", ".join(f"{count} {action}" for action, count in counts.items()) or "no items"
    yield f"{report['show']}: {summed}"
    if report["estimate"]:
        yield _estimated(report["estimate"])


def _estimated(estimate: Json) -> str:
    words = [f"{estimate['items']} episodes, {estimate['hours']:.1f} hours of audio"]
    if estimate["without_duration"]:
        words.append(f"{estimate['without_duration']} of unstated length, reckoned by size")
    if estimate["processing_hours"] is not None:
        words.append(f"about {estimate['processing_hours']:.1f} hours of work here")
    else:
        words.append("the time it takes is unknown until something was processed here")
    if estimate["cost_usd"] is not None:
        words.append(f"about {estimate['cost_usd']:.2f} USD")
    return "dry run: " + "; ".join(words)


def _end(context: CommandContext, report: Json) -> None:
    if any(item["action"] == "failed" for item in report["items"]):
        context.failed()
