"""The vocabulary in OpenSearch: an index of words and their variants, counts from passages."""

import time
from base64 import urlsafe_b64encode
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from hashlib import blake2b
from typing import Final
from uuid import uuid4

from rapidfuzz.distance import OSA

from everyword_events import Conflict
from search.adapters.opensearch.client import Json
from search.adapters.opensearch.layout import Layout
from search.domain.document import EpisodeDocument
from search.domain.expansion import Shared, VariantKind, variants_of
from search.domain.tokens import tokens_of

_ITSELF: Final = "term"
"""The kind under which each word stands itself; keys start with the kind and a space."""
_MOST_KIN: Final = 10_000
_MOST_NEAR: Final = 500
_SAMPLE: Final = 200
_REMEMBERED_FOR_S: Final = 10.0
_ASKED_AT_ONCE: Final = 500
_MOST_REMEMBERED: Final = 10_000
_LATELY_S: Final = 1.0
"""Whether a word is said is asked beside its variants; so long it is not asked again."""
_UNLEARNED: Final = "unlearned"
"""The id and the key of the mark that words were deleted; no kind is called so."""


class OpenSearchVocabulary:
    """Reads the words index; a word once said stays in it, and counts tell whether it still is.

    Only the words of removed episodes go, where no other says them; a mark among the words tells
    every process then to think nothing learned any more.
    """

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._languages: tuple[float, tuple[str, ...]] = (-_REMEMBERED_FOR_S, ())
        self._said: dict[str, tuple[float, bool]] = {}
        self._learned: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        self._unlearned: dict[str, str] = {}

    def learn(self, index: str, document: EpisodeDocument) -> str:
        """Add an episode's words; those this process added before are skipped.

        Returns what changes whenever words are deleted; see `last_unlearned`.
        """
        mark = self.last_unlearned(index)
        if self._unlearned.get(index) != mark:
            self._unlearned[index] = mark
            self._learned.clear()
        learned = self._learned[index, document.language]
        new = {token for _, token in document.tokens()} - learned
        compounds = {tokens for tokens in map(tokens_of, document.words) if len(tokens) > 1}
        variants = [(_ITSELF, term, term) for term in new]
        variants += variants_of(new, compounds, document.language)
        self._layout.client.bulk(self._created(index, variants))
        learned |= new
        return mark

    def last_unlearned(self, index: str) -> str:
        """Return what changes whenever words are deleted."""
        found = self._layout.client.get(index, _UNLEARNED)
        return str(found["_source"]["term"]) if found else ""

    def unlearn(self, index: str, episode_id: str, passages: Sequence[Json]) -> None:
        """Delete the words of a removed episode's passages that no other episode says."""
        said: defaultdict[str, set[str]] = defaultdict(set)
        compounds: defaultdict[str, set[tuple[str, ...]]] = defaultdict(set)
        for passage in passages:
            language = passage["language"]
            said[language] |= set(passage["tokens"].split())
            words = map(tokens_of, passage["words"].split())
            compounds[language] |= {tokens for tokens in words if len(tokens) > 1}
        elsewhere = self._said_elsewhere(frozenset().union(*said.values()), episode_id)
        gone = {
            variant
            for language, tokens in said.items()
            for variant in (
                *((_ITSELF, term, term) for term in tokens - elsewhere),
                *variants_of(
                    tokens - elsewhere,
                    (each for each in compounds[language] if not elsewhere.issuperset(each)),
                    language,
                ),
            )
        }
        if not gone:
            return
        self._learned.clear()
        seen = self._layout.client.get(index, _UNLEARNED)
        kept = {"key": _UNLEARNED, "term": uuid4().hex}
        with suppress(Conflict):  # another process deletes words too, and marks it
            self._layout.client.write(index, _UNLEARNED, kept, seen)
        self._layout.client.bulk(
            ({"delete": {"_index": index, "_id": _known_by(variant)}}, None) for variant in gone
        )

    def _said_elsewhere(self, terms: Collection[str], episode_id: str) -> frozenset[str]:
        ordered = sorted(terms)
        return frozenset(
            term
            for start in range(0, len(ordered), _ASKED_AT_ONCE)
            for term in self.spoken(ordered[start : start + _ASKED_AT_ONCE], besides=episode_id)
        )

    def changed(self) -> None:
        """Ask for what is remembered anew at the next use: an episode was written."""
        self._languages = (-_REMEMBERED_FOR_S, ())
        self._said.clear()

    def languages(self) -> Collection[str]:
        """Return the languages of the episodes, as they were some seconds ago at the earliest."""
        read_at, found = self._languages
        if time.monotonic() > read_at + _REMEMBERED_FOR_S:
            body = {
                "size": 0,
                "query": {"bool": {"must_not": [{"term": {"revision": ""}}]}},
                "aggs": {"languages": {"terms": {"field": "language", "size": 1_000}}},
            }
            reply = self._layout.client.search(self._layout.episodes, body)
            buckets = reply["aggregations"]["languages"]["buckets"]
            found = tuple(sorted(bucket["key"] for bucket in buckets if bucket["key"]))
            self._languages = time.monotonic(), found
        return found

    def spoken(self, terms: Collection[str], *, besides: str = "") -> frozenset[str]:
        """Return those of `terms` that are said somewhere, `besides` in one episode."""
        lately = time.monotonic() - _LATELY_S
        told = {term: at for term in terms if (at := self._said.get(term)) is not None}
        if not besides and all(term in told and told[term][0] > lately for term in terms):
            return frozenset(term for term, (_, is_said) in told.items() if is_said)
        asked = sorted(terms)
        if not asked:
            return frozenset()
        search = _spoken_search(asked, besides)
        return _spoken_of(asked, self._layout.client.search(self._layout.passages, search))

    def variants(self, shared: Collection[Shared]) -> dict[Shared, list[str]]:
        """Return, for each key, the words that share it.

        Where accents are asked about, the words themselves are looked for too: whether they are
        said is what one asks next.
        """
        if not shared:
            return {}
        searches = [(self._layout.words, variant_search(shared))]
        bare = sorted(key for kind, key in shared if kind == VariantKind.FOLD)
        if bare:
            searches.append((self._layout.passages, _spoken_search(bare, "")))
        asked_at = time.monotonic()
        found, *said = self._layout.client.searches(searches)
        if said:
            if len(self._said) > _MOST_REMEMBERED:
                self._said.clear()
            spoken = _spoken_of(bare, said[0])
            self._said.update({term: (asked_at, term in spoken) for term in bare})
        return variants_found(found)

    def near(self, term: str, distance: int) -> frozenset[str]:
        """Return the words within `distance` edits of `term`."""
        fuzzy = {
            "value": f"{_ITSELF} {term}",
            "fuzziness": distance,
            "prefix_length": len(_ITSELF) + 1,
            "max_expansions": 1_000,
        }
        found = self._terms({"fuzzy": {"key": fuzzy}}, _MOST_NEAR)
        return self.spoken([near for near in found if OSA.distance(near, term) <= distance])

    def starting(self, prefix: str, *, limit: int) -> Sequence[str]:
        """Return words that start with `prefix`, those said the most in a sample first."""
        reply = self._layout.client.search(
            self._layout.passages,
            {
                "size": _SAMPLE,
                "query": {"prefix": {"tokens": {"value": prefix}}},
                "sort": ["_doc"],
                "_source": ["tokens"],
            },
        )
        said = Counter(
            token
            for hit in reply["hits"]["hits"]
            for token in hit["_source"]["tokens"].split()
            if token.startswith(prefix)
        )
        ranked = sorted(said.items(), key=lambda item: (-item[1], item[0]))
        return [term for term, _ in ranked[:limit]]

    def folded_starting(self, prefix: str, *, limit: int) -> Sequence[str]:
        """Return the words whose fold starts with `prefix`: the shortest, then by alphabet."""
        terms = {
            term
            for kind in (_ITSELF, VariantKind.FOLD)
            for term in self._terms({"prefix": {"key": {"value": f"{kind} {prefix}"}}}, _MOST_KIN)
        }
        return sorted(terms, key=lambda term: (len(term), term))[:limit]

    def _terms(self, query: Json, most: int) -> list[str]:
        body = {"size": most, "query": query, "sort": ["_doc"]}
        reply = self._layout.client.search(self._layout.words, body)
        return [_read(hit["_source"])[2] for hit in reply["hits"]["hits"]]

    def _created(
        self, index: str, variants: Collection[tuple[str, str, str]]
    ) -> Iterator[tuple[Json, Json]]:
        for kind, key, term in variants:
            kept = {"key": f"{kind} {key}"}
            if kind != _ITSELF:
                kept["term"] = term
            yield {"create": {"_index": index, "_id": _known_by((kind, key, term))}}, kept


