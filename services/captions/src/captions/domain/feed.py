"""Podcasting 2.0 tags for a feed: links to an episode's transcripts and chapters.

A feed is never written anew. Tags are spliced into its own bytes before an item's end, so that
all else - comments, CDATA, prefixes, order, even white space - stays as its creator left it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final
from xml.parsers.expat import ExpatError, ParserCreate
from xml.sax.saxutils import quoteattr

from captions.domain.file_formats import FORMATS
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
_ATOM: Final = "http://www.w3.org/2005/Atom "
_RSS_ITEM: Final = ("rss", "channel", "item")
_ATOM_ITEM: Final = (f"{_ATOM}feed", f"{_ATOM}entry")
_KNOWN: Final = {
    "guid": "guid",
    "title": "title",
    "link": "link",
    "pubDate": "published",
    f"{_ATOM}id": "guid",
    f"{_ATOM}title": "title",
    f"{_ATOM}published": "published",
}
_SIMPLE_CHAPTERS: Final = "http://podlove.org/simple-chapters chapters"
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
class FeedItemIdentity:
    """What an item says of itself, to find its episode by."""

    guid: str = ""
    title: str = ""
    link: str = ""
    enclosure_url: str = ""
    published: str = ""
    number: int = field(default=0, compare=False)


def feed_items(feed: bytes) -> list[FeedItemIdentity]:
    """Return what the items of a feed say of themselves, in order; `number` counts from 0.

    Raises:
        InvalidInput: not XML, or neither an RSS nor an Atom feed.
    """
    return [item.told for item in _Scan(feed).items]


def chapters_address(base_url: str, episode_id: str) -> str:
    """Return where an episode's chapters are."""
    return f"{base_url.rstrip('/')}/v1/episodes/{episode_id}/chapters.json"


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


def is_atom(feed: bytes) -> bool:
    """Tell whether a feed is Atom.

    Raises:
        InvalidInput: as `feed_items`.
    """
    return _Scan(feed).is_atom


def enrich_feed(feed: bytes, links_for: Callable[[FeedItemIdentity], EpisodeLinks | None]) -> bytes:
    """Add transcript and chapter tags to the items that `links_for` knows links for.

    What an item has already is kept and not doubled: a transcript of the same type and language,
    or any chapters. So a second run changes nothing.

    Raises:
        InvalidInput: not XML, or neither an RSS nor an Atom feed.
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

    told: FeedItemIdentity = field(default_factory=FeedItemIdentity)
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
        self._item_path: tuple[str, ...] = _RSS_ITEM
        self._text: list[str] = []
        self._parser = ParserCreate(namespace_separator=" ")
        self._parser.buffer_text = True
        self._parser.StartNamespaceDeclHandler = self._declared
        self._parser.StartElementHandler = self._started
        self._parser.EndElementHandler = self._ended
        self._parser.CharacterDataHandler = self._text.append
        try:
            self._parser.Parse(feed, True)
        except (ExpatError, LookupError, ValueError) as error:  # an encoding that is none as well
            raise InvalidInput(f"not XML: {error}", code="feed_invalid") from error
        if self._root not in {_RSS_ITEM[0], _ATOM_ITEM[0]}:
            raise InvalidInput(
                f"neither an RSS nor an Atom feed: it begins with <{self._root}>",
                code="feed_invalid",
            )

    @property
    def is_atom(self) -> bool:
        """Whether it is an Atom feed."""
        return self._item_path == _ATOM_ITEM

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
            self._item_path = _ATOM_ITEM if name == _ATOM_ITEM[0] else _RSS_ITEM
            self.root_name_end = at + self._name_bytes(at)
        elif (*self._path, name) == self._item_path:
            self.items.append(_Item(FeedItemIdentity(number=len(self.items))))
        elif self._in_item():
            item = self.items[-1]
            if not item.tail:
                item.indent = self._white_before(at)
                item.tail = -1
            self._noted(item, name, attributes)
        self._path.append(name)
        self._text.clear()

    def _in_item(self) -> bool:
        return tuple(self._path) == self._item_path

    def _noted(self, item: _Item, name: str, attributes: dict[str, str]) -> None:
        uri, _, local = name.rpartition(" ")
        url = attributes.get("url", "").strip()
        if uri in _ALIASES and local == "transcript":
            stated = attributes.get("type", "").partition(";")[0].strip().lower()
            media_type = _SAME_TYPES.get(stated, stated)
            item.transcripts.add((media_type, attributes.get("language", "").strip().lower()))
            item.urls.add(url)
        elif (uri in _ALIASES and local == "chapters") or name == _SIMPLE_CHAPTERS:
            item.chapters = True
        elif name == "enclosure" and not item.told.enclosure_url:
            item.told.enclosure_url = url
        elif name == f"{_ATOM}link" and self._item_path == _ATOM_ITEM:
            _link_noted(item.told, attributes)

    def _ended(self, name: str) -> None:
        self._path.pop()
        if self._in_item() and name in _KNOWN:
            setattr(self.items[-1].told, _KNOWN[name], "".join(self._text).strip())
        elif (*self._path, name) == self._item_path:
            at = self._parser.CurrentByteIndex
            item = self.items[-1]
            if self._feed.startswith("</".encode(self.encoding), at):
                item.end = at
                item.tail = at - len(self._white_before(at).encode(self.encoding))

    def _name_bytes(self, at: int) -> int:
        """Return how long a tag's bracket and name are, as the feed has them, with its prefix."""
        unit = len(" ".encode(self.encoding))
        end = at
        while self._feed[end : end + unit].decode(self.encoding, "replace") not in _NAME_ENDS:
            end += unit
        return end - at

    def _white_before(self, at: int) -> str:
        """Return the white space that stands before a byte, back to the tag before it."""
        unit = len(" ".encode(self.encoding))
        begin = at
        while begin >= unit and self._feed[begin - unit : begin].decode(
            self.encoding, "replace"
        ) in {" ", "\t", "\r", "\n"}:
            begin -= unit
        return self._feed[begin:at].decode(self.encoding)


_NAME_ENDS: Final = frozenset(" \t\r\n/>") | {""}


def _link_noted(told: FeedItemIdentity, attributes: dict[str, str]) -> None:
    """Note an Atom link: to the entry's page, or to its audio."""
    address = attributes.get("href", "").strip()
    rel = attributes.get("rel", "alternate")
    if rel == "alternate" and not told.link:
        told.link = address
    elif rel == "enclosure" and not told.enclosure_url:
        told.enclosure_url = address


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
