"""Taking a feed in in the background: kept, resumed, cancelled, with a line for every item."""

import gzip
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from everyword_events import InvalidInput, NotFound
from everyword_events.sqlite.database import SqliteDatabase
from ingest.adapters.sqlite_feed_imports import MOST_KEPT, SqliteFeedImports
from ingest.adapters.sqlite_feeds import SCHEMA, SqliteFeedStore
from ingest.domain.feed import FeedImport, FeedRecord, ItemReport
from ingest.feeds import FeedRequest
from ingest.ports import FeedImportStore
from ingest.testing.feeds import MemoryFeedImports

HEAD = (
    '<?xml version="1.0" encoding="{encoding}"?><rss version="2.0"><channel><title>{title}</title>'
)
ITEM = '<item><guid>{0}</guid><title>{1}</title><enclosure url="{2}" type="audio/mpeg"/></item>'


def published(web: Any, items: list[str], *, encoding: str = "utf-8", title: str = "Loud") -> str:
    document = HEAD.format(encoding=encoding, title=title) + "".join(items) + "</channel></rss>"
    return str(web.file("/feed.xml", document.encode(encoding), "application/rss+xml"))


def feed_of(web: Any, count: int) -> str:
    return published(
        web, [ITEM.format(n, f"Day {n}", f"{web.url}/{n}/audio.mp3") for n in range(count)]
    )


def test_a_thousand_items_are_answered_at_once_and_taken_in_later(world: Any, web: Any) -> None:
    url = feed_of(web, 1000)
    begun = world.service.feeds.start(FeedRequest(url))
    assert (begun.state, begun.done, begun.items) == ("running", 0, ())
    assert not world.service.page().episodes
    assert [each.url for each in world.service.feeds.feeds()] == [url]
    looked = iter(range(40))
    world.service.feeds.imports.work(lambda: next(looked, None) is None)
    part = world.service.feeds.imports.report(begun.import_id)
    assert (part.state, part.total) == ("running", 1000)
    assert 0 < part.done == len(part.items) < 40
    assert {each.action for each in part.items} == {"added"}


def test_what_was_stopped_goes_on_and_ends_as_if_it_had_not_been(world: Any, web: Any) -> None:
    begun = world.service.feeds.start(FeedRequest(feed_of(web, 12), newest=10))
    for _ in range(20):
        looked = iter(range(4))
        if not world.service.feeds.imports.work(lambda: next(looked, None) is None):  # noqa: B023
            break
    whole = world.service.feeds.imports.report(begun.import_id)
    assert (whole.state, whole.done, whole.total) == ("done", 12, 12)
    assert (whole.count("added"), whole.count("skipped")) == (10, 2)
    assert [each.guid for each in whole.items] == [str(n) for n in range(12)]
    assert len(world.service.page(limit=200).episodes) == 10
    assert web.times("/feed.xml") == 1
    assert not list((world.folder / "downloads").glob("feed-*"))


def test_asked_twice_it_is_one_import(world: Any, web: Any) -> None:
    url = feed_of(web, 3)
    first, second = (world.service.feeds.start(FeedRequest(url)) for _ in range(2))
    assert first.import_id == second.import_id
    other = world.service.feeds.start(FeedRequest(url, newest=1))
    assert other.import_id != first.import_id
    world.service.feeds.imports.work()
    assert len(world.service.page().episodes) == 3
    assert world.service.feeds.imports.work() == 0


def test_an_import_that_two_threads_take_up_is_done_once(world: Any, web: Any) -> None:
    begun = world.service.feeds.start(FeedRequest(feed_of(web, 12)))
    imports = world.service.feeds.imports
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: imports.work(), range(3)))
    report = imports.report(begun.import_id)
    assert (report.state, report.count("added")) == ("done", 12)
    (job,) = imports.newest()
    imports.run(job.model_copy(update={"state": "running"}))  # as it was seen before
    assert imports.report(begun.import_id).count("added") == 12


def test_a_cancelled_import_takes_no_more_in(world: Any, web: Any) -> None:
    begun = world.service.feeds.start(FeedRequest(feed_of(web, 9)))
    looked = iter(range(4))
    world.service.feeds.imports.work(lambda: next(looked, None) is None)
    cancelled = world.service.feeds.imports.cancel(begun.import_id)
    assert (cancelled.state, cancelled.total) == ("cancelled", 9)
    assert cancelled.done == len(world.service.page().episodes)
    assert world.service.feeds.imports.work() == 0
    with pytest.raises(NotFound):
        world.service.feeds.imports.cancel("none")


