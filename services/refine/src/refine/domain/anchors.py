"""Find again, in another transcript of the same audio, the words a person corrected."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from everyword_transcripts import Transcript, Word, join_words, split_words
from refine.domain.diff import key

if TYPE_CHECKING:  # the catalogue of events and rapidfuzz take time to import
    from everyword_events import SegmentAnchor

NEIGHBOURS = 6
"""How many words before and after an anchor keeps."""
_REACH_S = 5.0
"""How far from its old time a word is looked for."""
_SAME_TIME_S = 0.002
"""Times written and read again differ by less."""
_ALIKE = 0.55
"""From this similarity of letters the words found are the words corrected."""
_SAME_PLACE = 0.6
"""From this share of matching neighbours other words are a new mishearing of the same speech."""


@dataclass(frozen=True)
class WordRange:
    """Words `first..stop` of the episode, counted over all segments."""

    first: int
    stop: int


@dataclass(frozen=True)
class Missing:
    """Why the place was not found, and what stands there now."""

    reason: str
    found: str = ""


def anchor_of(
    transcript: Transcript, number: int, span: WordRange | None = None
) -> "SegmentAnchor":
    """Return the anchor of segment `number`: its times, its text and its neighbours' words.

    With a `span`, counted from the segment's first word, that of these words alone.
    """
    from everyword_events import SegmentAnchor  # noqa: PLC0415 - seldom needed

    segment = transcript.segments[number]
    words = [word.word for word in transcript.words()]
    begin = sum(len(other.words) for other in transcript.segments[:number])
    span = span or WordRange(0, len(segment.words))
    own = segment.words[span.first : span.stop]
    first, stop = begin + span.first, begin + span.stop
    return SegmentAnchor(
        start=min(word.start for word in own),
        end=max(word.end for word in own),
        text=join_words([word.word for word in own], transcript.language),
        before=" ".join(words[max(0, first - NEIGHBOURS) : first]),
        after=" ".join(words[stop : stop + NEIGHBOURS]),
    )


def find(words: Sequence[Word], anchor: "SegmentAnchor", language: str) -> WordRange | Missing:
    """Return where the anchor's words are among the episode's `words`.

    Times say where to look, the words and their neighbours where exactly. Another run may have cut
    and heard the speech differently: then the neighbours must agree.
    """
    from rapidfuzz.distance import Indel, LCSseq  # noqa: PLC0415 - seldom needed

    near = [
        at
        for at, word in enumerate(words)
        if anchor.start - _REACH_S <= word.start <= anchor.end + _REACH_S
    ]
    if not near:
        return Missing("nothing is said there any more")
    low = near[0]
    window = words[low : near[-1] + 1]
    before, after = _keys(anchor.before.split()), _keys(anchor.after.split())
    text = _keys(split_words(anchor.text, language))
    new = _keys([word.word for word in window])
    unmoved = _unmoved(window, new, text, anchor)
    if unmoved is not None:
        return WordRange(low + unmoved, low + unmoved + len(text))
    blocks = _equal_blocks([*before, *text, *after], new)
    first = _boundary(blocks, len(before), window, anchor.start)
    stop = max(first, _boundary(blocks, len(before) + len(text), window, anchor.end))
    found = window[first:stop]
    alike = Indel.normalized_similarity(
        _letters([word.word for word in found]), _letters([anchor.text])
    )
    agreed = LCSseq.similarity(before, new[max(0, first - len(before)) : first])
    agreed += LCSseq.similarity(after, new[stop : stop + len(after)])
    same_place = agreed > 0 and agreed >= _SAME_PLACE * (len(before) + len(after))
    if found and (alike >= _ALIKE or same_place):
        return WordRange(low + first, low + stop)
    return Missing("other words stand there now", " ".join(word.word for word in found))


_Block = tuple[int, int, int]
"""Where equal words begin in the old and in the new list, and how many there are."""


def _unmoved(
    window: Sequence[Word], new: Sequence[str], text: Sequence[str], anchor: "SegmentAnchor"
) -> int | None:
    """Return where the very same words stand at the very same time, as they mostly do.

    Only time can tell one "no" of "no no no" from another.
    """
    for at, word in enumerate(window):
        last = at + len(text)
        if (
            text
            and abs(word.start - anchor.start) < _SAME_TIME_S
            and new[at:last] == text
            and abs(window[last - 1].end - anchor.end) < _SAME_TIME_S
        ):
            return at
    return None


def _equal_blocks(old: Sequence[str], new: Sequence[str]) -> list[_Block]:
    from rapidfuzz.distance import Indel  # noqa: PLC0415 - seldom needed

    return [
        (op.src_start, op.dest_start, op.src_end - op.src_start)
        for op in Indel.opcodes(old, new)
        if op.tag == "equal"
    ]


def _boundary(blocks: Sequence[_Block], at: int, window: Sequence[Word], moment_s: float) -> int:
    """Return what corresponds to place `at` of the old words; time settles what they leave open."""
    low, high = 0, len(window)
    for old, new, count in blocks:
        if old < at:
            low = max(low, new + min(count, at - old))
        if old + count > at:
            high = min(high, new + max(0, at - old))
    while low < high and (window[low].start + window[low].end) / 2 < moment_s:
        low += 1
    return low


def _keys(words: Sequence[str]) -> list[str]:
    return [key(word) for word in words]


def _letters(words: Sequence[str]) -> str:
    return "".join("".join(words).casefold().split())
