"""Search's use cases: keep the index true to the events, and find what was said."""

import logging
import re
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, wraps
from typing import Concatenate, Final, ParamSpec, TypeVar
from urllib.parse import quote

from typing_extensions import TypedDict

from everyword_events import (
    EpisodeChanged,
    EpisodeIndexed,
    EpisodeRemoved,
    Event,
    InvalidInput,
    TranscriptRefined,
)
from everyword_storage import BlobStore
from everyword_transcripts import read_transcript
from everyword_transcripts.folding import fold, folded_name
from search.config import SearchSettings
from search.contract import CONTRACT
from search.domain.cursor import Cursor, Totals, digest_of
from search.domain.document import EpisodeDocument
from search.domain.expansion import Expansion, Tier, VariantKind
from search.domain.matching import QueryPlan
from search.domain.number_queries import with_numbers
from search.domain.pages import EpisodeMoments, Facet, PagePosition, SearchPage, SearchRequest, Sort
from search.domain.perhaps import Perhaps, grouped, likeliest
from search.domain.phonetics import is_english
from search.domain.query import (
    LONGEST_QUERY,
    Filters,
    Query,
    after_last_moment,
    first_moment,
    parse_query,
)
from search.domain.reply import (
    EpisodeHitsReply,
    PerhapsReply,
    SearchReply,
    TitleReply,
    episode_reply,
    perhaps_reply,
    title_reply,
)
from search.domain.timeline import Step, Timeline, episode_counts, periods
from search.domain.tokens import tokens_of
from search.fifo_gate import FifoGate
from search.near_phrases import near_phrases
from search.near_spellings import near_spellings
from search.other_writings import other_writings
from search.phonetic_search import PhoneticSearch
from search.ports import Vocabulary, WordIndex
from search.rate_limit import RateLimit
from search.written_moments import Places

_log = logging.getLogger(__name__)
Asked = ParamSpec("Asked")
Answered = TypeVar("Answered")

MOST_EPISODES: Final = 1_000
MOST_TITLES: Final = 10
MOST_MOMENTS: Final = 100
"""Moments on a page, over all its episodes; the rest follow on the next pages."""
_AS_WRITTEN: Final = (Tier.EXACT, Tier.FOLDED)
_TIERS: Final = (*_AS_WRITTEN, Tier.STEMMED, Tier.FUZZY)


class FacetReply(TypedDict):
    """A show's or speaker's name and in how many episodes it stands."""

    name: str
    episodes: int


def _in_turn(
    search: Callable[Concatenate["SearchService", Asked], Answered],
) -> Callable[Concatenate["SearchService", Asked], Answered]:
    """Let searches through the gate, if there is one; the time for a search begins after it."""

    @wraps(search)
    def in_turn(self: "SearchService", /, *asked: Asked.args, **how: Asked.kwargs) -> Answered:
        return self.in_turn(lambda: search(self, *asked, **how))

    return in_turn


@dataclass(frozen=True)
class ReadableShows:
    """Which shows may be read, by their folded names: `only` these, or all but the `hidden`."""

    only: frozenset[str] | None = None
    hidden: frozenset[str] = frozenset()


