"""One page out of OpenSearch: passages that may match, moments by our own code, then the words."""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final

from everyword_events import TransientFailure
from search.adapters.opensearch_client import Json
from search.adapters.opensearch_layout import Layout
from search.adapters.opensearch_match import NO_DATE, episode_query, passage_query
from search.adapters.opensearch_passages import (
    LOCATED_BY,
    Passage,
    PassageKey,
    SaidWords,
    unpack_times,
)
from search.adapters.opensearch_vocabulary import kin_found, kin_search
from search.domain.expansion import Kinship
from search.domain.matching import Alternatives, Match, Plan, Span, apart, combined, kept
from search.domain.pages import (
    FIRST_BATCH,
    Candidate,
    Cut,
    EpisodeMoments,
    Find,
    Found,
    Located,
    Moment,
    Outline,
    Tally,
    locate,
    spread,
    unweighed,
    weighed,
)
from search.domain.query import Filters, folded_name

_MOST_ROWS: Final = 10_000
"""OpenSearch returns so many documents at a time, and terms of an aggregation."""
_ATTEMPTS: Final = 3
_AT_ONCE: Final = 30
"""So many passages are read with all that may be shown of them; more only when shown."""
_SORT: Final = [{"episode_id": "asc"}, {"number": "asc"}]
_SAID: Final = ["said", "times"]
_SHOWN: Final = [
    "episode_id",
    "revision",
    "removed",
    "show",
    "title",
    "link",
    "published",
    "duration_ms",
]


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
    said: dict[str, str] = field(default_factory=dict)
    times: dict[str, str] = field(default_factory=dict)
    reached: dict[int, list[Json]] = field(default_factory=dict)
    indices: set[str] = field(default_factory=set)

    def run(self) -> Found:
        """Return the page."""
        for attempt in range(_ATTEMPTS):
            try:
                return self._run(is_last=attempt == _ATTEMPTS - 1)
            except _Overtaken:
                self.known.clear()
                self.located_in.clear()
                self.said.clear()
                self.times.clear()
                self.indices.clear()
        raise TransientFailure("the index changes too fast to be read", code="index_busy")

    def _run(self, *, is_last: bool) -> Found:
        among = self._episodes_among(self.find.filters)
        if among == []:
            return Found(0, 0, False, (), None)
        queries = [passage_query(plan, self.find.filters, among) for plan in self.find.plans]
        passages, total, compounds = self._first_read(queries)
        if len(passages) < total <= self.most_passages:
            passages += self._read_rest(queries)
        self._learn(passage.episode_id for _, passage in passages)
        if not is_last:
            # On the last attempt it is no longer a race: an old run was left lying about.
            self._check_current(passages)
        located = self._located(passages)
        if self.find.tally:
            return replace(self._tallied(queries, located, total), compounds=compounds)
        if total <= self.most_passages:
            page = weighed(self.find, located)
        else:
            page = self._unweighed(queries, [found for found in located if found.matches])
        return replace(self._found(page), compounds=compounds)

    def _first_read(
        self, queries: Sequence[Json]
    ) -> tuple[list[tuple[int, Passage]], int, dict[str, list[str]]]:
        """Read some passages with all that may be shown of them, and what else was asked for."""
        fields = [*LOCATED_BY, *_SAID]
        asked = [
            (self.layout.passages, {**self._passage_search(query, _AT_ONCE, fields), "sort": _SORT})
            for query in queries
        ]
        if self.find.look_up:
            asked.append((self.layout.words, kin_search(Kinship.JOIN, self.find.look_up)))
        replies = self._searches(asked)
        compounds = kin_found(replies.pop()) if self.find.look_up else {}
        passages = []
        for number, reply in enumerate(replies):
            hits = self._hits(reply)
            self.reached[number] = hits[-1:]
            for hit in hits:
                passages.append((number, Passage(hit["_source"])))
                self._keep_shown(hit)
        total = sum(reply["hits"]["total"]["value"] for reply in replies)
        return passages, total, compounds

    def _read_rest(self, queries: Sequence[Json]) -> list[tuple[int, Passage]]:
        """Read the passages after those of the first read, without what is shown of them."""
        rest = []
        for number, query in enumerate(queries):
            for last in self.reached[number]:
                passages = self._passages(
                    query, self.most_passages, sort=_SORT, search_after=last["sort"]
                )
                rest += [(number, passage) for passage in passages]
        return rest

    def _tallied(self, queries: Sequence[Json], located: Sequence[Located], total: int) -> Found:
        """Count the hits of every episode; of very many, the least there are."""
        is_capped = total > self.most_passages
        if is_capped and all(self._is_lone(plan) for plan in self.find.plans):
            counts = {
                episode_id: -(-passages // 2)
                for query in queries
                for episode_id, passages in self._counts_by_episode(query).items()
            }
            self._learn(counts)
        else:
            counts = {f.candidate.episode_id: len(f.matches) for f in located if f.matches}
        tally = tuple(
            Tally(
                episode_id,
                self.known[episode_id]["title"],
                None
                if (published := _published(self.known[episode_id])) == -math.inf
                else published,
                count,
            )
            for episode_id, count in counts.items()
            if episode_id in self.known and not self.known[episode_id]["removed"]
        )
        return Found(sum(t.hits for t in tally), len(tally), is_capped, (), None, tally=tally)

    def _unweighed(self, queries: Sequence[Json], seen: Sequence[Located]) -> Outline:
        """Walk the episodes from the newest on; the totals are the least there are."""
        page = unweighed(self.find, self._newest(), partial(self._scan, queries))
        hits = max(page.hits, sum(len(found.matches) for found in seen))
        episodes = max(page.episodes, len(seen))
        if self.find.after is None and all(self._is_lone(plan) for plan in self.find.plans):
            counts = [n for query in queries for n in self._counts_by_episode(query).values()]
            hits = max(hits, sum(-(-count // 2) for count in counts))
            episodes = max(episodes, len(counts))
        return replace(page, hits=hits, episodes=episodes)

    def _is_lone(self, plan: Plan) -> bool:
        """One clause and nothing that could take a hit away: whatever matches is a hit."""
        return (
            len(plan.wanted) == 1
            and not plan.unwanted
            and self.find.filters.speakers is None
            and all(len(pattern) == 1 for pattern in plan.wanted[0])
        )

    def _counts_by_episode(self, query: Json) -> dict[str, int]:
        """Return in how many passages of each episode a query matches.

        Half of them, rounded up, have a hit of their own: one that matches only in the tokens
        that follow is itself followed by a passage that has the hit.
        """
        reply = self._search(
            self.layout.passages,
            {
                "size": 0,
                "query": query,
                "aggs": {"episodes": {"terms": {"field": "episode_id", "size": _MOST_ROWS}}},
            },
        )
        buckets = reply["aggregations"]["episodes"]["buckets"]
        return {bucket["key"]: bucket["doc_count"] for bucket in buckets}

    def _episodes_among(self, filters: Filters) -> list[str] | None:
        """Return the episodes that pass the filters; None where there are no filters."""
        query = episode_query(filters)
        if query is None:
            return None
        return [row["_source"]["episode_id"] for row in self._episode_rows(query, ["episode_id"])]

    def _passages(self, query: Json, most: int, **more: Any) -> list[Passage]:
        body = {**self._passage_search(query, most, LOCATED_BY), **more}
        reply = self._search(self.layout.passages, body)
        return [Passage(hit["_source"]) for hit in self._hits(reply)]

    def _hits(self, reply: Json) -> list[Json]:
        """Return the hits of one reply, seeing that all replies come from one generation.

        Raises:
            _Overtaken: the aliases were switched between two reads.
        """
        hits: list[Json] = reply["hits"]["hits"]
        self.indices.update(hit["_index"] for hit in hits)
        if len(self.indices) > 1:
            raise _Overtaken
        return hits

    def _passage_search(self, query: Json, size: int, fields: Sequence[str]) -> Json:
        return {
            "size": size,
            "query": query,
            "sort": ["_doc"],
            "track_total_hits": self.most_passages + 1,
            "_source": list(fields),
        }

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
        around: Mapping[PassageKey, Passage],
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
        candidate = Candidate(0, episode_id, _published(self.known[episode_id]))
        return locate(candidate, matches if lone else apart(matches), lone=lone)

    def _matches(
        self, plan: Plan, passage: Passage, around: Mapping[PassageKey, Passage]
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
        self, clause: Alternatives, passage: Passage, around: Mapping[PassageKey, Passage]
    ) -> list[Span]:
        near = (passage, *(around.get(passage.key.beside(step)) for step in (-1, 1)))
        return sorted({span for one in near if one is not None for span in one.spans(clause)})

    def _neighbours(self, passages: Sequence[tuple[int, Passage]]) -> dict[PassageKey, Passage]:
        """Read the passages before and after, where excluded words need them."""
        if not any(plan.unwanted for plan in self.find.plans):
            return {}
        found = {passage.key: passage for _, passage in passages}
        beside = {key.beside(step) for key in found for step in (-1, 1)} - found.keys()
        missing = [key.document_id for key in beside if key.number >= 0]
        for at in range(0, len(missing), _MOST_ROWS):
            some = missing[at : at + _MOST_ROWS]
            read = self._passages({"ids": {"values": some}}, len(some))
            found |= {passage.key: passage for passage in read}
        return found

    def _newest(self) -> Iterator[Candidate]:
        """Walk the episodes that pass the filters, the newest first, from the page's start on."""
        query = episode_query(self.find.filters) or {"match_all": {}}
        after = self.find.after
        if after is None:
            yield from self._walk(query, None)
            return
        # The episode the last page ended in comes once more: it may go on.
        same = {"term": {"episode_id": after.episode_id}}
        yield from self._walk({"bool": {"filter": [query, same]}}, None)
        published = NO_DATE if after.published == -math.inf else after.published
        yield from self._walk(query, [published, after.episode_id])

    def _walk(self, query: Json, past: list[float | str] | None) -> Iterator[Candidate]:
        plans = {plan.language: number for number, plan in enumerate(self.find.plans)}
        size = 2 * FIRST_BATCH
        spoken = {"bool": {"must_not": [{"term": {"revision": ""}}]}}
        while True:
            body: Json = {
                "size": size,
                "query": {"bool": {"filter": [query, spoken]}},
                "sort": [{"published": "desc"}, {"episode_id": "desc"}],
                "_source": [*_SHOWN, "language"],
            }
            if past is not None:
                body["search_after"] = past
            rows = self._search(self.layout.episodes, body)["hits"]["hits"]
            for row in rows:
                source = row["_source"]
                plan = plans.get(source["language"], plans.get(None))
                if plan is None:
                    continue
                self.known[source["episode_id"]] = source
                yield Candidate(plan, source["episode_id"], _published(source), plan)
            if len(rows) < size:
                return
            past = rows[-1]["sort"]
            size = min(4 * size, _MOST_ROWS)

    def _scan(self, queries: Sequence[Json], candidates: Sequence[Candidate]) -> list[Located]:
        by_plan: defaultdict[int, list[str]] = defaultdict(list)
        for candidate in candidates:
            by_plan[candidate.plan].append(candidate.episode_id)
        passages = [
            (number, passage)
            for number, episodes in by_plan.items()
            for passage in self._passages(_only(queries[number], episodes), _MOST_ROWS)
        ]
        located = {found.candidate.episode_id: found for found in self._located(passages)}
        return [located[c.episode_id] for c in candidates if c.episode_id in located]

    def _found(self, page: Outline) -> Found:
        self._read_shown(page.cuts)
        return Found(
            page.hits,
            page.episodes,
            page.capped,
            tuple(map(self._shown, page.cuts)),
            page.next,
        )

    def _read_shown(self, cuts: Sequence[Cut]) -> None:
        """Read what is shown of the page's moments, and when the others of its episodes are."""
        said: set[str] = set()
        timed: set[str] = set()
        for cut in cuts:
            episode_id, matches = cut.located.candidate.episode_id, cut.located.matches
            said |= self._ids(episode_id, matches[cut.first : cut.last])
            timed |= self._ids(episode_id, matches[spread(matches)])
        asked = [
            *_in_parts(said - self.said.keys(), _SAID),
            *_in_parts(timed - said - self.times.keys(), ["times"]),
        ]
        if not asked:
            return
        bodies = [
            {"size": len(ids), "query": {"ids": {"values": ids}}, "_source": fields}
            for ids, fields in asked
        ]
        replies = self._searches([(self.layout.passages, body) for body in bodies])
        for (ids, _), reply in zip(asked, replies, strict=True):
            hits = self._hits(reply)
            if len(hits) < len(ids):
                raise _Overtaken
            for hit in hits:
                self._keep_shown(hit)

    def _ids(self, episode_id: str, matches: Sequence[Match]) -> set[str]:
        passages = {id(p): p for p in (self.located_in[episode_id, m.first] for m in matches)}
        return {passage.key.document_id for passage in passages.values()}

    def _keep_shown(self, hit: Json) -> None:
        self.times[hit["_id"]] = hit["_source"]["times"]
        if "said" in hit["_source"]:
            self.said[hit["_id"]] = hit["_source"]["said"]

    def _shown(self, cut: Cut) -> EpisodeMoments:
        episode_id = cut.located.candidate.episode_id
        about = self.known[episode_id]
        matches = cut.located.matches
        said: dict[int, SaidWords] = {}
        times: dict[int, Sequence[int]] = {}

        def moment(match: Match) -> Moment:
            passage = self.located_in[episode_id, match.first]
            if passage.first not in said:
                key = passage.key.document_id
                said[passage.first] = SaidWords.unpack(self.said[key], self.times[key])
            return said[passage.first].moment(match, passage.speaker(match.first))

        def start_s(match: Match) -> float:
            passage = self.located_in[episode_id, match.first]
            if passage.first not in times:
                times[passage.first] = unpack_times(self.times[passage.key.document_id])
            return times[passage.first][match.first - passage.first_shown] / 1000

        return EpisodeMoments(
            episode_id=episode_id,
            show=about["show"],
            title=about["title"],
            published_s=None if about["published"] <= NO_DATE else about["published"],
            link=about["link"],
            duration_s=about["duration_ms"] / 1000,
            hits=len(matches),
            starts_s=sorted(map(start_s, matches[spread(matches)])),
            moments=tuple(map(moment, matches[cut.first : cut.last])),
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
            rows = self._search(self.layout.episodes, body)["hits"]["hits"]
            yield from rows
            if len(rows) < _MOST_ROWS:
                return
            body["search_after"] = rows[-1]["sort"]

    def _search(self, index: str, body: Json) -> Json:
        return self._searches([(index, body)])[0]

    def _searches(self, asked: Sequence[tuple[str, Json]]) -> list[Json]:
        left_s = self.find.left_s()
        if left_s < math.inf:
            timeout = f"{max(1, round(left_s * 1000))}ms"
            asked = [(index, {**body, "timeout": timeout}) for index, body in asked]
        return self.layout.client.searches(asked)


def _in_parts(ids: Iterable[str], fields: Sequence[str]) -> list[tuple[list[str], Sequence[str]]]:
    ordered = sorted(ids)
    return [(ordered[at : at + _MOST_ROWS], fields) for at in range(0, len(ordered), _MOST_ROWS)]


def _published(source: Json) -> float:
    published: float = source["published"]
    return -math.inf if published <= NO_DATE else published


def _only(query: Json, episodes: Sequence[str]) -> Json:
    return {"bool": {"filter": [query, {"terms": {"episode_id": list(episodes)}}]}}
