"""What every bus promises: each test runs on every adapter."""

import pytest

from everyword_events import (
    DeliveryDeadLettered,
    EpisodeRemoved,
    Event,
    InvalidInput,
    new_run_id,
)
from everyword_events.testing import BusUnderTest, drain, event_ids, ready


def test_an_event_arrives_as_it_was_published(bus: BusUnderTest) -> None:
    event = ready('Æther 東京 "quoted"')
    bus.log.append([event])
    (delivery,) = bus.inbox("refine").receive(most=10, visibility_s=60)
    assert delivery.event == event
    assert delivery.consumer == "refine"
    assert delivery.attempt == 1


def test_only_consumers_of_the_type_get_it(bus: BusUnderTest) -> None:
    bus.log.append([ready()])
    assert drain(bus.inbox("captions")) == []
    assert drain(bus.inbox("search")) == []
    assert len(drain(bus.inbox("refine"))) == 1


def test_every_consumer_of_the_type_gets_it(bus: BusUnderTest) -> None:
    event = Event.first("ingest", EpisodeRemoved(), episode_id="e", run_id=new_run_id())
    bus.log.append([event])
    assert drain(bus.inbox("captions")) == [event]
    assert drain(bus.inbox("search")) == [event]


def test_a_targeted_event_reaches_its_audience_only(bus: BusUnderTest) -> None:
    event = Event.first("ingest", EpisodeRemoved(), episode_id="e", run_id=new_run_id())
    targeted = event.replayed(run_id=new_run_id(), audience=["search"])
    bus.log.append([targeted])
    assert drain(bus.inbox("captions")) == []
    assert drain(bus.inbox("search")) == [targeted]


def test_a_batch_larger_than_any_call_arrives_whole(bus: BusUnderTest) -> None:
    events = [ready(f"Episode {n}") for n in range(23)]
    bus.log.append(events)
    arrived = drain(bus.inbox("refine"))
    assert event_ids(arrived) == event_ids(events)


def test_publishing_nothing_is_nothing(bus: BusUnderTest) -> None:
    bus.log.append([])
    assert bus.inbox("refine").receive(most=10, visibility_s=60) == ()


def test_receive_takes_no_more_than_asked(bus: BusUnderTest) -> None:
    bus.log.append([ready() for _ in range(5)])
    assert len(bus.inbox("refine").receive(most=2, visibility_s=60)) <= 2


def test_a_taken_delivery_is_hidden_and_comes_again_if_not_acknowledged(bus: BusUnderTest) -> None:
    bus.log.append([ready()])
    inbox = bus.inbox("refine")
    (first,) = inbox.receive(most=1, visibility_s=1)
    assert not inbox.receive(most=1, visibility_s=1)
    bus.pass_time(1.2)
    (second,) = inbox.receive(most=1, visibility_s=60)
    assert second.event == first.event
    assert second.attempt == 2


def test_a_heartbeat_keeps_a_delivery_hidden(bus: BusUnderTest) -> None:
    bus.log.append([ready()])
    inbox = bus.inbox("refine")
    (delivery,) = inbox.receive(most=1, visibility_s=1)
    inbox.extend(delivery, visibility_s=60)
    bus.pass_time(1.2)
    assert not inbox.receive(most=1, visibility_s=60)
    inbox.acknowledge([delivery])
    assert not inbox.receive(most=1, visibility_s=60)


def test_acknowledged_deliveries_never_come_again(bus: BusUnderTest) -> None:
    bus.log.append([ready() for _ in range(3)])
    inbox = bus.inbox("refine")
    deliveries = []
    while taken := inbox.receive(most=10, visibility_s=1):
        deliveries += taken
    assert len(deliveries) == 3
    inbox.acknowledge(deliveries)
    bus.pass_time(1.2)
    assert not inbox.receive(most=10, visibility_s=60)


def test_acknowledging_nothing_is_nothing(bus: BusUnderTest) -> None:
    bus.inbox("refine").acknowledge([])


def test_a_delivery_given_back_waits_its_delay(bus: BusUnderTest) -> None:
    bus.log.append([ready()])
    inbox = bus.inbox("refine")
    (delivery,) = inbox.receive(most=1, visibility_s=60)
    inbox.give_back(delivery, delay_s=1)
    assert not inbox.receive(most=1, visibility_s=60)
    bus.pass_time(1.2)
    (again,) = inbox.receive(most=1, visibility_s=60)
    assert again.attempt == 2


def test_a_delivery_given_back_without_delay_is_there_at_once(bus: BusUnderTest) -> None:
    bus.log.append([ready()])
    inbox = bus.inbox("refine")
    (delivery,) = inbox.receive(most=1, visibility_s=60)
    inbox.give_back(delivery, delay_s=0)
    assert len(inbox.receive(most=1, visibility_s=60)) == 1


def test_a_dead_letter_is_listed_with_its_reason_and_not_delivered(
    bus: BusUnderTest,
) -> None:
    event = ready()
    bus.log.append([event])
    inbox = bus.inbox("refine")
    (delivery,) = inbox.receive(most=1, visibility_s=1)
    inbox.dead_letter(delivery, code="no_words", message="cannot\x00 be read ☃", hint="try again")
    bus.pass_time(1.2)
    assert not inbox.receive(most=1, visibility_s=60)
    (dead,) = bus.dead_letters.list()
    assert dead.event == event
    assert (dead.consumer, dead.attempts) == ("refine", 1)
    assert (dead.code, dead.message, dead.hint) == (
        "no_words",
        "cannot\x00 be read ☃",
        "try again",
    )


