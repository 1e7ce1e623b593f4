"""The feeds that are followed and taken in, in ingest's DynamoDB table.

Rows (`pk`, `sk`): `feeds`, a feed's id; `feed ` with a feed's id, a digest of an item's identity;
`imports`, an import's id; `import ` with an import's id, an item's number.
"""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from everyword_events import NotFound
from everyword_events.aws.rows import Rows, key, row
from ingest.domain.feed import FeedImport, FeedRecord, ItemReport, KnownItem

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MOST_KEPT: Final = 100
"""So many imports that are over are kept, with their lines."""
_FEEDS: Final = "feeds"
_IMPORTS: Final = "imports"


class DynamoFeedStore:
    """The FeedStore port. Threads and processes may share it."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._rows = Rows(client, table)

    def put(self, record: FeedRecord) -> None:
        """Keep a feed's record; when it was added first stays."""
        kept = self._rows.get(_FEEDS, record.feed_id)
        added_at = kept["added_at"]["S"] if kept else record.added_at.isoformat()
        self._rows.put(_FEEDS, record.feed_id, record.model_dump_json(), added_at=added_at)

    def feeds(self) -> Sequence[FeedRecord]:
        """Return all feeds, in the order they were added."""
        rows = sorted(
            self._rows.of(_FEEDS), key=lambda each: (each["added_at"]["S"], each["sk"]["S"])
        )
        return [FeedRecord.model_validate_json(each["record"]["S"]) for each in rows]

    def remove(self, feed_id: str) -> None:
        """Forget a feed, its items and its imports."""
        for each in list(self._rows.of(_IMPORTS)):
            job = FeedImport.model_validate_json(each["record"]["S"])
            if job.feed.feed_id == feed_id:
                self._rows.delete_all(list(self._rows.of(_lines(job.import_id))))
                self._rows.delete_all([key(_IMPORTS, job.import_id)])
        self._rows.delete_all(list(self._rows.of(_items(feed_id))))
        self._rows.delete_all([key(_FEEDS, feed_id)])

    def items(self, feed_id: str) -> Sequence[KnownItem]:
        """Return what was done about a feed's items."""
        rows = self._rows.of(_items(feed_id))
        return [KnownItem.model_validate_json(each["record"]["S"]) for each in rows]

    def put_item(self, feed_id: str, item: KnownItem) -> None:
        """Keep what was done about an item."""
        name = sha256(item.identity.encode()).hexdigest()  # an identity may be longer than a key
        self._rows.put(_items(feed_id), name, item.model_dump_json())


def _items(feed_id: str) -> str:
    return f"feed {feed_id}"


class DynamoFeedImports:
    """The FeedImportStore port. Threads and processes may share it."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._rows = Rows(client, table)

    def put(self, job: FeedImport) -> None:
        """Keep how far an import is; one that was cancelled meanwhile stays so."""
        item = row(_IMPORTS, job.import_id, job.model_dump_json(), job_state=job.state)
        self._rows.together(
            [
                {
                    "Put": {
                        "Item": item,
                        "ConditionExpression": "attribute_not_exists(pk) OR job_state <> :over",
                        "ExpressionAttributeValues": {":over": {"S": "cancelled"}},
                    }
                }
            ]
        )
        if job.state != "running":
            self._forget_old()

    def get(self, import_id: str) -> FeedImport:
        """Return an import.

        Raises:
            NotFound: there is none of that id.
        """
        found = self._rows.get(_IMPORTS, import_id) if import_id else None
        if found is None:
            raise NotFound(
                f"no import {import_id[:80]!r} of a feed",
                hint="`everyword feeds imports` lists them",
                code="feed_import_missing",
            )
        return FeedImport.model_validate_json(found["record"]["S"])

    def list(self) -> Sequence[FeedImport]:
        """Return what is kept, newest first."""
        rows = self._rows.of(_IMPORTS, backwards=True)
        return [FeedImport.model_validate_json(each["record"]["S"]) for each in rows]

    def put_line(self, import_id: str, number: int, line: ItemReport) -> None:
        """Keep what became of the item of this number in the feed."""
        self._rows.put(_lines(import_id), f"{number:08}", line.model_dump_json())

    def lines(self, import_id: str) -> Mapping[int, ItemReport]:
        """Return what became of an import's items so far."""
        return {
            int(each["sk"]["S"]): ItemReport.model_validate_json(each["record"]["S"])
            for each in self._rows.of(_lines(import_id))
        }

    def forget_episode(self, episode_id: str) -> None:
        """Leave no words in the lines of a removed episode."""
        for job in self.list():
            for number, line in self.lines(job.import_id).items():
                if line.episode_id == episode_id:
                    self.put_line(job.import_id, number, line.without_words())

    def _forget_old(self) -> None:
        over = [each for each in self.list() if each.state != "running"]
        for job in over[MOST_KEPT:]:
            self._rows.delete_all(list(self._rows.of(_lines(job.import_id))))
            self._rows.delete_all([key(_IMPORTS, job.import_id)])


def _lines(import_id: str) -> str:
    return f"import {import_id}"
