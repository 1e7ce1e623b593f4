"""One speaker per channel: what each channel said, and what only leaked into it from another."""

import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from everyword_transcripts import Segment, Word
from transcribe_gpu.domain.loudness import Loudness
from transcribe_gpu.domain.speech import HeardWord, Utterance

TURN_PAUSE_S: Final = 0.35
"""A pause at which another speaker's turn may come in between."""
BLEED_RATIO: Final = 2.0
"""The same word twice as loud (6 dB) in another channel at the same time was said over there."""
LEAK_RATIO: Final = 5.6
"""15 dB: nobody speaks so softly into the own microphone while another speaks beside it."""
SAME_SHARE: Final = 0.6
_SAME_S: Final = 0.15
_LONGEST_LAG_S: Final = 5.0
_ENOUGH: Final = 5


@dataclass
class ChannelSpeech:
    """What was heard in one channel, and how loud it was; `speaker` is None for a mix."""

    speaker: str | None = None
    utterances: list[Utterance] = field(default_factory=list)
    loudness: Loudness = field(default_factory=Loudness)

    def words(self) -> list[HeardWord]:
        """Return all words, in order."""
        return [word for utterance in self.utterances for word in utterance.words]


def without_leaks(channels: Sequence[ChannelSpeech]) -> list[ChannelSpeech]:
    """Drop words that are far softer than another channel at the same time, as each one's voice is.

    A microphone picks up who sits beside it, and a recogniser hears that too, often wrong.
    """
    voices = [_voice(channel) for channel in channels]

    def leaked(word: HeardWord, here: int) -> bool:
        if word.start is None or word.end is None:
            return False
        levels = [
            channel.loudness.between(word.start, word.end) / voice
            for channel, voice in zip(channels, voices, strict=True)
        ]
        return max(levels) > LEAK_RATIO * levels[here]

    return [
        ChannelSpeech(
            channel.speaker,
            [
                replace(utterance, words=kept)
                for utterance in channel.utterances
                if (kept := tuple(word for word in utterance.words if not leaked(word, place)))
            ],
            channel.loudness,
        )
        for place, channel in enumerate(channels)
    ]


def _voice(channel: ChannelSpeech) -> float:
    """Return how loud the words of a channel's own speaker are: the louder ones of all."""
    levels = sorted(
        channel.loudness.between(word.start, word.end)
        for word in channel.words()
        if word.start is not None and word.end is not None
    )
    return (levels[len(levels) * 9 // 10] if levels else 0.0) or 1.0


def one_talk(channels: Sequence[ChannelSpeech]) -> ChannelSpeech | None:
    """Return the fullest channel, without a speaker, if the channels do not separate speakers.

    They do not where most words of a channel are heard in another at the same time, or always as
    much later: the same sound twice, two microphones in one room, an echo.
    """
    fullest = max(channels, key=lambda channel: len(channel.words()))
    starts: dict[str, list[float]] = {}
    for word in fullest.words():
        if word.start is not None:
            starts.setdefault(word.text.casefold(), []).append(word.start)
    others = [w for channel in channels if channel is not fullest for w in channel.words()]
    lags = [
        [(word.start or 0.0) - start for start in starts.get(word.text.casefold(), ())]
        for word in others
    ]
    same = _most_alike([[lag for lag in each if abs(lag) <= _LONGEST_LAG_S] for each in lags])
    if len(others) < _ENOUGH or same < SAME_SHARE * len(others):
        return None
    return ChannelSpeech(None, fullest.utterances, fullest.loudness)


def _most_alike(lags: Sequence[Sequence[float]]) -> int:
    """Return how many words have one and the same lag, of those that each may have."""
    candidates = sorted(lag for each in lags for lag in each)
    return max(
        (
            sum(any(abs(lag - middle) < _SAME_S for lag in each) for each in lags)
            for middle in {0.0, *_crowded(candidates)}
        ),
        default=0,
    )


def _crowded(lags: Sequence[float]) -> list[float]:
    """Return the few lags around which most lie."""
    counts = Counter(round(lag / _SAME_S) for lag in lags)
    return [
        statistics.median(lag for lag in lags if round(lag / _SAME_S) == place)
        for place, _ in counts.most_common(3)
    ]


def without_bleed(
    segments: Sequence[Segment], channels: Sequence[ChannelSpeech], language: str
) -> tuple[list[Segment], int]:
    """Drop words that a microphone picked up from another speaker, judged by loudness.

    Only a word that the louder channel also has, at the same time, is dropped.
    """
    loudness = {channel.speaker: channel.loudness for channel in channels}
    said: dict[str, list[Word]] = {}
    for segment in segments:
        for word in segment.words:
            said.setdefault(word.word.casefold(), []).append(word)
    kept: list[Segment] = []
    dropped = 0
    for segment in segments:
        words = [w for w in segment.words if not _is_bleed(w, said[w.word.casefold()], loudness)]
        dropped += len(segment.words) - len(words)
        if len(words) == len(segment.words):
            kept.append(segment)
        elif words:
            kept.append(Segment.of(words, speaker=segment.speaker, language=language))
    return kept, dropped


def _is_bleed(word: Word, same: Sequence[Word], loudness: dict[str | None, Loudness]) -> bool:
    here = loudness[word.speaker].between(word.start, word.end)
    return any(
        other.speaker != word.speaker
        and other.start < word.end
        and word.start < other.end
        and (there := loudness[other.speaker].between(other.start, other.end)) > here
        and there >= BLEED_RATIO * here
        for other in same
    )


def joined_turns(segments: Sequence[Segment], language: str) -> list[Segment]:
    """Join neighbouring pieces of one speaker that no other speaker's piece came between."""
    turns: list[list[Segment]] = []
    for segment in segments:
        last = turns[-1] if turns else None
        close = last is not None and segment.start - last[-1].end < 2 * TURN_PAUSE_S
        if last is not None and close and last[-1].speaker == segment.speaker:
            last.append(segment)
        else:
            turns.append([segment])
    return [
        turn[0]
        if len(turn) == 1
        else Segment.of(
            [word for piece in turn for word in piece.words],
            speaker=turn[0].speaker,
            language=language,
        )
        for turn in turns
    ]
