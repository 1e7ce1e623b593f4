"""Podcasting 2.0 tags for a feed: links to an episode's transcripts and chapters.

A feed is never written anew. Tags are spliced into its own bytes before an item's end, so that
all else - comments, CDATA, prefixes, order, even white space - stays as its creator left it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final
from xml.parsers.expat import ExpatError, ParserCreate
from xml.sax.saxutils import quoteattr

from captions.domain.formats import FORMATS
from everyword_events import InvalidInput

NAMESPACE: Final = "https://podcastindex.org/namespace/1.0"
CHAPTERS_TYPE: Final = "application/json+chapters"
_ALIASES: Final = frozenset(
    {
        NAMESPACE,
        "http://podcastindex.org/namespace/1.0",
        "https://github.com/Podcastindex-org/podcast-namespace/blob/main/docs/1.0.md",
    }
)
_IN_FEEDS: Final = ("vtt", "srt", "podcast-json", "html", "txt")
_WITHOUT_TIMES: Final = frozenset({"html", "txt"})
_KNOWN: Final = {"guid": "guid", "title": "title", "link": "link", "pubDate": "published"}
_SAME_TYPES: Final = {"application/srt": "application/x-subrip", "text/srt": "application/x-subrip"}


@dataclass(frozen=True, slots=True)
class TranscriptLink:
    """One `podcast:transcript`; `language` is BCP 47 or empty, `rel` is `captions` or empty."""

    url: str
    media_type: str
    language: str = ""
    rel: str = ""


@dataclass(frozen=True, slots=True)
class EpisodeLinks:
    """What a feed's item shall link to."""

    transcripts: tuple[TranscriptLink, ...] = ()
    chapters_url: str | None = None


@dataclass(slots=True)
class FeedItem:
    """What an item says of itself, to find its episode by."""

    guid: str = ""
    title: str = ""
    link: str = ""
    enclosure_url: str = ""
    published: str = ""
    number: int = field(default=0, compare=False)


def feed_items(feed: bytes) -> list[FeedItem]:
    """Return what the items of a feed say of themselves, in order; `number` counts from 0.

    Raises:
        InvalidInput: not XML, or not an RSS feed.
    """
    return [item.told for item in _Scan(feed).items]


def transcript_links(
    base_url: str, episode_id: str, *, language: str = ""
) -> tuple[TranscriptLink, ...]:
    """Return the links to an episode's captions and transcripts below `base_url`."""
    address = f"{base_url.rstrip('/')}/v1/episodes/{episode_id}/transcript"
    return tuple(
        TranscriptLink(
            address + FORMATS[name].suffix,
            FORMATS[name].media_type.partition(";")[0],
            "" if language == "und" else language,
            "" if name in _WITHOUT_TIMES else "captions",
        )
        for name in _IN_FEEDS
    )


def snippet(links: EpisodeLinks, prefix: str = "podcast") -> list[str]:
    """Return the tags, to be pasted into an item by hand where a feed is made elsewhere."""
    tags = [
        _tag(f"{prefix}:transcript", url=x.url, type=x.media_type, language=x.language, rel=x.rel)
        for x in links.transcripts
    ]
    if links.chapters_url:
        tags.append(_tag(f"{prefix}:chapters", url=links.chapters_url, type=CHAPTERS_TYPE))
    return tags


def enrich_feed(feed: bytes, links_for: Callable[[FeedItem], EpisodeLinks | None]) -> bytes:
    """Add transcript and chapter tags to the items that `links_for` knows links for.

    What an item has already is kept and not doubled: a transcript of the same type and language,
    or any chapters. So a second run changes nothing.

    Raises:
        InvalidInput: not XML, or not an RSS feed.
    """
    scan = _Scan(feed)
    prefix = scan.prefix or scan.free_prefix()
    splices: list[tuple[int, str]] = []
    for item in scan.items:
        links = links_for(item.told)
        tags = snippet(item.missing(links), prefix) if links else []
        if tags and item.end is not None:
            splices.append((item.tail, "".join(item.indent + tag for tag in tags)))
    if splices and scan.prefix is None:
        splices.insert(0, (scan.root_name_end, f" xmlns:{prefix}={quoteattr(NAMESPACE)}"))
    return _spliced(feed, splices, scan.encoding)


@dataclass(slots=True)
class _Item:
    """An item as found: what it tells, what it links to, and where its last child ends."""

    told: FeedItem = field(default_factory=FeedItem)
    transcripts: set[tuple[str, str]] = field(default_factory=set)
    urls: set[str] = field(default_factory=set)
    chapters: bool = False
    indent: str = ""
    tail: int = 0
    end: int | None = None

    def missing(self, links: EpisodeLinks) -> EpisodeLinks:
        """Return the links that this item does not have in some form."""
        types = {media_type for media_type, _ in self.transcripts}
        return EpisodeLinks(
            tuple(
                link
                for link in links.transcripts
                if link.url not in self.urls
                and (link.media_type, link.language.lower()) not in self.transcripts
                and (link.media_type, "") not in self.transcripts
                and (link.language or link.media_type not in types)
            ),
            None if self.chapters else links.chapters_url,
        )


