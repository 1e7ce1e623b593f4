"""What refinement did, change by change: the report kept beside the refined transcript."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from everyword_events import InvalidInput

Verdict = Literal["applied", "rejected", "conflict"]
MOST_CHANGES = 20_000
"""A report lists at most this many changes; `changes_left_out` says how many more there were."""


@dataclass(frozen=True, slots=True)
class Change:
    """One stretch of words that became another, or was to; times in seconds of the episode."""

    step: str
    by: str
    start: float
    end: float
    before: str
    after: str
    verdict: Verdict = "applied"
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ModelChapter:
    """Where a chapter begins, in seconds, and what is spoken of."""

    start: float
    title: str


@dataclass(frozen=True)
class RefineReport:
    """All that one refinement did.

    `edits` are the ids of the corrections that were tried, `base_run_id` the run that recognised
    the speech, `steps_s` what each step took, in seconds. `chapters` are the model's, with why
    others were rejected, or why it was not of use.
    """

    schema: int = 1
    episode_id: str | None = None
    run_id: str | None = None
    rules: dict[str, int] = field(default_factory=dict)
    rules_stopped: tuple[str, ...] = ()
    times_filled: int = 0
    words_cleaned: int = 0
    words_capitalised: int = 0
    segments_merged: int = 0
    segments_split: int = 0
    changes: tuple[Change, ...] = ()
    changes_left_out: int = 0
    degraded: str | None = None
    edits: tuple[str, ...] = ()
    base_run_id: str | None = None
    prompt_version: str = ""
    tokens_in: int = 0
    tokens_out: int = 0
    cost_usd: float | None = None
    steps_s: dict[str, float] = field(default_factory=dict)
    chapters: tuple[ModelChapter, ...] = ()
    chapters_rejected: dict[str, int] = field(default_factory=dict)
    chapters_failure: str | None = None

    def accepted(self) -> int:
        """Count the suggestions that were applied: glossary places, model, speaker names."""
        return sum(
            change.verdict == "applied" and _is_suggestion(change) for change in self.changes
        )

    def rejected(self) -> dict[str, int]:
        """Count the rejected suggestions by reason."""
        return dict(
            Counter(change.reason for change in self.changes if change.verdict == "rejected")
        )

    def conflicts(self) -> list[Change]:
        """Return the corrections whose place was not found again."""
        return [change for change in self.changes if change.verdict == "conflict"]


def _is_suggestion(change: Change) -> bool:
    return change.step in {"model", "speakers"} or change.by.startswith("near: ")


@cache
def _form() -> TypeAdapter[RefineReport]:
    """Return the reader and writer, which takes as long to build as a transcript to refine."""
    return TypeAdapter(RefineReport)


def write_report(report: RefineReport) -> bytes:
    """Write the report as JSON."""
    return _form().dump_json(report)


def read_report(raw: bytes | str) -> RefineReport:
    """Read a report's JSON.

    Raises:
        InvalidInput: it is not one.
    """
    try:
        return _form().validate_json(raw)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InvalidInput(
            f"not a refine report: {where}: {first['msg']}", code="report_invalid"
        ) from error


def listed(changes: Sequence[Change]) -> tuple[tuple[Change, ...], int]:
    """Return the changes a report lists, and how many it leaves out."""
    return tuple(changes[:MOST_CHANGES]), max(0, len(changes) - MOST_CHANGES)


def show_changes(report: RefineReport) -> str:
    """Return the changes as a readable diff, by time: what was, what is, who says so and why."""
    lines: list[str] = []
    for change in sorted(report.changes, key=lambda change: (change.start, change.end)):
        verdict = change.verdict if change.verdict != "applied" else ""
        said = ": ".join(part for part in (verdict, change.reason) if part)
        head = f"@@ {_clock(change.start)} {change.step}, {change.by}"
        lines.append(f"{head} ({said}) @@" if said else f"{head} @@")
        sign = "+" if change.verdict == "applied" else "?"
        lines += [f"- {change.before}", f"{sign} {change.after}", ""]
    if report.changes_left_out:
        lines.append(f"and {report.changes_left_out} more changes that are not listed")
    if report.degraded:
        lines.append(f"degraded: {report.degraded}")
    return "\n".join(lines) if lines else "nothing was changed"


def _clock(seconds: float) -> str:
    whole, milli = divmod(round(seconds * 1000), 1000)
    minutes, second = divmod(whole, 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour}:{minute:02d}:{second:02d}.{milli:03d}"
