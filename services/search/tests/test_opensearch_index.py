"""What is OpenSearch's own: the gate to Serverless, failures, generations, versions."""

import re
import threading
from collections.abc import Iterable
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from botocore.credentials import Credentials

from everyword_events import Misconfigured, TransientFailure
from search.adapters.opensearch.client import Json, OpenSearchClient, driver_for
from search.adapters.opensearch.index import OpenSearchWordIndex
from search.adapters.opensearch.layout import FORMAT, Layout
from search.adapters.opensearch.reindex import reindex
from search.domain.query import Filters
from search.service import SearchService
from search.testing import PATIENT
from search.testing.corpus import document, generated, info
from support.waiting import until


@pytest.fixture(name="client")
def _client(opensearch_url: str) -> OpenSearchClient:
    return OpenSearchClient(driver_for(opensearch_url))


@pytest.fixture(name="prefix")
def _prefix(opensearch_prefix: str) -> str:
    return opensearch_prefix


def searching(index: OpenSearchWordIndex) -> SearchService:
    blobs: Any = None
    return SearchService(index, index.vocabulary, blobs, lambda _: PATIENT)


@pytest.mark.opensearch
def test_a_removed_episode_leaves_no_word_in_the_vocabulary(
    client: OpenSearchClient, prefix: str
) -> None:
    mine, others = (OpenSearchWordIndex(client, prefix=prefix) for _ in range(2))
    mine.put(document("kept", "the lighthouse stays e-mail"))
    mine.put(document("gone", "quokkas' Zürich lighthouse e-mail gnu-yak zebu"))
    others.put(document("other", "zebu"))
    mine.remove("gone")
    left = until(
        lambda: said if not {"quokkas", "gnu"} & (said := words_in(client, prefix)) else None
    )
    assert {"lighthouse", "stays", "mail", "email", "zebu"} <= left
    assert not {word for word in left if word.startswith(("quokk", "zür", "zur", "gnu", "yak"))}
    for number, index in enumerate((mine, others)):
        index.put(document(f"again {number}", "lighthouse gnu quokkas"))
        assert {"gnu", "quokkas"} <= until(lambda: words_in(client, prefix) & {"gnu", "quokkas"})
        index.remove(f"again {number}")
        until(lambda: not words_in(client, prefix) & {"gnu", "quokkas"})


def words_in(client: OpenSearchClient, prefix: str) -> set[str]:
    """All that stands in the index of words, taken apart."""
    hits = client.search(f"{prefix}-words", {"size": 1_000, "query": {"match_all": {}}})
    return {
        word
        for hit in hits["hits"]["hits"]
        for field in hit["_source"].values()
        for word in re.split(r"[ :]", field)
    }


@pytest.mark.parametrize(
    ("method", "path", "body", "parameters"),
    [
        ("GET", "/", None, {}),
        ("POST", "/x/_refresh", None, {}),
        ("POST", "/x/_delete_by_query", {"query": {"match_all": {}}}, {}),
        ("POST", "/x/_update_by_query", {}, {}),
        ("POST", "/_reindex", {}, {}),
        ("PUT", "/_cluster/settings", {}, {}),
        ("POST", "/x/_forcemerge", None, {}),
        ("POST", "/x/_search", {"query": {}}, {"scroll": "1m"}),
        ("PUT", "/x/_doc/1", {}, {"refresh": "true"}),
        ("POST", "/_bulk", "", {"refresh": "wait_for"}),
        ("POST", "/x/_search", {"query": {"script_score": {"script": {"source": "1"}}}}, {}),
    ],
)
def test_what_serverless_lacks_is_refused(
    method: str, path: str, body: Any, parameters: dict[str, str]
) -> None:
    client = OpenSearchClient(driver_for("http://127.0.0.1:9"))
    with pytest.raises(Misconfigured, match="Serverless"):
        client.request(method, path, body, parameters=parameters)


def test_no_node_is_transient() -> None:
    client = OpenSearchClient(driver_for("http://127.0.0.1:9"))
    with pytest.raises(TransientFailure, match="cannot be reached") as failed:
        client.count("x", {"match_all": {}})
    assert "url" in failed.value.hint


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (500, b"{}", TransientFailure),
        (409, b"{}", Misconfigured),
        (404, b"{}", Misconfigured),
        (403, b'{"error": {"root_cause": [{"reason": "no"}]}}', Misconfigured),
        (200, b'{"timed_out": true, "hits": {"hits": []}}', TransientFailure),
        (200, b'{"timed_out": false, "_shards": {"failed": 1}}', TransientFailure),
    ],
)
def test_answers_are_translated(status: int, body: bytes, kind: type[Exception]) -> None:
    with answering(status, body) as url, pytest.raises(kind):
        OpenSearchClient(driver_for(url)).search("x", {})


