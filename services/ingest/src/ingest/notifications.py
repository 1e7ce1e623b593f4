"""What the world outside is told: results, webhooks, and what saved searches find."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from everyword_events import (
    EpisodeFinished,
    EpisodeIndexed,
    EpisodeInfo,
    EpisodeRemoved,
    Event,
    InvalidInput,
    NotFound,
    SavedSearchMatched,
    SpokenMoment,
    new_run_id,
)
from ingest.contract import CONTRACT
from ingest.domain import EpisodeView
from ingest.domain.metadata import checked_title
from ingest.domain.outcome import LinkOf, OutcomeMessage, match_message, outcome_message
from ingest.domain.subscriptions import SavedSearch
from ingest.notification_ports import FindMoments, ResultQueue, SavedSearchStore
from ingest.webhooks import Webhooks

HIDDEN_S: Final = 300.0
"""The visibility time: a message not acknowledged by then comes again."""
MOST_RECEIVED: Final = 10
SAME_MOMENT_MS: Final = 2_000
"""So near to a moment that was told, another run's is the same: words move a little."""
MOST_QUERY_CHARACTERS: Final = 1_000


class Notifications:
    """The handler of outcomes, and what is asked about them."""

    def __init__(
        self,
        *,
        results: ResultQueue,
        webhooks: Webhooks,
        searches: SavedSearchStore,
        find_moments: FindMoments,
        episode: Callable[[str], EpisodeView],
        link_of: LinkOf,
        clock: Callable[[], datetime],
    ) -> None:
        self.webhooks = webhooks
        self._results = results
        self._searches = searches
        self._find_moments = find_moments
        self._episode = episode
        self._link_of = link_of
        self._clock = clock

    def handle(self, event: Event) -> Sequence[Event]:
        """Tell of an outcome, or ask a newly indexed episode what saved searches ask."""
        data, meta = event.data, event.meta
        if isinstance(data, EpisodeRemoved):
            self.forget(meta.episode_id)
        elif isinstance(data, EpisodeFinished):
            message = outcome_message(event, self._link_of)
            self._results.put(message, now=self._clock().timestamp())
            body = message.model_dump_json(by_alias=True)
            self.webhooks.tell(meta.event_id, event.type, meta.episode_id, body)
        elif isinstance(data, SavedSearchMatched):
            # Noted with the event, not before it: what was found is told even after a crash.
            starts = [round(each.start * 1000) for each in data.moments]
            self._searches.tell(data.search_id, meta.episode_id, starts)
            body = match_message(event).model_dump_json(by_alias=True)
            self.webhooks.tell(meta.event_id, event.type, meta.episode_id, body)
        elif isinstance(data, EpisodeIndexed):
            return self._matches(event)
        return []

    def forget(self, episode_id: str) -> None:
        """Delete what is still to be told of a removed episode, and what was."""
        self._results.forget_episode(episode_id)
        self.webhooks.forget_episode(episode_id)
        self._searches.forget_episode(episode_id)

    def receive(self) -> Sequence[OutcomeMessage]:
        """Return results that are due; they come again unless they are acknowledged in time."""
        now = self._clock().timestamp()
        return self._results.receive(most=MOST_RECEIVED, now=now, hidden_s=HIDDEN_S)

    def acknowledge(self, message_ids: Sequence[str]) -> int:
        """Be done with results; return how many there were."""
        return self._results.acknowledge(message_ids)

    def save_search(self, query: str, show: str = "") -> SavedSearch:
        """Ask a query of every episode from now on.

        Raises:
            InvalidInput: the query cannot be understood.
        """
        query = query.strip()
        if not query or len(query) > MOST_QUERY_CHARACTERS:
            raise InvalidInput(
                "a saved search has a query",
                hint=f"of {MOST_QUERY_CHARACTERS} characters at most",
                code="query_invalid",
            )
        self._find_moments(query, "")
        search = SavedSearch(
            search_id=new_run_id(),
            query=query,
            show=checked_title(show, what="show"),
            created_at=self._clock(),
        )
        self._searches.put(search)
        return search

    def saved_searches(self) -> Sequence[SavedSearch]:
        """Return the saved searches, oldest first."""
        return self._searches.all()

    def remove_search(self, search_id: str) -> None:
        """Ask a query no more.

        Raises:
            NotFound: there is no such search.
        """
        if not self._searches.remove(search_id):
            raise NotFound(
                f"no saved search {search_id[:80]!r}", hint="list them", code="search_missing"
            )

    def _matches(self, event: Event) -> Sequence[Event]:
        """Return one event for each search that finds moments that were not told yet."""
        view = self._episode(event.meta.episode_id)
        found = []
        for search in self._searches.all():
            if search.show and search.show != view.show:
                continue
            moments = self._new_moments(search, view.episode_id)
            if not moments:
                continue
            data = SavedSearchMatched(
                search_id=search.search_id,
                query=search.query,
                episode=EpisodeInfo(
                    show=view.show,
                    title=view.title,
                    published_at=view.published_at,
                    link=view.link,
                    as_of=view.as_of or event.meta.occurred_at,
                ),
                moments=tuple(moments),
            )
            found.append(event.causes(CONTRACT.service, data, part=search.search_id))
        return found

    def _new_moments(self, search: SavedSearch, episode_id: str) -> list[SpokenMoment]:
        told = self._searches.told(search.search_id, episode_id)
        return [
            moment
            for moment in self._find_moments(search.query, episode_id)
            if all(abs(round(moment.start * 1000) - each) > SAME_MOMENT_MS for each in told)
        ]
