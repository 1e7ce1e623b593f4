"""The queue of ingest -> its use cases."""

from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.typing import LambdaContext

from everyword_aws.batch import BatchConsumer, consumer_of
from everyword_aws.graphs.ingest import forget, graph, service
from everyword_aws.telemetry import logger


@cache
def consumer() -> BatchConsumer:
    """Return what works on the queue."""
    return consumer_of(graph(), service().handle, forget=forget)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Handle a batch of events, each of which may fail alone."""
    return consumer().handle(event, context)
