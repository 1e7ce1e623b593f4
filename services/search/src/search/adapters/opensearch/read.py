"""One attempt's requests to OpenSearch: passages, and whether the episodes stayed as they were."""

import math
import time
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from everyword_events import Misconfigured
from search.adapters.opensearch.client import Json
from search.adapters.opensearch.known import (
    MARK,
    MARK_ID,
    KnownEpisodes,
    Overtaken,
    mark_in,
    with_mark,
)
from search.adapters.opensearch.layout import Layout
from search.adapters.opensearch.match import NO_DATE, episode_query
from search.adapters.opensearch.passages import Passage, PassageKey
from search.adapters.opensearch.vocabulary import variant_search, variants_found
from search.domain.expansion import VariantKind
from search.domain.pages import FIRST_BATCH, PagePosition, SearchRequest
from search.domain.query import Filters

Numbered = tuple[int, Passage]
"""A passage, and the number of the plan that it may hold moments of."""
MOST_ROWS: Final = 10_000
"""OpenSearch returns so many documents at a time, and terms of an aggregation."""
_AT_ONCE: Final = 100
"""So many passages are read at first: more than most queries match."""
_SORT: Final = [{"episode_id": "asc"}, {"number": "asc"}]


class _Read(NamedTuple):
    """How many passages match, and those that were read."""

    total: int
    hits: list[Json]


