"""How far an episode's runs are: which run answers for which output, and what still stands failed.

A run is asked for one or both of two outputs, captions and the search index: a whole run for both,
a replay for one audience for that output only. Per output, the newest run that was asked for it
governs: captions of an older run stay valid while only the index is made anew.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeVar

from everyword_events import (
    EVERYONE,
    AudioUploaded,
    CaptionsPublished,
    DeliveryDeadLettered,
    EpisodeCreated,
    EpisodeIndexed,
    Event,
    EventData,
    TranscriptEdited,
    TranscriptionFailed,
    TranscriptReady,
    TranscriptRefined,
    UploadRejected,
)

State = Literal[
    "awaiting_upload",
    "queued",
    "transcribing",
    "refining",
    "publishing",
    "ready",
    "failed",
    "removed",
]
FETCH: Final = "fetch"
"""The consumer that fetches audio from where an EpisodeCreated says that it is."""
Output = Literal["captions", "search"]
Data = TypeVar("Data", bound=EventData)

OUTPUTS: Final[tuple[Output, ...]] = ("captions", "search")
STAGES: Final[tuple[State, ...]] = ("awaiting_upload", "queued", "refining", "publishing")
"""What a run waits for, in order. That `queued` is really `transcribing`, only progress tells."""

_REACHED: Final[dict[type[EventData], int]] = {
    EpisodeCreated: 0,
    AudioUploaded: 1,
    TranscriptReady: 2,
    TranscriptEdited: 2,
    TranscriptRefined: 3,
    CaptionsPublished: 3,
    EpisodeIndexed: 3,
}
"""How far along `STAGES` a run is once this happened."""

_DELIVERS: Final[dict[Output, type[EventData]]] = {
    "captions": CaptionsPublished,
    "search": EpisodeIndexed,
}
_CONSUMER: Final[dict[type[EventData], str]] = {
    EpisodeCreated: FETCH,
    AudioUploaded: "transcribe-gpu",
    TranscriptReady: "refine",
    TranscriptEdited: "refine",
}
REPLAYABLE: Final[dict[str, tuple[str, ...]]] = {
    AudioUploaded.event_type(): (_CONSUMER[AudioUploaded],),
    TranscriptReady.event_type(): (_CONSUMER[TranscriptReady],),
    TranscriptRefined.event_type(): OUTPUTS,
}
"""From which events an episode can be processed again, and which services consume each."""

_MENDED_AT: Final = {FETCH: 1, "transcribe-gpu": 2, "refine": 3}
"""The stage that shows that what this consumer gave up on went well after all."""

_NEVER: Final = len(STAGES)


@dataclass(frozen=True)
class RunHistory:
    """An episode's events, each once, in one order whatever order they came in."""

    episode_id: str
    events: Sequence[Event]

    @classmethod
    def of(cls, events: Iterable[Event]) -> "RunHistory":
        """Order one episode's events, one or more.

        Raises:
            ValueError: there are none, or they are of more than one episode.
        """
        # Work done twice emits the same event id at two times: the first wording counts.
        unique: dict[str, Event] = {}
        for event in events:
            had = unique.get(event.meta.event_id)
            if had is None or _wording(event) < _wording(had):
                unique[event.meta.event_id] = event
        ordered = sorted(unique.values(), key=in_order)
        episode_ids = {event.meta.episode_id for event in ordered}
        if len(episode_ids) != 1:
            raise ValueError(f"events of {len(episode_ids)} episodes")
        return cls(episode_ids.pop(), ordered)

    @property
    def run_id(self) -> str:
        """The newest run that was asked for something."""
        governing = [run for output in OUTPUTS if (run := self.governing(output))]
        return max(governing or [event.meta.run_id for event in self.events])

    def governing(self, output: Output) -> str | None:
        """Return the newest run that was asked for `output`."""
        runs = (event.meta.run_id for event in self.events if output in _asked(event))
        return max(runs, default=None)

    def state_of(self, output: Output) -> tuple[State, Event | None]:
        """Return how far `output` is, and the failure if it is `failed`."""
        governing = self.governing(output)
        run = [event for event in self.events if event.meta.run_id == governing]
        if any(isinstance(event.data, _DELIVERS[output]) for event in run):
            return "ready", None
        reached = max((_REACHED.get(type(event.data), 0) for event in run), default=0)
        failures = [event for event in run if _blocks(event, output, reached)]
        return ("failed", failures[-1]) if failures else (STAGES[reached], None)

    def latest(self, kind: type[Data]) -> tuple[str, Data] | None:
        """Return the newest run's last data of this kind, with that run's id."""
        found = [(e.meta.run_id, e.data) for e in self.events if isinstance(e.data, kind)]
        return max(reversed(found), key=lambda pair: pair[0], default=None)


def in_order(event: Event) -> tuple[float, str]:
    """Sort events by the time they happened."""
    return event.meta.occurred_at.timestamp(), event.meta.event_id


def _wording(event: Event) -> tuple[float, str]:
    return event.meta.occurred_at.timestamp(), event.model_dump_json()


def _asked(event: Event) -> frozenset[Output]:
    """Return the outputs that this event's run has to deliver, as far as the event tells."""
    everyone = EVERYONE in event.meta.audience
    asked: Iterable[Output] = ()
    match event.data:
        case EpisodeCreated() | UploadRejected() | TranscriptionFailed():
            asked = OUTPUTS
        case AudioUploaded() | TranscriptReady() | TranscriptEdited():
            asked = OUTPUTS if event.is_for(_CONSUMER[type(event.data)]) else ()
        case TranscriptRefined():
            asked = (o for o in OUTPUTS if everyone or o in event.meta.audience)
        case CaptionsPublished():
            asked = ("captions",)
        case EpisodeIndexed():
            asked = ("search",)
        case DeliveryDeadLettered() as dead:
            asked = _given_up(dead)
    return frozenset(asked)


def _given_up(dead: DeliveryDeadLettered) -> frozenset[Output]:
    """Return the outputs that do not come because of a dead letter.

    A removal or a new title that one service missed leaves the outputs as they are.
    """
    for kind, consumer in _CONSUMER.items():
        if dead.dead_type == kind.event_type() and dead.consumer == consumer:
            return frozenset(OUTPUTS)
    refined = dead.dead_type == TranscriptRefined.event_type()
    return frozenset(output for output in OUTPUTS if refined and output == dead.consumer)


def _blocks(event: Event, output: Output, reached: int) -> bool:
    """Tell whether the event is a failure that keeps `output` from coming, and still stands."""
    match event.data:
        case UploadRejected():
            return reached < _REACHED[AudioUploaded]
        case TranscriptionFailed():
            return reached < _MENDED_AT["transcribe-gpu"]
        case DeliveryDeadLettered() as dead:
            return output in _given_up(dead) and reached < _MENDED_AT.get(dead.consumer, _NEVER)
    return False
