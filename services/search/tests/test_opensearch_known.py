"""What a process knows of episodes never lets a page show a stale one, half a one, or none."""

import threading
import time
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from search.adapters.opensearch.client import Json, OpenSearchClient, driver_for
from search.adapters.opensearch.index import OpenSearchWordIndex
from search.adapters.opensearch.known import KnownEpisodes, Overtaken
from search.service import SearchService
from search.testing import PATIENT
from search.testing.corpus import document, info

EPISODES = ("a", "b", "c")
PARTS = (0, 1)


class Node:
    """Episodes, and two passages of each run; its writers do as `OpenSearchWordIndex` does."""

    def __init__(self) -> None:
        self.documents: dict[str, Json] = {}
        self.passages: set[tuple[str, int, int]] = set()
        self.mark = ""
        self.returned: dict[str, int] = {}
        """The stamps of the episodes when a write of them last returned."""
        self._marks = count(1)
        self._runs = count(1)

    def putting(self, episode_id: str) -> Iterator[None]:
        """Put a new run, in steps that searches can see."""
        run = next(self._runs)
        for part in PARTS:
            self.passages.add((episode_id, run, part))
            yield
        self._write(episode_id, run, removed=False)
        yield from self._settling(episode_id, run)

    def describing(self, episode_id: str) -> Iterator[None]:
        """Rename an episode."""
        if episode_id in self.documents:
            run = self.documents[episode_id]["run"]
            self._write(episode_id, run, removed=False)
            yield from self._settling(episode_id, run)

    def removing(self, episode_id: str) -> Iterator[None]:
        """Remove an episode, in steps."""
        self._write(episode_id, run := next(self._runs), removed=True)
        yield from self._settling(episode_id, run)

    def answer(self, body: Json) -> Json:
        """Answer a search for the documents of episodes."""
        asked = body["query"]["terms"]["episode_id"]
        hits = [{"_source": self.documents[key]} for key in asked if key in self.documents]
        stamps = float(sum(document["stamp"] for document in self.documents.values()))
        found = {"all": {"sum": {"value": stamps}}}
        return {"hits": {"hits": hits}, "aggregations": found}

    def _write(self, episode_id: str, run: int, *, removed: bool) -> None:
        stamp = self.documents.get(episode_id, {"stamp": 0})["stamp"] + 1
        self.documents[episode_id] = {
            "episode_id": episode_id,
            "run": run,
            "removed": removed,
            "stamp": stamp,
        }

    def _settling(self, episode_id: str, run: int) -> Iterator[None]:
        yield
        self.mark = str(next(self._marks))
        yield
        for one in sorted(self.passages):
            if one[0] == episode_id and one[1] < run:
                self.passages.discard(one)
                yield
        self.returned[episode_id] = self.documents[episode_id]["stamp"]


class Writers:
    """Write to a node whenever a reader lets them, each episode by one at a time."""

    def __init__(self, node: Node, data: Any) -> None:
        self._node = node
        self._data = data
        self._busy: dict[str, Iterator[None]] = {}

    def go_on(self) -> None:
        for _ in range(self._data.draw(st.integers(0, 6))):
            episode_id = self._data.draw(st.sampled_from(EPISODES))
            if self._node.documents.get(episode_id, {}).get("removed"):
                ways: list[Callable[[str], Iterator[None]]] = []
            else:
                ways = [self._node.putting, self._node.describing, self._node.removing]
            if episode_id not in self._busy and ways:
                self._busy[episode_id] = self._data.draw(st.sampled_from(ways))(episode_id)
            if next(self._busy.get(episode_id, iter(())), "done") == "done":
                self._busy.pop(episode_id, None)


@given(st.data())
def test_a_page_holds_whole_runs_whatever_is_written_meanwhile(data: Any) -> None:
    page_holds_whole_runs(data)


@pytest.mark.slow
@given(st.data())
@settings(max_examples=500)
def test_a_page_holds_whole_runs_in_very_many_cases(data: Any) -> None:
    page_holds_whole_runs(data)


