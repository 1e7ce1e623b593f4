"""Tags are added to a feed, and nothing else in it changes."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from captions.domain.feed import (
    NAMESPACE,
    EpisodeLinks,
    FeedItemIdentity,
    TranscriptLink,
    enrich_feed,
    feed_items,
    is_atom,
    snippet,
    transcript_links,
)
from everyword_events import InvalidInput

VTT = TranscriptLink("https://x.test/1.vtt?a=1&b=2", "text/vtt", "en", "captions")
SRT = TranscriptLink("https://x.test/1.srt", "application/x-subrip", "en", "captions")
LINKS = EpisodeLinks((VTT, SRT), "https://x.test/1.chapters.json")

FEED = """<?xml version="1.0" encoding="UTF-8"?>
<?xml-stylesheet href="/style.xsl" type="text/xsl"?>
<rss version="2.0"
     xmlns:itunes='http://www.itunes.com/dtds/podcast-1.0.dtd'>
  <!-- by hand: do not <reformat> & co -->
  <channel>
    <title>Å show &amp; more</title>
    <item>
      <title><![CDATA[One & <only>]]></title>
      <guid isPermaLink="false"> ep-1 </guid>
      <enclosure url="https://x.test/1.mp3?x=1&amp;y=2" length="1" type="audio/mpeg"/>
      <itunes:explicit>no</itunes:explicit>   <!-- last -->
    </item>
\t<item><title>Two</title><guid>ep-2</guid><link>https://x.test/2</link></item>
    <item/>
  </channel>
</rss>
<!-- after -->
"""


def only(
    guid: str, links: EpisodeLinks = LINKS
) -> Callable[[FeedItemIdentity], EpisodeLinks | None]:
    return lambda item: links if item.guid == guid else None


def children(feed: bytes, at: int, name: str) -> list[dict[str, str]]:
    item = ET.fromstring(feed).findall("./channel/item")[at]
    return [child.attrib for child in item.findall(f"{{{NAMESPACE}}}{name}")]


def test_an_item_gets_its_tags_and_all_else_keeps_its_bytes() -> None:
    enriched = enrich_feed(FEED.encode(), only("ep-1")).decode()
    root = f' xmlns:podcast="{NAMESPACE}"'
    tags = (
        '\n      <podcast:transcript url="https://x.test/1.vtt?a=1&amp;b=2" type="text/vtt"'
        ' language="en" rel="captions" />'
        '\n      <podcast:transcript url="https://x.test/1.srt" type="application/x-subrip"'
        ' language="en" rel="captions" />'
        '\n      <podcast:chapters url="https://x.test/1.chapters.json"'
        ' type="application/json+chapters" />'
    )
    assert enriched == FEED.replace("<rss version", f"<rss{root} version").replace(
        "<!-- last -->", f"<!-- last -->{tags}"
    )
    assert children(enriched.encode(), 0, "transcript")[0]["url"] == VTT.url
    assert not children(enriched.encode(), 1, "transcript")


def test_what_an_item_says_of_itself_is_told() -> None:
    seen: list[FeedItemIdentity] = []

    def note(item: FeedItemIdentity) -> None:
        seen.append(item)

    assert enrich_feed(FEED.encode(), note) == FEED.encode()
    assert seen == [
        FeedItemIdentity("ep-1", "One & <only>", "", "https://x.test/1.mp3?x=1&y=2"),
        FeedItemIdentity("ep-2", "Two", "https://x.test/2", ""),
        FeedItemIdentity(),
    ]


def test_an_item_on_one_line_stays_on_one_line() -> None:
    enriched = enrich_feed(FEED.encode(), only("ep-2", EpisodeLinks((VTT,)))).decode()
    assert "https://x.test/2</link><podcast:transcript url=" in enriched
    assert children(enriched.encode(), 1, "transcript") == [
        {"url": VTT.url, "type": "text/vtt", "language": "en", "rel": "captions"}
    ]


def test_an_item_without_content_is_left_alone() -> None:
    assert enrich_feed(FEED.encode(), only("")) == FEED.encode()


def test_a_second_run_changes_nothing() -> None:
    once = enrich_feed(FEED.encode(), lambda _: LINKS)
    assert enrich_feed(once, lambda _: LINKS) == once


def item(inside: str, root: str = "") -> bytes:
    return f"<rss {root}><channel><item><guid>g</guid>{inside}</item></channel></rss>".encode()


BOUND = f'xmlns:p2="{NAMESPACE}"'


@pytest.mark.parametrize(
    ("inside", "added"),
    [
        ('<p2:transcript url="c.vtt" type="text/vtt" language="en"/>', ["srt", "chapters"]),
        ('<p2:transcript url="c.vtt" type="TEXT/VTT; charset=utf-8"/>', ["srt", "chapters"]),
        ('<p2:transcript url="c" type="text/vtt" language="sv"/>', ["vtt", "srt", "chapters"]),
        ('<p2:transcript url="c.srt" type="application/srt"/>', ["vtt", "chapters"]),
        ('<p2:chapters url="c.json" type="x"/>', ["vtt", "srt"]),
        (f'<p2:transcript url="{SRT.url}" type="text/plain"/>', ["vtt", "chapters"]),
    ],
)
def test_the_creator_s_own_tags_are_kept_and_not_doubled(inside: str, added: list[str]) -> None:
    before = item(inside, BOUND)
    after = enrich_feed(before, lambda _: LINKS)
    assert inside.encode() in after
    new = after.decode().replace(before.decode().partition("</item>")[0], "")
    assert [name for name in ("vtt", "srt", "chapters") if f"1.{name}" in new] == added
    assert b"<p2:" in after
    assert b"xmlns:podcast" not in after


def test_a_prefix_bound_to_something_else_is_not_taken() -> None:
    enriched = enrich_feed(item("", 'xmlns:podcast="urn:other"'), lambda _: LINKS)
    assert b"<podcast1:transcript" in enriched
    assert len(children(enriched, 0, "transcript")) == 2
    enriched = enrich_feed(
        b'<rss><channel xmlns:podcast="urn:other"><item><guid>g</guid></item></channel></rss>',
        lambda _: LINKS,
    )
    assert len(children(enriched, 0, "transcript")) == 2


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1", "windows-1252"])
def test_a_feed_keeps_its_encoding(encoding: str) -> None:
    name = encoding.removesuffix("-sig")
    feed = FEED.replace("UTF-8", name).encode(encoding)
    links = EpisodeLinks((TranscriptLink("https://x.test/å", "text/vtt"),))
    enriched = enrich_feed(feed, only("ep-1", links))
    assert "Å show" in enriched.decode(encoding)
    assert children(enriched, 0, "transcript") == [{"url": "https://x.test/å", "type": "text/vtt"}]


BOMB = (
    b"<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'>"
    + b"".join(b"<!ENTITY %c '%s'>" % (98 + n, b"&%c;" % (97 + n) * 32) for n in range(12))
    + b"]><rss><channel><title>&m;</title></channel></rss>"
)


@pytest.mark.parametrize(
    "feed",
    [
        b"",
        b"not xml",
        b"<rss><channel></rss>",
        b"<html><item/></html>",
        b"<feed><entry/></feed>",
        BOMB,
    ],
)
def test_what_is_no_feed_is_refused(feed: bytes) -> None:
    with pytest.raises(InvalidInput):
        enrich_feed(feed, lambda _: LINKS)


@given(st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn"])), st.text("<>&\"'\n a"))
def test_any_address_and_text_comes_through(text: str, url: str) -> None:
    rss = ET.Element("rss")
    entry = ET.SubElement(ET.SubElement(rss, "channel"), "item")
    ET.SubElement(entry, "title").text = text
    links = EpisodeLinks((TranscriptLink(f"https://x.test/{text}{url}", "text/vtt"),))
    enriched = enrich_feed(ET.tostring(rss, encoding="utf-8"), lambda _: links)
    assert children(enriched, 0, "transcript")[0]["url"] == f"https://x.test/{text}{url}"


def test_links_of_an_episode_carry_their_types() -> None:
    links = transcript_links("https://archive.test/", "e1", language="en")
    assert [(link.url.rpartition("/")[2], link.media_type, link.rel) for link in links] == [
        ("transcript.vtt", "text/vtt", "captions"),
        ("transcript.srt", "application/x-subrip", "captions"),
        ("transcript.podcast.json", "application/json", "captions"),
        ("transcript.html", "text/html", ""),
        ("transcript.txt", "text/plain", ""),
    ]
    assert snippet(EpisodeLinks(links[:1])) == [
        (
            '<podcast:transcript url="https://archive.test/v1/episodes/e1/transcript.vtt"'
            ' type="text/vtt" language="en" rel="captions" />'
        )
    ]


ATOM = """<?xml version="1.0" encoding="utf-8"?>
<{p}feed xmlns{c}="http://www.w3.org/2005/Atom" xml:lang="en">
  <{p}title>A show</{p}title><{p}id>urn:show</{p}id>
  <{p}entry>
    <{p}id>ep-1</{p}id><{p}title>One &amp; only</{p}title>
    <{p}published>2026-11-21T10:00:00Z</{p}published>
    <{p}link href="https://x.test/1"/>
    <{p}link rel="enclosure" type="audio/mpeg" href="https://x.test/1.mp3"/>
    <{p}author><{p}name>Ada</{p}name></{p}author>
  </{p}entry>
  <{p}entry><{p}id>ep-2</{p}id><{p}title>Two</{p}title></{p}entry>
