"""A podcast's feed: what its items are, and which of them are to be taken in."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal, Self

from pydantic import AwareDatetime, Field

from everyword_events import LinkedFile, Model

Action = Literal["added", "changed", "moved", "known", "skipped", "failed"]
"""What becomes of an item: `changed` gets a new run, `moved` is the same audio elsewhere."""

_NEVER: Final = datetime.min.replace(tzinfo=UTC)


class FeedItem(Model):
    """An item as the feed has it; 0, "" and None say that it does not say."""

    guid: str = ""
    title: str = ""
    link: str | None = None
    published_at: AwareDatetime | None = None
    duration_s: float = 0.0
    url: str = ""
    media_type: str = ""
    bytes: int = 0
    image_url: str | None = None
    persons: tuple[str, ...] = ()
    transcripts: tuple[LinkedFile, ...] = ()
    chapters: LinkedFile | None = None
    inline_chapters: tuple[tuple[float, str], ...] = ()

    @property
    def identity(self) -> str:
        """What tells the item from the feed's others: its guid, else its enclosure's address."""
        return self.guid or self.url


class Feed(Model):
    """A page of a feed, and where the next page is."""

    title: str = ""
    language: str = ""
    items: tuple[FeedItem, ...] = ()
    next_url: str | None = None


class KnownItem(Model):
    """What was done about an item; no `episode_id` where it was skipped.

    Identity and address are digests: they outlive an episode's removal, and must not tell of it.
    """

    identity: str
    url: str
    bytes: int = 0
    episode_id: str | None = None

    @classmethod
    def of(cls, item: FeedItem, *, episode_id: str | None, known: "KnownItem | None") -> Self:
        """Note what became of an item; one that is known already stays known as what it was."""
        return cls(
            identity=known.identity if known else digest(item.identity),
            url=digest(item.url),
            bytes=item.bytes,
            episode_id=episode_id,
        )


def digest(text: str) -> str:
    """Return what a guid or an address is kept as."""
    return hashlib.sha256(text.encode()).hexdigest()


class FeedRecord(Model):
    """A feed that is followed, and how it went last time. `newest` 0 means all."""

    feed_id: str
    url: str
    show: str
    title: str = ""
    language: str = ""
    newest: int = 0
    since: AwareDatetime | None = None
    etag: str = ""
    last_modified: str = ""
    added_at: AwareDatetime
    polled_at: AwareDatetime | None = None
    next_poll_at: AwareDatetime
    error: str = ""
    failures: int = 0


ImportState = Literal["running", "done", "failed", "cancelled"]


class FeedImport(Model):
    """A feed that is taken in, in the background: what was `asked`, and how far it is.

    With `reconsider`, items that were skipped before may be added now.
    """

    import_id: str
    asked: str = ""
    feed: FeedRecord
    reconsider: bool = True
    document_url: str = ""
    media_type: str = ""
    etag: str = ""
    last_modified: str = ""
    state: ImportState = "running"
    total: int = 0
    error: str = ""
    hint: str = ""
    not_modified: bool = False
    started_at: AwareDatetime


class ItemReport(Model):
    """What became of one item, for a person to read."""

    guid: str
    title: str
    action: Action
    episode_id: str | None = None
    message: str = ""

    def without_words(self) -> Self:
        """Return the line of an episode that was removed."""
        return self.model_copy(update={"guid": "", "title": "(removed)", "message": ""})


class Estimate(Model):
    """What taking items in means; None where nothing is known to reckon with.

    `assumed`: nothing was recognised here yet, so time and cost are those of other machines.
    """

    items: int
    hours: float
    without_duration: int = 0
    processing_hours: float | None = None
    cost_usd: float | None = None
    assumed: bool = False


class FeedReport(Model):
    """What became of a feed, item by item. `not_modified`: it is as it was.

    Where it is taken in in the background, `import_id` names that: `done` of `total` items have
    their line so far.
    """

    feed_id: str
    url: str
    show: str
    title: str = ""
    dry_run: bool = False
    not_modified: bool = False
    estimate: Estimate | None = None
    items: tuple[ItemReport, ...] = Field(default=())
    import_id: str | None = None
    state: ImportState = "done"
    total: int = 0
    done: int = 0
    error: str = ""
    hint: str = ""

    def count(self, action: Action) -> int:
        """Count the items with this outcome."""
        return sum(each.action == action for each in self.items)


@dataclass(frozen=True)
class PlannedItem:
    """An item and what is to be done about it; `known` is what was done before."""

    item: FeedItem
    action: Action
    message: str = ""
    known: KnownItem | None = None


def plan(
    items: Sequence[FeedItem],
    known: Mapping[str, KnownItem],
    *,
    newest: int = 0,
    since: datetime | None = None,
    reconsider: bool = False,
) -> list[PlannedItem]:
    """Decide about every item of a feed, in the feed's order.

    An item is known by its guid, or else by its enclosure's address (hosts change guids). With
    `reconsider`, those that were skipped before may be added now.
    """
    by_url = {each.url: each for each in known.values()}
    wanted = _wanted(items, newest, since)
    seen: set[str] = set()
    planned = []
    for item in items:
        had = known.get(digest(item.identity)) or by_url.get(digest(item.url))
        planned.append(
            _decided(item, had, seen, wanted=item.identity in wanted, reconsider=reconsider)
        )
        seen.update({item.identity, item.url})
    return planned


def _wanted(items: Iterable[FeedItem], newest: int, since: datetime | None) -> set[str]:
    heard = [item for item in items if item.url]
    if since is not None:
        heard = [item for item in heard if item.published_at and item.published_at >= since]
    if newest:
        heard = sorted(heard, key=lambda item: item.published_at or _NEVER, reverse=True)[:newest]
    return {item.identity for item in heard}


def _decided(
    item: FeedItem, known: KnownItem | None, seen: set[str], *, wanted: bool, reconsider: bool
) -> PlannedItem:
    if not item.url:
        return PlannedItem(item, "skipped", "it has no enclosure")
    if item.identity in seen or item.url in seen:
        return PlannedItem(item, "skipped", "the feed has it already, further up", known)
    if known is not None and known.episode_id is not None:
        return PlannedItem(item, *_compared(item, known), known)
    if known is not None and not reconsider:
        return PlannedItem(item, "skipped", "it was left out when the feed was added", known)
    if not wanted:
        return PlannedItem(item, "skipped", "older than what was asked for", known)
    return PlannedItem(item, "added", known=known)


def _compared(item: FeedItem, known: KnownItem) -> tuple[Action, str]:
    """Say how an item that has an episode differs from before; sizes of 0 are unknown."""
    sizes_known = item.bytes > 0 and known.bytes > 0
    if sizes_known and item.bytes != known.bytes:
        return "changed", "its audio has another size now"
    if digest(item.url) == known.url:
        return "known", ""
    if sizes_known:
        return "moved", "its audio has another address now"
    return "changed", "its audio has another address, and no size to compare"
