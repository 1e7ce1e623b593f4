"""PATCH an episode's transcript; GET what refinement changed in it."""

from http import HTTPStatus

from pydantic import BaseModel

from everyword_http import Router, needs
from refine.domain.report import Change, show_changes
from refine.editing import Correction
from refine.service import RefineService

_EPISODE = "/v1/episodes/{episode_id}"


class CorrectionReply(BaseModel):
    """The correction is recorded; the transcript of run `run_id` will have it."""

    episode_id: str
    event_id: str
    run_id: str


class ChangesReply(BaseModel):
    """What the newest refinement changed; `diff` is the same for people to read."""

    episode_id: str
    run_id: str | None
    degraded: str | None
    changes: list[Change]
    changes_left_out: int
    diff: str


def router(service: RefineService) -> Router:
    """Return refine's routes."""
    routes = Router(tags=["refine"])

    @routes.patch(
        f"{_EPISODE}/transcript",
        summary="Correct a segment's text or speaker, or name a speaker's label",
        operation_id="correct_transcript",
        status_code=HTTPStatus.ACCEPTED,
        dependencies=[needs("edit")],
    )
    def correct(episode_id: str, body: Correction) -> CorrectionReply:
        event = service.correct(episode_id, body)
        return CorrectionReply(
            episode_id=episode_id, event_id=event.meta.event_id, run_id=event.meta.run_id
        )

    @routes.get(
        f"{_EPISODE}/changes",
        summary="What refinement changed, kept and rejected, and why",
        operation_id="transcript_changes",
        dependencies=[needs("search")],
    )
    def changes(episode_id: str) -> ChangesReply:
        report = service.report(episode_id)
        return ChangesReply(
            episode_id=episode_id,
            run_id=report.run_id,
            degraded=report.degraded,
            changes=list(report.changes),
            changes_left_out=report.changes_left_out,
            diff=show_changes(report),
        )

    return routes
