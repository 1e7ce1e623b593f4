"""The language model's step: ask chunk by chunk, validate each answer, never block an episode."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from everyword_events import InvalidInput, Misconfigured, TransientFailure
from everyword_transcripts import Transcript
from refine.checkpoints import ReplyCheckpoints, digest
from refine.config import RefineSettings
from refine.domain.glossary_candidates import GlossaryCandidate
from refine.domain.lines import Chunk, PromptLine, chunks_of, lines_of, with_lines
from refine.domain.prompt import PROMPT_VERSION, SCHEMA, SYSTEM, again_message
from refine.domain.replies import Suggestions, UnusableReply, read_reply
from refine.domain.report import Change
from refine.ports import LanguageModel, Reply
from refine.prompts import PromptBuilder
from refine.suggestion_validation import SuggestionValidator

_LOG = logging.getLogger(__name__)
_GIVE_UP_AFTER = 3
"""After so many chunks in a row without an answer the rest is not asked."""


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


@dataclass
class _Answer:
    """One chunk's answer, or why there is none."""

    suggestions: Suggestions = field(default_factory=Suggestions)
    failure: str | None = None
    tokens_in: int = 0
    tokens_out: int = 0


class ModelStep:
    """Asks `model` about a transcript and applies what passes validation."""

    def __init__(
        self,
        model: LanguageModel,
        settings: RefineSettings,
        checkpoints: ReplyCheckpoints,
        *,
        run_id: str = "",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._model = model
        self._settings = settings
        self._checkpoints = checkpoints
        self._run_id = run_id
        self._clock = clock
        self._failures = 0
        self._lock = threading.Lock()

    def run(
        self, transcript: Transcript, *, show: str = "", near: Sequence[GlossaryCandidate] = ()
    ) -> ModelStepResult:
        """Ask about every chunk, a few at a time, and apply the suggestions that pass.

        Never raises for what the model does: a chunk without a usable answer keeps its text.
        """
        lines = lines_of(transcript)
        model = self._settings.model
        chunks = list(
            chunks_of(lines, budget_tokens=model.chunk_tokens, overlap=model.overlap_lines)
        )
        if not chunks:
            return ModelStepResult(transcript)
        deadline = self._clock() + model.budget_s
        asking = PromptBuilder(transcript, self._settings, show, near)
        with ThreadPoolExecutor(model.concurrency, thread_name_prefix="refine-model") as pool:
            answers = list(
                pool.map(lambda chunk: self._answer(asking.about(chunk), deadline), chunks)
            )
        return self._applied(transcript, lines, chunks, answers)

    def _answer(self, message: str, deadline: float) -> _Answer:
        """Ask once, and once more with the error when the reply cannot be read."""
        answer = _Answer()
        asked = message
        for _ in range(2):
            try:
                reply, suggestions, error, paid = self._ask(asked, deadline)
            except (TransientFailure, Misconfigured) as failure:
                answer.failure = failure.message
                break
            except InvalidInput as failure:
                answer.failure = failure.message
                asked = again_message(message, failure.message)
                continue
            if paid:
                answer.tokens_in += reply.tokens_in
                answer.tokens_out += reply.tokens_out
            if suggestions is not None:
                answer.suggestions, answer.failure = suggestions, None
                break
            answer.failure = f"unusable reply: {error}"
            asked = again_message(message, error)
        with self._lock:
            self._failures = self._failures + 1 if answer.failure else 0
        if answer.failure:
            _LOG.warning("model gave no answer for a chunk", extra={"reason": answer.failure})
        return answer

    def _ask(self, message: str, deadline: float) -> tuple[Reply, Suggestions | None, str, bool]:
        """Return the reply, what it suggests or why it cannot be read, and whether it was paid.

        Raises:
            TransientFailure, Misconfigured, InvalidInput: there is no reply.
        """
        settings = self._settings.model
        name = digest([self._model.name, PROMPT_VERSION, SYSTEM, message])
        stored = self._checkpoints.load(name)
        if stored is not None:
            suggestions, error = _read(stored.reply())
            return stored.reply(), suggestions, error, stored.run_id == self._run_id
        left_s = deadline - self._clock()
        if left_s <= 0:
            raise TransientFailure("the time for the model was used up", code="model_budget")
        if self._failures >= _GIVE_UP_AFTER:
            raise TransientFailure("the model failed several times before", code="model_down")
        reply = self._model.complete(
            system=SYSTEM,
            user=message,
            schema=SCHEMA,
            max_tokens=settings.max_reply_tokens,
            timeout_s=min(settings.timeout_s, left_s),
        )
        suggestions, error = _read(reply)
        self._checkpoints.save(name, reply, usable=suggestions is not None)
        return reply, suggestions, error, True

    def _applied(
        self,
        transcript: Transcript,
        lines: Sequence[PromptLine],
        chunks: Sequence[Chunk],
        answers: Sequence[_Answer],
    ) -> ModelStepResult:
        validator = SuggestionValidator(transcript, lines, self._settings, self._model.name)
        for chunk, answer in zip(chunks, answers, strict=True):
            validator.take(chunk, answer.suggestions)
        failures = [answer.failure for answer in answers if answer.failure]
        degraded = None
        if failures:
            degraded = f"{len(failures)} of {len(answers)} chunks without the model: {failures[0]}"
        return ModelStepResult(
            with_lines(transcript, lines, validator.changed),
            tuple(validator.changes),
            tuple(name for answer in answers for name in answer.suggestions.names),
            degraded,
            sum(answer.tokens_in for answer in answers),
            sum(answer.tokens_out for answer in answers),
        )


def _read(reply: Reply) -> tuple[Suggestions | None, str]:
    if not reply.whole:
        return None, "it was cut short"
    try:
        return read_reply(reply.text), ""
    except UnusableReply as error:
        return None, str(error)
