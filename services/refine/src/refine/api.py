"""PATCH an episode's transcript, DELETE an edit of it; GET what changed, and its history."""

from http import HTTPStatus
from typing import Annotated

from fastapi import Query
from pydantic import BaseModel

from everyword_http import Router, needs
from refine.domain.edit_history import EditEntry, RunEntry
from refine.domain.report import Change, show_changes
from refine.domain.run_diff import TextChange
from refine.editing import Correction
from refine.service import RefineService

_EPISODE = "/v1/episodes/{episode_id}"


class CorrectionReply(BaseModel):
    """The correction is recorded; the transcript of run `run_id` will have it.

    `also` are the other episodes of the show in which the speaker is renamed.
    """

    episode_id: str
    event_id: str
    run_id: str
    also: list[str] = []


class HistoryReply(BaseModel):
    """An episode's runs, the newest first, and its edits in the order they were made."""

    episode_id: str
    runs: list[RunEntry]
    edits: list[EditEntry]


class DifferenceReply(BaseModel):
    """How the words of run `new` differ from those of run `old`."""

    episode_id: str
    old: str
    new: str
    changes: list[TextChange]


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
        event, *others = service.corrections.correct(episode_id, body)
        return CorrectionReply(
            episode_id=episode_id,
            event_id=event.meta.event_id,
            run_id=event.meta.run_id,
            also=[other.meta.episode_id for other in others],
        )

    @routes.delete(
        f"{_EPISODE}/edits/{{event_id}}",
        summary="Undo a correction; of an undoing, make it hold again",
        operation_id="undo_correction",
        status_code=HTTPStatus.ACCEPTED,
        dependencies=[needs("edit")],
    )
    def undo(episode_id: str, event_id: str) -> CorrectionReply:
        event = service.corrections.undo(episode_id, event_id)
        return CorrectionReply(
            episode_id=episode_id, event_id=event.meta.event_id, run_id=event.meta.run_id
        )

    @routes.get(
        f"{_EPISODE}/history",
        summary="The transcript's runs and edits, and what became of each",
        operation_id="transcript_history",
        dependencies=[needs("search")],
    )
    def history(episode_id: str) -> HistoryReply:
        runs, edits = service.corrections.history(episode_id)
        return HistoryReply(episode_id=episode_id, runs=runs, edits=edits)

    @routes.get(
        f"{_EPISODE}/diff",
        summary="How the words of one run differ from another's",
        operation_id="transcript_difference",
        dependencies=[needs("search")],
    )
    def difference(
        episode_id: str,
        old: Annotated[str, Query(description="the older run's id")],
        new: Annotated[str, Query(description="the newer run's id")],
    ) -> DifferenceReply:
        changes = service.corrections.difference(episode_id, old, new)
        return DifferenceReply(episode_id=episode_id, old=old, new=new, changes=changes)

    @routes.get(
        f"{_EPISODE}/changes",
        summary="What refinement changed, kept and rejected, and why",
        operation_id="transcript_changes",
        dependencies=[needs("search")],
    )
    def changes(episode_id: str) -> ChangesReply:
        report = service.corrections.report(episode_id)
        return ChangesReply(
            episode_id=episode_id,
            run_id=report.run_id,
            degraded=report.degraded,
            changes=list(report.changes),
            changes_left_out=report.changes_left_out,
            diff=show_changes(report),
        )

    return routes
