"""A show's own feed with transcript tags, made anew whenever it is asked for."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Final, Protocol

from fastapi import Request, Response

from captions.domain.feed import (
    EpisodeLinks,
    FeedItemIdentity,
    chapters_address,
    enrich_feed,
    feed_items,
    is_atom,
    transcript_links,
)
from captions.domain.feed_matching import ArchivedEpisode, match_items
from captions.domain.file_formats import CHAPTERS
from everyword_events import BlobRef
from everyword_http import PublicRouter

MEDIA_TYPE: Final = "application/rss+xml"
ATOM_TYPE: Final = "application/atom+xml"


class Episode(Protocol):
    """What an archive knows of an episode that is ready."""

    @property
    def episode_id(self) -> str:
        """Its id."""

    @property
    def title(self) -> str:
        """Its title."""

    @property
    def guid(self) -> str:
        """Its item's guid, or nothing."""

    @property
    def source_url(self) -> str | None:
        """Where its audio was fetched."""

    @property
    def link(self) -> str | None:
        """Its page."""

    @property
    def filename(self) -> str:
        """Its file's name."""

    @property
    def published_at(self) -> datetime | None:
        """When it was published."""

    @property
    def language(self) -> str | None:
        """The language spoken."""

    @property
    def files(self) -> Mapping[str, BlobRef]:
        """What was published of it, by format."""


def enriched_feeds_router(
    feed_of: Callable[[str], bytes],
    ready_of: Callable[[str], Iterable[Episode]],
    *,
    origin_of: Callable[[Request], str],
) -> PublicRouter:
    """Return the route of enriched feeds.

    `feed_of` gives a show's own feed, `ready_of` its episodes; `origin_of` says where people find
    what the links lead to.
    """
    routes = PublicRouter(tags=["feeds"])

    @routes.get(
        "/v1/shows/{show}/feed.xml",
        summary="A show's feed with its transcripts",
        response_model=None,
    )
    def feed(show: str, request: Request) -> Response:
        raw = feed_of(show)
        enriched = enriched_feed(raw, ready_of(show), origin_of(request))
        kind = ATOM_TYPE if is_atom(raw) else MEDIA_TYPE
        return Response(enriched, media_type=kind, headers={"Cache-Control": "max-age=60"})

    return routes


def enriched_feed(raw: bytes, episodes: Iterable[Episode], base_url: str) -> bytes:
    """Link each item to its episode's transcripts, where it is one's alone.

    Raises:
        InvalidInput: it is neither an RSS nor an Atom feed.
    """
    matched = match_items(feed_items(raw), [_archived(each) for each in episodes])

    def links_for(item: FeedItemIdentity) -> EpisodeLinks | None:
        found = matched.get(item.number)
        if found is None:
            return None
        return links_of(base_url, found)

    return enrich_feed(raw, links_for)


def links_of(base_url: str, episode: ArchivedEpisode) -> EpisodeLinks:
    """Return what an episode's item shall link to."""
    chapters = chapters_address(base_url, episode.episode_id) if episode.has_chapters else None
    links = transcript_links(base_url, episode.episode_id, language=episode.language)
    return EpisodeLinks(links, chapters)


def _archived(episode: Episode) -> ArchivedEpisode:
    return ArchivedEpisode(
        episode_id=episode.episode_id,
        title=episode.title,
        guid=episode.guid,
        source_url=episode.source_url or "",
        link=episode.link or "",
        filename=episode.filename,
        published_at=episode.published_at,
        language=episode.language or "",
        has_chapters=CHAPTERS in episode.files,
    )
