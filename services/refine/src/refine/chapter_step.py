"""Chapters by the language model: ask chunk by chunk, validate, or leave it to others."""

from collections.abc import Sequence

from everyword_transcripts import Transcript
from refine.asking import ModelQuestions, Question
from refine.config import RefineSettings
from refine.domain.chapter_prompt import CHAPTERING, chapter_message
from refine.domain.chapter_suggestions import (
    LEAST_EPISODE_S,
    ChapterSuggestion,
    beginnings,
    read_chapters,
    still_hold,
    validated,
)
from refine.domain.lines import Chunk, PromptLine, chunks_of, lines_of
from refine.domain.replies import UnusableReply
from refine.model_result import ChapterStepResult

_MINUTE_S = 60


class ChapterStep:
    """Asks a language model where chapters begin and what they are called."""

    def __init__(self, questions: ModelQuestions, settings: RefineSettings) -> None:
        self._questions = questions
        self._settings = settings

    def run(
        self, transcript: Transcript, *, corrected: Transcript, show: str = ""
    ) -> ChapterStepResult:
        """Return chapters of a transcript, right also for it as people `corrected` it.

        Asked is about the transcript before corrections, whose answers are kept; only where its
        chapters do not hold any more is the corrected one asked about. Never raises for what the
        model does.
        """
        if corrected.duration_s < LEAST_EPISODE_S:
            return ChapterStepResult()
        found = self._asked(transcript, show)
        known = self._known(corrected, show)
        if corrected == transcript or not found.chapters:
            return found
        if still_hold(found.chapters, corrected, lines_of(corrected), known):
            return found
        again = self._asked(corrected, show)
        return ChapterStepResult(
            again.chapters,
            again.rejected,
            again.failure,
            found.tokens_in + again.tokens_in,
            found.tokens_out + again.tokens_out,
        )

    def _asked(self, transcript: Transcript, show: str) -> ChapterStepResult:
        lines = lines_of(transcript)
        places = beginnings(lines)
        model = self._settings.model
        chunks = chunks_of(lines, budget_tokens=model.chunk_tokens, overlap=model.overlap_lines)
        questions = [
            Question(
                _message(chunk, places, show, transcript.language),
                read_chapters if number else read_first,
            )
            for number, chunk in enumerate(chunks)
        ]
        answers = self._questions.ask_all(CHAPTERING, questions)
        tokens_in = sum(answer.tokens_in for answer in answers)
        tokens_out = sum(answer.tokens_out for answer in answers)
        failure = next((answer.failure for answer in answers if answer.failure), None)
        if failure:
            return ChapterStepResult((), {}, failure, tokens_in, tokens_out)
        suggested = [one for answer in answers for one in answer.found or ()]
        known = self._known(transcript, show)
        chapters, rejected = validated(transcript, lines, suggested, known)
        return ChapterStepResult(chapters, dict(rejected), None, tokens_in, tokens_out)

    def _known(self, transcript: Transcript, show: str) -> Sequence[str]:
        names = [speaker.name for speaker in transcript.speakers if speaker.name]
        return [show, *names, *(entry.term for entry in self._settings.glossary)]


def read_first(text: str) -> tuple[ChapterSuggestion, ...]:
    """Read an answer about the beginning of a recording, which always begins a chapter.

    Raises:
        UnusableReply: as `read_chapters`, or it has no chapter there.
    """
    found = read_chapters(text)
    if all(one.idx != 0 for one in found):
        raise UnusableReply('the recording begins with a chapter: one with "idx" 0 is missing')
    return found


def _message(chunk: Chunk, places: frozenset[int], show: str, language: str) -> str:
    return chapter_message(
        show=show,
        language=language,
        before=[_form(line) for line in chunk.before],
        lines=[
            {"idx": line.idx, **_form(line)} if line.idx in places else _form(line)
            for line in chunk.lines
        ],
    )


def _form(line: PromptLine) -> dict[str, str | int | None]:
    return {"minute": int(line.start // _MINUTE_S), "speaker": line.speaker, "text": line.text}
