"""What ingest needs from the world beyond the bus and the blob store."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from ingest.domain import AudioFacts, EpisodeView, StageProgress, State
from ingest.domain.feed import Feed, FeedImport, FeedRecord, ItemReport, KnownItem

AudioProbe = Callable[[BinaryIO], AudioFacts]
"""Says what a seekable file is. Raises InvalidInput with a code that says what is wrong."""


@dataclass(frozen=True)
class FetchRequest:
    """What to fetch from the web and where to put it.

    With `etag` or `last_modified` (of an earlier reply) an unchanged file is not sent again.
    """

    url: str
    to: Path
    max_bytes: int
    total_s: float
    etag: str = ""
    last_modified: str = ""
    on_progress: Callable[[int, int | None], None] = lambda _done, _of: None


@dataclass(frozen=True)
class Fetched:
    """A file that was fetched; `not_modified` where the earlier reply still holds."""

    path: Path
    url: str
    media_type: str = ""
    filename: str = ""
    etag: str = ""
    last_modified: str = ""
    not_modified: bool = False


@dataclass(frozen=True)
class TranscriptFile:
    """A transcript or caption file as somebody has it; its name may tell the format."""

    raw: bytes
    name: str = ""


@dataclass(frozen=True)
class ReadTranscript:
    """Such a file in Everyword's own JSON, and what a person must be told of how it was read."""

    json: bytes
    warnings: tuple[str, ...] = ()


TranscriptReader = Callable[[TranscriptFile, str], ReadTranscript]
"""Reads a file in a language, or "" where it is not known. Raises InvalidInput where it is none."""


class Fetcher(Protocol):
    """Fetches what a person or a feed names by address, and nothing that it should not."""

    def fetch(self, request: FetchRequest) -> Fetched:
        """Fetch to a file; one that was interrupted goes on where it was.

        Raises:
            InvalidInput: an address that is none or not allowed, too large, refused by the server,
                or redirects without end.
            TransientFailure: the server or the network fails now, or it takes too long.
        """

    def peek(self, url: str, *, total_s: float) -> bytes:
        """Return a file's first bytes, to learn what is there; raises as `fetch` does."""


class FeedReader(Protocol):
    """Reads one page of a feed."""

    def __call__(self, raw: bytes, *, url: str, media_type: str = "") -> Feed:
        """Return what it says; raises InvalidInput where it is no feed."""


class FeedStore(Protocol):
    """The feeds that are followed, and what was done about their items."""

    def put(self, record: FeedRecord) -> None:
        """Keep a feed's record."""

    def feeds(self) -> Sequence[FeedRecord]:
        """Return all feeds, in the order they were added."""

    def remove(self, feed_id: str) -> None:
        """Forget a feed, its items and its imports."""

    def items(self, feed_id: str) -> Sequence[KnownItem]:
        """Return what was done about a feed's items."""

    def put_item(self, feed_id: str, item: KnownItem) -> None:
        """Keep what was done about an item."""


class FeedImportStore(Protocol):
    """Feeds that are taken in in the background; of those that are over, the newest ones."""

    def put(self, job: FeedImport) -> None:
        """Keep how far an import is."""

    def get(self, import_id: str) -> FeedImport:
        """Return an import; raises NotFound where there is none of that id."""

    def list(self) -> Sequence[FeedImport]:
        """Return what is kept, newest first."""

    def put_line(self, import_id: str, number: int, line: ItemReport) -> None:
        """Keep what became of the item of this number in the feed."""

    def lines(self, import_id: str) -> Mapping[int, ItemReport]:
        """Return what became of an import's items so far."""

    def forget_episode(self, episode_id: str) -> None:
        """Leave no words in the lines of a removed episode."""


@dataclass(frozen=True)
class EpisodePage:
    """Some episodes, newest first, and where the next page begins (None: this is the last)."""

    episodes: Sequence[EpisodeView]
    next_cursor: str | None


class EpisodeCatalogue(Protocol):
    """A table of folded views: a projection that can be deleted and made again."""

    def put(self, view: EpisodeView, *, position: int) -> None:
        """Keep the view of an episode's events up to a position in the log; never an older one."""

    def page(
        self, *, show: str | None, state: State | None, cursor: str | None, limit: int
    ) -> EpisodePage:
        """Return episodes, newest first; removed ones only where that state is asked for."""

    def ids(self, *, show: str | None = None, state: State | None = None) -> Sequence[str]:
        """Return the ids of all such episodes, oldest first; as `page` does without a state."""

    def clear(self) -> None:
        """Forget everything."""


class UniqueKeys(Protocol):
    """Names that only one owner may have: an upload's digest, an Idempotency-Key.

    They are kept as digests, for good: what was removed does not come back with its feed, and a
    name says nothing of it.
    """

    def claim(self, name: str, owner: str) -> str:
        """Give `name` to `owner` unless somebody has it already; return who has it."""

    def owner_of(self, name: str) -> str | None:
        """Return who has `name`."""

    def transfer(self, name: str, *, owner: str, to: str) -> bool:
        """Give `name` from one owner to another; False if it was not held by that one."""


class ProgressBoard(Protocol):
    """Where workers say how far they are."""

    def read(self, episode_id: str, run_id: str) -> StageProgress | None:
        """Return the latest progress of one run of an episode."""


@dataclass(frozen=True)
class ReplayJob:
    """Which event of which episodes to publish again; for `only` these services, or for all.

    `show` says that the episodes are those of a show: it tells one request from another.
    `speakers` states anew how many people speak.
    """

    event_type: str
    episode_ids: Sequence[str]
    only: Sequence[str] = ()
    reason: str = ""
    rate_per_s: float | None = None
    show: str | None = None
    speakers: int | None = None


@dataclass(frozen=True)
class ReplayTaken:
    """The episodes that are replayed; `replay_id` where that goes on in the background."""

    episode_ids: Sequence[str]
    replay_id: str | None = None


Replay = Callable[[ReplayJob], ReplayTaken]
"""Replays one episode that has such an event; takes many to be looked at in the background."""
