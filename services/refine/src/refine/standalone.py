"""Refinement without the stack: a transcript in, a transcript and a report out."""

from everyword_transcripts import Transcript
from refine.config import RefineSettings
from refine.domain.report import RefineReport
from refine.pipeline import run_steps


def refine_transcript(
    transcript: Transcript, settings: RefineSettings
) -> tuple[Transcript, RefineReport]:
    """Refine one transcript as `everyword refine` does.

    Raises:
        Misconfigured: a rule in `settings` is not valid.
    """
    return run_steps(transcript, settings)
