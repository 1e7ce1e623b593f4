"""The relay and the sweep."""

from functools import cache

from everyword_aws.clients import client
from everyword_aws.environment import RelayEnvironment
from everyword_events.aws.eventbridge import EventBridgeBus
from everyword_events.aws.relay import Relay


@cache
def relay() -> Relay:
    """Return what puts the log's events on the bus."""
    environment = RelayEnvironment.read()
    bus = EventBridgeBus(client("events"), environment.bus)
    return Relay(client("dynamodb"), environment.event_log, bus)
