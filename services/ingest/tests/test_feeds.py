"""Following feeds, with a real web server, real audio and the real fetcher."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from everyword_events import (
    AudioUploaded,
    DeliveryDeadLettered,
    EpisodeCreated,
    EpisodeRemoved,
    Event,
    InvalidInput,
    NotFound,
    TranscriptReady,
    TransientFailure,
)
from everyword_events.sqlite.opener import delete_file
from ingest import IngestSettings
from ingest.domain import NewEpisode
from ingest.domain.feed import FeedItem, FeedReport
from ingest.estimating import Estimator, UsualEffort
from ingest.feeds import FeedRequest

ITEM = (
    "<item><guid>{guid}</guid><title>{title}</title><pubDate>{date}</pubDate>{more}"
    '<enclosure url="{url}" length="{length}" type="audio/mpeg"/></item>'
)


class Show:
    """A podcast on the test's web server."""

    def __init__(self, web: Any, path: str = "/feed.xml") -> None:
        self.web = web
        self.path = path
        self.items: list[str] = []
        self.head = ""

    def item(self, guid: str, url: str, *, day: int = 1, **fields: Any) -> None:
        known = {"title": f"Episode {guid}", "length": "", "more": "", **fields}
        date = f"{day:02} Nov 2026 10:00:00 GMT"
        self.items.insert(0, ITEM.format(guid=guid, url=url, date=date, **known))

    def publish(self, **headers: str) -> str:
        body = (
            '<?xml version="1.0"?><rss version="2.0" '
            'xmlns:podcast="https://podcastindex.org/namespace/1.0" '
            'xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>Slow Radio</title>'
            f"<language>sv</language>{self.head}{''.join(self.items)}</channel></rss>"
        )
        return str(self.web.file(self.path, body.encode(), "application/rss+xml", **headers))


@pytest.fixture
def show(web: Any) -> Show:
    return Show(web)


def sound(audio: Callable[..., bytes], number: int) -> bytes:
    """Return audio that differs for every number."""
    return audio("wav", "pcm_s16le", seconds=0.5, hz=200.0 + number)


def actions(report: FeedReport) -> dict[str, str]:
    return {each.guid: each.action for each in report.items}


def test_a_feed_of_thirty_becomes_thirty_episodes(
    world: Any, web: Any, show: Show, audio: Callable[..., bytes]
) -> None:
    # Every file of the host is called audio.mp3, and every title is the same.
    for number in range(1, 31):
        url = web.file(f"/{number}/audio.mp3", sound(audio, number))
        show.item(str(number), url, day=number % 28 + 1, title="The Show")
    report = world.service.feeds.add(FeedRequest(show.publish()))
    assert report.count("added") == 30
    assert report.show == "Slow Radio"
    world.fetch()
    views = world.service.page(limit=200).episodes
    assert [view.state for view in views] == ["queued"] * 30
    assert {view.show for view in views} == {"Slow Radio"}
    assert len({view.audio.sha256 for view in views if view.audio}) == 30
    created = [world.bus.of_episode(view.episode_id)[0].event.data for view in views]
    assert all(isinstance(each, EpisodeCreated) and each.origin for each in created)
    assert {each.hints.language for each in created} == {"sv"}
    again = world.service.feeds.add(FeedRequest(f"{web.url}/feed.xml"))
    assert again.count("known") == 30
    assert len(world.service.page(limit=200).episodes) == 30


def test_ids_sort_as_the_show_was_published(
    world: Any, web: Any, show: Show, audio: Callable[..., bytes]
) -> None:
    for number in (1, 2, 3):
        show.item(str(number), web.file(f"/{number}.mp3", sound(audio, number)), day=number)
    world.service.feeds.add(FeedRequest(show.publish()))
    titles = [view.title for view in world.service.page().episodes]
    assert titles == ["Episode 3", "Episode 2", "Episode 1"]


