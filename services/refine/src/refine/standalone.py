"""Refinement without the stack: a transcript in, a transcript and a report out."""

from everyword_transcripts import Transcript
from refine.config import RefineSettings
from refine.domain.report import RefineReport
from refine.pipeline import RefineInputs, run_steps
from refine.ports import LanguageModel


def refine_transcript(
    transcript: Transcript,
    settings: RefineSettings,
    *,
    model: LanguageModel | None = None,
    show: str = "",
) -> tuple[Transcript, RefineReport]:
    """Refine one transcript as `everyword refine` does; without a `model` none is asked.

    Raises:
        Misconfigured: a rule in `settings` is not valid.
    """
    if model is None:
        return run_steps(transcript, settings, RefineInputs(show=show))
    from refine.asking import ModelQuestions  # noqa: PLC0415 - for a model alone
    from refine.checkpoints import NoReplyCheckpoints  # noqa: PLC0415
    from refine.model_step import ModelStep  # noqa: PLC0415

    step = ModelStep(ModelQuestions(model, settings.model, NoReplyCheckpoints()), settings)
    return run_steps(transcript, settings, RefineInputs(show=show, model=step))
