"""The deployed template routes: real audio through its own rules, queues, tables and stream.

Everything between is real: handlers, relay, worker loop, recogniser, durable function, OpenSearch.
"""

import json
import re
from typing import Any
from uuid import uuid4

import boto3
import pytest
from everyword_aws.clients import client
from everyword_aws.keys import DynamoKeyStore

from everyword_events.aws.dead_letters import ConsumerQueues, SqsDeadLetters
from everyword_events.aws.log import DynamoEventLog
from everyword_http.keys import Keys
from support.cloud import Cloud
from support.episodes import a_word_of, added, announce, episode, events, hits, transcript
from support.lowering import REGION

pytestmark = pytest.mark.opensearch
CONSUMERS = ("ingest", "transcribe-gpu", "refine", "captions", "search")


@pytest.fixture(scope="module")
def ready(cloud: Cloud, key: str, audio: bytes) -> tuple[str, str]:
    """Return (episode, show) of an episode that went through everything."""
    show = str(uuid4())
    return added(cloud, key, audio, show=show), show


def test_nothing_of_the_template_is_left_out_in_silence(cloud: Cloud) -> None:
    assert cloud.unexplained() == {
        "AWS::Budgets::Budget",
        "AWS::CloudWatch::Dashboard",
    }


def test_an_upload_is_transcribed_refined_captioned_and_found(
    cloud: Cloud, key: str, ready: tuple[str, str]
) -> None:
    episode_id, show = ready
    shown = episode(cloud, key, episode_id)
    assert shown["state"] == "ready", shown
    assert shown["engine"]["name"] == "pocketsphinx"
    assert events(cloud, key, episode_id)[:4] == [
        "EpisodeCreated",
        "AudioUploaded",
        "TranscriptReady",
        "TranscriptRefined",
    ]
    assert hits(cloud, a_word_of(cloud, episode_id), show) >= 1
    captions = cloud.ask("GET", f"/v1/episodes/{episode_id}/transcript.vtt")
    assert captions.body.startswith("WEBVTT")
    assert captions.headers["access-control-allow-origin"] == "*"
    assert all(cloud.depth(f"everyword-{each}-dead-letters") == 0 for each in CONSUMERS)


@pytest.mark.slow
def test_messages_twice_and_in_any_order_change_nothing(
    cloud: Cloud, key: str, audio: bytes
) -> None:
    cloud.restless = True
    try:
        show = str(uuid4())
        episode_id = added(cloud, key, audio, show=show)
    finally:
        cloud.restless = False
    assert episode(cloud, key, episode_id)["state"] == "ready"
    kinds = events(cloud, key, episode_id)
    assert len(kinds) == len(set(kinds))
    log = DynamoEventLog(client("dynamodb"), "everyword-event-log")
    (refined,) = [
        each.event for each in log.of_episode(episode_id) if each.event.type == "TranscriptReady"
    ]
    assert cloud.executions.count(refined.meta.event_id) == 1
    word = a_word_of(cloud, episode_id)
    said = re.findall(rf"\b{word}\b", transcript(cloud, episode_id).body.lower())
    assert hits(cloud, word, show) == len(said)


@pytest.mark.slow
def test_what_the_relay_lost_is_swept_up(cloud: Cloud, key: str, audio: bytes) -> None:
    """Killed between the append and PutEvents: the log has it, the bus does not."""
    cloud.relayed = False
    told = announce(cloud, key, audio)
    cloud.upload(told["upload"]["url"], audio, told["upload"]["headers"])
    cloud.run()
    assert events(cloud, key, told["episode_id"]) == ["EpisodeCreated", "AudioUploaded"]
    assert cloud.depth("everyword-transcribe-gpu") == 0
    assert cloud.sweep() == 2
    assert cloud.depth("everyword-transcribe-gpu") == 1
    assert cloud.sweep() == 0
    cloud.relayed = True
    cloud.run()
    assert episode(cloud, key, told["episode_id"])["state"] == "ready"


