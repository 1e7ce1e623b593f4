"""The fields every log line about a delivery carries, under the names the whole house uses."""

from everyword_events.ports import Delivery


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
