"""Utterances of one or several channels become one transcript."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from everyword_transcripts import Engine, Segment, Speaker, Transcript, Word, estimate_times
from everyword_transcripts.timing import put_in_order
from transcribe_gpu.domain.checks import count_over_silence, find_loops, missed_speech_s
from transcribe_gpu.domain.loudness import Loudness
from transcribe_gpu.domain.speech import HeardWord, Utterance

TURN_PAUSE_S: Final = 0.35
"""A pause at which another speaker's turn may come in between."""
BLEED_RATIO: Final = 2.0
"""The same word twice as loud (6 dB) in another channel at the same time was said over there."""


@dataclass
class ChannelSpeech:
    """What was heard in one channel, and how loud it was; `speaker` is None for a mix."""

    speaker: str | None = None
    utterances: list[Utterance] = field(default_factory=list)
    loudness: Loudness = field(default_factory=Loudness)

    def words(self) -> list[HeardWord]:
        """Return all words, in order."""
        return [word for utterance in self.utterances for word in utterance.words]


def assemble(
    channels: Sequence[ChannelSpeech],
    *,
    duration_s: float,
    engine: Engine,
    language: str,
    flags: Iterable[str] = (),
) -> Transcript:
    """Build the transcript; several channels become turns in the order they were spoken.

    `language` is used where nothing was heard. The result holds what `Transcript` promises.
    """
    heard = _majority_language(channels) or language
    all_flags = [*flags, *_flags(channels, duration_s)]
    segments = [
        piece
        for channel in channels
        for utterance in channel.utterances
        for piece in _segments(utterance, channel.speaker, heard, cut=len(channels) > 1)
    ]
    if len(channels) > 1:
        segments, dropped = _without_bleed(segments, channels, heard)
        if dropped:
            all_flags.append(f"crosstalk_removed:{dropped}")
        segments = _joined_turns(sorted(segments, key=lambda s: (s.start, s.end)), heard)
    ordered, _ = put_in_order(segments, duration_s)
    labels = [c.speaker for c in channels if c.speaker is not None]
    spoken = {segment.speaker for segment in ordered}
    return Transcript(
        language=heard,
        duration_s=duration_s,
        segments=tuple(ordered),
        speakers=tuple(Speaker(label) for label in labels if label in spoken),
        engine=engine,
        flags=tuple(dict.fromkeys(all_flags)),
    )


def _majority_language(channels: Sequence[ChannelSpeech]) -> str | None:
    count: Counter[str] = Counter()
    for channel in channels:
        for utterance in channel.utterances:
            count[utterance.language] += len(utterance.words)
    return count.most_common(1)[0][0] if count else None


def _flags(channels: Sequence[ChannelSpeech], duration_s: float) -> Iterator[str]:
    loops = silent = 0
    for channel in channels:
        words = channel.words()
        loops += find_loops([word.text for word in words])
        silent += count_over_silence(words, channel.loudness)
        for utterance in channel.utterances:
            yield from utterance.flags
    if loops:
        yield f"repeated_text:{loops}"
    if silent:
        yield f"text_over_silence:{silent}"
    if len(channels) == 1:
        missed = missed_speech_s(channels[0].words(), channels[0].loudness, duration_s)
        if missed:
            yield f"loud_without_text_s:{round(missed)}"


def _segments(
    utterance: Utterance, speaker: str | None, language: str, *, cut: bool
) -> Iterator[Segment]:
    words = _timed(utterance, speaker)
    if not words:
        return
    piece = [words[0]]
    for word in words[1:]:
        if cut and word.start - piece[-1].end >= TURN_PAUSE_S:
            yield Segment.of(piece, speaker=speaker, language=language)
            piece = []
        piece.append(word)
    yield Segment.of(piece, speaker=speaker, language=language)


def _timed(utterance: Utterance, speaker: str | None) -> list[Word]:
    """Return the utterance's words, every one with a time; those without get a marked estimate."""
    heard = [(word, text) for word in utterance.words if (text := "".join(word.text.split()))]
    times = [
        None if word.start is None else (word.start, word.start if word.end is None else word.end)
        for word, _ in heard
    ]
    spans = estimate_times(
        [text for _, text in heard], times, start=utterance.start, end=utterance.end
    )
    return [
        Word(text, start, max(start, end), _share(word.score), speaker, estimated=time is None)
        for (word, text), time, (start, end) in zip(heard, times, spans, strict=True)
    ]


def _share(score: float | None) -> float | None:
    return None if score is None else round(min(1.0, max(0.0, score)), 4)


def _without_bleed(
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
        and loudness[other.speaker].between(other.start, other.end) >= BLEED_RATIO * here
        for other in same
    )


def _joined_turns(segments: Sequence[Segment], language: str) -> list[Segment]:
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
