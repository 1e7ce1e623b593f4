"""What ingest tells the world outside: results, webhooks, saved searches."""

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

from captions.addresses import address_of
from everyword_aws.clients import client
from everyword_aws.graphs.ingest import graph, service
from everyword_aws.moments import LambdaMoments
from everyword_aws.webhook_secrets import SecretWebhooks
from everyword_storage.clock import utc_now
from ingest.adapters.dynamodb_notifications import (
    DynamoDeliveries,
    DynamoResults,
    DynamoSavedSearches,
    DynamoWebhooks,
)
from ingest.config import IngestSettings
from ingest.notifications import Notifications
from ingest.webhooks import Webhooks

if TYPE_CHECKING:
    from ingest.adapters.fetching.posting import HttpPoster

MOMENTS = "search-moments"
"""The function of search's that saved searches ask."""


@cache
def notifications() -> Notifications:
    """Return what the world outside is told."""
    dynamodb, table = client("dynamodb"), graph().environment.table
    return Notifications(
        results=DynamoResults(dynamodb, table),
        webhooks=webhooks(),
        searches=DynamoSavedSearches(dynamodb, table),
        find_moments=LambdaMoments(
            client("lambda"), f"{graph().environment.prefix}-{MOMENTS}:live"
        ),
        episode=service().get,
        link_of=address_of,
        clock=utc_now,
    )


@cache
def webhooks() -> Webhooks:
    """Return what tells webhooks."""
    dynamodb, environment = client("dynamodb"), graph().environment
    kept = SecretWebhooks(
        DynamoWebhooks(dynamodb, environment.table),
        client("ssm"),
        f"/{environment.prefix}/webhooks",
    )
    deliveries = DynamoDeliveries(dynamodb, environment.table)
    return Webhooks(kept, deliveries, post, utc_now)


def post(url: str, body: bytes, headers: Mapping[str, str]) -> int:
    """Post to a webhook; what posts is loaded by the first that is due."""
    return _poster()(url, body, headers)


@cache
def _poster() -> "HttpPoster":
    from ingest.adapters.fetching.addresses import any_address, is_public  # noqa: PLC0415
    from ingest.adapters.fetching.posting import HttpPoster  # noqa: PLC0415 - httpcore

    private = graph().settings(IngestSettings).of_show("").allow_private_addresses
    return HttpPoster(allowed=any_address if private else is_public)
