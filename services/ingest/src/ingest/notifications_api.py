"""Results, webhooks and saved searches over HTTP."""

import asyncio
import time
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import Query, Request, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from everyword_http import Router, needs, reply
from ingest.domain.outcome import OutcomeMessage
from ingest.domain.subscriptions import SavedSearch, Webhook, WebhookDelivery
from ingest.notifications import Notifications

LONGEST_WAIT_S: Final = 20.0
POLL_S: Final = 0.5


class ResultsReply(BaseModel):
    """Outcomes, oldest first; those not acknowledged within five minutes come again."""

    messages: list[OutcomeMessage]


class AcknowledgeRequest(BaseModel):
    """Which messages were taken care of."""

    model_config = ConfigDict(extra="forbid")

    message_ids: list[str] = Field(min_length=1, max_length=1000)


class AcknowledgedReply(BaseModel):
    """How many of them there were."""

    acknowledged: int


class WebhookRequest(BaseModel):
    """Tells an address of events: EpisodeFinished, SavedSearchMatched; of all without `events`."""

    model_config = ConfigDict(extra="forbid")

    url: str = Field(max_length=2000)
    events: list[str] = Field(default_factory=list, max_length=10)


class WebhookReply(BaseModel):
    """A webhook, without its secret."""

    id: str
    url: str
    events: tuple[str, ...]
    created_at: AwareDatetime

    @classmethod
    def of(cls, webhook: Webhook) -> "WebhookReply":
        """Show a webhook."""
        return cls(
            id=webhook.webhook_id,
            url=webhook.url,
            events=webhook.events,
            created_at=webhook.created_at,
        )


class CreatedWebhookReply(WebhookReply):
    """A new webhook with the secret that signs its requests; it is shown this once."""

    secret: str


class WebhooksReply(BaseModel):
    """All webhooks, oldest first."""

    webhooks: list[WebhookReply]


class DeliveriesReply(BaseModel):
    """A webhook's newest deliveries, newest first."""

    deliveries: list[WebhookDelivery]


class SavedSearchRequest(BaseModel):
    """Asks a query of every episode that is new or processed again; of one show's, if named."""

    model_config = ConfigDict(extra="forbid")

    query: str = Field(max_length=1000)
    show: str = ""


class SavedSearchesReply(BaseModel):
    """All saved searches, oldest first."""

    saved_searches: list[SavedSearch]


def notifications_router(notifications: Notifications) -> Router:
    """Return the routes of results, webhooks and saved searches."""
    routes = Router(tags=["notifications"])
    _results(routes, notifications)
    _webhooks(routes, notifications)
    _saved_searches(routes, notifications)
    return routes


def _results(routes: Router, notifications: Notifications) -> None:
    @routes.get("/v1/results", summary="Fetch outcomes", dependencies=[needs("admin")])
    async def receive(
        request: Request, wait_s: Annotated[float, Query(ge=0, le=LONGEST_WAIT_S)] = 0.0
    ) -> ResultsReply:
        # Who waits holds no thread.
        workers = request.app.state.workers["private"]
        until = time.monotonic() + wait_s
        while True:
            messages = list(await workers.run(notifications.receive))
            if messages or time.monotonic() >= until:
                return ResultsReply(messages=messages)
            await asyncio.sleep(min(POLL_S, max(0.0, until - time.monotonic())))

    @routes.post(
        "/v1/results:acknowledge", summary="Be done with outcomes", dependencies=[needs("admin")]
    )
    def acknowledge(body: AcknowledgeRequest) -> AcknowledgedReply:
        return AcknowledgedReply(acknowledged=notifications.acknowledge(body.message_ids))


def _webhooks(routes: Router, notifications: Notifications) -> None:
    webhooks = notifications.webhooks

    @routes.post(
        "/v1/webhooks",
        summary="Tell an address of events",
        status_code=HTTPStatus.CREATED,
        response_model=CreatedWebhookReply,
        dependencies=[needs("admin")],
    )
    def add(body: WebhookRequest) -> Response:
        webhook = webhooks.add(body.url, body.events)
        shown = WebhookReply.of(webhook).model_dump()
        return reply(CreatedWebhookReply(**shown, secret=webhook.secret), HTTPStatus.CREATED)

    @routes.get("/v1/webhooks", summary="List webhooks", dependencies=[needs("admin")])
    def listed() -> WebhooksReply:
        return WebhooksReply(webhooks=[WebhookReply.of(each) for each in webhooks.all()])

    @routes.post(
        "/v1/webhooks/{webhook_id}:test",
        summary="Send a webhook a message now",
        dependencies=[needs("admin")],
    )
    def test(webhook_id: str) -> WebhookDelivery:
        return webhooks.test(webhook_id)

    @routes.get(
        "/v1/webhooks/{webhook_id}/deliveries",
        summary="Read how its deliveries went",
        dependencies=[needs("admin")],
    )
    def deliveries(webhook_id: str) -> DeliveriesReply:
        return DeliveriesReply(deliveries=list(webhooks.log(webhook_id)))

    @routes.delete(
        "/v1/webhooks/{webhook_id}",
        summary="Tell a webhook no more",
        status_code=HTTPStatus.NO_CONTENT,
        response_class=Response,
        dependencies=[needs("admin")],
    )
    def remove(webhook_id: str) -> Response:
        webhooks.remove(webhook_id)
        return Response(status_code=HTTPStatus.NO_CONTENT)


def _saved_searches(routes: Router, notifications: Notifications) -> None:
    @routes.post(
        "/v1/saved-searches",
        summary="Be told when something is spoken",
        status_code=HTTPStatus.CREATED,
        response_model=SavedSearch,
        dependencies=[needs("admin")],
    )
    def save(body: SavedSearchRequest) -> Response:
        return reply(notifications.save_search(body.query, body.show), HTTPStatus.CREATED)

    @routes.get("/v1/saved-searches", summary="List saved searches", dependencies=[needs("admin")])
    def listed() -> SavedSearchesReply:
        return SavedSearchesReply(saved_searches=list(notifications.saved_searches()))

    @routes.delete(
        "/v1/saved-searches/{search_id}",
        summary="Remove a saved search",
        status_code=HTTPStatus.NO_CONTENT,
        response_class=Response,
        dependencies=[needs("admin")],
    )
    def remove(search_id: str) -> Response:
        notifications.remove_search(search_id)
        return Response(status_code=HTTPStatus.NO_CONTENT)
