"""Found by sound on OpenSearch: trigrams of phones choose the passages to align.

The passages of sounds lie in an index of their own, beside those of words and by the same rules:
written before the episode's document names their run, deleted after it names another.
"""

import base64
import math
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from everyword_events import TransientFailure
from search.adapters.opensearch.client import Json
from search.adapters.opensearch.known import KnownEpisodes, Overtaken
from search.adapters.opensearch.layout import Layout
from search.adapters.opensearch.locate import moment_in, moments_of
from search.adapters.opensearch.passages import PassageKey
from search.adapters.opensearch.read import Reads
from search.domain.document import EpisodeDocument
from search.domain.matching import Match, MatchSpan
from search.domain.pages import EpisodeMoments, SearchRequest
from search.domain.phonetics import (
    Passages,
    PhoneMatch,
    PhonePassage,
    PhoneSequence,
    weighed_grams,
)
from search.domain.query import Filters

_ATTEMPTS: Final = 3


class _Run(NamedTuple):
    """A run of an episode, and how many words its passages of words were given."""

    episode_id: str
    revision: str
    size: int


def phone_passages(
    document: EpisodeDocument, stream: PhoneSequence, size: int
) -> Iterator[tuple[str, Json]]:
    """Yield an episode's passages of sounds with their ids; `size` as of its words' passages."""
    for number, passage in enumerate(stream.passages()):
        key = PassageKey(document.episode_id, document.revision, size, number)
        yield (
            key.document_id,
            {
                "episode_id": document.episode_id,
                "revision": document.revision,
                "size": size,
                "number": number,
                "is_reading": stream.is_recognized,
                "sounds": passage.own,
                "more": passage.phones[len(passage.own) :],
                "owners": base64.b64encode(passage.owners).decode(),
            },
        )


def recognized_phones_in(passages: Sequence[Json]) -> PhoneSequence | None:
    """Return the acoustic reading that an episode's passages of sounds hold, if one."""
    if not any(source["is_reading"] for source in passages):
        return None
    return PhoneSequence.joined(map(_passage, passages), is_recognized=True)


@dataclass(frozen=True)
class OpenSearchPhoneticIndex:
    """What the episodes behind one prefix sound like."""

    layout: Layout
    known: KnownEpisodes

    def candidates(
        self, sounds: str, filters: Filters, *, most: int, ends_at: float = math.inf
    ) -> Passages:
        """Return the passages that may hold the sounds."""
        for _ in range(_ATTEMPTS):
            try:
                return self._candidates(sounds, SearchRequest((), filters, ends_at=ends_at), most)
            except Overtaken:
                continue
        raise TransientFailure("the index changes too fast to be read", code="index_busy")

    def moments(self, places: Sequence[PhoneMatch]) -> Mapping[PhoneMatch, EpisodeMoments]:
        """Return the moment of each place."""
        keys = {place: _key_of(place) for place in places}
        reads = Reads(self.layout, self.known, SearchRequest(()), len(places))
        passages = {passage.key: passage for passage in reads.these({*keys.values()})}
        episodes = reads.now({key.episode_id for key in passages})
        found: dict[PhoneMatch, EpisodeMoments] = {}
        for place, key in keys.items():
            episode = episodes.get(key.episode_id)
            if key in passages and episode is not None and episode["revision"] == key.revision:
                match = Match(place.first, place.last, (MatchSpan(place.first, place.last),))
                found[place] = moments_of(episode, (moment_in(passages[key], match),))
        return found

    def _candidates(self, sounds: str, request: SearchRequest, most: int) -> Passages:
        reads = Reads(self.layout, self.known, request, most)
        among = reads.episodes_among(request.filters)
        conditions = [] if among is None else [{"terms": {"episode_id": among}}]
        count = self.layout.client.count(self.layout.sounds, {"bool": {"filter": conditions}})
        query: Json = {"bool": {"filter": conditions}}
        if count > most:
            query["bool"]["minimum_should_match"] = 1
            query["bool"]["should"] = [
                {"constant_score": {"filter": {"term": {"sounds": gram}}, "boost": weight}}
                for gram, weight in weighed_grams(sounds)
            ]
        body = {
            "size": most,
            "query": query,
            "sort": [{"_score": "desc"}, {"episode_id": "asc"}, {"number": "asc"}],
            "track_total_hits": False,
        }
        hits = reads.sounds(body)
        episodes = reads.episodes({hit["_source"]["episode_id"] for hit in hits})
        read: list[tuple[Hashable, PhonePassage]] = []
        derived: list[tuple[Hashable, PhonePassage]] = []
        for source in (hit["_source"] for hit in hits):
            run = _run_of(source)
            if run.revision == episodes.get(run.episode_id, {}).get("revision"):
                (read if source["is_reading"] else derived).append((run, _passage(source)))
        return Passages(read, derived, are_all=count <= most)


def _run_of(source: Json) -> _Run:
    return _Run(source["episode_id"], source["revision"], source["size"])


def _key_of(place: PhoneMatch) -> PassageKey:
    run = place.episode
    assert isinstance(run, _Run)
    return PassageKey(*run, place.first // run.size)


def _passage(source: Json) -> PhonePassage:
    return PhonePassage(source["sounds"] + source["more"], base64.b64decode(source["owners"]))
