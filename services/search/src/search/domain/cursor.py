"""Cursors: where a page ended, which tier it was, and the totals, so that they do not change."""

import base64
import hashlib
import json
import math
from dataclasses import dataclass

from everyword_events import InvalidInput
from search.domain.expansion import Tier
from search.domain.pages import PagePosition, Sort
from search.domain.query import Query


@dataclass(frozen=True)
class Totals:
    """What the whole query finds."""

    hits: int
    episodes: int
    capped: bool


@dataclass(frozen=True)
class Cursor:
    """A place in the results of one query; `inside` goes on in that episode only."""

    digest: str
    tier: Tier
    place: PagePosition
    totals: Totals
    inside: bool = False

    def encode(self) -> str:
        """Return the cursor as text for a URL."""
        published = self.place.published
        form = [
            self.digest,
            self.tier,
            self.place.weight,
            published if math.isfinite(published) else None,
            self.place.episode_id,
            self.place.moments,
            self.totals.hits,
            self.totals.episodes,
            self.totals.capped,
            self.inside,
        ]
        raw = json.dumps(form, separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(raw).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str, *, digest: str) -> "Cursor":
        """Read a cursor back.

        Raises:
            InvalidInput: it is none of ours, or belongs to another query.
        """
        try:
            raw = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
            found, tier, weight, published, episode_id, moments, hits, episodes, capped, inside = (
                raw
            )
            cursor = cls(
                str(found),
                Tier(tier),
                PagePosition(
                    float(weight),
                    -math.inf if published is None else float(published),
                    str(episode_id),
                    int(moments),
                ),
                Totals(int(hits), int(episodes), bool(capped)),
                bool(inside),
            )
        except (ValueError, TypeError) as error:
            raise InvalidInput(
                "the cursor cannot be read",
                hint="pass `next` of the page before, unchanged",
                code="cursor_invalid",
            ) from error
        if cursor.digest != digest:
            raise InvalidInput(
                "the cursor belongs to another query",
                hint="pass the same query, filters and sort as for the page before",
                code="cursor_invalid",
            )
        return cursor


def digest_of(query: Query, sort: Sort, *, exact: bool) -> str:
    """Return what tells one query's pages from another's."""
    filters = query.filters
    parts = [
        query.text,
        sort,
        exact,
        *(
            sorted(names) if names is not None else None
            for names in (filters.shows, filters.episodes, filters.speakers)
        ),
        filters.published_from,
        filters.published_before,
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:12]
