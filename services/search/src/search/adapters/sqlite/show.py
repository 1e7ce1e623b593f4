"""Gives moments their words, times and speaker, out of an episode's packed row."""

import json
import sqlite3
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from search.adapters.sqlite.blobs import PackedWords, unpack_ints, unpack_narrow
from search.adapters.sqlite.scan import Occurrences, SingleWord
from search.domain.matching import Match, turns_of
from search.domain.pages import Cut, EpisodeMoments, Moment, shown_range, snippet, spread
from search.domain.query import folded_name


def shown(connection: sqlite3.Connection, cut: Cut) -> EpisodeMoments:
    """Return the part of an episode that a page shows."""
    candidate = cut.located.candidate
    show, title, published, link, duration_ms, *packed = connection.execute(
        "select show, title, published, link, duration_ms, starts, lengths, s.words, turns,"
        " speakers from episode e join spoken s on s.id = e.id where e.id = ?",
        (candidate.handle,),
    ).fetchone()
    matches = cut.located.matches
    spoken = _Spoken.read(*packed)
    moments = tuple(map(spoken.moment, matches[cut.first : cut.last]))
    return EpisodeMoments(
        episode_id=candidate.episode_id,
        show=show,
        title=title,
        published_s=published,
        link=link,
        duration_s=(duration_ms or spoken.end_ms()) / 1000,
        hits=len(matches),
        starts_s=sorted(moment.start_s for moment in moments)
        if len(moments) == len(matches)
        else spoken.starts_s(matches),
        moments=moments,
        more=cut.more,
    )


@dataclass(frozen=True)
class Turns:
    """Who speaks from which word on."""

    firsts: Sequence[int]
    numbers: Sequence[int]
    speakers: Sequence[str | None]

    @classmethod
    def read(cls, turns: bytes, speakers: str) -> "Turns":
        """Unpack the columns of `spoken`."""
        both = unpack_ints(turns).tolist()
        return cls(both[: len(both) // 2], both[len(both) // 2 :], json.loads(speakers))

    def speaker(self, word: int) -> str | None:
        """Return who says a word."""
        at = bisect_right(self.firsts, word) - 1
        return self.speakers[self.numbers[at]] if at >= 0 else None


@dataclass(frozen=True)
class SaidBy:
    """Tells whether a word is said by one of some speakers, by their folded names."""

    turns: Turns
    wanted: frozenset[str]
    words: int

    @classmethod
    def of(cls, connection: sqlite3.Connection, row: int, wanted: frozenset[str]) -> "SaidBy":
        """Read an episode's turns."""
        turns, speakers, words = connection.execute(
            "select s.turns, s.speakers, e.words from spoken s join episode e on e.id = s.id"
            " where s.id = ?",
            (row,),
        ).fetchone()
        return cls(Turns.read(turns, speakers), wanted, words)

    def beginnings(self) -> Iterator[Match]:
        """Yield where a wanted speaker begins to speak."""
        turns = self.turns
        names = [turns.speakers[number] for number in turns.numbers]
        return turns_of(zip(turns.firsts, names, strict=True), self.words, self._is_wanted)

    def _is_wanted(self, speaker: str | None) -> bool:
        return speaker is not None and folded_name(speaker) in self.wanted

    def __call__(self, word: int) -> bool:  # noqa: D102
        return self._is_wanted(self.turns.speaker(word))


@dataclass(frozen=True)
class _Spoken:
    """An episode's words with their times, in milliseconds and as seconds."""

    starts: Any
    in_seconds: Any
    lengths: Any
    words: PackedWords
    turns: Turns

    @classmethod
    def read(
        cls, starts: bytes, lengths: bytes, words: bytes, turns: bytes, speakers: str
    ) -> "_Spoken":
        """Unpack a row of `spoken`."""
        starts_ms = unpack_ints(starts)
        return cls(
            starts_ms,
            starts_ms / 1000,
            unpack_narrow(lengths, len(starts_ms)),
            PackedWords(words),
            Turns.read(turns, speakers),
        )

    def end_ms(self) -> int:
        """Return when the last word has ended."""
        return int((self.starts + self.lengths).max())

    def starts_s(self, matches: Sequence[Match]) -> Sequence[float]:
        told = spread(matches)
        if isinstance(matches, SingleWord):
            matches = matches.found()
        if isinstance(matches, Occurrences):
            firsts = matches.first_words()[told]
        else:
            firsts = np.asarray([match.first for match in matches[told]])
        starts_s: list[float] = np.sort(self.in_seconds[firsts]).tolist()
        return starts_s

    def moment(self, match: Match) -> Moment:
        first, last = shown_range(match, len(self.starts))
        starts_s = self.in_seconds[first : last + 1].tolist()
        end_ms = self.starts.item(match.last) + self.lengths.item(match.last)
        return Moment(
            start_s=starts_s[match.first - first],
            end_s=end_ms / 1000,
            speaker=self.turns.speaker(match.first),
            first_word=match.first,
            n_words=match.last - match.first + 1,
            snippet=snippet(match, first, self.words.slice(first, last), starts_s),
        )
