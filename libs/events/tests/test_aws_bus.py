"""What only the AWS adapters do: batches, partial failures, whole seconds, AWS's dead letters."""

import json
from collections.abc import Sequence
from typing import Any

import boto3
import pytest
from botocore.exceptions import NoCredentialsError
from botocore.stub import ANY, Stubber

from everyword_events import (
    Conflict,
    Delivery,
    EpisodeRemoved,
    Event,
    InvalidInput,
    Misconfigured,
    TranscriptReady,
    TranscriptRefined,
    TransientFailure,
    new_run_id,
)
from everyword_events.aws.errors import translated
from everyword_events.aws.eventbridge import EventBridgeBus
from everyword_events.aws.sqs import SqsInbox, whole_seconds
from everyword_events.consumer.retry import RetryPolicy
from everyword_events.consumer.runner import ConsumerRunner
from everyword_events.testing import BusUnderTest, drain, event_ids, ready, sample

URL = "https://sqs.eu-north-1.amazonaws.com/123456789012/refine"


def stubbed(service: str) -> tuple[Any, Stubber]:
    client = boto3.client(
        service,  # type: ignore[call-overload]
        region_name="eu-north-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )
    stubber = Stubber(client)
    stubber.activate()
    return client, stubber


def put_reply(*codes: str) -> dict[str, Any]:
    entries = [
        {"ErrorCode": code, "ErrorMessage": "no"} if code else {"EventId": "1"} for code in codes
    ]
    return {"FailedEntryCount": sum(bool(code) for code in codes), "Entries": entries}


def entries_of(*events: Event) -> list[dict[str, Any]]:
    return [
        {
            "EventBusName": "everyword",
            "Source": event.source,
            "DetailType": event.type,
            "Detail": json.dumps(event.to_detail()),
            "Time": event.to_wire()["time"],
        }
        for event in events
    ]


def wires(*events: Event) -> list[dict[str, Any]]:
    return [event.to_wire() for event in events]


def test_only_refused_entries_are_put_again() -> None:
    client, stubber = stubbed("events")
    first, second, third = (ready(title) for title in ("first", "second", "third"))
    stubber.add_response(
        "put_events",
        put_reply("", "ThrottlingException", "InternalFailure"),
        {"Entries": entries_of(first, second, third)},
    )
    stubber.add_response(
        "put_events", put_reply("InternalFailure", ""), {"Entries": entries_of(second, third)}
    )
    stubber.add_response("put_events", put_reply(""), {"Entries": entries_of(second)})
    slept: list[float] = []
    bus = EventBridgeBus(client, "everyword", sleep=slept.append)
    assert bus.put(wires(first, second, third)) == []
    stubber.assert_no_pending_responses()
    assert len(slept) == 2


def test_entries_refused_again_and_again_are_named() -> None:
    client, stubber = stubbed("events")
    for _ in range(3):
        stubber.add_response("put_events", put_reply("InternalFailure"), {"Entries": ANY})
    refusing = EventBridgeBus(client, "everyword", attempts=3, sleep=lambda _s: None)
    assert refusing.put(wires(ready())) == [0]
    stubber.assert_no_pending_responses()


def test_a_bus_that_does_not_exist_is_a_misconfiguration_and_not_retried() -> None:
    client, stubber = stubbed("events")
    stubber.add_client_error("put_events", "ResourceNotFoundException", "no such bus")
    slept: list[float] = []
    with pytest.raises(Misconfigured, match="no such bus"):
        EventBridgeBus(client, "nowhere", sleep=slept.append).put(wires(ready()))
    assert slept == []


def test_throttling_of_the_whole_call_is_retried() -> None:
    client, stubber = stubbed("events")
    stubber.add_client_error("put_events", "ThrottlingException", "slow down")
    stubber.add_response("put_events", put_reply(""), {"Entries": ANY})
    EventBridgeBus(client, "everyword", sleep=lambda _s: None).put(wires(ready()))
    stubber.assert_no_pending_responses()


def test_calls_hold_at_most_ten_entries_and_one_megabyte() -> None:
    client, stubber = stubbed("events")
    small = [ready() for _ in range(12)]
    large = [ready("x" * 240_000) for _ in range(5)]
    for events in (small[:10], small[10:] + large[:4], large[4:]):
        stubber.add_response(
            "put_events", put_reply(*[""] * len(events)), {"Entries": entries_of(*events)}
        )
    EventBridgeBus(client, "everyword").put(wires(*small, *large))
    stubber.assert_no_pending_responses()


def test_one_event_too_large_keeps_all_from_being_sent(aws: BusUnderTest) -> None:
    with pytest.raises(InvalidInput):
        aws.log.append([ready(), ready("x" * 300_000)])
    assert drain(aws.inbox("refine")) == []


def test_characters_that_sqs_refuses_arrive(aws: BusUnderTest) -> None:
    event = ready("noncharacters \uffff\ufffe, controls \x01\x7f, and \U0001f600")
    aws.log.append([event])
    inbox = aws.inbox("refine")
    inbox.dead_letter(*inbox.receive(most=1, visibility_s=60), code="c", message="m", hint="")
    aws.dead_letters.redrive([dead.dead_letter_id for dead in aws.dead_letters.list()])
    assert drain(inbox) == [event]


def test_more_than_ten_are_acknowledged(aws: BusUnderTest) -> None:
    aws.log.append([ready() for _ in range(13)])
    inbox = aws.inbox("refine")
    taken: list[Delivery] = []
    while more := inbox.receive(most=100, visibility_s=1):
        taken += more
    assert len(taken) == 13
    inbox.acknowledge(taken)
    aws.pass_time(1.2)
    assert not inbox.receive(most=10, visibility_s=1)


def delivery(event: Event) -> Delivery:
    return Delivery(event=event, consumer="refine", attempt=1, receipt="message-1 handle-1")


def stubbed_inbox() -> tuple[SqsInbox, Stubber]:
    client, stubber = stubbed("sqs")
    return SqsInbox(client, URL, "refine", dead_letter_url=f"{URL}-dead"), stubber


def test_messages_that_sqs_did_not_delete_fail_the_acknowledgement() -> None:
    inbox, stubber = stubbed_inbox()
    failed = [{"Id": "0", "Code": "InternalError", "SenderFault": False}]
    stubber.add_response("delete_message_batch", {"Successful": [], "Failed": failed})
    with pytest.raises(TransientFailure, match="InternalError"):
        inbox.acknowledge([delivery(ready())])


def test_a_lost_claim_is_acknowledged_to_no_effect() -> None:
    inbox, stubber = stubbed_inbox()
    failed = [{"Id": "0", "Code": "ReceiptHandleIsInvalid", "SenderFault": True}]
    stubber.add_response("delete_message_batch", {"Successful": [], "Failed": failed})
    inbox.acknowledge([delivery(ready())])
    stubber.assert_no_pending_responses()


@pytest.mark.parametrize(
    "code",
    [
        "ReceiptHandleIsInvalid",
        "AWS.SimpleQueueService.MessageNotInflight",
        "InvalidParameterValue",
    ],
)
def test_a_heartbeat_learns_that_the_claim_is_lost(code: str) -> None:
    inbox, stubber = stubbed_inbox()
    stubber.add_client_error("change_message_visibility", code)
    with pytest.raises(Conflict):
        inbox.extend(delivery(ready()), visibility_s=60)
    stubber.add_client_error("change_message_visibility", code)
    inbox.give_back(delivery(ready()), delay_s=0)


def test_other_trouble_is_passed_on() -> None:
    inbox, stubber = stubbed_inbox()
    for call in (
        lambda: inbox.extend(delivery(ready()), visibility_s=60),
        lambda: inbox.give_back(delivery(ready()), delay_s=0),
    ):
        stubber.add_client_error("change_message_visibility", "ServiceUnavailable")
        with pytest.raises(TransientFailure):
            call()


def test_a_queue_that_does_not_exist_is_a_misconfiguration(aws: BusUnderTest) -> None:
    client = boto3.client("sqs", region_name="eu-north-1")
    inbox = SqsInbox(client, f"{URL}-gone", "refine", dead_letter_url=URL)
    with pytest.raises(Misconfigured):
        inbox.receive(most=1, visibility_s=1)


def test_no_credentials_is_a_misconfiguration() -> None:
    with pytest.raises(Misconfigured, match="cannot do"), translated("do"):
        raise NoCredentialsError


def test_seconds_are_rounded_up_and_bounded() -> None:
    assert [whole_seconds(s) for s in (-1, 0, 0.1, 1, 1.01, 1e9)] == [0, 0, 1, 1, 2, 43_200]


def test_receiving_asks_for_what_sqs_allows() -> None:
    inbox, stubber = stubbed_inbox()
    stubber.add_response(
        "receive_message",
        {},
        {
            "QueueUrl": URL,
            "MaxNumberOfMessages": 10,
            "VisibilityTimeout": 61,
            "WaitTimeSeconds": 20,
            "MessageSystemAttributeNames": ["ApproximateReceiveCount", "SentTimestamp"],
            "MessageAttributeNames": ["EverywordCounts"],
        },
    )
    assert inbox.receive(most=100, visibility_s=60.5, wait_s=300) == ()


def test_letters_that_aws_moved_itself_are_listed_and_redriven(aws: BusUnderTest) -> None:
    sqs = boto3.client("sqs", region_name="eu-north-1")
    url = sqs.get_queue_url(QueueName="refine-dead")["QueueUrl"]
    first, second = ready("first"), ready("second")
    sqs.send_message(QueueUrl=url, MessageBody=first.to_json())
    sqs.send_message(
        QueueUrl=url,
        MessageBody=second.to_json(),
        MessageAttributes={
            "ERROR_CODE": {"DataType": "String", "StringValue": "NO_PERMISSIONS"},
            "ERROR_MESSAGE": {"DataType": "String", "StringValue": "may not send"},
        },
    )
    sqs.send_message(QueueUrl=url, MessageBody="rubbish")
    dead_letters = aws.dead_letters.list(consumer="refine")
    assert {dead.code for dead in dead_letters} == {
        "moved_by_aws",
        "NO_PERMISSIONS",
        "event_not_json",
    }
    ids = [dead.dead_letter_id for dead in dead_letters if dead.code != "event_not_json"]
    assert aws.dead_letters.redrive(ids) == 2
    assert event_ids(drain(aws.inbox("refine"))) == event_ids([first, second])
    assert len(aws.dead_letters.list()) == 1


def test_an_event_s_extra_fields_of_eventbridge_do_not_matter(aws: BusUnderTest) -> None:
    event = Event.first("ingest", EpisodeRemoved(), episode_id="e", run_id=new_run_id())
    wire = event.to_wire() | {"id": "another", "account": "1", "region": "x", "replay-name": "r"}
    aws.send_raw("captions", json.dumps(wire))
    assert drain(aws.inbox("captions")) == [event]


def refine(event: Event) -> Sequence[Event]:
    assert isinstance(event.data, TranscriptReady)
    return [event.causes("refine", sample(TranscriptRefined))]


def test_the_runner_works_over_sqs(aws: BusUnderTest) -> None:
    aws.log.append([ready() for _ in range(3)])
    runner = ConsumerRunner(aws.inbox("refine"), aws.log, refine)
    while runner.run_once():
        pass
    assert len(drain(aws.inbox("captions"))) == 3
    assert drain(aws.inbox("refine")) == []


def test_the_runner_dead_letters_over_sqs_after_the_last_attempt(aws: BusUnderTest) -> None:
    def poisoned(_event: Event) -> Sequence[Event]:
        raise KeyError("x")

    aws.log.append([ready()])
    policy = RetryPolicy(max_attempts=3, base_delay_s=0)
    runner = ConsumerRunner(aws.inbox("refine"), aws.log, poisoned, policy)
    assert [runner.run_once() for _ in range(4)] == [1, 1, 1, 0]
    (dead,) = aws.dead_letters.list()
    assert (dead.code, dead.attempts) == ("unexpected_error", 3)
    assert len(drain(aws.inbox("ingest"))) == 1
