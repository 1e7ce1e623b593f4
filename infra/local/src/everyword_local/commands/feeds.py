"""`everyword feed`: transcript and chapter tags for a podcast's own feed."""

from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

import click

from captions.domain.feed import (
    EpisodeLinks,
    FeedItem,
    enrich_feed,
    snippet,
    transcript_links,
)
from everyword_events import NotFound
from everyword_local.client import Json
from everyword_local.commands.context import CommandContext, pass_context


@click.group()
def feed() -> None:
    """Work on a podcast's RSS feed."""


@feed.command()
@click.argument("source", type=click.Path(path_type=Path))
@click.argument("target", type=click.Path(path_type=Path))
@click.option("--base-url", help="Where listeners reach this Everyword; needed without a server.")
@click.option("--show", help="Only this show's episodes.")
@pass_context
def enrich(
    context: CommandContext, source: Path, target: Path, base_url: str | None, show: str | None
) -> None:
    """Add podcast:transcript tags to the items of a feed, leaving the creator's own alone."""
    if not source.is_file():
        raise NotFound(f"{source}: no such file", hint="check the path", code="file_missing")
    if base_url is None and context.api.in_process:
        raise click.UsageError("say --base-url, the address under which listeners find it")
    address = base_url or context.api.url
    episodes = Episodes(
        each
        for each in context.api.pages("/v1/episodes", "episodes", show=show, limit=200)
        if each["state"] == "ready"
    )
    matched = 0

    def links_for(item: FeedItem) -> EpisodeLinks | None:
        nonlocal matched
        episode = episodes.of(item)
        if episode is None:
            return None
        matched += 1
        language = str(episode["language"] or "")
        return EpisodeLinks(transcript_links(address, episode["episode_id"], language=language))

    enriched = enrich_feed(source.read_bytes(), links_for)
    target.write_bytes(enriched)
    context.output.result(
        {"items_matched": matched, "output": str(target)},
        [f"transcripts for {matched} of its items -> {target}"],
    )


@feed.command("snippet")
@click.argument("episode")
@click.option("--base-url", help="Where listeners reach this Everyword; needed without a server.")
@pass_context
def snippet_of(context: CommandContext, episode: str, base_url: str | None) -> None:
    """Print an episode's podcast:transcript tags, to paste into a feed made elsewhere."""
    if base_url is None and context.api.in_process:
        raise click.UsageError("say --base-url, the address under which listeners find it")
    found = context.api.get(f"/v1/episodes/{context.find_episode(episode)}")
    address = base_url or context.api.url
    language = str(found["language"] or "")
    links = transcript_links(address, found["episode_id"], language=language)
    tags = snippet(EpisodeLinks(links))
    context.output.result({"tags": tags}, tags)


class Episodes:
    """Finds the episode of a feed's item: by its page, its audio file's name, or its title."""

    def __init__(self, episodes: Iterable[Json]) -> None:
        self._by_link: dict[str, Json] = {}
        self._by_file: dict[str, Json] = {}
        self._by_title: dict[str, Json] = {}
        for episode in episodes:
            if episode["link"]:
                self._by_link.setdefault(episode["link"], episode)
            if episode["filename"]:
                self._by_file.setdefault(episode["filename"], episode)
            self._by_title.setdefault(_plain(episode["title"]), episode)

    def of(self, item: FeedItem) -> Json | None:
        """Return the item's episode, or None."""
        file = PurePosixPath(unquote(urlsplit(item.enclosure_url).path)).name
        return (
            self._by_link.get(item.link)
            or self._by_file.get(file)
            or self._by_title.get(_plain(item.title))
        )


def _plain(title: str) -> str:
    return " ".join(title.casefold().split())
