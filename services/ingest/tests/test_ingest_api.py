"""Ingest over HTTP: routes, shapes, status codes, problems, OpenAPI."""

import hashlib
import json
from typing import Any

import httpx
import pytest

from everyword_events import TranscriptReady
from everyword_http import create_application
from everyword_storage import upload_key
from ingest import api


class Client:
    """Speaks HTTP to the routes."""

    def __init__(self, world: Any, serve: Any) -> None:
        routes = api.router(world.service, link_of=lambda ref: f"/files/{ref.sha256[:4]}")
        self.client = serve(create_application("Everyword", "0", [routes]))

    def __call__(self, method: str, path: str, **options: Any) -> httpx.Response:
        reply: httpx.Response = self.client.request(method, path, **options)
        return reply


@pytest.fixture
def http(world: Any, serve: Any) -> Client:
    return Client(world, serve)


def announce(http: Client, raw: bytes, **fields: object) -> httpx.Response:
    body = {"title": "One", "filename": "one.wav", "bytes": len(raw), **fields}
    return http("POST", "/v1/episodes", json=body)


def added(world: Any, http: Client, raw: bytes, **fields: object) -> str:
    episode_id = announce(http, raw, **fields).json()["episode_id"]
    world.blobs.put(upload_key(episode_id), raw, media_type="audio/wav")
    assert http("POST", f"/v1/episodes/{episode_id}:complete").status_code == 200
    return str(episode_id)


def problem(reply: httpx.Response, status: int, code: str) -> dict[str, Any]:
    body: dict[str, Any] = reply.json()
    assert reply.status_code == status, body
    assert reply.headers["content-type"] == "application/problem+json"
    assert body["code"] == code
    assert {"type", "title", "status", "detail"} <= set(body)
    return body


def test_an_episode_is_announced_with_upload_instructions(
    world: Any, http: Client, wav: bytes
) -> None:
    reply = announce(
        http, wav, show="Radio", language="sv", speakers=2, channels="mix", media_type="audio/wav",
        published_at="2026-03-01T09:00:00Z", link="https://example.org/1",
    )  # fmt: skip
    assert reply.status_code == 201
    body = reply.json()
    assert (body["state"], body["existing"]) == ("awaiting_upload", False)
    upload = body["upload"]
    assert set(upload) == {"kind", "url", "headers", "expires_at"}
    assert upload["kind"] == "put"
    assert upload["headers"] == {"content-type": "audio/wav"}
    assert world.signer.verify(upload["url"].rsplit("/", 1)[1]).size == len(wav)


def test_an_episode_s_shape_is_the_published_one(world: Any, http: Client, wav: bytes) -> None:
    episode_id = added(world, http, wav, show="Radio")
    body = http("GET", f"/v1/episodes/{episode_id}").json()
    published = (
        "episode_id show title state run_id progress error duration_s language engine timings cost "
        "created_at updated_at"
    )
    assert set(published.split()) <= set(body)
    assert (body["state"], body["error"], body["progress"]) == ("queued", None, None)
    assert body["duration_s"] == pytest.approx(2.0, abs=0.01)
    assert body["timings"] == {}


def test_a_rejected_upload_is_the_episode_s_error(world: Any, http: Client) -> None:
    episode_id = added(world, http, b"a letter\n" * 50)
    body = http("GET", f"/v1/episodes/{episode_id}").json()
    assert body["state"] == "failed"
    assert body["error"]["code"] == "not_audio"
    assert set(body["error"]) == {"code", "message", "hint"}


