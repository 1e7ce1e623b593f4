"""From passages to the moments in them: what the query lets pass, judged by our own code."""

import math
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import attrgetter
from typing import NamedTuple

from everyword_transcripts.folding import folded_name
from search.adapters.opensearch.client import Json
from search.adapters.opensearch.match import NO_DATE
from search.adapters.opensearch.passages import Passage, PassageKey, Sought
from search.adapters.opensearch.read import Numbered
from search.domain.matching import Match, MatchSpan, apart, combined, kept, turns_of
from search.domain.pages import (
    CandidateEpisode,
    Cut,
    EpisodeMoments,
    Located,
    Moment,
    PagePosition,
    SearchRequest,
    locate,
    spread,
)


class _Plan(NamedTuple):
    """The clauses of a plan."""

    wanted: Sequence[Sequence[Sought]]
    unwanted: Sequence[Sequence[Sought]]


class FoundMoments:
    """The moments found for one page, and the passages they are in."""

    def __init__(self, request: SearchRequest) -> None:
        self._speakers = request.filters.speakers
        self._plans = [
            _Plan(
                [*map(Sought.all_of, plan.wanted)],
                [*map(Sought.all_of, plan.unwanted)],
            )
            for plan in request.plans
        ]
        self._passages: dict[str, list[Passage]] = {}

    def beside(self, passages: Iterable[Numbered]) -> set[PassageKey]:
        """Return the passages that must be known too: excluded words may stand in them."""
        if not any(plan.unwanted for plan in self._plans):
            return set()
        keys = {passage.key for _, passage in passages}
        beside = {key.beside(step) for key in keys for step in (-1, 1)} - keys
        return {key for key in beside if key.number >= 0}

    def locate(
        self,
        passages: Iterable[Numbered],
        episodes: Mapping[str, Json],
        beside: Iterable[Passage] = (),
    ) -> list[Located]:
        """Locate the moments in the passages of the runs that count, episode by episode."""
        by_episode: defaultdict[str, list[Numbered]] = defaultdict(list)
        for number, passage in passages:
            episode = episodes.get(passage.episode_id)
            if episode is not None and episode["revision"] == passage.revision:
                by_episode[passage.episode_id].append((number, passage))
        around: dict[PassageKey, Passage] = {}
        if any(plan.unwanted for plan in self._plans):
            around = {passage.key: passage for passage in (*beside, *(p for _, p in passages))}
        return [
            self._locate(episodes[episode_id], some, around)
            for episode_id, some in by_episode.items()
        ]

    def shown(self, cut: Cut, episode: Json) -> EpisodeMoments:
        """Return the part of an episode that a page shows."""
        matches = cut.located.matches
        passages = self._passages[episode["episode_id"]]
        starts_s = sorted(
            _passage_of(match, passages).spoken.start_s(match.first)
            for match in matches[spread(matches)]
        )
        moments = tuple(
            moment_in(_passage_of(match, passages), match)
            for match in matches[cut.first : cut.last]
        )
        return moments_of(episode, moments, hits=len(matches), starts_s=starts_s, more=cut.more)

    def _locate(
        self, episode: Json, some: Sequence[Numbered], around: Mapping[PassageKey, Passage]
    ) -> Located:
        matches: list[Match] = []
        number = some[0][0]
        plan = self._plans[number]
        passages = sorted((passage for _, passage in some), key=attrgetter("first"))
        if plan.wanted:
            for passage in passages:
                matches += self._matches(plan, passage, around)
        else:
            matches += self._turns(plan, passages, around)
        self._passages[episode["episode_id"]] = passages
        lone = len(plan.wanted) <= 1
        candidate = CandidateEpisode(0, episode["episode_id"], published(episode), number)
        return locate(candidate, matches if lone else apart(matches), lone=lone)

    def _matches(
        self, plan: "_Plan", passage: Passage, around: Mapping[PassageKey, Passage]
    ) -> list[Match]:
        found = [
            match
            for match in combined([passage.spans(ways) for ways in plan.wanted])
            if passage.first <= match.first < passage.stop
        ]
        if not found or not (plan.unwanted or self._speakers is not None):
            return found
        unwanted = [_spans_around(ways, passage, around) for ways in plan.unwanted]

        def said_by(word: int) -> bool:
            speaker = passage.speaker(word)
            return speaker is not None and folded_name(speaker) in (self._speakers or ())

        return kept(found, unwanted, said_by=None if self._speakers is None else said_by)

    def _turns(
        self, plan: "_Plan", passages: Sequence[Passage], around: Mapping[PassageKey, Passage]
    ) -> Iterator[Match]:
        """Yield where a wanted speaker begins to speak; a gap between passages is another's."""

        def is_wanted(speaker: str | None) -> bool:
            return speaker is not None and folded_name(speaker) in (self._speakers or ())

        turns: list[tuple[int, str | None]] = []
        for at, passage in enumerate(passages):
            turns += passage.turns
            if at + 1 == len(passages) or passages[at + 1].first > passage.stop:
                turns.append((passage.stop, None))
        for match in turns_of(turns, passages[-1].stop, is_wanted):
            passage = _passage_of(match, passages)
            unwanted = [_spans_around(ways, passage, around) for ways in plan.unwanted]
            yield from kept([match], unwanted)


def moment_in(passage: Passage, match: Match) -> Moment:
    """Return a moment of a passage's own."""
    return passage.spoken.moment(match, passage.speaker(match.first))


def moments_of(
    episode: Json,
    moments: tuple[Moment, ...],
    *,
    hits: int | None = None,
    starts_s: Sequence[float] | None = None,
    more: PagePosition | None = None,
) -> EpisodeMoments:
    """Return some moments of an episode; of how many, and where all are, if these are not all."""
    if starts_s is None:
        starts_s = sorted(moment.start_s for moment in moments)
    return EpisodeMoments(
        episode_id=episode["episode_id"],
        show=episode["show"],
        title=episode["title"],
        published_s=None if episode["published"] <= NO_DATE else episode["published"],
        link=episode["link"],
        duration_s=episode["duration_ms"] / 1000,
        hits=len(moments) if hits is None else hits,
        starts_s=starts_s,
        moments=moments,
        more=more,
    )


def published(episode: Json) -> float:
    """Return when an episode was published; -inf where that is not known."""
    published_s: float = episode["published"]
    return -math.inf if published_s <= NO_DATE else published_s


def _passage_of(match: Match, passages: Sequence[Passage]) -> Passage:
    """Return the passage that a match starts in; `passages` are in order."""
    if len(passages) == 1:
        return passages[0]
    return passages[bisect_right(passages, match.first, key=attrgetter("first")) - 1]


def _spans_around(
    ways: Sequence[Sought], passage: Passage, around: Mapping[PassageKey, Passage]
) -> list[MatchSpan]:
    near = (passage, *(around.get(passage.key.beside(step)) for step in (-1, 1)))
    return sorted({span for one in near if one is not None for span in one.spans(ways)})
