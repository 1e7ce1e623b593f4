"""The queue of outcomes -> results, webhooks, saved searches."""

from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.typing import LambdaContext

from everyword_aws.batch import BatchConsumer, consumer_of
from everyword_aws.graphs.ingest import graph
from everyword_aws.graphs.notifications import notifications
from everyword_aws.telemetry import logger
from ingest.contract import NOTIFY_CONTRACT


@cache
def consumer() -> BatchConsumer:
    """Return what works on the queue."""
    own = notifications()
    return consumer_of(graph(), own.handle, consumer=NOTIFY_CONTRACT.service, forget=own.forget)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Handle a batch of events, each of which may fail alone."""
    return consumer().handle(event, context)