@pytest.mark.slow
def test_what_event_bridge_turns_down_comes_again(cloud: Cloud, key: str, audio: bytes) -> None:
    refused: list[int] = []

    def refuse(request: Any, **_: Any) -> Any:
        if len(refused) < 6:
            entries = json.loads(request.body)["Entries"]
            refused.append(len(entries))
            failed = [{"ErrorCode": "ThrottlingException", "ErrorMessage": "slow down"}]
            return cloud.answer(
                request.url,
                {"FailedEntryCount": len(entries), "Entries": failed * len(entries)},
            )
        return None

    bus = client("events").meta.events
    bus.register("before-send.events.PutEvents", refuse)
    try:
        episode_id = added(cloud, key, audio)
    finally:
        bus.unregister("before-send.events.PutEvents", refuse)
    assert len(refused) == 6
    assert episode(cloud, key, episode_id)["state"] == "ready"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("no event at all", "event_not_json"),
        (json.dumps({"detail-type": "CaptionsPublished", "detail": {"data": {}}}), ""),
        (
            json.dumps(
                {
                    "source": "everyword.x",
                    "detail-type": "NeverHeardOf",
                    "detail": {
                        "meta": {
                            "event_id": "e",
                            "episode_id": "e",
                            "run_id": "r",
                            "occurred_at": "2026-11-27T00:00:00Z",
                            "correlation_id": "c",
                        },
                        "data": {},
                    },
                }
            ),
            "",
        ),
    ],
)
def test_a_message_that_is_no_event_is_a_dead_letter_with_a_reason(
    cloud: Cloud, key: str, body: str, code: str
) -> None:
    boto3.client("sqs").send_message(QueueUrl=cloud.url("everyword-captions"), MessageBody=body)
    cloud.run()
    letters = dead_letters(cloud)
    (letter,) = letters.list(consumer="captions")
    assert letter.message
    if code:
        assert letter.code
    assert letters.discard([letter.dead_letter_id]) == 1


def dead_letters(cloud: Cloud) -> SqsDeadLetters:
    queues = {
        each: ConsumerQueues(
            cloud.url(f"everyword-{each}"), cloud.url(f"everyword-{each}-dead-letters")
        )
        for each in CONSUMERS
    }
    return SqsDeadLetters(boto3.client("sqs"), queues, poll_s=0)


def test_a_poisoned_event_dies_is_mended_and_redriven(
    cloud: Cloud, key: str, ready: tuple[str, str]
) -> None:
    episode_id, _ = ready
    log = DynamoEventLog(client("dynamodb"), "everyword-event-log")
    refined = next(
        each.event for each in log.of_episode(episode_id) if each.event.type == "TranscriptRefined"
    )
    ref: Any = refined.data.transcript  # type: ignore[attr-defined]
    bucket, _, name = ref.uri.removeprefix("s3://").partition("/")
    s3 = boto3.client("s3")
    kept = s3.get_object(Bucket=bucket, Key=name)["Body"].read()
    s3.put_object(Bucket=bucket, Key=name, Body=b"damaged")
    replayed = cloud.ask(
        "POST",
        f"/v1/episodes/{episode_id}/replays",
        key=key,
        body={"from": "TranscriptRefined", "only": ["captions"]},
    )
    assert replayed.status == 202, replayed.body
    cloud.run()
    (letter,) = dead_letters(cloud).list(consumer="captions")
    assert letter.code == "digest_mismatch"
    assert "DeliveryDeadLettered" in events(cloud, key, episode_id)
    s3.put_object(Bucket=bucket, Key=name, Body=kept)
    assert dead_letters(cloud).redrive([letter.dead_letter_id]) == 1
    cloud.run()
    assert not dead_letters(cloud).list()
    assert events(cloud, key, episode_id).count("CaptionsPublished") == 2


def test_a_replay_for_search_reaches_search_alone(
    cloud: Cloud, key: str, ready: tuple[str, str]
) -> None:
    episode_id, show = ready
    before = events(cloud, key, episode_id)
    word = a_word_of(cloud, episode_id)
    reply = cloud.ask(
        "POST",
        f"/v1/episodes/{episode_id}/replays",
        key=key,
        body={"from": "TranscriptRefined", "only": ["search"], "reason": "rebuild"},
    )
    assert reply.status == 202
    cloud.relay()
    assert cloud.depth("everyword-search") == 1
    assert cloud.depth("everyword-captions") == 0
    cloud.run()
    more = events(cloud, key, episode_id)[len(before) :]
    assert more.count("EpisodeIndexed") == 1
    assert "CaptionsPublished" not in more
    assert hits(cloud, word, show) >= 1


