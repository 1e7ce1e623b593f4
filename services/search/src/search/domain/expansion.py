"""From a query to what is looked for at each tier: exact, folded, stemmed, fuzzy.

A tier is tried only when the one before found nothing, so a looser tier never mixes into the
count of a stricter one. All tiers read the same words; they differ in which words of the
archive's vocabulary may stand for a word of the query.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from itertools import islice, product
from typing import Final, Protocol

from everyword_transcripts.folding import fold
from search.domain.matching import Alternatives, Pattern, QueryPlan, Slot, pattern_of
from search.domain.other_writings import written_in_full
from search.domain.query import Clause, Query, Spelling
from search.domain.tokens import folds, is_hangul, joined, stem, without_particle

MOST_PATTERNS: Final = 32
MOST_LOOSE_TERMS: Final = 16
MOST_PREFIX_TERMS: Final = 200
SHORTEST_FUZZY: Final = 4
SHORTEST_FUZZY_TWICE: Final = 8
SHORTEST_FUZZY_START: Final = 8
"""A shorter word with another first letter is another word: might is not a way to type eight."""


class Tier(StrEnum):
    """How near the words found are to the words asked for."""

    EXACT = "exact"
    FOLDED = "folded"
    STEMMED = "stemmed"
    FUZZY = "fuzzy"
    SOUNDS_LIKE = "sounds_like"


class VariantKind(StrEnum):
    """What two words may share; the key is what they share.

    FOLD: the word without accents. STEM: `{language}:{stem}`. JOIN: a compound written together;
    its variants are the compound's tokens, joined by spaces. NOUN: a Korean word's noun.
    """

    FOLD = "fold"
    STEM = "stem"
    JOIN = "join"
    NOUN = "noun"


Shared = tuple[VariantKind, str]
"""What words share: its kind, and the key."""


class Vocabulary(Protocol):
    """The words ever said in the archive."""

    def languages(self) -> Collection[str]:
        """Return the languages of the archive's episodes, as lately as is known."""

    def spoken(self, terms: Collection[str]) -> frozenset[str]:
        """Return those of `terms` that are said somewhere."""

    def variants(self, shared: Collection[Shared]) -> Mapping[Shared, Collection[str]]:
        """Return, for each key, the words that share it; a word that is its own key may lack."""

    def near(self, term: str, distance: int) -> Collection[str]:
        """Return the words within `distance` edits (optimal string alignment) of `term`."""

    def starting(self, prefix: str, *, limit: int) -> Sequence[str]:
        """Return words that start with `prefix`, those said the most first, as near as is known."""

    def folded_starting(self, prefix: str, *, limit: int) -> Collection[str]:
        """Return the words whose fold starts with `prefix`: the shortest, then by alphabet."""


def variants_of(
    terms: Iterable[str], compounds: Iterable[tuple[str, ...]], language: str
) -> Iterator[tuple[str, str, str]]:
    """Yield the variants of an episode's terms; none for a term that is its own fold or stem."""
    for term in terms:
        stemmed = stem(term, language)
        for folded in folds(term):
            if folded != term:
                yield VariantKind.FOLD, folded, term
        if (noun := without_particle(term)) is not None:
            yield VariantKind.NOUN, noun, term
        if stemmed != term:
            yield VariantKind.STEM, f"{language}:{stemmed}", term
    for tokens in compounds:
        word = joined(tokens)
        if word is not None:
            yield VariantKind.JOIN, word, " ".join(tokens)


