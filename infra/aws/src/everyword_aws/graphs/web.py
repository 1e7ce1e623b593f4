"""What ingest fetches from the web and tells the world, and its whole API."""

from functools import cache
from pathlib import Path

from captions.addresses import address_of
from captions.reading import format_of_file, read_file
from captions.service import CHAPTERS
from everyword_aws.batch import BatchConsumer
from everyword_aws.clients import client
from everyword_aws.feed_runs import FeedRuns, WakingFeedImports
from everyword_aws.graphs.ingest import compose, graph, replays
from everyword_aws.moments import LambdaMoments
from everyword_aws.replays import sender
from everyword_aws.routes.ingest import IngestParts
from everyword_aws.webhook_secrets import SecretWebhooks
from everyword_events import BlobRef, NotFound
from everyword_storage.signing import utc_now
from everyword_transcripts import write_transcript
from ingest.adapters.dynamodb_feeds import DynamoFeedImports, DynamoFeedStore
from ingest.adapters.dynamodb_notifications import (
    DynamoDeliveries,
    DynamoResults,
    DynamoSavedSearches,
    DynamoWebhooks,
)
from ingest.adapters.feed_document import read_feed
from ingest.adapters.fetching import HttpFetcher, Politeness
from ingest.adapters.fetching.addresses import Allowed, any_address, is_public
from ingest.adapters.fetching.posting import HttpPoster
from ingest.config import IngestSettings
from ingest.contract import FETCH_CONTRACT, NOTIFY_CONTRACT
from ingest.notifications import Notifications
from ingest.ports import ReadTranscript, TranscriptFile
from ingest.service import IngestService
from ingest.web_sources import WebAdapters
from ingest.webhooks import Webhooks
from transcribe_gpu.cancelling import Cancellations

FEEDS = "ingest-feeds"
MOMENTS = "search-moments"
"""The function of search's that saved searches ask."""
SCRATCH = Path("/tmp/everyword")  # noqa: S108 - the only folder that a function may write to
PLAYED_S = 6 * 3600
"""How long an address of an episode's audio holds."""


@cache
def service() -> IngestService:
    """Return the service with what it fetches with."""
    settings = graph().settings(IngestSettings).of_show("")
    dynamodb, table = client("dynamodb"), graph().environment.table
    return compose(
        WebAdapters(
            fetcher=HttpFetcher(
                allowed=_allowed(),
                politeness=Politeness(at_once=settings.host_at_once, delay_s=settings.host_delay_s),
            ),
            read_feed=read_feed,
            feeds=DynamoFeedStore(dynamodb, table),
            feed_imports=WakingFeedImports(DynamoFeedImports(dynamodb, table), _wake_feeds),
            read_transcript=_read_transcript,
            scratch=SCRATCH,
        )
    )


@cache
def fetching() -> BatchConsumer:
    """Return what fetches audio that an episode names by its address."""
    own = service()
    return graph().consumer(
        own.fetch_audio, consumer=FETCH_CONTRACT.service, forget=own.stop_fetching
    )


@cache
def feeds() -> FeedRuns:
    """Return what takes feeds in, and asks them for what is new."""
    return FeedRuns(service().feeds, _wake_feeds)


@cache
def notifications() -> Notifications:
    """Return what the world outside is told."""
    dynamodb, table = client("dynamodb"), graph().environment.table
    return Notifications(
        results=DynamoResults(dynamodb, table),
        webhooks=webhooks(),
        searches=DynamoSavedSearches(dynamodb, table),
        find_moments=LambdaMoments(
            client("lambda"), f"{graph().environment.prefix}-{MOMENTS}:live"
        ),
        episode=service().get,
        link_of=address_of,
        clock=utc_now,
    )


@cache
def webhooks() -> Webhooks:
    """Return what tells webhooks."""
    dynamodb, environment = client("dynamodb"), graph().environment
    kept = SecretWebhooks(
        DynamoWebhooks(dynamodb, environment.table),
        client("ssm"),
        f"/{environment.prefix}/webhooks",
    )
    deliveries = DynamoDeliveries(dynamodb, environment.table)
    return Webhooks(kept, deliveries, HttpPoster(allowed=_allowed()), utc_now)


@cache
def notifying() -> BatchConsumer:
    """Return what handles the events that the world outside is told of."""
    own = notifications()
    return graph().consumer(own.handle, consumer=NOTIFY_CONTRACT.service, forget=own.forget)


@cache
def parts() -> IngestParts:
    """Return what the service's routes lead to."""
    return IngestParts(
        service=service(),
        replays=replays(),
        notifications=notifications(),
        cancellations=Cancellations(graph().log),
        audio_of=_audio_of,
        chapters_of=_chapters_of,
    )


def _wake_feeds() -> None:
    sender(client("sqs"), graph().environment.queue(FEEDS))("work")


def _audio_of(episode_id: str) -> str:
    """Return where an episode's audio can be fetched for a while.

    Raises:
        NotFound: there is no such episode, or it has no audio.
    """
    for recorded in reversed(service().events(episode_id)):
        audio = getattr(recorded.event.data, "audio", None)
        if isinstance(audio, BlobRef):
            bucket, _, name = audio.uri.removeprefix("s3://").partition("/")
            address: str = client("s3").generate_presigned_url(
                "get_object", Params={"Bucket": bucket, "Key": name}, ExpiresIn=PLAYED_S
            )
            return address
    raise NotFound(f"episode {episode_id} has no audio", code="audio_missing")


def _chapters_of(episode_id: str) -> bytes:
    """Return the chapters that captions made of an episode.

    Raises:
        NotFound: there is no such episode, or none were made.
    """
    made = service().get(episode_id).files.get(CHAPTERS)
    if made is None:
        raise NotFound(f"episode {episode_id} has no chapters", code="chapters_missing")
    return graph().blobs.get(made)


def _allowed() -> Allowed:
    private = graph().settings(IngestSettings).of_show("").allow_private_addresses
    return any_address if private else is_public


def _read_transcript(file: TranscriptFile, language: str) -> ReadTranscript:
    """Read a transcript or caption file of others into our JSON."""
    form = format_of_file(Path(file.name), file.raw, language or "und")
    read = read_file(file.raw, form, language=language or "und")
    return ReadTranscript(write_transcript(read.transcript), read.warnings)
