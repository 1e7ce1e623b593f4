"""Ingest's replay port over the journal."""

from collections.abc import Sequence

from everyword_events import EVERYONE, EventPublisher, Journal, new_run_id
from ingest.ports import ReplayWish


class JournalReplay:
    """Publishes the newest event of a type of each episode again, as a new run."""

    def __init__(self, journal: Journal, publisher: EventPublisher) -> None:
        self._journal = journal
        self._publisher = publisher

    def __call__(self, wish: ReplayWish) -> Sequence[str]:
        """Replay as wished; return the ids of the episodes that had such an event."""
        done = []
        for episode_id in wish.episode_ids:
            events = [r.event for r in self._journal.of_episode(episode_id)]
            found = [event for event in events if event.type == wish.event_type]
            if not found:
                continue
            newest = max(found, key=lambda event: event.meta.run_id)
            again = newest.replayed(
                run_id=new_run_id(), reason=wish.reason, audience=wish.only or (EVERYONE,)
            )
            self._publisher.publish([again])
            done.append(episode_id)
        return done