def test_a_bulk_partly_refused_is_transient() -> None:
    body = (
        b'{"errors": true, "items": [{"create": {"status": 409}}, {"delete": {"status": 404}},'
        b'{"index": {"status": 429, "error": {"reason": "full"}}}]}'
    )
    with (
        answering(200, body) as url,
        pytest.raises(TransientFailure, match="did not take 1 documents: full"),
    ):
        OpenSearchClient(driver_for(url)).bulk([({"index": {"_index": "x"}}, {})])


def test_requests_to_serverless_are_signed() -> None:
    signer = Credentials("AKIDEXAMPLE", "not told")
    server = answering(200, b'{"count": 3}')
    with server as url:
        driver = driver_for(url, aws_region="eu-north-1", credentials=signer)
        assert OpenSearchClient(driver).count("x", {"match_all": {}}) == 3
    assert "/eu-north-1/aoss/aws4_request" in server.headers["Authorization"]
    assert len(server.headers["x-amz-content-sha256"]) == 64
    assert "not told" not in str(server.headers)


@pytest.mark.slow
@pytest.mark.opensearch
def test_reindexing_loses_nothing_and_searches_go_on(client: OpenSearchClient, prefix: str) -> None:
    documents = list(generated(8, words=400))
    index = OpenSearchWordIndex(client, prefix=prefix, passage_words=50, poll_s=0.01)
    for one in documents:
        index.put(one)
    index.describe("later", info("Only described", show="Later"))
    index.put(document("gone", "secret"))
    index.remove("gone")
    before = [searching(index).search(q, limit=50) for q in ("the", '"the of"', "bee honey")]
    facets = index.facets(Filters())
    failures: list[object] = []
    done = threading.Event()

    def keep_searching() -> None:
        while not done.is_set():
            try:
                found = searching(index).search("the", limit=50)
            except Exception as error:  # noqa: BLE001 - whatever it is, it is the finding
                failures.append(error)
                return
            if found["hits"] != before[0]["hits"]:
                failures.append(found["hits"])

    reader = threading.Thread(target=keep_searching)
    reader.start()
    layout = Layout(client, prefix)
    old = layout.current()
    try:
        assert reindex(client, prefix=prefix, grace_s=5) == 10
    finally:
        done.set()
        reader.join()
    assert failures == []
    new = layout.current()
    assert new.age > old.age
    assert new.format == FORMAT
    assert layout.beside(new) == []
    assert not client.exists(old.passages)
    after = [searching(index).search(q, limit=50) for q in ("the", '"the of"', "bee honey")]
    assert after == before
    assert index.facets(Filters()) == facets
    assert index.put(document("gone", "secret", run="9")) is None


class Stopped(Exception):
    """The run is interrupted."""


class StopsAfterSwitching(OpenSearchClient):
    """Is interrupted before the first generation is deleted."""

    def drop(self, index: str) -> None:
        raise Stopped(index)


@pytest.mark.opensearch
def test_reindexing_goes_on_where_it_stopped(client: OpenSearchClient, prefix: str) -> None:
    index = OpenSearchWordIndex(client, prefix=prefix, poll_s=0.01)
    for one in generated(6, words=50):
        index.put(one)
    layout = Layout(client, prefix)
    first = layout.current()
    before = searching(index).search("the", limit=50)
    told: list[tuple[int, int]] = []

    def stop(done: int, of: int) -> None:
        told.append((done, of))
        if done == 4:
            raise Stopped

    with pytest.raises(Stopped):
        reindex(client, prefix=prefix, grace_s=0, progress=stop)
    assert told == [(done, 6) for done in range(1, 5)]
    (begun,) = layout.beside(first)
    assert layout.current() == first
    index.put(document("late", "the later words"))
    with pytest.raises(Stopped):
        reindex(StopsAfterSwitching(client.driver), prefix=prefix, grace_s=0)
    assert layout.current() == begun
    assert layout.beside(begun) == [first]
    # A write that found its way into the old generation only now is not lost.
    OpenSearchWordIndex(client, prefix=prefix, generation=first, poll_s=0.01).put(
        document("last", "the last words")
    )
    assert reindex(client, prefix=prefix, grace_s=0) == 1
    assert layout.current() == begun
    assert layout.beside(begun) == []
    after = searching(index).search("the", limit=50)
    assert after["hits"] == before["hits"] + 2


@pytest.mark.opensearch
def test_a_write_during_the_switch_reaches_the_new_generation(
    client: OpenSearchClient, prefix: str
) -> None:
    class Switching(OpenSearchClient):
        """Switches to another generation, and deletes this one, in the middle of a write."""

        def bulk(self, actions: Iterable[tuple[Json, Json | None]]) -> None:
            super().bulk(actions)
            if layout.current() == first:
                layout.switch_to(layout.create("9"), first)
                layout.drop(first)

    layout = Layout(client, prefix)
    index = OpenSearchWordIndex(Switching(client.driver), prefix=prefix, poll_s=0.01)
    first = layout.current()
    assert index.put(document("e", "some words")) is not None
    assert searching(index).search("words")["hits"] == 1
    assert layout.beside(layout.current()) == []


