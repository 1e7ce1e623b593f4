"""Utterances of one or several channels become one transcript."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from operator import attrgetter

from everyword_transcripts import (
    Engine,
    PhoneSpan,
    Segment,
    Speaker,
    Transcript,
    Word,
    estimate_times,
    spread,
)
from everyword_transcripts.timing import put_in_order
from transcribe_gpu.domain.channels import (
    TURN_PAUSE_S,
    ChannelSpeech,
    joined_turns,
    without_bleed,
)
from transcribe_gpu.domain.checks import count_over_silence, find_loops, missed_speech_s
from transcribe_gpu.domain.speech import HeardWord, Utterance


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
        segments, dropped = without_bleed(segments, channels, heard)
        if dropped:
            all_flags.append(f"crosstalk_removed:{dropped}")
        segments = joined_turns(sorted(segments, key=lambda s: (s.start, s.end)), heard)
    ordered, _ = put_in_order(segments, duration_s)
    labels = [c.speaker for c in channels if c.speaker is not None]
    spoken = {segment.speaker for segment in ordered}
    return Transcript(
        language=heard,
        duration_s=duration_s,
        segments=tuple(sorted(ordered, key=lambda segment: segment.start)),
        speakers=tuple(Speaker(label) for label in labels if label in spoken),
        engine=engine,
        flags=tuple(dict.fromkeys(all_flags)),
        phones=_phones(channels, duration_s),
    )


def _phones(channels: Sequence[ChannelSpeech], duration_s: float) -> tuple[PhoneSpan, ...]:
    """Return what the channels' acoustic readings heard, in order of time."""
    heard = [
        s for channel in channels for utterance in channel.utterances for s in utterance.phones
    ]
    within = [replace(s, end=min(s.end, duration_s)) for s in heard if s.start <= duration_s]
    return tuple(sorted(within, key=attrgetter("start")))


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
    """Return the utterance's words, every one with a time; those without get a marked estimate.

    A time that the recogniser gave stays, also where it gave a word's end alone.
    """
    heard = [piece for word in utterance.words for piece in _pieces(word)]
    words: list[Word] = []
    begun, at = 0, utterance.start
    for place, word in enumerate(heard, start=1):
        last = place == len(heard)
        if (word.start is None and word.end is not None) or last:
            end = utterance.end if word.end is None else word.end
            words += _spanned(heard[begun:place], at, end, speaker)
            begun, at = place, words[-1].end
    return words


def _spanned(
    heard: Sequence[HeardWord], start: float, end: float, speaker: str | None
) -> Iterator[Word]:
    """Time a run of words, of which at most the last has an end and no start."""
    times = [
        None if word.start is None else (word.start, word.start if word.end is None else word.end)
        for word in heard
    ]
    spans = estimate_times([word.text for word in heard], times, start=start, end=end)
    for word, time, (left, right) in zip(heard, times, spans, strict=True):
        known = right if word.end is None else word.end
        first = left if time is not None else min(left, known)
        yield Word(
            word.text, first, max(first, known), _share(word.score), speaker, estimated=time is None
        )


def _pieces(word: HeardWord) -> list[HeardWord]:
    """Split what an engine gave as one word at its white space; nothing comes of white space."""
    texts = word.text.split()
    if word.start is None or word.end is None:  # only the outer words can have what there is
        last = len(texts) - 1
        return [
            HeardWord(
                text, None if at else word.start, word.end if at == last else None, word.score
            )
            for at, text in enumerate(texts)
        ]
    if len(texts) == 1:
        return [HeardWord(texts[0], word.start, word.end, word.score)]
    return [
        HeardWord(text, start, end, word.score)
        for text, (start, end) in zip(texts, spread(texts, word.start, word.end), strict=True)
    ]


def _share(score: float | None) -> float | None:
    return None if score is None else round(min(1.0, max(0.0, score)), 4)
