"""`everyword feeds`: podcast feeds that are followed."""

import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import click

from everyword_local.client import Json
from everyword_local.commands.context import (
    POLL_IN_PROCESS_S,
    POLL_S,
    CommandContext,
    pass_context,
    pass_reading_context,
)
from everyword_local.output import counted


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
@pass_reading_context
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
@pass_reading_context
def poll(context: CommandContext, feed: str | None) -> None:
    """Ask a feed, or all, for what is new."""
    known = context.api.get("/v1/feeds")["feeds"]
    wanted = [each["feed_id"] for each in known if feed in {None, each["feed_id"], each["url"]}]
    wanted = wanted or ([feed] if feed else [])
    reports = [
        taken_in(context, context.api.post(f"/v1/feeds/{quote(each, safe='')}:poll?wait_s=0"))
        for each in wanted
    ]
    lines = [line for report in reports for line in report_lines(report)]
    context.output.result({"feeds": reports}, lines or ["no feeds are followed"])
    for report in reports:
        _end(context, report)


@feeds.command("remove")
@click.argument("feed")
@pass_reading_context
def remove_feed(context: CommandContext, feed: str) -> None:
    """Follow a feed no more; its episodes stay."""
    known = context.api.get("/v1/feeds")["feeds"]
    ids = [each["feed_id"] for each in known if each["url"] == feed]
    feed_id = ids[0] if ids else feed
    context.api.delete(f"/v1/feeds/{feed_id}")
    context.output.result({"removed": feed_id}, [f"{feed} is followed no more"])


@feeds.command("imports")
@click.argument("feed_import", required=False)
@pass_reading_context
def imports(context: CommandContext, feed_import: str | None) -> None:
    """List the feeds that are taken in, or follow one of these imports to its end."""
    if feed_import:
        path = f"/v1/feed-imports/{quote(feed_import, safe='')}"
        report = taken_in(context, context.api.get(path))
        context.output.result(report, report_lines(report))
        _end(context, report)
        return
    found = context.api.get("/v1/feed-imports")["imports"]
    table = context.output.table("import", "show", "state", "items", "started", "error")
    for each in found:
        table.add_row(
            each["import_id"], each["show"], each["state"], str(each["total"]),
            each["started_at"][:16], each["error"],
        )  # fmt: skip
    context.output.result({"imports": found}, table if found else ["no feed was taken in lately"])


@feeds.command("cancel")
@click.argument("feed_import")
@pass_reading_context
def cancel_import(context: CommandContext, feed_import: str) -> None:
    """Take no more of a feed's items in; those that were taken in stay."""
    report = context.api.post(f"/v1/feed-imports/{quote(feed_import, safe='')}:cancel")
    context.output.result(report, report_lines(report))


def follow(context: CommandContext, wanted: Json) -> Json:
    """Follow a feed and take it in; return the report of its items."""
    asked = {name: value for name, value in wanted.items() if value is not None}
    return taken_in(context, context.api.post("/v1/feeds", {**asked, "wait_s": 0}))


def taken_in(context: CommandContext, report: Json) -> Json:
    """Show how a feed is taken in until that is over; return its last report."""
    if report["state"] != "running":
        return report
    path = f"/v1/feed-imports/{report['import_id']}"
    said = ""
    with context.importing_feeds(), context.output.progress() as bars:
        bar = bars.add_task(report["show"][:40], total=None)
        while report["state"] == "running":
            time.sleep(POLL_IN_PROCESS_S if context.api.in_process else POLL_S)
            report = context.api.get(path)
            done, total = report["done"], report["total"]
            bars.update(bar, completed=done, total=total or None)
            line = f"{report['show']}: {done * 10 // total * 10} % of {total}" if total else ""
            if line and line != said and not context.output.is_terminal:
                context.output.note(line)
                said = line
    return report


def report_lines(report: Json) -> Iterator[str]:
    """Say what came of a feed: a line an item, and the sum."""
    if report["error"]:
        yield f"{report['show']}: {report['error']}" + (
            f" - {report['hint']}" if report["hint"] else ""
        )
        return
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
    cut = f" of {report['total']}, cancelled" if report["state"] == "cancelled" else ""
    yield f"{report['show']}: {summed}{cut}"
    if report["estimate"]:
        yield _estimated(report["estimate"])


def _estimated(estimate: Json) -> str:
    words = [f"{counted(estimate['items'], 'episode')}, {estimate['hours']:.1f} hours of audio"]
    if estimate["without_duration"]:
        words.append(f"{estimate['without_duration']} of unstated length, reckoned by size")
    if estimate["processing_hours"] is not None:
        words.append(f"about {estimate['processing_hours']:.1f} hours of work")
    if estimate["cost_usd"] is not None:
        words.append(f"about {estimate['cost_usd']:.2f} USD")
    if estimate["assumed"]:
        words[-1] += " (a guess: nothing was recognised here yet)"
    return "dry run: " + "; ".join(words)


def ended_badly(report: Json) -> bool:
    """Tell whether a feed, or one of its items, could not be taken in."""
    return report["state"] == "failed" or any(
        item["action"] == "failed" for item in report["items"]
    )


def _end(context: CommandContext, report: Json) -> None:
    if ended_badly(report):
        context.failed()
