"""What the world outside is told, in ingest's DynamoDB table.

Rows (`pk`, `sk`):
- `results`, when it was made and its message's id: an outcome, and `visible_at`;
- `result`, a message's id: where its outcome is, so that it is kept once and found again;
- `webhooks`, an id; `searches`, an id;
- `deliveries ` with a webhook's id, a delivery's id: the delivery, and `due` while it is not over;
- `due`, when and a delivery's id: what is to be sent then;
- `told ` with a search's id, an episode's id and a moment's start in milliseconds.

Results, and deliveries that are over, are kept a while; then DynamoDB deletes them by itself.
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

from everyword_events.aws.rows import EXPIRES, MOST_TOGETHER, Rows, gone, key, new, row
from ingest.domain.outcome import OutcomeMessage
from ingest.domain.subscriptions import SavedSearch, Webhook, WebhookDelivery

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEPT_S: Final = 14 * 24 * 3600
_RESULTS: Final = "results"
_RESULT: Final = "result"
_WEBHOOKS: Final = "webhooks"
_SEARCHES: Final = "searches"
_DUE: Final = "due"

Item = dict[str, Any]


class DynamoResults:
    """The ResultQueue port. Threads and processes may share it."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._rows = Rows(client, table)

    def put(self, message: OutcomeMessage, *, now: float) -> None:
        """Keep a message, once."""
        name = _at(now, message.message_id)
        expires = int(now) + KEPT_S
        body = message.model_dump_json(by_alias=True)
        outcome = row(_RESULTS, name, body, visible_at=now, episode=message.episode_id)
        pointer = row(_RESULT, message.message_id, name)
        for each in (outcome, pointer):
            each[EXPIRES] = {"N": str(expires)}
        self._rows.together([new(pointer), new(outcome)])

    def receive(self, *, most: int, now: float, hidden_s: float) -> Sequence[OutcomeMessage]:
        """Return the oldest messages that are due, hidden from others for a while."""
        found: list[OutcomeMessage] = []
        for item in self._rows.of(_RESULTS):
            if len(found) == most:
                break
            seen = float(item["visible_at"]["N"])
            if seen <= now and self._rows.update(
                _RESULTS,
                item["sk"]["S"],
                "SET visible_at = :hidden",
                condition="visible_at = :seen",
                seen=seen,
                hidden=now + hidden_s,
            ):
                found.append(OutcomeMessage.model_validate_json(item["record"]["S"]))
        return found

    def acknowledge(self, message_ids: Iterable[str]) -> int:
        """Forget messages; return how many there were."""
        return sum(map(self._acknowledged, message_ids))

    def forget_episode(self, episode_id: str) -> None:
        """Forget what was said of an episode."""
        for item in list(self._rows.of(_RESULTS, where={"episode": episode_id})):
            message_id = item["sk"]["S"].partition(" ")[2]
            self._rows.delete_all([item, key(_RESULT, message_id)])

    def _acknowledged(self, message_id: str) -> bool:
        pointer = self._rows.get(_RESULT, message_id) if message_id else None
        if pointer is None:
            return False
        return self._rows.together(
            [gone(_RESULTS, pointer["record"]["S"]), gone(_RESULT, message_id)]
        )


