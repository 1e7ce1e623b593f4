"""Removed episodes, forgotten voices -> what is held of them goes; no GPU hears of it."""

from typing import Any

from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.typing import LambdaContext

from everyword_aws.graphs.removals import removals
from everyword_aws.telemetry import logger


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Handle a batch of events, each of which may fail alone."""
    return removals().handle(event, context)
