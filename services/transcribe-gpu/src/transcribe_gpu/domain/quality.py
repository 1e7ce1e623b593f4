"""How far a transcript is to be trusted, in figures that checks gave."""

from dataclasses import dataclass
from typing import Final

from everyword_transcripts import Transcript

DOUBTFUL: Final = 0.5
"""Words of a lower score are doubtful. Measured with tiny.en and base on 215 s of real English: 5 %
of the words, of which 56 % are wrong, and 8 % of the others."""
_UNSURE: Final = 1 / 3
"""tiny.en on six recordings of five other languages: .36 to .77 doubtful; on ten of English, with
noise down to 5 dB: .22 at most."""


@dataclass(frozen=True, slots=True)
class Quality:
    """Shares of a transcript's words, 0..1, and counts of windows.

    `doubtful_share` is None where the engine states no confidence; the counts are None where the
    words were not recognised now.
    """

    doubtful_share: float | None
    estimated_share: float
    windows: int | None = None
    windows_heard_again: int | None = None

    @property
    def unsure(self) -> bool:
        """Whether so few words are sure that it may be another language than was taken for."""
        return self.doubtful_share is not None and self.doubtful_share >= _UNSURE

    @classmethod
    def of(
        cls,
        transcript: Transcript,
        *,
        windows: int | None = None,
        heard_again: int | None = None,
    ) -> "Quality":
        """Measure a transcript."""
        words = list(transcript.words())
        scores = [word.score for word in words if word.score is not None]
        doubtful = sum(score < DOUBTFUL for score in scores)
        return cls(
            doubtful_share=round(doubtful / len(scores), 4) if scores else None,
            estimated_share=round(sum(word.estimated for word in words) / max(1, len(words)), 4),
            windows=windows,
            windows_heard_again=heard_again,
        )
