"""What the world outside is told, in one SQLite file."""

from collections.abc import Iterable, Sequence
from importlib import resources
from typing import Final

from everyword_events.sqlite.database import SqliteDatabase
from everyword_events.sqlite.opener import Schema
from ingest.domain.outcome import OutcomeMessage
from ingest.domain.subscriptions import SavedSearch, Webhook, WebhookDelivery

SCHEMA: Final = Schema(
    name="table of notifications",
    version=1,
    script=resources.files("ingest.adapters").joinpath("notifications.sql").read_text("utf-8"),
)
MOST_RESULTS: Final = 100_000
MOST_LOGGED: Final = 1_000
"""How many deliveries of a webhook its log keeps."""


class SqliteResults:
    """The ResultQueue port."""

    def __init__(self, db: SqliteDatabase) -> None:
        self._db = db

    def put(self, message: OutcomeMessage, *, now: float) -> None:
        """Keep a message; of too many nobody fetched, the oldest go."""
        row = (message.message_id, message.episode_id, message.model_dump_json(by_alias=True))
        with self._db.write() as db:
            db.execute(
                "INSERT INTO results VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                (*row, now, now),
            )
            db.execute(
                "DELETE FROM results WHERE message_id IN (SELECT message_id FROM results "
                "ORDER BY made_at DESC, message_id LIMIT -1 OFFSET ?)",
                (MOST_RESULTS,),
            )

    def receive(self, *, most: int, now: float, hidden_s: float) -> Sequence[OutcomeMessage]:
        """Return the oldest messages that are due, hidden from others for a while."""
        with self._db.write() as db:
            rows = db.execute(
                "SELECT message_id, body FROM results WHERE visible_at <= ? "
                "ORDER BY made_at, message_id LIMIT ?",
                (now, most),
            ).fetchall()
            db.executemany(
                "UPDATE results SET visible_at = ? WHERE message_id = ?",
                [(now + hidden_s, row[0]) for row in rows],
            )
        return [OutcomeMessage.model_validate_json(row[1]) for row in rows]

    def acknowledge(self, message_ids: Iterable[str]) -> int:
        """Forget messages; return how many there were."""
        with self._db.write() as db:
            return sum(
                db.execute("DELETE FROM results WHERE message_id = ?", (each,)).rowcount
                for each in message_ids
            )

    def forget_episode(self, episode_id: str) -> None:
        """Forget what was said of an episode."""
        with self._db.write() as db:
            db.execute("DELETE FROM results WHERE episode_id = ?", (episode_id,))
        self._db.forget_history()


class SqliteWebhooks:
    """The WebhookStore port."""

    def __init__(self, db: SqliteDatabase) -> None:
        self._db = db

    def put(self, webhook: Webhook) -> None:
        """Keep a webhook."""
        with self._db.write() as db:
            db.execute(
                "INSERT OR REPLACE INTO webhooks VALUES (?, ?)",
                (webhook.webhook_id, webhook.model_dump_json()),
            )

    def all(self) -> Sequence[Webhook]:
        """Return all webhooks, oldest first."""
        rows = self._db.read("SELECT record FROM webhooks ORDER BY webhook_id")
        return [Webhook.model_validate_json(row[0]) for row in rows]

    def remove(self, webhook_id: str) -> bool:
        """Forget a webhook and its deliveries; False if there was none."""
        with self._db.write() as db:
            db.execute("DELETE FROM deliveries WHERE webhook_id = ?", (webhook_id,))
            gone = db.execute("DELETE FROM webhooks WHERE webhook_id = ?", (webhook_id,))
            return bool(gone.rowcount)


