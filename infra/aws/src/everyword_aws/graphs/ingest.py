"""The ingest service on AWS."""

from functools import cache

from everyword_aws.batch import BatchConsumer
from everyword_aws.clients import client
from everyword_aws.graphs.shared import ServiceGraph
from everyword_aws.progress import DynamoProgress
from everyword_aws.replays import QueuedReplay, ReplayWorker
from everyword_aws.uploads import UploadNotices
from everyword_events import CATALOGUE, ServiceContract
from everyword_events.replay import Replayer
from everyword_storage.s3 import S3UploadSigner
from everyword_storage.s3_parts import S3MultipartUploads
from ingest.adapters.dynamodb import DynamoIngestTables
from ingest.adapters.probe import probe_audio
from ingest.config import IngestSettings
from ingest.domain import REPLAYABLE
from ingest.service import IngestService

REPLAYS = "ingest-replays"
_WORKER = "transcribe-gpu"


@cache
def graph() -> ServiceGraph:
    """Return the service's ports."""
    return ServiceGraph()


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
def service() -> IngestService:
    """Return the service."""
    environment, blobs, log = graph().environment, graph().blobs, graph().log
    tables = DynamoIngestTables(client("dynamodb"), environment.table)
    return IngestService(
        blobs=blobs,
        signer=S3UploadSigner(client("s3"), environment.bucket),
        log=log,
        episodes=tables,
        keys=tables,
        probe=probe_audio,
        replay=QueuedReplay(client("sqs"), environment.queue(REPLAYS), replayer()),
        settings_for=graph().settings(IngestSettings).for_show,
        multipart=S3MultipartUploads(client("s3"), environment.bucket, blobs),
        progress=DynamoProgress(client("dynamodb"), f"{environment.prefix}-{_WORKER}"),
    )


@cache
def consumer() -> BatchConsumer:
    """Return what handles the service's events."""
    return graph().consumer(service().handle, forget=service().forget)


@cache
def uploads() -> UploadNotices:
    """Return what settles uploads when S3 tells of them."""
    return UploadNotices(service(), graph().environment.bucket)


@cache
def replays() -> ReplayWorker:
    """Return what works off replays."""
    return ReplayWorker(client("sqs"), graph().environment.queue(REPLAYS), replayer())
