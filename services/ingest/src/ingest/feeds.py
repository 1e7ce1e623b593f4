"""Podcast feeds: followed, their back catalogue taken in, polled for new episodes."""

import hashlib
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit
from uuid import uuid4

from everyword_events import (
    EpisodeOrigin,
    EverywordError,
    InvalidInput,
    NotFound,
    TransientFailure,
)
from ingest.chapters import Chapter, Chapters
from ingest.config import IngestSettings
from ingest.domain import NewEpisode
from ingest.domain.feed import (
    Feed,
    FeedItem,
    FeedRecord,
    FeedReport,
    ItemReport,
    KnownItem,
    PlannedItem,
    plan,
)
from ingest.domain.languages import checked_language
from ingest.domain.metadata import MOST_TITLE_CHARACTERS, checked_link, checked_title, clean
from ingest.estimating import Estimator
from ingest.intake import Intake
from ingest.ports import FeedReader, FeedStore, Fetched, Fetcher, FetchRequest
from ingest.replacing import AudioReplacement

MOST_FEED_BYTES: Final = 60_000_000
FEED_TOTAL_S: Final = 180.0
MOST_PAGES: Final = 200
DOCUMENT_FRESH_S: Final = 300.0
LONGEST_PAUSE_S: Final = 24 * 3600.0
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
        fetcher: Fetcher,
        read_feed: FeedReader,
        intake: Intake,
        chapters: Chapters,
        replacement: AudioReplacement,
        estimator: Estimator,
        scratch: Path,
        settings_for: Callable[[str], IngestSettings],
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._fetcher = fetcher
        self._read_feed = read_feed
        self._intake = intake
        self._chapters = chapters
        self._replacement = replacement
        self._estimator = estimator
        self._scratch = scratch
        self._settings_for = settings_for
        self._clock = clock
        self._documents: dict[str, tuple[datetime, bytes]] = {}

    def add(
        self, request: FeedRequest, *, dry_run: bool = False, in_background: bool = False
    ) -> FeedReport:
        """Follow a feed and take in what is asked of it; a dry run says what that would be.

        A feed that is followed already is polled with the new request. `in_background` leaves
        audio that changed to the next poll, which is then due at once.

        Raises:
            InvalidInput: no address, not allowed, or not a feed.
            TransientFailure: its server fails now.
        """
        feed_id = feed_id_of(request.url)
        fetched, feed = self._fetch(request.url)
        language = checked_language(request.language) if request.language else _tag(feed.language)
        now = self._clock()
        record = FeedRecord(
            feed_id=feed_id,
            url=request.url,
            show=checked_title(request.show, what="show")
            or clean(feed.title)[:MOST_TITLE_CHARACTERS]
            or urlsplit(request.url).hostname
            or "",
            title=clean(feed.title),
            language=language,
            newest=request.newest,
            since=request.since,
            added_at=now,
            next_poll_at=now,
        )
        known = {each.identity: each for each in self._store.items(feed_id)}
        planned = plan(
            list(self._all_items(feed)),
            known,
            newest=request.newest,
            since=request.since,
            reconsider=True,
        )
        if dry_run:
            return self._dry(record, planned)
        self._store.put(record)
        return self._carried_out(record, planned, fetched, in_background=in_background)

    def feeds(self) -> Sequence[FeedRecord]:
        """Return the feeds that are followed, oldest first."""
        return self._store.feeds()

    def remove(self, feed_id: str) -> FeedRecord:
        """Follow a feed no more; its episodes stay.

        Raises:
            NotFound: no such feed.
        """
        record = self._found(feed_id)
        self._store.remove(record.feed_id)
        return record

    def poll(self, feed_id: str, *, in_background: bool = False) -> FeedReport:
        """Ask a feed, by its id or its address, for what is new; `in_background` as in `add`.

        Raises:
            NotFound: no such feed.
            InvalidInput, TransientFailure: as `add`; the feed's record says so too.
        """
        record = self._found(feed_id)
        try:
            fetched, feed = self._fetch(record.url, record)
            if fetched.not_modified:
                self._store.put(self._polled(record, fetched))
                return _report(record, (), not_modified=True)
            known = {each.identity: each for each in self._store.items(record.feed_id)}
            planned = plan(list(self._all_items(feed)), known)
            return self._carried_out(record, planned, fetched, in_background=in_background)
        except EverywordError as error:
            self._store.put(self._failed(record, error))
            raise

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
            _, raw = self._fetch_bytes(record.url)
        except EverywordError:
            if kept is None:
                raise
            return kept[1]
        self._documents[record.feed_id] = (now, raw)
        return raw

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

    def _carried_out(
        self,
        record: FeedRecord,
        planned: Sequence[PlannedItem],
        fetched: Fetched,
        *,
        in_background: bool,
    ) -> FeedReport:
        later = in_background and any(each.action == "changed" for each in planned)
        report = self._carry_out(record, planned, leaving_changed=later)
        if later:
            fetched = replace(fetched, etag="", last_modified="")
        after = self._polled(record, fetched)
        if later:
            after = after.model_copy(update={"next_poll_at": self._clock()})
        self._store.put(after)
        return report

    def _carry_out(
        self, record: FeedRecord, planned: Sequence[PlannedItem], *, leaving_changed: bool
    ) -> FeedReport:
        """Act upon the plan, oldest items first, so that ids sort as the show was published."""
        done: dict[int, ItemReport] = {}
        for number in reversed(range(len(planned))):
            each = planned[number]
            if leaving_changed and each.action == "changed":
                done[number] = _line(each)
                continue
            try:
                done[number] = self._act(record, each)
            except (InvalidInput, TransientFailure) as error:
                done[number] = _line(each, action="failed", message=error.message)
        return _report(record, tuple(done[number] for number in range(len(planned))))

    def _act(self, record: FeedRecord, planned: PlannedItem) -> ItemReport:
        item, known = planned.item, planned.known
        episode_id = known.episode_id if known else None
        if planned.action == "added":
            episode_id = self._take_in(record, item)
        elif planned.action == "changed":
            assert episode_id is not None
            show = record.show
            if not self._replacement.replace(episode_id, item.url, show=show):
                planned = PlannedItem(item, "moved", "the same audio as before", known)
        if item.identity and item.url and not (known and planned.action == "skipped"):
            self._store.put_item(
                record.feed_id,
                KnownItem(
                    identity=known.identity if known else item.identity,
                    url=item.url,
                    bytes=item.bytes,
                    episode_id=episode_id,
                ),
            )
        return _line(planned, episode_id=episode_id)

    def _take_in(self, record: FeedRecord, item: FeedItem) -> str:
        new = NewEpisode(
            title=clean(item.title)[:MOST_TITLE_CHARACTERS],
            show=record.show,
            media_type="",
            language=record.language,
            published_at=item.published_at,
            link=_link(item.link),
        )
        origin = EpisodeOrigin(
            url=item.url,
            guid=item.guid,
            feed_url=record.url,
            image_url=item.image_url,
            persons=item.persons,
            transcripts=item.transcripts,
            chapters=item.chapters,
        )
        announced = self._intake.import_audio(new, origin)
        episode_id = announced.episode.episode_id
        if item.inline_chapters and item.chapters is None and not announced.existing:
            chapters = [
                Chapter(start_s=start_s, title=title) for start_s, title in item.inline_chapters
            ]
            self._chapters.keep(chapters, episode_id=episode_id, run_id=episode_id)
        return episode_id

    def _all_items(self, feed: Feed) -> Iterator[FeedItem]:
        """Walk a feed's pages; one that leads back to an earlier one is the last."""
        seen: set[str] = set()
        while True:
            yield from feed.items
            following = feed.next_url
            if not following or following in seen or len(seen) >= MOST_PAGES:
                return
            seen.add(following)
            _, feed = self._fetch(following)

    def _fetch(self, url: str, record: FeedRecord | None = None) -> tuple[Fetched, Feed]:
        fetched, raw = self._fetch_bytes(url, record)
        if fetched.not_modified:
            return fetched, Feed()
        return fetched, self._read_feed(raw, url=fetched.url, media_type=fetched.media_type)

    def _fetch_bytes(self, url: str, record: FeedRecord | None = None) -> tuple[Fetched, bytes]:
        self._scratch.mkdir(parents=True, exist_ok=True)
        fetched = self._fetcher.fetch(
            FetchRequest(
                url=url,
                to=self._scratch / f"feed-{uuid4().hex}",
                max_bytes=MOST_FEED_BYTES,
                total_s=FEED_TOTAL_S,
                etag=record.etag if record else "",
                last_modified=record.last_modified if record else "",
            )
        )
        if fetched.not_modified:
            return fetched, b""
        raw = fetched.path.read_bytes()
        fetched.path.unlink()
        return fetched, raw

    def _dry(self, record: FeedRecord, planned: Sequence[PlannedItem]) -> FeedReport:
        report = _report(record, tuple(_line(each) for each in planned))
        items = [each.item for each in planned if each.action in {"added", "changed"}]
        estimate = self._estimator.estimate(items, record.show)
        return report.model_copy(update={"dry_run": True, "estimate": estimate})

    def _found(self, feed_id: str) -> FeedRecord:
        for record in self._store.feeds():
            if feed_id in {record.feed_id, record.url}:
                return record
        raise NotFound(
            f"no feed {feed_id[:80]!r} is followed",
            hint="`everyword feeds list` shows those that are",
            code="feed_missing",
        )

    def _polled(self, record: FeedRecord, fetched: Fetched) -> FeedRecord:
        now = self._clock()
        stated = {"etag": fetched.etag, "last_modified": fetched.last_modified}
        return record.model_copy(
            update={
                **(stated if not fetched.not_modified else {}),
                "polled_at": now,
                "next_poll_at": now + timedelta(seconds=self._pause_s(record)),
                "error": "",
                "failures": 0,
            }
        )

    def _failed(self, record: FeedRecord, error: EverywordError) -> FeedRecord:
        """Note a failure and wait twice as long after each, up to a day."""
        now, failures = self._clock(), record.failures + 1
        pause_s = min(self._pause_s(record) * 2 ** min(failures, 10), LONGEST_PAUSE_S)
        return record.model_copy(
            update={
                "polled_at": now,
                "next_poll_at": now + timedelta(seconds=pause_s),
                "error": error.message,
                "failures": failures,
            }
        )

    def _pause_s(self, record: FeedRecord) -> float:
        return self._settings_for(record.show).feed_poll_s


def feed_id_of(url: str) -> str:
    """Return a feed's id: the same address is the same feed."""
    return hashlib.sha256(url.strip().encode()).hexdigest()[:12]


def _report(
    record: FeedRecord, items: tuple[ItemReport, ...], *, not_modified: bool = False
) -> FeedReport:
    return FeedReport(
        feed_id=record.feed_id,
        url=record.url,
        show=record.show,
        title=record.title,
        items=items,
        not_modified=not_modified,
    )


def _line(
    planned: PlannedItem, *, action: str = "", message: str = "", episode_id: str | None = None
) -> ItemReport:
    known_id = planned.known.episode_id if planned.known else None
    return ItemReport(
        guid=planned.item.identity,
        title=clean(planned.item.title) or planned.item.url or "(no title)",
        action=action or planned.action,
        message=message or planned.message,
        episode_id=episode_id or known_id,
    )


def _tag(language: str) -> str:
    """Return the feed's language, or nothing where it names none that exists."""
    try:
        return checked_language(language)
    except InvalidInput:
        return ""


def _link(link: str | None) -> str | None:
    try:
        return checked_link(link)
    except InvalidInput:
        return None
