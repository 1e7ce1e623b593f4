"""How one delivery is handled and settled, in a batch or in a durable execution."""

import logging
import time

from everyword_events import Delivery, EverywordError, Handler
from everyword_events.consumer.log_fields import log_fields
from everyword_events.consumer.settlement import Done, Settlement

logger = logging.getLogger(__name__)


def settled(delivery: Delivery, handler: Handler, settlement: Settlement) -> None:
    """Call the handler and settle the delivery by how it ends."""
    started = time.monotonic()
    try:
        events = tuple(handler(delivery.event))
    except Exception as error:
        if not isinstance(error, EverywordError):
            fields = log_fields(delivery, "unexpected_error")
            logger.exception("unexpected error in a handler", extra=fields)
        settlement.fail(delivery, error)
    else:
        taken_ms = round((time.monotonic() - started) * 1000)
        logger.info("handled", extra=log_fields(delivery, "handled", duration_ms=taken_ms))
        settlement.finish([Done(delivery, events)])
