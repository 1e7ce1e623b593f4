"""One page out of OpenSearch: passages that may match, moments by our own code, then the words."""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from everyword_events import TransientFailure
from search.adapters.opensearch_client import Json, OpenSearchClient
from search.adapters.opensearch_layout import Layout
from search.adapters.opensearch_match import NO_DATE, episode_query, passage_query
from search.adapters.opensearch_passages import LOCATED_BY, Passage, SaidWords, passage_id
from search.domain.matching import Match, Plan, Span, apart, combined, kept
from search.domain.pages import (
    Candidate,
    Cut,
    EpisodeMoments,
    Find,
    Found,
    Located,
    Moment,
    Outline,
    locate,
    unweighed,
    weighed,
)
from search.domain.query import Filters, folded_name

_MOST_ROWS: Final = 10_000
"""OpenSearch returns so many documents at a time, and terms of an aggregation."""
_ATTEMPTS: Final = 3
_SHOWN: Final = ["episode_id", "revision", "removed", "show", "title", "link", "published"]


class _Overtaken(Exception):
    """What was read first is no longer there."""


@dataclass
class PageFinder:
    """Finds one page; at most `most_passages` are read to count and weigh hits exactly."""

    layout: Layout
    find: Find
    most_passages: int
    known: dict[str, Json] = field(default_factory=dict)
    located_in: dict[tuple[str, int], Passage] = field(default_factory=dict)

    def run(self) -> Found:
        """Return the page."""
        for attempt in range(_ATTEMPTS):
            try:
                return self._run(is_last=attempt == _ATTEMPTS - 1)
            except _Overtaken:
                self.known.clear()
                self.located_in.clear()
        raise TransientFailure("the index changes too fast to be read", code="index_busy")

    def _run(self, *, is_last: bool) -> Found:
        among = self._episodes_among(self.find.filters)
        if among == []:
            return Found(0, 0, False, (), None)
        passages: list[tuple[int, Passage]] = []
        total = 0
        for number, plan in enumerate(self.find.plans):
            query = passage_query(plan, self.find.filters, among)
            read, matching = self._passages(query)
            passages += [(number, passage) for passage in read]
            total += matching
        self._learn(passage.episode_id for _, passage in passages)
        if not is_last:
            # On the last attempt it is no longer a race: an old run was left lying about.
            self._check_current(passages)
        located = self._located(passages)
        if total <= self.most_passages:
            page = weighed(self.find, located)
        else:
            page = self._unweighed(among, [found for found in located if found.matches])
        return self._found(page)

    def _unweighed(self, among: list[str] | None, seen: Sequence[Located]) -> Outline:
        page = unweighed(self.find, self._newest(among), self._scan)
        return replace(
            page,
            hits=max(page.hits, sum(len(found.matches) for found in seen)),
            episodes=max(page.episodes, len(seen)),
        )

    def _episodes_among(self, filters: Filters) -> list[str] | None:
        """Return the episodes that pass the filters; None where there are no filters."""
        query = episode_query(filters)
        if query is None:
            return None
        return [row["_source"]["episode_id"] for row in self._episode_rows(query, ["episode_id"])]

    def _passages(self, query: Json, most: int | None = None) -> tuple[list[Passage], int]:
        most = self.most_passages if most is None else most
        reply = self._client.search(
            self.layout.passages,
            {
                "size": most,
                "query": query,
                "sort": ["_doc"],
                "track_total_hits": most + 1,
                "_source": LOCATED_BY,
            },
        )
        hits = reply["hits"]
        return [Passage(hit["_source"]) for hit in hits["hits"]], hits["total"]["value"]

    def _learn(self, episode_ids: Iterable[str]) -> None:
        """Read what is known of episodes, after their passages: see `OpenSearchWordIndex.put`."""
        asked = sorted(set(episode_ids) - self.known.keys())
        if asked:
            rows = self._episode_rows({"terms": {"episode_id": asked}}, _SHOWN)
            self.known.update({row["_source"]["episode_id"]: row["_source"] for row in rows})

    def _counts(self, passage: Passage) -> bool:
        episode = self.known.get(passage.episode_id)
        return (
            episode is not None
            and not episode["removed"]
            and episode["revision"] == passage.source["revision"]
        )

    def _check_current(self, passages: Sequence[tuple[int, Passage]]) -> None:
        """See that no episode was read only in an older run than the one that counts.

        Raises:
            _Overtaken: an episode was replaced between the two reads.
        """
        current = {passage.episode_id for _, passage in passages if self._counts(passage)}
        for _, passage in passages:
            episode = self.known.get(passage.episode_id)
            if (
                episode is not None
                and passage.episode_id not in current
                and not episode["removed"]
                and passage.source["revision"] < episode["revision"]
            ):
                raise _Overtaken

    def _located(self, passages: Sequence[tuple[int, Passage]]) -> list[Located]:
        """Locate the moments of the episodes whose passages these are."""
        by_episode: defaultdict[str, list[tuple[int, Passage]]] = defaultdict(list)
        for number, passage in passages:
            if self._counts(passage):
                by_episode[passage.episode_id].append((number, passage))
        around = self._neighbours(passages)
        return [self._locate(episode_id, some, around) for episode_id, some in by_episode.items()]

    def _locate(
        self,
        episode_id: str,
        passages: Sequence[tuple[int, Passage]],
        around: Mapping[tuple[str, str, int], Passage],
    ) -> Located:
        matches: list[Match] = []
        plan = self.find.plans[passages[0][0]]
        for _, passage in sorted(passages, key=lambda pair: pair[1].key):
            here = [
                match for match in self._matches(plan, passage, around) if passage.owns(match.first)
            ]
            for match in here:
                self.located_in[episode_id, match.first] = passage
            matches += here
        lone = len(plan.wanted) == 1
        published = self.known[episode_id]["published"]
        candidate = Candidate(0, episode_id, -math.inf if published <= NO_DATE else published)
        return locate(candidate, matches if lone else apart(matches), lone=lone)

    def _matches(
        self, plan: Plan, passage: Passage, around: Mapping[tuple[str, str, int], Passage]
    ) -> list[Match]:
        found = combined([passage.spans(clause) for clause in plan.wanted])
        if not found:
            return []
        unwanted = [self._spans_around(clause, passage, around) for clause in plan.unwanted]
        speakers = self.find.filters.speakers
        found = [match for match in found if passage.owns(match.first)]

        def said_by(word: int) -> bool:
            speaker = passage.speaker(word)
            return speaker is not None and folded_name(speaker) in (speakers or ())

        return kept(found, unwanted, said_by=None if speakers is None else said_by)

    def _spans_around(
        self, clause: object, passage: Passage, around: Mapping[tuple[str, str, int], Passage]
    ) -> list[Span]:
        episode_id, revision, number = passage.key
        near = (passage, *(around.get((episode_id, revision, n)) for n in (number - 1, number + 1)))
        return sorted({span for one in near if one is not None for span in one.spans(clause)})  # type: ignore[arg-type]

    def _neighbours(
        self, passages: Sequence[tuple[int, Passage]]
    ) -> dict[tuple[str, str, int], Passage]:
        """Read the passages before and after, where excluded words need them."""
        if not any(plan.unwanted for plan in self.find.plans):
            return {}
        found = {passage.key: passage for _, passage in passages}
        missing = [
            passage_id(episode_id, revision, near)
            for episode_id, revision, number in found
            for near in (number - 1, number + 1)
            if near >= 0 and (episode_id, revision, near) not in found
        ]
        for at in range(0, len(missing), _MOST_ROWS):
            some = missing[at : at + _MOST_ROWS]
            read, _ = self._passages({"ids": {"values": some}}, len(some))
            found |= {passage.key: passage for passage in read}
        return found

    def _newest(self, among: list[str] | None) -> Iterator[Candidate]:
        """Walk the episodes that may match, the newest first, from where the page starts."""
        candidates = {
            bucket["key"]: number
            for number, plan in enumerate(self.find.plans)
            for bucket in self._episode_buckets(plan, among)
        }
        after = self.find.after
        past: list[float | str] | None = None
        query: Json = {"terms": {"episode_id": list(candidates)}}
        if after is not None:
            published = NO_DATE if after.published == -math.inf else after.published
            # The episode the last page ended in comes once more: it may go on.
            same = {"term": {"episode_id": after.episode_id}}
            yield from self._walk({"bool": {"filter": [query, same]}}, None, candidates)
            past = [published, after.episode_id]
        yield from self._walk(query, past, candidates)

    def _walk(
        self, query: Json, past: list[float | str] | None, plans: Mapping[str, int]
    ) -> Iterator[Candidate]:
        while True:
            body: Json = {
                "size": 4 * self.find.limit + 1,
                "query": {"bool": {"filter": [query, {"term": {"removed": False}}]}},
                "sort": [{"published": "desc"}, {"episode_id": "desc"}],
                "_source": _SHOWN,
            }
            if past is not None:
                body["search_after"] = past
            rows = self._client.search(self.layout.episodes, body)["hits"]["hits"]
            for row in rows:
                source = row["_source"]
                self.known[source["episode_id"]] = source
                published = source["published"]
                yield Candidate(
                    0,
                    source["episode_id"],
                    -math.inf if published <= NO_DATE else published,
                    plans[source["episode_id"]],
                )
            if len(rows) < body["size"]:
                return
            past = rows[-1]["sort"]

    def _episode_buckets(self, plan: Plan, among: list[str] | None) -> Sequence[Json]:
        reply = self._client.search(
            self.layout.passages,
            {
                "size": 0,
                "query": passage_query(plan, self.find.filters, among),
                "aggs": {"episodes": {"terms": {"field": "episode_id", "size": _MOST_ROWS}}},
            },
        )
        buckets: Sequence[Json] = reply["aggregations"]["episodes"]["buckets"]
        return buckets

    def _scan(self, candidates: Sequence[Candidate]) -> list[Located]:
        by_plan: defaultdict[int, list[str]] = defaultdict(list)
        for candidate in candidates:
            by_plan[candidate.plan].append(candidate.episode_id)
        passages: list[tuple[int, Passage]] = []
        for number, episodes in by_plan.items():
            query = passage_query(self.find.plans[number], self.find.filters, episodes)
            read, _ = self._passages(query, _MOST_ROWS)
            passages += [(number, passage) for passage in read]
        located = {found.candidate.episode_id: found for found in self._located(passages)}
        return [located[c.episode_id] for c in candidates if c.episode_id in located]

    def _found(self, page: Outline) -> Found:
        shown = self._said(page.cuts)
        return Found(
            page.hits,
            page.episodes,
            page.capped,
            tuple(self._shown(cut, shown) for cut in page.cuts),
            page.next,
        )

    def _said(self, cuts: Sequence[Cut]) -> dict[str, SaidWords]:
        """Read what is shown of the passages in which a page's moments are."""
        ids = {
            self.located_in[cut.located.candidate.episode_id, match.first].document_id
            for cut in cuts
            for match in cut.located.matches[cut.first : cut.last]
        }
        if not ids:
            return {}
        rows = self._client.search(
            self.layout.passages,
            {"size": len(ids), "query": {"ids": {"values": sorted(ids)}}, "_source": ["said"]},
        )["hits"]["hits"]
        if len(rows) < len(ids):
            raise _Overtaken
        return {row["_id"]: SaidWords(row["_source"]["said"]) for row in rows}

    def _shown(self, cut: Cut, said: Mapping[str, SaidWords]) -> EpisodeMoments:
        episode_id = cut.located.candidate.episode_id
        about = self.known[episode_id]

        def moment(match: Match) -> Moment:
            passage = self.located_in[episode_id, match.first]
            return said[passage.document_id].moment(match, passage.speaker(match.first))

        return EpisodeMoments(
            episode_id=episode_id,
            show=about["show"],
            title=about["title"],
            published_s=None if about["published"] <= NO_DATE else about["published"],
            link=about["link"],
            hits=len(cut.located.matches),
            moments=tuple(map(moment, cut.located.matches[cut.first : cut.last])),
            more=cut.more,
        )

    def _episode_rows(self, query: Json, fields: Sequence[str]) -> Iterator[Json]:
        body: Json = {
            "size": _MOST_ROWS,
            "query": query,
            "sort": [{"episode_id": "asc"}],
            "_source": list(fields),
        }
        while True:
            rows = self._client.search(self.layout.episodes, body)["hits"]["hits"]
            yield from rows
            if len(rows) < _MOST_ROWS:
                return
            body["search_after"] = rows[-1]["sort"]

    @property
    def _client(self) -> OpenSearchClient:
        return self.layout.client
