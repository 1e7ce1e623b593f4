"""Reads a podcast's feed, RSS or Atom, as leniently as the world's feeds need.

feedparser knows dates, encodings and broken XML. It keeps the last of several tags of one name and
knows Podcasting 2.0 by its usual prefix only, so those tags are read beside it, by namespace.
"""

import calendar
import io
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import unescape
from typing import Any, Final
from urllib.parse import urljoin, urlsplit
from xml.parsers.expat import ExpatError, ParserCreate

import feedparser  # type: ignore[import-untyped]

from everyword_events import InvalidInput, LinkedFile
from ingest.domain.feed import Feed, FeedItem
from ingest.domain.stated_numbers import stated_number

_PODCAST: Final = frozenset(
    {
        "https://podcastindex.org/namespace/1.0",
        "http://podcastindex.org/namespace/1.0",
        "https://github.com/podcastindex-org/podcast-namespace/blob/main/docs/1.0.md",
    }
)
_SIMPLE_CHAPTERS: Final = "http://podlove.org/simple-chapters"
_TYPES: Final = {"application/srt": "application/x-subrip", "text/srt": "application/x-subrip"}
_PLAYABLE: Final = re.compile(
    r"\.(mp3|m4a|m4b|mp4|aac|ogg|oga|opus|flac|wav|mov|m4v|webm)\b", re.IGNORECASE
)
_MOST_TEXT: Final = 2000
_TAGS: Final = re.compile(
    r"</?(?:b|i|u|em|strong|span|sup|sub|small|br|p|a)(?:\s[^<>]*)?/?>", re.IGNORECASE
)
_CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_EPOCH_S: Final = re.compile(r"1\d{9}")


def read_feed(raw: bytes, *, url: str, media_type: str = "") -> Feed:
    """Read one page of a feed that came from `url`.

    Raises:
        InvalidInput: it is no feed (code `feed_invalid`).
    """
    # Without the feed's address: feedparser would make addresses of guids, which then change with
    # the feed's.
    headers = {"content-type": media_type} if media_type else {}
    # As a file: feedparser opens bytes that look like a path or an address.
    try:
        parsed = feedparser.parse(io.BytesIO(raw), response_headers=headers, sanitize_html=False)
    except Exception as error:  # feedparser trips over odd encodings and cut-off declarations
        raise InvalidInput(
            f"a feed that cannot be read: {error}",
            hint="open it in a feed validator, and tell its host",
            code="feed_invalid",
        ) from error
    if not parsed.get("version"):
        raise InvalidInput(
            "not a podcast's feed: neither RSS nor Atom",
            hint="give the feed's own address; a podcast's web page often links to it",
            code="feed_invalid",
        )
    extras = list(_extras(raw))
    if len(extras) != len(parsed.entries):  # not well-formed: feedparser guessed where items end
        extras = [_Extras() for _ in parsed.entries]
    return Feed(
        title=_plain(parsed.feed.get("title")),
        language=_text(parsed.feed.get("language")),
        items=tuple(
            _item(each, more, url) for each, more in zip(parsed.entries, extras, strict=True)
        ),
        next_url=_next_url(parsed.feed.get("links", []), url),
    )


@dataclass
class _Extras:
    """What an item says in tags of namespaces that feedparser does not follow."""

    persons: list[str] = field(default_factory=list)
    transcripts: list[LinkedFile] = field(default_factory=list)
    chapters: LinkedFile | None = None
    inline: list[tuple[float, str]] = field(default_factory=list)


def _item(entry: Any, more: _Extras, url: str) -> FeedItem:
    enclosure = _enclosure(entry)
    title = entry.get("title") or entry.get("itunes_title")
    # feedparser tells the `xml:base` that holds for an element, and follows it for some of them
    base = _address((entry.get("title_detail") or {}).get("base"), url) or url
    guid = _text(entry.get("id"))
    image = (entry.get("image") or {}).get("href")
    return FeedItem(
        guid=guid,
        title=_plain(title),
        link=_page(_text(entry.get("link")), guid, base),
        published_at=_published_at(entry),
        duration_s=_duration_s(_text(entry.get("itunes_duration"))),
        url=_address(enclosure.get("href"), base) or "",
        media_type=_text(enclosure.get("type")),
        bytes=stated_number(_text(enclosure.get("length"))) or 0,
        image_url=_address(image, base),
        persons=tuple(dict.fromkeys(more.persons)),
        transcripts=tuple(
            link for each in more.transcripts if (link := _absolute(each, base)) is not None
        ),
        chapters=_absolute(more.chapters, base) if more.chapters else None,
        inline_chapters=tuple(more.inline),
    )


