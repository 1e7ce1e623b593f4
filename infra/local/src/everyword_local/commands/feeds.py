"""`everyword feed`: transcript and chapter tags for a podcast's own feed."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

import click

from captions.domain.feed import (
    EpisodeLinks,
    FeedItemIdentity,
    enrich_feed,
    feed_items,
    snippet,
)
from captions.domain.feed_matching import ArchivedEpisode, match_items
from captions.domain.file_formats import CHAPTERS
from captions.enriched_feeds import links_of
from everyword_events import NotFound
from everyword_local.client import Json
from everyword_local.commands.context import CommandContext, pass_reading_context
from everyword_local.output import counted


@click.group()
def feed() -> None:
    """Work on a podcast's RSS or Atom feed."""


@feed.command()
@click.argument("source", type=click.Path(path_type=Path))
@click.argument("target", type=click.Path(path_type=Path))
@click.option("--base-url", help="Where listeners reach this Everyword; needed without a server.")
@click.option("--show", help="Only this show's episodes.")
@pass_reading_context
def enrich(
    context: CommandContext, source: Path, target: Path, base_url: str | None, show: str | None
) -> None:
    """Add podcast:transcript tags to the items of a feed, leaving the creator's own alone."""
    if not source.is_file():
        raise NotFound(f"{source}: no such file", hint="check the path", code="file_missing")
    if base_url is None and context.api.in_process:
        raise click.UsageError("say --base-url, the address under which listeners find it")
    address = base_url or context.api.url
    raw = source.read_bytes()
    items = feed_items(raw)
    matched = match_items(items, list(_archived(context, show)))
    enriched = enrich_feed(raw, lambda item: _links_of(address, matched, item))
    context.write_file(target, enriched)
    unlinked = [each.title or each.guid for each in items if each.number not in matched]
    for title in unlinked:
        context.output.note(f"no transcript linked: {title}")
    context.output.result(
        {"items_matched": len(matched), "unlinked": unlinked, "output": str(target)},
        [f"transcripts for {len(matched)} of its {counted(len(items), 'item')} -> {target}"],
    )


def _archived(context: CommandContext, show: str | None) -> Iterator[ArchivedEpisode]:
    for each in context.api.pages("/v1/episodes", "episodes", show=show, limit=200):
        if each["state"] == "ready":
            yield archived(each)


def archived(episode: Json) -> ArchivedEpisode:
    """Return what a feed's item can be told by, from an episode as the API shows it."""
    published = episode.get("published_at")
    return ArchivedEpisode(
        episode_id=episode["episode_id"],
        title=episode["title"],
        guid=episode.get("guid") or "",
        source_url=episode.get("source_url") or "",
        link=episode.get("link") or "",
        filename=episode.get("filename") or "",
        published_at=datetime.fromisoformat(published) if published else None,
        language=episode.get("language") or "",
        has_chapters=CHAPTERS in episode.get("files", {}),
    )


def _links_of(
    address: str, matched: Mapping[int, ArchivedEpisode], item: FeedItemIdentity
) -> EpisodeLinks | None:
    episode = matched.get(item.number)
    if episode is None:
        return None
    return links_of(address, episode)


@feed.command("snippet")
@click.argument("episode")
@click.option("--base-url", help="Where listeners reach this Everyword; needed without a server.")
@pass_reading_context
def snippet_of(context: CommandContext, episode: str, base_url: str | None) -> None:
    """Print an episode's podcast:transcript tags, to paste into a feed made elsewhere."""
    if base_url is None and context.api.in_process:
        raise click.UsageError("say --base-url, the address under which listeners find it")
    found = context.api.get(f"/v1/episodes/{context.find_episode(episode)}")
    address = base_url or context.api.url
    tags = snippet(links_of(address, archived(found)))
    context.output.result({"tags": tags}, tags)
