"""What every store of feeds and notifications promises, in SQLite and in DynamoDB (moto)."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from moto import mock_aws

from everyword_events import NotFound
from everyword_events.sqlite.database import SqliteDatabase
from ingest.adapters import dynamodb_notifications as on_dynamodb
from ingest.adapters import sqlite_notifications as on_sqlite
from ingest.adapters.dynamodb import table_definition
from ingest.adapters.dynamodb_feeds import DynamoFeedImports, DynamoFeedStore
from ingest.adapters.sqlite_feed_imports import SqliteFeedImports
from ingest.adapters.sqlite_feeds import SCHEMA as FEEDS_SCHEMA
from ingest.adapters.sqlite_feeds import SqliteFeedStore
from ingest.domain.feed import FeedImport, FeedRecord, ItemReport, KnownItem
from ingest.domain.outcome import OutcomeMessage
from ingest.domain.subscriptions import SavedSearch, Webhook, WebhookDelivery
from ingest.notification_ports import DeliveryLog, ResultQueue, SavedSearchStore, WebhookStore
from ingest.ports import FeedImportStore, FeedStore
from ingest.testing.feeds import MemoryFeedImports, MemoryFeedStore

THEN = datetime(2026, 11, 28, tzinfo=UTC)
NOW = THEN.timestamp()


@dataclass
class Stores:
    """One adapter of every port."""

    results: ResultQueue
    webhooks: WebhookStore
    deliveries: DeliveryLog
    searches: SavedSearchStore
    feeds: FeedStore
    imports: FeedImportStore


def in_sqlite(folder: Path) -> Iterator[Stores]:
    with (
        closing(SqliteDatabase(folder / "n.sqlite", on_sqlite.SCHEMA)) as db,
        closing(SqliteDatabase(folder / "f.sqlite", FEEDS_SCHEMA)) as feeds,
    ):
        yield Stores(
            on_sqlite.SqliteResults(db),
            on_sqlite.SqliteWebhooks(db),
            on_sqlite.SqliteDeliveries(db),
            on_sqlite.SqliteSavedSearches(db),
            SqliteFeedStore(feeds),
            SqliteFeedImports(feeds),
        )


def in_dynamodb() -> Iterator[Stores]:
    with mock_aws():
        client: Any = boto3.client(
            "dynamodb",
            region_name="eu-west-1",
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
        )
        client.create_table(**table_definition("t"))
        yield Stores(
            on_dynamodb.DynamoResults(client, "t"),
            on_dynamodb.DynamoWebhooks(client, "t"),
            on_dynamodb.DynamoDeliveries(client, "t"),
            on_dynamodb.DynamoSavedSearches(client, "t"),
            DynamoFeedStore(client, "t"),
            DynamoFeedImports(client, "t"),
        )


@pytest.fixture(params=["sqlite", "dynamodb"])
def stores(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stores]:
    yield from in_sqlite(tmp_path) if request.param == "sqlite" else in_dynamodb()


def in_memory() -> Iterator[Any]:
    yield SimpleNamespace(feeds=MemoryFeedStore(), imports=MemoryFeedImports())


@pytest.fixture(params=["memory", "sqlite", "dynamodb"])
def of_feeds(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stores]:
    made = {"memory": in_memory, "sqlite": lambda: in_sqlite(tmp_path), "dynamodb": in_dynamodb}
    yield from made[request.param]()


@pytest.fixture
def feeds(of_feeds: Stores) -> FeedStore:
    return of_feeds.feeds


@pytest.fixture
def imports(of_feeds: Stores) -> FeedImportStore:
    return of_feeds.imports


def outcome(name: str, episode_id: str = "e") -> OutcomeMessage:
    return OutcomeMessage(
        message_id=name,
        episode_id=episode_id,
        run_id="r",
        status="success",
        source_file="a.wav",
        timestamp=THEN,
    )


def names(messages: Any) -> list[str]:
    return [each.message_id for each in messages]


def test_results_are_kept_once_and_come_oldest_first(stores: Stores) -> None:
    for number, name in enumerate(["b", "a", "c", "b"]):
        stores.results.put(outcome(name), now=NOW + number)
    assert names(stores.results.receive(most=2, now=NOW + 9, hidden_s=60)) == ["b", "a"]
    assert names(stores.results.receive(most=10, now=NOW + 9, hidden_s=60)) == ["c"]
    assert names(stores.results.receive(most=10, now=NOW + 10, hidden_s=60)) == []


def test_a_result_comes_again_until_it_is_acknowledged(stores: Stores) -> None:
    stores.results.put(outcome("a"), now=NOW)
    stores.results.put(outcome("b"), now=NOW)
    assert len(stores.results.receive(most=10, now=NOW, hidden_s=60)) == 2
    assert stores.results.acknowledge(["a", "a", "never", ""]) == 1
    assert names(stores.results.receive(most=10, now=NOW + 60, hidden_s=60)) == ["b"]
    stores.results.put(outcome("a"), now=NOW + 70)  # told again after it was done with
    assert names(stores.results.receive(most=10, now=NOW + 200, hidden_s=60)) == ["b", "a"]


def test_results_of_an_episode_are_forgotten(stores: Stores) -> None:
    for name, episode_id in (("a", "e1"), ("b", "e2"), ("c", "e1")):
        stores.results.put(outcome(name, episode_id), now=NOW)
    stores.results.forget_episode("e1")
    assert names(stores.results.receive(most=10, now=NOW, hidden_s=60)) == ["b"]
    assert stores.results.acknowledge(["a", "c"]) == 0


def webhook(name: str) -> Webhook:
    return Webhook(webhook_id=name, url="https://a.example", secret="s", created_at=THEN)


def delivery(
    name: str, *, webhook_id: str = "w1", episode_id: str = "e", **more: Any
) -> WebhookDelivery:
    return WebhookDelivery(
        delivery_id=f"{webhook_id}.{name}",
        webhook_id=webhook_id,
        episode_id=episode_id,
        type="EpisodeFinished",
        **{"body": "{}", "made_at": THEN, **more},
    )


def taken(stores: Stores, now: float) -> list[str]:
    found = []
    while (one := stores.deliveries.take_due(now=now, hidden_s=60)) is not None:
        found.append(one.delivery_id)
    return found


def test_webhooks_are_listed_oldest_first_and_removed_once(stores: Stores) -> None:
    for name in ("w2", "w1"):
        stores.webhooks.put(webhook(name))
    stores.webhooks.put(webhook("w1").model_copy(update={"url": "https://b.example"}))
    assert [(each.webhook_id, each.url) for each in stores.webhooks.all()] == [
        ("w1", "https://b.example"),
        ("w2", "https://a.example"),
    ]
    assert stores.webhooks.remove("w1")
    assert not stores.webhooks.remove("w1")
    assert not stores.webhooks.remove("")


def test_a_delivery_is_one_senders_until_it_is_due_again(stores: Stores) -> None:
    stores.webhooks.put(webhook("w1"))
    stores.deliveries.add(delivery("late"), due_at=NOW + 5)
    stores.deliveries.add(delivery("soon"), due_at=NOW + 1)
    stores.deliveries.add(delivery("soon", body="other"), due_at=NOW)
    assert taken(stores, NOW) == []
    assert taken(stores, NOW + 6) == ["w1.soon", "w1.late"]
    assert taken(stores, NOW + 60) == []
    assert sorted(taken(stores, NOW + 67)) == ["w1.late", "w1.soon"]


def test_a_try_is_kept_and_the_last_one_ends_it(stores: Stores) -> None:
    stores.webhooks.put(webhook("w1"))
    stores.deliveries.add(delivery("a"), due_at=NOW)
    stores.deliveries.take_due(now=NOW, hidden_s=60)
    tried = delivery("a", tries=1, status=500)
    stores.deliveries.put(tried, due_at=NOW + 10)
    assert list(stores.deliveries.of_webhook("w1", most=5)) == [tried]
    assert taken(stores, NOW + 10) == ["w1.a"]
    stores.deliveries.put(delivery("a", tries=2, state="delivered"), due_at=None)
    assert taken(stores, NOW + 1e6) == []
    assert [each.tries for each in stores.deliveries.of_webhook("w1", most=5)] == [2]
    stores.deliveries.put(delivery("never added"), due_at=NOW)
    assert taken(stores, NOW + 1e6) == []


def test_a_webhooks_newest_deliveries_come_first(stores: Stores) -> None:
    for number in range(4):
        made_at = THEN + timedelta(seconds=number)
        stores.deliveries.add(delivery(f"d{number}", made_at=made_at), due_at=NOW)
    stores.deliveries.add(delivery("x", webhook_id="w2"), due_at=NOW)
    found = stores.deliveries.of_webhook("w1", most=3)
    assert [each.delivery_id for each in found] == ["w1.d3", "w1.d2", "w1.d1"]


def test_what_was_to_be_sent_of_an_episode_or_to_a_webhook_is_forgotten(stores: Stores) -> None:
    for name in ("w1", "w2"):
        stores.webhooks.put(webhook(name))
        stores.deliveries.add(delivery("a", webhook_id=name, episode_id="e1"), due_at=NOW)
        stores.deliveries.add(delivery("b", webhook_id=name, episode_id="e2"), due_at=NOW)
    stores.deliveries.forget_episode("e1")
    stores.webhooks.remove("w2")
    assert taken(stores, NOW) == ["w1.b"]
    assert list(stores.deliveries.of_webhook("w2", most=5)) == []


def test_moments_are_told_of_a_search_and_forgotten_with_it(stores: Stores) -> None:
    search = SavedSearch(search_id="s", query="pelicans", created_at=THEN)
    stores.searches.put(search)
    stores.searches.tell("s", "e", [300, 100, 300])
    stores.searches.tell("s", "e", [100, 700])
    stores.searches.tell("s", "e2", [5])
    stores.searches.tell("s", "e", range(1000, 1250))
    assert sorted(stores.searches.told("s", "e"))[:4] == [100, 300, 700, 1000]
    assert len(stores.searches.told("s", "e")) == 253
    assert list(stores.searches.told("s", "e2")) == [5]
    stores.searches.forget_episode("e2")
    assert not stores.searches.told("s", "e2")
    assert list(stores.searches.all()) == [search]
    assert stores.searches.remove("s")
    assert not stores.searches.remove("s")
    assert not stores.searches.told("s", "e")


def record(name: str, added_s: float = 0, **more: Any) -> FeedRecord:
    at = THEN + timedelta(seconds=added_s)
    known = {"url": f"https://{name}.example", "show": name, "next_poll_at": at, **more}
    return FeedRecord(feed_id=name, added_at=at, **known)


def test_feeds_are_listed_in_the_order_they_were_added(feeds: FeedStore) -> None:
    for number, name in enumerate(["b", "c", "a"]):
        feeds.put(record(name, number))
    feeds.put(record("b", 0, error="it failed"))
    assert [(each.feed_id, each.error) for each in feeds.feeds()] == [
        ("b", "it failed"),
        ("c", ""),
        ("a", ""),
    ]


def test_a_feed_knows_its_items_until_it_is_removed(feeds: FeedStore) -> None:
    for name in ("a", "b"):
        feeds.put(record(name))
        for identity in ("guid one", "https://a.example/" + "x" * 3000):
            feeds.put_item(name, KnownItem(identity=identity, url="u", episode_id="e"))
    feeds.put_item("a", KnownItem(identity="guid one", url="moved", episode_id="e"))
    assert sorted(each.url for each in feeds.items("a")) == ["moved", "u"]
    feeds.remove("a")
    feeds.remove("never")
    assert [each.feed_id for each in feeds.feeds()] == ["b"]
    assert not feeds.items("a")
    assert len(feeds.items("b")) == 2


def job(name: str, **more: Any) -> FeedImport:
    return FeedImport(import_id=name, feed=record("a"), started_at=THEN, **more)


def test_imports_are_listed_newest_first_and_a_cancelled_one_stays_so(
    imports: FeedImportStore,
) -> None:
    for name in ("i1", "i2"):
        imports.put(job(name))
    imports.put(job("i1", total=7))
    assert [(each.import_id, each.total) for each in imports.list()] == [("i2", 0), ("i1", 7)]
    imports.put(job("i1", state="cancelled"))
    imports.put(job("i1", state="done"))
    assert imports.get("i1").state == "cancelled"
    for unknown in ("never", ""):
        with pytest.raises(NotFound):
            imports.get(unknown)


def test_an_imports_lines_are_kept_by_their_number(imports: FeedImportStore) -> None:
    imports.put(job("i1"))
    for number, action in ((10, "added"), (2, "known"), (10, "failed")):
        imports.put_line("i1", number, ItemReport(guid="g", title="t", action=action))
    lines = imports.lines("i1")
    assert {number: lines[number].action for number in lines} == {2: "known", 10: "failed"}
    assert not imports.lines("i2")


def test_an_imports_lines_forget_a_removed_episode_s_words(imports: FeedImportStore) -> None:
    imports.put(job("i1"))
    for number, episode_id in enumerate(("gone", "kept")):
        line = ItemReport(guid="g", title="t", action="added", episode_id=episode_id, message="m")
        imports.put_line("i1", number, line)
    imports.forget_episode("gone")
    lines = imports.lines("i1")
    assert [(lines[n].guid, lines[n].title, lines[n].message) for n in (0, 1)] == [
        ("", "(removed)", ""),
        ("g", "t", "m"),
    ]


def test_old_imports_that_are_over_are_forgotten(stores: Stores) -> None:
    for number in range(104):
        stores.imports.put(job(f"i{number:03}", state="running" if number == 1 else "done"))
        if number < 3:
            stores.imports.put_line(
                f"i{number:03}", 0, ItemReport(guid="", title="t", action="added")
            )
    kept = [each.import_id for each in stores.imports.list()]
    assert len(kept) == 101
    assert kept[-2:] == ["i004", "i001"]
    assert not stores.imports.lines("i000")
    assert stores.imports.lines("i001")
