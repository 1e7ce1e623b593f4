"""The operator's part of the HTTP API on one machine: health, dead letters."""

from typing import Any

from aws_lambda_powertools.event_handler import ApiGatewayResolver
from pydantic import BaseModel, Field

from everyword_events import DeadLetter
from everyword_local.house import House


class DeadLetterIds(BaseModel):
    """Which dead letters to act on."""

    dead_letters: list[str] = Field(min_length=1, max_length=10_000)


def register(app: ApiGatewayResolver, house: House) -> None:
    """Put the routes on a resolver."""

    @app.get("/v1/health")
    def health() -> dict[str, Any]:
        """Say that the API answers, and how much work is queued or in hand."""
        depths = house.bus.pending()
        queues = {name: depth.unfinished for name, depth in depths.items()}
        return {"ok": True, "pending": sum(queues.values()), "queues": queues}

    @app.get("/v1/dead-letters")
    def dead_letters(service: str | None = None, limit: int = 1000) -> dict[str, Any]:
        """List what services gave up on, oldest first."""
        found = house.bus.list(consumer=service, limit=limit)
        return {"dead_letters": [_shape(dead) for dead in found]}

    @app.post("/v1/dead-letters:redrive")
    def redrive(body: DeadLetterIds) -> dict[str, int]:
        """Queue dead letters again with fresh attempts."""
        return {"redriven": house.bus.redrive(body.dead_letters)}

    @app.post("/v1/dead-letters:discard")
    def discard(body: DeadLetterIds) -> dict[str, int]:
        """Drop dead letters for good."""
        return {"discarded": house.bus.discard(body.dead_letters)}


def _shape(dead: DeadLetter) -> dict[str, Any]:
    return {
        "dead_letter_id": dead.dead_letter_id,
        "service": dead.consumer,
        "attempts": dead.attempts,
        "code": dead.code,
        "message": dead.message,
        "hint": dead.hint,
        "died_at": dead.died_at.isoformat(),
        "event": {"type": dead.event.type, **dead.event.to_detail()},
    }
