"""What ingest fetches from the web. What fetches, and reads what was fetched, is loaded then."""

from functools import cache
from pathlib import Path

from everyword_aws.clients import client
from everyword_aws.feed_runs import FeedRuns, WakingFeedImports
from everyword_aws.graphs.ingest import compose, graph
from everyword_aws.late import LateFetcher
from everyword_aws.replays import sender
from ingest.adapters.dynamodb_feeds import DynamoFeedImports, DynamoFeedStore
from ingest.config import IngestSettings
from ingest.domain.feed import Feed
from ingest.estimating import UsualEffort
from ingest.ports import Fetcher, ReadTranscript, TranscriptFile
from ingest.service import IngestService
from ingest.web_sources import WebAdapters

FEEDS = "ingest-feeds"
SCRATCH = Path("/tmp/everyword")  # noqa: S108 - the only folder that a function may write to


@cache
def service() -> IngestService:
    """Return the service with what it fetches with."""
    dynamodb, table = client("dynamodb"), graph().environment.table
    return compose(
        WebAdapters(
            fetcher=LateFetcher(_fetcher),
            read_feed=_read_feed,
            feeds=DynamoFeedStore(dynamodb, table),
            feed_imports=WakingFeedImports(DynamoFeedImports(dynamodb, table), _wake_feeds),
            read_transcript=_read_transcript,
            scratch=SCRATCH,
            usual=_usual(),
        )
    )


@cache
def feeds() -> FeedRuns:
    """Return what takes feeds in, and asks them for what is new."""
    return FeedRuns(service().feeds, _wake_feeds)


def _usual() -> UsualEffort | None:
    known = graph().environment
    hours = known.usual_work_hours
    return UsualEffort(hours, known.usual_cost_usd or None) if hours else None


def _wake_feeds() -> None:
    sender(client("sqs"), graph().environment.queue(FEEDS))("work")


def _fetcher() -> Fetcher:
    from ingest.adapters.fetching import HttpFetcher, Politeness  # noqa: PLC0415 - httpcore
    from ingest.adapters.fetching.addresses import any_address, is_public  # noqa: PLC0415

    settings = graph().settings(IngestSettings).of_show("")
    return HttpFetcher(
        allowed=any_address if settings.allow_private_addresses else is_public,
        politeness=Politeness(at_once=settings.host_at_once, delay_s=settings.host_delay_s),
    )


def _read_feed(raw: bytes, *, url: str, media_type: str = "") -> Feed:
    from ingest.adapters.feed_document import read_feed  # noqa: PLC0415 - feedparser

    return read_feed(raw, url=url, media_type=media_type)


def _read_transcript(file: TranscriptFile, language: str) -> ReadTranscript:
    """Read a transcript or caption file of others into our JSON."""
    from captions.reading import format_of_file, read_file  # noqa: PLC0415 - every format's parser
    from everyword_transcripts import write_transcript  # noqa: PLC0415

    form = format_of_file(Path(file.name), file.raw, language or "und")
    read = read_file(file.raw, form, language=language or "und")
    return ReadTranscript(write_transcript(read.transcript), read.warnings)
