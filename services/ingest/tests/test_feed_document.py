"""Feeds as the world writes them."""

from typing import Any

import pytest

from everyword_events import InvalidInput
from ingest.adapters.feed_document import read_feed
from ingest.domain.feed import FeedItem

URL = "https://example.org/feeds/show.xml"
NAMESPACES = (
    'xmlns:podcast="https://podcastindex.org/namespace/1.0" '
    'xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" '
    'xmlns:atom="http://www.w3.org/2005/Atom" xmlns:psc="http://podlove.org/simple-chapters"'
)


def rss(items: str, *, head: str = "", encoding: str = "utf-8") -> bytes:
    text = (
        f'<?xml version="1.0" encoding="{encoding}"?><rss version="2.0" {NAMESPACES}><channel>'
        f"<title>Slow Radio</title><language>en-GB</language>{head}{items}</channel></rss>"
    )
    return text.encode(encoding, "xmlcharrefreplace")


def only_item(items: str) -> FeedItem:
    (item,) = read_feed(rss(f"<item>{items}</item>"), url=URL).items
    return item


def test_an_item_says_all_that_is_used_of_it() -> None:
    feed = read_feed(
        rss(
            '<item><guid isPermaLink="false">ep-1</guid><title>Räksmörgås &amp; tea</title>'
            "<link>/1</link><pubDate>Fri, 27 Nov 2026 10:00:00 +0100</pubDate>"
            "<itunes:duration>1:02:03</itunes:duration>"
            '<enclosure url="/audio.mp3?id=1" length="480123" type="audio/mpeg"/>'
            '<itunes:image href="1.jpg"/>'
            '<podcast:transcript url="1.vtt" type="text/vtt" language="en"/>'
            '<podcast:transcript url="1.srt" type="application/srt"/>'
            '<podcast:chapters url="1.json" type="application/json+chapters"/>'
            '<podcast:person role="host">Ada</podcast:person>'
            "<podcast:person>Bob  Builder</podcast:person></item>",
            head='<atom:link rel="next" href="/feeds/show.xml?page=2"/>'
            "<podcast:person>The Host</podcast:person>",
        ),
        url=URL,
    )
    assert (feed.title, feed.language) == ("Slow Radio", "en-GB")
    assert feed.next_url == "https://example.org/feeds/show.xml?page=2"
    (item,) = feed.items
    assert (item.guid, item.title) == ("ep-1", "Räksmörgås & tea")
    assert item.link == "https://example.org/1"
    assert item.url == "https://example.org/audio.mp3?id=1"
    assert (item.bytes, item.duration_s) == (480_123, 3723.0)
    assert item.published_at is not None
    assert item.published_at.isoformat() == "2026-11-27T09:00:00+00:00"
    assert item.persons == ("Ada", "Bob Builder")
    assert item.image_url == "https://example.org/feeds/1.jpg"
    assert [(each.url, each.media_type, each.language) for each in item.transcripts] == [
        ("https://example.org/feeds/1.vtt", "text/vtt", "en"),
        ("https://example.org/feeds/1.srt", "application/x-subrip", ""),
    ]
    assert item.chapters is not None
    assert item.chapters.url == "https://example.org/feeds/1.json"


def test_simple_chapters_and_another_prefix_are_read() -> None:
    raw = rss(
        '<item><guid>1</guid><enclosure url="/1.mp3"/><pc:person>Ada</pc:person>'
        '<psc:chapters><psc:chapter start="00:00:00" title="In"/>'
        '<psc:chapter start="00:01:05.5" title="Out"/></psc:chapters></item>'
    ).replace(b"xmlns:podcast", b"xmlns:pc")
    (item,) = read_feed(raw, url=URL).items
    assert item.persons == ("Ada",)
    assert item.inline_chapters == ((0.0, "In"), (65.5, "Out"))


def test_atom_is_a_feed_too() -> None:
    raw = b"""<feed xmlns="http://www.w3.org/2005/Atom"><title>Slow</title>
    <link rel="next" href="https://example.org/2"/>
    <entry><id>tag:1</id><title>One</title><updated>2026-11-27T10:00:00Z</updated>
    <link rel="alternate" href="https://example.org/one"/>
    <link rel="enclosure" type="audio/ogg" length="12" href="https://example.org/one.ogg"/>
    </entry></feed>"""
    feed = read_feed(raw, url=URL)
    (item,) = feed.items
    assert (item.guid, item.url, item.bytes) == ("tag:1", "https://example.org/one.ogg", 12)
    assert item.link == "https://example.org/one"
    assert item.published_at is not None
    assert feed.next_url == "https://example.org/2"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1", "windows-1252"])
def test_encodings(encoding: str) -> None:
    raw = rss("<item><guid>1</guid><title>Åsa + café</title></item>", encoding=encoding)
    (item,) = read_feed(raw, url=URL).items
    assert item.title == "Åsa + café"


def test_an_encoding_that_is_not_the_stated_one() -> None:
    raw = rss("<item><title>Åsa</title></item>", encoding="utf-8").replace(b"utf-8", b"us-ascii")
    assert read_feed(raw, url=URL).items[0].title == "Åsa"


@pytest.mark.parametrize(
    ("stated", "seconds"),
    [("3723", 3723), ("62:03", 3723), ("1:02:03", 3723), ("", 0), ("an hour", 0), ("-5", 0),
     ("nan", 0), ("inf", 0), ("1e99", 0), ("12.5", 12.5)],
)  # fmt: skip
def test_durations(stated: str, seconds: float) -> None:
    assert only_item(f"<itunes:duration>{stated}</itunes:duration>").duration_s == seconds


