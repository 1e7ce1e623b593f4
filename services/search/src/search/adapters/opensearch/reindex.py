"""Moves the index to a new generation while searches and writes go on.

Every episode is copied from the old generation, from what is kept there of its words; then the
aliases are switched in one step; then what was written to the old generation meanwhile is copied
as well. Copying is a `put` like any other: the later run wins, whichever generation it reached.
A run that was interrupted is gone on with by the next: before the switch it left a newer
generation behind, after it an older one.
"""

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from everyword_events import EpisodeInfo
from search.adapters.opensearch.client import Json, OpenSearchClient
from search.adapters.opensearch.formats import own_words
from search.adapters.opensearch.index import OpenSearchWordIndex
from search.adapters.opensearch.layout import FORMAT, Generation, Layout
from search.adapters.opensearch.match import NO_DATE
from search.adapters.opensearch.phonetics import recognized_phones_in
from search.domain.document import EpisodeDocument, Turn
from search.domain.phonetics import Pronouncer

Progress = Callable[[int, int], None]
_log = logging.getLogger(__name__)
_BATCH = 500


def reindex(
    client: OpenSearchClient,
    *,
    prefix: str = "everyword",
    grace_s: float = 30,
    progress: Progress | None = None,
    pronouncer: Callable[[], Pronouncer] | None = None,
) -> int:
    """Build a new generation, switch to it, delete the old one; return how many were copied.

    `grace_s` is how long a search may take that began before the switch. `progress` is told how
    many episodes are done, and of how many. `pronouncer`: see `OpenSearchWordIndex`.

    Raises:
        Misconfigured: there is no index yet.
        TransientFailure: OpenSearch is away or busy; the next run goes on.
    """
    layout = Layout(client, prefix)
    layout.put_templates()
    current = layout.current()
    beside = layout.beside(current)
    left = [one for one in beside if one.age < current.age]
    if left and current.format == FORMAT:
        # The run before ended after its switch.
        move = _Move.into(current, layout, grace_s, pronouncer)
        return sum(move.retire(old) for old in left)
    begun = [one.name for one in beside if one.age > current.age and one.format == FORMAT]
    new = layout.create(begun[-1] if begun else datetime.now(UTC).strftime("%Y%m%d%H%M%S%f"))
    move = _Move.into(new, layout, grace_s, pronouncer)
    copied = move.catch_up(current, progress)
    layout.switch_to(new, current)
    copied += sum(move.retire(old) for old in (*left, current))
    _log.info("reindexed", extra={"episodes": copied, "index": new.passages})
    return copied


@dataclass(frozen=True)
class _Move:
    """Copies episodes into one generation, through an index that writes there."""

    layout: Layout
    new: Generation
    target: OpenSearchWordIndex
    grace_s: float

    @classmethod
    def into(
        cls,
        new: Generation,
        layout: Layout,
        grace_s: float,
        pronouncer: Callable[[], Pronouncer] | None,
    ) -> "_Move":
        target = OpenSearchWordIndex(
            layout.client, prefix=layout.prefix, generation=new, pronouncer=pronouncer
        )
        return cls(layout, new, target, grace_s)

    def retire(self, old: Generation) -> int:
        """Delete a generation that no alias leads to, once nothing in it is newer or still read."""
        copied = 0
        if self.layout.client.exists(old.episodes):
            time.sleep(self.grace_s)
            copied = self.catch_up(old)
        self.layout.drop(old)
        return copied

    def catch_up(self, old: Generation, progress: Progress | None = None) -> int:
        """Copy until the old generation knows nothing newer; return how many episodes it took."""
        client = self.layout.client
        copied: set[str] = set()
        while changed := _behind(client, old, self.new):
            for number, about in enumerate(changed, start=1):
                _copy(client, old, self.target, about)
                copied.add(about["episode_id"])
                if progress is not None:
                    progress(number, len(changed))
        return len(copied)


def _behind(client: OpenSearchClient, old: Generation, new: Generation) -> list[Json]:
    """Return the episodes of which the old generation knows something newer."""
    there = {about["episode_id"]: about for about in _episodes(client, new.episodes)}
    return [
        about
        for about in _episodes(client, old.episodes)
        if (found := there.get(about["episode_id"])) is None
        or about["revision"] > found["revision"]
        or about["as_of"] > found["as_of"]
        or (about["removed"] and not found["removed"])
    ]


def _episodes(client: OpenSearchClient, index: str) -> Iterator[Json]:
    body: Json = {"size": _BATCH, "query": {"match_all": {}}, "sort": [{"episode_id": "asc"}]}
    while True:
        rows = client.search(index, body)["hits"]["hits"]
        yield from (row["_source"] for row in rows)
        if len(rows) < _BATCH:
            return
        body["search_after"] = rows[-1]["sort"]


def _copy(
    client: OpenSearchClient, old: Generation, target: OpenSearchWordIndex, about: Json
) -> None:
    episode_id = about["episode_id"]
    if about["removed"]:
        target.remove(episode_id)
        return
    published = about["published"]
    info = EpisodeInfo(
        show=about["show"],
        title=about["title"],
        link=about["link"],
        published_at=None if published <= NO_DATE else datetime.fromtimestamp(published, UTC),
        as_of=datetime.fromtimestamp(about["as_of"], UTC),
    )
    if about["revision"]:
        target.put(_document(client, old, about, info))
    target.describe(episode_id, info)


def _document(
    client: OpenSearchClient, old: Generation, about: Json, info: EpisodeInfo
) -> EpisodeDocument:
    """Put an episode's words together again."""
    words: list[str] = []
    starts_ms: list[int] = []
    ends_ms: list[int] = []
    turns: list[Turn] = []
    for passage in _all_of(client, old.passages, about):
        own = own_words(passage)
        words += own.words
        starts_ms += own.starts_ms.tolist()
        ends_ms += (own.starts_ms + own.lengths_ms).tolist()
        for first, speaker in passage["turns"]:
            if not turns or turns[-1].speaker != speaker:
                turns.append(Turn(first, speaker))
    heard = [*_all_of(client, old.sounds, about)] if "sounds" in old.kinds else []
    return EpisodeDocument(
        episode_id=about["episode_id"],
        revision=about["revision"],
        info=info,
        language=about["language"],
        words=tuple(words),
        starts_ms=tuple(starts_ms),
        ends_ms=tuple(ends_ms),
        turns=tuple(turns),
        recognized=recognized_phones_in(heard),
        audio_ms=about.get("duration_ms", 0),
    )


def _all_of(client: OpenSearchClient, index: str, about: Json) -> Iterator[Json]:
    """Yield the passages of an episode, in order."""
    conditions = [
        {"term": {"episode_id": about["episode_id"]}},
        {"term": {"revision": about["revision"]}},
    ]
    body: Json = {
        "size": _BATCH,
        "query": {"bool": {"filter": conditions}},
        "sort": [{"number": "asc"}],
    }
    while True:
        rows = client.search(index, body)["hits"]["hits"]
        yield from (row["_source"] for row in rows)
        if len(rows) < _BATCH:
            return
        body["search_after"] = rows[-1]["sort"]
