"""Keeps episodes' postings in memory, those used last, so that a search reads few of them."""

import json
import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import Final

from search.adapters.sqlite.scan import EpisodeTokens
from search.domain.pages import Candidate

MOST_BYTES: Final = 32_000_000
"""Some 600 hours of speech."""
_Key = tuple[str, str]


class TokenCache:
    """Tokens by episode and revision: what a revision says never changes."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self.kept_bytes = 0
        self._kept: OrderedDict[_Key, EpisodeTokens] = OrderedDict()
        self._lock = threading.Lock()

    def of(
        self, connection: sqlite3.Connection, candidates: Iterable[Candidate]
    ) -> Mapping[int, EpisodeTokens]:
        """Return the candidates' tokens by row, as the connection's transaction sees them."""
        found: dict[int, EpisodeTokens] = {}
        missing: dict[int, _Key] = {}
        with self._lock:
            for one in candidates:
                key = (one.episode_id, one.revision)
                kept = self._kept.get(key)
                if kept is None:
                    missing[one.handle] = key
                else:
                    self._kept.move_to_end(key)
                    found[one.handle] = kept
        if missing:
            rows = connection.execute(
                "select id, terms, counts, breaks, repeats, places from tokens"
                " where id in (select value from json_each(?))",
                (json.dumps([*missing]),),
            )
            read = {row: EpisodeTokens.read(*columns) for row, *columns in rows}
            self._keep((missing[row], tokens) for row, tokens in read.items())
            found |= read
        return found

    def forget(self, episode_id: str) -> None:
        """Drop what is kept of an episode."""
        with self._lock:
            for key in [key for key in self._kept if key[0] == episode_id]:
                self.kept_bytes -= self._kept.pop(key).size

    def _keep(self, read: Iterable[tuple[_Key, EpisodeTokens]]) -> None:
        with self._lock:
            for key, tokens in read:
                if key not in self._kept:
                    self._kept[key] = tokens
                    self.kept_bytes += tokens.size
            while self.kept_bytes > self._most_bytes:
                _, oldest = self._kept.popitem(last=False)
                self.kept_bytes -= oldest.size