class SqliteDeliveries:
    """The DeliveryLog port."""

    def __init__(self, db: SqliteDatabase) -> None:
        self._db = db

    def add(self, delivery: WebhookDelivery, *, due_at: float) -> None:
        """Queue a delivery, unless there is one of that id."""
        with self._db.write() as db:
            db.execute(
                "INSERT INTO deliveries VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                (
                    delivery.delivery_id,
                    delivery.webhook_id,
                    delivery.episode_id,
                    due_at,
                    delivery.made_at.timestamp(),
                    delivery.model_dump_json(),
                ),
            )
            db.execute(
                "DELETE FROM deliveries WHERE due_at IS NULL AND delivery_id IN (SELECT "
                "delivery_id FROM deliveries WHERE webhook_id = ? ORDER BY made_at DESC "
                "LIMIT -1 OFFSET ?)",
                (delivery.webhook_id, MOST_LOGGED),
            )

    def take_due(self, *, now: float, hidden_s: float) -> WebhookDelivery | None:
        """Return the delivery that is due longest, hidden from others for a while."""
        with self._db.write() as db:
            row = db.execute(
                "SELECT delivery_id, record FROM deliveries WHERE due_at <= ? "
                "ORDER BY due_at LIMIT 1",
                (now,),
            ).fetchone()
            if row is None:
                return None
            db.execute(
                "UPDATE deliveries SET due_at = ? WHERE delivery_id = ?", (now + hidden_s, row[0])
            )
        return WebhookDelivery.model_validate_json(row[1])

    def put(self, delivery: WebhookDelivery, *, due_at: float | None) -> None:
        """Keep how a try went, and when the next is due (None: it is over)."""
        with self._db.write() as db:
            db.execute(
                "UPDATE deliveries SET due_at = ?, record = ? WHERE delivery_id = ?",
                (due_at, delivery.model_dump_json(), delivery.delivery_id),
            )

    def of_webhook(self, webhook_id: str, *, most: int) -> Sequence[WebhookDelivery]:
        """Return a webhook's newest deliveries, newest first."""
        rows = self._db.read(
            "SELECT record FROM deliveries WHERE webhook_id = ? ORDER BY made_at DESC LIMIT ?",
            (webhook_id, most),
        )
        return [WebhookDelivery.model_validate_json(row[0]) for row in rows]

    def forget_episode(self, episode_id: str) -> None:
        """Forget what was said of an episode."""
        with self._db.write() as db:
            db.execute("DELETE FROM deliveries WHERE episode_id = ?", (episode_id,))
        self._db.forget_history()


class SqliteSavedSearches:
    """The SavedSearchStore port."""

    def __init__(self, db: SqliteDatabase) -> None:
        self._db = db

    def put(self, search: SavedSearch) -> None:
        """Keep a search."""
        with self._db.write() as db:
            db.execute(
                "INSERT OR REPLACE INTO saved_searches VALUES (?, ?)",
                (search.search_id, search.model_dump_json()),
            )

    def all(self) -> Sequence[SavedSearch]:
        """Return all searches, oldest first."""
        rows = self._db.read("SELECT record FROM saved_searches ORDER BY search_id")
        return [SavedSearch.model_validate_json(row[0]) for row in rows]

    def remove(self, search_id: str) -> bool:
        """Forget a search; False if there was none."""
        with self._db.write() as db:
            db.execute("DELETE FROM told_moments WHERE search_id = ?", (search_id,))
            gone = db.execute("DELETE FROM saved_searches WHERE search_id = ?", (search_id,))
            return bool(gone.rowcount)

    def told(self, search_id: str, episode_id: str) -> Sequence[int]:
        """Return the starts, in milliseconds, of the moments that were told already."""
        rows = self._db.read(
            "SELECT start_ms FROM told_moments WHERE search_id = ? AND episode_id = ?",
            (search_id, episode_id),
        )
        return [int(row[0]) for row in rows]

    def tell(self, search_id: str, episode_id: str, starts_ms: Iterable[int]) -> None:
        """Note moments as told."""
        with self._db.write() as db:
            db.executemany(
                "INSERT INTO told_moments VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                [(search_id, episode_id, start_ms) for start_ms in starts_ms],
            )

    def forget_episode(self, episode_id: str) -> None:
        """Forget which moments of an episode were told."""
        with self._db.write() as db:
            db.execute("DELETE FROM told_moments WHERE episode_id = ?", (episode_id,))
        self._db.forget_history()
