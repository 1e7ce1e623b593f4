"""The fields every log line about a delivery carries, under one set of names everywhere."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

from everyword_events.ports import Delivery

logger = logging.getLogger(__name__)
_in_hand: ContextVar[Mapping[str, object]] = ContextVar("in_hand")


@contextmanager
def in_hand(delivery: Delivery) -> Iterator[None]:
    """Have whatever this thread logs meanwhile name the delivery; see `fields_in_hand`."""
    token = _in_hand.set(log_fields(delivery, ""))
    try:
        yield
    finally:
        _in_hand.reset(token)


def fields_in_hand() -> Mapping[str, object]:
    """Return what a log line shall say of the delivery in hand: nothing where there is none."""
    return {name: value for name, value in _in_hand.get({}).items() if name != "action"}


def log_dead_letter(delivery: Delivery, *, code: str, reason: str) -> None:
    """Log that a delivery is given up; whoever gives one up says so by this line."""
    fields = log_fields(delivery, "dead_lettered", code=code, reason=reason)
    logger.error("dead letter", extra=fields)


def log_fields(delivery: Delivery, action: str, **more: object) -> dict[str, object]:
    """Return what `logging`'s `extra` takes: who did what to which event; never its text."""
    meta = delivery.event.meta
    return {
        "action": action,
        "service": delivery.consumer,
        "event_id": meta.event_id,
        "event_type": delivery.event.type,
        "episode_id": meta.episode_id,
        "run_id": meta.run_id,
        "correlation_id": meta.correlation_id,
        "attempt": delivery.attempt,
        **more,
    }
