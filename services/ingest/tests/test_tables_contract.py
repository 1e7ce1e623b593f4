"""What every table of episodes and unique keys promises, in SQLite and in DynamoDB (moto)."""

import sqlite3
from collections.abc import Callable, Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import boto3
import pytest

from everyword_events import InvalidInput
from everyword_events.sqlite.database import SqliteDatabase
from ingest.adapters.dynamodb import DynamoIngestTables, table_definition
from ingest.adapters.sqlite import SqliteIngestTables
from ingest.adapters.sqlite_feeds import SCHEMA, SqliteFeedStore
from ingest.domain import EpisodeView
from ingest.domain.feed import FeedItem, digest, plan
from support.aws import mocked_aws

Tables = SqliteIngestTables | DynamoIngestTables


@pytest.fixture(params=["sqlite", "dynamodb"])
def tables(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Tables]:
    if request.param == "sqlite":
        sqlite = SqliteIngestTables(tmp_path / "t.sqlite")
        yield sqlite
        sqlite.close()
        return
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mocked_aws():
        client = boto3.client("dynamodb", region_name="eu-west-1")
        client.create_table(**table_definition("everyword-ingest"))
        yield DynamoIngestTables(client, "everyword-ingest")


def view(number: int, **fields: object) -> EpisodeView:
    known = {
        "episode_id": f"e{number:03}",
        "run_id": "r",
        "state": "queued",
        "created_at": "2026-11-21T00:00:00Z",
        "updated_at": "2026-11-21T00:00:00Z",
        **fields,
    }
    return EpisodeView.model_validate(known)


def titles(tables: Tables, **wanted: Any) -> list[str]:
    """Follow the cursors to the end."""
    found, cursor = [], None
    while True:
        page = tables.page(
            show=wanted.get("show"),
            state=wanted.get("state"),
            cursor=cursor,
            limit=wanted.get("limit", 50),
        )
        assert len(page.episodes) <= wanted.get("limit", 50)
        found += [each.title for each in page.episodes]
        cursor = page.next_cursor
        if cursor is None:
            return found


def test_an_older_view_never_replaces_a_newer_one(tables: Tables) -> None:
    tables.put(view(1, title="new"), position=7)
    tables.put(view(1, title="old"), position=6)
    assert titles(tables) == ["new"]
    tables.put(view(1, title="again"), position=7)
    assert titles(tables) == ["again"]


def test_pages_give_every_episode_once_newest_first(tables: Tables) -> None:
    for number in range(7):
        tables.put(view(number, title=f"t{number}"), position=1)
    assert titles(tables, limit=3) == [f"t{number}" for number in reversed(range(7))]
    assert titles(tables, limit=7) == titles(tables)
    assert tables.ids() == [f"e{number:03}" for number in range(7)]


@pytest.mark.parametrize("limit", [1, 2, 50])
def test_listings_are_narrowed_by_show_and_state(tables: Tables, limit: int) -> None:
    for number, (show, state) in enumerate(
        [("A", "ready"), ("", "queued"), ("A", "removed"), ("B", "ready"), ("A", "queued")]
    ):
        tables.put(view(number, title=f"t{number}", show=show, state=state), position=1)
    expected: dict[tuple[str | None, Any], list[str]] = {
        (None, None): ["t4", "t3", "t1", "t0"],
        ("A", None): ["t4", "t0"],
        ("", None): ["t1"],
        ("A", "ready"): ["t0"],
        (None, "ready"): ["t3", "t0"],
        (None, "removed"): ["t2"],
        ("nobody", None): [],
    }
    for (show, state), those in expected.items():
        assert titles(tables, show=show, state=state, limit=limit) == those
        oldest_first = [f"e00{title[1]}" for title in reversed(those)]
        assert list(tables.ids(show=show, state=state)) == oldest_first


