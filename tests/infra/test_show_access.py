"""Those without a key read the shows that are public, on AWS as on one machine."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
import httpx
import pytest
from everyword_aws.keys import DynamoKeyStore
from everyword_aws.show_access import PUBLIC_SHOWS, DynamoShowChoices

from everyword_events import NotFound
from everyword_http.access import AccessDenied
from everyword_http.keys import KeyAccess, Keys
from everyword_http.public_shows import ChosenShows, ShowChoices
from everyword_local.public_shows import SqliteShowChoices
from everyword_transcripts.folding import folded_name
from support.aws import mocked_aws
from support.cloud import Cloud

TABLE = "everyword-keys"


@pytest.fixture
def table() -> Iterator[Any]:
    with mocked_aws():
        dynamodb = boto3.client("dynamodb", region_name="eu-west-1")
        dynamodb.create_table(
            TableName=TABLE,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        )
        yield dynamodb


@pytest.fixture(params=["sqlite", "dynamodb"])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ShowChoices]:
    if request.param == "sqlite":
        choices = SqliteShowChoices(tmp_path / "shows.sqlite")
        yield choices
        choices.close()
    else:
        yield DynamoShowChoices(request.getfixturevalue("table"), TABLE)


def test_choices_are_kept_by_the_folded_name(kept: ShowChoices) -> None:
    assert kept.choices() == {}
    kept.choose("cafe", "Café", "public")
    kept.choose("pk", "pk", "private")
    kept.choose("", "", "public")
    kept.choose("cafe", "CAFÉ", "private")
    kept.choose("höhle: 100% #1", "x", "public")
    assert kept.choices() == {
        "cafe": "private",
        "pk": "private",
        "": "public",
        "höhle: 100% #1": "public",
    }


def shows_of(kept: ShowChoices, **episodes: str) -> ChosenShows:
    def show_of(episode_id: str) -> str:
        if episode_id not in episodes:
            raise NotFound("no such episode")
        return episodes[episode_id]

    return ChosenShows(kept, fold=folded_name, show_of=show_of)


def test_an_episode_is_as_public_as_its_show(kept: ShowChoices) -> None:
    shows = shows_of(kept, a="Café Nord", b="Harbour")
    assert not shows.any_public()
    assert not shows.is_public_episode("a")
    shows.choose("café nord", "public")
    assert shows.any_public()
    assert (shows.is_public("CAFE NORD"), shows.is_public("Harbour")) == (True, False)
    assert [shows.is_public_episode(each) for each in ("a", "b", "gone")] == [True, False, False]
    shows.others = "public"
    shows.choose("Harbour", "private")
    assert [shows.is_public_episode(each) for each in ("a", "b", "gone")] == [True, False, False]


def test_where_all_are_alike_no_episode_is_looked_up(kept: ShowChoices) -> None:
    shows = shows_of(kept)
    assert not shows.is_public_episode("any")
    shows.others = "public"
    shows.choose("Harbour", "public")
    assert shows.is_public_episode("any"), "that it is not there, the route itself says"


def test_the_choices_are_no_key(table: Any) -> None:
    """They lie beside the keys: nobody is let in by them, and nobody lists or revokes them."""
    DynamoShowChoices(table, TABLE).choose("cafe", "Café", "public")
    keys = Keys(DynamoKeyStore(table, TABLE))
    made, secret = keys.create("site", ["search"])
    assert [each.key_id for each in keys.store.list()] == [made.key_id]
    access = KeyAccess(keys, signing_key=b"s" * 32)
    access.check(secret, "search", public=False)
    for presented in (f"ew_{PUBLIC_SHOWS}_", f"ew_{PUBLIC_SHOWS}_public"):
        with pytest.raises(AccessDenied):
            access.check(presented, "search", public=False)
    with pytest.raises(NotFound):
        keys.revoke(PUBLIC_SHOWS)


def told(text: str) -> dict[str, Any]:
    words = [
        {"word": word, "start": n * 0.4, "end": n * 0.4 + 0.3, "speaker": "S"}
        for n, word in enumerate(text.split())
    ]
    segment = {"start": 0.0, "end": words[-1]["end"], "text": text, "words": words, "speaker": "S"}
    named = [{"label": "S", "name": text.rsplit(maxsplit=1)[-1]}]
    return {"language": "en", "segments": [segment], "speakers": named}


@pytest.mark.opensearch
@pytest.mark.slow
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