class Expansion:
    """A query against a vocabulary, tier by tier.

    `compounds` tells how words of the query that are compounds somewhere in the archive are
    said apart there: `email` as `e mail`. `look_up` is what to look up for that (as
    `VariantKind.JOIN`); an index does so along with its first search.
    """

    def __init__(
        self,
        query: Query,
        vocabulary: Vocabulary,
        compounds: Mapping[str, Collection[str]] | None = None,
    ) -> None:
        self._query = query
        self._vocabulary = vocabulary
        self._rows = _rows(query, compounds or {})
        self._terms = frozenset(
            term for rows in self._rows.values() for row in rows for term in row
        )
        self._variants: dict[Shared, Collection[str]] = {}
        self._folded: dict[str, frozenset[str]] | None = None
        self._with_particles: dict[str, frozenset[str]] | None = None

    @property
    def look_up(self) -> frozenset[str]:
        """The words of the query that may be compounds."""
        return frozenset(
            spelling.joined or spelling.tokens[0]
            for clause in (*self._query.wanted, *self._query.unwanted)
            for spelling in clause.spellings
            if spelling.joined or len(spelling.tokens) == 1
        )

    def knowing(self, compounds: Mapping[str, Collection[str]]) -> "Expansion":
        """Return the expansion with the compounds that were found."""
        return Expansion(self._query, self._vocabulary, compounds) if compounds else self

    def plans(self, tier: Tier, languages: Collection[str]) -> list[QueryPlan]:
        """Return what to look for at `tier`; none where it adds nothing to the one before.

        `languages` are those of the archive's episodes: stems differ between them.
        """
        if tier is Tier.EXACT:
            return [self._plan(self._nouns())]
        if not self._query.wanted:
            return []
        self._know_variants(languages)
        if tier is Tier.FOLDED:
            plan = self._plan(self.folded(), folded_too=True)
            return [plan] if plan != self._plan(self._nouns()) else []
        if tier is Tier.STEMMED:
            return list(self._stemmed(languages))
        if tier is Tier.FUZZY:
            near = self.corrections()
            return [self._plan({**self.folded(), **near}, folded_too=True, rows=1)] if near else []
        return []

    def folded(self) -> Mapping[str, frozenset[str]]:
        """Return, for each term, the words that differ from it in accents alone."""
        if self._folded is None:
            self._know_variants(())
            self._folded = {
                term: self._nouns()
                .get(term, frozenset((term,)))
                .union(
                    *(
                        (*_itself(folded, fold), *self._variants[VariantKind.FOLD, folded])
                        for folded in folds(term)
                    )
                )
                for term in self._terms
            }
        return self._folded

    def _know_variants(self, languages: Collection[str]) -> None:
        """Ask at once for all that differs from the terms in accents or, per language, in form."""
        folded = {(VariantKind.FOLD, key) for term in self._terms for key in folds(term)}
        stemmed = {
            (VariantKind.STEM, f"{language}:{stem(term, language)}")
            for language in languages
            for term in self._terms
        }
        unknown = (folded | stemmed) - self._variants.keys()
        if unknown:
            found = self._vocabulary.variants(unknown)
            self._variants.update({shared: found.get(shared, ()) for shared in unknown})

    def _nouns(self) -> Mapping[str, frozenset[str]]:
        """Return, for each Korean noun, itself and its words with a particle."""
        if self._with_particles is None:
            nouns = {term for term in self._terms if is_hangul(term)}
            shared = [(VariantKind.NOUN, noun) for noun in nouns]
            found = self._vocabulary.variants(shared) if shared else {}
            self._with_particles = {
                noun: frozenset((noun, *words)) for (_, noun), words in found.items()
            }
        return self._with_particles

    def corrections(self) -> dict[str, frozenset[str]]:
        """Return, for each term never said, the nearest words that are: one edit, else two.

        Short words (under 4 letters) and numbers are taken as they are: their neighbours are
        other words, not typing errors.
        """
        spoken = self._vocabulary.spoken({t for terms in self.folded().values() for t in terms})
        wanted = {
            term
            for clause in self._query.wanted
            for term in clause.tokens[: -1 if clause.is_prefix else None]
        }
        near: dict[str, frozenset[str]] = {}
        for term in wanted:
            if not term.isalpha() or len(term) < SHORTEST_FUZZY or spoken & self.folded()[term]:
                continue
            for distance in range(1, 3 if len(term) >= SHORTEST_FUZZY_TWICE else 2):
                found = [
                    word
                    for word in self._vocabulary.near(term, distance)
                    if len(term) >= SHORTEST_FUZZY_START or _starts_alike(word, term)
                ]
                if found:
                    ranked = sorted(
                        found, key=lambda t: (t[0] != term[0], abs(len(t) - len(term)), t)
                    )
                    near[term] = frozenset(ranked[:MOST_LOOSE_TERMS])
                    break
        return near

    def _stemmed(self, languages: Collection[str]) -> Iterator[QueryPlan]:
        folded = self.folded()
        narrower = self._plan(folded, folded_too=True)
        for language in sorted(languages):
            widened = {}
            for term in self._terms:
                key = stem(term, language)
                itself = _itself(key, lambda word: stem(word, language))  # noqa: B023
                variants = self._variants[VariantKind.STEM, f"{language}:{key}"]
                widened[term] = folded[term].union(itself, variants)
            prefixed = frozenset(
                filter(_may_take_an_ending, self._terms if language == "ko" else ())
            )
            plan = self._plan(widened, folded_too=True, language=language, prefixed=prefixed)
            if language.partition("-")[0] == "en":
                plan = self._also_in_full(plan)
            if (plan.wanted, plan.unwanted) != (narrower.wanted, narrower.unwanted):
                yield plan

    def _also_in_full(self, plan: QueryPlan) -> QueryPlan:
        """Let y'know find `you know` and the other way round: they are the same words."""
        wanted = (
            (*ways, *(() if clause.is_prefix else map(pattern_of, written_in_full(clause.tokens))))
            for clause, ways in zip(self._query.wanted, plan.wanted, strict=True)
        )
        return replace(plan, wanted=tuple(wanted))

    def _plan(
        self,
        widened: Mapping[str, frozenset[str]],
        *,
        folded_too: bool = False,
        rows: int = MOST_PATTERNS,
        language: str | None = None,
        prefixed: Collection[str] = (),
    ) -> QueryPlan:
        def slots(clause: Clause) -> Alternatives:
            return tuple(
                self._pattern(row, widened, prefixed, clause.is_prefix, folded_too=folded_too)
                for row in self._rows[clause][:rows]
            )

        query = self._query
        return QueryPlan(
            tuple(map(slots, query.wanted)), tuple(map(slots, query.unwanted)), language
        )

    def _pattern(
        self,
        row: tuple[str, ...],
        widened: Mapping[str, frozenset[str]],
        prefixed: Collection[str],
        is_prefix: bool,
        *,
        folded_too: bool,
    ) -> Pattern:
        slots = [
            Slot(widened.get(term) or frozenset((term,)), term if term in prefixed else "")
            for term in row
        ]
        if is_prefix:
            start = row[-1]
            wider = [
                term
                for folded in (folds(start) if folded_too else ())
                for term in self._vocabulary.folded_starting(folded, limit=MOST_PREFIX_TERMS)
            ]
            slots[-1] = Slot(frozenset(t for t in wider if not t.startswith(start)), prefix=start)
        return tuple(slots)


