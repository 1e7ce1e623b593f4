"""What is said of a dead letter, and what stands for a body nobody can read."""

import json
from datetime import datetime
from typing import Final

from everyword_events.catalogue import DeliveryDeadLettered, parse_event
from everyword_events.envelope import Event, EventData, Meta
from everyword_events.errors import InvalidInput
from everyword_events.ports import Delivery

_MOST_REASON_CHARS: Final = 1_000


class Unreadable(EventData):
    """Stands in a dead letter for a message in which no event could be read.

    It is not in the catalogue and never published. `body` is the message as it came.
    """

    body: str


def read_or_stand_in(
    body: str, *, message_id: str, came_at: datetime
) -> tuple[Event, InvalidInput | None]:
    """Return the event in `body`, or an `Unreadable` for it together with why."""
    try:
        return parse_event(body), None
    except InvalidInput as reason:
        meta = Meta(
            event_id=message_id,
            episode_id=_episode_of(body),
            run_id="unknown",
            occurred_at=came_at,
            correlation_id=message_id,
        )
        stand_in = Event(source="everyword.unknown", meta=meta, data=Unreadable(body=body))
        return stand_in, reason


def shortened(text: str) -> str:
    """Cut a message or hint to what a dead letter, and its announcement, should carry."""
    return text if len(text) <= _MOST_REASON_CHARS else text[: _MOST_REASON_CHARS - 1] + "…"


def dead_lettered(
    delivery: Delivery, *, code: str, message: str, hint: str, number: str
) -> tuple[Event, ...]:
    """Return the event that announces a dead letter; `number` names this one among the consumer's.

    There is none for an unreadable body (no episode to tell) nor for a DeliveryDeadLettered: a
    consumer that fails on those would dead-letter without end.
    """
    event = delivery.event
    if isinstance(event.data, Unreadable | DeliveryDeadLettered):
        return ()
    data = DeliveryDeadLettered(
        consumer=delivery.consumer,
        dead_type=event.type,
        dead_event_id=event.meta.event_id,
        code=code,
        message=shortened(message),
        hint=shortened(hint),
        attempts=delivery.attempt,
    )
    return (event.causes("bus", data, part=f"{delivery.consumer}|{number}"),)


def _episode_of(body: str) -> str:
    """Return the episode id if at least that much can be read."""
    try:
        episode_id = json.loads(body)["detail"]["meta"]["episode_id"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return "unknown"
    return episode_id if isinstance(episode_id, str) else "unknown"
