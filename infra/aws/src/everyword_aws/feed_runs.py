"""Feeds on AWS: the API keeps what is to be taken in, a function with more time does it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from everyword_aws.telemetry import logger
from ingest.domain.feed import FeedImport, ItemReport
from ingest.feeds import Feeds
from ingest.ports import FeedImportStore

SPARE_MS: Final = 120_000
"""What a function keeps of its time for the item in hand."""


class FeedRuns:
    """Takes in what was asked for, and polls what is due."""

    def __init__(self, feeds: Feeds, wake: Callable[[], None]) -> None:
        self._feeds = feeds
        self._wake = wake

    def work(self, left_ms: Callable[[], int]) -> dict[str, int]:
        """Work until all is done or little time is left; then another run is woken."""

        def stopping() -> bool:
            return left_ms() < SPARE_MS

        imports = self._feeds.imports.work(stopping)
        polled = 0 if stopping() else len(self._feeds.poll_due(stopping))
        if any(each.state == "running" for each in self._feeds.imports.newest()):
            self._wake()
        done = {"imports": imports, "polled": polled}
        logger.info("feeds worked on", extra={"action": "feeds", **done})
        return done


class WakingFeedImports:
    """A FeedImportStore that wakes who takes feeds in when there is a new one."""

    def __init__(self, imports: FeedImportStore, wake: Callable[[], None]) -> None:
        self._imports = imports
        self._wake = wake

    def put(self, job: FeedImport) -> None:
        """Keep how far an import is."""
        self._imports.put(job)
        if job.state == "running" and not job.total:
            self._wake()

    def get(self, import_id: str) -> FeedImport:
        """Return an import; raises as the port says."""
        return self._imports.get(import_id)

    def list(self) -> Sequence[FeedImport]:
        """Return what is kept, newest first."""
        return self._imports.list()

    def forget_episode(self, episode_id: str) -> None:
        """Forget what lines say of a removed episode."""
        self._imports.forget_episode(episode_id)

    def put_line(self, import_id: str, number: int, line: ItemReport) -> None:
        """Keep what became of the item of this number in the feed."""
        self._imports.put_line(import_id, number, line)

    def lines(self, import_id: str) -> Mapping[int, ItemReport]:
        """Return what became of an import's items so far."""
        return self._imports.lines(import_id)
