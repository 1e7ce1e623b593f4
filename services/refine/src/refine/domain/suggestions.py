"""Validate a suggested line: only what looks like a mended mishearing may pass.

The validated text is untrusted twice: a speaker may have said anything, and a model may have
obeyed. So each check asks what changed, never what was meant.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import jellyfish
import regex
from rapidfuzz.distance import Indel, Levenshtein

from everyword_transcripts import split_words
from refine.domain.diff import hunks, key
from refine.domain.suggestion_limits import Limits
from refine.domain.word_lists import ENGLISH_FILLERS, FILLERS, NEGATIONS, NUMBER_WORDS


@dataclass(frozen=True)
class LineContext:
    """What a line is validated against: its neighbours, the glossary, and the speakers."""

    language: str
    previous: str = ""
    following: str = ""
    terms: frozenset[tuple[str, ...]] = frozenset()
    speakers: frozenset[str] = frozenset()
    """Labels and names, case folded."""


def term_keys(terms: Sequence[str], language: str) -> frozenset[tuple[str, ...]]:
    """Return glossary terms as `LineContext` holds them."""
    return frozenset(
        tuple(key(word) for word in words)
        for term in terms
        if (words := split_words(term, language))
    )


def validate(old: str, new: str, around: LineContext, limits: Limits) -> str | None:
    """Return why `new` must not replace `old`, or None where it may."""
    proposal = _Proposal(old, new, around, limits)
    return next((reason for reason, holds in _CHECKS if holds(proposal)), None)


@dataclass(frozen=True)
class _Change:
    """Words that became others, from word `start` of the old line.

    `foreign` are those of the new words that belong to no glossary term.
    """

    old: tuple[str, ...]
    new: tuple[str, ...]
    start: int
    foreign: tuple[str, ...]

    @property
    def known(self) -> bool:
        """Whether the glossary explains all of the new words."""
        return bool(self.new) and not self.foreign

    @property
    def size(self) -> int:
        """How many words changed; the same letters with other spaces are one."""
        if "".join(self.old) == "".join(self.new):
            return 1
        return max(len(self.old), len(self.new))


@dataclass(frozen=True)
class _Proposal:
    old: str
    new: str
    around: LineContext
    limits: Limits
    old_keys: list[str] = field(init=False)
    new_keys: list[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "old_keys", self.keys(self.old))
        object.__setattr__(self, "new_keys", self.keys(self.new))

    def keys(self, text: str) -> list[str]:
        return [key(word) for word in split_words(text, self.around.language)]

    @cached_property
    def changes(self) -> list[_Change]:
        """The changed words; case and punctuation alone are no change."""
        found: list[_Change] = []
        shift = 0
        known = self._known()
        for hunk in hunks(self.old_keys, self.new_keys):
            at = hunk.start + shift
            shift += len(hunk.tokens) - (hunk.stop - hunk.start)
            found.append(
                _Change(
                    tuple(self.old_keys[hunk.start : hunk.stop]),
                    hunk.tokens,
                    hunk.start,
                    tuple(word for step, word in enumerate(hunk.tokens, at) if step not in known),
                )
            )
        return found

    def _known(self) -> set[int]:
        """Return where in the new line glossary terms stand."""
        return {
            at + step
            for term in self.around.terms
            for at in range(len(self.new_keys) - len(term) + 1)
            if tuple(self.new_keys[at : at + len(term)]) == term
            for step in range(len(term))
        }

    def unknown(self) -> list[_Change]:
        """The changes that no glossary term explains."""
        return [change for change in self.changes if not change.known]


_MARKUP = regex.compile(r"[<>{}|`\\]|://|\bwww\.|-->|\n")
_ROLE = regex.compile(
    r"(speaker|host|guest|interviewer|narrator|voice)?[\s_]*\d*", regex.IGNORECASE
)
_LONGEST_LABEL = 40
_MOST_MOVED = 6
_LATIN = regex.compile(r"[\p{Latin}\p{M}'\u2019-]+")
_LEAST_LETTERS = 5
_ALIKE_LETTERS = 0.5
_ALIKE_SOUNDS = 0.6
_DIGITS = regex.compile(r"\d+(?:[.,:]\d+)*")


def _adds_markup(proposal: _Proposal) -> bool:
    marks = Counter(_MARKUP.findall(proposal.new))
    return bool(marks - Counter(_MARKUP.findall(proposal.old)))


def _adds_label(proposal: _Proposal) -> bool:
    head, colon, _ = proposal.new.partition(":")
    head = head.strip().casefold()
    if not colon or len(head) > _LONGEST_LABEL:
        return False
    if proposal.old.strip().casefold().startswith(f"{head}:"):
        return False
    return head in proposal.around.speakers or _ROLE.fullmatch(head) is not None


def _moves_words(proposal: _Proposal) -> bool:
    """Tell whether the line takes words from the end of the one before or the start of the next."""
    old, new = proposal.old_keys, proposal.new_keys
    previous = proposal.keys(proposal.around.previous)
    following = proposal.keys(proposal.around.following)
    for count in range(1, min(_MOST_MOVED, len(new)) + 1):
        head, tail = new[:count], new[-count:]
        if len(new) > len(old) and previous[-count:] == head != old[:count]:
            return True
        if len(new) > len(old) and following[:count] == tail != old[-count:]:
            return True
    return False


def _removes_filler(proposal: _Proposal) -> bool:
    english = proposal.around.language.lower().startswith("en")
    fillers = FILLERS | ENGLISH_FILLERS if english else FILLERS
    return any(
        sum(word in fillers for word in change.old) > sum(word in fillers for word in change.new)
        for change in proposal.unknown()
    )


def _changes_numbers(proposal: _Proposal) -> bool:
    return any(_numbers(change.old) != _numbers(change.new) for change in proposal.unknown())


def _numbers(words: Sequence[str]) -> Counter[str]:
    found: list[str] = []
    for word in words:
        if word in NUMBER_WORDS:
            found.append(word)
        found.extend(_DIGITS.findall(word))
    return Counter(found)


def _changes_negation(proposal: _Proposal) -> bool:
    return any(_negations(change.old) != _negations(change.new) for change in proposal.unknown())


def _negations(words: Sequence[str]) -> int:
    return sum(word in NEGATIONS or word.endswith(("n't", "n\u2019t")) for word in words)


def _removes_words(proposal: _Proposal) -> bool:
    """Tell whether words go that do not repeat the words beside them."""
    old = proposal.old_keys
    for change in proposal.changes:
        count, at = len(change.old), change.start
        if change.new or not count:
            continue
        before, after = old[max(0, at - count) : at], old[at + count : at + 2 * count]
        if list(change.old) not in (before, after):
            return True
    return False


def _adds_words(proposal: _Proposal) -> bool:
    """Tell whether more than one word comes from nowhere: beside a glossary term, or by itself."""
    added = sum(
        len(change.foreign)
        for change in proposal.changes
        if not change.old or len(change.foreign) < len(change.new)
    )
    return added > 1


def _sounds_unlike(proposal: _Proposal) -> bool:
    """Tell whether a word became one of another sound; a glossary term may be further off."""
    return any(
        not _alike("".join(change.old), "".join(change.new), 0.1 if change.known else 0.0)
        for change in proposal.changes
        if change.old and change.new
    )


def _alike(old: str, new: str, leeway: float) -> bool:
    """Tell whether two spellings may be of one sound.

    Only Latin letters can tell, and of terms only words: "easy two" may be "EC2".
    """
    if not (_LATIN.fullmatch(old) and _LATIN.fullmatch(new)):
        return True
    if leeway and len(new) < _LEAST_LETTERS:
        return True
    sounds = (jellyfish.metaphone(old), jellyfish.metaphone(new))
    return (
        Indel.normalized_similarity(old, new) >= _ALIKE_LETTERS - leeway
        or Indel.normalized_similarity(*sounds) >= _ALIKE_SOUNDS - leeway
    )


def _is_too_different(proposal: _Proposal) -> bool:
    distance = Levenshtein.normalized_distance(proposal.old.casefold(), proposal.new.casefold())
    return distance > proposal.limits.edit_distance


def _has_too_long_a_change(proposal: _Proposal) -> bool:
    if len(proposal.old_keys) < proposal.limits.min_words:
        return False
    most = proposal.limits.consecutive_changes
    return any(change.size > most for change in proposal.changes)


def _changes_too_many_words(proposal: _Proposal) -> bool:
    words = max(len(proposal.old_keys), len(proposal.new_keys))
    if len(proposal.old_keys) < proposal.limits.min_words:
        return False
    changed = sum(change.size for change in proposal.changes)
    return changed > proposal.limits.word_change_ratio * words


_CHECKS: Final[Sequence[tuple[str, Callable[[_Proposal], bool]]]] = (
    ("no_change", lambda proposal: proposal.new == proposal.old),
    ("empty", lambda proposal: not proposal.new),
    ("markup", _adds_markup),
    ("speaker_label", _adds_label),
    ("words_moved", _moves_words),
    ("filler_removed", _removes_filler),
    ("number_changed", _changes_numbers),
    ("negation_changed", _changes_negation),
    ("words_removed", _removes_words),
    ("words_added", _adds_words),
    ("too_different", _is_too_different),
    ("too_many_in_a_row", _has_too_long_a_change),
    ("too_many_words", _changes_too_many_words),
    ("sounds_unlike", _sounds_unlike),
)
