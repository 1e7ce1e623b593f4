"""A show's own feed with transcript tags, made anew whenever it is asked for."""

from typing import Final

from fastapi import Response

from captions.domain.feed import EpisodeLinks, FeedItem, enrich_feed, feed_items, transcript_links
from captions.domain.feed_matching import ArchivedEpisode, match_items
from everyword_http import PublicRouter
from everyword_local.composition import REQUEST_ORIGIN, Composition
from ingest.domain import EpisodeView
from ingest.service import MOST_PER_PAGE

MEDIA_TYPE: Final = "application/rss+xml"


def router(composition: Composition) -> PublicRouter:
    """Return the route of enriched feeds."""
    routes = PublicRouter(tags=["feeds"])

    @routes.get(
        "/v1/shows/{show}/feed.xml",
        summary="A show's feed with its transcripts",
        response_model=None,
    )
    def feed(show: str) -> Response:
        raw = composition.ingest.feeds.document(composition.ingest.feeds.of_show(show))
        enriched = enriched_feed(raw, _ready(composition, show), REQUEST_ORIGIN.get(""))
        return Response(enriched, media_type=MEDIA_TYPE, headers={"Cache-Control": "max-age=60"})

    return routes


def enriched_feed(raw: bytes, episodes: list[ArchivedEpisode], base_url: str) -> bytes:
    """Link each item to its episode's transcripts, where it is one's alone.

    Raises:
        InvalidInput: it is no RSS feed.
    """
    matched = match_items(feed_items(raw), episodes)

    def links_for(item: FeedItem) -> EpisodeLinks | None:
        found = matched.get(item.number)
        if found is None:
            return None
        return EpisodeLinks(transcript_links(base_url, found.episode_id, language=found.language))

    return enrich_feed(raw, links_for)


def _ready(composition: Composition, show: str) -> list[ArchivedEpisode]:
    found: list[ArchivedEpisode] = []
    cursor = None
    while True:
        page = composition.ingest.page(show=show, state="ready", cursor=cursor, limit=MOST_PER_PAGE)
        found += map(_archived, page.episodes)
        cursor = page.next_cursor
        if cursor is None:
            return found


def _archived(view: EpisodeView) -> ArchivedEpisode:
    return ArchivedEpisode(
        episode_id=view.episode_id,
        title=view.title,
        guid=view.guid,
        source_url=view.source_url or "",
        link=view.link or "",
        filename=view.filename,
        published_at=view.published_at,
        language=view.language or "",
    )
