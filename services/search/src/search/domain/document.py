"""An episode as search holds it: every word with its times, and who said it."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from itertools import chain
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from everyword_events import EpisodeInfo
from everyword_transcripts import Transcript
from search.domain.phonetics import (
    PhoneSequence,
    Pronouncer,
    TimedPhones,
    phones_of_words,
    recognized_phones,
)
from search.domain.tokens import tokens_of


class Turn(NamedTuple):
    """From word `first` on, until the next turn, `speaker` speaks."""

    first: int
    speaker: str | None


@dataclass(frozen=True)
class EpisodeDocument:
    """One run's transcript of one episode. `revision` orders runs: a lower one never wins.

    `audio_ms` is how long the recording is, 0 where that is not known.
    """

    episode_id: str
    revision: str
    info: EpisodeInfo
    language: str
    words: tuple[str, ...]
    starts_ms: tuple[int, ...]
    ends_ms: tuple[int, ...]
    turns: tuple[Turn, ...] = ()
    recognized: PhoneSequence | None = None
    audio_ms: int = 0

    @classmethod
    def of(
        cls,
        transcript: Transcript,
        *,
        episode_id: str,
        info: EpisodeInfo,
        run_id: str,
        occurred_at: datetime,
    ) -> "EpisodeDocument":
        """Take from a transcript what search needs."""
        words: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        turns: list[Turn] = []
        label: str | None = None
        for word in transcript.words():
            if not turns or word.speaker != label:
                label = word.speaker
                turns.append(Turn(len(words), transcript.speaker_name(label)))
            words.append(word.word)
            starts.append(round(word.start * 1000))
            ends.append(round(word.end * 1000))
        readings = [
            TimedPhones(round(s.start * 1000), round(s.end * 1000), tuple(s.phones.split()))
            for s in transcript.phones
        ]
        return cls(
            episode_id=episode_id,
            revision=f"{run_id}/{occurred_at.astimezone(UTC).isoformat()}",
            info=info,
            language=transcript.language,
            words=tuple(words),
            starts_ms=tuple(starts),
            ends_ms=tuple(ends),
            turns=tuple(turns),
            recognized=recognized_phones(readings, starts, ends) if readings else None,
            audio_ms=round(transcript.duration_s * 1000),
        )

    @property
    def duration_ms(self) -> int:
        """How long the episode is: the recording, or at least until the last word has ended."""
        return max(self.audio_ms, max(self.ends_ms, default=0))

    @cached_property
    def tokenized(self) -> tuple[Sequence[str], NDArray[np.int64]]:
        """All tokens in order, and for each the index of the word it belongs to."""
        of_words = [*map(tokens_of, self.words)]
        tokens = [*chain.from_iterable(of_words)]
        return tokens, np.repeat(np.arange(len(of_words)), [*map(len, of_words)])

    def tokens(self) -> Iterator[tuple[int, str]]:
        """Yield each token with the index of the word it belongs to."""
        tokens, words = self.tokenized
        return zip(words.tolist(), tokens, strict=True)

    def phones(self, pronouncer: Pronouncer) -> PhoneSequence:
        """Return what the episode sounds like, as read from the audio, else as written."""
        if self.recognized is not None and self.recognized.phones:
            return self.recognized
        return phones_of_words(self.tokens(), pronouncer)

    def speaker_of(self, word: int) -> str | None:
        """Return who says the word."""
        at = bisect_right(self.turns, word, key=lambda turn: turn.first) - 1
        return self.turns[at].speaker if at >= 0 else None
