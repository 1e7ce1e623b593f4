"""What is asked of an index and what comes back: filters, order, totals, pages.

Order, the same on every engine: by date, newest first; or by relevance, the episode first in
which the query is said the most (a moment whose words lie apart weighs less), then the newest.
When too many episodes match to weigh them all, relevance is the newest first too and the reply
is `capped`.
"""

import math
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from operator import attrgetter
from typing import Final, Literal, NamedTuple

from typing_extensions import TypedDict

from everyword_events import TransientFailure
from search.domain.matching import CONTEXT, Match, QueryPlan
from search.domain.query import Filters

FIRST_BATCH: Final = 3
"""So many episodes are read first, and twice as many each time: one may fill the page."""
MOST_STARTS: Final = 1_000
Sort = Literal["relevance", "date"]


class PagePosition(NamedTuple):
    """An episode's place in the order, highest first, and how many of its moments are behind us."""

    weight: float
    published: float
    episode_id: str
    moments: int = 0


@dataclass(frozen=True)
class SearchRequest:
    """One page asked for: at most `limit` episodes and `most_moments` moments.

    `per_episode` shows only the first moments of each episode. `after` is where the page
    before ended. `look_up` are words whose compounds are asked for besides (`VariantKind.JOIN`).
    `tally` asks for the counts of every matching episode instead of a page. `ends_at` is when
    to give up, on the clock of `time.monotonic`.
    """

    plans: tuple[QueryPlan, ...]
    filters: Filters = field(default_factory=Filters)
    sort: Sort = "relevance"
    limit: int = 10
    most_moments: int = 100
    per_episode: int | None = None
    after: PagePosition | None = None
    look_up: frozenset[str] = frozenset()
    tally: bool = False
    ends_at: float = math.inf

    def left_s(self) -> float:
        """Return how much time is left.

        Raises:
            TransientFailure: none (code `search_timed_out`).
        """
        left_s = self.ends_at - time.monotonic()
        if left_s <= 0:
            raise out_of_time()
        return left_s


class SnippetWord(TypedDict):
    """A word around a hit; `start` in seconds; `match` where the query names it.

    A plain dict as the reply has it: a page shows thousands of them.
    """

    text: str
    start: float
    match: bool


class Moment(NamedTuple):
    """One hit: when, who, and the words around it."""

    start_s: float
    end_s: float
    speaker: str | None
    first_word: int
    n_words: int
    snippet: list[SnippetWord]


@dataclass(frozen=True)
class EpisodeMoments:
    """The moments of one episode on this page; `hits` counts all of them.

    `starts_s` is where the hits lie in the `duration_s` of the episode, those on other pages too:
    see `spread`. `more` is where the episode goes on when the page shows only its first moments.
    """

    episode_id: str
    show: str
    title: str
    published_s: float | None
    link: str | None
    duration_s: float
    hits: int
    starts_s: Sequence[float]
    moments: tuple[Moment, ...]
    more: PagePosition | None = None


class Tally(NamedTuple):
    """How often a query is said in one episode."""

    episode_id: str
    title: str
    published_s: float | None
    hits: int


@dataclass(frozen=True)
class SearchPage:
    """One page. When `capped`, `hits` and `episodes` are the least there are."""

    hits: int
    episodes: int
    capped: bool
    groups: tuple[EpisodeMoments, ...]
    next: PagePosition | None
    compounds: Mapping[str, Collection[str]] = field(default_factory=dict)
    tally: tuple[Tally, ...] = ()


@dataclass(frozen=True)
class Stored:
    """What an index now holds of an episode: its words, in so many stretches."""

    words: int
    passages: int
    index: str


class Facet(NamedTuple):
    """A name and in how many episodes it stands."""

    name: str
    episodes: int


@dataclass(frozen=True)
class Facets:
    """What one can filter by."""

    shows: tuple[Facet, ...]
    speakers: tuple[Facet, ...]


class CandidateEpisode(NamedTuple):
    """An episode that may hold moments; `handle` is the engine's own name for it.

    `published` is -inf where no date is known; `plan` says which of the plans found it;
    `revision` tells what is kept of the episode from what was before, where an engine needs that.
    """

    handle: int
    episode_id: str
    published: float
    plan: int = 0
    revision: str = ""


class Located(NamedTuple):
    """A candidate and its moments, in order."""

    candidate: CandidateEpisode
    matches: Sequence[Match]
    weight: float

    def place(self, sort: Sort, moments: int = 0) -> PagePosition:
        """Return where the episode stands in the order."""
        weight = self.weight if sort == "relevance" else 0.0
        return PagePosition(weight, self.candidate.published, self.candidate.episode_id, moments)


@dataclass(frozen=True)
class Cut:
    """The part of an episode's moments that a page shows."""

    located: Located
    first: int
    last: int
    more: PagePosition | None


