"""The operator's part of the HTTP API on one machine: health, dead letters."""

from collections.abc import Iterator
from typing import Annotated, Any, Final, Literal

from fastapi import Query, Response
from fastapi.responses import PlainTextResponse
from prometheus_client.core import GaugeMetricFamily
from pydantic import AwareDatetime, BaseModel, Field

from everyword_events import DeadLetter
from everyword_events.replay_jobs import ReplayState, ReplayStatus
from everyword_http import TEXT_FORMAT, Metrics, Router, needs
from everyword_local.composition import Composition

MOST_DEAD_LETTERS = 10_000


class DeadLetterIds(BaseModel):
    """Which dead letters to act on."""

    dead_letters: list[str] = Field(min_length=1, max_length=MOST_DEAD_LETTERS)


class PausedReply(BaseModel):
    """Why a service takes no work; it goes on by itself after the mend."""

    code: str
    message: str
    hint: str
    since: AwareDatetime


class HealthReply(BaseModel):
    """How much work is queued or in hand, by service, and which services are paused."""

    ok: bool
    pending: int
    queues: dict[str, int]
    paused: dict[str, PausedReply]


class DeadLetterReply(BaseModel):
    """What a service gave up on, and why."""

    dead_letter_id: str
    service: str
    attempts: int
    code: str
    message: str
    hint: str
    died_at: str
    event: dict[str, Any]

    @classmethod
    def of(cls, dead: DeadLetter) -> "DeadLetterReply":
        """Show a dead letter."""
        return cls(
            dead_letter_id=dead.dead_letter_id,
            service=dead.consumer,
            attempts=dead.attempts,
            code=dead.code,
            message=dead.message,
            hint=dead.hint,
            died_at=dead.died_at.isoformat(),
            event={"type": dead.event.type, **dead.event.to_detail()},
        )


class DeadLettersReply(BaseModel):
    """Dead letters, oldest first."""

    dead_letters: list[DeadLetterReply]


class Redriven(BaseModel):
    """How many are queued again."""

    redriven: int


class Discarded(BaseModel):
    """How many were dropped."""

    discarded: int


class ReplayReply(BaseModel):
    """A replay of many episodes: `done` of `total` looked at, `replayed` had such an event."""

    replay_id: str
    state: ReplayState
    event: str
    only: list[str]
    show: str | None
    reason: str
    total: int
    done: int
    replayed: int
    created_at: AwareDatetime

    @classmethod
    def of(cls, status: ReplayStatus) -> "ReplayReply":
        """Show a replay."""
        return cls(
            replay_id=status.replay_id,
            state=status.state,
            event=status.request.start,
            only=list(status.request.only),
            show=status.request.show,
            reason=status.request.reason,
            total=status.total,
            done=status.done,
            replayed=status.replayed,
            created_at=status.created_at,
        )


class ReplaysReply(BaseModel):
    """Replays, newest first."""

    replays: list[ReplayReply]


ReplayAction = Literal["pause", "resume", "cancel"]
_STATES: Final[dict[ReplayAction, ReplayState]] = {
    "pause": "paused",
    "resume": "running",
    "cancel": "cancelled",
}


class Live(BaseModel):
    """The server answers."""

    ok: bool = True


def router(composition: Composition, metrics: Metrics) -> Router:
    """Return the operator's routes."""
    routes = Router(tags=["operations"])
    bus = composition.bus

    @routes.get("/health/live", summary="Whether the server answers at all")
    async def live() -> Live:
        return Live()

    @routes.get("/health/ready", summary="Whether it can do its work: 503 where it cannot")
    def ready() -> Live:
        bus.pending()
        return Live()

    @routes.get(
        "/metrics",
        summary="Prometheus metrics",
        dependencies=[needs("admin")],
        response_class=PlainTextResponse,
    )
    def measured() -> Response:
        return Response(metrics.text(), media_type=TEXT_FORMAT)

    @routes.get("/v1/health", summary="How much work there is", dependencies=[needs("search")])
    def health() -> HealthReply:
        queues = {name: depth.unfinished for name, depth in bus.pending().items()}
        paused = {name: PausedReply(**vars(why)) for name, why in bus.paused().items()}
        return HealthReply(
            ok=not paused, pending=sum(queues.values()), queues=queues, paused=paused
        )

    @routes.get(
        "/v1/replays",
        summary="The newest replays of many episodes, and how far they are",
        tags=["replays"],
        dependencies=[needs("edit")],
    )
    def replays() -> ReplaysReply:
        found = composition.replays.list()
        return ReplaysReply(replays=[ReplayReply.of(each) for each in found])

    @routes.post(
        "/v1/replays/{replay_id}/{action}",
        summary="Pause a replay, go on with it, or cancel it",
        tags=["replays"],
        dependencies=[needs("edit")],
    )
    def steer(replay_id: str, action: ReplayAction) -> ReplayReply:
        return ReplayReply.of(composition.replays.change(replay_id, _STATES[action]))

    @routes.get(
        "/v1/dead-letters",
        summary="What services gave up on, oldest first",
        dependencies=[needs("admin")],
    )
    def dead_letters(
        service: str | None = None,
        limit: Annotated[int, Query(ge=1, le=MOST_DEAD_LETTERS)] = 1000,
    ) -> DeadLettersReply:
        found = bus.list(consumer=service, limit=limit)
        return DeadLettersReply(dead_letters=[DeadLetterReply.of(each) for each in found])

    @routes.post(
        "/v1/dead-letters:redrive",
        summary="Queue dead letters again with fresh attempts",
        dependencies=[needs("admin")],
    )
    def redrive(body: DeadLetterIds) -> Redriven:
        return Redriven(redriven=bus.redrive(body.dead_letters))

    @routes.post(
        "/v1/dead-letters:discard",
        summary="Drop dead letters for good",
        dependencies=[needs("admin")],
    )
    def discard(body: DeadLetterIds) -> Discarded:
        return Discarded(discarded=bus.discard(body.dead_letters))

    return routes


def gauges(composition: Composition) -> Iterator[GaugeMetricFamily]:
    """Say how much is queued, in hand and dead, by service."""
    unfinished = GaugeMetricFamily(
        "everyword_deliveries_unfinished", "Deliveries queued or in hand", labels=["service"]
    )
    dead = GaugeMetricFamily("everyword_dead_letters", "Given up on", labels=["service"])
    for name, depth in composition.bus.pending().items():
        unfinished.add_metric([name], depth.unfinished)
        dead.add_metric([name], depth.dead)
    yield from (unfinished, dead)
