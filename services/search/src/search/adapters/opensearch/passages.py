"""Cuts an episode into passages, and reads them again.

A passage owns a stretch of the episode's words and carries the tokens of the words that follow,
as many as the longest phrase or window needs: whatever starts in a passage can be matched there
whole, and counts only there. No speaker turn or segment is a border. It also carries its words
and some around it as they are shown, with their times: a page needs nothing else to be read.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from hashlib import blake2b
from operator import itemgetter
from typing import Any, Final, NamedTuple

from everyword_transcripts.folding import folded_name
from search.adapters.opensearch.client import Json
from search.adapters.opensearch.spoken_words import SpokenWords, TextWords, pack_times, unpack_times
from search.domain.document import EpisodeDocument
from search.domain.matching import CONTEXT, Alternatives, MatchSpan, Pattern, occurrences
from search.domain.query import WINDOW
from search.domain.tokens import joined, tokens_of

PASSAGE_WORDS: Final = 400


class PassageKey(NamedTuple):
    """What tells passages apart; `size` is how many words each was given when it was cut."""

    episode_id: str
    revision: str
    size: int
    number: int

    @property
    def document_id(self) -> str:
        """The id it is stored under: another run, or another cut, never overwrites it."""
        run = blake2b(self.revision.encode(), digest_size=6).hexdigest()
        return f"{self.episode_id}~{run}~{self.size}~{self.number}"

    def beside(self, step: int) -> "PassageKey":
        """Return the key of the passage so many after this one."""
        return self._replace(number=self.number + step)


def cut(document: EpisodeDocument, size: int) -> Iterator[tuple[str, Json]]:
    """Yield an episode's passages with their ids."""
    tokens = [tokens_of(word) for word in document.words]
    for number, first in enumerate(range(0, len(tokens), size)):
        stop = min(first + size, len(tokens))
        end = _reach(tokens, stop)
        positions = [word for word in range(first, end) for _ in tokens[word]]
        turns = _turns_between(document, first, stop)
        spoken = SpokenWords.of(document, _first_shown(first), end + CONTEXT)
        yield (
            PassageKey(document.episode_id, document.revision, size, number).document_id,
            {
                "episode_id": document.episode_id,
                "revision": document.revision,
                "language": document.language,
                "speakers": sorted({folded_name(name) for _, name in turns if name}),
                "size": size,
                "number": number,
                "first": first,
                "own": stop - first,
                # Beside each other, as they repeat each other: the index compresses them.
                "tokens": " ".join(token for word in tokens[first:end] for token in word),
                "words": " ".join(spoken.words).encode("utf-8", "replace").decode(),
                "times": pack_times(spoken.starts_ms, spoken.lengths_ms),
                "breaks": _breaks(positions, first),
                "turns": turns,
                **_compounds(tokens[first:end]),
            },
        )


class Sought(NamedTuple):
    """One way to say a clause: tokens in a row, and how they stand in the text if in one way."""

    pattern: Pattern
    text: str | None

    @classmethod
    def all_of(cls, alternatives: Alternatives) -> "list[Sought]":
        """Return all ways to say a clause."""
        return [cls(pattern, _one_text(pattern)) for pattern in alternatives]


