"""Validate a language model's chapters: where each begins, and that its title's words are said.

A model states no times, it names lines: what it invents has no place to begin. Titles are untrusted
twice, as suggested lines are: a speaker may have said anything, and a model may have obeyed.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import regex

from everyword_transcripts import Transcript, is_unspaced, split_words
from refine.domain.diff import key
from refine.domain.lines import PromptLine
from refine.domain.replies import UnusableReply, read_answer
from refine.domain.report import ModelChapter

LEAST_EPISODE_S: Final = 600.0
LEAST_CHAPTER_S: Final = 60.0
LEAST_CHAPTERS: Final = 2
USUAL_CHAPTER_S: Final = 150.0
"""On average; more chapters than that are no help."""
MOST_CHAPTERS: Final = 60
LONGEST_TITLE: Final = 80
MOST_TITLE_WORDS: Final = 12
PAUSE_S: Final = 0.5
SPOKEN_SHARE: Final = 0.5
SHORT_WORD: Final = 3
_STEM: Final = 4
_STEM_ENDING: Final = 3
_SENTENCE_END: Final = regex.compile(r"\p{Sentence_Break=STerm}\W*$|[.…]\W*$")
_MARKUP: Final = regex.compile(r"[<>{}|`\\\[\]#*_]|://|\bwww\.|-->|\w\.(?:com|net|org|io)\b|@")
_QUOTES: Final = regex.compile(r"^[\p{Quotation_Mark}\s]+|[\p{Quotation_Mark}\s]+$")
_COMMON: Final = frozenset(
    {
        *("introduction", "intro", "welcome", "opening", "beginning", "interview", "discussion"),
        *("questions", "answers", "summary", "recap", "conclusion", "closing", "ending", "outro"),
        *("credits", "farewell", "goodbye"),
    }
)
"""What editors call a part that nobody in it does."""


@dataclass(frozen=True, slots=True)
class ChapterSuggestion:
    """A line that a model would begin a chapter at, and its title."""

    idx: int
    title: str


def read_chapters(text: str) -> tuple[ChapterSuggestion, ...]:
    """Read an answer.

    Raises:
        UnusableReply: as `refine.domain.replies.read_reply`.
    """
    return read_answer(text, "chapters", _suggestions)


def _suggestions(form: dict[str, object]) -> tuple[ChapterSuggestion, ...]:
    chapters = form["chapters"]
    if not isinstance(chapters, list):
        raise UnusableReply('"chapters" is not a list')
    return tuple(_suggestion(raw) for raw in chapters)


def _suggestion(raw: object) -> ChapterSuggestion:
    if (
        isinstance(raw, dict)
        and isinstance(idx := raw.get("idx"), int)
        and not isinstance(idx, bool)
        and isinstance(title := raw.get("title"), str)
    ):
        return ChapterSuggestion(idx, title)
    raise UnusableReply('an entry of "chapters" is not {"idx": number, "title": text}')


def beginnings(lines: Sequence[PromptLine]) -> frozenset[int]:
    """Return the lines that a chapter can begin at: after a sentence, a pause or another voice."""
    after = {
        line.idx
        for before, line in pairwise(lines)
        if line.speaker != before.speaker
        or line.start - before.end >= PAUSE_S
        or _SENTENCE_END.search(before.text)
    }
    return frozenset(after | {line.idx for line in lines[:1]})


def validated(
    transcript: Transcript,
    lines: Sequence[PromptLine],
    suggested: Sequence[ChapterSuggestion],
    known: Sequence[str] = (),
) -> tuple[tuple[ModelChapter, ...], Counter[str]]:
    """Return the chapters that hold, and why others do not; none unless they cover the whole.

    `known` are names that a title may have although nobody says them in it: the show's, the
    speakers', the glossary's.
    """
    rejected: Counter[str] = Counter()
    kept = _in_their_places(transcript, lines, suggested, rejected)
    borders = [*(one.idx for one in kept), len(lines)]
    chapters: list[ModelChapter] = []
    for one, (first, stop) in zip(kept, pairwise(borders), strict=True):
        said = " ".join(line.text for line in lines[first:stop])
        if not _is_spoken(one.title, said, known, transcript.language):
            rejected["title_not_spoken"] += 1
        elif any(each.title.casefold() == one.title.casefold() for each in chapters):
            rejected["title_repeated"] += 1
        else:
            at = round(lines[one.idx].start, 3) if one.idx else 0.0
            chapters.append(ModelChapter(at, one.title))
    reason = _incomplete(chapters, transcript.duration_s)
    if reason:
        rejected[reason] += len(chapters)
        return (), +rejected
    return tuple(chapters), rejected


def still_hold(
    chapters: Sequence[ModelChapter],
    transcript: Transcript,
    lines: Sequence[PromptLine],
    known: Sequence[str] = (),
) -> bool:
    """Tell whether chapters made of a transcript are right for it as it was corrected since."""
    at = {round(line.start, 3): line.idx for line in reversed(lines)}
    again = [
        ChapterSuggestion(at[each.start] if each.start else 0, each.title)
        for each in chapters
        if each.start in at or not each.start
    ]
    return validated(transcript, lines, again, known)[0] == tuple(chapters)


def _in_their_places(
    transcript: Transcript,
    lines: Sequence[PromptLine],
    suggested: Sequence[ChapterSuggestion],
    rejected: Counter[str],
) -> list[ChapterSuggestion]:
    """Return those that begin where one can, far enough apart, with a title that is one."""
    places = beginnings(lines)
    kept: list[ChapterSuggestion] = []
    for one in sorted(suggested, key=lambda each: each.idx):
        title = _QUOTES.sub("", " ".join(one.title.split())).removesuffix(".")
        reason = _no_title(title)
        if one.idx not in places:
            reason = "not_a_beginning"
        elif not reason:
            start = lines[one.idx].start
            last = lines[kept[-1].idx].start if kept else None
            close = last is not None and start - last < LEAST_CHAPTER_S
            if close or transcript.duration_s - start < LEAST_CHAPTER_S:
                reason = "too_short"
        if reason:
            rejected[reason] += 1
        else:
            kept.append(ChapterSuggestion(one.idx, title))
    return kept


def _no_title(title: str) -> str:
    words = title.split()
    if not any(character.isalpha() for character in title) or not title.isprintable():
        return "title_empty"
    if len(title) > LONGEST_TITLE or len(words) > MOST_TITLE_WORDS:
        return "title_too_long"
    return "markup" if _MARKUP.search(title) else ""


def _is_spoken(title: str, said: str, known: Sequence[str], language: str) -> bool:
    """Tell whether a title's numbers are all said, and most of its words in some form."""
    if is_unspaced(language):
        signs = [sign for sign in title if sign.isalnum()]
        return sum(sign in said for sign in signs) >= SPOKEN_SHARE * len(signs)
    words = [key(word) for word in split_words(title, language)]
    spoken = {key(word) for text in (said, *known) for word in split_words(text, language)}
    if any(word not in spoken for word in words if any(sign.isdigit() for sign in word)):
        return False
    longer = [word for word in words if len(word) > SHORT_WORD]
    counted = [word for word in longer or words if word and word not in _COMMON]
    stems = {word[:length] for word in spoken for length in range(_STEM, len(word) + 1)}
    heard = sum(
        word in spoken or word[: max(_STEM, len(word) - _STEM_ENDING)] in stems for word in counted
    )
    return heard >= SPOKEN_SHARE * len(counted)


def _incomplete(chapters: Sequence[ModelChapter], duration_s: float) -> str:
    """Say why what is left does not divide the whole recording."""
    if not chapters or chapters[0].start:
        return "no_beginning"
    if len(chapters) < LEAST_CHAPTERS:
        return "too_few"
    most = min(MOST_CHAPTERS, max(LEAST_CHAPTERS, round(duration_s / USUAL_CHAPTER_S)))
    return "too_many" if len(chapters) > most else ""
