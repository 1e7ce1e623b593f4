"""What the services declare fits together."""

from everyword_events import CATALOGUE, DeliveryDeadLettered
from everyword_local.composition import CONTRACTS


def test_every_consumed_event_is_emitted_by_somebody() -> None:
    emitted = {kind for contract in CONTRACTS for kind in contract.emits} | {DeliveryDeadLettered}
    for contract in CONTRACTS:
        assert set(contract.consumes) <= emitted, contract.service


def test_every_event_in_the_catalogue_has_an_emitter() -> None:
    emitted = {kind for contract in CONTRACTS for kind in contract.emits} | {DeliveryDeadLettered}
    assert set(CATALOGUE.values()) == emitted


def test_every_service_forgets_a_removed_episode() -> None:
    for contract in CONTRACTS:
        assert "EpisodeRemoved" in {kind.event_type() for kind in contract.consumes}