class SearchService:
    """Answers queries, and follows the bus with `handle`.

    `settings_for` returns the settings of a show by its name. `phonetics` is the last resort: asked
    when no tier of words found anything. `readable` says which shows whoever asks now may read.
    """

    def __init__(  # noqa: PLR0917 - its parts
        self,
        index: WordIndex,
        vocabulary: Vocabulary,
        blobs: BlobStore,
        settings_for: Callable[[str], SearchSettings],
        phonetics: PhoneticSearch | None = None,
        gate: FifoGate | None = None,
        *,
        readable: Callable[[], ReadableShows] = ReadableShows,
    ) -> None:
        self._index = index
        self._vocabulary = vocabulary
        self._blobs = blobs
        self._settings_for = settings_for
        self._phonetics = phonetics
        self._gate = gate
        self._readable = readable

    @cached_property
    def _limit(self) -> RateLimit:
        return RateLimit(self._settings_for("").searches_per_s)

    def admit(self, client: str) -> None:
        """Count a search for a client.

        Raises:
            TransientFailure: it asks too often (code `rate_limited`).
        """
        self._limit.take(client)

    def handle(self, event: Event) -> Sequence[Event]:
        """Index a refined transcript, restate an episode, or forget it.

        Raises:
            InvalidInput: the transcript is gone, not what its digest says, or no transcript.
            TransientFailure: the index is busy or away.
        """
        episode_id = event.meta.episode_id
        match event.data:
            case TranscriptRefined() as refined:
                return self._store(event, refined)
            case EpisodeChanged(episode=info):
                self._index.describe(episode_id, info)
            case EpisodeRemoved():
                self.forget(episode_id)
        return ()

    def forget(self, episode_id: str) -> None:
        """Delete what is held of a removed episode."""
        self._index.remove(episode_id)

    def refill(
        self, events: Iterable[Event], *, progress: Callable[[int], None] = lambda _: None
    ) -> int:
        """Make the index again from the events of the log; return how many were taken in.

        One that cannot be taken in is logged and passed over. `progress` is told after each.
        """
        taken = 0
        for number, event in enumerate(events, start=1):
            try:
                self.handle(event)
                taken += 1
            except InvalidInput:
                _log.warning(
                    "an event was passed over",
                    extra={"event_id": event.meta.event_id, "episode_id": event.meta.episode_id},
                )
            progress(number)
        return taken

    def in_turn(self, search: Callable[[], Answered]) -> Answered:
        """Search when it is one's turn.

        Raises:
            TransientFailure: it did not come in time.
        """
        if self._gate is None:
            return search()
        with self._gate.pass_through(patience_s=self._settings_for("").time_budget_s):
            return search()

    @_in_turn
    def search(
        self,
        q: str,
        *,
        show: str | None = None,
        episode: str | None = None,
        speaker: str | None = None,
        date_from: str | None = None,
        date_to: str | None = None,
        exact: bool = False,
        sort: Sort = "relevance",
        limit: int = 10,
        per_episode: int | None = None,
        cursor: str | None = None,
        perhaps: bool = False,
        titles: bool = False,
    ) -> SearchReply:
        """Find a query; a page holds at most `limit` episodes.

        `per_episode` shows only the first moments of each episode, each with a `next` of its
        own. `date_from` and `date_to` (`2024`, `2024-05`, `2024-05-31`) are both included. With
        `exact` the words are taken as they are written, accents aside: no other forms, typing
        errors or sounds. `perhaps` asks for the moments too where the query was perhaps said and
        written otherwise, `titles` for episodes with the words in their titles; both come with
        the first page alone, and nothing is perhaps said with `exact`.

        Raises:
            InvalidInput: the query, a filter or the cursor cannot be understood.
            TransientFailure: the index is busy, away, or out of time.
        """
        beside = _beside(show, episode, speaker, date_from=date_from, date_to=date_to)
        query, request = self._understood(q, beside, exact=exact)
        request = replace(
            request,
            sort=sort,
            limit=_within(limit, "limit", MOST_EPISODES),
            per_episode=None
            if per_episode is None
            else _within(per_episode, "per_episode", MOST_MOMENTS),
            most_moments=MOST_MOMENTS,
        )
        expansion = Expansion(query, self._vocabulary)
        if cursor:
            at = Cursor.decode(cursor, digest=digest_of(query, sort, exact=exact))
            tier, found = at.tier, self._go_on(request, expansion, at)
            totals, inside = at.totals, at.inside
        else:
            tier, found, expansion = self._first_page(request, expansion, exact=exact)
            if not found.hits and self._phonetics is not None and not exact:
                sounding = self._phonetics.find(query, replace(request, per_episode=None))
                if sounding.hits:
                    tier, found = Tier.SOUNDS_LIKE, sounding
            totals, inside = Totals(found.hits, found.episodes, found.capped), False

        def cursor_to(place: PagePosition | None, *, inside: bool = False) -> str | None:
            if place is None:
                return None
            digest = digest_of(query, sort, exact=exact)
            return Cursor(digest, tier, place, totals, inside).encode()

        reply = SearchReply(
            query=q,
            matched=tier.value,
            suggestion=_suggestion(q, expansion, found)
            if tier is Tier.FUZZY and self._may_name(found.hits)
            else None,
            hits=totals.hits,
            episodes=totals.episodes,
            capped=totals.capped,
            next=cursor_to(found.next, inside=inside),
            results=[
                self._episode_reply(
                    replace(group, moments=group.moments[:per_episode]),
                    cursor_to(group.more, inside=True) if per_episode is not None else None,
                )
                for group in found.groups
            ],
        )
        if perhaps:
            plans = expansion.plans(tier, self._vocabulary.languages()) if found.hits else []
            by_sound = found.groups if tier is Tier.SOUNDS_LIKE else ()
            asked = not cursor and not exact
            reply["perhaps"] = self._perhaps(query, request, plans, by_sound) if asked else []
        if titles:
            reply["titles"] = [] if cursor else self._titles(query)
        return reply

    def _titles(self, query: Query) -> list[TitleReply]:
        words = [fold(token) for clause in query.wanted for token in clause.tokens]
        found = self._index.titled(words, query.filters, limit=MOST_TITLES) if words else ()
        return [title_reply(group, page_url=self._page_url(group)) for group in found]

    def _perhaps(
        self,
        query: Query,
        request: SearchRequest,
        results: Sequence[QueryPlan],
        sounding: Sequence[EpisodeMoments],
    ) -> list[PerhapsReply]:
        """Return the moments where the query was perhaps said, but for the results.

        Those were found by plans, or are `sounding`: then sound has nothing more to tell.
        """
        by_sound = self._phonetics is not None
        known = self._vocabulary.languages()
        languages = [one for one in known if not (by_sound and is_english(one))]
        places = Places(query, request, self._index)
        candidates = [*near_spellings(places, languages, self._vocabulary)]
        is_word = self._phonetics.is_word if self._phonetics is not None else _no_word
        candidates += other_writings(places, known, self._vocabulary, is_word)
        candidates += self._near_phrases(places, known)
        if self._phonetics is not None and not sounding:
            candidates += self._phonetics.candidates(query, request)
        likely = self._settings_for("").likely
        chosen = likeliest(candidates, likely=likely, results=results, sounding=sounding)
        return [
            perhaps_reply(group, some, page_url=self._page_url(group))
            for group, some in grouped(chosen)
        ]

    def _near_phrases(self, places: Places, known: Collection[str]) -> Iterator[Perhaps]:
        by_sound = [one for one in known if self._phonetics is not None and is_english(one)]
        sounds = self._phonetics.alike if self._phonetics is not None else None
        others = [one for one in known if one not in by_sound]
        for languages, alike in ((by_sound, sounds), (others, None)):
            if languages:
                all_are = len(languages) == len(known)
                here = places if all_are else replace(places, languages=languages)
                yield from near_phrases(here, alike)

    @_in_turn
    def timeline(
        self,
        q: str,
        *,
        step: Step = "month",
        show: str | None = None,
        episode: str | None = None,
        speaker: str | None = None,
        date_from: str | None = None,
        date_to: str | None = None,
        exact: bool = False,
    ) -> Timeline:
        """Count how often a query is said per month, year or episode; not by sound.

        Raises:
            InvalidInput, TransientFailure: as `search`.
        """
        beside = _beside(show, episode, speaker, date_from=date_from, date_to=date_to)
        query, request = self._understood(q, beside, exact=exact)
        tier, found, _ = self._first_page(
            replace(request, tally=True), Expansion(query, self._vocabulary), exact=exact
        )
        return Timeline(
            query=q,
            matched=tier.value,
            hits=found.hits,
            episodes=found.episodes,
            capped=found.capped,
            undated_hits=sum(t.hits for t in found.tally if t.published_s is None),
            periods=periods(found.tally, step),
            by_episode=episode_counts(found.tally) if step == "episode" else [],
        )

    def suggest(self, q: str, *, limit: int = 8) -> list[str]:
        """Complete the last word of what is typed so far, the most often said words first."""
        *before, last = q.split() or [""]
        tokens = tokens_of(last)
        if not tokens or len(q) > LONGEST_QUERY:
            return []
        words = self._vocabulary.starting(tokens[-1], limit=limit)
        if self._allowed() is not None:
            words = [word for word in words if self._is_said(word)]
        return [" ".join([*before, word]) for word in words]

    def _is_said(self, word: str) -> bool:
        """Tell whether a word is said where whoever asks may read."""
        return self.search(f'"{word}"', exact=True, limit=1)["hits"] > 0

    def _may_name(self, hits: int) -> bool:
        """Tell whether a word of the vocabulary may be named to whoever asks."""
        return hits > 0 or self._allowed() is None

    def _allowed(self) -> frozenset[str] | None:
        """Return the shows that whoever asks now may read; None: all."""
        readable = self._readable()
        if readable.only is not None:
            return readable.only
        if not readable.hidden:
            return None
        known = {folded_name(each.name) for each in self._index.facets(Filters()).shows}
        return frozenset({"", *known}) - readable.hidden

    def shows(self) -> list[FacetReply]:
        """Return the shows, the one with most episodes first."""
        return _facet_replies(self._index.facets(Filters(shows=self._allowed())).shows)

    def speakers(self, *, show: str | None = None) -> list[FacetReply]:
        """Return the speakers, those heard in most episodes first."""
        named = Filters(shows=frozenset((folded_name(show),)) if show else None)
        filters = named.also(Filters(shows=self._allowed()))
        return _facet_replies(self._index.facets(filters).speakers)

    def _understood(self, q: str, beside: Filters, *, exact: bool) -> tuple[Query, SearchRequest]:
        query = with_numbers(parse_query(q), self._vocabulary.languages(), compounds=not exact)
        filters = self._named(query.filters).also(beside)
        if (allowed := self._allowed()) is not None:
            filters = filters.also(Filters(shows=allowed))
        query = replace(query, filters=filters)
        ends_at = time.monotonic() + self._settings_for("").time_budget_s
        return query, SearchRequest(plans=(), filters=query.filters, ends_at=ends_at)

    def _store(self, event: Event, refined: TranscriptRefined) -> Sequence[Event]:
        transcript = read_transcript(self._blobs.get(refined.transcript))
        meta = event.meta
        stored = self._index.put(
            EpisodeDocument.of(
                transcript,
                episode_id=meta.episode_id,
                info=refined.episode,
                run_id=meta.run_id,
                occurred_at=meta.occurred_at,
            )
        )
        if stored is None:
            _log.info(
                "an older run was not indexed",
                extra={"episode_id": meta.episode_id, "run_id": meta.run_id},
            )
            return ()
        indexed = EpisodeIndexed(words=stored.words, passages=stored.passages, index=stored.index)
        return (event.causes(CONTRACT.service, indexed),)

    def _first_page(
        self, request: SearchRequest, expansion: Expansion, *, exact: bool
    ) -> tuple[Tier, SearchPage, Expansion]:
        """Try tier after tier until one finds something."""
        languages: Collection[str] = ()
        nothing = SearchPage(0, 0, False, (), None)
        look_up = expansion.look_up
        for tier in _AS_WRITTEN if exact else _TIERS:
            if tier is Tier.FOLDED and not exact:
                languages = self._vocabulary.languages()
            plans = expansion.plans(tier, languages)
            asked = replace(request, plans=tuple(plans), look_up=look_up)
            found = self._index.find(asked) if plans else nothing
            if found.compounds:
                expansion = expansion.knowing(found.compounds)
                plans = expansion.plans(tier, languages)
                if tuple(plans) != asked.plans:
                    asked = replace(request, plans=tuple(plans), look_up=frozenset())
                    found = self._index.find(asked)
            if found.hits:
                return tier, found, expansion
            look_up = frozenset()
        return Tier.EXACT, nothing, expansion

    def _go_on(self, request: SearchRequest, expansion: Expansion, at: Cursor) -> SearchPage:
        languages = self._vocabulary.languages() if at.tier is Tier.STEMMED else ()
        expansion = expansion.knowing(
            {
                key: words
                for (_, key), words in self._vocabulary.variants(
                    [(VariantKind.JOIN, word) for word in expansion.look_up]
                ).items()
            }
        )
        request = replace(request, plans=tuple(expansion.plans(at.tier, languages)), after=at.place)
        if at.inside:
            only = replace(request.filters, episodes=frozenset((at.place.episode_id,)))
            request = replace(request, filters=only, sort="date", per_episode=None)
        return self._index.find(request)

    def _named(self, filters: Filters) -> Filters:
        """Let `speaker:ada` mean "Ada Lovelace" where nobody is called Ada alone; shows alike."""
        if filters.shows is None and filters.speakers is None:
            return filters
        known = self._index.facets(Filters())
        return replace(
            filters,
            shows=_full_names(filters.shows, known.shows),
            speakers=_full_names(filters.speakers, known.speakers),
        )

    def _episode_reply(self, group: EpisodeMoments, more: str | None) -> EpisodeHitsReply:
        return episode_reply(group, page_url=self._page_url(group), more=more)

    def _page_url(self, group: EpisodeMoments) -> str:
        return self._settings_for(group.show).page_url.format(
            episode_id=quote(group.episode_id, safe=""), show=quote(group.show, safe="")
        )