@dataclass(frozen=True)
class Outline:
    """A page before its moments have words and times."""

    hits: int
    episodes: int
    capped: bool
    cuts: tuple[Cut, ...]
    next: PagePosition | None


def out_of_time() -> TransientFailure:
    """Return the failure of a search that took too long."""
    return TransientFailure(
        "the search took too long",
        hint="look for rarer words, or in one show or year",
        code="search_timed_out",
    )


def locate(candidate: CandidateEpisode, matches: Sequence[Match], *, lone: bool) -> Located:
    """Weigh an episode; `lone` says that the query is one clause, whose moments weigh 1 each."""
    if lone:
        return Located(candidate, matches, float(len(matches)))
    return Located(candidate, matches, round(sum(match.weight for match in matches), 6))


def weighed(request: SearchRequest, located: Iterable[Located]) -> Outline:
    """Choose a page out of all the episodes there are; the totals are exact."""
    matching = in_order((found for found in located if found.matches), request.sort)
    cuts, following = _cut(request, matching, request.sort)
    hits = sum(len(found.matches) for found in matching)
    return Outline(hits, len(matching), False, cuts, following)


def unweighed(
    request: SearchRequest,
    candidates: Iterator[CandidateEpisode],
    scan: Callable[[Sequence[CandidateEpisode]], Sequence[Located]],
) -> Outline:
    """Walk candidates, from where the page starts, until it is full and one more is known.

    They come from the newest on (see `newest_first`). `scan` locates the moments of some, in
    their order. The totals are the least there are: what was seen on the way.
    """
    located: list[Located] = []
    cuts: tuple[Cut, ...] = ()
    following: PagePosition | None = None
    size = FIRST_BATCH
    while request.left_s() and following is None and (batch := list(islice(candidates, size))):
        size *= 2
        located += [found for found in scan(batch) if found.matches]
        cuts, following = _cut(request, located, "date")
    hits = sum(len(found.matches) for found in located)
    return Outline(hits, len(located), True, cuts, following)


def in_order(located: Iterable[Located], sort: Sort) -> list[Located]:
    """Sort by `Located.place`, the highest first: faster than by one key of several values."""
    ordered = sorted(located, key=attrgetter("candidate.episode_id"), reverse=True)
    ordered.sort(key=attrgetter("candidate.published"), reverse=True)
    if sort == "relevance":
        ordered.sort(key=attrgetter("weight"), reverse=True)
    return ordered


def newest_first(
    candidates: Iterable[CandidateEpisode], after: PagePosition | None
) -> list[CandidateEpisode]:
    """Return the candidates in the order of `unweighed`, from a place on."""
    newest = sorted(candidates, key=attrgetter("episode_id"), reverse=True)
    newest.sort(key=attrgetter("published"), reverse=True)
    if after is None:
        return newest
    reached = after[1:3]
    return [one for one in newest if (one.published, one.episode_id) <= reached]


def _cut(
    request: SearchRequest, located: Sequence[Located], sort: Sort
) -> tuple[tuple[Cut, ...], PagePosition | None]:
    cuts: list[Cut] = []
    room = request.most_moments
    for found in located:
        place = found.place(sort)
        skip = 0
        if request.after is not None:
            if place[:3] > request.after[:3]:
                continue
            if place.episode_id == request.after.episode_id:
                skip = request.after.moments
        total = len(found.matches)
        if skip >= total:
            continue
        if len(cuts) == request.limit or room == 0:
            last = cuts[-1].located
            return tuple(cuts), last.place(sort, moments=len(last.matches))
        shown = min(total - skip, room, request.per_episode or total)
        stop = skip + shown
        more = found.place(sort, moments=stop) if stop < total else None
        cuts.append(Cut(found, skip, stop, more))
        room -= shown
        if more is not None and request.per_episode is None:
            return tuple(cuts), more
    return tuple(cuts), None


def spread(matches: Sequence[Match]) -> slice:
    """Return which of an episode's hits have their starts told: all, or evenly `MOST_STARTS`."""
    return slice(None, None, max(1, -(-len(matches) // MOST_STARTS)))


def shown_range(match: Match, n_words: int) -> tuple[int, int]:
    """Return the first and last word of a moment's snippet."""
    return max(0, match.first - CONTEXT), min(n_words - 1, match.last + CONTEXT)


def snippet(
    match: Match, first: int, texts: Sequence[str], starts_s: Sequence[float]
) -> list[SnippetWord]:
    """Return the words around a moment; `first` is the index of the first of `texts`."""
    words: list[SnippetWord] = [
        {"text": text, "start": start_s, "match": False}
        for text, start_s in zip(texts, starts_s)  # noqa: B905 - the check takes a tenth of it
    ]
    for span in match.named:
        for word in range(span.first - first, span.last - first + 1):
            words[word]["match"] = True
    return words
