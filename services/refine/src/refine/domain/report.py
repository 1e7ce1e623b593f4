"""What refinement did, change by change: the report kept beside the refined transcript."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
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


@dataclass(frozen=True)
class RefineReport:
    """All that one refinement did; `steps_s` is what each step took, in seconds."""

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
    prompt_version: str = ""
    tokens_in: int = 0
    tokens_out: int = 0
    steps_s: dict[str, float] = field(default_factory=dict)

    def accepted(self, step: str = "") -> int:
        """Count the suggestions and edits that were applied, of one step or of all."""
        return sum(
            change.verdict == "applied" and (not step or change.step == step)
            for change in self.changes
        )

    def rejected(self) -> dict[str, int]:
        """Count what was rejected by reason."""
        return dict(
            Counter(change.reason for change in self.changes if change.verdict == "rejected")
        )


_REPORT = TypeAdapter(RefineReport)


def write_report(report: RefineReport) -> bytes:
    """Write the report as JSON."""
    return _REPORT.dump_json(report)


def read_report(raw: bytes | str) -> RefineReport:
    """Read a report's JSON.

    Raises:
        InvalidInput: it is not one.
    """
    try:
        return _REPORT.validate_json(raw)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InvalidInput(
            f"not a refine report: {where}: {first['msg']}", code="report_invalid"
        ) from error


def listed(changes: Sequence[Change]) -> tuple[tuple[Change, ...], int]:
    """Return the changes a report lists, and how many it leaves out."""
    return tuple(changes[:MOST_CHANGES]), max(0, len(changes) - MOST_CHANGES)
