"""Recognise recordings, and score each against its truth."""

import resource
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Final, NamedTuple

from everyword_events import EverywordError, InvalidInput
from everyword_transcripts import Transcript, Word
from everyword_transcripts.truth import LeftOut, TrueTurn, Truth
from transcribe_gpu.config import TranscribeSettings
from transcribe_gpu.domain import Diarization
from transcribe_gpu.evaluation import measures
from transcribe_gpu.ports import StageReport

ALL: Final = "all"


@dataclass(frozen=True)
class RecognisedFile:
    """What was recognised in a recording; `diarization` where voices were told apart."""

    transcript: Transcript
    diarization: Diarization | None = None


Recognise = Callable[[Path, TranscribeSettings, StageReport], RecognisedFile]


@dataclass
class RecognitionScore:
    """Counts and seconds of one recording, or of all; the rates are made of them."""

    file: str
    engine: str = ""
    words: int = 0
    word_errors: int = 0
    characters: int = 0
    character_errors: int = 0
    speaker_words: int = 0
    speaker_errors: int = 0
    spoken_s: float = 0.0
    diarization_error_s: float = 0.0
    start_errors_s: list[float] = field(default_factory=list)
    heard: int = 0
    untimed: int = 0
    invented: int = 0
    silent_s: float = 0.0
    audio_s: float = 0.0
    cpu_s: float = 0.0
    peak_bytes: int = 0

    def add(self, other: "RecognitionScore") -> None:
        """Add another recording's counts."""
        for name in self.__dataclass_fields__:
            mine, its = getattr(self, name), getattr(other, name)
            if name == "peak_bytes":
                self.peak_bytes = max(mine, its)
            elif not isinstance(mine, str):
                setattr(self, name, mine + its)

    def figures(self) -> dict[str, float | str | None]:
        """Return the rates, None where the truth says nothing of the kind."""
        starts = self.start_errors_s
        return {
            "file": self.file,
            "engine": self.engine,
            "words": self.words,
            "wer": _share(self.word_errors, self.words),
            "cer": _share(self.character_errors, self.characters),
            "cpwer": _share(self.speaker_errors, self.speaker_words),
            "der": _share(self.diarization_error_s, self.spoken_s),
            "start_median_ms": round(median(starts) * 1000) if starts else None,
            "start_p95_ms": round(measures.p95(starts) * 1000) if starts else None,
            "untimed": _share(self.untimed, self.heard),
            "invented_per_silent_minute": _share(self.invented * 60, self.silent_s),
            "rtf_cpu": _share(self.cpu_s, self.audio_s),
            "peak_mb": round(self.peak_bytes / 1e6),
        }


class Evaluation(NamedTuple):
    """A score for each recording and one for all, and what could not be recognised."""

    scores: Sequence[RecognitionScore]
    left_out: Sequence[LeftOut] = ()


def evaluate_recordings(
    truths: Sequence[Truth],
    settings: TranscribeSettings,
    *,
    recognise: Recognise,
    report: Callable[[str, int, int], None],
    tell_speakers: bool = True,
) -> Evaluation:
    """Return a score for each recording, and one for all; `report` follows along.

    `tell_speakers`: recognition is told how many the truth names, else it has to find out.

    Raises:
        InvalidInput: no recording can be recognised; the last is named.
        EverywordError: recognition cannot go on.
    """
    scores: list[RecognitionScore] = []
    left_out: list[LeftOut] = []
    for number, truth in enumerate(truths):
        name = truth.audio.name
        report(name, number, len(truths))
        try:
            scores.append(_scored(truth, _for(truth, settings, tell_speakers), recognise))
        except InvalidInput as error:
            left_out.append(LeftOut(name, error.message.removeprefix(f"{name}: ")))
            if len(left_out) == len(truths):
                raise
    total = RecognitionScore(ALL, engine=scores[0].engine)
    for score in scores:
        total.add(score)
    return Evaluation((*scores, total), tuple(left_out))


