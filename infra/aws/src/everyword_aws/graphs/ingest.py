"""The ingest service on AWS, as far as its events and uploads need it; `web` has the rest."""

from functools import cache
from typing import BinaryIO

from everyword_aws.clients import client
from everyword_aws.graphs.shared import ServiceGraph
from everyword_aws.progress import DynamoProgress
from everyword_aws.replays import WakingReplays, sender
from everyword_aws.retaining import retention_settings
from everyword_aws.settings import ShippedSettings
from everyword_events import CATALOGUE, ServiceContract
from everyword_events.aws.replays import DynamoReplays
from everyword_events.replay import Replayer
from everyword_storage.s3 import S3UploadSigner
from everyword_storage.s3_parts import S3MultipartUploads
from ingest.adapters.dynamodb import DynamoIngestTables
from ingest.config import IngestSettings, RetentionSettings
from ingest.domain import REPLAYABLE, AudioFacts
from ingest.replaying import LogReplay
from ingest.service import IngestService
from ingest.web_sources import WebAdapters

REPLAYS = "ingest-replays"
_WORKER = "transcribe-gpu"


@cache
def graph() -> ServiceGraph:
    """Return the service's ports."""
    return ServiceGraph()


def tables() -> tuple[object, str]:
    """Return what an adapter of the service's table takes."""
    return client("dynamodb"), graph().environment.table


@cache
def replayer() -> Replayer:
    """Return what replays an episode; who takes which event, ingest knows of all services."""
    takers = {service for services in REPLAYABLE.values() for service in services}
    contracts = [
        ServiceContract(
            service,
            consumes=tuple(
                CATALOGUE[kind] for kind, services in REPLAYABLE.items() if service in services
            ),
        )
        for service in sorted(takers)
    ]
    return Replayer(graph().log, contracts)


@cache
def replays() -> WakingReplays:
    """Return the replays of many episodes; what is begun or gone on with wakes their worker."""
    queue = graph().environment.queue(REPLAYS)
    return WakingReplays(kept_replays(), sender(client("sqs"), queue))


@cache
def kept_replays() -> DynamoReplays:
    """Return what is kept of the replays of many episodes."""
    return DynamoReplays(client("dynamodb"), graph().environment.table)


@cache
def retention() -> ShippedSettings[RetentionSettings]:
    """Return how long is kept what."""
    return retention_settings(graph().environment.settings_file)


def compose(web: WebAdapters | None = None) -> IngestService:
    """Return the service, with what it fetches with where it fetches."""
    environment, blobs = graph().environment, graph().blobs
    episodes = DynamoIngestTables(client("dynamodb"), environment.table)
    return IngestService(
        blobs=blobs,
        signer=S3UploadSigner(client("s3"), environment.bucket),
        log=graph().log,
        episodes=episodes,
        keys=episodes,
        probe=probe,
        replay=LogReplay(replayer(), replays()),
        settings_for=graph().settings(IngestSettings).for_show,
        multipart=S3MultipartUploads(client("s3"), environment.bucket, blobs),
        retention_for=lambda show: retention().of_show(show),
        progress=DynamoProgress(client("dynamodb"), f"{environment.prefix}-{_WORKER}"),
        web=web,
    )


def probe(body: BinaryIO) -> AudioFacts:
    """Say what an uploaded file is; the decoder is loaded by the first one."""
    from ingest.adapters.probe import probe_audio  # noqa: PLC0415 - PyAV

    return probe_audio(body)


@cache
def service() -> IngestService:
    """Return the service."""
    return compose()


def forget(episode_id: str) -> None:
    """Forget a removed episode, also in what replays keep of it."""
    service().forget(episode_id)
    kept_replays().forget(episode_id)
