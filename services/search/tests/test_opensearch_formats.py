"""An index of an older format is brought over by reindexing, and finds the same.

`formats/` holds what each format wrote of the same events: `the_archive` below, cut into passages
of 50 words.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from everyword_events import Misconfigured
from search.adapters.opensearch.client import Json, OpenSearchClient, driver_for
from search.adapters.opensearch.index import OpenSearchWordIndex
from search.adapters.opensearch.layout import FORMAT, Generation, Layout
from search.adapters.opensearch.reindex import reindex
from search.domain.reply import SearchReply
from search.service import SearchService
from search.testing import PATIENT
from search.testing.corpus import document, generated, info

FORMATS = Path(__file__).parent / "formats"
QUERIES = ("the", '"the of"', "bee honey", "bee -the", "cafe", '"well known"', "10000", "e mail")


@pytest.mark.opensearch
@pytest.mark.parametrize(
    "written", [1, *(pytest.param(n, marks=pytest.mark.slow) for n in range(2, FORMAT))]
)
def test_an_older_format_is_brought_over(
    opensearch_url: str, opensearch_prefix: str, written: int
) -> None:
    client = OpenSearchClient(driver_for(opensearch_url))
    fresh = OpenSearchWordIndex(client, prefix=f"{opensearch_prefix}-fresh", poll_s=0.01)
    the_archive(fresh, knows_duration=written > 1)
    write_as_it_was(client, opensearch_prefix, written)
    with pytest.raises(Misconfigured, match=f"older format {written}"):
        OpenSearchWordIndex(client, prefix=opensearch_prefix)
    assert reindex(client, prefix=opensearch_prefix, grace_s=0) == 5
    brought = OpenSearchWordIndex(client, prefix=opensearch_prefix, poll_s=0.01)
    expected = list(found(fresh))
    assert expected[0]["hits"] == 20
    assert all(reply["hits"] for reply in expected)
    assert list(found(brought)) == expected
    assert brought.put(document("gone", "secret", run="9")) is None
    layout = Layout(client, opensearch_prefix)
    assert layout.beside(layout.current()) == []


def the_archive(index: OpenSearchWordIndex, *, knows_duration: bool) -> None:
    """Write what the files in `formats/` hold; format 1 did not know how long the audio is."""
    for one in generated(2, words=110):
        index.put(one if knows_duration else replace(one, audio_ms=0))
    index.put(
        document(
            "accents",
            "Ada: Don't panic, it's a well-known café — we said",
            "Åke: … e-mail, 10,000 times",
        )
    )
    index.describe("described", info("Only described"))
    index.put(document("gone", "secret"))
    index.remove("gone")


def found(index: OpenSearchWordIndex) -> Iterator[SearchReply]:
    blobs: Any = None
    service = SearchService(index, index.vocabulary, blobs, lambda _: PATIENT)
    return (service.search(query, limit=50) for query in QUERIES)


def write_as_it_was(client: OpenSearchClient, prefix: str, written: int) -> None:
    """Make the indices of an older format, behind the aliases."""
    kept: dict[str, dict[str, Json]] = json.loads((FORMATS / f"format_{written}.json").read_text())
    properties = {name: {"type": "keyword"} for name in ("episode_id", "revision", "number")}
    mappings = {"dynamic": False, "properties": properties}
    actions = []
    for kind in Generation(prefix, written, "first").kinds:
        index = f"{prefix}-{kind}-{written}-first"
        client.request("PUT", f"/{index}", {"mappings": mappings})
        rows = kept.get(kind, {})
        client.bulk(({"index": {"_index": index, "_id": key}}, row) for key, row in rows.items())
        while client.count(index, {"match_all": {}}) < len(rows):
            pass
        actions.append({"add": {"index": index, "alias": f"{prefix}-{kind}"}})
    client.request("POST", "/_aliases", {"actions": actions})