def test_a_repeated_key_makes_one_episode(http: Client, wav: bytes) -> None:
    body = {"title": "One", "bytes": len(wav)}
    key = {"Idempotency-Key": "k1"}
    first = http("POST", "/v1/episodes", json=body, headers=key)
    again = http("POST", "/v1/episodes", json=body, headers=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json()["episode_id"] == again.json()["episode_id"]
    other = http("POST", "/v1/episodes", json={**body, "title": "Two"}, headers=key)
    problem(other, 409, "idempotency_key_reused")


def test_known_bytes_are_the_known_episode(world: Any, http: Client, wav: bytes) -> None:
    episode_id = added(world, http, wav)
    reply = announce(http, wav, sha256=hashlib.sha256(wav).hexdigest())
    assert reply.status_code == 200
    assert reply.json() == {
        "episode_id": episode_id,
        "state": "queued",
        "existing": True,
        "upload": None,
        "warnings": [],
    }


def test_a_transcript_without_audio_needs_no_upload(world: Any, http: Client) -> None:
    transcript = {"language": "en", "segments": [{"start": 0, "end": 1, "text": "hello there"}]}
    reply = http("POST", "/v1/episodes", json={"title": "Old", "transcript": transcript})
    assert reply.status_code == 201
    assert (reply.json()["state"], reply.json()["upload"]) == ("refining", None)
    ready = world.last(reply.json()["episode_id"])
    assert isinstance(ready, TranscriptReady)
    assert ready.engine.name == "imported"


def test_a_transcript_with_audio_waits_for_it(world: Any, http: Client, wav: bytes) -> None:
    transcript = {"language": "en", "segments": [{"start": 0, "end": 1, "text": "hello there"}]}
    reply = announce(http, wav, transcript=transcript)
    assert reply.json()["state"] == "awaiting_upload"
    episode_id = reply.json()["episode_id"]
    world.blobs.put(upload_key(episode_id), wav, media_type="audio/wav")
    done = http("POST", f"/v1/episodes/{episode_id}:complete").json()
    assert (done["state"], done["engine"]["name"]) == ("refining", "imported")
    problem(announce(http, wav, transcript={"no": "segments"}), 400, "transcript_invalid")


VTT = "WEBVTT\n\n00:01.000 --> 00:02.000\n<v Ada>hello there"


def test_a_transcript_may_be_the_text_of_a_caption_file(world: Any, http: Client) -> None:
    reply = http("POST", "/v1/episodes", json={"title": "Old", "transcript": VTT})
    assert reply.json()["warnings"] == ["the last line has no end (line 4)"]
    assert isinstance(world.last(reply.json()["episode_id"]), TranscriptReady)
    problem(
        http("POST", "/v1/episodes", json={"title": "Old", "transcript": "no captions"}),
        400,
        "transcript_invalid",
    )


def test_a_caption_file_is_sent_as_a_form(world: Any, http: Client) -> None:
    file = {"file": ("talk_one.vtt", f"{VTT}\n".encode())}
    reply = http("POST", "/v1/transcripts", files=file, data={"show": "Radio", "language": "en"})
    assert reply.status_code == 201
    assert (reply.json()["upload"], reply.json()["warnings"]) == (None, [])
    episode = http("GET", f"/v1/episodes/{reply.json()['episode_id']}").json()
    assert (episode["title"], episode["show"]) == ("talk one", "Radio")
    assert episode["language"] == "en"
    again = http("POST", "/v1/transcripts", files=file, data={"show": "Radio", "language": "en"})
    assert (again.status_code, again.json()["existing"]) == (200, True)


def test_a_caption_file_with_audio_waits_for_it(http: Client, wav: bytes) -> None:
    about = {"filename": "talk.wav", "bytes": str(len(wav)), "media_type": "audio/wav"}
    file = {"file": ("talk.en.vtt", VTT.encode())}
    reply = http("POST", "/v1/transcripts", files=file, data=about)
    assert reply.json()["state"] == "awaiting_upload"
    assert reply.json()["upload"]["headers"] == {"content-type": "audio/wav"}


def test_a_form_without_a_transcript_is_refused(http: Client) -> None:
    assert http("POST", "/v1/transcripts", data={"title": "None"}).status_code == 422
    bad = http("POST", "/v1/transcripts", files={"file": ("a.vtt", b"nothing")})
    problem(bad, 400, "transcript_invalid")
    odd = {"file": ("a.vtt", VTT.encode())}
    assert http("POST", "/v1/transcripts", files=odd, data={"titel": "x"}).status_code == 422


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"bytes": 0}, 400, "empty"),
        ({"bytes": 10**13}, 413, "too_large"),
        ({"bytes": -1}, 422, "request_invalid"),
        ({"bytes": "many"}, 422, "request_invalid"),
        ({"channels": "left"}, 422, "request_invalid"),
        ({"langauge": "en"}, 422, "request_invalid"),
        ({"language": "klingon"}, 400, "language_unknown"),
        ({"link": "javascript:alert(1)"}, 400, "link_invalid"),
        ({"speakers": 65}, 422, "request_invalid"),
        ({"published_at": "yesterday"}, 422, "request_invalid"),
    ],
)
def test_what_does_not_fit_is_a_problem(
    http: Client, wav: bytes, fields: dict[str, object], status: int, code: str
) -> None:
    problem(announce(http, wav, **fields), status, code)


def test_what_is_no_json_is_a_problem(http: Client) -> None:
    kind = {"Content-Type": "application/json"}
    for body in (b"{", b"[]", b"\xff", b""):
        reply = http("POST", "/v1/episodes", content=body, headers=kind)
        assert reply.status_code in {400, 422}, body
        assert reply.headers["content-type"] == "application/problem+json"