class Passage:
    """A passage as it is read back: whose words, of which run, from which own word on."""

    def __init__(self, source: Json) -> None:
        self._source = source
        self.episode_id: str = source["episode_id"]
        self.revision: str = source["revision"]
        self.first: int = source["first"]
        self.stop: int = self.first + source["own"]

    @cached_property
    def key(self) -> PassageKey:
        """What tells it apart."""
        source = self._source
        return PassageKey(self.episode_id, self.revision, source["size"], source["number"])

    @cached_property
    def spoken(self) -> SpokenWords:
        """The words that are shown of it."""
        words = TextWords(self._source["words"])
        return SpokenWords(_first_shown(self.first), words, *unpack_times(self._source["times"]))

    def own(self) -> SpokenWords:
        """Return its own words."""
        return self.spoken.part(self.first, self.stop - self.first)

    def spans(self, ways: Iterable[Sought]) -> list[MatchSpan]:
        """Return where a clause is said, from the first own word to the end of what follows."""
        found: set[MatchSpan] = set()
        for pattern, text in ways:
            if text is not None:
                found.update(self._occurrences_of_text(text, len(pattern) - 1))
            else:
                tokens = self._source["tokens"].split(" ")
                spans = occurrences(tokens, range(len(tokens)), (pattern,))
                found.update(MatchSpan(self._word(s.first), self._word(s.last)) for s in spans)
        return sorted(found)

    @property
    def turns(self) -> list[tuple[int, str | None]]:
        """Who speaks from which own word on."""
        return [(first, speaker) for first, speaker in self._source["turns"]]

    def speaker(self, word: int) -> str | None:
        """Return who says an own word."""
        turns = self._source["turns"]
        at = bisect_right(turns, word, key=itemgetter(0)) - 1
        return turns[at][1] if at >= 0 else None

    @property
    def compounds(self) -> Iterable[tuple[str, str]]:
        """Its compounds: each written together, and its tokens joined by spaces."""
        return zip(self._source.get("joined", ()), self._source.get("apart", ()), strict=True)

    def _occurrences_of_text(self, text: str, more: int) -> Iterator[MatchSpan]:
        """Find tokens in a row by looking for them in the text: at the speed of C."""
        all_of_it = f" {self._source['tokens']} "
        token = counted = 0
        at = all_of_it.find(text)
        while at >= 0:
            token += all_of_it.count(" ", counted, at)
            counted = at
            yield MatchSpan(self._word(token), self._word(token + more))
            at = all_of_it.find(text, at + 1)

    def _word(self, token: int) -> int:
        """Return the word that a token belongs to."""
        breaks = self._source["breaks"]
        if not breaks:
            return self.first + token
        before = bisect_right(breaks, token, key=itemgetter(0)) - 1
        at, word = breaks[before] if before >= 0 else (0, self.first)
        return int(word + token - at)


def _one_text(pattern: Pattern) -> str | None:
    *before, last = pattern
    if any(slot.prefix or len(slot.terms) != 1 for slot in before):
        return None
    if len(last.terms) + bool(last.prefix) != 1:
        return None
    tokens = [term for slot in before for term in slot.terms]
    return f" {' '.join([*tokens, last.prefix or f'{min(last.terms)} '])}"


def _first_shown(first: int) -> int:
    return max(0, first - CONTEXT)


def _reach(tokens: Sequence[Sequence[str]], stop: int) -> int:
    """Return where the tokens that follow end: a window's words, and a longest phrase's tokens."""
    end = min(stop + WINDOW - 1, len(tokens))
    counted = sum(len(word) for word in tokens[stop:end])
    while end < len(tokens) and counted < WINDOW - 1:
        counted += len(tokens[end])
        end += 1
    return end


def _breaks(positions: Sequence[int], first: int) -> list[list[int]]:
    """Return [token, word] wherever the word index does not simply rise with the token index."""
    expected = first
    found = []
    for token, word in enumerate(positions):
        if word != expected:
            found.append([token, word])
        expected = word + 1
    return found


def _compounds(tokens: Iterable[Sequence[str]]) -> Json:
    found = {
        (together, " ".join(word))
        for word in tokens
        if len(word) > 1 and (together := joined(word)) is not None
    }
    if not found:
        return {}
    ordered = sorted(found)
    return {"joined": [one for one, _ in ordered], "apart": [apart for _, apart in ordered]}


def _turns_between(document: EpisodeDocument, first: int, stop: int) -> list[list[Any]]:
    inside = [[turn.first, turn.speaker] for turn in document.turns if first < turn.first < stop]
    return [[first, document.speaker_of(first)], *inside]
