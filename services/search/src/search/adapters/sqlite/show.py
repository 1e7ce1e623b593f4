"""Gives moments their words, times and speaker, out of an episode's packed row."""

import json
import sqlite3
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from everyword_transcripts.folding import folded_name
from search.adapters.sqlite.blobs import PackedWords, unpack_ints, unpack_starts
from search.adapters.sqlite.scan import Occurrences, SingleWord
from search.domain.matching import Match, turns_of
from search.domain.pages import Cut, EpisodeMoments, Moment, shown_range, snippet, spread

_BYTES_A_TURN: Final = 80


def shown(
    connection: sqlite3.Connection, cuts: Sequence[Cut], spoken: Mapping[int, "Spoken"]
) -> tuple[EpisodeMoments, ...]:
    """Return the parts of episodes that a page shows; `spoken` is their words by row."""
    about = {
        row: columns
        for row, *columns in connection.execute(
            "select id, show, title, published, link, duration_ms from episode"
            " where id in (select value from json_each(?))",
            (json.dumps([cut.located.candidate.handle for cut in cuts]),),
        )
    }
    return tuple(
        _shown(cut, *about[row], spoken=spoken[row])
        for cut in cuts
        for row in (cut.located.candidate.handle,)
    )


def _shown(  # noqa: PLR0917 - a row of `episode`
    cut: Cut,
    show: str,
    title: str,
    published: float | None,
    link: str | None,
    duration_ms: int,
    *,
    spoken: "Spoken",
) -> EpisodeMoments:
    matches = cut.located.matches
    moments = spoken.moments(matches[cut.first : cut.last])
    return EpisodeMoments(
        episode_id=cut.located.candidate.episode_id,
        show=show,
        title=title,
        published_s=published,
        link=link,
        duration_s=duration_ms / 1000,
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
class Spoken:
    """An episode's words with their times, and who says them."""

    starts_ms: NDArray[np.uint32]
    words: PackedWords
    turns: Turns

    @classmethod
    def read(cls, starts: bytes, words: bytes, turns: bytes, speakers: str) -> "Spoken":
        """Unpack a row of `spoken`."""
        starts_ms = unpack_starts(starts).astype(np.uint32)
        return cls(starts_ms, PackedWords(words, len(starts_ms)), Turns.read(turns, speakers))

    @property
    def size(self) -> int:
        """About how many bytes it takes in memory."""
        return self.starts_ms.nbytes + self.words.size + _BYTES_A_TURN * len(self.turns.firsts)

    def starts_s(self, matches: Sequence[Match]) -> Sequence[float]:
        """Return where the hits lie: see `spread`."""
        told = spread(matches)
        if isinstance(matches, SingleWord):
            matches = matches.found()
        if isinstance(matches, Occurrences):
            firsts = matches.first_words()[told]
        else:
            firsts = np.asarray([match.first for match in matches[told]])
        starts_s: list[float] = (np.sort(self.starts_ms[firsts]) / 1000).tolist()
        return starts_s

    def moments(self, found: Sequence[Match]) -> tuple[Moment, ...]:
        """Return moments with their times and the words around them."""
        n_words, words, speaker = len(self.starts_ms), self.words, self.turns.speaker
        ranges = [shown_range(match, n_words) for match in found]
        seconds = _slices(self.starts_ms / 1000, ranges)
        return tuple(
            Moment(
                starts_s[match.first - first],
                (self.starts_ms.item(match.last) + words.length_ms(match.last)) / 1000,
                speaker(match.first),
                match.first,
                match.last - match.first + 1,
                snippet(match, first, words.slice(first, last), starts_s),
            )
            for match, (first, last), starts_s in zip(found, ranges, seconds, strict=True)
        )


def _slices(values: NDArray[np.float64], ranges: Sequence[tuple[int, int]]) -> list[list[float]]:
    return [values[first : last + 1].tolist() for first, last in ranges]
