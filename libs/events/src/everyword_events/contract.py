"""What a service consumes and emits, said once; subscriptions and rule patterns come from it."""

from dataclasses import dataclass
from typing import Any, Final

from everyword_events.envelope import EVERYONE, Event, EventData

OURS: Final = "everyword."
"""What the source of every event of ours begins with."""


@dataclass(frozen=True)
class ServiceContract:
    """One service's place on the bus. `service` is also its consumer name and its queue's."""

    service: str
    consumes: tuple[type[EventData], ...] = ()
    emits: tuple[type[EventData], ...] = ()

    def accepts(self, event: Event) -> bool:
        """Tell whether the bus delivers `event` to this service."""
        return (
            isinstance(event.data, self.consumes)
            and event.is_for(self.service)
            and event.source.startswith(OURS)
        )

    def event_pattern(self) -> dict[str, Any]:
        """Return the EventBridge rule pattern that delivers what `accepts` accepts."""
        return {
            "source": [{"prefix": OURS}],
            "detail-type": [kind.event_type() for kind in self.consumes],
            "detail": {"meta": {"audience": [EVERYONE, self.service]}},
        }