def test_every_odd_item_ends_with_a_line_of_its_own(
    world: Any, web: Any, show: Show, audio: Callable[..., bytes]
) -> None:
    good = web.file("/good.mp3", sound(audio, 1))
    show.item("good", good)
    show.item("good", web.file("/copy.mp3", sound(audio, 2)), title="Same guid")
    show.item("same-enclosure", good, title="Another guid, the same file")
    show.item("gone", f"{web.url}/gone.mp3")
    show.item("page", web.page("/page", _page), title="A web page")
    show.items.append("<item><guid>words</guid><title>Only words</title></item>")
    report = world.service.feeds.add(FeedRequest(show.publish()))
    assert len(report.items) == 6
    assert [each.action for each in report.items].count("added") == 4
    assert all(each.message for each in report.items if each.action == "skipped")
    world.fetch()
    by_title = {view.title: view for view in world.service.page().episodes}
    errors = {title: view.error and view.error.code for title, view in by_title.items()}
    assert errors.pop("Episode gone") == "download_failed"
    assert errors.pop("A web page") == "not_audio"
    assert "404" in by_title["Episode gone"].error.message
    assert "a web page" in by_title["A web page"].error.message
    assert list(errors.values()) == [None, None]


def _page(request: Any) -> None:
    request.send_response(200)
    request.send_header("Content-Type", "audio/mpeg")
    request.end_headers()
    request.wfile.write(b"<!DOCTYPE html><html><body>moved</body></html>")


def test_newest_and_since_choose_and_later_episodes_come_by_themselves(
    world: Any, web: Any, show: Show, audio: Callable[..., bytes]
) -> None:
    for number in range(1, 6):
        show.item(str(number), web.file(f"/{number}.mp3", sound(audio, number)), day=number)
    url = show.publish()
    dry = world.service.feeds.dry_run(FeedRequest(url, newest=2))
    assert dry.dry_run
    assert dry.count("added") == 2
    assert dry.estimate is not None
    assert dry.estimate.items == 2
    assert not world.service.page().episodes
    assert not world.service.feeds.feeds()
    report = world.service.feeds.add(FeedRequest(url, newest=2))
    assert actions(report) == {
        "5": "added", "4": "added", "3": "skipped", "2": "skipped", "1": "skipped",
    }  # fmt: skip
    show.item("6", web.file("/6.mp3", sound(audio, 6)), day=6)
    show.publish()
    polled = actions(world.service.feeds.poll(report.feed_id))
    assert polled == {
        "6": "added", "5": "known", "4": "known", "3": "skipped", "2": "skipped", "1": "skipped",
    }  # fmt: skip
    since = datetime(2026, 11, 2, tzinfo=UTC)
    more = world.service.feeds.add(FeedRequest(url, since=since))
    assert more.count("added") == 2
    assert actions(more)["1"] == "skipped"


def test_a_dry_run_reckons_with_what_was_processed_before(world: Any, web: Any, show: Show) -> None:
    for number in (1, 2):
        more = "<itunes:duration>1:30:00</itunes:duration>"
        show.item(str(number), f"{web.url}/{number}.mp3", more=more)
    show.head = ""
    body = show.publish()
    web.file("/feed.xml", _with_itunes(show), "application/rss+xml")
    report = world.service.feeds.dry_run(FeedRequest(body))
    assert report.estimate is not None
    assert report.estimate.hours == 3.0
    assert report.estimate.processing_hours is None


def test_a_dry_run_guesses_where_nothing_was_recognised_and_says_so(world: Any) -> None:
    items = [FeedItem(guid=guid, title="T", duration_s=5400.0) for guid in "ab"]
    guess = Estimator(world.tables, UsualEffort(0.25, 0.012)).estimate(items, "show")
    assert (guess.hours, guess.processing_hours, guess.cost_usd) == (3.0, 0.75, 0.036)
    assert guess.assumed
    free = Estimator(world.tables, UsualEffort(0.25)).estimate(items, "show")
    assert (free.processing_hours, free.cost_usd) == (0.75, None)


def _with_itunes(show: Show) -> bytes:
    space = 'xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"'
    return (
        f'<rss version="2.0" {space}><channel><title>S</title>{"".join(show.items)}</channel></rss>'
    ).encode()


