"""`everyword add`: files, folders, addresses, feeds, or transcripts that exist already."""

import contextlib
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import click

from everyword_events import EverywordError, InvalidInput, TranscriptionHints
from everyword_local.client import Json
from everyword_local.commands.context import (
    POLL_S,
    SETTLED,
    CommandContext,
    option_wait,
    pass_context,
)
from everyword_local.commands.following import ended_badly, follow, option_selection, report_lines
from everyword_local.commands.sources import Item, Named, check_title, find_sources
from everyword_local.commands.uploading import add_item, add_url
from everyword_local.commands.watching import describe, watch
from everyword_local.publisher_processes import MANY
from transcribe_gpu.standalone import announced_engine


@dataclass
class Added:
    """What came of a command: episodes, feeds, and what could not be added."""

    episode_ids: list[str] = field(default_factory=list)
    fetched_ids: list[str] = field(default_factory=list)
    feeds: list[Json] = field(default_factory=list)
    failures: list[Json] = field(default_factory=list)


@click.command()
@click.argument("sources", nargs=-1, metavar="FILE|DIR|URL|FEED…")
@click.option(
    "--transcript",
    "transcripts",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE|DIR",
    help="No recognition: it is here. Several are paired with audio by name.",
)
@click.option("--show", default="", help="The show the episodes belong to.")
@click.option("--title", help="The episode's title; by default the file's name.")
@click.option("--language", default="", help="Such as en or sv; by default it is detected.")
@click.option("--speakers", type=click.IntRange(0, 64), default=0, help="How many, if known.")
@click.option("--channels", type=click.Choice(["mix", "speakers"]), help="One speaker per channel?")
@click.option("--engine", default="", help="The recogniser to use.")
@click.option("--model", default="", help="The recogniser's model.")
@click.option("--published", metavar="DATE", help="When it was published.")
@click.option("--link", help="The episode's own web page.")
@click.option("--again", is_flag=True, help="Even if the same audio is there already.")
@option_selection
@option_wait
@pass_context
def add(
    context: CommandContext,
    /,
    sources: tuple[str, ...],
    transcripts: tuple[Path, ...],
    *,
    wait: bool,
    again: bool,
    newest: int | None,
    since: str | None,
    dry_run: bool,
    **hints: Any,
) -> None:
    """Add episodes: audio, folders, web addresses, a podcast's feed, or existing transcripts.

    What cannot be added is told and the rest is added; the exit code is then 1.
    """
    if not sources and not transcripts:
        raise click.UsageError("name a file, a folder or an address")
    about = _about(hints)
    if again:
        about["allow_duplicate"] = True
    named = find_sources(sources, transcripts)
    check_title(about.get("title"), named)
    for note in named.notes:
        context.output.note(note)
    if wait and context.in_process and any(not each.transcript for each in named.items):
        context.output.note(_engine_line(context, about))
    selection = {"newest": newest, "since": since, "dry_run": dry_run}
    much = len(named.items) >= MANY
    with context.working(much=much) if wait else contextlib.nullcontext():
        added = _add_all(context, named, about, selection)
        ended = _ended(context, added) if wait else []
    _report(context, added, ended, wait=wait)


def _add_all(context: CommandContext, named: Named, about: Json, selection: Json) -> Added:
    """Add one after the other: what is wrong with one is told, and does not end the others."""
    added = Added()
    steps = [(item.name, partial(_add_files, context, added, item, about)) for item in named.items]
    steps += [
        (url, partial(_add_address, context, added, url, about, selection)) for url in named.urls
    ]
    for name, step in steps:
        try:
            step()
        except EverywordError as error:
            if len(steps) == 1:
                raise
            failure = {"name": name, "code": error.code, "message": error.message}
            added.failures.append({**failure, "hint": error.hint})
            context.output.note(f"{name}: {_told(added.failures[-1])}")
    return added


def _told(failure: Json) -> str:
    """Say what is wrong with one, and what to do about it where that is known."""
    return " - ".join(part for part in (failure["message"], failure["hint"]) if part)


