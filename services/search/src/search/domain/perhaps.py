"""Moments where a query was perhaps said and something else was written, the likeliest first."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from search.domain.expansion import Tier
from search.domain.matching import Alternatives, MatchSpan, QueryPlan, matches, occurrences
from search.domain.pages import EpisodeMoments, Moment
from search.domain.tokens import tokens_of

MOST_PERHAPS: Final = 10
"""The likeliest few are worth a look; false ones grow in number with the archive."""


@dataclass(frozen=True)
class Perhaps:
    """One moment, alone in its episode; `matched` says what it was found by."""

    at: EpisodeMoments
    matched: Tier
    likelihood: float

    @property
    def moment(self) -> Moment:
        """The moment."""
        return self.at.moments[0]


def likeliest(
    candidates: Iterable[Perhaps],
    *,
    likely: float,
    results: Sequence[QueryPlan],
    sounding: Sequence[EpisodeMoments] = (),
) -> list[Perhaps]:
    """Return the best candidates: likely enough, no result, none overlapping a better one.

    `results` are the plans that the results were found with, `sounding` those found by sound.
    """
    chosen: list[Perhaps] = []
    shown = [(group.episode_id, moment) for group in sounding for moment in group.moments]
    for one in sorted(candidates, key=lambda candidate: -candidate.likelihood):
        if one.likelihood < likely or len(chosen) == MOST_PERHAPS:
            break
        taken = [*shown, *((other.at.episode_id, other.moment) for other in chosen)]
        if not any(_overlap(one, *other) for other in taken) and not _is_result(one, results):
            chosen.append(one)
    return chosen


def grouped(chosen: Sequence[Perhaps]) -> list[tuple[EpisodeMoments, list[Perhaps]]]:
    """Put moments of one episode together, the episode with the likeliest first."""
    of_episode: dict[str, list[Perhaps]] = {}
    for one in chosen:
        of_episode.setdefault(one.at.episode_id, []).append(one)
    return [
        (
            replace(
                some[0].at,
                hits=len(some),
                moments=tuple(one.moment for one in some),
                starts_s=sorted(one.moment.start_s for one in some),
            ),
            some,
        )
        for some in of_episode.values()
    ]


def _overlap(one: Perhaps, episode_id: str, other: Moment) -> bool:
    mine = one.moment
    return (
        one.at.episode_id == episode_id
        and mine.first_word < other.first_word + other.n_words
        and other.first_word < mine.first_word + mine.n_words
    )


def _is_result(one: Perhaps, plans: Collection[QueryPlan]) -> bool:
    """Tell whether the query is written at the moment, as the results have it."""
    words = [tokens_of(word["text"]) for word in one.moment.snippet]
    tokens = [token for of_word in words for token in of_word]
    owners = [number for number, of_word in enumerate(words) for _ in of_word]
    marked = [number for number, word in enumerate(one.moment.snippet) if word["match"]]

    def spans(clauses: Sequence[Alternatives]) -> list[list[MatchSpan]]:
        return [occurrences(tokens, owners, alternatives) for alternatives in clauses]

    return any(
        match.first <= marked[-1] and marked[0] <= match.last
        for plan in plans
        for match in matches(spans(plan.wanted))
    )