def page_holds_whole_runs(data: Any) -> None:
    node, known = Node(), KnownEpisodes()
    writers = Writers(node, data)

    def search(body: Json) -> Json:
        writers.go_on()
        return node.answer(body)

    for _ in range(data.draw(st.integers(1, 12))):
        writers.go_on()
        since_s, returned = time.monotonic(), dict(node.returned)
        seen: set[tuple[str, int, int]] = set()
        if data.draw(st.booleans()):  # all in one shard: the mark comes with the passages
            seen, mark = set(node.passages), node.mark
            writers.go_on()
        else:
            for part in PARTS:
                seen |= {one for one in node.passages if one[2] == part}
                writers.go_on()
            mark = node.mark
        try:
            counting = known.throughout({one[0] for one in seen}, since_s, mark, search)
        except Overtaken:
            continue
        for episode_id, about in counting.items():
            assert about["stamp"] >= returned.get(episode_id, 0)
            assert {one[2] for one in seen if one[:2] == (episode_id, about["run"])} == set(PARTS)
        for episode_id, stamp in returned.items():
            now = node.documents[episode_id]
            if now["stamp"] == stamp:
                assert now["removed"] or counting[episode_id] == now


def test_what_did_not_change_is_not_asked_for_again() -> None:
    node, known = Node(), KnownEpisodes()
    asked: list[Json] = []

    def search(body: Json) -> Json:
        asked.append(body)
        return node.answer(body)

    for episode_id in EPISODES:
        list(node.putting(episode_id))
    with pytest.raises(Overtaken):
        known.throughout(["a"], time.monotonic(), node.mark, search)
    for _ in range(3):
        assert known.throughout(["a"], time.monotonic(), node.mark, search).keys() == {"a"}
    assert len(asked) == 1
    # Nothing changed since the mark was first seen: another episode is certain at once.
    assert known.throughout(["b"], time.monotonic(), node.mark, search).keys() == {"b"}
    assert len(asked) == 2
    list(node.putting("c"))
    # Something did: they are read again, found to be the same, and certain.
    assert known.throughout(["a", "b"], time.monotonic(), node.mark, search).keys() == {"a", "b"}
    assert len(asked) == 3


@pytest.mark.slow
@pytest.mark.opensearch
def test_a_reader_beside_a_writer_sees_one_run_or_the_other(
    opensearch_url: str, opensearch_prefix: str
) -> None:
    """They share nothing but the index, as two processes do; the reader knows the old run well."""

    def opened() -> OpenSearchWordIndex:
        client = OpenSearchClient(driver_for(opensearch_url))
        return OpenSearchWordIndex(
            client, prefix=opensearch_prefix, passage_words=30, most_passages=60, poll_s=0.005
        )

    writer, reader = opened(), opened()
    blobs: Any = None
    service = SearchService(reader, reader.vocabulary, blobs, lambda _: PATIENT)
    writer.put(document("e", "run1 always " * 80, run="1"))
    writer.put(document("f", "always"))
    wrong: list[object] = []
    pages = 0
    done = threading.Event()

    def read() -> None:
        nonlocal pages
        while not done.is_set():
            page = service.search("run*", limit=50)
            capped = service.search("always", limit=50)
            shown = [
                word["text"]
                for group in page["results"]
                for moment in group["moments"]
                for word in moment["snippet"]
                if word["match"]
            ]
            pages += 1
            if page["hits"] != 80 or len(set(shown)) != 1 or capped["hits"] != 81:
                wrong.append((page["hits"], set(shown), capped["hits"]))

    reading = threading.Thread(target=read)
    reading.start()
    try:
        for run in range(2, 12):
            writer.put(document("e", f"run{run} always " * 80, run=str(run)))
            writer.describe("e", info(f"Run {run}"))
    finally:
        done.set()
        reading.join()
    assert wrong == []
    assert pages > 10
    writer.remove("e")
    assert service.search("run*")["hits"] == 0
    assert service.search("always")["hits"] == 1
