"""Term-weighted value, as NIST's spoken term detection evaluation of 2006 defines it.

1 less the mean over terms of the miss probability and `BETA` times the false alarm probability;
there is one trial a second of speech, less those in which the term is said (The Spoken Term
Detection 2006 Evaluation Plan). What is found counts for one place where it is said, no more.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from search.evaluation.said import Found, Said, is_at

BETA: Final = 999.9
_NOTHING: Final = 2.0
"""A threshold above every likelihood: nothing is shown, and the value is 0."""


def term_weighted_value(
    found: Mapping[str, Sequence[Found]],
    said: Mapping[str, Sequence[Said]],
    speech_s: float,
    *,
    threshold: float = 0.0,
) -> float:
    """Return the value of what is likely enough; `found` by term, `said` by recording.

    With no threshold that is ATWV: of all that is shown. Every term is said somewhere.
    """
    losses = []
    for term, some in found.items():
        places = [
            (name, one) for name, of_file in said.items() for one in of_file if one.term == term
        ]
        shown = [one for one in some if one.likelihood >= threshold]
        missed, spurious = _counted(shown, places)
        trials = max(1.0, speech_s - len(places))
        losses.append(missed / len(places) + BETA * spurious / trials)
    return 1 - sum(losses) / len(losses) if losses else 0.0


def best_term_weighted_value(
    found: Mapping[str, Sequence[Found]], said: Mapping[str, Sequence[Said]], speech_s: float
) -> float:
    """Return the best value that one threshold on the likelihood gives (MTWV)."""
    thresholds = {_NOTHING, *(one.likelihood for some in found.values() for one in some)}
    return max(term_weighted_value(found, said, speech_s, threshold=at) for at in thresholds)


def _counted(shown: Sequence[Found], places: list[tuple[str, Said]]) -> tuple[int, int]:
    """Return how many places are missed and how many moments are none, the likeliest first."""
    left = list(places)
    spurious = 0
    for one in sorted(shown, key=lambda found: -found.likelihood):
        there = [place for place in left if place[0] == one.recording and is_at(one, place[1])]
        if there:
            left.remove(min(there, key=lambda place: abs(place[1].start_s - one.start_s)))
        else:
            spurious += 1
    return len(left), spurious
