"""Said over time: how often a query is said, per month, year or episode."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Literal

from typing_extensions import TypedDict

from search.domain.pages import Tally

Step = Literal["year", "month", "episode"]
_FORMS = {"year": "%Y", "month": "%Y-%m"}


class Period(TypedDict):
    """A year or month in which the query is said; `period` can be given as `from` and `to`."""

    period: str
    hits: int
    episodes: int


class EpisodeCount(TypedDict):
    """How often the query is said in one episode."""

    episode_id: str
    title: str
    published_at: str | None
    hits: int


class Timeline(TypedDict):
    """A query over time, the oldest first.

    `periods` for a step of a year or month, `by_episode` for a step of an episode. Episodes
    without a date are counted in `undated_hits` and come last. When `capped`, every count is
    the least there is.
    """

    query: str
    matched: str
    hits: int
    episodes: int
    capped: bool
    undated_hits: int
    periods: list[Period]
    by_episode: list[EpisodeCount]


def periods(tallies: Iterable[Tally], step: Step) -> list[Period]:
    """Sum up the episodes that have a date."""
    if step == "episode":
        return []
    sums: dict[str, Period] = {}
    for tally in tallies:
        if tally.published_s is not None:
            name = _date(tally.published_s).strftime(_FORMS[step])
            period = sums.setdefault(name, Period(period=name, hits=0, episodes=0))
            period["hits"] += tally.hits
            period["episodes"] += 1
    return [sums[name] for name in sorted(sums)]


def episode_counts(tallies: Iterable[Tally]) -> list[EpisodeCount]:
    """List the episodes, those without a date last."""
    ordered = sorted(
        tallies, key=lambda t: (t.published_s is None, t.published_s or 0.0, t.episode_id)
    )
    return [
        EpisodeCount(
            episode_id=tally.episode_id,
            title=tally.title,
            published_at=None
            if tally.published_s is None
            else _date(tally.published_s).isoformat().replace("+00:00", "Z"),
            hits=tally.hits,
        )
        for tally in ordered
    ]


def _date(epoch_s: float) -> datetime:
    return datetime.fromtimestamp(epoch_s, UTC)
