"""An episode's runs and edits, as people are shown them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from everyword_events import Event, TranscriptEdited, TranscriptRefined
from refine.domain.edits import Edit, undone
from refine.domain.report import RefineReport

EditKind = Literal["text", "speaker", "from_here", "name", "language", "undo"]
EditState = Literal["applied", "conflict", "undone", "pending"]


@dataclass(frozen=True, slots=True)
class RunEntry:
    """One refinement: when, of which recognition, with how many edits and changes."""

    run_id: str
    at: str
    base_run_id: str | None
    words: int
    edits: int
    changes: int
    conflicts: int
    degraded: str | None


@dataclass(frozen=True, slots=True)
class EditEntry:
    """One edit: what it was to change, who made it and when, and what became of it.

    `pending` until the newest run knows of it; `reason` says why it is a conflict.
    """

    event_id: str
    at: str
    edited_by: str
    kind: EditKind
    start: float | None
    end: float | None
    before: str
    after: str
    state: EditState
    reason: str = ""
    undoes: str | None = None
    undone_by: str | None = None


def run_entry(event: Event, report: RefineReport | None) -> RunEntry:
    """Return a run from its TranscriptRefined and its report."""
    data = event.data
    return RunEntry(
        run_id=event.meta.run_id,
        at=event.meta.occurred_at.isoformat(),
        base_run_id=report.base_run_id if report else None,
        words=data.words if isinstance(data, TranscriptRefined) else 0,
        edits=len(report.edits) if report else 0,
        changes=len(report.changes) + report.changes_left_out if report else 0,
        conflicts=len(report.conflicts()) if report else 0,
        degraded=report.degraded if report else None,
    )


def edit_entries(events: Sequence[Event], newest: RefineReport | None) -> list[EditEntry]:
    """Return the edits in the order they were made; `newest` is the newest run's report."""
    edits = [(event, event.data) for event in events if isinstance(event.data, TranscriptEdited)]
    undone_by = undone([Edit(event.meta.event_id, data) for event, data in edits])
    known = set(newest.edits) if newest else set()
    made = {change.by: change for change in (newest.changes if newest else ())}
    entries: list[EditEntry] = []
    for event, data in edits:
        event_id = event.meta.event_id
        change = made.get(event_id)
        state: EditState = "applied"
        if event_id in undone_by:
            state = "undone"
        elif event_id not in known:
            state = "pending"
        elif change is not None and change.verdict == "conflict":
            state = "conflict"
        anchor = data.anchor
        entries.append(
            EditEntry(
                event_id=event_id,
                at=event.meta.occurred_at.isoformat(),
                edited_by=data.edited_by,
                kind=_kind(data),
                start=anchor.start if anchor else None,
                end=anchor.end if anchor else None,
                before=data.label or (anchor.text if anchor and data.text is not None else ""),
                after=data.text if data.text is not None else data.speaker or data.language,
                state=state,
                reason=change.reason if change is not None and state == "conflict" else "",
                undoes=data.undoes,
                undone_by=undone_by.get(event_id),
            )
        )
    return entries


def _kind(data: TranscriptEdited) -> EditKind:
    if data.undoes is not None:
        return "undo"
    if data.label is not None:
        return "name"
    if data.language:
        return "language"
    if data.from_here:
        return "from_here"
    return "text" if data.text is not None else "speaker"