def test_pages_are_followed_and_a_circle_of_pages_ends(
    world: Any, web: Any, audio: Callable[..., bytes]
) -> None:
    for page, following in (("1", "2"), ("2", "3"), ("3", "1")):
        show = Show(web, f"/page{page}")
        show.head = f'<atom:link rel="next" href="/page{following}"/>'
        show.item(page, web.file(f"/{page}.mp3", sound(audio, int(page))))
        show.publish()
    report = world.service.feeds.add(FeedRequest(f"{web.url}/page1"))
    assert [each.guid for each in report.items if each.action == "added"] == ["1", "2", "3"]


def test_an_unchanged_feed_is_not_sent_again(world: Any, web: Any, show: Show) -> None:
    show.item("1", f"{web.url}/gone.mp3")
    report = world.service.feeds.add(FeedRequest(show.publish(ETag='"1"')))
    assert world.service.feeds.poll(report.feed_id).not_modified
    assert web.asked[-1][1]["If-None-Match"] == '"1"'


def test_feeds_are_polled_when_their_time_has_come(
    world: Any, web: Any, show: Show, audio: Callable[..., bytes]
) -> None:
    show.item("1", web.file("/1.mp3", sound(audio, 1)))
    world.service.feeds.add(FeedRequest(show.publish()))
    assert not world.service.feeds.poll_due()
    show.item("2", web.file("/2.mp3", sound(audio, 2)))
    show.publish()
    world.clock.now += timedelta(hours=1, minutes=1)
    (report,) = world.service.feeds.poll_due()
    assert report.count("added") == 1


def test_a_feed_that_fails_is_asked_less_and_less_often(world: Any, web: Any, show: Show) -> None:
    report = world.service.feeds.add(FeedRequest(show.publish()))
    del web.pages["/feed.xml"]
    pauses = []
    for _ in range(3):
        with pytest.raises(InvalidInput):
            world.service.feeds.poll(report.feed_id)
        (record,) = world.service.feeds.feeds()
        assert "404" in record.error
        pauses.append((record.next_poll_at - record.polled_at).total_seconds())
    assert pauses == [7200, 14400, 28800]
    show.publish()
    world.service.feeds.poll(report.feed_id)
    assert world.service.feeds.feeds()[0].error == ""


def test_changed_audio_is_a_new_run_and_moved_audio_is_not(
    world: Any, web: Any, show: Show, audio: Callable[..., bytes]
) -> None:
    first, second = sound(audio, 1), audio("wav", "pcm_s16le", seconds=0.8, hz=999.0)
    show.item("1", web.file("/1.mp3", first), length=len(first))
    report = world.service.feeds.add(FeedRequest(show.publish()))
    world.fetch()
    (view,) = world.service.page().episodes
    show.items.clear()
    show.item("1", web.file("/cdn/1.mp3", first))  # moved, and no size to know it by
    show.publish()
    assert actions(world.service.feeds.poll(report.feed_id)) == {"1": "moved"}
    assert world.types(view.episode_id) == ["EpisodeCreated", "AudioUploaded"]
    show.items.clear()
    show.item("1", web.file("/cdn/2.mp3", second), length=len(second))
    show.publish()
    assert actions(world.service.feeds.poll(report.feed_id)) == {"1": "changed"}
    again = world.last(view.episode_id)
    assert isinstance(again, AudioUploaded)
    assert world.blobs.get(again.audio) == second
    assert again.episode.title == "Episode 1"
    now = world.service.get(view.episode_id)
    assert now.run_id > view.run_id
    assert now.state == "queued"
    assert actions(world.service.feeds.poll(report.feed_id)) == {"1": "known"}


def test_a_changed_guid_is_the_same_item_and_the_same_bytes_are_one_episode(
    world: Any, web: Any, show: Show, audio: Callable[..., bytes]
) -> None:
    raw = sound(audio, 1)
    url = web.file("/1.mp3", raw)
    show.item("old-guid", url)
    report = world.service.feeds.add(FeedRequest(show.publish()))
    world.fetch()
    show.items.clear()
    show.item("new-guid", url)
    show.item("both-new", web.file("/elsewhere.mp3", raw))
    show.publish()
    found = actions(world.service.feeds.poll(report.feed_id))
    assert found == {"new-guid": "known", "both-new": "added"}
    world.fetch()
    (view,) = world.service.page().episodes
    assert view.state == "queued"
    (removed,) = world.service.page(state="removed").episodes
    gone = world.last(removed.episode_id)
    assert isinstance(gone, EpisodeRemoved)
    assert view.episode_id in gone.reason


