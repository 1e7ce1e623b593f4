"""What operators ask over HTTP: health, dead letters, replays under way."""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, Final, Literal

from fastapi import Query, Response
from pydantic import AwareDatetime, BaseModel, Field

from everyword_events import DeadLetter
from everyword_events.moments import GivenMoment
from everyword_events.ports import ConsumerStates, DeadLetters, QueueDepth
from everyword_events.replay_jobs import ReplayJobs, ReplayState, ReplayStatus
from everyword_http.access import needs
from everyword_http.routing import Router, reply

MOST_DEAD_LETTERS: Final = 10_000
MOST_LINES: Final = 5_000
log = logging.getLogger(__name__)
QueueDepths = Callable[[], Mapping[str, QueueDepth]]
"""Says how many deliveries each consumer has."""


ReadLogs = Callable[[str, datetime | None, int], list[dict[str, Any]]]
"""Returns the newest lines about an episode since a time, so many at most, oldest first."""


class LogsReply(BaseModel):
    """What the processes logged about an episode, oldest first: JSON objects with a `time`."""

    lines: list[dict[str, Any]]


class DeadLetterIds(BaseModel):
    """Which dead letters to act on."""

    dead_letters: list[str] = Field(min_length=1, max_length=MOST_DEAD_LETTERS)


class PausedReply(BaseModel):
    """Why a service takes no work; it goes on by itself after the mend."""

    code: str
    message: str
    hint: str
    since: AwareDatetime


class DepthReply(BaseModel):
    """How many deliveries of one service wait, are worked on, are tried again later, are dead."""

    waiting: int
    in_flight: int
    delayed: int
    dead: int


class HealthReply(BaseModel):
    """How much work is queued or in hand, by service, and which services are paused."""

    ok: bool
    pending: int
    queues: dict[str, int]
    depths: dict[str, DepthReply]
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


class Ready(BaseModel):
    """Whether it can do its work, and which of what it needs can be reached."""

    ok: bool
    checks: dict[str, Literal["ok", "failed"]]


def health_router(
    depths: QueueDepths,
    states: ConsumerStates,
    needed: Mapping[str, Callable[[], object]] | None = None,
) -> Router:
    """Return the routes that say whether there is anything to worry about.

    `needed` are calls by name that raise where something the server needs cannot be reached; the
    queues are always among them.
    """
    routes = Router(tags=["operations"])
    checks = {"queues": depths, **(needed or {})}

    @routes.get("/health/live", summary="Whether the server answers at all")
    async def live() -> Live:
        return Live()

    @routes.get(
        "/health/ready",
        summary="Whether it can do its work: 503 where it cannot",
        response_model=Ready,
        responses={503: {"model": Ready}},
    )
    def ready() -> Response:
        works = {name: _works(name, check) for name, check in checks.items()}
        ok = all(works.values())
        named: dict[str, Literal["ok", "failed"]] = {
            name: "ok" if each else "failed" for name, each in works.items()
        }
        return reply(
            Ready(ok=ok, checks=named), HTTPStatus.OK if ok else HTTPStatus.SERVICE_UNAVAILABLE
        )

    @routes.get("/v1/health", summary="How much work there is", dependencies=[needs("search")])
    def health() -> HealthReply:
        found = depths()
        queues = {name: depth.unfinished for name, depth in found.items()}
        paused = {name: PausedReply(**vars(why)) for name, why in states.paused().items()}
        return HealthReply(
            ok=not paused,
            pending=sum(queues.values()),
            queues=queues,
            depths={name: DepthReply(**vars(depth)) for name, depth in found.items()},
            paused=paused,
        )

    return routes


def _works(name: str, check: Callable[[], object]) -> bool:
    """Whether a call succeeds; why not is for the log, as anybody may ask."""
    try:
        check()
    except Exception:
        log.exception("the check of %s failed", name)
        return False
    return True


def replays_router(replays: ReplayJobs) -> Router:
    """Return the routes of replays that are done in the background."""
    routes = Router(tags=["replays"], dependencies=[needs("edit")])

    @routes.get("/v1/replays", summary="The newest replays of many episodes, and how far they are")
    def newest() -> ReplaysReply:
        return ReplaysReply(replays=[ReplayReply.of(each) for each in replays.list()])

    @routes.post(
        "/v1/replays/{replay_id}/{action}", summary="Pause a replay, go on with it, or cancel it"
    )
    def steer(replay_id: str, action: ReplayAction) -> ReplayReply:
        return ReplayReply.of(replays.change(replay_id, _STATES[action]))

    return routes


def logs_router(read: ReadLogs) -> Router:
    """Return the route of an episode's log lines."""
    routes = Router(tags=["operations"], dependencies=[needs("admin")])

    @routes.get("/v1/episodes/{episode_id}/logs", summary="What all processes logged about it")
    def logs(
        episode_id: str,
        since: GivenMoment = None,
        limit: Annotated[int, Query(ge=1, le=MOST_LINES)] = 1000,
    ) -> LogsReply:
        return LogsReply(lines=read(episode_id, since, limit))

    return routes


def dead_letters_router(letters: DeadLetters) -> Router:
    """Return the routes of what consumers gave up on."""
    routes = Router(tags=["operations"], dependencies=[needs("admin")])

    @routes.get("/v1/dead-letters", summary="What services gave up on, oldest first")
    def dead_letters(
        service: str | None = None,
        limit: Annotated[int, Query(ge=1, le=MOST_DEAD_LETTERS)] = 1000,
    ) -> DeadLettersReply:
        found = letters.list(consumer=service, limit=limit)
        return DeadLettersReply(dead_letters=[DeadLetterReply.of(each) for each in found])

    @routes.post("/v1/dead-letters:redrive", summary="Queue dead letters again with fresh attempts")
    def redrive(body: DeadLetterIds) -> Redriven:
        return Redriven(redriven=letters.redrive(body.dead_letters))

    @routes.post("/v1/dead-letters:discard", summary="Drop dead letters for good")
    def discard(body: DeadLetterIds) -> Discarded:
        return Discarded(discarded=letters.discard(body.dead_letters))

    return routes
