"""Chapters for an episode whose creator gave none: cut at pauses and where the words change.

A language model's are taken instead where refinement has some. Otherwise, after TextTiling (Hearst
1997): around each place between two segments the content words before and after are compared; a
chapter begins where they have least in common, sooner after a long pause. A chapter is named by the
words that set it apart from the others. The same transcript always gives the same chapters, and
they say that nobody wrote them.
"""

import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from captions.domain.phrases import small_words
from captions.domain.topic_changes import likenesses
from captions.domain.wording import clean_text
from everyword_transcripts import Segment, Transcript, is_unspaced

VERSION: Final = "1.2.0"
MEDIA_TYPE: Final = "application/json+chapters"
SAID: Final = "Made from pauses and topic words by Everyword, not by the creator."
SAID_OF_A_MODEL: Final = "Suggested by a language model by way of Everyword, not by the creator."
LEAST_EPISODE_S: Final = 600.0
LEAST_CHAPTER_S: Final = 150.0
USUAL_CHAPTER_S: Final = 480.0
MOST_CHAPTERS: Final = 24
LONG_PAUSE_S: Final = 3.0
PAUSE_WEIGHT: Final = 0.35
LEAST_SCORE: Final = 0.55
TITLE_WORDS: Final = 3
LEAST_LETTERS: Final = 4
LEAST_SIGNS: Final = 2
"""Of a word in a language written without spaces."""
FALLBACK_WORDS: Final = 6
_EDGES: Final = re.compile(r"^[\W_]+|[\W_]+$")


@dataclass(frozen=True, slots=True)
class GeneratedChapter:
    """Where a chapter begins, and what is spoken of."""

    start_s: float
    title: str


def generate_chapters(transcript: Transcript) -> list[GeneratedChapter]:
    """Return the chapters of an episode; none where it is short, or of one piece."""
    segments = [segment for segment in transcript.segments if segment.words]
    if not segments or transcript.duration_s < LEAST_EPISODE_S:
        return []
    words = [_content(segment, transcript.language) for segment in segments]
    cuts = _cuts(segments, words, transcript.duration_s)
    if not cuts:
        return []
    borders = [0, *cuts, len(segments)]
    parts = [words[a:b] for a, b in pairwise(borders)]
    titles = _titles([[word for said in part for word in said] for part in parts])
    return [
        GeneratedChapter(
            round(segments[at].start, 3) if at else 0.0, title or _first_words(segments[at])
        )
        for at, title in zip(borders, titles, strict=False)
    ]


def suggested_chapters(
    suggested: Iterable[tuple[float, str]], duration_s: float
) -> list[GeneratedChapter]:
    """Return the chapters that somebody suggests by start and title; none unless all are in order.

    They begin with the recording, come one after the other, and lie inside of it.
    """
    chapters = [GeneratedChapter(start_s, clean_text(title)) for start_s, title in suggested]
    starts = [each.start_s for each in chapters]
    rising = all(a < b for a, b in pairwise(starts))
    titled = all(each.title for each in chapters)
    fits = bool(starts) and starts[0] == 0 and starts[-1] < duration_s
    return chapters if rising and titled and fits else []


def write_chapters(chapters: Sequence[GeneratedChapter], *, by_model: bool = False) -> bytes:
    """Write them as Podcasting 2.0 JSON chapters, marked as generated."""
    document = {
        "version": VERSION,
        "description": SAID_OF_A_MODEL if by_model else SAID,
        "generated": True,
        "chapters": [{"startTime": each.start_s, "title": each.title} for each in chapters],
    }
    return json.dumps(document, ensure_ascii=False).encode()


def _content(segment: Segment, language: str) -> list[str]:
    """Return the words of a segment that say what it is about."""
    small = small_words(language.lower().split("-")[0])
    least = LEAST_SIGNS if is_unspaced(language) else LEAST_LETTERS
    trimmed = (
        word.word if word.word.isalnum() else _EDGES.sub("", word.word) for word in segment.words
    )
    return [
        word
        for word in trimmed
        if len(word) >= least and word.lower() not in small and not word.isdigit()
    ]


def _cuts(
    segments: Sequence[Segment], words: Sequence[Sequence[str]], duration_s: float
) -> list[int]:
    """Return the segments that begin a chapter, but for the first."""
    most = min(MOST_CHAPTERS, max(2, round(duration_s / USUAL_CHAPTER_S))) - 1
    scored = sorted(
        ((score, -at) for at, score in enumerate(_scores(segments, words), start=1)), reverse=True
    )
    cuts: list[int] = []
    for score, negative in scored:
        at = -negative
        taken = [0.0, duration_s, *(segments[cut].start for cut in cuts)]
        if score < LEAST_SCORE or len(cuts) == most:
            break
        if all(abs(segments[at].start - other) >= LEAST_CHAPTER_S for other in taken):
            cuts.append(at)
    return sorted(cuts)


def _scores(segments: Sequence[Segment], words: Sequence[Sequence[str]]) -> Iterator[float]:
    """Yield how much a chapter begins at each segment but the first.

    That is 0 to 1 for the change of words, and more for a pause.
    """
    for (before, after), likeness in zip(pairwise(segments), likenesses(words), strict=True):
        pause_s = min(max(0.0, after.start - before.end), LONG_PAUSE_S)
        yield 1 - likeness + PAUSE_WEIGHT * (pause_s / LONG_PAUSE_S)


def _titles(parts: Sequence[Sequence[str]]) -> list[str]:
    """Name each part by the words that it has and others have not."""
    counts = [Counter(word.lower() for word in part) for part in parts]
    shared = Counter(word for count in counts for word in count)
    titles = []
    for part, count in zip(parts, counts, strict=True):
        weight = {
            word: times * math.log((1 + len(parts)) / shared[word])
            for word, times in count.items()
            if times > 1
        }
        best = sorted(weight, key=lambda word: (-weight[word], word))[:TITLE_WORDS]
        title = ", ".join(_as_written(word, part) for word in best)
        titles.append(clean_text(title[:1].upper() + title[1:]))
    return titles


def _as_written(word: str, part: Sequence[str]) -> str:
    """Return the way a word is written most often."""
    ways = Counter(each for each in part if each.lower() == word)
    return min(ways, key=lambda way: (-ways[way], way))


def _first_words(segment: Segment) -> str:
    said = segment.text.split()
    short = " ".join(said[:FALLBACK_WORDS]) + ("…" if len(said) > FALLBACK_WORDS else "")
    return clean_text(short[:120])
