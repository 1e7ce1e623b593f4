"""Retention over HTTP: what is to be deleted by now, and deleting it."""

from pydantic import BaseModel, ConfigDict

from everyword_http import Router, needs
from ingest.retention import Expired
from ingest.service import IngestService


class RetentionRequest(BaseModel):
    """Deletes what shows' settings let nobody keep any longer; a `dry_run` only says what."""

    model_config = ConfigDict(extra="forbid")

    dry_run: bool = True


class ExpiredReply(BaseModel):
    """What of an episode goes: so much audio, and the files of so many old runs."""

    episode_id: str
    show: str
    title: str
    audio_bytes: int
    runs: int

    @classmethod
    def of(cls, expired: Expired) -> "ExpiredReply":
        """Show it."""
        view = expired.episode
        return cls(
            episode_id=view.episode_id,
            show=view.show,
            title=view.title,
            audio_bytes=expired.audio_bytes,
            runs=len(expired.runs),
        )


class RetentionReply(BaseModel):
    """What was deleted, or would be."""

    dry_run: bool
    episodes: list[ExpiredReply]


def retention_router(service: IngestService) -> Router:
    """Return the route."""
    routes = Router(tags=["operations"], dependencies=[needs("admin")])

    @routes.post("/v1/retention", summary="Delete what is kept long enough, or say what that is")
    def retain(body: RetentionRequest) -> RetentionReply:
        retention = service.retention
        found = retention.expired() if body.dry_run else retention.apply()
        return RetentionReply(
            dry_run=body.dry_run, episodes=[ExpiredReply.of(each) for each in found]
        )

    return routes