@dataclass
class Reads:
    """Reads for one page; all that it gives comes from one generation.

    `most_passages` are read at most to count and weigh hits exactly.
    """

    layout: Layout
    known: KnownEpisodes
    request: SearchRequest
    most_passages: int
    total: int = 0
    _since_s: float = field(default_factory=time.monotonic)
    _mark: str = ""
    _indices: set[str] = field(default_factory=set)

    def first(self, queries: Sequence[Json]) -> list[Numbered]:
        """Read what the queries match.

        Of more passages than are read at most, only some; `total` is how many there are.
        """
        bodies = [{**self._body(query, _AT_ONCE), "sort": _SORT} for query in queries]
        replies = self._read(bodies)
        self.total = sum(reply.total for reply in replies)
        passages: list[Numbered] = []
        rest: list[tuple[int, Json]] = []
        for number, reply in enumerate(replies):
            passages += [(number, Passage(hit["_source"])) for hit in reply.hits]
            if reply.total > len(reply.hits):
                body = {**bodies[number], "size": self.most_passages}
                rest.append((number, {**body, "search_after": reply.hits[-1]["sort"]}))
        if rest and self.has_all:
            for (number, _), reply in zip(rest, self._read([b for _, b in rest]), strict=True):
                passages += [(number, Passage(hit["_source"])) for hit in reply.hits]
        return passages

    def compounds(self, passages: Sequence[Numbered]) -> dict[str, list[str]]:
        """Return how the words that were asked about are said apart, where they are compounds.

        The passages tell, if they are all that can; else the vocabulary does.
        """
        look_up = self.request.look_up
        if not look_up:
            return {}
        if not self.has_all or any(plan.unwanted for plan in self.request.plans):
            search = variant_search([(VariantKind.JOIN, word) for word in look_up])
            told = variants_found(self._searches([(self.layout.words, search)])[0])
            return {word: ways for (_, word), ways in told.items()}
        found: defaultdict[str, set[str]] = defaultdict(set)
        for _, passage in passages:
            for word, apart in passage.compounds:
                if word in look_up:
                    found[word].add(apart)
        return {word: sorted(ways) for word, ways in found.items()}

    @property
    def has_all(self) -> bool:
        """Tell whether `first` read all that the queries match."""
        return self.total <= self.most_passages

    def among(self, queries: Sequence[Json], episodes: Mapping[int, list[str]]) -> list[Numbered]:
        """Read all that the queries match in some episodes."""
        self._since_s = time.monotonic()
        bodies = [
            self._body(_only(queries[number], some), MOST_ROWS) for number, some in episodes.items()
        ]
        return [
            (number, Passage(hit["_source"]))
            for number, reply in zip(episodes, self._read(bodies), strict=True)
            for hit in reply.hits
        ]

    def these(self, keys: Collection[PassageKey]) -> list[Passage]:
        """Read the passages of these keys, where there are any."""
        if not keys:
            return []
        ids = [key.document_id for key in keys]
        bodies = [
            self._body({"ids": {"values": ids[at : at + MOST_ROWS]}}, MOST_ROWS)
            for at in range(0, len(ids), MOST_ROWS)
        ]
        return [Passage(hit["_source"]) for reply in self._read(bodies) for hit in reply.hits]

    def sounds(self, body: Json) -> list[Json]:
        """Search what episodes sound like; return the hits."""
        reply, mark = self._searches(
            [(self.layout.sounds, body)], then=[(self.layout.passages, MARK)]
        )
        self._mark = mark_in(mark["hits"]["hits"])
        return self._hits(reply)

    def counts(self, query: Json) -> dict[str, int]:
        """Return in how many passages of each episode a query matches."""
        by_episode = {"terms": {"field": "episode_id", "size": MOST_ROWS}}
        body = {"size": 0, "query": query, "aggs": {"episodes": by_episode}}
        (reply,) = self._searches([(self.layout.passages, body)])
        buckets = reply["aggregations"]["episodes"]["buckets"]
        return {bucket["key"]: bucket["doc_count"] for bucket in buckets}

    def episodes(self, episode_ids: Collection[str]) -> Mapping[str, Json]:
        """Return the episodes that count, as they were while their passages were read.

        Raises:
            Overtaken: some were written meanwhile.
        """
        return self.known.throughout(episode_ids, self._since_s, self._mark, self._search_episodes)

    def now(self, episode_ids: Collection[str]) -> Mapping[str, Json]:
        """Return the episodes that count, as they are now."""
        return self.known.throughout(episode_ids, math.inf, self._mark, self._search_episodes)

    def episodes_among(self, filters: Filters) -> list[str] | None:
        """Return the episodes that pass the filters; None where there are no filters."""
        query = episode_query(filters)
        if query is None:
            return None
        body = {"size": MOST_ROWS, "query": query, "sort": [{"episode_id": "asc"}]}
        found: list[str] = []
        while True:
            hits = self._search_episodes({**body, "_source": False})["hits"]["hits"]
            found += [hit["_id"] for hit in hits]
            if len(hits) < MOST_ROWS:
                return found
            body["search_after"] = hits[-1]["sort"]

    def newest(self, filters: Filters, after: PagePosition | None) -> Iterator[Json]:
        """Walk the episodes that pass the filters, the newest first, from a place on."""
        query = episode_query(filters) or {"match_all": {}}
        if after is None:
            yield from self._walk(query, None)
            return
        # The episode the last page ended in comes once more: it may go on.
        yield from self._walk(_only(query, [after.episode_id]), None)
        published = NO_DATE if after.published == -math.inf else after.published
        yield from self._walk(query, [published, after.episode_id])

    def _walk(self, query: Json, past: list[Any] | None) -> Iterator[Json]:
        size = 2 * FIRST_BATCH
        spoken = {"bool": {"must_not": [{"term": {"revision": ""}}]}}
        while True:
            body: Json = {
                "size": size,
                "query": {"bool": {"filter": [query, spoken]}},
                "sort": [{"published": "desc"}, {"episode_id": "desc"}],
            }
            if past is not None:
                body["search_after"] = past
            hits = self.known.rows(body, self._mark, self._search_episodes)
            yield from (hit["_source"] for hit in hits)
            if len(hits) < size:
                return
            past = hits[-1]["sort"]
            size = min(4 * size, MOST_ROWS)

    def _read(self, bodies: Sequence[Json]) -> list[_Read]:
        """Search passages, and for the mark: with them, or after all of them were read."""
        if len(bodies) == 1 and self.known.in_one_shard and "search_after" not in bodies[0]:
            return [self._read_with_mark(bodies[0])]
        asked = [(self.layout.passages, body) for body in bodies]
        *replies, mark = self._searches(asked, then=[(self.layout.passages, MARK)])
        self._mark = mark_in(mark["hits"]["hits"])
        return [_Read(reply["hits"]["total"]["value"], self._hits(reply)) for reply in replies]

    def _read_with_mark(self, body: Json) -> _Read:
        """Search passages and the mark at once: in one shard both are as they were at one time.

        Raises:
            Overtaken: there are more shards.
        """
        size = min(body["size"] + 1, MOST_ROWS)
        body = {**body, "size": size, "query": with_mark(body["query"])}
        (reply,) = self._searches([(self.layout.passages, body)])
        if reply["_shards"]["total"] > 1:
            self.known.in_one_shard = False
            raise Overtaken
        hits = self._hits(reply)
        self._mark = mark_in(hits)
        found = [hit for hit in hits if hit["_id"] != MARK_ID]
        return _Read(reply["hits"]["total"]["value"] - (len(hits) - len(found)), found)

    def _body(self, query: Json, size: int) -> Json:
        return {
            "size": size,
            "query": query,
            "sort": ["_doc"],
            "track_total_hits": self.most_passages + 2,  # the mark may be one
        }

    def _hits(self, reply: Json) -> list[Json]:
        """Return the hits of one reply, seeing that all replies come from one generation.

        Raises:
            Overtaken: the aliases were switched between two reads.
            Misconfigured: they were switched to a format that this program does not know.
        """
        hits: list[Json] = reply["hits"]["hits"]
        for index in {hit["_index"] for hit in hits} - self._indices:
            if not self.layout.knows(index):
                raise Misconfigured(
                    "the search index was written anew by another version",
                    hint="restart everyword in that version",
                    code="index_too_new",
                )
            self._indices.add(index)
        if len(self._indices) > 1:
            raise Overtaken
        return hits

    def _search_episodes(self, body: Json) -> Json:
        return self._searches([(self.layout.episodes, body)])[0]

    def _searches(
        self, asked: Sequence[tuple[str, Json]], then: Sequence[tuple[str, Json]] = ()
    ) -> list[Json]:
        left_s = self.request.left_s()
        if left_s < math.inf:
            timeout = f"{max(1, round(left_s * 1000))}ms"
            asked = [(index, {**body, "timeout": timeout}) for index, body in asked]
        return self.layout.client.searches([*asked, *then])


def _only(query: Json, episodes: Sequence[str]) -> Json:
    return {"bool": {"filter": [query, {"terms": {"episode_id": list(episodes)}}]}}
