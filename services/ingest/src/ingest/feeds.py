"""Podcast feeds: followed, their back catalogue taken in, polled for new episodes."""

import hashlib
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from everyword_events import EverywordError, InvalidInput, NotFound
from ingest.domain.feed import Feed, FeedImport, FeedRecord, FeedReport
from ingest.domain.languages import checked_language
from ingest.domain.metadata import MOST_TITLE_CHARACTERS, checked_title, clean
from ingest.estimating import Estimator
from ingest.feed_imports import FeedImports, report_of
from ingest.feed_items import line_of
from ingest.feed_source import FeedSource
from ingest.ports import FeedStore

LOOK_EVERY_S: Final = 0.1
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class FeedRequest:
    """A feed to follow: only its `newest` items (0: all), or those published `since`."""

    url: str
    show: str = ""
    language: str = ""
    newest: int = 0
    since: datetime | None = None


class Feeds:
    """Follows feeds. What goes wrong with one item is that item's report, never the feed's end."""

    def __init__(
        self,
        *,
        store: FeedStore,
        source: FeedSource,
        imports: FeedImports,
        estimator: Estimator,
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._source = source
        self.imports = imports
        self._estimator = estimator
        self._clock = clock

    def start(self, request: FeedRequest) -> FeedReport:
        """Follow a feed, and keep it to be taken in by `imports.work`; say how far that is.

        A feed that is followed already is taken in again, as the new request says.

        Raises:
            InvalidInput: no address, not allowed, or not a feed.
            TransientFailure: its server fails now.
        """
        return self.imports.report(self._started(request).import_id)

    def add(self, request: FeedRequest) -> FeedReport:
        """Follow a feed and take in what is asked of it, at once.

        Raises:
            InvalidInput, TransientFailure: as `start`.
        """
        job = self.imports.run(self._started(request))
        return self.imports.report(job.import_id)

    def dry_run(self, request: FeedRequest) -> FeedReport:
        """Say what following a feed would bring, with hours, time and cost.

        Raises:
            InvalidInput, TransientFailure: as `start`.
        """
        _, feed = self._source.page(request.url)
        record = self._named(request, feed)
        planned = self.imports.plan(record, feed, reconsider=True)
        report = report_of(record, tuple(line_of(each) for each in planned))
        items = [each.item for each in planned if each.action in {"added", "changed"}]
        estimate = self._estimator.estimate(items, record.show)
        return report.model_copy(update={"dry_run": True, "estimate": estimate})

    def wait(self, import_id: str, *, at_most_s: float) -> FeedReport:
        """Return an import's report when it is over, or after so long."""
        deadline = time.monotonic() + at_most_s
        while True:
            report = self.imports.report(import_id)
            if report.state != "running" or time.monotonic() >= deadline:
                return report
            time.sleep(LOOK_EVERY_S)

    def feeds(self) -> Sequence[FeedRecord]:
        """Return the feeds that are followed, oldest first."""
        return self._store.feeds()

    def remove(self, feed_id: str) -> FeedRecord:
        """Follow a feed no more; its episodes stay.

        Raises:
            NotFound: no such feed.
        """
        record = self._found(feed_id)
        for job in self.imports.newest():
            if job.feed.feed_id == record.feed_id:
                self.imports.cancel(job.import_id)
        self._store.remove(record.feed_id)
        return record

    def poll(self, feed_id: str) -> FeedReport:
        """Ask a feed, by its id or its address, for what is new.

        Raises:
            NotFound: no such feed.
            InvalidInput, TransientFailure: as `start`; the feed's record says so too.
        """
        return self.imports.poll(self._found(feed_id))

    def start_poll(self, feed_id: str) -> FeedReport:
        """Have a feed asked for what is new, by `imports.work`; say how far that is.

        Raises:
            NotFound: no such feed.
        """
        return self.imports.report(self.imports.start_poll(self._found(feed_id)).import_id)

    def of_show(self, show: str) -> FeedRecord:
        """Return the feed that a show's episodes come from.

        Raises:
            NotFound: none is followed.
        """
        for record in self._store.feeds():
            if record.show == show:
                return record
        raise NotFound(
            f"no feed is followed for the show {show[:80]!r}",
            hint="`everyword feeds add URL` follows one",
            code="feed_missing",
        )

    def document_of(self, show: str) -> bytes:
        """Return the bytes of a show's own feed; raises as `of_show` and `document` do."""
        return self.document(self.of_show(show))

    def document(self, record: FeedRecord) -> bytes:
        """Return a feed's own bytes; see `FeedSource.document`."""
        return self._source.document(record)

    def poll_due(self, stopping: Callable[[], bool] = lambda: False) -> Sequence[FeedReport]:
        """Poll every feed whose time has come; what fails is tried again later."""
        reports = []
        for record in self._store.feeds():
            if stopping():
                break
            if record.next_poll_at > self._clock():
                continue
            try:
                reports.append(self.poll(record.feed_id))
            except EverywordError as error:
                log.warning(
                    "feed not polled", extra={"feed_id": record.feed_id, "code": error.code}
                )
        return reports

    def _started(self, request: FeedRequest) -> FeedImport:
        unread = self._named(request, Feed())
        return self.imports.start(
            unread, repr(request), follow=lambda feed: self._named(request, feed)
        )

    def _named(self, request: FeedRequest, feed: Feed) -> FeedRecord:
        """Return a feed's record, with the names that the request or the feed gives it."""
        language = checked_language(request.language) if request.language else _tag(feed.language)
        now = self._clock()
        return FeedRecord(
            feed_id=feed_id_of(request.url),
            url=request.url,
            show=checked_title(request.show, what="show")
            or clean(feed.title)[:MOST_TITLE_CHARACTERS]
            or _host(request.url),
            title=clean(feed.title),
            language=language,
            newest=request.newest,
            since=request.since,
            added_at=now,
            next_poll_at=now,
        )

    def _found(self, feed_id: str) -> FeedRecord:
        for record in self._store.feeds():
            if feed_id in {record.feed_id, record.url}:
                return record
        raise NotFound(
            f"no feed {feed_id[:80]!r} is followed",
            hint="`everyword feeds list` shows those that are",
            code="feed_missing",
        )


def feed_id_of(url: str) -> str:
    """Return a feed's id: the same address is the same feed."""
    return hashlib.sha256(url.strip().encode()).hexdigest()[:12]


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _tag(language: str) -> str:
    """Return the feed's language, or nothing where it names none that exists."""
    try:
        return checked_language(language)
    except InvalidInput:
        return ""
