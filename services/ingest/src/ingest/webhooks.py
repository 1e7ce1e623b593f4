"""Webhooks: messages posted to addresses, signed, tried again with growing pauses, logged."""

import secrets
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from everyword_events import EverywordError, InvalidInput, NotFound, new_run_id
from ingest.domain.metadata import checked_link
from ingest.domain.outcome import RETRY_AFTER_S, signature
from ingest.domain.subscriptions import NOTIFIED, Webhook, WebhookDelivery
from ingest.notification_ports import DeliveryLog, Post, WebhookStore

TAKEN_S: Final = 120.0
"""How long a delivery is one sender's; a sender that died leaves it to the next."""
MOST_LISTED: Final = 200
_OK: Final = range(200, 300)


class Webhooks:
    """Tells webhooks what happened; at least once, as a receiver may fail after it answered."""

    def __init__(
        self,
        store: WebhookStore,
        deliveries: DeliveryLog,
        post: Post,
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._deliveries = deliveries
        self._post = post
        self._clock = clock

    def add(self, url: str, events: Sequence[str] = ()) -> Webhook:
        """Tell an address from now on; its secret is shown this once.

        Raises:
            InvalidInput: no web address, or an event that is none.
        """
        checked = checked_link(url)
        unknown = [each for each in events if each not in NOTIFIED]
        if checked is None or unknown:
            raise InvalidInput(
                f"no event {unknown[0][:80]!r}" if unknown else "a webhook has an address",
                hint=f"known are {', '.join(NOTIFIED)}",
                code="webhook_invalid",
            )
        webhook = Webhook(
            webhook_id=new_run_id(),
            url=checked,
            events=tuple(dict.fromkeys(events)),
            secret=secrets.token_urlsafe(32),
            created_at=self._clock(),
        )
        self._store.put(webhook)
        return webhook

    def all(self) -> Sequence[Webhook]:
        """Return all webhooks, oldest first."""
        return self._store.all()

    def remove(self, webhook_id: str) -> None:
        """Tell a webhook no more.

        Raises:
            NotFound: there is none.
        """
        if not self._store.remove(webhook_id):
            raise _missing(webhook_id)

    def log(self, webhook_id: str) -> Sequence[WebhookDelivery]:
        """Return a webhook's newest deliveries, newest first.

        Raises:
            NotFound: no such webhook.
        """
        self._found(webhook_id)
        return self._deliveries.of_webhook(webhook_id, most=MOST_LISTED)

    def tell(self, message_id: str, kind: str, episode_id: str, body: str) -> None:
        """Queue a message for every webhook that asked for its kind; told twice, it goes once."""
        now = self._clock()
        for webhook in self._store.all():
            if webhook.events and kind not in webhook.events:
                continue
            delivery = WebhookDelivery(
                delivery_id=f"{webhook.webhook_id}.{message_id}",
                webhook_id=webhook.webhook_id,
                episode_id=episode_id,
                type=kind,
                body=body,
                made_at=now,
            )
            self._deliveries.add(delivery, due_at=now.timestamp())

    def test(self, webhook_id: str) -> WebhookDelivery:
        """Send a webhook a message at once, and return how that went.

        Raises:
            NotFound: no such webhook.
        """
        webhook, now = self._found(webhook_id), self._clock()
        delivery = WebhookDelivery(
            delivery_id=f"{webhook_id}.{new_run_id()}",
            webhook_id=webhook_id,
            episode_id="",
            type="Test",
            body=f'{{"schema":1,"type":"Test","webhook_id":"{webhook_id}"}}',
            made_at=now,
        )
        self._deliveries.add(delivery, due_at=now.timestamp() + TAKEN_S)
        return self._try(webhook, delivery, last=True)

    def deliver_due(self, stopping: Callable[[], bool] = lambda: False) -> int:
        """Send what is due; return how many tries there were."""
        tries = 0
        while not stopping():
            now = self._clock().timestamp()
            delivery = self._deliveries.take_due(now=now, hidden_s=TAKEN_S)
            if delivery is None:
                break
            known = {each.webhook_id: each for each in self._store.all()}
            webhook = known.get(delivery.webhook_id)
            if webhook is not None:
                self._try(webhook, delivery)
                tries += 1
        return tries

    def forget_episode(self, episode_id: str) -> None:
        """Forget what was said, and what was to be said, of an episode."""
        self._deliveries.forget_episode(episode_id)

    def _try(
        self, webhook: Webhook, delivery: WebhookDelivery, *, last: bool = False
    ) -> WebhookDelivery:
        now, body = self._clock(), delivery.body.encode()
        headers = {
            "Content-Type": "application/json",
            "Everyword-Event": delivery.type,
            "Everyword-Delivery": delivery.delivery_id,
            "Everyword-Signature": signature(webhook.secret, body, at=int(now.timestamp())),
        }
        status, error = None, ""
        try:
            status = self._post(webhook.url, body, headers)
        except EverywordError as failure:
            error = failure.message
        tries = delivery.tries + 1
        done = status is not None and status in _OK
        over = last or tries > len(RETRY_AFTER_S)
        tried = delivery.model_copy(
            update={
                "tries": tries,
                "status": status,
                "error": error or ("" if done else f"it answers {status}"),
                "tried_at": now,
                "state": "delivered" if done else "given_up" if over else "waiting",
            }
        )
        due_at = None if done or over else now.timestamp() + RETRY_AFTER_S[tries - 1]
        self._deliveries.put(tried, due_at=due_at)
        return tried

    def _found(self, webhook_id: str) -> Webhook:
        for webhook in self._store.all():
            if webhook.webhook_id == webhook_id:
                return webhook
        raise _missing(webhook_id)


def _missing(webhook_id: str) -> NotFound:
    return NotFound(f"no webhook {webhook_id[:80]!r}", hint="list them", code="webhook_missing")
