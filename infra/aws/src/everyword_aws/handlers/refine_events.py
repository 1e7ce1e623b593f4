"""The queue of refine -> a durable execution each."""

from typing import Any

from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.typing import LambdaContext

from everyword_aws.graphs.dispatch import dispatcher
from everyword_aws.telemetry import logger


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Handle a batch of events, each of which may fail alone."""
    return dispatcher().handle(event, context)
