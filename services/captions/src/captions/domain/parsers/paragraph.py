"""From paragraphs, with the times that a page gives them, to a transcript."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, Final, NamedTuple

from captions.domain.parsers.imported import imported
from captions.domain.wording import clean_text
from everyword_transcripts import Transcript, read_transcript, split_words, spread
from everyword_transcripts.timing import TYPICAL_WORD_S

_TYPICAL_MS: Final = round(TYPICAL_WORD_S * 1000)
_QUICKEST_MS: Final = 150
"""What a word takes at the least: 400 words a minute."""
_SLOWEST_MS: Final = 2 * _TYPICAL_MS
"""What a word takes at the most; where the page leaves more time, there was a pause."""


class TimedParagraph(NamedTuple):
    """A paragraph of one speaker. Without `start_ms` it follows the one before it."""

    text: str
    speaker: str | None = None
    start_ms: int | None = None
    end_ms: int | None = None


class _Said(NamedTuple):
    words: list[str]
    speaker: str | None


class _Stretch(NamedTuple):
    """Paragraphs of which the first has a time, and the others follow it."""

    start_ms: int
    said: list[_Said]
    end_ms: int | None = None

    @property
    def texts(self) -> list[str]:
        return [word for one in self.said for word in one.words]


def transcript_of_paragraphs(paragraphs: Sequence[TimedParagraph], language: str) -> Transcript:
    """Return a transcript with a segment for each paragraph; word times are estimated."""
    stretches = _stretches(paragraphs, language)
    segments: list[dict[str, Any]] = []
    for stretch, end_ms in zip(stretches, _ends(stretches), strict=True):
        times = iter(spread(stretch.texts, stretch.start_ms, end_ms))
        for words, speaker in stretch.said:
            heard = [
                {"word": word, "start": round(a) / 1000, "end": round(b) / 1000, "estimated": True}
                for word, (a, b) in zip(words, times, strict=False)
            ]
            segments.append({"speaker": speaker, "words": heard})
    return imported(read_transcript({"language": language, "segments": segments}))


def _stretches(paragraphs: Sequence[TimedParagraph], language: str) -> list[_Stretch]:
    found: list[_Stretch] = []
    for text, speaker, start_ms, end_ms in paragraphs:
        words = split_words(clean_text(text), language)
        if not words:
            continue
        said = _Said(words, clean_text(speaker or "") or None)
        if found and start_ms is None:
            found[-1].said.append(said)
        else:
            found.append(_Stretch(start_ms or 0, [said], end_ms))
    return [one for _, same in groupby(found, lambda one: one.start_ms) for one in _apart(same)]


def _apart(same: Iterator[_Stretch]) -> list[_Stretch]:
    """Share a second among stretches that begin in it: pages name whole seconds, in order."""
    stretches = list(same)
    return [
        one._replace(start_ms=one.start_ms + 1000 * at // len(stretches))
        for at, one in enumerate(stretches)
    ]


def _ends(stretches: list[_Stretch]) -> list[int]:
    """Tell where each stretch ends: where the next begins that leaves time enough to say it.

    People talk over each other, but nobody over himself: his own next paragraph ends this one.
    """
    starts = sorted(stretch.start_ms for stretch in stretches)
    own_next: dict[str | None, int] = {}
    ends: list[int] = []
    for stretch in reversed(stretches):
        if stretch.end_ms is not None and stretch.end_ms > stretch.start_ms:
            ends.append(stretch.end_ms)
            continue
        begin, count = stretch.start_ms, len(stretch.texts)
        at = bisect_left(starts, begin + count * _QUICKEST_MS)
        following = [starts[at]] if at < len(starts) else []
        speaker = stretch.said[0].speaker
        if own_next.get(speaker, 0) > begin:
            following.append(own_next[speaker])
        own_next[speaker] = begin
        end = min(following, default=None)
        paused = end is None or end > begin + count * _SLOWEST_MS
        ends.append(begin + count * _TYPICAL_MS if end is None or paused else end)
    return ends[::-1]
