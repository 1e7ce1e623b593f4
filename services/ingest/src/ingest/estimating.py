"""What it takes to process audio, reckoned from what this archive processed before."""

from collections.abc import Sequence
from typing import Final

from ingest.domain import EpisodeView
from ingest.domain.feed import Estimate, FeedItem
from ingest.ports import EpisodeCatalogue

MOST_LOOKED_AT: Final = 200
BYTES_A_SECOND: Final = 128_000 / 8
"""What a podcast's audio usually has (128 kbit/s), where a feed states no duration."""


class Estimator:
    """Estimates time and cost by the newest episodes that were recognised here."""

    def __init__(self, catalogue: EpisodeCatalogue) -> None:
        self._catalogue = catalogue

    def estimate(self, items: Sequence[FeedItem], show: str) -> Estimate:
        """Return what taking these items in means."""
        seconds = sum(each.duration_s or each.bytes / BYTES_A_SECOND for each in items)
        done = self._recognised(show) or self._recognised(None)
        heard_s = sum(each.duration_s or 0.0 for each in done)
        worked_s = sum(sum(each.timings.values()) for each in done)
        costs = [(each.cost, each.duration_s or 0.0) for each in done if each.cost is not None]
        paid_for_s = sum(duration_s for _, duration_s in costs)
        paid = sum(cost for cost, _ in costs)
        return Estimate(
            items=len(items),
            hours=round(seconds / 3600, 2),
            without_duration=sum(not each.duration_s for each in items),
            processing_hours=round(seconds * worked_s / heard_s / 3600, 2) if heard_s else None,
            cost_usd=round(seconds * paid / paid_for_s, 4) if paid_for_s else None,
        )

    def _recognised(self, show: str | None) -> Sequence[EpisodeView]:
        page = self._catalogue.page(show=show, state="ready", cursor=None, limit=MOST_LOOKED_AT)
        return [
            each
            for each in page.episodes
            if each.engine is not None and each.engine.name != "imported" and each.timings
        ]
