"""Precision and recall of corrections, harm, and what happens to word times."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from statistics import fmean

from everyword_transcripts import Transcript, Word
from refine.domain.diff import hunks
from refine.evaluation.cases import Case, ScriptedModel, load_cases
from refine.ports import LanguageModel
from refine.standalone import refine_transcript

_MARKS = ".,;:!?…\"'()"


@dataclass(frozen=True)
class CorrectionScore:
    """Counts of words and changes over some cases; times in milliseconds.

    A word is wrong when its letters or capitals differ from the truth; punctuation is left out.
    `names_given` counts speaker names that no truth asks for: every one of them is harm.
    """

    cases: int
    wrong_before: int
    right_before: int
    mended: int
    harmed: int
    changes: int
    right_changes: int
    names_given: int
    degraded: int
    start_error_ms: float

    @property
    def precision(self) -> float:
        """The share of changes that made the text truer; 1 without changes."""
        return self.right_changes / self.changes if self.changes else 1.0

    @property
    def recall(self) -> float:
        """The share of wrong words that were mended; 1 where none was wrong."""
        return self.mended / self.wrong_before if self.wrong_before else 1.0

    @property
    def harm_rate(self) -> float:
        """The share of right words that were made wrong."""
        return self.harmed / self.right_before if self.right_before else 0.0


@dataclass(frozen=True)
class CorrectionEvaluation:
    """Scores by kind of case, and of all."""

    model: str
    total: CorrectionScore
    by_kind: dict[str, CorrectionScore]
    harmed_cases: tuple[str, ...]

    def table(self) -> str:
        """Return the scores as lines of text."""
        head = "kind             cases  precision  recall   harm  start error"
        rows = [*self.by_kind.items(), ("all", self.total)]
        lines = [
            f"{kind:<16} {score.cases:>5}  {score.precision:>9.3f}  {score.recall:>6.3f}"
            f"  {score.harm_rate:>5.3f}  {score.start_error_ms:>8.1f} ms"
            for kind, score in rows
        ]
        return "\n".join([f"model: {self.model}", head, *lines])


@dataclass(frozen=True)
class _Result:
    kind: str
    score: CorrectionScore
    errors_s: tuple[float, ...]


def evaluate(
    cases: Sequence[Case] | None = None,
    *,
    model: LanguageModel | None = None,
    scripted: bool = True,
) -> CorrectionEvaluation:
    """Refine every case and compare with its truth.

    With `model` a real one is asked; else each case's script answers, or nobody if not `scripted`.
    """
    cases = load_cases() if cases is None else cases
    results = [
        (case, _measure(case, model or (ScriptedModel(case) if scripted else None)))
        for case in cases
    ]
    kinds = sorted({case.kind for case in cases})
    return CorrectionEvaluation(
        model=model.name if model is not None else "scripted" if scripted else "off",
        total=_sum([result for _, result in results]),
        by_kind={kind: _sum([r for _, r in results if r.kind == kind]) for kind in kinds},
        harmed_cases=tuple(
            case.id for case, result in results if result.score.harmed or result.score.names_given
        ),
    )


def _measure(case: Case, model: LanguageModel | None) -> _Result:
    spoken, recognised = case.spoken(), case.recognised()
    refined, report = refine_transcript(recognised, case.settings(), model=model)
    truth, before, after = _texts(spoken), _texts(recognised), _texts(refined)
    wrong_before, extra_before = _errors(truth, before)
    wrong_after, extra_after = _errors(truth, after)
    changes = hunks(before, after)
    right = 0
    for change in changes:
        tried = [*before[: change.start], *change.tokens, *before[change.stop :]]
        wrong, extra = _errors(truth, tried)
        right += len(wrong) + extra < len(wrong_before) + extra_before
    errors = _start_errors(spoken, refined)
    score = CorrectionScore(
        cases=1,
        wrong_before=len(wrong_before) + extra_before,
        right_before=len(truth) - len(wrong_before),
        mended=len(wrong_before - wrong_after) + max(0, extra_before - extra_after),
        harmed=len(wrong_after - wrong_before) + max(0, extra_after - extra_before),
        changes=len(changes),
        right_changes=right,
        names_given=sum(speaker.name is not None for speaker in refined.speakers),
        degraded=report.degraded is not None,
        start_error_ms=1000 * fmean(errors) if errors else 0.0,
    )
    return _Result(case.kind, score, errors)


def _texts(transcript: Transcript) -> list[str]:
    return [word.word.strip(_MARKS) or word.word for word in transcript.words()]


def _errors(truth: Sequence[str], text: Sequence[str]) -> tuple[set[int], int]:
    """Return which true words are wrong or missing, and how many words there are too many."""
    wrong: set[int] = set()
    extra = 0
    for hunk in hunks(truth, text):
        wrong.update(range(hunk.start, hunk.stop))
        extra += max(0, len(hunk.tokens) - (hunk.stop - hunk.start))
    return wrong, extra


def _start_errors(spoken: Transcript, refined: Transcript) -> tuple[float, ...]:
    """Return how far the starts of the words that are right are from when they were said."""
    true, got = list(spoken.words()), list(refined.words())
    pairs: list[tuple[Word, Word]] = []
    i = k = 0
    for hunk in hunks(_texts(spoken), _texts(refined)):
        pairs.extend(zip(true[i : hunk.start], got[k:], strict=False))
        k += hunk.start - i + len(hunk.tokens)
        i = hunk.stop
    pairs.extend(zip(true[i:], got[k:], strict=True))
    return tuple(abs(a.start - b.start) for a, b in pairs)


def _sum(results: Sequence[_Result]) -> CorrectionScore:
    scores = [result.score for result in results]
    errors = list(chain.from_iterable(result.errors_s for result in results))
    return CorrectionScore(
        cases=len(scores),
        wrong_before=sum(score.wrong_before for score in scores),
        right_before=sum(score.right_before for score in scores),
        mended=sum(score.mended for score in scores),
        harmed=sum(score.harmed for score in scores),
        changes=sum(score.changes for score in scores),
        right_changes=sum(score.right_changes for score in scores),
        names_given=sum(score.names_given for score in scores),
        degraded=sum(score.degraded for score in scores),
        start_error_ms=1000 * fmean(errors) if errors else 0.0,
    )
