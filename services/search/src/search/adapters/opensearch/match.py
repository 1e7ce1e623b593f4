"""Writes a plan as a query that no passage with a moment escapes."""

from itertools import islice, product
from typing import Final

from search.adapters.opensearch.client import Json
from search.domain.matching import Alternatives, Pattern, QueryPlan, Slot
from search.domain.query import Filters

_MOST_PHRASES: Final = 8


def passage_query(
    plan: QueryPlan,
    filters: Filters,
    episodes: list[str] | None,
    look_up: frozenset[str] = frozenset(),
) -> Json:
    """Return the query; it may let passages pass that a closer look then refuses.

    Such are the passages in which a word to `look_up` is said as a compound.
    """
    conditions = [_clause(alternatives, look_up) for alternatives in plan.wanted]
    if plan.language is not None:
        conditions.append({"term": {"language": plan.language}})
    if filters.speakers is not None:
        conditions.append({"terms": {"speakers": sorted(filters.speakers)}})
    if episodes is not None:
        conditions.append({"terms": {"episode_id": episodes}})
    return {"bool": {"filter": conditions}}


def episode_query(filters: Filters) -> Json | None:
    """Return the query for the episodes that pass the filters; None where all do."""
    conditions: list[Json] = []
    if filters.shows is not None:
        conditions.append({"terms": {"show_folded": sorted(filters.shows)}})
    if filters.episodes is not None:
        conditions.append({"terms": {"episode_id": sorted(filters.episodes)}})
    if filters.speakers is not None:
        conditions.append({"terms": {"speakers_folded": sorted(filters.speakers)}})
    if filters.published_from is not None:
        conditions.append({"range": {"published": {"gte": filters.published_from}}})
    if filters.published_before is not None:
        conditions.append({"range": {"published": {"gt": NO_DATE, "lt": filters.published_before}}})
    return {"bool": {"filter": conditions}} if conditions else None


NO_DATE: Final = -1e15
"""Stands for a date that is not known: a number, as a sort wants one."""


def _clause(alternatives: Alternatives, look_up: frozenset[str]) -> Json:
    options = [_pattern(pattern) for pattern in alternatives]
    if look_up:
        options.append({"terms": {"joined": sorted(look_up)}})
    return _any_of(options)


def _pattern(pattern: Pattern) -> Json:
    if len(pattern) == 1:
        return _slot(pattern[0])
    if not any(slot.prefix for slot in pattern):
        phrases = list(islice(product(*(sorted(s.terms) for s in pattern)), _MOST_PHRASES + 1))
        if len(phrases) <= _MOST_PHRASES:
            return _any_of([{"match_phrase": {"tokens": " ".join(phrase)}} for phrase in phrases])
    return {"bool": {"filter": [_slot(slot) for slot in pattern]}}


def _slot(slot: Slot) -> Json:
    options: list[Json] = []
    if slot.terms:
        options.append({"terms": {"tokens": sorted(slot.terms)}})
    if slot.prefix:
        options.append({"prefix": {"tokens": {"value": slot.prefix}}})
    return _any_of(options)


def _any_of(options: list[Json]) -> Json:
    if len(options) == 1:
        return options[0]
    return {"bool": {"should": options, "minimum_should_match": 1}}