def test_a_feed_that_is_removed_is_taken_in_no_further(world: Any, web: Any) -> None:
    begun = world.service.feeds.start(FeedRequest(feed_of(web, 3)))
    world.service.feeds.remove(begun.feed_id)
    assert world.service.feeds.imports.work() == 0
    assert not world.service.page().episodes


def test_a_next_page_that_fails_ends_the_import_and_the_schedule_takes_it_up(
    world: Any, web: Any
) -> None:
    follow = '<atom:link xmlns:atom="http://www.w3.org/2005/Atom" rel="next" href="/2.xml"/>'
    items = [follow, *(ITEM.format(n, f"Day {n}", f"{web.url}/{n}.mp3") for n in range(3))]
    begun = world.service.feeds.start(FeedRequest(published(web, items), newest=2))
    world.service.feeds.imports.work()
    failed = world.service.feeds.imports.report(begun.import_id)
    assert failed.state == "failed"
    assert "404" in failed.error
    assert failed.hint
    (record,) = world.service.feeds.feeds()
    assert "404" in record.error
    web.file("/2.xml", b"<rss version='2.0'><channel></channel></rss>", "application/rss+xml")
    world.clock.now += timedelta(hours=3)
    (report,) = world.service.feeds.poll_due()
    assert report.count("added") == 2, "still the newest two, as was asked"


def test_an_item_that_fails_is_tried_again_though_the_feed_did_not_change(
    world: Any, web: Any
) -> None:
    document = HEAD.format(encoding="utf-8", title="Loud") + ITEM.format(
        "1", "Day 1", f"{web.url}/1.mp3"
    )
    body = f"{document}</channel></rss>".encode()
    url = web.file("/feed.xml", body, "application/rss+xml", ETag='"1"')
    world.bus.unplugged = True
    first = world.service.feeds.add(FeedRequest(url))
    assert [(each.action, bool(each.message)) for each in first.items] == [("failed", True)]
    world.bus.unplugged = False
    again = world.service.feeds.poll(first.feed_id)
    assert [each.action for each in again.items] == ["added"]
    assert world.service.feeds.poll(first.feed_id).not_modified


def test_a_poll_asked_for_by_hand_is_an_import_too(world: Any, web: Any) -> None:
    report = world.service.feeds.add(FeedRequest(feed_of(web, 1)))
    feed_of(web, 2)
    begun = world.service.feeds.start_poll(report.feed_id)
    assert world.service.feeds.start_poll(report.feed_id).import_id == begun.import_id
    world.service.feeds.imports.work()
    done = world.service.feeds.wait(begun.import_id, at_most_s=0)
    assert (done.state, done.count("added"), done.count("known")) == ("done", 1, 1)


@pytest.mark.parametrize("encoding", ["utf-8", "iso-8859-1", "utf-16", "windows-1252"])
def test_encodings_of_feeds_are_read(world: Any, web: Any, encoding: str) -> None:
    items = [ITEM.format("1", "Über Öland", f"{web.url}/1.mp3")]
    report = world.service.feeds.add(
        FeedRequest(published(web, items, encoding=encoding, title="Sjörapporten"))
    )
    assert (report.show, report.items[0].title) == ("Sjörapporten", "Über Öland")


def test_a_feed_that_is_kept_as_a_gzip_file_is_read(world: Any, web: Any) -> None:
    document = HEAD.format(encoding="utf-8", title="Packed") + ITEM.format("1", "One", "x")
    packed = gzip.compress(f"{document}</channel></rss>".encode())
    report = world.service.feeds.add(FeedRequest(web.file("/f.gz", packed, "application/gzip")))
    assert (report.show, report.items[0].title) == ("Packed", "One")
    cut = web.file("/cut.gz", packed[:-12], "application/gzip")
    with pytest.raises(InvalidInput, match="gzip file that is damaged"):
        world.service.feeds.add(FeedRequest(cut))


