"""What notifications need: a queue of results, webhooks and how to reach them, saved searches."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

from everyword_events import SpokenMoment
from ingest.domain.outcome import OutcomeMessage
from ingest.domain.subscriptions import SavedSearch, Webhook, WebhookDelivery

FindMoments = Callable[[str, str], Sequence[SpokenMoment]]
"""Finds a query in one episode (its id): the moments as they are indexed now.

Raises InvalidInput where the query cannot be understood.
"""

Post = Callable[[str, bytes, Mapping[str, str]], int]
"""Posts a body to an address with these headers; returns the status that came back.

Raises InvalidInput where the address is not allowed, TransientFailure where nothing answers.
"""


class ResultQueue(Protocol):
    """Outcomes until somebody fetched and acknowledged them; times are Unix times."""

    def put(self, message: OutcomeMessage, *, now: float) -> None:
        """Keep a message, once."""

    def receive(self, *, most: int, now: float, hidden_s: float) -> Sequence[OutcomeMessage]:
        """Return the oldest messages that are due, hidden from others for a while."""

    def acknowledge(self, message_ids: Iterable[str]) -> int:
        """Forget messages; return how many there were."""

    def forget_episode(self, episode_id: str) -> None:
        """Forget what was said of an episode."""


class WebhookStore(Protocol):
    """The webhooks there are."""

    def put(self, webhook: Webhook) -> None:
        """Keep a webhook."""

    def all(self) -> Sequence[Webhook]:
        """Return all webhooks, oldest first."""

    def remove(self, webhook_id: str) -> bool:
        """Forget a webhook and its deliveries; False if there was none."""


class DeliveryLog(Protocol):
    """What goes to webhooks, and how it went; times are Unix times."""

    def add(self, delivery: WebhookDelivery, *, due_at: float) -> None:
        """Queue a delivery, unless there is one of that id."""

    def take_due(self, *, now: float, hidden_s: float) -> WebhookDelivery | None:
        """Return the delivery that is due longest, hidden from others for a while."""

    def put(self, delivery: WebhookDelivery, *, due_at: float | None) -> None:
        """Keep how a try went, and when the next is due (None: it is over)."""

    def of_webhook(self, webhook_id: str, *, most: int) -> Sequence[WebhookDelivery]:
        """Return a webhook's newest deliveries, newest first."""

    def forget_episode(self, episode_id: str) -> None:
        """Forget what was said of an episode."""


class SavedSearchStore(Protocol):
    """The saved searches, and which moments were told."""

    def put(self, search: SavedSearch) -> None:
        """Keep a search."""

    def all(self) -> Sequence[SavedSearch]:
        """Return all searches, oldest first."""

    def remove(self, search_id: str) -> bool:
        """Forget a search; False if there was none."""

    def told(self, search_id: str, episode_id: str) -> Sequence[int]:
        """Return the starts, in milliseconds, of the moments that were told already."""

    def tell(self, search_id: str, episode_id: str, starts_ms: Iterable[int]) -> None:
        """Note moments as told."""

    def forget_episode(self, episode_id: str) -> None:
        """Forget which moments of an episode were told."""
