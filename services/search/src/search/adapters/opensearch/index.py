"""The word index on OpenSearch, Serverless or any other from 2.19 on."""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeVar

from everyword_events import Conflict, EpisodeInfo, Misconfigured, TransientFailure
from everyword_transcripts.folding import folded_name
from search.adapters.opensearch.client import Json, OpenSearchClient
from search.adapters.opensearch.facets import count_facets
from search.adapters.opensearch.find import find_page
from search.adapters.opensearch.known import MARK_ID, KnownEpisodes, new_mark, stamped
from search.adapters.opensearch.layout import Generation, Layout
from search.adapters.opensearch.locate import moments_of
from search.adapters.opensearch.match import NO_DATE, episode_query
from search.adapters.opensearch.passages import PASSAGE_WORDS, cut
from search.adapters.opensearch.phonetics import OpenSearchPhoneticIndex, phone_passages
from search.adapters.opensearch.vocabulary import OpenSearchVocabulary
from search.domain.document import EpisodeDocument
from search.domain.pages import EpisodeMoments, Facets, SearchPage, SearchRequest, Stored
from search.domain.phonetics import Pronouncer, is_english
from search.domain.query import Filters, title_tokens

Written = TypeVar("Written")
_WRITE_ATTEMPTS: Final = 6
_SWEPT_AT_ONCE: Final = 500
_BLANK: Final[Json] = {
    "revision": "", "stamp": 0, "removed": False, "language": "", "words": 0, "passages": 0,
    "duration_ms": 0, "as_of": 0.0, "show": "", "show_folded": "", "title": "",
    "title_tokens": "", "link": None,
    "published": NO_DATE, "speakers": [], "speakers_folded": [],
}  # fmt: skip
"""An episode nothing is known of."""