def test_odd_items_each_end_with_a_line(world: Any, web: Any, audio: Callable[..., bytes]) -> None:
    wav = [audio("wav", "pcm_s16le", seconds=0.5, hz=200.0 + n) for n in range(6)]
    items = [
        *(ITEM.format(f"{n}", "The Show", web.file(f"/{n}/audio.mp3", wav[n])) for n in range(4)),
        ITEM.format("gone", "In the middle", f"{web.url}/gone.mp3"),
        f'<item><title>No guid</title><enclosure url="{web.file("/n.mp3", wav[4])}"/></item>',
        '<item><guid>x</guid><enclosure url="ftp://example.org/a.mp3"/></item>',
        '<item><guid>y</guid><title>No address</title><enclosure url="" length="x"/></item>',
        f'<item><guid>z</guid><enclosure url="{web.file("/z.mp3", wav[5])}" length="-7"/></item>',
    ]
    report = world.service.feeds.add(FeedRequest(published(web, items)))
    assert len(report.items) == len(items)
    world.fetch()
    views = {view.episode_id: view for view in world.service.page(limit=200).episodes}
    ended = {
        each.guid or each.title: (
            each.message
            or (each.episode_id and views[each.episode_id].error and "fetch failed")
            or "queued"
        )
        for each in report.items
    }
    assert [ended[str(n)] for n in range(4)] == ["queued"] * 4
    assert ended["gone"] == "fetch failed"
    assert ended["z"] == "queued"
    assert all(ended.values())
    assert not [view for view in views.values() if view.state == "awaiting_upload"]


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[FeedImportStore]:
    if request.param == "memory":
        yield MemoryFeedImports()
        return
    database = SqliteDatabase(tmp_path / "feeds.sqlite", SCHEMA)
    yield SqliteFeedImports(database)
    database.close()


def test_imports_are_kept_with_their_lines(store: FeedImportStore, world: Any, web: Any) -> None:
    world.service.feeds.add(FeedRequest(feed_of(web, 1)))
    (record,) = world.service.feeds.feeds()
    job = _job("a", record)
    store.put(job)
    store.put(_job("b", record))
    assert [each.import_id for each in store.list()] == ["b", "a"]
    line = ItemReport(guid="1", title="Day 1", action="added", episode_id="e")
    store.put_line("a", 7, line)
    assert store.lines("a") == {7: line}
    assert store.lines("b") == {}
    store.put(job.model_copy(update={"state": "cancelled"}))
    store.put(job.model_copy(update={"total": 9}))
    assert store.get("a").state == "cancelled"
    with pytest.raises(NotFound):
        store.get("c")


def test_old_imports_are_dropped_with_their_lines(tmp_path: Path, world: Any, web: Any) -> None:
    world.service.feeds.add(FeedRequest(feed_of(web, 1)))
    (record,) = world.service.feeds.feeds()
    database = SqliteDatabase(tmp_path / "feeds.sqlite", SCHEMA)
    store = SqliteFeedImports(database)
    store.put(_job("000-running", record))
    for number in range(MOST_KEPT + 2):
        store.put_line(f"{number:03}", 0, ItemReport(guid="", title="", action="known"))
        store.put(_job(f"{number:03}", record).model_copy(update={"state": "done"}))
    kept = [each.import_id for each in store.list()]
    assert len(kept) == MOST_KEPT + 1
    assert kept[-2:] == ["002", "000-running"]
    assert store.lines("001") == {}
    database.close()


def test_an_older_file_of_feeds_is_brought_up(tmp_path: Path, world: Any, web: Any) -> None:
    path = tmp_path / "feeds.sqlite"
    database = SqliteDatabase(path, SCHEMA)
    world.service.feeds.add(FeedRequest(feed_of(web, 1)))
    SqliteFeedStore(database).put(world.service.feeds.feeds()[0])
    database.close()
    with sqlite3.connect(path) as old:
        old.executescript("DROP TABLE feed_imports; DROP TABLE feed_import_lines;")
        old.execute("PRAGMA user_version = 1")
    old.close()
    database = SqliteDatabase(path, SCHEMA)
    assert len(SqliteFeedStore(database).feeds()) == 1
    assert SqliteFeedImports(database).list() == []
    database.close()


def _job(import_id: str, record: FeedRecord) -> FeedImport:
    return FeedImport(import_id=import_id, feed=record, started_at=record.added_at)
