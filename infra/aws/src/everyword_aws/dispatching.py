"""Starts a durable execution for every event of refine's queue; see `refining`."""

import hashlib
import json
import re
from collections.abc import Sequence
from typing import Any, Final

from botocore.exceptions import ClientError

from everyword_events import Conflict, DeliveryDeadLettered, Event, EventLog, TransientFailure
from everyword_events.aws.errors import error_code, translated

_STARTED: Final = "DurableExecutionAlreadyStartedException"
_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


class Dispatcher:
    """A handler of the queue's events: each starts its durable execution, once."""

    def __init__(self, client: Any, function: str, log: EventLog) -> None:
        self._client = client
        self._function = function
        self._log = log

    def handle(self, event: Event) -> Sequence[Event]:
        """Start the event's execution.

        Raises:
            Conflict: it was started before, so that there is nothing to do.
            TransientFailure: Lambda does not take it now.
        """
        try:
            with translated("start a durable execution"):
                self._client.invoke(
                    FunctionName=self._function,
                    InvocationType="Event",
                    DurableExecutionName=self._name(event),
                    Payload=json.dumps(event.to_wire()),
                )
        except TransientFailure as error:
            cause = error.__cause__
            if isinstance(cause, ClientError) and error_code(cause) == _STARTED:
                raise Conflict("the execution was started before", code="started") from error
            raise
        return ()

    def _name(self, event: Event) -> str:
        """Name an execution after its event; after a dead letter, a redrive is another one."""
        meta = event.meta
        dead = sum(
            isinstance(each.event.data, DeliveryDeadLettered)
            and each.event.data.dead_event_id == meta.event_id
            and each.event.data.consumer == "refine"
            for each in self._log.of_episode(meta.episode_id)
        )
        name = f"{meta.event_id}-{dead}" if dead else meta.event_id
        return name if _NAME.fullmatch(name) else hashlib.sha256(name.encode()).hexdigest()