def _rows(
    query: Query, compounds: Mapping[str, Collection[str]]
) -> dict[Clause, tuple[tuple[str, ...], ...]]:
    """Return the rows of tokens that say each clause; `e-mail` is said as `email` as well."""
    clauses = (*query.wanted, *query.unwanted)

    def ways(spelling: Spelling) -> list[tuple[str, ...]]:
        key = spelling.joined or (spelling.tokens[0] if len(spelling.tokens) == 1 else "")
        apart = [tuple(variants.split(" ")) for variants in sorted(compounds.get(key, ()))]
        whole = [(spelling.joined,)] if spelling.joined else []
        return list(dict.fromkeys([spelling.tokens, *whole, *apart, *spelling.others]))

    rows = {}
    for clause in clauses:
        options = [ways(spelling) for spelling in clause.spellings]
        if clause.is_prefix:
            options[-1] = options[-1][:1]
        found = (tuple(term for way in choice for term in way) for choice in product(*options))
        rows[clause] = tuple(dict.fromkeys(islice(found, MOST_PATTERNS)))
    return rows


def _may_take_an_ending(term: str) -> bool:
    """Tell whether a Korean word may be the start of another: there is no stemmer for it."""
    return len(term) > 1 and is_hangul(term)


def _starts_alike(word: str, term: str) -> bool:
    """Tell whether the first letters are the same, perhaps exchanged."""
    return word[0] == term[0] or word[:2] == term[1::-1]


def _itself(key: str, reduce: Callable[[str], str]) -> tuple[str, ...]:
    """Return the shared form too, as the vocabulary does not list words that are their own."""
    return (key,) if reduce(key) == key else ()
