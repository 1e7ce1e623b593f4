"""Acts upon a feed's items: takes them in, replaces audio that changed, and says what became."""

from collections.abc import Callable, Mapping, Sequence

from everyword_events import EpisodeOrigin, InvalidInput, TransientFailure
from ingest.chapters import Chapter, Chapters
from ingest.domain import NewEpisode
from ingest.domain.feed import FeedItem, FeedRecord, ItemReport, KnownItem, PlannedItem
from ingest.domain.metadata import MOST_TITLE_CHARACTERS, checked_link, clean
from ingest.intake import Intake
from ingest.ports import FeedStore
from ingest.replacing import AudioReplacement

Tell = Callable[[int, ItemReport], None]
"""Hears what became of an item, by its number in the feed."""


class FeedItems:
    """Carries out a plan. What goes wrong with one item is that item's line, never the end."""

    def __init__(
        self,
        *,
        store: FeedStore,
        intake: Intake,
        chapters: Chapters,
        replacement: AudioReplacement,
    ) -> None:
        self._store = store
        self._intake = intake
        self._chapters = chapters
        self._replacement = replacement

    def carry_out(
        self,
        record: FeedRecord,
        planned: Sequence[PlannedItem],
        *,
        said: Mapping[int, ItemReport] | None = None,
        tell: Tell = lambda _number, _line: None,
        stopping: Callable[[], bool] = lambda: False,
    ) -> tuple[ItemReport, ...] | None:
        """Act upon the plan, oldest items first, so that ids sort as the show was published.

        Items that were `said` before are left alone. None where it was `stopping` before the end.
        """
        done = dict(said or {})
        for number in reversed(range(len(planned))):
            if number in done:
                continue
            if stopping():
                return None
            each = planned[number]
            try:
                done[number] = self._act(record, each)
            except (InvalidInput, TransientFailure) as error:
                done[number] = line_of(each, action="failed", message=error.message)
            tell(number, done[number])
        return tuple(done[number] for number in range(len(planned)))

    def _act(self, record: FeedRecord, planned: PlannedItem) -> ItemReport:
        item, known = planned.item, planned.known
        episode_id = known.episode_id if known else None
        if planned.action == "added":
            episode_id = self._take_in(record, item)
        elif planned.action == "changed":
            assert episode_id is not None
            if not self._replacement.replace(episode_id, item.url, show=record.show):
                planned = PlannedItem(item, "moved", "the same audio as before", known)
        if item.identity and item.url and not (known and planned.action == "skipped"):
            self._store.put_item(
                record.feed_id,
                KnownItem.of(item, episode_id=episode_id, known=known),
            )
        return line_of(planned, episode_id=episode_id)

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


def line_of(
    planned: PlannedItem, *, action: str = "", message: str = "", episode_id: str | None = None
) -> ItemReport:
    """Say what became of an item, or what will."""
    known_id = planned.known.episode_id if planned.known else None
    return ItemReport(
        guid=planned.item.identity,
        title=clean(planned.item.title) or planned.item.url or "(no title)",
        action=action or planned.action,
        message=message or planned.message,
        episode_id=episode_id or known_id,
    )


def _link(link: str | None) -> str | None:
    try:
        return checked_link(link)
    except InvalidInput:
        return None
