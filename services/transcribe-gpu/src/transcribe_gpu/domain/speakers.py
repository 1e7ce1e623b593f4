"""Which speaker said which word: turns found in the sound, laid over the words."""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count, groupby
from typing import Final

from everyword_transcripts import Segment, Speaker, Transcript, Word
from everyword_transcripts.timing import put_in_order

ISLAND_WORDS: Final = 2
ISLAND_S: Final = 0.8
"""So few words in so short a time, inside another's sentence, are a slip of the clustering."""
_REACH_S: Final = 1.0
"""A word outside every turn belongs to the nearest, if it is this near."""


@dataclass(frozen=True, slots=True)
class SpeakerTurn:
    """A stretch in which one speaker speaks, in seconds; turns of two may overlap."""

    start: float
    end: float
    speaker: str


@dataclass(frozen=True, slots=True)
class Voice:
    """One speaker's voice: an embedding of length 1, and how long it was heard, in seconds."""

    speaker: str
    embedding: tuple[float, ...]
    speech_s: float


@dataclass(frozen=True, slots=True)
class Diarization:
    """Who speaks when, and what their voices are like, as the model `voice_model` tells them."""

    turns: tuple[SpeakerTurn, ...]
    voices: tuple[Voice, ...] = ()
    voice_model: str = ""


def with_speakers(transcript: Transcript, turns: Sequence[SpeakerTurn]) -> Transcript:
    """Return the transcript with each word's speaker, cut where the speaker changes.

    A word's speaker is the one whose turns cover most of it; times and texts stay as they are.
    """
    placed = _Turns(turns)
    labelled = [[placed.speaker_of(w) for w in segment.words] for segment in transcript.segments]
    smooth = [
        _without_islands(segment.words, labels)
        for segment, labels in zip(transcript.segments, labelled, strict=True)
    ]
    segments = [
        piece
        for segment, labels in zip(transcript.segments, smooth, strict=True)
        for piece in _cut(segment, labels, transcript.language)
    ]
    spoken = sorted({s.speaker for s in segments if s.speaker is not None})
    return replace(
        transcript,
        segments=tuple(segments),
        speakers=tuple(Speaker(label) for label in spoken),
    )


def with_speakers_anew(transcript: Transcript, turns: Sequence[SpeakerTurn]) -> Transcript:
    """Return the transcript with its speakers told apart again; words, times and texts stay.

    A speaker keeps the label, and the name, under which most of the same words stood before.
    Segments that only the earlier speakers parted are joined.
    """
    before = [word.speaker for word in transcript.words()]
    anew = with_speakers(transcript, turns)
    labels = _labels_kept(before, anew.words())
    names = {each.label: each for each in transcript.speakers}
    segments: list[Segment] = []
    place = 0
    for found in anew.segments:
        speaker = None if found.speaker is None else labels[found.speaker]
        words = [word.with_speaker(speaker) for word in found.words]
        last = segments[-1] if segments else None
        parted = place > 0 and before[place - 1] != before[place]
        place += len(words)
        if last and parted and last.speaker == speaker and words[0].start - last.end < _REACH_S:
            words = [*last.words, *words]
            segments.pop()
        segments.append(Segment.of(words, speaker=speaker, language=transcript.language))
    ordered, _ = put_in_order(segments, transcript.duration_s)
    spoken = sorted({s.speaker for s in ordered if s.speaker is not None})
    return replace(
        transcript,
        segments=tuple(ordered),
        speakers=tuple(names.get(label, Speaker(label)) for label in spoken),
    )


def labelled_as_before(before: Transcript, found: Diarization) -> Diarization:
    """Return what was found under the labels that `with_speakers_anew` gives the speakers.

    Who speaks no word of the transcript is left out.
    """
    anew = with_speakers(before, found.turns)
    labels = _labels_kept([word.speaker for word in before.words()], anew.words())
    return replace(
        found,
        turns=tuple(
            replace(turn, speaker=labels[turn.speaker])
            for turn in found.turns
            if turn.speaker in labels
        ),
        voices=tuple(
            replace(voice, speaker=labels[voice.speaker])
            for voice in found.voices
            if voice.speaker in labels
        ),
    )


def _labels_kept(before: Sequence[str | None], anew: Iterable[Word]) -> dict[str, str]:
    """Return the label of each speaker found: the one that most of the same words had before."""
    shared: Counter[tuple[str, str]] = Counter()
    found: dict[str, None] = {}
    for old, word in zip(before, anew, strict=True):
        if word.speaker is not None:
            found[word.speaker] = None
            if old is not None:
                shared[word.speaker, old] += 1
    labels: dict[str, str] = {}
    for (new, old), _ in shared.most_common():
        if new not in labels and old not in labels.values():
            labels[new] = old
    taken = {*labels.values(), *(old for old in before if old is not None)}
    free = (label for n in count() if (label := f"SPEAKER_{n:02d}") not in taken)
    return {new: labels.get(new) or next(free) for new in found}


class _Turns:
    """Turns by time, so that a word looks at its neighbourhood only."""

    def __init__(self, turns: Iterable[SpeakerTurn]) -> None:
        self._turns = sorted(turns, key=lambda turn: turn.start)
        self._starts = [turn.start for turn in self._turns]
        self._longest = max((turn.end - turn.start for turn in self._turns), default=0.0)

    def speaker_of(self, word: Word) -> str | None:
        """Return who covers most of a word; else who is nearest, if anybody is near."""
        first = bisect_left(self._starts, word.start - self._longest - _REACH_S)
        last = bisect_right(self._starts, word.end + _REACH_S)
        shares: dict[str, float] = {}
        nearest: tuple[float, str] | None = None
        for turn in self._turns[first:last]:
            shared = min(word.end, turn.end) - max(word.start, turn.start)
            if shared > 0:
                shares[turn.speaker] = shares.get(turn.speaker, 0.0) + shared
            away = max(0.0, -shared)
            if away <= _REACH_S and (nearest is None or away < nearest[0]):
                nearest = (away, turn.speaker)
        if shares:
            return max(sorted(shares), key=lambda speaker: shares[speaker])
        return None if nearest is None else nearest[1]


def _without_islands(words: Sequence[Word], speakers: Sequence[str | None]) -> list[str | None]:
    """Give a short run inside one sentence to the speaker on both sides of it."""
    runs = [list(run) for _, run in groupby(range(len(words)), key=lambda at: speakers[at])]
    smooth = list(speakers)
    for before, run, after in zip(runs, runs[1:], runs[2:], strict=False):
        outside = smooth[before[-1]]
        length_s = words[run[-1]].end - words[run[0]].start
        small = len(run) <= ISLAND_WORDS and length_s <= ISLAND_S
        if small and outside == speakers[after[0]]:
            for at in run:
                smooth[at] = outside
    return smooth


def _cut(segment: Segment, speakers: Sequence[str | None], language: str) -> Iterator[Segment]:
    for speaker, run in groupby(
        zip(segment.words, speakers, strict=True), key=lambda pair: pair[1]
    ):
        words = [word.with_speaker(speaker) for word, _ in run]
        yield Segment.of(words, speaker=speaker, language=language)


def joined_turns_of(turns: Iterable[SpeakerTurn], *, pause_s: float = 0.5) -> list[SpeakerTurn]:
    """Join a speaker's turns that only a short pause parts."""
    result: list[SpeakerTurn] = []
    for turn in sorted(turns, key=lambda each: each.start):
        last = result[-1] if result else None
        if last and last.speaker == turn.speaker and turn.start - last.end <= pause_s:
            result[-1] = replace(last, end=max(last.end, turn.end))
        else:
            result.append(turn)
    return result
