"""An index of an older format is brought over by reindexing, and finds the same."""

import base64
import struct
import zlib
from itertools import pairwise
from typing import Any

import pytest

from everyword_events import Misconfigured
from search.adapters.opensearch_client import Json, OpenSearchClient, driver_for
from search.adapters.opensearch_index import OpenSearchWordIndex
from search.adapters.opensearch_layout import KINDS, Layout
from search.adapters.opensearch_passages import SaidWords
from search.adapters.opensearch_reindex import reindex
from search.config import SearchSettings
from search.domain.reply import SearchReply
from search.service import SearchService
from search.testing.corpus import generated

ADDED_SINCE_FORMAT_1 = {"passages": {"times"}, "episodes": {"duration_ms"}, "words": set[str]()}


@pytest.mark.opensearch
def test_format_1_is_brought_over(opensearch_url: str, opensearch_prefix: str) -> None:
    client = OpenSearchClient(driver_for(opensearch_url))
    index = OpenSearchWordIndex(client, prefix=opensearch_prefix, passage_words=50, poll_s=0.01)
    for document in generated(3, words=300):
        index.put(document)
    before = found(index)
    rewrite_in_format_1(client, opensearch_prefix)
    with pytest.raises(Misconfigured, match="older format 1"):
        OpenSearchWordIndex(client, prefix=opensearch_prefix)
    reindex(client, prefix=opensearch_prefix, grace_s=0)
    after = found(OpenSearchWordIndex(client, prefix=opensearch_prefix))
    assert before["hits"] > 50
    # Format 1 did not know how long the audio is.
    for group in (*before["results"], *after["results"]):
        group["duration_s"] = 0.0
    assert after == before


def found(index: OpenSearchWordIndex) -> SearchReply:
    blobs: Any = None
    service = SearchService(index, index.vocabulary, blobs, lambda _: SearchSettings())
    return service.search("the", limit=50)


def rewrite_in_format_1(client: OpenSearchClient, prefix: str) -> None:
    """Put what the index holds into indices as format 1 had them, behind the same aliases."""
    generation = Layout(client, prefix).current()
    actions: list[Json] = []
    for kind, properties in KINDS.items():
        new = generation.index(kind)
        old = f"{prefix}-{kind}-1-first"
        added = ADDED_SINCE_FORMAT_1[kind]
        known = {name: form for name, form in properties.items() if name not in added}
        if kind == "passages":
            known["tokens"] = {"type": "text", "analyzer": "whitespace"}
        mappings = {"dynamic": "strict", "_meta": {"everyword_format": 1}, "properties": known}
        client.request("PUT", f"/{old}", {"mappings": mappings})
        rows = client.search(new, {"size": 10_000, "query": {"match_all": {}}})["hits"]["hits"]
        client.bulk(
            ({"index": {"_index": old, "_id": row["_id"]}}, in_format_1(row["_source"], added))
            for row in rows
        )
        actions.append({"add": {"index": old, "alias": f"{prefix}-{kind}"}})
        actions.append({"remove": {"index": new, "alias": f"{prefix}-{kind}"}})
        while client.count(old, {"match_all": {}}) < len(rows):
            pass
    client.request("POST", "/_aliases", {"actions": actions})
    for kind in KINDS:
        client.drop(generation.index(kind))


def in_format_1(source: Json, added: set[str]) -> Json:
    kept = {name: value for name, value in source.items() if name not in added}
    if "said" not in source:
        return kept
    said = SaidWords.unpack(source["said"], source["times"])
    steps = [b - a for a, b in pairwise((said.starts_ms[0], *said.starts_ms))]
    header = struct.pack(
        "<IIIi?", said.first, said.n_words, len(said.words), said.starts_ms[0], True
    )
    times = struct.pack(f"<{2 * len(steps)}h", *steps, *said.lengths_ms)
    raw = header + times + "\n".join(said.words).encode()
    return {**kept, "said": base64.b64encode(zlib.compress(raw)).decode()}
