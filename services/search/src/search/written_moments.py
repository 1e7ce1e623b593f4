"""Moments where one of a few rows of tokens is written."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import Final

from search.domain.matching import Alternatives, Pattern, QueryPlan, Slot, as_written, pattern_of
from search.domain.other_writings import Tokens
from search.domain.pages import EpisodeMoments, Moment, SearchPage, SearchRequest
from search.domain.query import Query
from search.domain.tokens import tokens_of
from search.ports import WordIndex

ALL_LANGUAGES: Final = (None,)


@dataclass(frozen=True)
class Places:
    """Where rows of tokens are looked for: beside which unwanted words, in which episodes."""

    query: Query
    request: SearchRequest
    index: WordIndex
    languages: Collection[str | None] = ALL_LANGUAGES

    def of(self, wanted: tuple[Alternatives, ...], *, most: int) -> SearchPage:
        """Return the first `most` moments."""
        unwanted = as_written(self.query.unwanted)
        return self.index.find(
            replace(
                self.request,
                plans=tuple(QueryPlan(wanted, unwanted, one) for one in self.languages),
                limit=most,
                most_moments=most,
                per_episode=None,
                look_up=frozenset(),
            )
        )


def alternatives(rows: Collection[Tokens]) -> Alternatives:
    """Put single words into one pattern: an index looks for few patterns at once."""
    single = frozenset(row[0] for row in rows if len(row) == 1)
    patterns: list[Pattern] = [(Slot(single),)] if single else []
    return (*patterns, *(pattern_of(row) for row in rows if len(row) > 1))


def alone(page: SearchPage) -> Iterator[tuple[Tokens, EpisodeMoments]]:
    """Yield each moment, alone in its episode, with the tokens that are marked in it."""
    for group in page.groups:
        for moment in group.moments:
            yield marked(moment), replace(group, moments=(moment,), more=None)


def marked(moment: Moment) -> Tokens:
    """Return the tokens that the query names."""
    words = [word["text"] for word in moment.snippet if word["match"]]
    return tuple(token for word in words for token in tokens_of(word))
