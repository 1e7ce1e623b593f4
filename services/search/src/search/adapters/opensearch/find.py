"""One page out of OpenSearch: passages that may match, moments by our own code, then the words."""

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from everyword_events import TransientFailure
from search.adapters.opensearch.client import Json
from search.adapters.opensearch.known import KnownEpisodes, Overtaken
from search.adapters.opensearch.layout import Layout
from search.adapters.opensearch.locate import FoundMoments, published
from search.adapters.opensearch.match import passage_query
from search.adapters.opensearch.read import Numbered, Reads
from search.domain.matching import QueryPlan
from search.domain.pages import (
    CandidateEpisode,
    Located,
    Outline,
    SearchPage,
    SearchRequest,
    Tally,
    unweighed,
    weighed,
)

_ATTEMPTS: Final = 5


def find_page(
    layout: Layout, known: KnownEpisodes, request: SearchRequest, most_passages: int
) -> SearchPage:
    """Return one page, as it was at one time.

    Raises:
        TransientFailure: what it is about was written again and again meanwhile.
    """
    for _ in range(_ATTEMPTS):
        try:
            return _Page(Reads(layout, known, request, most_passages), request).found()
        except Overtaken:
            continue
    raise TransientFailure("the index changes too fast to be read", code="index_busy")


class _Page:
    """One attempt at a page."""

    def __init__(self, reads: Reads, request: SearchRequest) -> None:
        self._reads = reads
        self._request = request
        self._moments = FoundMoments(request)
        self._episodes: dict[str, Json] = {}

    def found(self) -> SearchPage:
        among = self._reads.episodes_among(self._request.filters)
        if among == []:
            return SearchPage(0, 0, False, (), None)
        look_up = self._request.look_up
        queries = [
            passage_query(plan, self._request.filters, among, look_up)
            for plan in self._request.plans
        ]
        passages = self._reads.first(queries)
        compounds = self._reads.compounds(passages)
        located = self._located(passages)
        if self._request.tally:
            return replace(self._tallied(queries, located), compounds=compounds)
        if self._reads.has_all:
            page = weighed(self._request, located)
        else:
            page = self._unweighed(queries, [found for found in located if found.matches])
        groups = tuple(
            self._moments.shown(cut, self._episodes[cut.located.candidate.episode_id])
            for cut in page.cuts
        )
        return SearchPage(page.hits, page.episodes, page.capped, groups, page.next, compounds)

    def _located(self, passages: Sequence[Numbered]) -> list[Located]:
        """Locate the moments in passages that were just read."""
        beside = self._reads.these(self._moments.beside(passages))
        episodes = self._reads.episodes({passage.episode_id for _, passage in passages})
        self._episodes.update(episodes)
        return self._moments.locate(passages, episodes, beside)

    def _tallied(self, queries: Sequence[Json], located: Sequence[Located]) -> SearchPage:
        """Count the hits of every episode; of very many, the least there are."""
        counts = {f.candidate.episode_id: len(f.matches) for f in located if f.matches}
        if not self._reads.has_all and all(map(self._is_lone, self._request.plans)):
            counts = self._least(queries)
        episodes = self._reads.now(counts)
        tally = tuple(
            Tally(
                episode_id,
                episodes[episode_id]["title"],
                None if (at := published(episodes[episode_id])) == -math.inf else at,
                count,
            )
            for episode_id, count in counts.items()
            if episode_id in episodes
        )
        hits = sum(t.hits for t in tally)
        return SearchPage(hits, len(tally), not self._reads.has_all, (), None, tally=tally)

    def _unweighed(self, queries: Sequence[Json], seen: Sequence[Located]) -> Outline:
        """Walk the episodes from the newest on; the totals are the least there are."""
        page = unweighed(self._request, self._newest(), lambda some: self._scanned(queries, some))
        hits = max(page.hits, sum(len(found.matches) for found in seen))
        episodes = max(page.episodes, len(seen))
        if self._request.after is None and all(map(self._is_lone, self._request.plans)):
            counts = self._least(queries)
            hits, episodes = max(hits, sum(counts.values())), max(episodes, len(counts))
        return replace(page, hits=hits, episodes=episodes)

    def _is_lone(self, plan: QueryPlan) -> bool:
        """One clause and nothing that could take a hit away: whatever matches is a hit."""
        return (
            len(plan.wanted) == 1
            and not plan.unwanted
            and self._request.filters.speakers is None
            and all(len(pattern) == 1 for pattern in plan.wanted[0])
        )

    def _least(self, queries: Sequence[Json]) -> dict[str, int]:
        """Return how many hits each episode has at least.

        Half of the passages that match, rounded up, have a hit of their own: one that matches
        only in the tokens that follow is itself followed by a passage that has the hit.
        """
        return {
            episode_id: -(-passages // 2)
            for query in queries
            for episode_id, passages in self._reads.counts(query).items()
        }

    def _newest(self) -> Iterator[CandidateEpisode]:
        plans = {plan.language: number for number, plan in enumerate(self._request.plans)}
        for episode in self._reads.newest(self._request.filters, self._request.after):
            number = plans.get(episode["language"], plans.get(None))
            if number is not None:
                yield CandidateEpisode(number, episode["episode_id"], published(episode), number)

    def _scanned(
        self, queries: Sequence[Json], candidates: Sequence[CandidateEpisode]
    ) -> list[Located]:
        episodes: defaultdict[int, list[str]] = defaultdict(list)
        for candidate in candidates:
            episodes[candidate.plan].append(candidate.episode_id)
        found = self._located(self._reads.among(queries, episodes))
        located = {one.candidate.episode_id: one for one in found}
        return [located[c.episode_id] for c in candidates if c.episode_id in located]
