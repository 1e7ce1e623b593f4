"""Which language was asked for, and which was heard."""

import re
from collections import defaultdict
from operator import itemgetter
from typing import Final

from everyword_events import InvalidInput
from transcribe_gpu.domain.speech import Hypothesis

AUTO: Final = "auto"
_TAG: Final = re.compile(r"([A-Za-z]{2,3})([-_][A-Za-z0-9]{1,8})*")


def language_code(wish: str) -> str:
    """Return the language subtag of a BCP 47 tag (`en` of `en-GB`), or `auto`.

    Raises:
        InvalidInput: not a language tag.
    """
    text = wish.strip()
    if not text or text.lower() == AUTO:
        return AUTO
    match = _TAG.fullmatch(text)
    if match is None:
        raise InvalidInput(
            f"unknown language {wish[:40]!r}",
            hint='give a code such as "en" or "pt-BR", or "auto"',
            code="language_unknown",
        )
    return match[1].lower()


class LanguageDetection:
    """Settles which language a recording is in, window by window, and pins it.

    Each window votes for the language it was taken for, with its probability and its words. A
    clear vote settles it at once; else the first few windows do together. What is settled is asked
    for in the whole recording; where no language was said, a window that is surely in another one
    is heard in that one too: a recogniser that is asked for English translates, or writes nonsense.
    """

    _CLEAR: Final = 0.8
    _FEWEST_WORDS: Final = 3
    _VOTES: Final = 3
    _SURE: Final = 0.5
    _PASSAGE: Final = 5
    """Words in a language that are no quotation or slip."""

    def __init__(self, asked: str) -> None:
        self._asked = asked
        self._votes: defaultdict[str, float] = defaultdict(float)
        self._sure_votes: defaultdict[str, float] = defaultdict(float)
        self._sure_words: defaultdict[str, int] = defaultdict(int)
        self._count = 0
        self.pinned: str | None = None if asked == AUTO else asked

    @property
    def to_ask(self) -> str:
        """What to ask the engine for: the language, or `auto` while it is not settled."""
        return self.pinned or AUTO

    def hear(self, hypothesis: Hypothesis) -> None:
        """Take note of one more window."""
        language = hypothesis.detected or hypothesis.language
        probability = hypothesis.detected_probability
        words = len(hypothesis.words())
        if probability is None:
            probability = 1.0
        self._votes[language] += probability * max(1, words)
        if probability >= self._CLEAR and language == hypothesis.language:
            self._sure_votes[language] += probability * max(1, words)
            self._sure_words[language] += words
        self._count += 1
        if self.pinned is None and (
            (probability >= self._CLEAR and words >= self._FEWEST_WORDS)
            or self._count >= self._VOTES
        ):
            self.settle()

    def another(self, hypothesis: Hypothesis) -> str | None:
        """Return the language that a window seems to be in, if it was recognised in another."""
        sure = (hypothesis.detected_probability or 0.0) >= self._CLEAR
        other = hypothesis.detected not in {None, hypothesis.language}
        return hypothesis.detected if self._asked == AUTO and sure and other else None

    def to_ask_again(self, hypothesis: Hypothesis) -> str:
        """Return what to ask the engine for where it hears a window, or a part of it, again."""
        if self._asked != AUTO or self.pinned is None:
            return self.to_ask
        return hypothesis.language

    def settle(self) -> None:
        """Decide by what was heard so far; nothing heard leaves it open."""
        if self.pinned is None and self._votes:
            self.pinned = max(self._votes, key=lambda language: self._votes[language])

    def flags(self) -> tuple[str, ...]:
        """Say what is doubtful: hardly detected, or another language than was asked for."""
        total = sum(self._votes.values())
        if not total or self.pinned is None:
            return ()
        likeliest, votes = max(self._votes.items(), key=itemgetter(1))
        if self._asked != AUTO:
            other = likeliest != self.pinned and votes >= self._CLEAR * total
            return (f"language_doubt:{likeliest}",) if other else ()
        others = {each for each, words in self._sure_words.items() if words >= self._PASSAGE}
        spoken = sorted(others | {self.pinned}, key=lambda language: -self._votes[language])
        told = (f"languages:{', '.join(spoken)}",) if len(spoken) > 1 else ()
        sure = self._votes[self.pinned] + sum(
            self._sure_votes[language] for language in others - {self.pinned}
        )
        return told if sure >= self._SURE * total else (*told, "language_uncertain")
