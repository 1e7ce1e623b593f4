"""The route by which a person calls a recognition off."""

from pydantic import BaseModel

from everyword_http import Router, needs
from transcribe_gpu.cancelling import Cancellations


class CancelReply(BaseModel):
    """What was called off."""

    episode_id: str
    run_id: str


def cancel_router(cancellations: Cancellations) -> Router:
    """Return the route."""
    router = Router(tags=["episodes"], dependencies=[needs("upload")])

    @router.post("/v1/episodes/{episode_id}:cancel")
    def cancel(episode_id: str) -> CancelReply:
        return CancelReply(episode_id=episode_id, run_id=cancellations.cancel(episode_id))

    return router
