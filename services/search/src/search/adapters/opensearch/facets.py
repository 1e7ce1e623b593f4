"""What one can filter by: the names among the episodes, counted by OpenSearch."""

from collections.abc import Iterable
from typing import Any, Final

from everyword_transcripts.folding import folded_name
from search.adapters.opensearch.client import Json
from search.adapters.opensearch.layout import Layout
from search.adapters.opensearch.match import episode_query
from search.domain.pages import Facet, Facets
from search.domain.query import Filters

_MOST_FACETS: Final = 1_000


def count_facets(layout: Layout, filters: Filters) -> Facets:
    """Return the shows and speakers among the episodes that pass `filters`."""
    spoken = {"bool": {"must_not": [{"term": {"revision": ""}}]}}
    query = episode_query(filters)
    names: Json = {
        name: {"terms": {"field": field, "size": _MOST_FACETS}}
        for name, field in (
            ("shows", "show"),
            ("speakers", "speakers"),
        )
    }
    reply = layout.client.search(
        layout.episodes,
        {
            "size": 0,
            "query": {"bool": {"filter": [spoken, *([query] if query else [])]}},
            "aggs": names,
        },
    )
    found = {name: reply["aggregations"][name]["buckets"] for name in names}
    return Facets(
        _merged(found["shows"]),
        _merged(found["speakers"]),
    )


def _merged(buckets: Iterable[Any]) -> tuple[Facet, ...]:
    """Count names together that differ in case or accents alone."""
    merged: dict[str, Facet] = {}
    for bucket in buckets:
        if bucket["key"]:
            key = folded_name(bucket["key"])
            before = merged.get(key, Facet(bucket["key"], 0))
            merged[key] = Facet(
                min(before.name, bucket["key"]), before.episodes + bucket["doc_count"]
            )
    return tuple(sorted(merged.values(), key=lambda facet: (-facet.episodes, facet.name)))
