"""Over real HTTP semantics: types, CORS, ETag, 304, problems."""

import hashlib
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from captions.api import router
from everyword_events import new_run_id
from everyword_http import create_application
from everyword_transcripts import read_transcript


@pytest.fixture
def get(stage: Any, serve: Any) -> Callable[..., httpx.Response]:
    client: httpx.Client = serve(create_application("test", "0", [router(stage.service)]))

    def call(path: str, **headers: str) -> httpx.Response:
        return client.get(path, headers=headers)

    return call


def test_each_format_has_its_address_and_media_type(stage: Any, spoken: Any, get: Any) -> None:
    stage.service.handle(stage.refined(spoken(("A", "Åh, hello <there>."))))
    base = f"/v1/episodes/{stage.episode_id}/transcript"
    for suffix, media_type in {
        "": "application/json",
        ".json": "application/json",
        ".podcast.json": "application/json",
        ".vtt": "text/vtt; charset=utf-8",
        ".karaoke.vtt": "text/vtt; charset=utf-8",
        ".srt": "application/x-subrip; charset=utf-8",
        ".html": "text/html; charset=utf-8",
        ".md": "text/markdown; charset=utf-8",
        ".txt": "text/plain; charset=utf-8",
    }.items():
        reply = get(base + suffix)
        assert reply.status_code == 200, suffix
        assert reply.headers["content-type"] == media_type
        assert reply.headers["access-control-allow-origin"] == "*"
        assert reply.headers["etag"] == f'"{hashlib.sha256(reply.content).hexdigest()}"'
        assert "Åh" in reply.content.decode()
    assert read_transcript(get(base).content).n_words() == 3
    assert "segments" in json.loads(get(base + ".podcast.json").content)


@pytest.mark.parametrize("form", ["{}", "W/{}", '"other", {}', "*"])
def test_what_the_reader_has_is_not_sent_again(
    stage: Any, spoken: Any, get: Any, form: Any
) -> None:
    stage.service.handle(stage.refined(spoken(("A", "Hello."))))
    path = f"/v1/episodes/{stage.episode_id}/transcript.vtt"
    etag = get(path).headers["etag"]
    again = get(path, **{"If-None-Match": form.format(etag)})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == etag
    assert get(path, **{"If-None-Match": '"other"'}).status_code == 200


def test_a_named_run_is_served(stage: Any, spoken: Any, get: Any) -> None:
    old, new = new_run_id(), new_run_id()
    stage.service.handle(stage.refined(spoken(("A", "Old.")), run_id=old))
    stage.service.handle(stage.refined(spoken(("A", "New.")), run_id=new))
    path = f"/v1/episodes/{stage.episode_id}/transcript.vtt"
    assert "New." in get(path).text
    assert "Old." in get(f"{path}?run={old}").text


def test_what_is_not_there_is_a_problem(stage: Any, get: Any) -> None:
    reply = get(f"/v1/episodes/{new_run_id()}/transcript.vtt")
    assert reply.status_code == 404
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.json()["code"] == "captions_not_found"
    bad = get("/v1/episodes/..%2F..%2Fetc/transcript.vtt?run=../../x")
    assert bad.status_code in {400, 404}


def test_the_routes_are_in_the_open_api(get: Any) -> None:
    paths = get("/v1/openapi.json").json()["paths"]
    assert "/v1/episodes/{episode_id}/transcript.vtt" in paths
    operations = [paths[path]["get"]["operationId"] for path in paths]
    assert len(set(operations)) == len(operations)
