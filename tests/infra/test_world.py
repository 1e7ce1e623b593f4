"""What the deployed template does with the world outside: feeds, webhooks, results, operators."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import boto3
import pytest
from everyword_aws.clients import client
from everyword_aws.handlers.ingest_webhooks import SPARE_MS

from everyword_events.aws.replays import DynamoReplays
from everyword_events.replay_jobs import ReplayRequest
from ingest.testing.web import Web, serving
from support.cloud import Cloud
from support.episodes import a_word_of, added, episode

pytestmark = pytest.mark.opensearch


@pytest.fixture
def web() -> Iterator[Web]:
    with serving() as web:
        yield web


def feed(web: Web, *items: str) -> bytes:
    entries = "".join(
        f"<item><title>Talk {name}</title><guid>{name}</guid>"
        f'<enclosure url="{web.url}/{name}.wav" type="audio/wav" length="1"/></item>'
        for name in items
    )
    return (
        f'<rss version="2.0"><channel><title>Slow Radio</title>{entries}</channel></rss>'.encode()
    )


def post(cloud: Cloud, key: str, path: str, body: Any, status: int) -> Any:
    reply = cloud.ask("POST", path, key=key, body=body)
    assert reply.status == status, reply.body
    return reply.json()


def get(cloud: Cloud, key: str, path: str) -> Any:
    reply = cloud.ask("GET", path, key=key)
    assert reply.status == 200, reply.body
    return reply.json()


@pytest.mark.slow
def test_a_feed_is_taken_in_polled_and_given_back_with_transcripts(
    cloud: Cloud, key: str, audio: bytes, web: Web
) -> None:
    show = str(uuid4())
    url = web.file("/feed.xml", feed(web, "one"), "application/rss+xml")
    web.file("/one.wav", audio, "audio/wav")
    asked = {"url": url, "show": show, "wait_s": 0}
    assert post(cloud, key, "/v1/feeds", {**asked, "dry_run": True}, 202)["dry_run"]
    begun = post(cloud, key, "/v1/feeds", asked, 202)
    assert (begun["state"], cloud.depth("everyword-ingest-feeds")) == ("running", 1)
    cloud.run()
    report = get(cloud, key, f"/v1/feed-imports/{begun['import_id']}")
    (item,) = report["items"]
    assert (report["state"], item["action"]) == ("done", "added")
    assert episode(cloud, key, item["episode_id"])["state"] == "ready"
    enriched = cloud.ask("GET", f"/v1/shows/{show}/feed.xml", **{"x-forwarded-host": "d.example"})
    address = f"https://d.example/v1/episodes/{item['episode_id']}/transcript.vtt"
    assert address in enriched.body
    web.file("/feed.xml", feed(web, "two", "one"), "application/rss+xml")
    web.file("/two.wav", audio + b"\0" * 64, "audio/wav")
    polled = post(cloud, key, f"/v1/feeds/{report['feed_id']}:poll?wait_s=0", {}, 202)
    cloud.run()
    lines = get(cloud, key, f"/v1/feed-imports/{polled['import_id']}")["items"]
    assert [each["action"] for each in lines] == ["added", "known"]
    assert cloud.on_schedule("everyword-feeds")["imports"] == 0
    gone = cloud.ask("DELETE", f"/v1/feeds/{report['feed_id']}", key=key)
    assert gone.status == 200
    assert get(cloud, key, "/v1/feeds")["feeds"] == []


@pytest.mark.slow
def test_audio_is_fetched_from_an_address_and_played(
    cloud: Cloud, key: str, audio: bytes, web: Web
) -> None:
    url = web.file("/talk.wav", audio, "audio/wav")
    told = post(cloud, key, "/v1/episodes:import", {"url": url, "show": str(uuid4())}, 202)
    cloud.run()
    assert episode(cloud, key, told["episode_id"])["state"] == "ready"
    played = cloud.ask("GET", f"/media/{told['episode_id']}")
    assert played.status == 307
    assert cloud.fetch(played.headers["location"]) == audio
    missing = cloud.ask("GET", f"/media/{uuid4()}")
    assert missing.status == 404


@pytest.mark.slow
def test_outcomes_are_told_to_webhooks_results_and_saved_searches(
    cloud: Cloud, key: str, audio: bytes, web: Web
) -> None:
    first = added(cloud, key, audio, show=str(uuid4()))
    word = a_word_of(cloud, first)
    drain(cloud, key)
    webhook = post(cloud, key, "/v1/webhooks", {"url": f"{web.url}/hook"}, 201)
    assert post(cloud, key, "/v1/saved-searches", {"query": '"half a phrase'}, 400)["code"]
    search = post(cloud, key, "/v1/saved-searches", {"query": word}, 201)
    episode_id = added(cloud, key, audio, show=str(uuid4()))
    cloud.run()
    assert cloud.on_schedule("everyword-webhooks") == {"tries": 2}
    bodies = [json.loads(body) for _, _, body in web.posted]
    assert {each["type"] for each in bodies} == {"EpisodeFinished", "SavedSearchMatched"}
    assert {each["episode_id"] for each in bodies} == {episode_id}
    assert all("Everyword-Signature" in headers for _, headers, _ in web.posted)
    (message,) = get(cloud, key, "/v1/results")["messages"]
    assert message["episode_id"] == episode_id
    done = {"message_ids": [message["message_id"]]}
    assert post(cloud, key, "/v1/results:acknowledge", done, 200) == {"acknowledged": 1}
    log = get(cloud, key, f"/v1/webhooks/{webhook['id']}/deliveries")["deliveries"]
    assert {each["state"] for each in log} == {"delivered"}
    rows = json.dumps(boto3.client("dynamodb").scan(TableName="everyword-ingest")["Items"])
    assert webhook["secret"] not in rows
    ssm = boto3.client("ssm")
    kept = ssm.get_parameter(Name=f"/everyword/webhooks/{webhook['id']}", WithDecryption=True)
    assert (kept["Parameter"]["Type"], kept["Parameter"]["Value"]) == (
        "SecureString",
        webhook["secret"],
    )
    assert cloud.ask("DELETE", f"/v1/webhooks/{webhook['id']}", key=key).status == 204
    assert cloud.ask("DELETE", f"/v1/saved-searches/{search['search_id']}", key=key).status == 204
    assert not ssm.describe_parameters()["Parameters"]
    assert SPARE_MS > 0


def drain(cloud: Cloud, key: str) -> None:
    """Be done with all results."""
    while messages := get(cloud, key, "/v1/results")["messages"]:
        ids = {"message_ids": [each["message_id"] for each in messages]}
        post(cloud, key, "/v1/results:acknowledge", ids, 200)


def test_keys_are_made_rotated_and_revoked_by_an_admin(cloud: Cloud, key: str) -> None:
    made = post(cloud, key, "/v1/keys", {"name": "reader", "scopes": ["search"]}, 201)
    assert cloud.ask("GET", "/v1/keys", key=made["key"]).status == 403
    assert cloud.ask("GET", "/v1/episodes", key=made["key"]).status == 200
    again = post(cloud, key, f"/v1/keys/{made['id']}:rotate", {}, 200)
    assert cloud.ask("GET", "/v1/episodes", key=made["key"]).status == 401
    assert cloud.ask("GET", "/v1/episodes", key=again["key"]).status == 200
    assert made["id"] in {each["id"] for each in get(cloud, key, "/v1/keys")["keys"]}
    assert cloud.ask("DELETE", f"/v1/keys/{made['id']}", key=key).status == 200
    assert cloud.ask("GET", "/v1/episodes", key=again["key"]).status == 401


@pytest.mark.slow
def test_operators_see_queues_and_redrive_dead_letters(cloud: Cloud, key: str) -> None:
    boto3.client("sqs").send_message(
        QueueUrl=cloud.url("everyword-notify"), MessageBody="no event at all"
    )
    assert cloud.ask("GET", "/health/ready").status == 200
    assert get(cloud, key, "/v1/health")["queues"]["notify"] == 1
    cloud.run()
    (letter,) = get(cloud, key, "/v1/dead-letters?service=notify")["dead_letters"]
    ids = {"dead_letters": [letter["dead_letter_id"]]}
    assert post(cloud, key, "/v1/dead-letters:redrive", ids, 200) == {"redriven": 1}
    cloud.run()
    (letter,) = get(cloud, key, "/v1/dead-letters")["dead_letters"]
    ids = {"dead_letters": [letter["dead_letter_id"]]}
    assert post(cloud, key, "/v1/dead-letters:discard", ids, 200) == {"discarded": 1}
    health = get(cloud, key, "/v1/health")
    assert (health["ok"], health["pending"], health["paused"]) == (True, 0, {})
    assert not any(depth["dead"] for depth in health["depths"].values())


def test_a_replay_is_paused_gone_on_with_and_cancelled(cloud: Cloud, key: str) -> None:
    kept = DynamoReplays(client("dynamodb"), "everyword-ingest")
    request = ReplayRequest("TranscriptRefined", ("search",), show="none")
    replay_id = kept.start(request, [str(uuid4()) for _ in range(3)]).replay_id
    paused = post(cloud, key, f"/v1/replays/{replay_id}/pause", {}, 200)
    assert (paused["state"], cloud.depth("everyword-ingest-replays")) == ("paused", 0)
    cloud.invoke("everyword-ingest-replays", {"Records": []})
    assert kept.get(replay_id).done == 0
    assert post(cloud, key, f"/v1/replays/{replay_id}/resume", {}, 200)["state"] == "running"
    assert cloud.depth("everyword-ingest-replays") == 1
    cloud.run()
    (shown, *_) = get(cloud, key, "/v1/replays")["replays"]
    assert (shown["replay_id"], shown["state"], shown["done"]) == (replay_id, "done", 3)
    over = cloud.ask("POST", f"/v1/replays/{replay_id}/cancel", key=key, body={})
    assert over.status == 409


def test_a_recognition_is_called_off(cloud: Cloud, key: str, audio: bytes) -> None:
    body = {"title": "t", "show": str(uuid4()), "filename": "a.wav", "bytes": len(audio)}
    told = post(cloud, key, "/v1/episodes", body, 201)
    upload = told["upload"]
    assert cloud.upload(upload["url"], audio, upload["headers"]) == 200
    cloud.poll("everyword-ingest-uploads", "everyword-ingest-uploads", 1)
    path = f"/v1/episodes/{told['episode_id']}:cancel"
    assert post(cloud, key, path, {}, 200)["episode_id"] == told["episode_id"]
    cloud.run()
    shown = episode(cloud, key, told["episode_id"])
    assert (shown["state"], shown["error"]["code"]) == ("failed", "cancelled")
