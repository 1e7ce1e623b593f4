"""The queue of what is to be fetched -> audio in the bucket."""

from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.typing import LambdaContext

from everyword_aws.batch import BatchConsumer, consumer_of
from everyword_aws.graphs.ingest import graph
from everyword_aws.graphs.web import service
from everyword_aws.telemetry import logger
from ingest.contract import FETCH_CONTRACT


@cache
def consumer() -> BatchConsumer:
    """Return what works on the queue."""
    own = service()
    name = FETCH_CONTRACT.service
    return consumer_of(graph(), own.fetch_audio, consumer=name, forget=own.stop_fetching)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Handle a batch of events, each of which may fail alone."""
    return consumer().handle(event, context)
