"""Publishes events of the journal again, each as the start of a new run.

A replayed event has a new id and run, `replay.of` names the original, and its audience may be
narrowed: `["search"]` rebuilds the index and leaves captions alone. Original and artifacts of older
runs stay.
"""

import difflib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from everyword_events.catalogue import CATALOGUE, EpisodeCreated, EpisodeInfo, EpisodeRemoved
from everyword_events.contract import ServiceContract
from everyword_events.envelope import EVERYONE, Event, EventData, new_run_id
from everyword_events.errors import InvalidInput, NotFound
from everyword_events.ports import EventPublisher, Journal
from everyword_events.runs import is_newer

Progress = Callable[[int, int], None]
"""Told how many events are out and how many there will be."""


@dataclass(frozen=True)
class Replayed:
    """One event published again."""

    episode_id: str
    run_id: str
    event_id: str
    of: str


class Replayer:
    """Replays one event, one episode, a show or everything.

    `contracts` tell whom a replay can reach: without a consumer it is refused, not silently done.
    """

    def __init__(
        self,
        journal: Journal,
        publisher: EventPublisher,
        contracts: Sequence[ServiceContract],
        *,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._journal = journal
        self._publisher = publisher
        self._contracts = contracts
        self._sleep = sleep
        self._clock = clock

    def event(self, event_id: str, *, only: Sequence[str] = (), reason: str = "") -> Replayed:
        """Replay one event of the journal, by its id.

        Raises:
            NotFound: there is none.
            InvalidInput: nobody in `only` takes it.
        """
        event = self._journal.get(event_id)
        if event is None:
            raise NotFound(f"no event {event_id} in the journal")
        audience = self._audience(type(event.data), only)
        return self._publish(event, audience, reason)

    def episode(
        self, episode_id: str, *, start: str, only: Sequence[str] = (), reason: str = ""
    ) -> Replayed:
        """Replay the episode's newest event of type `start`.

        Raises:
            NotFound: no such episode, it was removed, or it never came that far.
            InvalidInput: unknown type, or nobody in `only` takes it.
        """
        kind = event_kind(start)
        audience = self._audience(kind, only)
        found = _Found(kind)
        for recorded in self._journal.of_episode(episode_id):
            found.see(recorded.position, recorded.event)
        history = found.episodes.get(episode_id)
        if history is None:
            raise NotFound(f"no episode {episode_id}")
        if history.removed:
            raise NotFound(f"episode {episode_id} was removed")
        if history.event_id is None:
            raise NotFound(
                f"episode {episode_id} has no {start} yet",
                hint=f"its journal has {', '.join(sorted(history.types))}",
            )
        return self.event(history.event_id, only=audience, reason=reason)

    def archive(
        self,
        *,
        start: str,
        show: str | None = None,
        only: Sequence[str] = (),
        reason: str = "",
        rate_per_s: float | None = None,
        progress: Progress = lambda _done, _of: None,
    ) -> Iterator[Replayed]:
        """Replay the newest event of type `start` of every episode, or of every one of `show`.

        Arguments are checked, and the journal read, before this returns; the events go out while
        the result is walked, at most `rate_per_s` a second. Removed episodes are left out, as are
        those that never came to `start`. Memory grows by a line an episode.

        Raises:
            NotFound: no episode of that show.
            InvalidInput: unknown type, nobody in `only` takes it, or a rate that is not positive.
        """
        kind = event_kind(start)
        audience = self._audience(kind, only)
        if rate_per_s is not None and not rate_per_s > 0:
            raise InvalidInput(f"a rate of {rate_per_s} events a second is not positive")
        found = _Found(kind)
        for recorded in self._journal.scan():
            found.see(recorded.position, recorded.event)
        if show is not None and not found.has_show(show):
            raise NotFound(f"no episode of a show named {show!r}")
        event_ids = found.to_replay(show)
        return self._walk(event_ids, audience, reason, rate_per_s, progress)

    def _walk(
        self,
        event_ids: Sequence[str],
        audience: Sequence[str],
        reason: str,
        rate_per_s: float | None,
        progress: Progress,
    ) -> Iterator[Replayed]:
        started = self._clock()
        progress(0, len(event_ids))
        for done, event_id in enumerate(event_ids):
            if rate_per_s is not None:
                self._sleep(max(0.0, started + done / rate_per_s - self._clock()))
            yield self.event(event_id, only=audience, reason=reason)
            progress(done + 1, len(event_ids))

    def _publish(self, event: Event, audience: Sequence[str], reason: str) -> Replayed:
        again = event.replayed(run_id=new_run_id(), reason=reason, audience=audience or (EVERYONE,))
        self._publisher.publish([again])
        meta = again.meta
        return Replayed(meta.episode_id, meta.run_id, meta.event_id, of=event.meta.event_id)

    def _audience(self, kind: type[EventData], only: Sequence[str]) -> Sequence[str]:
        """Return `only`, checked.

        Raises:
            InvalidInput: one of `only`, or nobody at all, consumes events of `kind`.
        """
        takers = [c.service for c in self._contracts if issubclass(kind, c.consumes)]
        wrong = [name for name in only if name not in takers]
        if wrong or not takers:
            raise InvalidInput(
                f"{' and '.join(wrong) or 'nobody'} would take {kind.event_type()}",
                hint=f"it is taken by {', '.join(takers)}" if takers else "",
                code="replay_reaches_nobody",
            )
        return tuple(only)


def event_kind(name: str) -> type[EventData]:
    """Return the event type of that name.

    Raises:
        InvalidInput: there is none; the hint names the nearest.
    """
    kind = CATALOGUE.get(name)
    if kind is None:
        near = difflib.get_close_matches(name, CATALOGUE, n=1, cutoff=0)
        raise InvalidInput(
            f"no event type {name!r}", hint=f"did you mean {near[0]}?", code="event_unknown"
        )
    return kind


@dataclass
class _History:
    """What a replay must know of one episode."""

    types: set[str]
    info: EpisodeInfo | None = None
    event_id: str | None = None
    run_id: str | None = None
    position: int = 0
    removed: bool = False


class _Found:
    """Folds the journal into the newest event of one type by episode."""

    def __init__(self, kind: type[EventData]) -> None:
        self._kind = kind
        self.episodes: dict[str, _History] = {}

    def see(self, position: int, event: Event) -> None:
        """Take the next event of the journal into account."""
        meta = event.meta
        history = self.episodes.setdefault(meta.episode_id, _History(set()))
        history.types.add(event.type)
        info = getattr(event.data, "episode", None)
        if isinstance(info, EpisodeInfo) and (
            history.info is None or info.as_of >= history.info.as_of
        ):
            history.info = info
        if isinstance(event.data, EpisodeRemoved | EpisodeCreated):  # announced anew, perhaps
            history.removed = isinstance(event.data, EpisodeRemoved)
            history.event_id = history.run_id = None
        if isinstance(event.data, self._kind) and is_newer(meta.run_id, history.run_id):
            history.event_id, history.run_id = meta.event_id, meta.run_id
            history.position = position

    def has_show(self, show: str) -> bool:
        """Tell whether an episode that was not removed belongs to `show`."""
        return any(_is_of(history, show) for history in self.episodes.values())

    def to_replay(self, show: str | None) -> list[str]:
        """Return the events' ids, in the order of the journal."""
        histories = [
            history
            for history in self.episodes.values()
            if history.event_id is not None
            and not history.removed
            and (show is None or _is_of(history, show))
        ]
        histories.sort(key=lambda history: history.position)
        return [history.event_id for history in histories if history.event_id is not None]


def _is_of(history: _History, show: str) -> bool:
    return history.info is not None and history.info.show == show and not history.removed
