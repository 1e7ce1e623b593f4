"""The language model's step: ask chunk by chunk, validate each answer, never block an episode."""

from collections.abc import Sequence

from everyword_transcripts import Transcript
from refine.asking import ModelAnswer, ModelQuestions, Question
from refine.config import RefineSettings
from refine.domain.glossary_candidates import GlossaryCandidate
from refine.domain.lines import Chunk, PromptLine, chunks_of, lines_of, with_lines
from refine.domain.prompt import PROOFREADING
from refine.domain.replies import Suggestions, read_reply
from refine.model_result import ModelStepResult
from refine.prompts import PromptBuilder
from refine.suggestion_validation import SuggestionValidator


class ModelStep:
    """Asks a language model about a transcript and applies what passes validation."""

    def __init__(self, questions: ModelQuestions, settings: RefineSettings) -> None:
        self._questions = questions
        self._settings = settings

    def run(
        self, transcript: Transcript, *, show: str = "", near: Sequence[GlossaryCandidate] = ()
    ) -> ModelStepResult:
        """Ask about every chunk, and apply the suggestions that pass.

        Never raises for what the model does: a chunk without a usable answer keeps its text.
        """
        lines = lines_of(transcript)
        model = self._settings.model
        chunks = list(
            chunks_of(lines, budget_tokens=model.chunk_tokens, overlap=model.overlap_lines)
        )
        if not chunks:
            return ModelStepResult(transcript)
        asking = PromptBuilder(transcript, self._settings, show, near)
        answers = self._questions.ask_all(
            PROOFREADING, [Question(asking.about(chunk), read_reply) for chunk in chunks]
        )
        return self._applied(transcript, lines, chunks, answers)

    def _applied(
        self,
        transcript: Transcript,
        lines: Sequence[PromptLine],
        chunks: Sequence[Chunk],
        answers: Sequence[ModelAnswer[Suggestions]],
    ) -> ModelStepResult:
        name = self._questions.model_name
        validator = SuggestionValidator(transcript, lines, self._settings, name)
        suggested = [answer.found or Suggestions() for answer in answers]
        for chunk, suggestions in zip(chunks, suggested, strict=True):
            validator.take(chunk, suggestions)
        failures = [answer.failure for answer in answers if answer.failure]
        degraded = None
        if failures:
            degraded = f"{len(failures)} of {len(answers)} chunks without the model: {failures[0]}"
        return ModelStepResult(
            with_lines(transcript, lines, validator.changed),
            tuple(validator.changes),
            tuple(name for suggestions in suggested for name in suggestions.names),
            degraded,
            sum(answer.tokens_in for answer in answers),
            sum(answer.tokens_out for answer in answers),
        )