class Counting(OpenSearchClient):
    """Counts its requests."""

    made = 0

    def request(self, *args: Any, **how: Any) -> Json:
        self.made += 1
        return super().request(*args, **how)


@pytest.mark.opensearch
def test_a_page_takes_one_request(client: OpenSearchClient, prefix: str) -> None:
    counting = Counting(client.driver)
    index = OpenSearchWordIndex(counting, prefix=prefix, poll_s=0.01)
    index.put(document("a", "the e-mail of the lighthouse keeper, running late"))
    index.put(document("b", "many emails and a lighthouse"))
    service = searching(index)

    def takes(requests: int, query: str, hits: int) -> bool:
        """Whether it does at last: what was written shows, and what was asked is remembered."""

        def made() -> int:
            before = counting.made
            assert service.search(query)["hits"] == hits
            return counting.made - before

        return bool(until(lambda: made() == requests))

    assert takes(1, "lighthouse", hits=2)
    assert takes(1, '"lighthouse keeper"', hits=1)
    assert takes(1, "late keeper", hits=1)
    assert takes(1, "e-mail", hits=1)
    # Said as a compound alone: the passages tell, and are looked through once more.
    assert takes(2, "email", hits=1)
    # Accents and forms are asked for at once, then for the form that is said.
    assert takes(3, "ran running", hits=0)
    assert takes(3, "run lighthouse", hits=1)


@pytest.mark.opensearch
def test_several_shards_are_read_in_one_state(client: OpenSearchClient, prefix: str) -> None:
    layout = Layout(client, prefix)
    layout.put_templates()
    split = {"settings": {"number_of_shards": 3}}
    client.request("PUT", f"/{prefix}-passages-{FORMAT}-first", split)
    writer, reader = (
        OpenSearchWordIndex(client, prefix=prefix, passage_words=5, poll_s=0.01) for _ in range(2)
    )
    for run in range(1, 4):
        for name in ("a", "b"):
            writer.put(document(name, f"run{run} always " * 20, run=str(run)))
        for index in (writer, reader):
            found = searching(index).search("run*", limit=50)
            assert found["hits"] == 40
            said = {w["text"] for g in found["results"] for m in g["moments"] for w in m["snippet"]}
            assert said == {f"run{run}", "always"}
    writer.remove("a")
    assert [searching(index).search("always")["hits"] for index in (writer, reader)] == [20, 20]


@pytest.mark.opensearch
def test_half_a_surrogate_pair_is_found_nowhere(client: OpenSearchClient, prefix: str) -> None:
    index = OpenSearchWordIndex(client, prefix=prefix, poll_s=0.01)
    index.put(document("a", "some words"))
    assert searching(index).search("words", show="\udcff")["hits"] == 0
    assert searching(index).search("words \udcff")["hits"] == 1


@pytest.mark.opensearch
def test_an_index_of_another_version_is_refused(client: OpenSearchClient, prefix: str) -> None:
    layout = Layout(client, prefix)
    layout.prepare()
    for version, says in ((FORMAT + 1, "newer version"), (FORMAT - 1, "older format")):
        client.drop(f"{prefix}-passages-{FORMAT}-first")
        name = f"{prefix}-passages-{version}-other"
        client.request("PUT", f"/{name}")
        alias = {"add": {"index": name, "alias": f"{prefix}-passages"}}
        client.request("POST", "/_aliases", {"actions": [alias]})
        with pytest.raises(Misconfigured, match=says):
            OpenSearchWordIndex(client, prefix=prefix)
        client.drop(name)
        layout.create("first")


@pytest.mark.opensearch
def test_preparing_twice_at_once_makes_one_index(client: OpenSearchClient, prefix: str) -> None:
    threads = [threading.Thread(target=Layout(client, prefix).prepare) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Layout(client, prefix).current().words == f"{prefix}-words-{FORMAT}-first"


@pytest.mark.opensearch
def test_a_put_cut_short_is_finished_by_the_next(
    client: OpenSearchClient, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = OpenSearchWordIndex(client, prefix=prefix, passage_words=50, poll_s=0.01)
    index.put(document("e", "old words " * 100, run="1"))

    def fail(*_: object) -> None:
        raise TransientFailure("cut")

    with monkeypatch.context() as cut:
        cut.setattr(client, "write", fail)
        with pytest.raises(TransientFailure):
            index.put(document("e", "new words", run="2"))
    assert searching(index).search("old")["hits"] == 100
    assert searching(index).search("new")["hits"] == 0
    index.put(document("e", "new words", run="2"))
    assert searching(index).search("old")["hits"] == 0
    assert searching(index).search("words")["hits"] == 1


class answering:  # noqa: N801 - reads as what it does
    """A server that gives one answer to everything, and keeps the last request's headers."""

    def __init__(self, status: int, body: bytes) -> None:
        server = self
        self.headers = Message()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                server.headers = self.headers
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Stay quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever)

    def __enter__(self) -> str:
        self._thread.start()
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
