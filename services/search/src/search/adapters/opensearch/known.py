"""What this process knows of episodes, and whether that still holds.

A page must count each episode in one run, whole. The proof: if an episode's document was the same
before its passages were read and after, then all that time the passages of the run it names were
there (`OpenSearchWordIndex.put` writes them before it, and deletes them after it was replaced).

To see that without reading the documents again, every write adds a random number above zero to
the `stamp` of its episode. Their sum, the mark, goes up with every change that searches can see:
as long as it is the same, nothing changed. No clock counts but this process's own.
"""

import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from secrets import randbelow
from typing import Final

from search.adapters.opensearch.client import Json

Search = Callable[[Json], Json]
"""Runs one search among the episodes."""
_SUM: Final[Json] = {"mark": {"sum": {"field": "stamp"}}}
MARK: Final[Json] = {"size": 0, "track_total_hits": False, "aggs": _SUM}
"""The search for the mark; always the same, so that a node answers it from its cache."""
_AMONG_ALL: Final[Json] = {"all": {"global": {}, "aggs": _SUM}}
_MOST_ROWS: Final = 10_000
_MOST_KNOWN: Final = 20_000
_STAMPS: Final = 1 << 20
"""A sum of stamps is exact up to 2**53: some 16 thousand million writes."""


class Overtaken(Exception):
    """What was read does not fit together: something was written meanwhile."""


@dataclass(frozen=True)
class _Known:
    """An episode's document, or None: there is none. It was so from `since_s` until `mark`."""

    about: Json | None
    since_s: float
    mark: float


class KnownEpisodes:
    """Documents of episodes as they were last read; shared by all searches of a process."""

    def __init__(self) -> None:
        self._known: dict[str, _Known] = {}
        self._mark = -1.0
        self._mark_since_s = 0.0
        self._lock = threading.Lock()

    def throughout(
        self, episode_ids: Collection[str], since_s: float, mark: float, search: Search
    ) -> Mapping[str, Json]:
        """Return the documents of the episodes; of those that are there and not removed.

        They were so from `since_s` (of `time.monotonic`) until `mark`, which was just read.

        Raises:
            Overtaken: of some that is not certain; it will be when they are asked for again.
        """
        with self._lock:
            self._see(mark)
            known = {key: self._known[key] for key in episode_ids if key in self._known}
        missing = [key for key in episode_ids if key not in known or known[key].mark != mark]
        if missing:
            known.update(self._read(missing, search))
        counting: dict[str, Json] = {}
        for key, one in known.items():
            if one.about is not None and not one.about["removed"]:
                if one.since_s >= since_s:
                    raise Overtaken
                counting[key] = one.about
        return counting

    def rows(self, body: Json, search: Search) -> list[Json]:
        """Read documents with a search of one's own, and remember them; return its hits."""
        reply = search({**body, "aggs": _AMONG_ALL})
        hits: list[Json] = reply["hits"]["hits"]
        abouts = {hit["_source"]["episode_id"]: hit["_source"] for hit in hits}
        self._learn(abouts, mark_of(reply["aggregations"]["all"]))
        return hits

    def _read(self, episode_ids: Sequence[str], search: Search) -> dict[str, _Known]:
        known: dict[str, _Known] = {}
        for at in range(0, len(episode_ids), _MOST_ROWS):
            some = episode_ids[at : at + _MOST_ROWS]
            query = {"terms": {"episode_id": list(some)}}
            reply = search(
                {"size": len(some), "query": query, "sort": ["_doc"], "aggs": _AMONG_ALL}
            )
            found = {hit["_source"]["episode_id"]: hit["_source"] for hit in reply["hits"]["hits"]}
            abouts = {key: found.get(key) for key in some}
            known.update(self._learn(abouts, mark_of(reply["aggregations"]["all"])))
        return known

    def _learn(self, abouts: Mapping[str, Json | None], mark: float) -> dict[str, _Known]:
        with self._lock:
            self._see(mark)
            learned: dict[str, _Known] = {}
            for key, about in abouts.items():
                since_s = self._mark_since_s
                before = self._known.get(key)
                if before is not None and _is_same(before.about, about):
                    since_s = min(since_s, before.since_s)
                learned[key] = _Known(about, since_s, mark)
            self._known.update(learned)
            while len(self._known) > _MOST_KNOWN:
                del self._known[next(iter(self._known))]
            return learned

    def _see(self, mark: float) -> None:
        """Note since when nothing changed."""
        if mark != self._mark:
            self._mark = mark
            self._mark_since_s = time.monotonic()


def mark_of(reply: Json) -> float:
    """Read the mark out of an answer to `MARK`."""
    return float((reply.get("aggregations") or reply)["mark"]["value"])


def stamped(about: Json) -> Json:
    """Return an episode's document as it is to be written."""
    return {**about, "stamp": about["stamp"] + 1 + randbelow(_STAMPS)}


def _is_same(one: Json | None, other: Json | None) -> bool:
    if one is None or other is None:
        return one is other
    return bool(one["stamp"] == other["stamp"])