def test_an_episode_that_was_removed_does_not_come_back(
    world: Any, web: Any, show: Show, audio: Callable[..., bytes]
) -> None:
    show.item("1", web.file("/1.mp3", sound(audio, 1)))
    report = world.service.feeds.add(FeedRequest(show.publish()))
    (view,) = world.service.page().episodes
    begun = world.folder / "downloads" / f"{view.episode_id}.part"
    begun.write_bytes(b"half of it")
    world.service.remove(view.episode_id)
    world.fetch()
    assert not begun.exists()
    assert world.types(view.episode_id) == ["EpisodeRemoved"]
    assert actions(world.service.feeds.poll(report.feed_id)) == {"1": "known"}
    assert not world.service.page().episodes


VTT = b"WEBVTT\n\n00:00.100 --> 00:00.450\n<v Ada>hello there\n"


def test_a_good_transcript_of_the_feed_replaces_recognition(
    world: Any, web: Any, show: Show, audio: Callable[..., bytes]
) -> None:
    link = '<podcast:transcript url="{}" type="text/vtt"/>'
    short = link.format(web.file("/short.vtt", VTT.replace(b"0.450", b"0.150"), "text/vtt"))
    late = link.format(web.file("/late.vtt", VTT.replace(b"00:00.450", b"09:00.450"), "text/vtt"))
    good = link.format(web.file("/good.vtt", VTT, "text/vtt"))
    broken = link.format(web.file("/broken.vtt", b"<html>", "text/vtt"))
    for number, more in enumerate((good, short, late, broken, broken + good, "")):
        url = web.file(f"/{number}.mp3", sound(audio, number))
        show.item(str(number), url, more=more, day=number + 1)
    world.service.feeds.add(FeedRequest(show.publish()))
    world.fetch()
    views = reversed(world.service.page().episodes)
    kinds = [type(world.last(view.episode_id)) for view in views]
    assert kinds == [
        TranscriptReady, AudioUploaded, AudioUploaded, AudioUploaded, TranscriptReady,
        AudioUploaded,
    ]  # fmt: skip


def test_transcripts_of_feeds_may_be_ignored(
    world: Any, web: Any, show: Show, audio: Callable[..., bytes]
) -> None:
    world.settings = IngestSettings(feed_transcripts="ignore")
    link = web.file("/good.vtt", VTT, "text/vtt")
    more = f'<podcast:transcript url="{link}" type="text/vtt"/>'
    show.item("1", web.file("/1.mp3", sound(audio, 1)), more=more)
    world.service.feeds.add(FeedRequest(show.publish()))
    world.fetch()
    (view,) = world.service.page().episodes
    assert isinstance(world.last(view.episode_id), AudioUploaded)


def test_chapters_and_persons_are_kept(
    world: Any, web: Any, show: Show, audio: Callable[..., bytes]
) -> None:
    chapters = b'{"version": "1.2.0", "chapters": [{"startTime": 0, "title": "In", "img": "x"}]}'
    link = web.file("/1.json", chapters, "application/json+chapters")
    more = f'<podcast:chapters url="{link}"/><podcast:person>Ada</podcast:person>'
    show.item("1", web.file("/1.mp3", sound(audio, 1)), more=more)
    show.item("2", web.file("/2.mp3", sound(audio, 2)), day=2)
    world.service.feeds.add(FeedRequest(show.publish()))
    world.fetch()
    second, first = world.service.page().episodes
    kept = world.service.chapters(first.episode_id)
    assert b'"title": "In", "img": "x"' in kept
    uploaded = world.last(first.episode_id)
    assert isinstance(uploaded, AudioUploaded)
    assert uploaded.hints.speaker_names == ("Ada",)
    with pytest.raises(NotFound):
        world.service.chapters(second.episode_id)


