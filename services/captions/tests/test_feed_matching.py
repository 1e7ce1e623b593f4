"""An item gets an episode only by a key that is one item's and one episode's alone."""

from datetime import UTC, datetime

import pytest

from captions.domain.feed import FeedItemIdentity, feed_items
from captions.domain.feed_matching import ArchivedEpisode, match_items

HOST = "https://cdn.example"


def items(*said: dict[str, str]) -> list[FeedItemIdentity]:
    return [FeedItemIdentity(**each, number=number) for number, each in enumerate(said)]


def episode(name: str, **known: object) -> ArchivedEpisode:
    return ArchivedEpisode(episode_id=name, **{"title": "", **known})


def matched(those: list[FeedItemIdentity], *episodes: ArchivedEpisode) -> dict[int, str]:
    return {number: found.episode_id for number, found in match_items(those, episodes).items()}


def test_a_guid_says_more_than_all_else() -> None:
    feed = items({"guid": "g1", "title": "Two"}, {"guid": "g2", "title": "One"})
    assert matched(feed, episode("a", guid="g1", title="One"), episode("b", guid="g2")) == {
        0: "a",
        1: "b",
    }


def test_enclosures_tell_apart_what_is_called_alike() -> None:
    feed = items(*({"title": "The Show", "enclosure_url": f"{HOST}/{n}/audio.mp3"} for n in "123"))
    known = [
        episode(n, title="The Show", filename="audio.mp3", source_url=f"http://cdn.example/{n}/audio.mp3")
        for n in "31"
    ]  # fmt: skip
    assert matched(feed, *known) == {0: "1", 2: "3"}


@pytest.mark.parametrize("shared", ["items", "episodes"])
def test_a_name_or_title_that_several_share_says_nothing(shared: str) -> None:
    one = {"title": "Same", "enclosure_url": f"{HOST}/1/audio.mp3"}
    two = {"title": "Same", "enclosure_url": f"{HOST}/2/audio.mp3"}
    feed = items(one, two) if shared == "items" else items(one)
    known = [episode("a", title="Same", filename="audio.mp3")]
    if shared == "episodes":
        known.append(episode("b", title="Same", filename="audio.mp3"))
    assert matched(feed, *known) == {}


def test_dates_tell_one_title_from_the_same_of_another_day() -> None:
    feed = items(
        {"title": "News", "published": "Fri, 27 Nov 2026 10:00:00 GMT"},
        {"title": "News", "published": "Thu, 26 Nov 2026 10:00:00 GMT"},
        {"title": "news ", "published": "no date"},
    )
    first = episode("a", title="News", published_at=datetime(2026, 11, 27, tzinfo=UTC))
    assert matched(feed, first) == {0: "a"}
    old = episode("b", title="Only once", published_at=datetime(2019, 1, 1, tzinfo=UTC))
    repeat = items({"title": "Only once", "published": "Fri, 27 Nov 2026 10:00:00 GMT"})
    assert matched(repeat, old) == {}


def test_a_unique_title_or_file_name_is_a_key() -> None:
    feed = items(
        {"title": "Pelicans"}, {"title": "?", "enclosure_url": f"{HOST}/a%20day.mp3?x=1"}, {}
    )
    assert matched(
        feed, episode("a", title="PELICANS"), episode("b", title="x", filename="a day.mp3")
    ) == {0: "a", 1: "b"}


def test_an_episode_goes_to_one_item_only() -> None:
    feed = items({"guid": "g1"}, {"title": "Pelicans"})
    assert matched(feed, episode("a", guid="g1", title="Pelicans")) == {0: "a"}


def test_items_are_numbered_as_they_stand() -> None:
    raw = (
        b"<rss><channel><item><title>A</title><pubDate>Fri, 27 Nov 2026 10:00:00 GMT</pubDate>"
        b"</item><item/></channel></rss>"
    )
    first, second = feed_items(raw)
    assert (first.number, second.number) == (0, 1)
    assert first.published == "Fri, 27 Nov 2026 10:00:00 GMT"


@pytest.mark.parametrize(
    ("now", "then"),
    [
        (
            "https://dts.podtrac.com/redirect.mp3/host.example/a/1.mp3",
            "https://host.example/a/1.mp3",
        ),
        (
            "https://chrt.fm/track/ABC/pdst.fm/e/host.example/a/1.mp3?updated=2",
            "https://op3.dev/e/host.example/a/1.mp3?updated=1",
        ),
        ("https://host.example/1.mp3?token=b&id=1", "https://host.example/1.mp3?id=1&token=a"),
    ],
    ids=["a prefix", "other prefixes", "another token"],
)
def test_counters_on_the_way_and_tokens_do_not_make_another_file(now: str, then: str) -> None:
    feed = items({"title": "A", "enclosure_url": now}, {"title": "B", "enclosure_url": f"{HOST}/2"})
    assert matched(feed, episode("a", title="Renamed", source_url=then)) == {0: "a"}


def test_what_else_is_in_a_query_tells_files_apart() -> None:
    feed = items({"title": "A", "enclosure_url": "https://host.example/audio.mp3?id=2"})
    other = episode("a", title="B", source_url="https://host.example/audio.mp3?id=1")
    assert matched(feed, other) == {}


def test_titles_escaped_once_more_are_the_same_title() -> None:
    feed = items({"title": "Gulls &amp; terns", "enclosure_url": f"{HOST}/1.mp3"})
    assert matched(feed, episode("a", title="Gulls & terns")) == {0: "a"}