def test_a_very_long_reason_is_cut(bus: BusUnderTest) -> None:
    bus.log.append([ready()])
    inbox = bus.inbox("refine")
    inbox.dead_letter(
        *inbox.receive(most=1, visibility_s=60), code="c", message="é" * 300_000, hint=""
    )
    (dead,) = bus.dead_letters.list()
    assert dead.message == "é" * 999 + "…"
    assert len(drain(bus.inbox("ingest"))) == 1


def test_listing_does_not_change_the_letters(bus: BusUnderTest) -> None:
    bus.log.append([ready()])
    inbox = bus.inbox("refine")
    inbox.dead_letter(*inbox.receive(most=1, visibility_s=60), code="c", message="m", hint="")
    assert bus.dead_letters.list() == bus.dead_letters.list() != []


def test_letters_are_listed_by_consumer_and_up_to_a_limit(bus: BusUnderTest) -> None:
    bus.log.append([ready() for _ in range(3)])
    inbox = bus.inbox("refine")
    while deliveries := inbox.receive(most=1, visibility_s=60):
        inbox.dead_letter(*deliveries, code="c", message="m", hint="")
    assert len(bus.dead_letters.list(consumer="refine")) == 3
    assert len(bus.dead_letters.list(consumer="refine", limit=2)) == 2
    assert bus.dead_letters.list(consumer="search") == []


def test_a_dead_letter_is_announced(bus: BusUnderTest) -> None:
    event = ready()
    bus.log.append([event])
    inbox = bus.inbox("refine")
    inbox.dead_letter(*inbox.receive(most=1, visibility_s=60), code="c", message="m", hint="h")
    (news,) = drain(bus.inbox("ingest"))
    assert news.source == "everyword.bus"
    assert news.meta.episode_id == event.meta.episode_id
    assert news.meta.run_id == event.meta.run_id
    assert news.meta.causation_id == event.meta.event_id
    assert news.data == DeliveryDeadLettered(
        consumer="refine",
        dead_type="TranscriptReady",
        dead_event_id=event.meta.event_id,
        code="c",
        message="m",
        hint="h",
        attempts=1,
    )


def test_a_dead_lettered_announcement_is_not_announced(bus: BusUnderTest) -> None:
    bus.log.append([ready()])
    inbox = bus.inbox("refine")
    inbox.dead_letter(*inbox.receive(most=1, visibility_s=60), code="c", message="m", hint="")
    ingest = bus.inbox("ingest")
    ingest.dead_letter(*ingest.receive(most=1, visibility_s=60), code="c", message="m", hint="")
    assert drain(ingest) == []
    assert len(bus.dead_letters.list()) == 2


def test_a_redriven_dead_letter_starts_afresh_and_each_is_announced(bus: BusUnderTest) -> None:
    event = ready()
    bus.log.append([event])
    inbox = bus.inbox("refine")
    told = []
    for _ in range(2):
        (delivery,) = inbox.receive(most=1, visibility_s=60)
        assert delivery.event == event
        assert delivery.attempt == 1
        inbox.dead_letter(delivery, code="c", message="m", hint="")
        told += drain(bus.inbox("ingest"))
        assert bus.dead_letters.redrive([bus.dead_letters.list()[0].dead_letter_id]) == 1
        assert bus.dead_letters.list() == []
    assert len({news.meta.event_id for news in told}) == 2
    assert drain(inbox) == [event]


def test_a_discarded_letter_is_gone(bus: BusUnderTest) -> None:
    bus.log.append([ready() for _ in range(2)])
    inbox = bus.inbox("refine")
    while deliveries := inbox.receive(most=1, visibility_s=60):
        inbox.dead_letter(*deliveries, code="c", message="m", hint="")
    first, second = bus.dead_letters.list()
    assert bus.dead_letters.discard([first.dead_letter_id]) == 1
    assert [dead.dead_letter_id for dead in bus.dead_letters.list()] == [second.dead_letter_id]
    assert drain(inbox) == []


@pytest.mark.parametrize("action", ["redrive", "discard"])
def test_unknown_letters_are_counted_out(bus: BusUnderTest, action: str) -> None:
    assert getattr(bus.dead_letters, action)(["no-such-letter", "99"]) == 0


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("not json at all", "event_not_json"),
        ('{"detail-type": "Nonsense", "detail": {}}', "event_unknown"),
        ('{"detail-type": "EpisodeRemoved", "detail": {"meta": {}, "data": {}}}', "event_invalid"),
    ],
)
def test_a_message_that_is_no_event_goes_to_the_dead_letters(
    bus: BusUnderTest, body: str, code: str
) -> None:
    bus.send_raw("refine", body)
    event = ready()
    bus.log.append([event])
    assert drain(bus.inbox("refine")) == [event]
    (dead,) = bus.dead_letters.list()
    assert dead.code == code
    assert dead.event.type == "Unreadable"
    assert dead.event.data.body == body
    assert bus.dead_letters.redrive([dead.dead_letter_id]) == 1
    assert drain(bus.inbox("refine")) == []
    assert [again.code for again in bus.dead_letters.list()] == [code]


def test_too_large_an_event_is_refused(bus: BusUnderTest) -> None:
    with pytest.raises(InvalidInput, match="larger than the bus carries") as refused:
        bus.log.append([ready("x" * 300_000)])
    assert refused.value.code == "event_too_large"
    assert drain(bus.inbox("refine")) == []
