"""Those without a key read the shows that are public, on the deployed template."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from support.cloud import Cloud

pytestmark = [pytest.mark.opensearch, pytest.mark.slow]


def told(text: str) -> dict[str, Any]:
    words = [
        {"word": word, "start": n * 0.4, "end": n * 0.4 + 0.3, "speaker": "S"}
        for n, word in enumerate(text.split())
    ]
    segment = {"start": 0.0, "end": words[-1]["end"], "text": text, "words": words, "speaker": "S"}
    named = [{"label": "S", "name": text.rsplit(maxsplit=1)[-1]}]
    return {"language": "en", "segments": [segment], "speakers": named}


def test_a_show_is_hidden_and_shown_through_the_deployed_template(cloud: Cloud, key: str) -> None:
    """`public_search` is true here: all shows are public but those that are hidden."""
    tag = uuid4().hex[:8]
    spoken = {f"Öffnung {tag}": "pelican", f"Closed {tag}": "wolverine"}
    ids = {}
    for show, word in spoken.items():
        body = {"title": f"A {tag} of {show}", "show": show,
                "transcript": told(f"the {tag} lighthouse stands on a {word}{tag}")}  # fmt: skip
        made = cloud.ask("POST", "/v1/episodes", key=key, body=body)
        assert made.status == 201, made.body
        ids[show] = made.json()["episode_id"]
    cloud.run()
    httpx.post(f"{cloud.opensearch_url}/_refresh", timeout=60).raise_for_status()
    opened, closed = spoken

    def get(path: str, key: str = "") -> Any:
        return cloud.ask("GET", path, key=key)

    def statuses(show: str, key: str = "") -> set[int]:
        asked = [f"/v1/episodes/{ids[show]}/transcript{form}" for form in ("", ".vtt", ".json")]
        return {get(path, key).status for path in asked}

    def choose(show: str, *, public: bool) -> None:
        path = f"/v1/show-access/{show.replace(' ', '%20')}"
        assert cloud.ask("PUT", path, body={"public": public}).status == 401
        reply = cloud.ask("PUT", path, key=key, body={"public": public})
        assert reply.status == 200, reply.body
        assert reply.json()["public"] is public

    assert get(f"/v1/search?q={tag}").json()["hits"] == 2
    assert statuses(closed) == {200}
    choose(closed.upper(), public=False)
    listed = {each["name"]: each["public"] for each in get("/v1/show-access", key).json()["shows"]}
    assert (listed[opened], listed[closed]) == (True, False)
    assert get("/v1/show-access").status == 401
    assert get(f"/v1/search?q={tag}").json()["hits"] == 1
    assert get(f"/v1/search?q={tag}", key).json()["hits"] == 2
    assert get(f"/v1/search?q=wolverine{tag}&perhaps=true").json()["hits"] == 0
    assert get(f"/v1/suggest?q=wolverine{tag}").json()["suggestions"] == []
    assert get(f"/v1/timeline?q=wolverine{tag}").json()["hits"] == 0
    assert f"A {tag} of Closed" not in get(f"/v1/search?q={tag}&titles=true").body
    assert f"A {tag} of Closed" in get(f"/v1/search?q={tag}&titles=true", key).body
    assert closed not in get("/v1/shows").body
    assert closed in get("/v1/shows", key).body
    assert "wolverine" not in get("/v1/speakers").body
    assert statuses(closed) == {401}
    assert statuses(closed, key) == {200}
    assert statuses(opened) == {200}
    assert get(f"/media/{ids[closed]}").status == 401
    assert get(f"/v1/episodes/{ids[closed]}/chapters.json").status == 401
    assert get(f"/v1/episodes/{ids[opened]}/chapters.json").status == 404
    assert get(f"/v1/shows/Closed%20{tag}/feed.xml").status == 401
    moved = {"show": opened}
    assert cloud.ask("PATCH", f"/v1/episodes/{ids[closed]}", key=key, body=moved).status == 200
    cloud.run()
    assert statuses(closed) == {200}, "an episode is of the show that it is moved to"