class _Scan:
    """Walks a feed once with expat, which knows the byte where each tag begins."""

    def __init__(self, feed: bytes) -> None:
        self.items: list[_Item] = []
        self.prefix: str | None = None
        self.root_name_end = 0
        self.encoding = _encoding_of(feed)
        self._feed = feed
        self._prefixes: set[str] = set()
        self._path: list[str] = []
        self._text: list[str] = []
        self._parser = ParserCreate(namespace_separator=" ")
        self._parser.buffer_text = True
        self._parser.StartNamespaceDeclHandler = self._declared
        self._parser.StartElementHandler = self._started
        self._parser.EndElementHandler = self._ended
        self._parser.CharacterDataHandler = self._text.append
        try:
            self._parser.Parse(feed, True)
        except ExpatError as error:
            raise InvalidInput(f"not XML: {error}", code="feed_invalid") from error
        if self._root != "rss":
            raise InvalidInput(
                f"not an RSS feed: it begins with <{self._root}>", code="feed_invalid"
            )

    def free_prefix(self) -> str:
        """Return a prefix that nothing in the feed is bound to, `podcast` if it may be."""
        number = 0
        prefix = "podcast"
        while prefix in self._prefixes:
            number += 1
            prefix = f"podcast{number}"
        return prefix

    def _declared(self, prefix: str | None, uri: str) -> None:
        if uri in _ALIASES and not self._path and prefix:
            self.prefix = prefix
        if prefix:
            self._prefixes.add(prefix)

    def _started(self, name: str, attributes: dict[str, str]) -> None:
        at = self._parser.CurrentByteIndex
        if not self._path:
            self._root = name
            self.root_name_end = at + len(f"<{name}".encode(self.encoding))
        elif self._path == ["rss", "channel"] and name == "item":
            self.items.append(_Item(FeedItem(number=len(self.items))))
        elif self._in_item():
            item = self.items[-1]
            if not item.tail:
                item.indent = self._white_before(at)
                item.tail = -1
            self._noted(item, name, attributes)
        self._path.append(name)
        self._text.clear()

    def _in_item(self) -> bool:
        return self._path == ["rss", "channel", "item"]

    def _noted(self, item: _Item, name: str, attributes: dict[str, str]) -> None:
        uri, _, local = name.rpartition(" ")
        url = attributes.get("url", "").strip()
        if uri in _ALIASES and local == "transcript":
            stated = attributes.get("type", "").partition(";")[0].strip().lower()
            media_type = _SAME_TYPES.get(stated, stated)
            item.transcripts.add((media_type, attributes.get("language", "").strip().lower()))
            item.urls.add(url)
        elif uri in _ALIASES and local == "chapters":
            item.chapters = True
        elif name == "enclosure" and not item.told.enclosure_url:
            item.told.enclosure_url = url

    def _ended(self, name: str) -> None:
        self._path.pop()
        if self._in_item() and name in _KNOWN:
            setattr(self.items[-1].told, _KNOWN[name], "".join(self._text).strip())
        elif name == "item" and self._path == ["rss", "channel"]:
            at = self._parser.CurrentByteIndex
            item = self.items[-1]
            if self._feed.startswith("</".encode(self.encoding), at):
                item.end = at
                item.tail = at - len(self._white_before(at).encode(self.encoding))

    def _white_before(self, at: int) -> str:
        """Return the white space that stands before a byte, back to the tag before it."""
        unit = len(" ".encode(self.encoding))
        begin = at
        while begin >= unit and self._feed[begin - unit : begin].decode(
            self.encoding, "replace"
        ) in {" ", "\t", "\r", "\n"}:
            begin -= unit
        return self._feed[begin:at].decode(self.encoding)


def _encoding_of(feed: bytes) -> str:
    """Return an encoding in which ASCII reads and writes as the feed's own does."""
    for mark, encoding in (
        (b"\xff\xfe", "utf-16-le"),
        (b"<\0", "utf-16-le"),
        (b"\xfe\xff", "utf-16-be"),
        (b"\0<", "utf-16-be"),
    ):
        if feed.startswith(mark):
            return encoding
    return "latin-1"


def _spliced(feed: bytes, splices: Iterable[tuple[int, str]], encoding: str) -> bytes:
    parts: list[bytes] = []
    done = 0
    for at, text in splices:
        ascii_only = text.encode("ascii", "xmlcharrefreplace").decode()
        parts += [feed[done:at], ascii_only.encode(encoding)]
        done = at
    return b"".join([*parts, feed[done:]])


def _tag(name: str, **attributes: str) -> str:
    given = "".join(f" {key}={quoteattr(value)}" for key, value in attributes.items() if value)
    return f"<{name}{given} />"
