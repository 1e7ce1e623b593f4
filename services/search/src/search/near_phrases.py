"""Where all words of a phrase but one are written in its order: the other was perhaps misheard.

The fewer places there are where the rest of the phrase stands, and the more what is written
between looks or sounds like the word, the likelier it was said.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from rapidfuzz.distance import OSA

from search.domain.expansion import Tier
from search.domain.matching import pattern_of
from search.domain.other_writings import Tokens
from search.domain.pages import SearchPage
from search.domain.perhaps import MOST_PERHAPS, Perhaps
from search.domain.phrases import likelihood_of_rest
from search.domain.tokens import tokens_of
from search.written_moments import Places, alone, alternatives

Alike = Callable[[Tokens, Sequence[Tokens]], Sequence[float]]
"""How much (0..1) rows of tokens sound like one."""
NEAR_SPELLING: Final = 0.75
"""From here on a moment is told as found by its spelling."""
_MOST_TOKENS: Final = 5
_LONGEST_GAP: Final = 2
"""One word is written as one or two."""
_MOST_PLACES: Final = 100
"""Where the rest of a phrase stands so often it says nothing."""
_SHORTEST_TELLING: Final = 4
_LEAST_ALIKE: Final = 0.35


def near_phrases(places: Places, alike: Alike | None) -> Iterator[Perhaps]:
    """Yield moments of a phrase of two to five words, one of which is written otherwise.

    Without `alike` only spellings are compared.
    """
    clauses = places.query.wanted
    tokens = tuple(token for clause in clauses for token in clause.tokens)
    if not 1 < len(tokens) <= _MOST_TOKENS or any(clause.is_prefix for clause in clauses):
        return
    rows: dict[Tokens, tuple[float, float]] = {}
    for at, word in enumerate(tokens):
        left, right = tokens[:at], tokens[at + 1 :]
        if not any(map(_tells, (*left, *right))):
            continue
        for gap, found in _gaps(places, word, (left, right), alike).items():
            row = (*left, *gap, *right)
            rows[row] = max(found, rows.get(row, found))
    likeliest = sorted(rows, key=lambda row: (-rows[row][0], row))[:MOST_PERHAPS]
    if not likeliest:
        return
    page = places.of((alternatives(likeliest),), most=_MOST_PLACES)
    for written, moment in alone(page):
        if written in rows:
            likely, spelling = rows[written]
            tier = Tier.FUZZY if spelling >= NEAR_SPELLING else Tier.SOUNDS_LIKE
            yield Perhaps(moment, tier, likely)


def _tells(token: str) -> bool:
    """Tell whether a word is long enough to stand in few places; `of the` stands everywhere."""
    return len(token) >= _SHORTEST_TELLING or not token.isascii()


def _gaps(
    places: Places, word: str, around: tuple[Tokens, Tokens], alike: Alike | None
) -> Mapping[Tokens, tuple[float, float]]:
    """Return what is written in place of a word, how likely it was said, how alike they look."""
    wanted = tuple((pattern_of(part),) for part in around if part)
    page = places.of(wanted, most=_MOST_PLACES)
    if not page.hits or page.hits > _MOST_PLACES or page.next is not None:
        return {}
    of_places = [some for some in _written_between(page, *around) if some]
    rows = sorted({gap for some in of_places for gap in some} - {(word,)})
    looks = [OSA.normalized_similarity(word, "".join(gap)) for gap in rows]
    sounds = alike((word,), rows) if alike is not None and rows else [0.0] * len(rows)
    likeness = dict(zip(rows, zip(sounds, looks, strict=True), strict=True))
    times = page.hits if len(wanted) == 1 else len(of_places)
    found: dict[Tokens, tuple[float, float]] = {}
    for some in of_places:
        if (word,) in some:
            continue
        best = max(some, key=lambda gap: (max(likeness[gap]), gap))
        sound, look = likeness[best]
        if max(sound, look) >= _LEAST_ALIKE:
            found[best] = (likelihood_of_rest(sound if alike else None, look, times), look)
    return found


def _written_between(page: SearchPage, left: Tokens, right: Tokens) -> Iterator[set[Tokens]]:
    """Yield what is written at each place between the words before and those after a gap."""
    for group in page.groups:
        for moment in group.moments:
            tokens = [(t, w["match"]) for w in moment.snippet for t in tokens_of(w["text"])]
            row = tuple(token for token, _ in tokens)
            yield {
                row[at : at + size]
                for size in range(1, _LONGEST_GAP + 1)
                for at in range(len(left), len(row) - size - len(right) + 1)
                if row[at - len(left) : at] == left
                and row[at + size : at + size + len(right)] == right
                and all(match for _, match in tokens[at - len(left) : at])
                and all(match for _, match in tokens[at + size : at + size + len(right)])
            }