def test_an_episode_moves_between_listings(tables: Tables) -> None:
    tables.put(view(1, title="t", show="A", state="queued"), position=1)
    tables.put(view(1, title="t", show="B", state="ready"), position=2)
    assert titles(tables, show="A") == []
    assert titles(tables, state="queued") == []
    assert titles(tables, show="B", state="ready") == ["t"]


@pytest.mark.parametrize("cursor", ["' OR 1", "a b", "\N{SNOWMAN}", "e1;--"])
def test_a_cursor_that_is_none_is_refused(tables: Tables, cursor: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        tables.page(show=None, state=None, cursor=cursor, limit=5)
    assert caught.value.code == "cursor_invalid"


def test_clearing_forgets_episodes_and_keeps_keys(tables: Tables) -> None:
    for number in range(60):
        tables.put(view(number), position=1)
    tables.claim("n", "a")
    tables.clear()
    assert titles(tables) == []
    assert tables.owner_of("n") == "a"


@pytest.mark.parametrize("name", ["n", "audio|Café|" + "f" * 64, "request|" + "k" * 3000])
def test_a_key_has_one_owner_and_is_transferred_by_it(tables: Tables, name: str) -> None:
    assert tables.owner_of(name) is None
    assert tables.claim(name, "a") == "a"
    assert tables.claim(name, "b") == "a"
    assert tables.claim(name, "a") == "a"
    assert not tables.transfer(name, owner="b", to="c")
    assert tables.transfer(name, owner="a", to="c")
    assert tables.owner_of(name) == "c"
    assert not tables.transfer("other", owner="c", to="d")


def test_a_view_keeps_what_it_says(tables: Tables) -> None:
    told: Callable[[EpisodeView], str] = EpisodeView.model_dump_json
    shown = view(3, title="Ünïcode \N{MUSICAL NOTE}", show="S", flags=["degraded:model"])
    tables.put(shown, position=1)
    page = tables.page(show="S", state=None, cursor=None, limit=1)
    assert [told(each) for each in page.episodes] == [told(shown)]


def test_keys_tell_nothing(tables: Tables, tmp_path: Path) -> None:
    tables.claim('origin|"Yakshow"|https://x.org/oryx.mp3', "a")
    tables.claim("request|tapir", "a|digest")
    kept = b"".join(each.read_bytes() for each in tmp_path.iterdir())
    assert not [word for word in (b"Yakshow", b"oryx", b"tapir") if word in kept]


def test_keys_and_feed_items_of_version_1_are_found_again(tmp_path: Path) -> None:
    old = sqlite3.connect(tmp_path / "t.sqlite")
    script = resources.files("ingest.adapters").joinpath("schema.sql").read_text("utf-8")
    old.executescript(f"{script} INSERT INTO claims VALUES ('audio|\"S\"|f', 'e1');")
    old.executescript("INSERT INTO claims VALUES ('request|k', 'e2|d'); PRAGMA user_version = 1;")
    old.close()
    tables = SqliteIngestTables(tmp_path / "t.sqlite")
    assert tables.owner_of('audio|"S"|f') == "e1"
    assert tables.claim("request|k", "e3|d") == "e2|d"
    tables.close()
    old = sqlite3.connect(tmp_path / "f.sqlite")
    old.executescript(resources.files("ingest.adapters").joinpath("feeds.sql").read_text("utf-8"))
    record = '{"identity": "guid", "url": "https://x.org/a.mp3", "bytes": 7, "episode_id": "e1"}'
    old.execute("INSERT INTO feed_items VALUES ('f', 'guid', ?)", (record,))
    old.executescript("PRAGMA user_version = 1;")
    old.close()
    database = SqliteDatabase(tmp_path / "f.sqlite", SCHEMA)
    feeds = SqliteFeedStore(database)
    item = FeedItem(guid="guid", url="https://x.org/a.mp3", bytes=7)
    known = {each.identity: each for each in feeds.items("f")}
    (planned,) = plan([item], known)
    assert (planned.action, planned.known) == ("known", known[digest("guid")])
    database.close()