def _beside(
    show: str | None,
    episode: str | None,
    speaker: str | None,
    *,
    date_from: str | None,
    date_to: str | None,
) -> Filters:
    """Return the filters stated beside the query's text."""
    return Filters(
        shows=frozenset((folded_name(show),)) if show else None,
        episodes=frozenset((episode,)) if episode else None,
        speakers=frozenset((folded_name(speaker),)) if speaker else None,
        published_from=first_moment(date_from) if date_from else None,
        published_before=after_last_moment(date_to) if date_to else None,
    )


def _no_word(_: str) -> bool:
    """Tell that a word is in no dictionary, where there is none."""
    return False


def _within(number: int, name: str, most: int) -> int:
    if not 1 <= number <= most:
        raise InvalidInput(f"{name} is {number}", hint=f"give 1 to {most}", code="query_invalid")
    return number


def _full_names(wanted: frozenset[str] | None, known: Sequence[Facet]) -> frozenset[str] | None:
    if wanted is None:
        return None
    names = [folded_name(facet.name) for facet in known]
    full: set[str] = set()
    for name in wanted:
        parts = set(name.split())
        longer = [other for other in names if parts <= set(other.split())]
        full.update([name] if name in names or not longer else longer)
    return frozenset(full)


def _suggestion(text: str, expansion: Expansion, found: SearchPage) -> str:
    """Return the query with each misspelt word as it is most often said in what was found."""
    said = Counter(
        token
        for group in found.groups
        for moment in group.moments
        for word in moment.snippet
        if word["match"]
        for token in tokens_of(word["text"])
    )
    for term, near in expansion.corrections().items():
        best = min(near, key=lambda word: (-said[word], word))
        text = re.sub(rf"(?<!\w){re.escape(term)}(?!\w)", best, text, flags=re.IGNORECASE)
    return text


def _facet_replies(facets: Sequence[Facet]) -> list[FacetReply]:
    return [FacetReply(name=facet.name, episodes=facet.episodes) for facet in facets]
