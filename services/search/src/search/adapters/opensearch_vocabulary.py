"""The archive's vocabulary in OpenSearch: an index of words and their kin, counts from passages."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from hashlib import blake2b
from typing import Final

from rapidfuzz.distance import OSA

from search.adapters.opensearch_client import Json
from search.adapters.opensearch_layout import Layout
from search.domain.document import EpisodeDocument
from search.domain.expansion import Kinship, kin_of
from search.domain.tokens import tokens_of

_ITSELF: Final = "term"
"""The kinship under which each word stands itself."""
_MOST_KIN: Final = 10_000
_MOST_NEAR: Final = 500


class OpenSearchVocabulary:
    """Reads the words index; a word once said stays in it, and counts tell whether it still is."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._learned: defaultdict[tuple[str, str], set[str]] = defaultdict(set)

    def learn(self, index: str, document: EpisodeDocument) -> None:
        """Add an episode's words; those this process added before are skipped."""
        learned = self._learned[index, document.language]
        new = {token for _, token in document.tokens()} - learned
        compounds = {tokens for tokens in map(tokens_of, document.words) if len(tokens) > 1}
        kin = [(_ITSELF, term, term) for term in new]
        kin += kin_of(new, compounds, document.language)
        self._layout.client.bulk(self._created(index, kin))
        learned |= new

    def spoken(self, terms: Collection[str]) -> frozenset[str]:
        """Return those of `terms` that are said somewhere."""
        return frozenset(self._said(terms, len(terms))) if terms else frozenset()

    def kin(self, kinship: Kinship, keys: Collection[str]) -> dict[str, list[str]]:
        """Return, for each key, the words that share it."""
        found: defaultdict[str, list[str]] = defaultdict(list)
        if keys:
            for row in self._rows(kinship, {"terms": {"key": sorted(keys)}}, _MOST_KIN):
                found[row["key"]].append(row["term"])
        return dict(found)

    def near(self, term: str, distance: int) -> frozenset[str]:
        """Return the words within `distance` edits of `term`."""
        fuzzy = {"value": term, "fuzziness": distance, "max_expansions": 1_000}
        rows = self._rows(_ITSELF, {"fuzzy": {"key": fuzzy}}, _MOST_NEAR)
        return self.spoken(
            [row["term"] for row in rows if OSA.distance(row["term"], term) <= distance]
        )

    def starting(self, prefix: str, *, limit: int, folded: bool = False) -> Sequence[str]:
        """Return words that start with `prefix`, those said in most places first."""
        if not folded:
            return self._said(_Prefix(prefix), limit)
        begins = {"prefix": {"key": {"value": prefix}}}
        terms = {
            row["term"]
            for kinship in (_ITSELF, Kinship.FOLD)
            for row in self._rows(kinship, begins, _MOST_KIN)
        }
        return self._said(terms, limit) if terms else []

    def _said(self, terms: "Collection[str] | _Prefix", limit: int) -> list[str]:
        if isinstance(terms, _Prefix):
            narrowed: Json = {"prefix": {"words": {"value": terms}}}
            include: str | list[str] = _regex(terms) + ".*"
        else:
            include = sorted(terms)
            narrowed = {"terms": {"words": include}}
        reply = self._layout.client.search(
            self._layout.passages,
            {
                "size": 0,
                "query": narrowed,
                "aggs": {"words": {"terms": {"field": "words", "include": include, "size": limit}}},
            },
        )
        return [bucket["key"] for bucket in reply["aggregations"]["words"]["buckets"]]

    def _rows(self, kinship: str, condition: Json, most: int) -> list[Json]:
        query = {"bool": {"filter": [{"term": {"kinship": kinship}}, condition]}}
        reply = self._layout.client.search(
            self._layout.words, {"size": most, "query": query, "sort": ["_doc"]}
        )
        return [hit["_source"] for hit in reply["hits"]["hits"]]

    def _created(
        self, index: str, kin: Collection[tuple[str, str, str]]
    ) -> Iterator[tuple[Json, Json]]:
        for kinship, key, term in kin:
            known_by = blake2b(f"{kinship}|{key}|{term}".encode(), digest_size=12).hexdigest()
            yield (
                {"create": {"_index": index, "_id": known_by}},
                {"kinship": kinship, "key": key, "term": term},
            )


class _Prefix(str):
    """The start of a word."""

    __slots__ = ()


def _regex(text: str) -> str:
    """Escape for Lucene's regular expressions."""
    return re.sub(r"""([.?+*|{}\[\]()"\\#@&<>~^$-])""", r"\\\1", text)
