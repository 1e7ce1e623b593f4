"""What this process knows of episodes, and whether that still holds.

A page must count each episode in one run, whole. The proof: if an episode's document was the same
before its passages were read and after, then all that time the passages of the run it names were
there (`OpenSearchWordIndex.put` writes them before it, and deletes them after it was replaced).

To see that without reading the documents again, one more document lies among the passages: the
mark. Every write gives it a new value once the episode's document can be found, and deletes
passages only once the mark can be found. A search for passages reads the mark with them, from the
same state of the index: as long as it is what it was before a document was read, nothing was
deleted that the document names, and no write has returned that the document does not show.

Documents that must be read again come with the sum of all stamps: every write adds a random
number above zero to the `stamp` of its episode, so while the sum is the same they all are. A
document that is as it was before the passages were read counts for them. No clock counts but
this process's own.
"""

import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from secrets import randbelow
from typing import Final
from uuid import uuid4

from search.adapters.opensearch.client import Json

Search = Callable[[Json], Json]
"""Runs one search among the episodes."""
MARK_ID: Final = "mark"
_MARK: Final[Json] = {"ids": {"values": [MARK_ID]}}
MARK: Final[Json] = {"size": 1, "track_total_hits": False, "query": _MARK}
"""The search for the mark alone, among the passages."""
_SUM: Final[Json] = {"sum": {"sum": {"field": "stamp"}}}
_AMONG_ALL: Final[Json] = {"all": {"global": {}, "aggs": _SUM}}
_TRUSTED_FOR_S: Final = 600.0
"""Documents are read again after so long: a writer that died may have left the mark as it was."""
_MOST_ROWS: Final = 10_000
_MOST_KNOWN: Final = 20_000
_STAMPS: Final = 1 << 20
"""A sum of stamps is exact up to 2**53: some 16 thousand million writes."""


class Overtaken(Exception):
    """What was read does not fit together: something was written meanwhile."""


@dataclass(frozen=True)
class _Known:
    """An episode's document, or None: there is none.

    It was so from `since_s` until `read_s`, when it was read; before that, the mark was `mark`.
    """

    about: Json | None
    since_s: float
    read_s: float
    mark: str

    def holds(self, mark: str) -> bool:
        """Tell whether it is so still, where the mark now is `mark`."""
        return self.mark == mark and time.monotonic() < self.read_s + _TRUSTED_FOR_S


class KnownEpisodes:
    """Documents of episodes as they were last read; shared by all searches of a process.

    `in_one_shard` tells whether a search reads all passages, the mark among them, in one state.
    """

    def __init__(self) -> None:
        self.in_one_shard = True
        self._known: dict[str, _Known] = {}
        self._sum = -1.0
        self._sum_since_s = 0.0
        self._lock = threading.Lock()

    def throughout(
        self, episode_ids: Collection[str], since_s: float, mark: str, search: Search
    ) -> Mapping[str, Json]:
        """Return the documents of the episodes; of those that are there and not removed.

        They were so from `since_s` (of `time.monotonic`) until now, or as good as that: `mark`
        was just read with passages, or after them.

        Raises:
            Overtaken: of some that is not certain; it will be when they are asked for again.
        """
        with self._lock:
            known = {key: self._known[key] for key in episode_ids if key in self._known}
        missing = [key for key in episode_ids if key not in known or not known[key].holds(mark)]
        if missing:
            known.update(self._read(missing, mark, search))
        counting: dict[str, Json] = {}
        for key, one in known.items():
            if one.about is not None and not one.about["removed"]:
                if one.since_s >= since_s:
                    raise Overtaken
                counting[key] = one.about
        return counting

    def rows(self, body: Json, mark: str, search: Search) -> list[Json]:
        """Read documents with a search of one's own, and remember them; return its hits.

        `mark` was read before.
        """
        reply = search({**body, "aggs": _AMONG_ALL})
        hits: list[Json] = reply["hits"]["hits"]
        abouts = {hit["_source"]["episode_id"]: hit["_source"] for hit in hits}
        self._learn(abouts, mark, _sum_of(reply))
        return hits

    def forget(self, episode_id: str) -> None:
        """Read an episode's document at the next use: this process wrote it."""
        with self._lock:
            self._known.pop(episode_id, None)

    def _read(self, episode_ids: Sequence[str], mark: str, search: Search) -> dict[str, _Known]:
        known: dict[str, _Known] = {}
        for at in range(0, len(episode_ids), _MOST_ROWS):
            some = episode_ids[at : at + _MOST_ROWS]
            query = {"terms": {"episode_id": list(some)}}
            reply = search(
                {"size": len(some), "query": query, "sort": ["_doc"], "aggs": _AMONG_ALL}
            )
            found = {hit["_source"]["episode_id"]: hit["_source"] for hit in reply["hits"]["hits"]}
            abouts = {key: found.get(key) for key in some}
            known.update(self._learn(abouts, mark, _sum_of(reply)))
        return known

    def _learn(
        self, abouts: Mapping[str, Json | None], mark: str, stamps: float
    ) -> dict[str, _Known]:
        with self._lock:
            now_s = time.monotonic()
            if stamps != self._sum:
                self._sum = stamps
                self._sum_since_s = now_s
            learned: dict[str, _Known] = {}
            for key, about in abouts.items():
                since_s = self._sum_since_s
                before = self._known.get(key)
                if before is not None and _is_same(before.about, about):
                    since_s = min(since_s, before.since_s)
                learned[key] = _Known(about, since_s, now_s, mark)
            self._known.update(learned)
            while len(self._known) > _MOST_KNOWN:
                del self._known[next(iter(self._known))]
            return learned


def with_mark(query: Json) -> Json:
    """Return the query that finds the mark besides; sorted by episode, it is the first hit."""
    return {"bool": {"should": [_MARK, query], "minimum_should_match": 1}}


def mark_in(hits: Sequence[Json]) -> str:
    """Return the mark that is among hits; where nothing was ever written there is none."""
    return next((hit["_source"]["words"] for hit in hits if hit["_id"] == MARK_ID), "")


def new_mark() -> Json:
    """Return the document of a mark that never was before."""
    return {"episode_id": "", "words": uuid4().hex}


def stamped(about: Json) -> Json:
    """Return an episode's document as it is to be written."""
    return {**about, "stamp": about["stamp"] + 1 + randbelow(_STAMPS)}


def _sum_of(reply: Json) -> float:
    return float(reply["aggregations"]["all"]["sum"]["value"])


def _is_same(one: Json | None, other: Json | None) -> bool:
    if one is None or other is None:
        return one is other
    return bool(one["stamp"] == other["stamp"])