def _enclosure(entry: Any) -> Mapping[str, Any]:
    """Return the enclosure that is sound, by its type or its name; else the first there is."""
    media = [
        {**each, "href": each.get("url"), "length": each.get("filesize")}
        for each in entry.get("media_content", [])
    ]
    found = [each for each in (*entry.get("enclosures", []), *media) if each.get("href")]
    for each in found:
        kind = _text(each.get("type")).lower()
        if kind.startswith(("audio/", "video/")) or _PLAYABLE.search(each["href"]):
            return dict(each)
    others = [each for each in found if not _text(each.get("type")).startswith("image/")]
    return dict(others[0]) if others else {}


def _extras(raw: bytes) -> Iterator[_Extras]:
    """Walk a well-formed feed and yield each item's own tags; nothing of one that is not."""
    items: list[_Extras] = []
    path: list[str] = []
    text: list[str] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        space, _, local = name.rpartition(" ")
        if local.lower() in {"item", "entry"} and not _in_item(path):
            items.append(_Extras())
        elif items and _in_item(path):
            _note(items[-1], space.lower(), local.lower(), attributes)
        path.append(name)
        text.clear()

    def end(name: str) -> None:
        path.pop()
        space, _, local = name.rpartition(" ")
        if items and _in_item(path) and space.lower() in _PODCAST and local == "person":
            person = _text("".join(text))
            if person:
                items[-1].persons.append(person)

    parser = ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text.append
    try:
        parser.Parse(raw, True)
    except (ExpatError, LookupError, ValueError):  # an encoding that is none as well
        return
    yield from items


def _in_item(path: list[str]) -> bool:
    return any(each.rpartition(" ")[2] in {"item", "entry"} for each in path)


def _note(item: _Extras, space: str, local: str, attributes: Mapping[str, str]) -> None:
    url = attributes.get("url", "").strip()
    kind = attributes.get("type", "").partition(";")[0].strip().lower()
    if space in _PODCAST and local == "transcript" and url:
        language = attributes.get("language", "").strip()
        item.transcripts.append(
            LinkedFile(url=url, media_type=_TYPES.get(kind, kind), language=language)
        )
    elif space in _PODCAST and local == "chapters" and url:
        item.chapters = LinkedFile(url=url, media_type=kind)
    elif space == _SIMPLE_CHAPTERS and local == "chapter":
        start_s = _duration_s(attributes.get("start", ""))
        item.inline.append((start_s, _text(attributes.get("title"))))


def _absolute(link: LinkedFile, base: str) -> LinkedFile | None:
    address = _address(link.url, base)
    return link.model_copy(update={"url": address}) if address else None


def _address(found: Any, base: str) -> str | None:
    """Return a web address, or None where it is none (`https://[x/`, `mailto:`)."""
    try:
        address = urljoin(base, _text(found)) if found else ""
        urlsplit(address)
    except ValueError:
        return None
    return address if address.startswith(("http://", "https://")) else None


def _next_url(links: Any, base: str) -> str | None:
    """Return the next page's address (RFC 5005)."""
    return next(
        (_address(each.get("href"), base) for each in links if each.get("rel") == "next"), None
    )


def _published_at(entry: Any) -> datetime | None:
    """Return an item's date; some write seconds since 1970, which are no date to feedparser."""
    stated = _text(dict.get(entry, "published"))
    if _EPOCH_S.fullmatch(stated):
        return datetime.fromtimestamp(int(stated), UTC)
    # dict.get: feedparser's own puts one date in the other's place, and warns of it
    return _moment(dict.get(entry, "published_parsed") or dict.get(entry, "updated_parsed"))


def _page(link: str, guid: str, base: str) -> str | None:
    """Return an item's page; feedparser takes a guid for one, which is only if it is an address."""
    return None if link == guid and "://" not in link else _address(link, base)


def _plain(title: Any) -> str:
    """Return a title as text: its tags taken away, and what is still escaped once more decoded."""
    return _text(unescape(_TAGS.sub("", unescape(str(title or "")))))


def _moment(parsed: Any) -> datetime | None:
    if not parsed:
        return None
    try:
        return datetime.fromtimestamp(calendar.timegm(parsed), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _duration_s(stated: str) -> float:
    """Read `3723`, `62:03`, `1:02:03` or `1:02:03.5`; 0 for anything else."""
    seconds = 0.0
    for part in stated.split(":"):
        try:
            seconds = seconds * 60 + float(part)
        except ValueError:
            return 0.0
    return seconds if math.isfinite(seconds) and 0 <= seconds < _MOST_SECONDS else 0.0


_MOST_SECONDS: Final = 100 * 3600


def _text(found: Any) -> str:
    return " ".join(_CONTROLS.sub(" ", str(found or "")).split())[:_MOST_TEXT]
