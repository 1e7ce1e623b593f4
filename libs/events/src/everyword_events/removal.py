"""The one removal guard: what a removed episode's events come to, in every service."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from everyword_events.catalogue import EpisodeRemoved
from everyword_events.envelope import Event, derived_event_id
from everyword_events.ports import EventLog, Handler
from everyword_events.runs import next_run_id


def removal_id(episode_id: str) -> str:
    """Return the id of the episode's EpisodeRemoved: it has one at most, known before it exists."""
    return derived_event_id(episode_id, EpisodeRemoved.event_type(), EpisodeRemoved.schema_version)


def removal_of(
    log: EventLog, service: str, episode_id: str, *, reason: str = "", now: datetime | None = None
) -> Event:
    """Return the event that removes the episode; its run is newer than every other."""
    return Event.first(
        service,
        EpisodeRemoved(reason=reason),
        episode_id=episode_id,
        run_id=next_run_id(log, episode_id),
        event_id=removal_id(episode_id),
        occurred_at=now or datetime.now(UTC),
    )


def is_removed(log: EventLog, episode_id: str) -> bool:
    """Tell whether the episode was removed."""
    return log.get(episode_id, removal_id(episode_id)) is not None


def guarded(handler: Handler, log: EventLog, delete: Callable[[str], None]) -> Handler:
    """Return `handler` with the guard around it; `delete` deletes what the service holds.

    EpisodeRemoved deletes, and never reaches the handler. Any other event of a removed episode
    ends quietly: before any work, and again before its results are published, when what the work
    left behind is deleted. A removal in the moment after that look is no gap: the log takes no
    result after it, and its own delivery deletes what was written before it.
    """

    def guard(event: Event) -> Sequence[Event]:
        episode_id = event.meta.episode_id
        if isinstance(event.data, EpisodeRemoved) or is_removed(log, episode_id):
            delete(episode_id)
            return ()
        caused = handler(event)
        if is_removed(log, episode_id):
            delete(episode_id)
            return ()
        return caused

    return guard
