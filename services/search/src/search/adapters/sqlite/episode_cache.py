"""Keeps what was read of episodes in memory, what was used last, so that a search reads little."""

import json
import sqlite3
import threading
from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Final, Generic, Protocol, TypeVar

from search.adapters.sqlite.scan import EpisodeTokens
from search.adapters.sqlite.show import Spoken
from search.domain.pages import CandidateEpisode

MOST_BYTES_OF_TOKENS: Final = 32_000_000
"""Some 600 hours of speech."""
MOST_BYTES_SPOKEN: Final = 12_000_000
"""Some 60 hours: a page shows few episodes, and the next page mostly the same ones."""
_Key = tuple[str, str]


class Sized(Protocol):
    """Knows how many bytes it takes in memory."""

    @property
    def size(self) -> int:  # noqa: D102
        ...


Kept = TypeVar("Kept", bound=Sized)


class EpisodeCache(ABC, Generic[Kept]):
    """Keeps something by episode and revision: what a revision says never changes."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self.kept_bytes = 0
        self._kept: OrderedDict[_Key, Kept] = OrderedDict()
        self._lock = threading.Lock()

    @abstractmethod
    def read(
        self, connection: sqlite3.Connection, rows: Collection[int]
    ) -> Iterable[tuple[int, Kept]]:
        """Read it for some rows, as the connection's transaction sees them."""

    def of(
        self, connection: sqlite3.Connection, candidates: Iterable[CandidateEpisode]
    ) -> Mapping[int, Kept]:
        """Return it for each candidate, by row."""
        found: dict[int, Kept] = {}
        missing: dict[int, _Key] = {}
        with self._lock:
            kept, used = self._kept, self._kept.move_to_end
            for row, episode_id, _, _, revision in candidates:
                key = (episode_id, revision)
                known = kept.get(key)
                if known is None:
                    missing[row] = key
                else:
                    used(key)
                    found[row] = known
        if missing:
            read = dict(self.read(connection, missing))
            self._keep((missing[row], one) for row, one in read.items())
            found |= read
        return found

    def forget(self, episode_id: str) -> None:
        """Drop what is kept of an episode."""
        with self._lock:
            for key in [key for key in self._kept if key[0] == episode_id]:
                self.kept_bytes -= self._kept.pop(key).size

    def _keep(self, read: Iterable[tuple[_Key, Kept]]) -> None:
        with self._lock:
            for key, one in read:
                if key not in self._kept:
                    self._kept[key] = one
                    self.kept_bytes += one.size
            while self.kept_bytes > self._most_bytes:
                _, oldest = self._kept.popitem(last=False)
                self.kept_bytes -= oldest.size


class TokenCache(EpisodeCache[EpisodeTokens]):
    """Where each term stands: all matching episodes are counted."""

    def __init__(self, most_bytes: int = MOST_BYTES_OF_TOKENS) -> None:
        super().__init__(most_bytes)

    def read(
        self, connection: sqlite3.Connection, rows: Collection[int]
    ) -> Iterator[tuple[int, EpisodeTokens]]:
        """Read rows of `tokens`."""
        select = "select id, terms, counts, breaks, repeats, places from tokens"
        for row, *packed in _of_rows(connection, select, rows):
            yield row, EpisodeTokens.read(*packed)


class SpokenCache(EpisodeCache[Spoken]):
    """Words, times and speakers: of the episodes that pages show."""

    def __init__(self, most_bytes: int = MOST_BYTES_SPOKEN) -> None:
        super().__init__(most_bytes)

    def read(
        self, connection: sqlite3.Connection, rows: Collection[int]
    ) -> Iterator[tuple[int, Spoken]]:
        """Read rows of `spoken`."""
        select = "select id, starts, words, turns, speakers from spoken"
        for row, *packed in _of_rows(connection, select, rows):
            yield row, Spoken.read(*packed)


def _of_rows(connection: sqlite3.Connection, select: str, rows: Collection[int]) -> sqlite3.Cursor:
    some = json.dumps([*rows])
    query = f"{select} where id in (select value from json_each(?))"  # noqa: S608 - ours
    return connection.execute(query, (some,))
