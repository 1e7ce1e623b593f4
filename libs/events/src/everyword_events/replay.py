"""Appends a stored event again, as the start of a new run of its episode.

A replayed event has a new id and run, `replay.of` names the original, and its audience may be
narrowed: `["search"]` rebuilds the index and leaves captions alone. `["diarize"]` is no service but
a step of recognition: words stay as they are, and who says them is told anew. Original and
artifacts of older runs stay.
"""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from everyword_events.catalogue import (
    CATALOGUE,
    AudioRemoved,
    AudioUploaded,
    EpisodeRemoved,
    TranscriptReady,
)
from everyword_events.contract import ServiceContract
from everyword_events.envelope import EVERYONE, Event, EventData, replayed_id
from everyword_events.errors import InvalidInput, NotFound
from everyword_events.ports import EventLog
from everyword_events.runs import later_run_id, newest_run

DIARIZE: Final = "diarize"
"""Asked for in `only`, alone: from AudioUploaded, only who speaks is found again."""


@dataclass(frozen=True)
class Replayed:
    """One event appended again."""

    episode_id: str
    run_id: str
    event_id: str
    of: str


class Replayer:
    """Replays episodes of one log.

    `contracts` tell whom a replay can reach: without a consumer it is refused, not silently done.
    """

    def __init__(self, log: EventLog, contracts: Sequence[ServiceContract]) -> None:
        self._log = log
        self._contracts = contracts

    def check(self, start: str, only: Sequence[str] = ()) -> type[EventData]:
        """Return the type of event named `start`, which every one of `only` consumes.

        Raises:
            InvalidInput: unknown type, one of `only` does not take it, or nobody at all does.
        """
        kind = event_kind(start)
        takers = [c.service for c in self._contracts if issubclass(kind, c.consumes)]
        steps = [DIARIZE] if kind is AudioUploaded and len(only) == 1 else []
        wrong = [name for name in only if name not in takers + steps]
        if wrong or not takers:
            raise InvalidInput(
                f"{' and '.join(wrong) or 'nobody'} would take {kind.event_type()}",
                hint=f"it is taken by {', '.join(takers)}" if takers else "",
                code="replay_reaches_nobody",
            )
        return kind

    def episode(
        self,
        episode_id: str,
        *,
        start: str,
        only: Sequence[str] = (),
        reason: str = "",
        request_id: str = "",
        speakers: int | None = None,
    ) -> Replayed:
        """Replay the episode's newest event of type `start`.

        A `request_id` is replayed once: asked again for the same, nothing more happens. `speakers`
        states anew how many people speak, 0 for unknown.

        Raises:
            NotFound: no such episode, it was removed, or it never came that far.
            InvalidInput: unknown type, or nobody in `only` takes it.
        """
        kind = self.check(start, only)
        events = [recorded.event for recorded in self._log.of_episode(episode_id)]
        event = _newest(kind, events, episode_id)
        done = _done_before(request_id, events)
        if done is not None:
            return done
        alone = tuple(only) == (DIARIZE,)
        words_of = _newest(TranscriptReady, events, episode_id).data if alone else None
        again = event.replayed(
            run_id=later_run_id(newest_run(events)),
            reason=reason,
            audience=(EVERYONE,) if alone else tuple(only) or (EVERYONE,),
            request_id=request_id,
        )
        again = again.model_copy(update={"data": _asked_anew(again.data, words_of, speakers)})
        self._log.append([again])
        return Replayed(episode_id, again.meta.run_id, again.meta.event_id, of=event.meta.event_id)


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


def _asked_anew(data: EventData, words_of: EventData | None, speakers: int | None) -> EventData:
    """Return what recognition is asked for this time; every other event says what it said."""
    if not isinstance(data, AudioUploaded):
        return data
    kept = words_of.transcript if isinstance(words_of, TranscriptReady) else None
    hints = data.hints
    if speakers is not None:
        hints = hints.model_copy(update={"speakers": speakers})
    return data.model_copy(update={"words_of": kept, "hints": hints})


def _done_before(request_id: str, events: Sequence[Event]) -> Replayed | None:
    """Return what the same request replayed already, if it did."""
    for event in events:
        of = event.meta.replay.of if request_id and event.meta.replay else ""
        if of and event.meta.event_id == replayed_id(of, event, request_id):
            meta = event.meta
            return Replayed(meta.episode_id, meta.run_id, meta.event_id, of=of)
    return None


def _newest(kind: type[EventData], events: Sequence[Event], episode_id: str) -> Event:
    """Return the event of `kind` with the newest run, the later one where a run has several."""
    if not events:
        raise NotFound(f"no episode {episode_id}", code="episode_missing")
    if any(isinstance(event.data, EpisodeRemoved) for event in events):
        raise NotFound(f"episode {episode_id} was removed", code="episode_removed")
    found = [event for event in events if isinstance(event.data, kind)]
    if not found:
        types = sorted({event.type for event in events})
        raise NotFound(
            f"episode {episode_id} has no {kind.event_type()} yet",
            hint=f"its log has {', '.join(types)}",
            code="nothing_to_replay",
        )
    newest = max(reversed(found), key=lambda event: event.meta.run_id)
    if isinstance(newest.data, AudioUploaded) and newest.data.audio.uri in removed_audio(events):
        raise NotFound(
            f"the audio of episode {episode_id} was deleted",
            hint="replay it from TranscriptReady",
            code="audio_removed",
        )
    return newest


def removed_audio(events: Iterable[Event]) -> frozenset[str]:
    """Return the addresses of the audio that was deleted."""
    return frozenset(
        ref.uri for e in events if isinstance(e.data, AudioRemoved) for ref in e.data.audio
    )