def _add_files(context: CommandContext, added: Added, item: Item, about: Json) -> None:
    added.episode_ids.append(add_item(context, item, about))


def _add_address(
    context: CommandContext, added: Added, url: str, about: Json, selection: Json
) -> None:
    """Add what an address leads to: one episode, or a feed."""
    try:
        episode_id = add_url(context, url, about)
    except InvalidInput as error:
        if error.code != "is_feed":
            raise
        chosen: Json = {name: about[name] for name in ("show", "language") if name in about}
        added.feeds.append(follow(context, {"url": url, **chosen, **selection}))
        return
    added.episode_ids.append(episode_id)
    added.fetched_ids.append(episode_id)


def _engine_line(context: CommandContext, about: Json) -> str:
    """Say which recogniser will be used here, and what to expect of it."""
    hints = {name: about[name] for name in TranscriptionHints.model_fields if name in about}
    settings = context.settings.of_show(about.get("show", "")).transcribe
    return announced_engine(settings.with_hints(TranscriptionHints.model_validate(hints)))


def _ended(context: CommandContext, added: Added) -> list[Json]:
    """Wait until all is done; return how it ended."""
    ids = list(dict.fromkeys(added.episode_ids))
    ids += [each for feed in added.feeds for each in _unfinished_of(context, feed)]
    return watch(context, ids)


def _report(context: CommandContext, added: Added, ended: list[Json], *, wait: bool) -> None:
    episodes = ended
    if not wait:
        _await_downloads(context, added.fetched_ids)
        ids = dict.fromkeys(added.episode_ids)
        episodes = [context.api.get(f"/v1/episodes/{each}") for each in ids]
        if context.api.in_process and (episodes or any(map(_episodes_of, added.feeds))):
            context.output.note("queued: `everyword up` will process it, or add --wait")
    one = episodes[0] if len(episodes) == 1 and not added.feeds else {}
    lines = [f"{each['episode_id']}  {describe(each)}" for each in episodes]
    for feed in added.feeds:
        lines += report_lines(feed)
    document: Json = {**one, "episodes": episodes}
    if added.feeds:
        document["feeds"] = added.feeds
    if added.failures:
        document["failed"] = added.failures
        lines += [f"not added: {each['name']}: {_told(each)}" for each in added.failures]
    context.output.result(document, lines)
    ended_ill = any(
        each["state"] == "failed" or (wait and each["state"] != "ready") for each in episodes
    )
    if added.failures or ended_ill or any(map(ended_badly, added.feeds)):
        context.failed()


def _episodes_of(feed: Json) -> list[str]:
    """Return the episodes that a feed's report began."""
    return [
        each["episode_id"]
        for each in feed["items"]
        if each["action"] == "added" and each["episode_id"]
    ]


def _unfinished_of(context: CommandContext, feed: Json) -> Iterator[str]:
    """Yield the episodes that a feed's report began, and those of before that are not done yet."""
    for item in feed["items"]:
        if item["action"] in {"added", "changed"} and item["episode_id"]:
            yield item["episode_id"]
        elif item["action"] == "known" and item["episode_id"]:
            state = context.api.get(f"/v1/episodes/{item['episode_id']}")["state"]
            if state not in SETTLED:
                yield item["episode_id"]


def _await_downloads(context: CommandContext, episode_ids: Sequence[str]) -> None:
    """Return once these were fetched, or could not be; without a server they are fetched here."""
    waiting = list(episode_ids)
    if not waiting:
        return
    with context.fetching(), context.output.progress() as bars:
        bar = bars.add_task("fetch", total=len(waiting))
        while waiting:
            states = [context.api.get(f"/v1/episodes/{each}")["state"] for each in waiting]
            waiting = [
                each
                for each, state in zip(waiting, states, strict=True)
                if state == "awaiting_upload"
            ]
            bars.update(bar, completed=len(episode_ids) - len(waiting))
            time.sleep(POLL_S if waiting else 0)


def _about(hints: dict[str, Any]) -> Json:
    about = {name: hint for name, hint in hints.items() if hint}
    if "published" in about:
        about["published_at"] = about.pop("published")
    return about