@pytest.mark.slow
def test_a_replay_of_a_whole_show_goes_through_the_queue(
    cloud: Cloud, key: str, audio: bytes
) -> None:
    show = str(uuid4())
    ids = {added(cloud, key, audio, show=show, allow_duplicate=True) for _ in range(2)}
    reply = cloud.ask(
        "POST",
        "/v1/replays",
        key=key,
        body={"from": "TranscriptRefined", "only": ["search"], "show": show, "rate_per_s": 50},
    )
    assert reply.status == 202, reply.body
    assert cloud.depth("everyword-ingest-replays") == 1
    cloud.run()
    for episode_id in ids:
        assert events(cloud, key, episode_id).count("EpisodeIndexed") == 2


def notice(bucket: str, key: str) -> str:
    return json.dumps(
        {
            "version": "0",
            "id": str(uuid4()),
            "detail-type": "Object Created",
            "source": "aws.s3",
            "account": "123456789012",
            "time": "2026-11-27T00:00:00Z",
            "region": REGION,
            "resources": [],
            "detail": {"bucket": {"name": bucket}, "object": {"key": key, "size": 1}},
        }
    )


def test_notices_of_what_is_no_upload_gone_or_known_change_nothing(
    cloud: Cloud, key: str, ready: tuple[str, str]
) -> None:
    episode_id, _ = ready
    before = events(cloud, key, episode_id)
    bucket = f"everyword-ingest-123456789012-{REGION}"
    queue = cloud.url("everyword-ingest-uploads")
    for body in (
        notice(bucket, f"episodes/{episode_id}/upload/audio"),
        notice(bucket, f"episodes/{episode_id}/upload/audio"),
        notice(bucket, "elsewhere/audio"),
        notice("another-bucket", f"episodes/{episode_id}/upload/audio"),
        notice(bucket, f"episodes/{uuid4()}/upload/audio"),
    ):
        boto3.client("sqs").send_message(QueueUrl=queue, MessageBody=body)
    cloud.run()
    assert events(cloud, key, episode_id) == before
    assert cloud.depth("everyword-ingest-uploads") == 0
    assert cloud.depth("everyword-ingest-uploads-dead-letters") == 0


def test_what_is_not_audio_is_an_error_on_the_episode(cloud: Cloud, key: str) -> None:
    episode_id = added(cloud, key, b"this is no audio at all" * 100)
    shown = episode(cloud, key, episode_id)
    assert shown["state"] == "failed"
    assert shown["error"]["code"]


def test_keys_decide_who_may_do_what(cloud: Cloud, ready: tuple[str, str]) -> None:
    episode_id, _ = ready
    keys = Keys(DynamoKeyStore(client("dynamodb"), "everyword-keys"))
    kept, reader = keys.create("reader", ["search"])
    assert [each.key_id for each in keys.store.list()][-1] == kept.key_id
    path = f"/v1/episodes/{episode_id}"
    assert cloud.ask("GET", path).status == 401
    assert cloud.ask("GET", path, key="ew_unknown").status == 401
    assert cloud.ask("DELETE", path, key=reader).status == 403
    assert cloud.ask("GET", "/v1/search?q=nothing").status == 200
    assert cloud.ask("GET", "/v1/nowhere", key=reader).status == 404
    rows = boto3.client("dynamodb").scan(TableName="everyword-keys")["Items"]
    assert reader.split("_", 2)[2] not in json.dumps(rows)
    keys.revoke(kept.key_id)
    assert cloud.ask("GET", path, key=reader).status == 401


@pytest.mark.slow
def test_a_removed_episode_is_gone_everywhere_and_starts_no_gpu(
    cloud: Cloud, key: str, audio: bytes
) -> None:
    show = str(uuid4())
    episode_id = added(cloud, key, audio, show=show)
    word = a_word_of(cloud, episode_id)
    assert hits(cloud, word, show) >= 1
    assert cloud.ask("DELETE", f"/v1/episodes/{episode_id}", key=key).status == 200
    cloud.relay()
    assert cloud.depth("everyword-transcribe-gpu") == 0
    cloud.run()
    assert hits(cloud, word, show) == 0
    assert cloud.ask("GET", f"/v1/episodes/{episode_id}/transcript.vtt").status == 404
    s3 = boto3.client("s3")
    for service in ("ingest", "transcribe-gpu", "refine", "captions"):
        bucket = f"everyword-{service}-123456789012-{REGION}"
        left = s3.list_objects_v2(Bucket=bucket, Prefix=f"episodes/{episode_id}/")
        assert left["KeyCount"] == 0, service
