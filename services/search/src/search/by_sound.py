"""The last resort: what nothing spells is looked for by how it sounds, in English."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from search.domain.pages import EpisodeMoments, Find, Found, Moment
from search.domain.query import Clause, Query, folded_name
from search.domain.sounds import Pronouncer, sound_query
from search.domain.tokens import fold, tokens_of
from search.ports import SoundIndex

MOST_SOUNDING: Final = 10
"""False moments grow in number with the archive; the nearest few are worth a look."""


@dataclass(frozen=True)
class FindsBySound:
    """Finds the moments that sound most like a query, none farther than `within`.

    `pronouncer` is asked for at the first query that comes so far.
    """

    index: SoundIndex
    pronouncer: Callable[[], Pronouncer]
    within: float

    def find(self, query: Query, find: Find) -> Found:
        """Return the only page: the nearest moment first, those of its episode behind it."""
        asked = sound_query(query, self.pronouncer(), within=self.within)
        if asked is None:
            return Found(0, 0, False, (), None)
        heard = self.index.find_by_sound(asked, query.filters, most=MOST_SOUNDING)
        groups: dict[str, EpisodeMoments] = {}
        for one in heard:
            if _wanted(one.moments[0], query):
                before = groups.get(one.episode_id)
                moments = (*before.moments, *one.moments) if before else one.moments
                starts_s = sorted(moment.start_s for moment in moments)
                groups[one.episode_id] = replace(
                    one, moments=moments, hits=len(moments), starts_s=starts_s
                )
        shown = list(groups.values())[: find.limit]
        return Found(
            sum(group.hits for group in shown),
            len(shown),
            len(heard) == MOST_SOUNDING or len(shown) < len(groups),
            tuple(replace(g, moments=g.moments[: find.per_episode]) for g in shown),
            None,
        )


def _wanted(moment: Moment, query: Query) -> bool:
    """Tell whether the right speaker says it, and no unwanted word is among those around it."""
    speakers = query.filters.speakers
    if speakers is not None and folded_name(moment.speaker or "") not in speakers:
        return False
    said = [fold(token) for word in moment.snippet for token in tokens_of(word["text"])]
    return not any(_says(said, clause) for clause in query.unwanted)


def _says(said: Sequence[str], clause: Clause) -> bool:
    *firsts, last = map(fold, clause.tokens)
    return any(
        said[at : at + len(firsts)] == firsts
        and (end.startswith(last) if clause.is_prefix else end == last)
        for at, end in enumerate(said[len(firsts) :])
    )
