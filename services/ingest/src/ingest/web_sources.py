"""Audio and feeds from the web: what ingest needs for them, and the use cases it then has."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from everyword_storage import BlobStore
from ingest.audio_import import AudioImport
from ingest.chapters import Chapters
from ingest.config import IngestSettings
from ingest.duplicates import DuplicateDetection
from ingest.episodes import Episodes
from ingest.estimating import Estimator, UsualEffort
from ingest.feed_imports import FeedImports
from ingest.feed_items import FeedItems
from ingest.feed_source import FeedSource
from ingest.feeds import Feeds
from ingest.imports import ImportedTranscripts
from ingest.intake import Intake
from ingest.ports import (
    AudioProbe,
    EpisodeCatalogue,
    FeedImportStore,
    FeedReader,
    FeedStore,
    Fetcher,
    TranscriptReader,
)
from ingest.replacing import AudioReplacement


@dataclass(frozen=True)
class WebAdapters:
    """The adapters for what is fetched; `scratch` is a folder for downloads under way.

    `usual` is what recognition takes where nothing was recognised yet.
    """

    fetcher: Fetcher
    read_feed: FeedReader
    feeds: FeedStore
    feed_imports: FeedImportStore
    read_transcript: TranscriptReader
    scratch: Path
    usual: UsualEffort | None = None


@dataclass(frozen=True)
class WebSources:
    """The use cases of what is fetched."""

    fetcher: Fetcher
    imports: AudioImport
    feeds: Feeds


def web_sources(
    web: WebAdapters,
    *,
    blobs: BlobStore,
    intake: Intake,
    episodes: Episodes,
    catalogue: EpisodeCatalogue,
    duplicates: DuplicateDetection,
    probe: AudioProbe,
    settings_for: Callable[[str], IngestSettings],
    clock: Callable[[], datetime],
) -> WebSources:
    """Compose the use cases."""
    imports = AudioImport(
        fetcher=web.fetcher,
        blobs=blobs,
        intake=intake,
        probe=probe,
        transcripts=ImportedTranscripts(blobs),
        read_transcript=web.read_transcript,
        scratch=web.scratch,
        settings_for=settings_for,
    )
    replacement = AudioReplacement(
        fetcher=web.fetcher,
        blobs=blobs,
        episodes=episodes,
        duplicates=duplicates,
        probe=probe,
        scratch=web.scratch,
        settings_for=settings_for,
        clock=clock,
    )
    source = FeedSource(web.fetcher, web.read_feed, scratch=web.scratch, clock=clock)
    feeds = Feeds(
        store=web.feeds,
        source=source,
        imports=FeedImports(
            feeds=web.feeds,
            imports=web.feed_imports,
            source=source,
            items=FeedItems(
                store=web.feeds,
                intake=intake,
                chapters=Chapters(blobs),
                replacement=replacement,
            ),
            settings_for=settings_for,
            clock=clock,
        ),
        estimator=Estimator(catalogue, web.usual),
        clock=clock,
    )
    return WebSources(web.fetcher, imports, feeds)