class DynamoWebhooks:
    """The WebhookStore port. Threads and processes may share it."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._rows = Rows(client, table)

    def put(self, webhook: Webhook) -> None:
        """Keep a webhook."""
        self._rows.put(_WEBHOOKS, webhook.webhook_id, webhook.model_dump_json())

    def all(self) -> Sequence[Webhook]:
        """Return all webhooks, oldest first."""
        rows = self._rows.of(_WEBHOOKS)
        return [Webhook.model_validate_json(each["record"]["S"]) for each in rows]

    def remove(self, webhook_id: str) -> bool:
        """Forget a webhook and its deliveries; False if there was none."""
        if not webhook_id:
            return False
        known = self._rows.delete(_WEBHOOKS, webhook_id) is not None
        for delivery in list(self._rows.of(_deliveries(webhook_id))):
            _forget(self._rows, delivery)
        return known


class DynamoDeliveries:
    """The DeliveryLog port. Threads and processes may share it."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._rows = Rows(client, table)

    def add(self, delivery: WebhookDelivery, *, due_at: float) -> None:
        """Queue a delivery, unless there is one of that id."""
        self._rows.together([new(each) for each in _queued(delivery, due_at)])

    def take_due(self, *, now: float, hidden_s: float) -> WebhookDelivery | None:
        """Return the delivery that is due longest, hidden from others for a while."""
        for due in self._rows.of(_DUE, up_to=_at(now, "~")):
            kept = self._rows.get(due["of"]["S"], due["record"]["S"])
            if kept is None:
                self._rows.delete_all([due])
                continue
            delivery = WebhookDelivery.model_validate_json(kept["record"]["S"])
            if self._moved(kept, delivery, now + hidden_s):
                return delivery
        return None

    def put(self, delivery: WebhookDelivery, *, due_at: float | None) -> None:
        """Keep how a try went, and when the next is due (None: it is over)."""
        while True:
            kept = self._rows.get(_deliveries(delivery.webhook_id), delivery.delivery_id)
            if kept is None or self._moved(kept, delivery, due_at):
                return

    def of_webhook(self, webhook_id: str, *, most: int) -> Sequence[WebhookDelivery]:
        """Return a webhook's newest deliveries, newest first."""
        rows = self._rows.of(_deliveries(webhook_id))
        found = [WebhookDelivery.model_validate_json(each["record"]["S"]) for each in rows]
        return sorted(found, key=lambda each: each.made_at, reverse=True)[:most]

    def forget_episode(self, episode_id: str) -> None:
        """Forget what was said of an episode."""
        for webhook in self._rows.of(_WEBHOOKS):
            partition = _deliveries(webhook["sk"]["S"])
            for delivery in list(self._rows.of(partition, where={"episode": episode_id})):
                _forget(self._rows, delivery)

    def _moved(self, kept: Item, delivery: WebhookDelivery, due_at: float | None) -> bool:
        """Say anew when a delivery is due; False if somebody else did meanwhile."""
        was = kept["due"]["S"]
        queued = _queued(delivery, due_at)
        writes: list[Item] = [{"Put": {"Item": each}} for each in queued[1:]]
        if was and (len(queued) == 1 or was != queued[1]["sk"]["S"]):
            writes.append(gone(_DUE, was))
        unchanged: Item = {
            "Item": queued[0],
            "ConditionExpression": "due = :was",
            "ExpressionAttributeValues": {":was": {"S": was}},
        }
        return self._rows.together([{"Put": unchanged}, *writes])


class DynamoSavedSearches:
    """The SavedSearchStore port. Threads and processes may share it."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._rows = Rows(client, table)

    def put(self, search: SavedSearch) -> None:
        """Keep a search."""
        self._rows.put(_SEARCHES, search.search_id, search.model_dump_json())

    def all(self) -> Sequence[SavedSearch]:
        """Return all searches, oldest first."""
        rows = self._rows.of(_SEARCHES)
        return [SavedSearch.model_validate_json(each["record"]["S"]) for each in rows]

    def remove(self, search_id: str) -> bool:
        """Forget a search; False if there was none."""
        if not search_id:
            return False
        self._rows.delete_all(list(self._rows.of(_told(search_id))))
        return self._rows.delete(_SEARCHES, search_id) is not None

    def told(self, search_id: str, episode_id: str) -> Sequence[int]:
        """Return the starts, in milliseconds, of the moments that were told already."""
        rows = self._rows.of(_told(search_id), starting=f"{episode_id} ")
        return [int(each["record"]["S"]) for each in rows]

    def tell(self, search_id: str, episode_id: str, starts_ms: Iterable[int]) -> None:
        """Note moments as told."""
        writes: list[Item] = [
            {"Put": {"Item": row(_told(search_id), f"{episode_id} {start_ms}", str(start_ms))}}
            for start_ms in sorted(set(starts_ms))
        ]
        for first in range(0, len(writes), MOST_TOGETHER):
            self._rows.together(writes[first : first + MOST_TOGETHER])

    def forget_episode(self, episode_id: str) -> None:
        """Forget which moments of an episode were told."""
        for search in self.all():
            told = _told(search.search_id)
            self._rows.delete_all(list(self._rows.of(told, starting=f"{episode_id} ")))


def _queued(delivery: WebhookDelivery, due_at: float | None) -> list[Item]:
    """Return a delivery's row, and the row that says when it is due, if it is."""
    webhook, name = _deliveries(delivery.webhook_id), delivery.delivery_id
    due = "" if due_at is None else _at(due_at, name)
    kept = row(webhook, name, delivery.model_dump_json(), due=due, episode=delivery.episode_id)
    if not due:
        kept[EXPIRES] = {"N": str(int(delivery.made_at.timestamp()) + KEPT_S)}
        return [kept]
    return [kept, row(_DUE, due, name, of=webhook)]


def _forget(rows: Rows, delivery: Item) -> None:
    due = delivery["due"]["S"]
    rows.delete_all([delivery, *([key(_DUE, due)] if due else [])])


def _deliveries(webhook_id: str) -> str:
    return f"deliveries {webhook_id}"


def _told(search_id: str) -> str:
    return f"told {search_id}"


def _at(unix_s: float, name: str) -> str:
    """Return a name that sorts by time, then by what it names."""
    return f"{round(unix_s * 1000):015d} {name}"