def test_an_episode_nobody_knows_is_404(http: Client) -> None:
    change = {"json": {"title": "x"}}
    again = {"json": {"from": "AudioUploaded"}}
    for method, path, options in (
        ("GET", "/v1/episodes/nobody", {}),
        ("GET", "/v1/episodes/no%20body", {}),
        ("GET", "/v1/episodes/nobody/events", {}),
        ("POST", "/v1/episodes/nobody:complete", {}),
        ("PATCH", "/v1/episodes/nobody", change),
        ("DELETE", "/v1/episodes/nobody", {}),
        ("POST", "/v1/episodes/nobody/replays", again),
    ):
        problem(http(method, path, **options), 404, "episode_missing")


def test_the_journal_is_given_oldest_first(world: Any, http: Client, wav: bytes) -> None:
    episode_id = added(world, http, wav)
    events = http("GET", f"/v1/episodes/{episode_id}/events").json()["events"]
    assert [event["type"] for event in events] == ["EpisodeCreated", "AudioUploaded"]
    assert set(events[0]) == {"type", "meta", "data"}
    assert events[1]["meta"]["episode_id"] == episode_id


def test_lists_page_by_cursor(http: Client) -> None:
    made = [announce(http, b"x" * 9, title=f"{n}").json()["episode_id"] for n in range(3)]
    first = http("GET", "/v1/episodes?limit=2").json()
    rest = http("GET", f"/v1/episodes?limit=2&cursor={first['next']}").json()
    assert [e["episode_id"] for e in first["episodes"] + rest["episodes"]] == made[::-1]
    assert rest["next"] is None
    assert http("GET", "/v1/episodes?show=None").json() == {"episodes": [], "next": None}
    assert len(http("GET", "/v1/episodes?state=awaiting_upload").json()["episodes"]) == 3
    for query in ("limit=0", "limit=201", "state=asleep"):
        problem(http("GET", f"/v1/episodes?{query}"), 422, "request_invalid")
    problem(http("GET", "/v1/episodes?cursor=%27"), 400, "cursor_invalid")


def test_metadata_is_changed_and_the_rest_kept(world: Any, http: Client, wav: bytes) -> None:
    episode_id = added(world, http, wav, show="Radio")
    body = http("PATCH", f"/v1/episodes/{episode_id}", json={"title": "Two"}).json()
    assert (body["title"], body["show"]) == ("Two", "Radio")
    wrong = http("PATCH", f"/v1/episodes/{episode_id}", json={"tilte": "Two"})
    problem(wrong, 422, "request_invalid")


def test_an_episode_is_removed(world: Any, http: Client, wav: bytes) -> None:
    episode_id = added(world, http, wav)
    reply = http("DELETE", f"/v1/episodes/{episode_id}?reason=asked")
    assert (reply.status_code, reply.json()["state"]) == (200, "removed")
    assert world.last(episode_id).reason == "asked"
    changed = http("PATCH", f"/v1/episodes/{episode_id}", json={"title": "x"})
    problem(changed, 409, "episode_removed")


def test_episodes_are_processed_again(world: Any, http: Client, wav: bytes) -> None:
    episode_id = added(world, http, wav)
    job = {"from": "AudioUploaded", "only": ["transcribe-gpu"], "reason": "better model"}
    reply = http("POST", f"/v1/episodes/{episode_id}/replays", json=job)
    assert (reply.status_code, reply.json()) == (
        202,
        {"episode_ids": [episode_id], "replay_id": None},
    )
    assert (world.replayed[0].only, world.replayed[0].reason) == (
        ("transcribe-gpu",),
        "better model",
    )
    many = {"from": "AudioUploaded", "rate_per_s": 2, "show": ""}
    reply = http("POST", "/v1/replays", json=many)
    assert (reply.status_code, reply.json()) == (
        202,
        {"episode_ids": [episode_id], "replay_id": None},
    )
    assert world.replayed[1].rate_per_s == 2
    wrong = http("POST", "/v1/replays", json={"from": "EpisodeCreated"})
    assert "TranscriptReady" in problem(wrong, 400, "replay_from")["hint"]
    problem(http("POST", "/v1/replays", json={}), 422, "request_invalid")


def test_the_routes_are_described(http: Client) -> None:
    document = json.loads(http("GET", "/v1/openapi.json").text)
    assert document["openapi"].startswith("3.1")
    assert {
        "/v1/episodes",
        "/v1/episodes/{episode_id}",
        "/v1/episodes/{episode_id}:complete",
        "/v1/episodes/{episode_id}/events",
        "/v1/episodes/{episode_id}/replays",
        "/v1/replays",
    } <= set(document["paths"])
    assert set(document["paths"]["/v1/episodes"]) == {"get", "post"}
