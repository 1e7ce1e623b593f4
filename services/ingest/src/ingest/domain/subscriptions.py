"""Who wants to be told what: webhooks and saved searches."""

from typing import Final, Literal

from pydantic import AwareDatetime

from everyword_events import Model

NOTIFIED: Final = ("EpisodeFinished", "SavedSearchMatched")
"""The events that a webhook may ask for; one that names none gets all."""


class Webhook(Model):
    """An address that is told; whoever knows the secret can tell our requests from others'."""

    webhook_id: str
    url: str
    events: tuple[str, ...] = ()
    secret: str
    created_at: AwareDatetime


class WebhookDelivery(Model):
    """One message to one webhook, and how its tries went."""

    delivery_id: str
    webhook_id: str
    episode_id: str
    type: str
    body: str
    state: Literal["waiting", "delivered", "given_up"] = "waiting"
    tries: int = 0
    status: int | None = None
    error: str = ""
    made_at: AwareDatetime
    tried_at: AwareDatetime | None = None


class SavedSearch(Model):
    """A query that new and re-processed episodes are asked."""

    search_id: str
    query: str
    show: str = ""
    created_at: AwareDatetime
