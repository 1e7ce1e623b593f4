"""Which shows are public is kept on AWS as on one machine."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
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
