"""How one delivery is handled and settled, in a batch or in a durable execution."""

from everyword_aws.telemetry import logger
from everyword_events import Delivery, EverywordError, Handler
from everyword_events.consumer.log_fields import log_fields
from everyword_events.consumer.settlement import Done, Settlement


def settled(delivery: Delivery, handler: Handler, settlement: Settlement) -> None:
    """Call the handler and settle the delivery by how it ends."""
    try:
        events = tuple(handler(delivery.event))
    except Exception as error:  # noqa: BLE001 - retried, then dead-lettered: never swallowed
        if not isinstance(error, EverywordError):
            fields = log_fields(delivery, "unexpected_error")
            logger.error("unexpected error in a handler", exc_info=error, extra=fields)
        settlement.fail(delivery, error)
    else:
        settlement.finish([Done(delivery, events)])
