"""What is said when a consumer gives an event up, and what stands for a body nobody can read."""

import json
from datetime import datetime

from everyword_events.catalogue import DeliveryDeadLettered, parse_event
from everyword_events.envelope import Event, EventData, Meta
from everyword_events.errors import InvalidInput
from everyword_events.ports import Delivery


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


def body_of(event: Event) -> str:
    """Return the message that carries `event`: for an unreadable one, the body as it came."""
    return event.data.body if isinstance(event.data, Unreadable) else event.to_json()


def dead_lettered(
    delivery: Delivery, *, code: str, message: str, hint: str, burial: str
) -> tuple[Event, ...]:
    """Return the event that tells of a burial; `burial` names this one among the consumer's.

    There is none for an unreadable body (no episode to tell) nor for a DeliveryDeadLettered: a
    consumer that fails on those would bury without end.
    """
    event = delivery.event
    if isinstance(event.data, Unreadable | DeliveryDeadLettered):
        return ()
    data = DeliveryDeadLettered(
        consumer=delivery.consumer,
        dead_type=event.type,
        dead_event_id=event.meta.event_id,
        code=code,
        message=message,
        hint=hint,
        attempts=delivery.attempt,
    )
    return (event.causes("bus", data, part=f"{delivery.consumer}|{burial}"),)


def _episode_of(body: str) -> str:
    """Return the episode id if at least that much can be read."""
    try:
        episode_id = json.loads(body)["detail"]["meta"]["episode_id"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return "unknown"
    return episode_id if isinstance(episode_id, str) else "unknown"