def _for(truth: Truth, settings: TranscribeSettings, tell_speakers: bool) -> TranscribeSettings:
    in_turns = {turn.speaker for turn in truth.turns}
    of_words = {word.speaker for word in truth.words} - {None}  # perhaps named otherwise
    told = max(len(in_turns), len(of_words)) if tell_speakers else 0
    channels = "speakers" if truth.channels == "speakers" else settings.channels
    return settings.model_copy(update={"channels": channels, "speakers": settings.speakers or told})


def _scored(truth: Truth, settings: TranscribeSettings, recognise: Recognise) -> RecognitionScore:
    began = _cpu_s()
    try:
        done = recognise(truth.audio, settings, _quiet)
    except EverywordError as error:
        named = f"{truth.audio.name}: {error.message}"
        raise type(error)(named, hint=error.hint, code=error.code) from error
    cpu_s = _cpu_s() - began
    transcript = done.transcript
    heard = list(transcript.words())
    invented, silent_s = measures.invented(truth.speech, heard, transcript.duration_s)
    engine = transcript.engine
    score = RecognitionScore(
        truth.audio.name,
        f"{engine.name} {engine.model}".strip(),
        heard=len(heard),
        untimed=sum(word.estimated for word in heard),
        invented=invented,
        silent_s=silent_s,
        audio_s=transcript.duration_s,
        cpu_s=cpu_s,
        peak_bytes=_peak_bytes(),
    )
    if truth.turns:
        found = measures.diarization_errors(truth.turns, _turns(done))
        score.diarization_error_s, score.spoken_s = found
    if truth.words:
        _score_words(score, truth, heard)
    return score


def _score_words(score: RecognitionScore, truth: Truth, heard: Sequence[Word]) -> None:
    said = measures.plain_words(word.text for word in truth.words)
    found = measures.plain_words(word.word for word in heard)
    permuted = measures.permuted_errors(truth.words, heard)
    score.words = len(said)
    score.word_errors = measures.word_errors(said, found)
    score.characters = len("".join(said))
    score.character_errors = measures.character_errors(said, found)
    score.speaker_words = 0 if permuted is None else len(said)
    score.speaker_errors = permuted or 0
    score.start_errors_s = measures.start_errors(truth.words, heard)


def _turns(heard: RecognisedFile) -> list[TrueTurn]:
    """Return who was found to speak when: by their words, where nothing else is known."""
    if heard.diarization is not None:
        return [TrueTurn(turn.start, turn.end, turn.speaker) for turn in heard.diarization.turns]
    return [TrueTurn(word.start, word.end, word.speaker or "") for word in heard.transcript.words()]


def table_of(scores: Sequence[RecognitionScore]) -> str:
    """Return the figures as a Markdown table."""
    head = ["file", "words", "WER %", "CER %", "cpWER %", "DER %", "start median, p95 ms"]
    head += ["untimed %", "invented / silent min", "RTF, CPU s", "peak MB"]
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    for score in scores:
        f = score.figures()
        starts = (
            "-" if f["start_median_ms"] is None else f"{f['start_median_ms']}, {f['start_p95_ms']}"
        )
        percents = [_percent(f[name]) for name in ("wer", "cer", "cpwer", "der")]
        cells = [str(f["file"]), str(f["words"]), *percents, starts, _percent(f["untimed"])]
        cells += [_plain(f["invented_per_silent_minute"]), _plain(f["rtf_cpu"]), str(f["peak_mb"])]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _percent(value: float | str | None) -> str:
    return "-" if value is None else f"{float(value) * 100:.1f}"


def _plain(value: float | str | None) -> str:
    return "-" if value is None else f"{float(value):.2f}"


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _cpu_s() -> float:
    """Return the processor seconds of this process, all threads, and of its ended children."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def _peak_bytes() -> int:
    """Return the most memory of this process or of one of its ended children."""
    unit = 1 if sys.platform == "darwin" else 1024
    whose = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return max(resource.getrusage(who).ru_maxrss for who in whose) * unit


def _quiet(*_: object) -> None:
    """The folder's own progress is enough."""
