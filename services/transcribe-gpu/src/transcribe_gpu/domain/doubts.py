"""What is doubtful in a window's text, judged against the sound it was made from.

Doubtful text is recognised again in another way; what is still doubtful then stays, flagged.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from transcribe_gpu.domain.checks import find_loops
from transcribe_gpu.domain.speech import HeardWord, Hypothesis
from transcribe_gpu.domain.voice_activity import FRAME_S
from transcribe_gpu.domain.windows import ONSET, Window

REPETITIVE: Final = 2.4
"""Above this compression Whisper's authors call a text repetitive (arXiv 2212.04356, 4.5)."""
IMPROBABLE: Final = -1.0
"""Below this mean log probability per token they call it failed (same place)."""
MISSED_S: Final = 3.0
"""Longest stretch of sure speech that may be without a word."""
STRETCHED_S: Final = 2.0
"""No word takes so long but over a pause, or over speech that has no words of its own: a sentence
that Whisper leaves out is given to the words after it."""
_NEAR_S: Final = 0.5
_NO_SPEECH: Final = 0.1
_PHANTOM_SPEECH_S: Final = 4.0

PHANTOMS: Final = re.compile(
    r"(thanks? (you )?(so much )?for (watching|listening|viewing)"
    r"|(please )?(like and )?subscribe( to (my|our|the) channel)?"
    r"|see you (in the )?next (time|video)"
    r"|untertitel(ung)? (der|des|im auftrag|von|aufgrund).*|sous-titr(es|age) .*"
    r"|subt[ií]tulos (por|realizados).*|sottotitoli .*|amara org.*"
    r"|undertexter (av|från).*|ondertitel.* door.*|napisy .*|субтитры .*|редактор субтитров.*"
    r"|字幕.*|ご視聴ありがとうございました)",
    re.IGNORECASE,
)
"""What Whisper says to noise, learnt from subtitles."""


@dataclass(frozen=True, slots=True)
class Assessed:
    """A hypothesis with what is doubtful about it; no doubts is best."""

    hypothesis: Hypothesis
    doubts: tuple[str, ...]

    def flagged(self) -> Hypothesis:
        """Return the hypothesis, its first utterance flagged with the doubts."""
        utterances = self.hypothesis.utterances
        if not utterances or not self.doubts:
            return self.hypothesis
        first = replace(utterances[0], flags=(*utterances[0].flags, *self.doubts))
        return replace(self.hypothesis, utterances=(first, *utterances[1:]))

    def better_than(self, other: "Assessed") -> bool:
        """Tell whether it has fewer doubts, or as few and a likelier text."""
        if len(self.doubts) != len(other.doubts):
            return len(self.doubts) < len(other.doubts)
        return self.likelier_than(other)

    def likelier_than(self, other: "Assessed") -> bool:
        """Tell whether the recogniser finds its text the likelier one."""
        mine, others = self.hypothesis.log_probability, other.hypothesis.log_probability
        return mine is not None and others is not None and mine > others


def assess(hypothesis: Hypothesis, window: Window) -> Assessed:
    """Look for loops, invented text, missed speech and improbable text in a window."""
    words = hypothesis.words()
    texts = [word.text for word in words]
    doubts = []
    if (hypothesis.compression or 0.0) > REPETITIVE or find_loops(texts):
        doubts.append("repetitive_text")
    if (hypothesis.log_probability or 0.0) < IMPROBABLE:
        doubts.append("improbable_text")
    if words and window.speech_s < _PHANTOM_SPEECH_S and is_phantom(texts):
        doubts.append("phantom_phrase")
    stretched = [word for word in words if _is_long(word)]
    over_speech = [word for word in stretched if _mostly_speech(word, window.speech)]
    if missed_s(words, window.speech) >= MISSED_S or over_speech:
        doubts.append("missed_speech")
    if _over_no_speech(words, window.speech):
        doubts.append("text_without_speech")
    if len(stretched) > len(over_speech):
        doubts.append("stretched_word")
    return Assessed(hypothesis, tuple(doubts))


def is_phantom(texts: Sequence[str]) -> bool:
    """Tell whether this is one of the phrases that Whisper says where nobody speaks."""
    plain = re.sub(r"[^\w\s-]+", " ", " ".join(texts)).strip()
    return PHANTOMS.fullmatch(re.sub(r"\s+", " ", plain)) is not None


def missed_s(words: Sequence[HeardWord], speech: NDArray[np.float32]) -> float:
    """Return the longest stretch of sure speech (seconds) with no word within half a second."""
    sure = speech >= ONSET
    for word in words:
        times = [t for t in (word.start, word.end) if t is not None]
        if not times:
            return 0.0  # no telling where the others are
        first = max(0, int((min(times) - _NEAR_S) / FRAME_S))
        sure[first : int((max(times) + _NEAR_S) / FRAME_S) + 1] = False
    edges = np.flatnonzero(np.diff(np.concatenate(([False], sure, [False])).astype(np.int8)))
    runs = edges[1::2] - edges[::2]
    return float(runs.max(initial=0)) * FRAME_S


def _over_no_speech(words: Sequence[HeardWord], speech: NDArray[np.float32]) -> bool:
    """Tell whether three words in a row lie where nobody speaks."""
    run = 0
    for word in words:
        loudest = _strongest(word, speech)
        run = run + 1 if loudest is not None and loudest < _NO_SPEECH else 0
        if run >= 3:  # noqa: PLR2004
            return True
    return False


def _is_long(word: HeardWord) -> bool:
    return word.start is not None and word.end is not None and word.end - word.start >= STRETCHED_S


def _mostly_speech(word: HeardWord, speech: NDArray[np.float32]) -> bool:
    spoken = speech[int((word.start or 0.0) / FRAME_S) : int((word.end or 0.0) / FRAME_S) + 1]
    return float(np.mean(spoken >= ONSET)) >= 0.5 if spoken.size else False  # noqa: PLR2004


def _strongest(word: HeardWord, speech: NDArray[np.float32]) -> float | None:
    if word.start is None or word.end is None:
        return None
    near_s = 0.2
    first = max(0, int((word.start - near_s) / FRAME_S))
    around = speech[first : int((word.end + near_s) / FRAME_S) + 1]
    return float(around.max(initial=0.0))