def test_feeds_are_listed_and_removed_and_their_episodes_stay(
    world: Any, web: Any, show: Show, audio: Callable[..., bytes]
) -> None:
    show.item("1", web.file("/1.mp3", sound(audio, 1)))
    report = world.service.feeds.add(FeedRequest(show.publish(), show="Mine"))
    assert [each.show for each in world.service.feeds.feeds()] == ["Mine"]
    world.service.feeds.remove(report.url)
    assert not world.service.feeds.feeds()
    assert len(world.service.page().episodes) == 1
    with pytest.raises(NotFound):
        world.service.feeds.poll(report.feed_id)


def test_what_is_no_feed_is_not_followed(world: Any, web: Any) -> None:
    for path, body in (("/a.html", b"<html></html>"), ("/b.mp3", b"ID3" * 100)):
        with pytest.raises(InvalidInput):
            world.service.feeds.add(FeedRequest(web.file(path, body)))
    with pytest.raises(InvalidInput):
        world.service.feeds.add(FeedRequest("not an address"))
    assert not world.service.feeds.feeds()


def test_audio_is_imported_from_an_address(world: Any, web: Any, wav: bytes) -> None:
    url = web.file("/A%20day.wav?id=7", wav)
    made = world.service.import_audio(NewEpisode(show="Radio"), url)
    assert (made.episode.state, made.episode.title) == ("awaiting_upload", "A day")
    world.fetch()
    view = world.service.get(made.episode.episode_id)
    assert view.state == "queued"
    assert view.audio is not None
    assert view.audio.sha256 == hashlib.sha256(wav).hexdigest()
    again = world.service.import_audio(NewEpisode(show="Radio"), url)
    assert (again.existing, again.episode.episode_id) == (True, view.episode_id)
    world.tables.close()
    delete_file(world.folder / "ingest.sqlite")
    lost = replace(world)
    assert lost.service.rebuild() == 1
    again = lost.service.import_audio(NewEpisode(show="Radio"), url)
    lost.bus.close()
    lost.tables.close()
    assert (again.existing, again.episode.episode_id) == (True, view.episode_id)
    assert not list((world.folder / "downloads").iterdir())


def test_a_mistaken_address_is_told_at_once(world: Any, web: Any, show: Show) -> None:
    cases = {
        show.publish(): "is_feed",
        web.file("/a.html", b"<!doctype html><html></html>"): "not_audio",
        f"{web.url}/none.mp3": "download_failed",
        "ftp://example.org/a.mp3": "address_invalid",
    }
    for url, code in cases.items():
        with pytest.raises(InvalidInput) as caught:
            world.service.import_audio(NewEpisode(), url)
        assert caught.value.code == code
    assert not world.service.page().episodes


def test_a_server_that_fails_is_asked_again_and_gives_up_with_a_reason(
    world: Any, web: Any, wav: bytes
) -> None:
    url = web.file("/a.wav", wav)
    made = world.service.import_audio(NewEpisode(), url)
    page = web.pages.pop("/a.wav")
    web.page("/a.wav", lambda request: request.send_error(503))
    created = world.bus.of_episode(made.episode.episode_id)[0].event
    with pytest.raises(TransientFailure):
        world.service.fetch_audio(created)
    assert world.service.get(created.meta.episode_id).state == "awaiting_upload"
    dead = DeliveryDeadLettered(
        consumer="fetch", dead_type="EpisodeCreated", dead_event_id=created.meta.event_id,
        code="download_failed", message="it answers 503", attempts=9,
    )  # fmt: skip
    world.bus.append([created.causes("fetch", dead)])
    failed = world.service.get(created.meta.episode_id)
    assert failed.state == "failed"
    assert failed.error is not None
    assert failed.error.message == "it answers 503"
    web.pages["/a.wav"] = page  # it is back, and a person redrives the dead letter
    world.service.fetch_audio(created)
    assert world.service.get(created.meta.episode_id).state == "queued"


def test_fetching_twice_takes_in_once(world: Any, web: Any, wav: bytes) -> None:
    made = world.service.import_audio(NewEpisode(), web.file("/a.wav", wav))
    (created,) = [each.event for each in world.bus.of_episode(made.episode.episode_id)]
    assert isinstance(created, Event)
    world.service.fetch_audio(created)
    world.service.fetch_audio(created)
    assert world.types(created.meta.episode_id) == ["EpisodeCreated", "AudioUploaded"]
    assert web.times("/a.wav") == 2  # looked at, and fetched
