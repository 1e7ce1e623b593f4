"""The last resort: what nothing spells is looked for by how it sounds, in English."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from rapidfuzz.distance import OSA

from everyword_transcripts.folding import fold, folded_name
from search.domain.expansion import Tier
from search.domain.pages import EpisodeMoments, Moment, SearchPage, SearchRequest
from search.domain.perhaps import Perhaps
from search.domain.phonetics import (
    MOST_PASSAGES,
    UNKNOWN,
    Evidence,
    PhoneMatch,
    Pronouncer,
    Written,
    best_matches,
    evidence,
    likelihood,
    likeness,
    phones_of_query,
)
from search.domain.phrases import likelihood_of_rest, without_common_ends
from search.domain.query import Clause, Query
from search.domain.tokens import stem, tokens_of
from search.ports import PhoneticIndex

MOST_SOUNDING: Final = 10
"""False moments grow in number with the archive; the likeliest few are worth a look."""
MOST_WEIGHED: Final = 60
NEAR_SPELLING: Final = 0.75
"""From here on a moment is told as found by its spelling."""
LIKELY_PART: Final = 0.6
SHORTEST_PART: Final = 4
SHORTEST_REST: Final = 3


@dataclass(frozen=True)
class ScoredMatch:
    """A place with its words, and what speaks for it."""

    place: PhoneMatch
    at: EpisodeMoments
    evidence: Evidence
    likelihood: float


@dataclass(frozen=True)
class PhoneticSearch:
    """Finds the moments that sound like a query and were written otherwise.

    `likely` is how likely (0..1) it must be that a moment is right. `pronouncer` is asked for at
    the first query that comes so far.
    """

    index: PhoneticIndex
    pronouncer: Callable[[], Pronouncer]
    likely: float

    def find(self, query: Query, request: SearchRequest) -> SearchPage:
        """Return the only page: the likeliest moment first, those of its episode behind it."""
        heard = [
            one.at
            for one in self.weighed(query, request)
            if one.likelihood >= self.likely and _wanted(one.at.moments[0], query)
        ]
        groups: dict[str, EpisodeMoments] = {}
        for one in heard[:MOST_SOUNDING]:
            before = groups.get(one.episode_id)
            moments = (*before.moments, *one.moments) if before else one.moments
            starts_s = sorted(moment.start_s for moment in moments)
            groups[one.episode_id] = replace(
                one, moments=moments, hits=len(moments), starts_s=starts_s
            )
        shown = list(groups.values())[: request.limit]
        return SearchPage(
            sum(group.hits for group in shown),
            len(shown),
            len(heard) > MOST_SOUNDING or len(shown) < len(groups),
            tuple(replace(g, moments=g.moments[: request.per_episode]) for g in shown),
            None,
        )

    def weighed(self, query: Query, request: SearchRequest) -> Sequence[ScoredMatch]:
        """Return the places that fit best, the likeliest first, however unlikely."""
        pronouncer = self.pronouncer()
        phones = phones_of_query(query, pronouncer)
        if not phones:
            return ()
        passages = self.index.candidates(
            phones, query.filters, most=MOST_PASSAGES, ends_at=request.ends_at
        )
        at = self.index.moments(best_matches(phones, passages, most=MOST_WEIGHED))
        tokens = [token for clause in query.wanted for token in clause.tokens]
        asked = "".join(tokens)
        written = [_written(one.moments[0], asked, pronouncer) for one in at.values()]
        rests = self._likelihoods_of_rests(tokens, [one.moments[0] for one in at.values()])
        parts = [self._is_part(one.moments[0], tokens) for one in at.values()]
        heard = [
            ScoredMatch(
                place,
                one,
                found,
                max(min(likelihood(place, found), rest), LIKELY_PART if is_part else 0.0),
            )
            for (place, one), found, rest, is_part in zip(
                at.items(), evidence(phones, [*at], written), rests, parts, strict=True
            )
        ]
        return sorted(heard, key=lambda one: -one.likelihood)

    def candidates(self, query: Query, request: SearchRequest) -> Iterator[Perhaps]:
        """Yield the moments where the query was perhaps said, likely or not."""
        tokens = [token for clause in query.wanted for token in clause.tokens]
        asked, is_one = "".join(tokens), len(tokens) == 1
        for one in self.weighed(query, request):
            moment = one.at.moments[0]
            if not _wanted(moment, query):
                continue
            if is_one and self._is_explained(moment, asked):
                continue
            near = one.evidence.similarity >= NEAR_SPELLING
            yield Perhaps(one.at, Tier.FUZZY if near else Tier.SOUNDS_LIKE, one.likelihood)

    def alike(self, tokens: Sequence[str], rows: Sequence[Sequence[str]]) -> Sequence[float]:
        """Return how much each row of tokens sounds like those in a row, 0..1."""
        phones_of = self.pronouncer().phones_of
        phones, *others = ("".join(map(phones_of, row)) for row in (tokens, *rows))
        return likeness(phones, others)

    def _likelihoods_of_rests(
        self, tokens: Sequence[str], moments: Sequence[Moment]
    ) -> list[float]:
        """Return how likely the words of a query that are not written at each moment were said.

        `New Jersey now` holds most of the sounds of `New Jersey and`, and has another word.
        """
        if len(tokens) == 1:
            return [1.0] * len(moments)
        rests = [without_common_ends(tokens, _marked(moment)) for moment in moments]
        times = Counter(asked for asked, _ in rests)
        sounds = {
            asked: dict(zip(said, self.alike(asked, said), strict=True))
            for asked in times
            for said in [[said for one, said in rests if one == asked]]
        }
        return [
            1.0
            if len(asked) == len(tokens)
            else likelihood_of_rest(
                sounds[asked][said],
                OSA.normalized_similarity("".join(asked), "".join(said)),
                times[asked],
            )
            if asked and said
            else 0.0
            for asked, said in rests
        ]

    def is_word(self, word: str) -> bool:
        """Tell whether the pronouncing dictionary has a word."""
        return self.pronouncer().look_up(word) is not None

    def _is_explained(self, moment: Moment, asked: str) -> bool:
        """Tell whether the word was heard, as another form or in a longer word, and written."""
        if _is_possessive(moment, asked) or _is_other_form(moment, asked):
            return True
        return any(asked in token != asked and self.is_word(token) for token in _marked(moment))

    def _is_part(self, moment: Moment, wanted: Sequence[str]) -> bool:
        """Tell whether `washwater`, which is no word, is written where `water` is asked for."""
        asked, tokens = wanted[0], _marked(moment)
        if (
            len(tokens) != 1
            or len(wanted) != 1
            or len(asked) < SHORTEST_PART
            or self.is_word(tokens[0])
        ):
            return False
        rests = tokens[0].removesuffix(asked), tokens[0].removeprefix(asked)
        return any(len(rest) >= SHORTEST_REST and self.is_word(rest) for rest in rests)


def _written(moment: Moment, asked: str, pronouncer: Pronouncer) -> Written:
    """Return what is written at a moment, and how it compares with what is asked for."""
    words = moment.snippet
    first = next(at for at, word in enumerate(words) if word["match"])
    last = len(words) - next(at for at, word in enumerate(reversed(words)) if word["match"])
    around = words[max(0, first - 1) : last + 1]
    tokens = [token for word in words[first:last] for token in tokens_of(word["text"])]
    return Written(
        "".join(
            pronouncer.phones_of(token) or UNKNOWN
            for word in around
            for token in tokens_of(word["text"])
        ),
        OSA.normalized_similarity(asked, "".join(tokens)),
    )


def _is_possessive(moment: Moment, asked: str) -> bool:
    """Tell whether `world's` is written where `world` or `worlds` is asked for: it was said."""
    words = [word["text"] for word in moment.snippet if word["match"]]
    plain = words[0].lower().replace("’", "'").strip('.,;:!?"') if len(words) == 1 else ""  # noqa: RUF001
    return plain.endswith("'s") and asked in (plain[:-2], plain[:-2] + "s")


def _is_other_form(moment: Moment, asked: str) -> bool:
    """Tell whether another form of the word is written, as in the stemmed tier."""
    return stem(asked, "en") in {stem(token, "en") for token in _marked(moment)}


def _marked(moment: Moment) -> list[str]:
    return [t for word in moment.snippet if word["match"] for t in tokens_of(word["text"])]


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