class OpenSearchWordIndex:
    """Keeps the index in OpenSearch.

    A run's passages are written beside those of the run before; only when they can be found does
    the episode's own document name the new run; then the mark changes, which tells readers so, and
    only when that can be found are the old passages deleted. So a reader sees one run or the other:
    the new one once the write has returned, in another process once the next refresh has come.
    `visible_within_s` bounds the wait for a refresh (10 s on Serverless). `generation` writes to
    indices that no alias leads to yet. With a `pronouncer`, English episodes are stored as sounds
    too; it is asked for at the first of them.
    """

    def __init__(
        self,
        client: OpenSearchClient,
        *,
        prefix: str = "everyword",
        most_passages: int = 500,
        passage_words: int = PASSAGE_WORDS,
        visible_within_s: float = 60,
        poll_s: float = 0.05,
        generation: Generation | None = None,
        pronouncer: Callable[[], Pronouncer] | None = None,
    ) -> None:
        self._layout = Layout(client, prefix)
        if generation is None:
            self._layout.prepare()
        self._generation = generation
        self._client = client
        self._most_passages = most_passages
        self._passage_words = passage_words
        self._visible_within_s = visible_within_s
        self._poll_s = poll_s
        self._known = KnownEpisodes()
        self._pronouncer = pronouncer
        self.vocabulary = OpenSearchVocabulary(self._layout)
        self.phonetics = OpenSearchPhoneticIndex(self._layout, self._known)

    def put(self, document: EpisodeDocument) -> Stored | None:
        """Store or replace an episode's words."""
        return self._written(lambda generation: self._put(generation, document))

    def _put(self, generation: Generation, document: EpisodeDocument) -> Stored | None:
        episode_id = document.episode_id
        written = False
        for _ in self._attempts():
            seen = self._client.get(generation.episodes, episode_id)
            about = seen["_source"] if seen else {**_BLANK, "episode_id": episode_id}
            if about["removed"] or about["revision"] > document.revision:
                self._settle(generation, about)
                return None
            passages = -(-len(document.words) // self._passage_words)
            if about["revision"] < document.revision:
                if not written:
                    self._write_words(generation, document, passages)
                    written = True
                try:
                    about = {**_restated(about, document.info), **_spoken(document, passages)}
                    about = stamped(about)
                    number = self._client.write(generation.episodes, episode_id, about, seen)
                except Conflict:
                    continue
                self._wait_for_write(generation.episodes, episode_id, number)
            self._settle(generation, about)
            return Stored(len(document.words), passages, generation.passages)
        raise _contended(episode_id)

    def describe(self, episode_id: str, info: EpisodeInfo) -> None:
        """State an episode's title, show, date and link."""
        self._written(
            lambda generation: self._tell(
                generation,
                self._change(generation, episode_id, lambda about: _restated(about, info)),
            )
        )

    def remove(self, episode_id: str) -> None:
        """Forget an episode for good."""
        gone = {**_BLANK, "episode_id": episode_id, "removed": True}
        self._written(
            lambda generation: self._settle(
                generation, self._change(generation, episode_id, lambda _: gone)
            )
        )

    def find(self, request: SearchRequest) -> SearchPage:
        """Return one page of what is found."""
        return find_page(self._layout, self._known, request, self._most_passages)

    def titled(
        self, words: Sequence[str], filters: Filters, *, limit: int
    ) -> Sequence[EpisodeMoments]:
        """Return episodes in whose titles all the words begin some word, the newest first."""
        among = episode_query(filters)
        conditions: list[Json] = [{"prefix": {"title_tokens": {"value": word}}} for word in words]
        body = {
            "size": limit,
            "query": {
                "bool": {
                    "filter": [*conditions, *([among] if among else [])],
                    "must_not": [{"term": {"revision": ""}}],
                }
            },
            "sort": [{"published": "desc"}, {"episode_id": "desc"}],
        }
        hits = self._client.search(self._layout.episodes, body)["hits"]["hits"]
        return [moments_of(hit["_source"], ()) for hit in hits]

    def facets(self, filters: Filters) -> Facets:
        """Return the shows and speakers among the episodes that pass `filters`."""
        return count_facets(self._layout, filters)

    def _write_words(
        self, generation: Generation, document: EpisodeDocument, passages: int
    ) -> None:
        mark = self.vocabulary.learn(generation.words, document)
        self._client.bulk(
            ({"index": {"_index": generation.passages, "_id": key}}, passage)
            for key, passage in cut(document, self._passage_words)
        )
        heard = [*self._phones_of(document)]
        self._client.bulk(
            ({"index": {"_index": generation.sounds, "_id": key}}, passage)
            for key, passage in heard
        )
        this_run = {
            "bool": {
                "filter": [
                    {"term": {"episode_id": document.episode_id}},
                    {"term": {"revision": document.revision}},
                ]
            }
        }
        for index, written in ((generation.passages, passages), (generation.sounds, len(heard))):
            if written:
                self._wait(
                    lambda: self._client.count(index, this_run) >= written  # noqa: B023
                )
        if self.vocabulary.last_unlearned(generation.words) != mark:
            # A removal may have deleted a word of ours before it could see that we say it.
            self.vocabulary.learn(generation.words, document)

    def _phones_of(self, document: EpisodeDocument) -> Iterator[tuple[str, Json]]:
        if self._pronouncer is not None and is_english(document.language):
            stream = document.phones(self._pronouncer())
            yield from phone_passages(document, stream, self._passage_words)

    def _written(self, write: Callable[[Generation], Written]) -> Written:
        """Write to the generation that counts; again, if another one counts afterwards."""
        generation = self._current()
        while True:
            try:
                written = write(generation)
            except (Misconfigured, TransientFailure):
                now = self._current()
                if now == generation:
                    raise
            else:
                now = self._current()
                if now == generation:
                    return written
            generation = now

    def _current(self) -> Generation:
        return self._generation or self._layout.current()

    def _change(
        self, generation: Generation, episode_id: str, change: Callable[[Json], Json]
    ) -> Json:
        for _ in self._attempts():
            seen = self._client.get(generation.episodes, episode_id)
            about = seen["_source"] if seen else {**_BLANK, "episode_id": episode_id}
            changed = about if about["removed"] else change(about)
            if seen is not None and changed == about:
                return about
            changed = stamped({**changed, "stamp": about["stamp"]})
            try:
                number = self._client.write(generation.episodes, episode_id, changed, seen)
            except Conflict:
                continue
            self._wait_for_write(generation.episodes, episode_id, number)
            return changed
        raise _contended(episode_id)

    def _settle(self, generation: Generation, about: Json) -> None:
        """Tell readers that an episode's document can be found, and delete what it replaced."""
        self._sweep(generation, about, self._tell(generation, about))

    def _tell(self, generation: Generation, about: Json) -> Callable[[], None]:
        """Change the mark; return what waits until that can be found."""
        self._known.forget(about["episode_id"])
        self.vocabulary.changed()
        number = self._client.overwrite(generation.passages, MARK_ID, new_mark())
        return lambda: self._wait_for_write(generation.passages, MARK_ID, number)

    def _sweep(
        self, generation: Generation, about: Json, wait_for_mark: Callable[[], None]
    ) -> None:
        """Delete the passages of older runs, or all of a removed episode."""
        old: list[Json] = [{"term": {"episode_id": about["episode_id"]}}]
        if not about["removed"]:
            old.append({"range": {"revision": {"lt": about["revision"]}}})
        query = {"bool": {"filter": old}}
        for index in (generation.passages, generation.sounds):
            unlearns = about["removed"] and index == generation.passages
            source = ["tokens", "words", "language"] if unlearns else False
            while hits := self._hits(index, query, source):
                wait_for_mark()
                if unlearns:
                    passages = [hit["_source"] for hit in hits]
                    self.vocabulary.unlearn(generation.words, about["episode_id"], passages)
                ids = [hit["_id"] for hit in hits]
                self._client.bulk(({"delete": {"_index": index, "_id": key}}, None) for key in ids)
                self._wait(
                    lambda: self._client.count(index, {"ids": {"values": ids}}) == 0  # noqa: B023
                )

    def _hits(self, index: str, query: Json, source: list[str] | bool) -> list[Json]:
        body = {"size": _SWEPT_AT_ONCE, "query": query, "_source": source}
        found: list[Json] = self._client.search(index, body)["hits"]["hits"]
        return found

    def _wait_for_write(self, index: str, document_id: str, number: int) -> None:
        """Wait until searches see a document as written, or later."""
        self._wait(
            lambda: (
                (found := self._client.get(index, document_id)) is not None
                and found["_seq_no"] >= number
            )
        )

    def _wait(self, is_so: Callable[[], bool]) -> None:
        """Wait until a refresh shows what was written."""
        pause_s = self._poll_s
        ends = time.monotonic() + self._visible_within_s
        while not is_so():
            if time.monotonic() > ends:
                raise TransientFailure(
                    "OpenSearch does not show what was written", code="index_slow"
                )
            time.sleep(pause_s)
            pause_s = min(2 * pause_s, 2.0)

    def _attempts(self) -> Iterator[None]:
        """Yield a few times: a reader by id may see a write only after the next refresh."""
        for attempt in range(_WRITE_ATTEMPTS):
            if attempt:
                time.sleep(self._poll_s * 2**attempt)
            yield


def _spoken(document: EpisodeDocument, passages: int) -> Json:
    names = {folded_name(turn.speaker): turn.speaker for turn in document.turns if turn.speaker}
    return {
        "revision": document.revision,
        "language": document.language,
        "words": len(document.words),
        "passages": passages,
        "duration_ms": document.duration_ms,
        "speakers": list(names.values()),
        "speakers_folded": list(names),
    }


def _restated(about: Json, info: EpisodeInfo) -> Json:
    as_of = info.as_of.timestamp()
    if as_of < about["as_of"]:
        return about
    return {
        **about,
        "as_of": as_of,
        "show": info.show,
        "show_folded": folded_name(info.show),
        "title": info.title,
        "title_tokens": " ".join(title_tokens(info.title)),
        "link": info.link,
        "published": info.published_at.timestamp() if info.published_at else NO_DATE,
    }


def _contended(episode_id: str) -> TransientFailure:
    return TransientFailure(
        f"episode {episode_id} is being written by somebody else",
        code="index_contended",
        retry_after_s=10,
    )
