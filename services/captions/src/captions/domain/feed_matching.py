"""Which episode of the archive an item of a feed is.

A transcript of another episode under an item is worse than none, as apps show it to everybody. So
an item and an episode belong together only by a key that is one item's and one episode's alone.
"""

import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from html import unescape
from pathlib import PurePosixPath
from typing import Final, TypeVar
from urllib.parse import SplitResult, unquote, urlsplit

from captions.domain.feed import FeedItemIdentity


@dataclass(frozen=True, slots=True)
class ArchivedEpisode:
    """What the archive knows an episode by; `source_url` is where its audio was fetched."""

    episode_id: str
    title: str
    guid: str = ""
    source_url: str = ""
    link: str = ""
    filename: str = ""
    published_at: datetime | None = None
    language: str = ""
    has_chapters: bool = False


_HOST: Final = re.compile(
    r"(?:[a-z0-9-]+\.)+(?!(?:mp3|m4a|m4b|mp4|aac|ogg|oga|opus|wav|flac|php|html?)\Z)[a-z]{2,12}"
)
_CHANGING: Final = re.compile(
    r"updated|token|expires?|exp|sig|signature|policy|key-pair-id|hash|hdnea|x-amz-.*|utm_.*|t|ts|_"
    r"|dest-id|ref|source|aid|pid|cache|nocache|rand|rnd|v",
    re.IGNORECASE,
)
T = TypeVar("T")
Key = Hashable | None
_ItemKey = Callable[[FeedItemIdentity], Key]
_EpisodeKey = Callable[[ArchivedEpisode], Key]


def match_items(
    items: Sequence[FeedItemIdentity], episodes: Sequence[ArchivedEpisode]
) -> dict[int, ArchivedEpisode]:
    """Return the episode of each item that has one, by the item's number.

    The surest key first: guid, the enclosure's address, the episode's page, title with date, then
    a title or a file's name where it is unique. An episode goes to one item.
    """
    found: dict[int, ArchivedEpisode] = {}
    taken: set[str] = set()
    for item_key, episode_key in _KEYS:
        by_key = _unique(episodes, episode_key)
        for key, item in _unique(items, item_key).items():
            episode = by_key.get(key)
            if episode is None or item.number in found or episode.episode_id in taken:
                continue
            if _dates_differ(item, episode) and item_key is not _guid:
                continue
            found[item.number] = episode
            taken.add(episode.episode_id)
    return found


def _unique(those: Iterable[T], key_of: Callable[[T], Key]) -> Mapping[Key, T]:
    """Return those whose key no other has."""
    keyed = [(key, each) for each in those if (key := key_of(each))]
    counts = Counter(key for key, _ in keyed)
    return {key: each for key, each in keyed if counts[key] == 1}


def _guid(item: FeedItemIdentity) -> Key:
    return item.guid


def _titled_on(item: FeedItemIdentity) -> Key:
    day = _day(item.published)
    return (_plain(item.title), day) if day and item.title else None


def _episode_titled_on(episode: ArchivedEpisode) -> Key:
    if episode.published_at is None or not episode.title:
        return None
    return _plain(episode.title), episode.published_at.astimezone(UTC).date()


_KEYS: Final[tuple[tuple[_ItemKey, _EpisodeKey], ...]] = (
    (_guid, lambda episode: episode.guid),
    (lambda item: _address(item.enclosure_url), lambda episode: _address(episode.source_url)),
    (
        lambda item: _stable_address(item.enclosure_url),
        lambda episode: _stable_address(episode.source_url),
    ),
    (lambda item: _address(item.link), lambda episode: _address(episode.link)),
    (_titled_on, _episode_titled_on),
    (lambda item: _plain(item.title), lambda episode: _plain(episode.title)),
    (lambda item: _file(item.enclosure_url), lambda episode: episode.filename),
)


def _dates_differ(item: FeedItemIdentity, episode: ArchivedEpisode) -> bool:
    """Tell whether both say when they were published, and not within a day of each other."""
    day = _day(item.published)
    if day is None or episode.published_at is None:
        return False
    return abs((episode.published_at.astimezone(UTC).date() - day).days) > 1


def _day(stated: str) -> date | None:
    try:
        moment = parsedate_to_datetime(stated)
    except ValueError:
        try:  # Atom's
            moment = datetime.fromisoformat(stated)
        except ValueError:
            return None
    return moment.astimezone(UTC).date() if moment.tzinfo else moment.date()


def _plain(title: str) -> str:
    return " ".join(unescape(unescape(title)).casefold().split())


def _address(url: str) -> str:
    """Return an address without its scheme, which hosts change, and without a fragment."""
    parts = _split(url.strip())
    return f"{parts.netloc.lower()}{parts.path}?{parts.query}" if parts.netloc else ""


def _stable_address(url: str) -> str:
    """Return an address without those that count downloads on the way, and what changes each time.

    `dts.podtrac.com/redirect.mp3/host.example/a.mp3?updated=7` is `host.example/a.mp3`. What else
    stands in the query may tell one file from another, and stays.
    """
    parts = _split(url.strip())
    if not parts.netloc:
        return ""
    way = [parts.netloc.lower(), *parts.path.split("/")[1:]]
    hosts = [at for at, part in enumerate(way[:-1]) if _HOST.fullmatch(part.lower())]
    way = way[hosts[-1] :] if hosts else way
    kept = [
        field
        for field in parts.query.split("&")
        if field and not _CHANGING.fullmatch(field.partition("=")[0])
    ]
    return f"{way[0].lower()}/{'/'.join(way[1:])}?{'&'.join(sorted(kept))}"


def _file(url: str) -> str:
    return PurePosixPath(unquote(_split(url).path)).name


def _split(url: str) -> SplitResult:
    """Split an address; one that is none (`https://[x/`) has no parts."""
    try:
        return urlsplit(url)
    except ValueError:
        return SplitResult("", "", "", "", "")
