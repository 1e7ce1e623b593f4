"""Reads podcast feeds from the web: their pages, and their own bytes."""

import gzip
import io
import zlib
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import uuid4

from everyword_events import EverywordError, InvalidInput
from ingest.domain.feed import Feed, FeedItem, FeedRecord
from ingest.ports import FeedReader, Fetched, Fetcher, FetchRequest

MOST_FEED_BYTES: Final = 60_000_000
FEED_TOTAL_S: Final = 180.0
MOST_PAGES: Final = 200
DOCUMENT_FRESH_S: Final = 300.0


class FeedSource:
    """Fetches feeds. `scratch` is a folder for downloads under way."""

    def __init__(
        self,
        fetcher: Fetcher,
        read_feed: FeedReader,
        *,
        scratch: Path,
        clock: Callable[[], datetime],
    ) -> None:
        self._fetcher = fetcher
        self._read_feed = read_feed
        self._scratch = scratch
        self._clock = clock
        self._documents: dict[str, tuple[datetime, bytes]] = {}

    def page(
        self,
        url: str,
        record: FeedRecord | None = None,
        *,
        keep: Path | None = None,
        total_s: float = FEED_TOTAL_S,
    ) -> tuple[Fetched, Feed]:
        """Fetch one page; with `record` only if it changed since, with `keep` its bytes stay there.

        Raises:
            InvalidInput: no address, not allowed, or not a feed.
            TransientFailure: its server fails now.
        """
        fetched, raw = self._bytes(url, record, total_s=total_s)
        if fetched.not_modified:
            return fetched, Feed()
        feed = self.read(raw, fetched)
        if keep is not None:
            keep.write_bytes(raw)
        return fetched, feed

    def read(self, raw: bytes, fetched: Fetched) -> Feed:
        """Read a page that was fetched.

        Raises:
            InvalidInput: it is no feed.
        """
        return self._read_feed(raw, url=fetched.url, media_type=fetched.media_type)

    def kept(self, name: str) -> Path:
        """Return where a document that must outlive this process is kept."""
        self._scratch.mkdir(parents=True, exist_ok=True)
        return self._scratch / f"feed-{name}.kept"

    def all_items(self, feed: Feed) -> Iterator[FeedItem]:
        """Walk a feed's pages; one that leads back to an earlier one is the last.

        Raises:
            InvalidInput, TransientFailure: as `page`.
        """
        seen: set[str] = set()
        while True:
            yield from feed.items
            following = feed.next_url
            if not following or following in seen or len(seen) >= MOST_PAGES:
                return
            seen.add(following)
            _, feed = self.page(following)

    def document(self, record: FeedRecord) -> bytes:
        """Return a feed's own bytes, a few minutes old at most; older ones while its host fails.

        Raises:
            InvalidInput, TransientFailure: it cannot be fetched, and never was.
        """
        kept = self._documents.get(record.feed_id)
        now = self._clock()
        if kept is not None and now - kept[0] < timedelta(seconds=DOCUMENT_FRESH_S):
            return kept[1]
        try:
            _, raw = self._bytes(record.url)
        except EverywordError:
            if kept is None:
                raise
            return kept[1]
        self._documents[record.feed_id] = (now, raw)
        return raw

    def _bytes(
        self, url: str, record: FeedRecord | None = None, *, total_s: float = FEED_TOTAL_S
    ) -> tuple[Fetched, bytes]:
        self._scratch.mkdir(parents=True, exist_ok=True)
        fetched = self._fetcher.fetch(
            FetchRequest(
                url=url,
                to=self._scratch / f"feed-{uuid4().hex}",
                max_bytes=MOST_FEED_BYTES,
                total_s=total_s,
                etag=record.etag if record else "",
                last_modified=record.last_modified if record else "",
            )
        )
        if fetched.not_modified:
            return fetched, b""
        raw = _unpacked(fetched.path.read_bytes())
        fetched.path.unlink()
        return fetched, raw


def _unpacked(raw: bytes) -> bytes:
    """Return a feed that is kept as a gzip file, as some hosts have it, up to the usual size.

    Raises:
        InvalidInput: it is damaged, or larger.
    """
    if not raw.startswith(b"\x1f\x8b"):
        return raw
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(raw)) as packed:
            text = packed.read(MOST_FEED_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise InvalidInput(
            f"a feed in a gzip file that is damaged: {error}",
            hint="fetch it again, and tell its host",
            code="feed_invalid",
        ) from error
    if len(text) > MOST_FEED_BYTES:
        raise InvalidInput(
            f"a feed of more than {MOST_FEED_BYTES // 1_000_000} MB", code="feed_invalid"
        )
    return text
