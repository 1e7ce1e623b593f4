"""The whole of ingest's API."""

from functools import cache

from captions.domain.file_formats import CHAPTERS
from everyword_aws.clients import client
from everyword_aws.graphs.ingest import graph, replays
from everyword_aws.graphs.notifications import notifications
from everyword_aws.graphs.web import service
from everyword_aws.routes.ingest import IngestParts
from everyword_events import BlobRef, NotFound
from transcribe_gpu.cancelling import Cancellations

PLAYED_S = 6 * 3600
"""How long an address of an episode's audio holds."""


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
