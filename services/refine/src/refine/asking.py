"""Asking a language model: never paid twice, within one budget, and never to wait for in vain."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Generic, TypeVar

from everyword_events import InvalidInput, Misconfigured, TransientFailure
from refine.checkpoints import ReplyCheckpoints, digest
from refine.config import LanguageModelSettings
from refine.domain.prompt import Instructions, again_message
from refine.domain.replies import UnusableReply
from refine.ports import LanguageModel, Reply

_LOG = logging.getLogger(__name__)
_GIVE_UP_AFTER = 3
"""After so many questions in a row without an answer the rest is not asked."""

Found = TypeVar("Found")


@dataclass(frozen=True)
class Question(Generic[Found]):
    """A message, and how its answer is read: `read` raises UnusableReply and says why."""

    message: str
    read: Callable[[str], Found]


@dataclass
class ModelAnswer(Generic[Found]):
    """What came of one question: what was read, or why there is nothing.

    Tokens are those paid in this run: stored replies cost nothing.
    """

    found: Found | None = None
    failure: str | None = None
    tokens_in: int = 0
    tokens_out: int = 0


class ModelQuestions:
    """Asks `model` what an episode's steps want to know; one budget and one patience for all."""

    def __init__(
        self,
        model: LanguageModel,
        settings: LanguageModelSettings,
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
        self._deadline: float | None = None
        self._failures = 0
        self._lock = threading.Lock()

    @property
    def model_name(self) -> str:
        """Which model answers."""
        return self._model.name

    def ask_all(
        self, instructions: Instructions, questions: Sequence[Question[Found]]
    ) -> list[ModelAnswer[Found]]:
        """Ask a few at a time; never raises for what the model does."""
        if not questions:
            return []
        if self._deadline is None:
            self._deadline = self._clock() + self._settings.budget_s
        with ThreadPoolExecutor(
            self._settings.concurrency, thread_name_prefix="refine-model"
        ) as pool:
            return list(pool.map(lambda question: self._answer(instructions, question), questions))

    def _answer(self, instructions: Instructions, question: Question[Found]) -> ModelAnswer[Found]:
        """Ask once, and once more with the error when the reply cannot be read."""
        answer: ModelAnswer[Found] = ModelAnswer()
        asked = question.message
        for _ in range(2):
            try:
                reply, paid = self._reply(instructions, asked, question)
            except (TransientFailure, Misconfigured) as failure:
                answer.failure = failure.message
                break
            except InvalidInput as failure:
                answer.failure = failure.message
                asked = again_message(question.message, failure.message)
                continue
            if paid:
                answer.tokens_in += reply.tokens_in
                answer.tokens_out += reply.tokens_out
            try:
                answer.found, answer.failure = _read(question, reply), None
            except UnusableReply as error:
                answer.failure = f"unusable reply: {error}"
                asked = again_message(question.message, str(error))
            else:
                break
        with self._lock:
            self._failures = self._failures + 1 if answer.failure else 0
        if answer.failure:
            _LOG.warning("model gave no answer for a chunk", extra={"reason": answer.failure})
        return answer

    def _reply(
        self, instructions: Instructions, message: str, question: Question[Found]
    ) -> tuple[Reply, bool]:
        """Return the reply, and whether this run paid for it.

        Raises:
            TransientFailure, Misconfigured, InvalidInput: there is no reply.
        """
        settings = self._settings
        name = digest([self._model.name, instructions.version, instructions.system, message])
        stored = self._checkpoints.load(name)
        if stored is not None:
            return stored.reply(), stored.run_id == self._run_id
        left_s = (self._deadline or 0.0) - self._clock()
        if left_s <= 0:
            raise TransientFailure("the time for the model was used up", code="model_budget")
        if self._failures >= _GIVE_UP_AFTER:
            raise TransientFailure("the model failed several times before", code="model_down")
        reply = self._model.complete(
            system=instructions.system,
            user=message,
            schema=instructions.schema,
            max_tokens=settings.max_reply_tokens,
            timeout_s=min(settings.timeout_s, left_s),
        )
        self._checkpoints.save(name, reply, usable=_is_usable(question, reply))
        return reply, True


def _read(question: Question[Found], reply: Reply) -> Found:
    """Return what the reply says.

    Raises:
        UnusableReply: it cannot be read.
    """
    if not reply.whole:
        raise UnusableReply("it was cut short")
    return question.read(reply.text)


def _is_usable(question: Question[Found], reply: Reply) -> bool:
    try:
        _read(question, reply)
    except UnusableReply:
        return False
    return True
