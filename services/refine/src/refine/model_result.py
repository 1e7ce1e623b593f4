"""What the language model's steps came to, for those too who run without one."""

from dataclasses import dataclass, field

from everyword_transcripts import Transcript
from refine.domain.report import Change, ModelChapter


@dataclass(frozen=True)
class ModelStepResult:
    """What the model's step came to; `degraded` says why some or all of it was left out.

    Tokens are those paid in this run: stored replies cost nothing.
    """

    transcript: Transcript
    changes: tuple[Change, ...] = ()
    names: tuple[tuple[str, str], ...] = ()
    degraded: str | None = None
    tokens_in: int = 0
    tokens_out: int = 0


@dataclass(frozen=True)
class ChapterStepResult:
    """The chapters, or none; why suggestions were rejected, and why there was no answer.

    Tokens are those paid in this run: stored replies cost nothing.
    """

    chapters: tuple[ModelChapter, ...] = ()
    rejected: dict[str, int] = field(default_factory=dict)
    failure: str | None = None
    tokens_in: int = 0
    tokens_out: int = 0
