"""What it takes to process audio, reckoned from what this archive processed before."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ingest.domain import EpisodeView
from ingest.domain.feed import Estimate, FeedItem
from ingest.ports import EpisodeCatalogue

MOST_LOOKED_AT: Final = 200
BYTES_A_SECOND: Final = 128_000 / 8
"""What a podcast's audio usually has (128 kbit/s), where a feed states no duration."""


@dataclass(frozen=True)
class UsualEffort:
    """What an hour of audio takes where nothing was recognised yet: hours of work, US dollars."""

    work_hours: float
    cost_usd: float | None = None


class Estimator:
    """Estimates time and cost by the newest episodes that were recognised here.

    Before there are any, it assumes `usual`, and says that it does.
    """

    def __init__(self, catalogue: EpisodeCatalogue, usual: UsualEffort | None = None) -> None:
        self._catalogue = catalogue
        self._usual = usual

    def estimate(self, items: Sequence[FeedItem], show: str) -> Estimate:
        """Return what taking these items in means."""
        seconds = sum(each.duration_s or each.bytes / BYTES_A_SECOND for each in items)
        done = self._recognised(show) or self._recognised(None)
        heard_s = sum(each.duration_s or 0.0 for each in done)
        worked_s = sum(sum(each.timings.values()) for each in done)
        if not heard_s:
            return self._assumed(items, seconds)
        costs = [(each.cost, each.duration_s or 0.0) for each in done if each.cost is not None]
        paid_for_s = sum(duration_s for _, duration_s in costs)
        paid = sum(cost for cost, _ in costs)
        return Estimate(
            items=len(items),
            hours=round(seconds / 3600, 2),
            without_duration=sum(not each.duration_s for each in items),
            processing_hours=round(seconds * worked_s / heard_s / 3600, 2),
            cost_usd=round(seconds * paid / paid_for_s, 4) if paid_for_s else None,
        )

    def _assumed(self, items: Sequence[FeedItem], seconds: float) -> Estimate:
        usual, hours = self._usual, seconds / 3600
        return Estimate(
            items=len(items),
            hours=round(hours, 2),
            without_duration=sum(not each.duration_s for each in items),
            processing_hours=round(hours * usual.work_hours, 2) if usual else None,
            cost_usd=round(hours * usual.cost_usd, 4) if usual and usual.cost_usd else None,
            assumed=usual is not None,
        )

    def _recognised(self, show: str | None) -> Sequence[EpisodeView]:
        page = self._catalogue.page(show=show, state="ready", cursor=None, limit=MOST_LOOKED_AT)
        return [
            each
            for each in page.episodes
            if each.engine is not None and each.engine.name != "imported" and each.timings
        ]
