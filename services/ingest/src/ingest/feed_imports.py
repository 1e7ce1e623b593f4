"""Taking a feed in, in the background: kept, so that a restart goes on where it was."""

import threading
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from everyword_events import EverywordError, TransientFailure, new_run_id
from ingest.config import IngestSettings
from ingest.domain.feed import (
    Feed,
    FeedImport,
    FeedRecord,
    FeedReport,
    ItemReport,
    PlannedItem,
    plan,
)
from ingest.feed_items import FeedItems
from ingest.feed_source import FeedSource
from ingest.ports import FeedImportStore, FeedStore, Fetched

LONGEST_PAUSE_S: Final = 24 * 3600.0
FIRST_LOOK_S: Final = 15.0
"""How long whoever asks waits for the feed itself; a slower one is read in the background."""


class FeedUnreadError(Exception):
    """A feed itself cannot be read; what is wrong with an item is only that item's line."""

    def __init__(self, error: EverywordError) -> None:
        super().__init__(error.message)
        self.error = error


class FeedImports:
    """Takes feeds in, one item after the other; each item's line is kept as soon as it is known."""

    def __init__(
        self,
        *,
        feeds: FeedStore,
        imports: FeedImportStore,
        source: FeedSource,
        items: FeedItems,
        settings_for: Callable[[str], IngestSettings],
        clock: Callable[[], datetime],
    ) -> None:
        self._feeds = feeds
        self._imports = imports
        self._source = source
        self._items = items
        self._settings_for = settings_for
        self._clock = clock
        self._one_at_a_time: dict[str, threading.Lock] = defaultdict(threading.Lock)

    def start(
        self, record: FeedRecord, asked: str, *, follow: Callable[[Feed], FeedRecord]
    ) -> FeedImport:
        """Keep a feed to be taken in; the same that was `asked` and is not finished is returned.

        `follow` names the feed by what it says of itself.

        Raises:
            InvalidInput: no address, not allowed, or not a feed.
            TransientFailure: its server fails now.
        """
        for job in self._unfinished():
            if job.asked == asked:
                return job
        import_id = new_run_id()
        fetched = Fetched(path=self._source.kept(import_id), url=record.url)
        try:
            fetched, feed = self._source.page(record.url, keep=fetched.path, total_s=FIRST_LOOK_S)
        except TransientFailure as error:
            if error.code != "download_too_slow":
                raise
        else:
            record = follow(feed)
        self._feeds.put(self._put_off(record))
        job = FeedImport(
            import_id=import_id,
            asked=asked,
            feed=record,
            document_url=fetched.url,
            media_type=fetched.media_type,
            etag=fetched.etag,
            last_modified=fetched.last_modified,
            started_at=self._clock(),
        )
        self._imports.put(job)
        return job

    def start_poll(self, record: FeedRecord) -> FeedImport:
        """Keep a feed to be asked for what is new."""
        for job in self._unfinished():
            if job.feed.feed_id == record.feed_id:
                return job
        self._feeds.put(self._put_off(record))
        job = self._poll_of(record)
        self._imports.put(job)
        return job

    def work(self, stopping: Callable[[], bool] = lambda: False) -> int:
        """Take in what is unfinished, oldest first; return how many imports were looked at."""
        unfinished = self._unfinished()
        for job in reversed(unfinished):
            if stopping():
                break
            self.run(job, stopping)
        return len(unfinished)

    def run(self, job: FeedImport, stopping: Callable[[], bool] = lambda: False) -> FeedImport:
        """Do one import, or what an earlier process left of it; one that is over stays as it is."""
        with self._one_at_a_time[job.feed.feed_id]:
            now = self._imports.get(job.import_id)
            return self._run(now, stopping) if now.state == "running" else now

    def _run(self, job: FeedImport, stopping: Callable[[], bool]) -> FeedImport:
        def is_over() -> bool:
            return stopping() or self._imports.get(job.import_id).state != "running"

        def planned(total: int) -> None:
            self._imports.put(job.model_copy(update={"total": total}))

        def tell(number: int, line: ItemReport) -> None:
            self._imports.put_line(job.import_id, number, line)

        said = self._imports.lines(job.import_id)
        try:
            report = self._done(job, planned, said=said, tell=tell, stopping=is_over)
        except FeedUnreadError as unread:
            error = unread.error
            return self._ended(job, state="failed", error=error.message, hint=error.hint)
        if report is None:
            return self._imports.get(job.import_id)
        return self._ended(
            self._imports.get(job.import_id), state="done", not_modified=report.not_modified
        )

    def poll(self, record: FeedRecord) -> FeedReport:
        """Ask a feed for what is new and act upon it, at once.

        Raises:
            InvalidInput, TransientFailure: as `start`; the feed's record says so too.
        """
        try:
            with self._one_at_a_time[record.feed_id]:
                report = self._done(self._poll_of(record), lambda _total: None)
        except FeedUnreadError as unread:
            raise unread.error from unread
        assert report is not None
        return report

    def _done(
        self, job: FeedImport, planned_for: Callable[[int], None], **told: Any
    ) -> FeedReport | None:
        """Read a feed and act upon it; None where it was stopped before the end."""
        record = job.feed
        try:
            fetched, feed = self._read(job)
            if fetched.not_modified:
                self._feeds.put(self._polled(record, fetched))
                return report_of(record, (), not_modified=True)
            planned = self.plan(record, feed, reconsider=job.reconsider)
        except EverywordError as error:
            self._feeds.put(self._failed(record, error))
            raise FeedUnreadError(error) from error
        planned_for(len(planned))
        lines = self._items.carry_out(record, planned, **told)
        if lines is None:
            return None
        if any(each.action == "failed" for each in lines):  # the next poll tries them again
            fetched = replace(fetched, etag="", last_modified="")
        self._feeds.put(self._polled(record, fetched))
        return report_of(record, lines)

    def _read(self, job: FeedImport) -> tuple[Fetched, Feed]:
        document = self._source.kept(job.import_id)
        if not document.exists():
            return self._source.page(job.feed.url, None if job.reconsider else job.feed)
        fetched = Fetched(
            path=document,
            url=job.document_url,
            media_type=job.media_type,
            etag=job.etag,
            last_modified=job.last_modified,
        )
        return fetched, self._source.read(document.read_bytes(), fetched)

    def plan(self, record: FeedRecord, feed: Feed, *, reconsider: bool) -> list[PlannedItem]:
        """Decide what is to be done about every item of a feed.

        One of which nothing is known yet is taken in as it was asked for: its first import failed.

        Raises:
            InvalidInput, TransientFailure: one of its pages cannot be read.
        """
        known = {each.identity: each for each in self._feeds.items(record.feed_id)}
        chosen = reconsider or not known
        return plan(
            list(self._source.all_items(feed)),
            known,
            newest=record.newest if chosen else 0,
            since=record.since if chosen else None,
            reconsider=reconsider,
        )

    def report(self, import_id: str) -> FeedReport:
        """Return how far an import is, with a line for every item that was dealt with.

        Raises:
            NotFound: there is none of that id.
        """
        job = self._imports.get(import_id)
        lines = self._imports.lines(import_id)
        in_order = tuple(lines[number] for number in sorted(lines))
        return report_of(job.feed, in_order).model_copy(
            update={
                "import_id": job.import_id,
                "state": job.state,
                "total": job.total,
                "done": len(lines),
                "error": job.error,
                "hint": job.hint,
                "not_modified": job.not_modified,
            }
        )

    def newest(self) -> Sequence[FeedImport]:
        """Return the newest imports, newest first."""
        return self._imports.list()

    def cancel(self, import_id: str) -> FeedReport:
        """End an import; what was taken in stays.

        Raises:
            NotFound: there is none of that id.
        """
        job = self._imports.get(import_id)
        if job.state == "running":
            self._ended(job, state="cancelled")
        return self.report(import_id)

    def forget_episode(self, episode_id: str) -> None:
        """Keep no words of a removed episode."""
        self._imports.forget_episode(episode_id)

    def _polled(self, record: FeedRecord, fetched: Fetched) -> FeedRecord:
        """Note a success."""
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

    def _poll_of(self, record: FeedRecord) -> FeedImport:
        return FeedImport(
            import_id=new_run_id(), feed=record, reconsider=False, started_at=self._clock()
        )

    def _unfinished(self) -> list[FeedImport]:
        return [each for each in self._imports.list() if each.state == "running"]

    def _put_off(self, record: FeedRecord) -> FeedRecord:
        """Have the schedule leave a feed alone while it is taken in."""
        pause = timedelta(seconds=self._pause_s(record))
        return record.model_copy(update={"next_poll_at": self._clock() + pause})

    def _ended(self, job: FeedImport, **how: Any) -> FeedImport:
        job = job.model_copy(update=how)
        self._imports.put(job)
        self._source.kept(job.import_id).unlink(missing_ok=True)
        return job

    def _pause_s(self, record: FeedRecord) -> float:
        return self._settings_for(record.show).feed_poll_s


def report_of(
    record: FeedRecord, items: tuple[ItemReport, ...], *, not_modified: bool = False
) -> FeedReport:
    """Report what became of a feed's items."""
    return FeedReport(
        feed_id=record.feed_id,
        url=record.url,
        show=record.show,
        title=record.title,
        items=items,
        total=len(items),
        done=len(items),
        not_modified=not_modified,
    )