</{p}feed>
"""


@pytest.mark.parametrize("prefix", ["", "a"])
def test_an_atom_feed_gets_its_tags_too(prefix: str) -> None:
    dotted, bound = (f"{prefix}:", f":{prefix}") if prefix else ("", "")
    feed = ATOM.format(p=dotted, c=bound)
    first, second = feed_items(feed.encode())
    assert (first.guid, first.title, first.link) == ("ep-1", "One & only", "https://x.test/1")
    assert (first.enclosure_url, first.published) == (
        "https://x.test/1.mp3", "2026-11-21T10:00:00Z",
    )  # fmt: skip
    assert second.guid == "ep-2"
    enriched = enrich_feed(feed.encode(), only("ep-1"))
    assert is_atom(enriched)
    entries = ET.fromstring(enriched).findall("{http://www.w3.org/2005/Atom}entry")
    tags = [len(each.findall(f"{{{NAMESPACE}}}transcript")) for each in entries]
    assert tags == [2, 0]
    assert entries[0].find(f"{{{NAMESPACE}}}chapters") is not None
    assert enrich_feed(enriched, only("ep-1")) == enriched, "a second run changes nothing"
    without = re.sub(r"\n    <podcast:[^>]+ />|\sxmlns:podcast=\"[^\"]+\"", "", enriched.decode())
    assert without == feed


def test_chapters_of_the_creator_in_the_feed_itself_are_kept() -> None:
    simple = (
        '<psc:chapters xmlns:psc="http://podlove.org/simple-chapters">'
        '<psc:chapter start="0" title="In"/></psc:chapters>'
    )
    feed = FEED.replace("<guid>ep-2</guid>", f"<guid>ep-2</guid>{simple}")
    enriched = enrich_feed(feed.encode(), only("ep-2"))
    assert children(enriched, 1, "chapters") == []
    assert len(children(enriched, 1, "transcript")) == 2