def _known_by(variant: tuple[str, str, str]) -> str:
    """Return a document's id: in this form the index keeps the nine bytes themselves."""
    return urlsafe_b64encode(blake2b("|".join(variant).encode(), digest_size=9).digest()).decode()


def variant_search(shared: Collection[Shared]) -> Json:
    """Return the search for the words that share keys."""
    known_as = sorted(f"{kind} {key}" for kind, key in shared)
    return {
        "size": _MOST_KIN,
        "query": {"bool": {"filter": {"terms": {"key": known_as}}}},
        "sort": ["_doc"],
    }


def variants_found(reply: Json) -> dict[Shared, list[str]]:
    """Read the answer to `variant_search`."""
    found: defaultdict[Shared, list[str]] = defaultdict(list)
    for hit in reply["hits"]["hits"]:
        kind, key, term = _read(hit["_source"])
        found[VariantKind(kind), key].append(term)
    return dict(found)


def _spoken_search(terms: Sequence[str], besides: str) -> Json:
    each = {str(number): {"term": {"tokens": term}} for number, term in enumerate(terms)}
    return {
        "size": 0,
        "query": {
            "bool": {
                "filter": {"terms": {"tokens": terms}},
                "must_not": {"term": {"episode_id": besides}},
            }
        },
        "aggs": {"said": {"filters": {"filters": each}}},
    }


def _spoken_of(terms: Sequence[str], reply: Json) -> frozenset[str]:
    buckets = reply["aggregations"]["said"]["buckets"]
    return frozenset(terms[int(number)] for number, b in buckets.items() if b["doc_count"])


def _read(source: Json) -> tuple[str, str, str]:
    """Return a kind, a key, and the word it leads to: the key itself, if none is named."""
    kind, _, key = source["key"].partition(" ")
    return kind, key, source.get("term", key)