@pytest.mark.parametrize("length", ["", "unknown", "-1", "12.5", "9" * 400, "0"])
def test_enclosures_without_a_usable_length(length: str) -> None:
    item = only_item(f'<enclosure url="https://example.org/a.mp3" length="{length}"/>')
    assert (item.url, item.bytes) == ("https://example.org/a.mp3", 0)


def test_the_enclosure_that_is_sound_is_taken() -> None:
    item = only_item(
        '<enclosure url="https://example.org/a.jpg" type="image/jpeg"/>'
        '<enclosure url="https://example.org/a.m4a" type=""/>'
    )
    assert item.url == "https://example.org/a.m4a"
    assert only_item('<enclosure url="javascript:alert(1)"/>').url == ""
    assert only_item('<enclosure url="https://example.org/a.jpg" type="image/jpeg"/>').url == ""


def test_xml_that_is_not_well_formed_is_read_as_far_as_it_goes() -> None:
    raw = rss("<item><guid>1</guid><title>A & B</title><enclosure url='/1.mp3'/></item>")
    (item,) = read_feed(raw, url=URL).items
    assert item.title == "A & B"
    assert item.url == "https://example.org/1.mp3"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"hello",
        b"<html><body>no feed</body></html>",
        b"{}",
        b"\x00\xff" * 50,
        b"<rss",
        b"/etc/passwd",
    ],
)  # fmt: skip
def test_what_is_no_feed(raw: bytes) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_feed(raw, url=URL)
    assert caught.value.code == "feed_invalid"


def test_entities_that_grow_without_end_do_not() -> None:
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "lol"}">' for n in range(12))
    raw = (
        f'<?xml version="1.0"?><!DOCTYPE rss [{laughs}]>'.encode()
        + rss("<item><title>&l11;</title></item>").partition(b"?>")[2]
    )
    try:
        feed = read_feed(raw, url=URL)
    except InvalidInput:
        return
    assert all(len(item.title) <= 2000 for item in feed.items)


def test_an_external_entity_reads_no_file() -> None:
    raw = (
        b'<!DOCTYPE rss [<!ENTITY f SYSTEM "file:///etc/passwd">]>'
        + rss("<item><title>&f;</title></item>").partition(b"?>")[2]
    )
    try:
        feed = read_feed(raw, url=URL)
    except InvalidInput:
        return
    assert "root:" not in feed.model_dump_json()


def test_bytes_that_are_an_address_are_not_fetched(web: Any) -> None:
    url = web.file("/feed.xml", rss("<item><title>One</title></item>"))
    with pytest.raises(InvalidInput):
        read_feed(url.encode(), url=URL)
    assert not web.asked


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ("A &amp;amp; B&amp;#8217;s", "A & B\u2019s"),
        ("<![CDATA[A & B <b>and</b> C]]>", "A & B and C"),
        ("5 &lt; 6 &amp; 7 &gt; 3", "5 < 6 & 7 > 3"),
        ("vector&lt;int&gt;", "vector<int>"),
    ],
)
def test_titles_are_text_however_they_are_escaped(written: str, title: str) -> None:
    assert only_item(f"<title>{written}</title>").title == title


def test_a_title_of_itunes_stands_where_there_is_no_other() -> None:
    assert only_item("<itunes:title>Only here</itunes:title>").title == "Only here"
    assert only_item("<title>Five: gulls</title><itunes:title>x</itunes:title>").title[:4] == "Five"


def test_control_characters_are_no_part_of_a_title() -> None:
    raw = rss("<item><title>Gulls\x00 and\x0b terns</title></item>")
    assert read_feed(raw, url=URL).items[0].title == "Gulls and terns"


def test_a_guid_is_no_page_unless_it_is_an_address() -> None:
    assert only_item("<guid>ep 1</guid>").link is None
    assert only_item("<guid>https://example.org/1</guid>").link == "https://example.org/1"


@pytest.mark.parametrize("around", ["rss", "item"])
def test_addresses_go_by_the_base_that_the_feed_names(around: str) -> None:
    base = 'xml:base="https://cdn.example.net/shows/"'
    inside = '<title>A</title><enclosure url="1.mp3"/><podcast:transcript url="1.vtt"/>'
    raw = rss(f"<item {base if around == 'item' else ''}>{inside}</item>").decode()
    if around == "rss":
        raw = raw.replace("<rss ", f"<rss {base} ")
    (item,) = read_feed(raw.encode(), url=URL).items
    assert item.url == "https://cdn.example.net/shows/1.mp3"
    assert item.transcripts[0].url == "https://cdn.example.net/shows/1.vtt"


def test_media_stand_for_an_enclosure_where_there_is_none() -> None:
    media = '<m:content xmlns:m="http://search.yahoo.com/mrss/" url="/1.mp3" type="audio/mpeg"'
    item = only_item(f'{media} fileSize="5"/>')
    assert (item.url, item.media_type, item.bytes) == ("https://example.org/1.mp3", "audio/mpeg", 5)
    both = only_item(f'{media}/><enclosure url="/2.mp3" type="audio/mpeg"/>')
    assert both.url == "https://example.org/2.mp3"


def test_seconds_since_1970_are_a_date() -> None:
    item = only_item("<pubDate>1714644000</pubDate>")
    assert item.published_at is not None
    assert item.published_at.isoformat() == "2024-05-02T10:00:00+00:00"
